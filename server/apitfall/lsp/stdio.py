"""The server's life: messages from standard input until it ends, the client says exit, or the client's process dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Coroutine
from typing import Any

INPUT = 0
POLL = 2.0  # seconds between two looks at the client's process


def read_input() -> asyncio.StreamReader:
    """Standard input as a stream, fed by a thread that reads all there is at once.

    So all messages that have arrived are handled before the loop turns to anything else. The thread is left behind
    when the server ends: nothing can wake it from its read.
    """
    stream, loop = asyncio.StreamReader(), asyncio.get_running_loop()

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
