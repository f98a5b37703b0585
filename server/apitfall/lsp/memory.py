"""When garbage is looked for, and memory taken: in a moment of rest, and not while somebody waits.

A collection looks at every object that is not frozen, and nothing else happens meanwhile: a second, for all that there
are in a project of some size, and Python begins one wherever it happens to be. So none comes by itself here, short of a
million objects made in one step. What was made for a key or two is looked at in the next moment of rest, which takes a
millisecond or two, and what is alive then is frozen; what is made in long work is frozen as it is. All there is is looked
at when it has grown by a quarter and nobody has done anything for some seconds.

A page of memory that is used for the first time is asked of the system, which takes a microsecond, and several in a
virtual machine. A function of 40 lines that is pasted takes 300 of them, there a tenth of its time. So some are taken and
let go of again at rest, and behind the diagnostics of what used some. They stay ours as long as something stands among
them.
"""

from __future__ import annotations

import gc

THRESHOLDS = 1_000_000, 1_000, 1_000
YOUNG, MANY = 10_000, 50_000  # objects that are worth a look at rest, and too many for one
GROWTH = 1.25
# Of what Python keeps together, up to 512 bytes with what an object has besides, and of what it leaves to the system's own
# library: their bytes, and how many are taken, 3 MB and 1 MB.
READY = ((470, 6_000), (60_000, 18))
USED = 2_000  # objects, a quarter of a megabyte
APART = 1_000  # so many are let go of between two that stay; Python gives back what has none in a megabyte


def put_aside() -> None:
    """Freeze what was made without a moment of rest if it is much, so that no collection ever looks at it meanwhile."""
    if gc.get_count()[0] >= MANY:
        gc.freeze()


class Memory:
    def __init__(self) -> None:
        self.kept = 0  # objects that were alive after the last look at all of them
        self.ready: list[bytes] = []  # what stands among memory that is ready for use
        self.young = 0  # objects that Python counted when that was taken

    def begin(self) -> None:
        """Let no collection come by itself."""
        gc.set_threshold(*THRESHOLDS)

    def rest(self) -> None:
        """Look for garbage among what was made since the last time, if that is neither little nor much."""
        young, looked_at, _ = gc.get_count()
        if young >= YOUNG:
            if young < MANY and not looked_at:
                gc.collect()
            gc.freeze()
        self.make_ready()

    def make_ready(self) -> None:
        """Take memory that is used next; what is left of the last time is taken again, at little cost."""
        taken = [[b"".ljust(size) for _ in range(count)] for size, count in READY]
        self.ready = [one for some in taken for one in (*some[::APART], some[-1])]
        self.young = gc.get_count()[0]

    def refill(self) -> None:
        """The same where much of it may have been used."""
        if abs(gc.get_count()[0] - self.young) >= USED:
            self.make_ready()

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
