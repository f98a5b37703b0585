"""The ways to and from the client: standard input and output, or a socket; and whether the client is still there."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Coroutine
from typing import Any

INPUT, OUTPUT = 0, 1
POLL = 2.0  # seconds between two looks at the client's process
LINE = 1 << 30  # bytes; a line may be as long as the message that was taken for one


class Output:
    """Standard output, written to without a buffer of our own. `lost` is set when nobody reads it any more."""

    def __init__(self) -> None:
        self.lost = asyncio.Event()

    def write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(OUTPUT, left) :]
        except OSError:
            self.lost.set()

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

    listener = await asyncio.start_server(connected, host, port, limit=LINE)
    address = listener.sockets[0].getsockname()
    print(f"apitfall: waiting for a client on {address[0]}:{address[1]}", file=sys.stderr, flush=True)
    found = await client
    listener.close()
    return found


def read_input() -> asyncio.StreamReader:
    """Standard input as a stream, fed by a thread that reads all there is at once.

    So all messages that have arrived are handled before the loop turns to anything else. The thread is left behind
    when the server ends: nothing can wake it from its read.
    """
    stream, loop = asyncio.StreamReader(limit=LINE), asyncio.get_running_loop()

    def read() -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed
            while data := os.read(INPUT, 1 << 20):
                loop.call_soon_threadsafe(stream.feed_data, data)
            loop.call_soon_threadsafe(stream.feed_eof)

    threading.Thread(target=read, name="standard input", daemon=True).start()
    return stream


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
