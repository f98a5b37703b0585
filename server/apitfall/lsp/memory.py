"""When garbage is looked for: in a moment of rest, not while somebody waits.

A collection looks at every object that is not frozen, and nothing else happens meanwhile: a millisecond for twenty
thousand of them, a second for all that there are in a project of some size. Python begins one wherever it happens to be.
So none comes by itself here, short of a million objects made without a moment of rest. In such a moment what is alive is
frozen, and looked at before if that is little; the rest is looked at when nobody has done anything for some seconds and
there is a quarter more of it than before.
"""

from __future__ import annotations

import gc

THRESHOLDS = 1_000_000, 1_000, 1_000
LITTLE, MUCH = 10_000, 40_000  # objects that are worth a look in a moment of rest, and that take too long for one
GROWTH = 1.25


class Memory:
    def __init__(self) -> None:
        self.kept = 0  # objects that were frozen after the last look at all of them

    def begin(self) -> None:
        """Let no collection come by itself."""
        gc.set_threshold(*THRESHOLDS)

    def tidy(self) -> None:
        """Look for garbage among what was made since the last time, if that is soon done."""
        young, *older = gc.get_count()
        if young < LITTLE and not any(older):
            return
        if young < MUCH and not any(older):
            gc.collect()
        gc.freeze()
        self.kept = self.kept or gc.get_freeze_count()

    def tidy_all(self) -> None:
        """Look for garbage among all there is, if that is much more than the last time."""
        if gc.get_freeze_count() >= GROWTH * self.kept:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self.kept = gc.get_freeze_count()
