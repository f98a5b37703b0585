"""The messages in bytes that come in pieces, each behind a header that gives its length.

A header that is broken, or a length that is wrong, costs the messages up to the next header that can be read.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

log = logging.getLogger(__name__)

# A body that is longer than it was said to be ends in the line of the next header.
LENGTH = re.compile(rb"Content-Length:[ \t]*(\d+)[ \t]*\r?\n$", re.IGNORECASE)
NO_LENGTH = re.compile(rb"(Content-Type:.*)?\s*$", re.IGNORECASE)
SHOWN = 80  # bytes of what cannot be read


class Bodies:
    """The bodies of the messages of one stream."""

    def __init__(self) -> None:
        self._left = bytearray()
        self._length: int | None = None  # of the next body, once its header has told
        self._is_head = True  # whether lines of a header come next

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Those that are whole with these bytes."""
        self._left += data
        while (body := self._next()) is not None:
            yield body

    def end(self) -> None:
        """No more bytes come."""
        if self._is_head and self._left:
            self._read(bytes(self._left))
            self._left.clear()
        if not self._is_head:
            log.error("The input ends after %d bytes of a message of %d.", len(self._left), self._length)

    def _next(self) -> bytes | None:
        while self._is_head:
            end = self._left.find(b"\n") + 1
            if not end:
                return None
            self._read(self._take(end))
        if self._length is None or len(self._left) < self._length:
            return None
        body = self._take(self._length)
        self._length, self._is_head = None, True
        return body

    def _take(self, size: int) -> bytes:
        taken = bytes(self._left[:size])
        del self._left[:size]
        return taken

    def _read(self, line: bytes) -> None:
        """Read a line of a header; behind an empty one comes the body."""
        found = LENGTH.search(line)
        if found is not None and found.start():
            log.error("%d bytes before a message's header are passed over: %r", found.start(), line[:SHOWN])
        if found is not None:
            self._length = int(found[1])
        elif line.strip() or self._length is None:
            if NO_LENGTH.match(line) is None:
                log.error("This is no header of a message, and is passed over: %r", line[:SHOWN])
        else:
            self._is_head = False
