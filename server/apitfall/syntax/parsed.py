"""From a chunk's text to libcst's tree of it, and where its nodes stand."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from apitfall.syntax.spans import record

# libcst writes a tree out by recursion, two Python frames for each level of an expression; an expression may have a
# thousand operators in it (limits.py).
sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text is parsed to; `removed` are the offsets before which characters were left out."""

    module: cst.Module
    spans: dict[cst.CSTNode, tuple[int, int]]
    removed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hole:
    """A part of a chunk that does not parse as it is: the tree has what stood there, from `start` up to `end` in the
    text that it was made of, and the document has `size` characters in its place."""

    start: int
    end: int
    size: int

    @property
    def by(self) -> int:
        """How much later in the document stands what is behind it."""
        return self.size - (self.end - self.start)

    def outward(self, offset: int) -> int:
        if offset >= self.end:
            return offset + self.by
        return min(offset, self.start + self.size) if offset > self.start else offset


# What libcst raises, and the text's own errors.
UNPARSED = (cst.ParserSyntaxError, cst.CSTValidationError, cst.CSTLogicError, RecursionError, UnicodeError)


def parsed(text: str, headers: Sequence[str], tail: str) -> Parsed | None:
    """What a chunk's text is parsed to under stub headers, with a stub body behind it; None if it does not parse."""
    text, removed = clean(text)
    if tail and not text.endswith(("\n", "\r")):
        text += "\n"
    head = "".join(headers)
    try:
        module = cst.parse_module(head + text + tail)
        spans, length = record(module)
    except UNPARSED:
        return None
    # A tree that is not as long as its text has no offsets that could be trusted; a final line break may be added.
    if length - len(head + text + tail) not in (0, len(module.default_newline)):
        return None
    return Parsed(module, spans, removed)


def clean(text: str) -> tuple[str, tuple[int, ...]]:
    """The text as libcst gives it back, and the offsets, in that text, before which characters were taken out.

    A lone CR becomes a line feed and a lone surrogate U+FFFD, one for one; a byte order mark and the form feeds that
    open a line, which set the indentation back to nothing, are taken out with the white space before them, and so is
    a last line of white space alone.
    """
    if "\r" in text:
        text = re.sub(r"\r(?!\n)", "\n", text)
    if text[-1:] in (" ", "\t"):
        text = re.sub(r"(?<=\n)[ \t]+\Z", "", text)
    if not text.isascii():
        text = re.sub(r"[\ud800-\udfff]", "\ufffd", text)
    if "\f" not in text and not text.startswith("\ufeff"):
        return text, ()
    removed: list[int] = []
    out: list[str] = []
    at = length = 0
    for found in re.finditer(r"\A\ufeff|(?<![^\n])[ \t]*\f[ \t\f]*(?<=\f)", text):
        out.append(text[at : found.start()])
        length += found.start() - at
        removed += [length] * len(found.group())
        at = found.end()
    return "".join(out) + text[at:], tuple(removed)
