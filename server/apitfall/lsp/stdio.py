"""The ways to and from the client: standard input and output, or a socket; and whether the client is still there."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

INPUT, OUTPUT = 0, 1
PIECE = 1 << 20  # bytes that are read at once
POLL = 2.0  # seconds between two looks at the client's process


class Input:
    """Standard input. What has come is given to `take` all at once, so that all messages in it are handled before the loop
    turns to anything else.

    The loop reads it itself where it can wait for it: from a thread it would get it a tenth of a millisecond later. The
    thread for Windows, and for files, is left behind when the server ends: nothing can wake it from its read.
    """

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self.take = take
        self.ended = asyncio.Event()
        self._poll: select.poll | None = None

    async def until_ended(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            loop.add_reader(INPUT, self.read)
        except (NotImplementedError, OSError):
            threading.Thread(target=self.read_on, args=(loop,), name="standard input", daemon=True).start()
        else:
            self._poll = select.poll()
            self._poll.register(INPUT, select.POLLIN)
        await self.ended.wait()

    def has_news(self) -> bool:
        """Whether there is something that was not taken yet; also where nobody can tell."""
        return self._poll is None or bool(self._poll.poll(0))

    def read(self) -> None:
        try:
            data = os.read(INPUT, PIECE)
        except OSError:  # a terminal that was closed
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(INPUT)
        self.took(data)

    def read_on(self, loop: asyncio.AbstractEventLoop) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed
            while data := os.read(INPUT, PIECE):
                loop.call_soon_threadsafe(self.took, data)
            loop.call_soon_threadsafe(self.took, data)

    def took(self, data: bytes) -> None:
        if data:
            self.take(data)
        else:
            self.ended.set()


class Output:
    """Standard output, written to without a buffer of our own as long as the client reads it. `lost` is set when nobody
    does any more.

    What does not fit is written when there is room: a client that writes a long message may read nothing meanwhile.
    """

    def __init__(self) -> None:
        self.lost = asyncio.Event()
        self.left = bytearray()
        if sys.platform != "win32":
            os.set_blocking(OUTPUT, False)

    def write(self, data: bytes) -> None:
        self.left += data
        if len(self.left) == len(data):
            self.flush()

    def flush(self) -> None:
        try:
            while self.left:
                del self.left[: os.write(OUTPUT, self.left)]
        except BlockingIOError:
            asyncio.get_running_loop().add_writer(OUTPUT, self.go_on)
        except OSError:
            self.left.clear()
            self.lost.set()

    def go_on(self) -> None:
        asyncio.get_running_loop().remove_writer(OUTPUT)
        self.flush()

    def finish(self) -> None:
        """Write what is left, however long that takes."""
        if sys.platform != "win32":
            os.set_blocking(OUTPUT, True)
        self.flush()

    def close(self) -> None:
        """Nothing is kept open."""

    async def until_lost(self) -> None:
        await self.lost.wait()


async def accept(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Wait for one client on a socket. Where that is stands on standard error, for port 0 is any that is free."""
    client: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Future()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if client.done():
            writer.close()
        else:
            client.set_result((reader, writer))

    listener = await asyncio.start_server(connected, host, port)
    address = listener.sockets[0].getsockname()
    print(f"apitfall: waiting for a client on {address[0]}:{address[1]}", file=sys.stderr, flush=True)
    found = await client
    listener.close()
    return found


async def until_dead(process: int) -> None:
    """Wait for the end of another process.

    On Windows, where a signal 0 would kill it, for ever: there the end of standard input has to do.
    """
    while sys.platform == "win32" or is_alive(process):
        await asyncio.sleep(POLL)


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def first_of(*tasks: Coroutine[Any, Any, None]) -> None:
    """Run until one has ended, and end the others; what that one raised is raised here."""
    running = [asyncio.ensure_future(task) for task in tasks]
    try:
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in running:
            task.cancel()
