"""From a chunk's text to libcst's tree of it, and where its nodes stand."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from apitfall.syntax.spans import Spans, is_whole, record

# libcst writes a tree out by recursion, two Python frames for each level of an expression; an expression may have a
# thousand operators in it (limits.py).
sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text is parsed to, and where its nodes stand in that text, with the stubs around it."""

    module: cst.Module
    spans: Spans


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


LEFT_OUT = re.compile(r"\A\ufeff|(?<![^\n])[ \t]*\f[ \t\f]*(?<=\f)")
SPACED = re.compile(r"(?<![^\n])[ \t]*except\b[^\n#:'\"]*?[^\n#:'\" \t](?<!except)(?P<spaces>[ \t]+)(?=:)")

# What libcst raises, and the text's own errors.
UNPARSED = (cst.ParserSyntaxError, cst.CSTValidationError, cst.CSTLogicError, RecursionError, UnicodeError)


def parsed(text: str, headers: Sequence[str], tail: str) -> Parsed | None:
    """What a chunk's text is parsed to under stub headers, with a stub body behind it; None if it does not parse."""
    text, removed = clean(text)
    if tail and not text.endswith(("\n", "\r")):
        text += "\n"
    head = "".join(headers)
    found = read(head + text + tail)
    if found is None:
        return None
    return Parsed(found.module, put_back(found.spans, removed, len(head)))


def read(text: str) -> Parsed | None:
    """What a clean text is parsed to; None if it does not parse."""
    code, removed = without_spaces(text)
    try:
        module = cst.parse_module(code)
        spans, length = record(module)
    except UNPARSED:
        return None
    return Parsed(module, put_back(spans, removed, 0)) if is_whole(module, length, code) else None


def put_back(spans: Spans, removed: Sequence[int], before: int) -> Spans:
    """Where nodes stand in a text of which characters were removed before these offsets, which count from `before`."""
    if not removed:
        return spans
    at = [offset + before for offset in removed]
    return {
        node: (begin + bisect_right(at, begin), end + bisect_right(at, end - 1)) for node, (begin, end) in spans.items()
    }


def clean(text: str) -> tuple[str, tuple[int, ...]]:
    """The text as libcst takes it, and the offsets, in that text, before which characters were taken out.

    A lone CR becomes a line feed and a lone surrogate U+FFFD, one for one; a byte order mark and the form feeds that
    open a line, which set the indentation back to nothing, are taken out with the white space before them, and so are
    the last lines, if they are of white space alone.
    """
    if "\r" in text:
        text = re.sub(r"\r(?!\n)", "\n", text)
    if text[-1:].isspace():
        text = without_last_lines(text)
    if not text.isascii():
        text = re.sub(r"[\ud800-\udfff]", "\ufffd", text)
    return without(LEFT_OUT, text) if is_cleaned(text) else (text, ())


def is_cleaned(text: str) -> bool:
    """Whether there may be something in a text that `clean` takes out of its middle."""
    return "\f" in text or text.startswith("\ufeff")


def without_spaces(text: str) -> tuple[str, tuple[int, ...]]:
    """The text without what stands before the colon of an `except` clause, which libcst loses, and the offsets as above."""
    is_spaced = " :" in text or "\t:" in text
    return without(SPACED, text) if is_spaced and "except" in text else (text, ())


def without(pattern: re.Pattern[str], text: str) -> tuple[str, tuple[int, ...]]:
    """The text without the last group that a pattern has, or all that it matches."""
    removed: list[int] = []
    out: list[str] = []
    at = length = 0
    for found in pattern.finditer(text):
        start, end = found.span(pattern.groups)
        out.append(text[at:start])
        length += start - at
        removed += [length] * (end - start)
        at = end
    return "".join(out) + text[at:], tuple(removed)


def without_last_lines(text: str) -> str:
    """The text without the lines of white space at its end, if any of them is indented."""
    said = text.rstrip(" \t\r\n")
    begin = text.find("\n", len(said)) + 1
    behind = text[begin:] if begin else ""
    return text[:begin] if " " in behind or "\t" in behind else text
