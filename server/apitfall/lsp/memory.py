"""When garbage is looked for: in a moment of rest, not while somebody waits.

A full collection looks at every object there is, which takes 100 ms and more in a project of some size, and Python
begins one wherever it happens to be. So none comes by itself here, short of a hundred million objects made without a
moment of rest; what is alive in such a moment is frozen, and not looked at again until it has grown by a quarter.
"""

from __future__ import annotations

import gc

THRESHOLDS = 50_000, 20, 1_000
YOUNG = 10_000  # objects that are worth a look in a moment of rest
GROWTH = 1.25


class Memory:
    def __init__(self) -> None:
        self.kept = 0  # objects that were alive after the last look at all of them

    def begin(self) -> None:
        """Let no full collection come by itself."""
        gc.set_threshold(*THRESHOLDS)

    def tidy(self) -> None:
        """Look for garbage among what was made since the last time, or among all there is if that is much more now."""
        young, _, old = gc.get_count()
        if young < YOUNG and not old and self.kept:
            return
        is_whole = gc.get_freeze_count() >= GROWTH * self.kept
        if is_whole:
            gc.unfreeze()
        gc.collect()
        gc.freeze()
        if is_whole:
            self.kept = gc.get_freeze_count()
