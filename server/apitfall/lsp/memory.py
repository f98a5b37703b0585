"""When garbage is looked for: when nobody has done anything for some seconds, not while somebody waits.

A collection looks at every object that is not frozen, and nothing else happens meanwhile: a second, for all that there
are in a project of some size, and Python begins one wherever it happens to be. So none comes by itself here, short of a
million objects made without such a moment; what is alive in it is frozen, and not looked at again until it has grown by a
quarter.
"""

from __future__ import annotations

import gc

THRESHOLDS = 1_000_000, 1_000, 1_000
GROWTH = 1.25


class Memory:
    def __init__(self) -> None:
        self.kept = 0  # objects that were alive after the last look at all of them

    def begin(self) -> None:
        """Let no collection come by itself."""
        gc.set_threshold(*THRESHOLDS)

    def tidy(self) -> None:
        """Look for garbage among what was made since the last time, or among all there is if that is much more now.

        The first time there is little garbage among what was read, and much to look at.
        """
        is_whole = gc.get_freeze_count() >= GROWTH * self.kept
        if is_whole:
            gc.unfreeze()
        if self.kept:
            gc.collect()
        gc.freeze()
        if is_whole:
            self.kept = gc.get_freeze_count()
