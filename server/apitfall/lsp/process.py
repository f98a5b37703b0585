"""One run of the process that tells types: started, asked, and ended."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence

from apitfall.text import Lines
from apitfall.wire import HEAD, Ask, Sources, Told, difference, packed, read_told

# The modules are found where this process has found them: nothing of the folder that it was started in.
START = "import sys; sys.path = sys.argv[1:]; from apitfall import worker; worker.main()"
WINDOWS_PRIORITY = 0x4000  # BELOW_NORMAL_PRIORITY_CLASS


def command() -> list[str]:
    return [sys.executable, "-c", START, *sys.path]


class Failure(Exception):
    """The process did not do what it is there for; the message is what there is to say of it."""


class Process:
    """A process that is alive, and the text that it was last sent. `patience` are the seconds that an answer may take."""

    def __init__(self, process: asyncio.subprocess.Process, patience: float) -> None:
        assert process.stdin is not None and process.stdout is not None, "both are pipes"
        self.process = process
        self.input = process.stdin
        self.output = process.stdout
        self.patience = patience
        self.number = 0
        self.sent: tuple[str, tuple[str, ...]] = "", ()
        self.memory = 0  # MiB, as it last said

    @classmethod
    async def start(cls, command: Sequence[str], patience: float) -> Process:
        flags = WINDOWS_PRIORITY if sys.platform == "win32" else 0
        pipe = subprocess.PIPE
        try:
            made = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, creationflags=flags)
        except OSError as error:
            raise Failure(f"could not be started ({error})") from error
        return cls(made, patience)

    async def ask(
        self, sources: Sources, path: str, lines: Lines, ends: Sequence[int], *, forget: bool
    ) -> AsyncIterator[Told]:
        """What is told of what ends at some offsets of a text; less than all, if something else was sent meanwhile."""
        known = self.sent[1] if path == self.sent[0] else ()
        self.sent = path, lines.blocks
        kept, blocks = difference(known, lines.blocks)
        self.number += 1
        self.input.write(packed(Ask(self.number, sources, path, kept, blocks, tuple(ends), forget)))
        async for told in self.answers():
            yield told

    async def look_ahead(self, sources: Sources, names: Sequence[str]) -> None:
        """Have the files parsed that some names lead to."""
        self.number += 1
        self.input.write(packed(Ask(self.number, sources, ahead=tuple(names))))
        async for _ in self.answers():
            pass

    def interrupt(self) -> None:
        """Have what is being answered come to an end."""
        self.input.write(packed(None))

    async def answers(self) -> AsyncIterator[Told]:
        is_over = False
        while not is_over:
            try:
                told = read_told(await asyncio.wait_for(self.message(), self.patience))
            except asyncio.TimeoutError:
                raise Failure(f"gave no answer for {self.patience:g} seconds") from None
            except (asyncio.IncompleteReadError, OSError):
                raise Failure("died") from None
            except (ValueError, KeyError, TypeError) as error:
                raise Failure(f"said what is no answer ({error})") from error
            self.memory, is_over = told.memory, told.is_over
            yield told

    async def message(self) -> bytes:
        (size,) = HEAD.unpack(await self.output.readexactly(HEAD.size))
        return await self.output.readexactly(size)

    async def end(self) -> None:
        """See to it that nothing is left of it."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
