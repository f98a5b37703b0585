"""Processes that read the facts of many texts, as many at once as there are processors.

Such a process is this interpreter, started with our own module path, so that nothing of the folder that it stands in is
imported. It gets texts on its standard input and answers on its standard output, until there is no more input: when we
end, however that may be, the pipe is closed, and so it ends as well. A thread waits for each of them; that takes no time
from the others, since it waits for bytes alone.
"""

from __future__ import annotations

import gc
import marshal
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue

from apitfall.facts import Unsure, pack, pack_rows, rows_and_pieces

WORTH = 20_000
"""How many lines are worth it. One process takes 0.1 s of processor time to start, and 10,000 lines of code 0.3 s."""

BATCH = 100_000
"""The characters that are given to a process at once: some 2,500 lines, or 0.07 s."""

NICE = 10
START = "import sys; sys.path[:] = {path!r}; from apitfall.readers import serve; serve({nice})"

Turn = tuple[Sequence[str], "Future[list[bytes]]"]


class ReaderEnded(Exception):
    """The process that was asked has ended, or been ended, before it gave an answer."""


def processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def read(text: str) -> bytes:
    """The packed facts of a text."""
    with suppress(Unsure):
        return pack_rows(*rows_and_pieces(text))
    from apitfall.facts import extract  # takes long to import, and is seldom needed
    from apitfall.syntax import Reader

    reader = Reader()
    packed = pack(extract(reader.read(text)))
    reader.release()
    return packed


class Readers:
    """Some processes; `nice` ones leave the processors to others."""

    def __init__(self, count: int, *, nice: bool) -> None:
        self._turns: SimpleQueue[Turn | None] = SimpleQueue()
        self._alive, self._lock = count, threading.Lock()
        self.processes = [start(nice) for _ in range(count)]
        for process in self.processes:
            threading.Thread(target=self._serve, args=(process,), daemon=True).start()

    def read(self, texts: Sequence[str]) -> Future[list[bytes]]:
        """The packed facts of some texts, or ReaderEnded."""
        future: Future[list[bytes]] = Future()
        self._turns.put((texts, future))
        return future

    def _serve(self, process: subprocess.Popen[bytes]) -> None:
        """Hand turns to a process. When it has ended others take the turns; when all have, they come to nothing."""
        assert process.stdin is not None and process.stdout is not None
        while (turn := self._turns.get()) is not None:
            texts, future = turn
            try:
                marshal.dump(list(texts), process.stdin)
                process.stdin.flush()
                answers = marshal.load(process.stdout)
            except (OSError, EOFError, ValueError, TypeError) as error:
                process.kill()
                with self._lock:
                    self._alive -= 1
                future.set_exception(ReaderEnded(str(error)))
                if self._alive > 0:
                    break
            else:
                future.set_result(answers)
        process.stdout.close()
        with suppress(OSError):  # what it did not take is written once more
            process.stdin.close()

    def close(self) -> None:
        """End them all, whatever they are doing."""
        for process in self.processes:
            process.kill()
            self._turns.put(None)
        for process in self.processes:
            process.wait()


def start(nice: bool) -> subprocess.Popen[bytes]:
    """In a session of its own: an interrupt from the keyboard is for us, and it ends when we do."""
    command = [sys.executable, "-c", START.format(path=sys.path, nice=nice)]
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | (subprocess.BELOW_NORMAL_PRIORITY_CLASS if nice else 0)
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, creationflags=flags, start_new_session=True
    )


def serve(nice: bool) -> None:
    """What such a process does."""
    if nice and hasattr(os, "nice"):
        os.nice(NICE)
        # Linux may weigh sessions first, and processes within each: this one would count as much as the server then.
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(NICE), encoding="ascii")
    # What is read is let go of without cycles: to look for these would take a third of the time.
    gc.disable()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    try:
        while True:
            marshal.dump([read(text) for text in marshal.load(source)], target)
            target.flush()
    except (EOFError, OSError):
        os._exit(0)
