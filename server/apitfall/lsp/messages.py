"""The messages in a stream of bytes, each behind a header that gives its length.

A header that is broken, or a length that is wrong, costs the messages up to the next header that can be read.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator

log = logging.getLogger(__name__)

# A body that is longer than it was said to be ends in the line of the next header.
LENGTH = re.compile(rb"Content-Length:[ \t]*(\d+)[ \t]*\r?\n$", re.IGNORECASE)
NO_LENGTH = re.compile(rb"(Content-Type:.*)?\s*$", re.IGNORECASE)
SHOWN = 80  # bytes of what cannot be read


async def bodies(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The bodies of the messages up to the end of the stream."""
    length: int | None = None
    while line := await stream.readline():
        found = LENGTH.search(line)
        if found is not None and found.start():
            log.error("%d bytes before a message's header are passed over: %r", found.start(), line[:SHOWN])
        if found is not None:
            length = int(found[1])
        elif line.strip() or length is None:
            if NO_LENGTH.match(line) is None:
                log.error("This is no header of a message, and is passed over: %r", line[:SHOWN])
        else:
            try:
                yield await stream.readexactly(length)
            except asyncio.IncompleteReadError as error:
                log.error("The input ends after %d bytes of a message of %d.", len(error.partial), length)
            length = None
