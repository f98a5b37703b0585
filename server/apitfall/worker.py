"""The process that runs jedi, beside the server: it reads questions about types, and writes the answers.

It is niced where the platform can, and it ends when its input ends, whatever it is doing: so nothing of it is left when
the server is gone, however that ended. While it works on one message it looks for the next, which ends it early.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Generator, Iterable
from pathlib import Path

from apitfall.inference import JediOracle
from apitfall.types import Type
from apitfall.wire import HEAD, Ask, Sources, Told, packed, read_ask, together

NICENESS = 10
# Seconds of work after which the processor is given to who waits for it: a niced process is not always interrupted for
# the server before its turn is over, which may last 4 ms.
TURN = 0.001
PROJECTS = 4  # whose parsed files are kept
TOGETHER = 0.05  # seconds for which answers are held back, to be sent with those that follow
# To look for garbage takes 0.4 s here, in the middle of an answer if Python is to say when. So that is done when nothing
# was asked for some seconds, if it takes so many MiB more than after the last time; or when it takes much more.
QUIET, MORE, MUCH_MORE = 2.0, 8, 64
INPUT, OUTPUT, ERRORS = 0, 1, 2


class Worker:
    """What is known between two messages. Answers are written to `output`."""

    def __init__(self, output: int) -> None:
        self.output = output
        self.inbox: queue.SimpleQueue[Ask | None] = queue.SimpleQueue()
        self.oracles: dict[Sources, JediOracle] = {}
        self.least = 0  # MiB, after garbage was last looked for
        self.path = ""
        self.blocks: tuple[str, ...] = ()

    def read(self) -> None:
        """Take what comes in, as long as anything does."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                (size,) = HEAD.unpack(exactly(HEAD.size))
                self.inbox.put(read_ask(exactly(size)))
        os._exit(0)

    def run(self) -> None:
        while True:
            try:
                ask = self.inbox.get(timeout=QUIET)
            except queue.Empty:
                self.tidy(MORE)
                ask = self.inbox.get()
            if ask is not None:
                with giving_way():
                    self.answer(ask)
                self.tidy(MUCH_MORE)

    def tidy(self, more: int) -> None:
        """Give back what is not needed any more, if there is much that may be so."""
        if memory() - self.least > more:
            gc.collect()
            self.least = memory()

    def answer(self, ask: Ask) -> None:
        oracle = self.oracle(ask.sources)
        if ask.forget:
            oracle.forget()
        if ask.ahead:
            text, ends = imported(ask.ahead)
            path = ""
        else:
            self.blocks = together(self.blocks if ask.path == self.path else (), ask.kept, ask.blocks)
            self.path = path = ask.path
            text, ends = "".join(self.blocks), ask.ends
        found: list[Type | None] = []
        told = time.monotonic()
        for end in ends:
            if not self.inbox.empty():
                break
            found.append(oracle.type_of(path, text, end))
            if time.monotonic() - told > TOGETHER:
                self.tell(Told(ask.number, tuple(found), is_over=False, memory=memory()))
                found.clear()
                told = time.monotonic()
        self.tell(Told(ask.number, tuple(found), is_over=True, memory=memory()))

    def oracle(self, sources: Sources) -> JediOracle:
        found = self.oracles.pop(sources, None)
        if found is None:
            found = JediOracle(sources.root, sources.site_packages, sources.roots)
            if len(self.oracles) == PROJECTS:
                del self.oracles[next(iter(self.oracles))]
        self.oracles[sources] = found
        return found

    def tell(self, told: Told) -> None:
        left = memoryview(packed(told))
        while left:
            left = left[os.write(self.output, left) :]


@contextlib.contextmanager
def giving_way() -> Generator[None]:
    """Let others have the processor at every turn of the work inside, where the platform can."""
    if sys.platform == "win32" or not hasattr(os, "sched_yield"):
        yield
        return
    signal.signal(signal.SIGALRM, give_way)
    signal.setitimer(signal.ITIMER_REAL, TURN, TURN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def give_way(number: int, frame: object) -> None:
    os.sched_yield()


def imported(names: Iterable[str]) -> tuple[str, tuple[int, ...]]:
    """A text that imports names, ``package.module:Class.method``, and where in it each is looked up."""
    text, ends = "", list[int]()
    for name in names:
        module, _, inside = name.partition(":")
        text += f"from {module} import {inside.partition('.')[0]}\n{inside}\n"
        ends.append(len(text) - 1)
    return text, tuple(ends)


def exactly(size: int) -> bytes:
    """The next bytes of the input; EOFError where it ends before."""
    parts: list[bytes] = []
    while size:
        part = os.read(INPUT, size)
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def memory() -> int:
    """What this process has in memory, in MiB; where the system tells only the most that it ever had, that; else 0."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") >> 20
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20
    return 0


def main() -> None:
    if sys.platform != "win32":
        os.nice(NICENESS)
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    output = os.dup(OUTPUT)
    os.dup2(ERRORS, OUTPUT)  # whatever is printed must not get between the messages
    if memory():
        gc.disable()
    worker = Worker(output)
    threading.Thread(target=worker.read, name="input", daemon=True).start()
    with contextlib.suppress(BrokenPipeError):
        worker.run()
