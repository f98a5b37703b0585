"""Offsets, lines and edits over one text. Knows nothing about Python.

An offset counts code points from the start of the text. A line ends at ``\\n``, ``\\r\\n`` or ``\\r``, as in the
language server protocol, and nowhere else (``str.splitlines`` also cuts at form feeds and at U+2028).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """A half-open range of offsets."""

    start: int
    end: int

    def shift(self, by: int) -> Span:
        return Span(self.start + by, self.end + by)

    def touches(self, other: Span) -> bool:
        """Whether the two overlap; two empty spans at one offset do, two neighbours do not."""
        if self == other:
            return True
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, named so that it stays the same when lines move.

    `function` is the qualified name of the enclosing function (empty at module level; in answers of the project index
    it is a symbol, ``module:qualified.name``), `text` the source of the node with its white space collapsed, `nth` its
    0-based count among the nodes of its class with the same text in that function.
    """

    function: str
    text: str
    nth: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text, as it is on disk or in an editor.

    `path` is absolute, or an editor's name for a text that has no file (``untitled:1``). `version` is the editor's
    number for an open document and None for a file that was read from disk.
    """

    path: str
    version: int | None
    text: str


@dataclass(frozen=True, order=True, slots=True)
class Edit:
    """Put `text` where `span` is, in the file at `path`."""

    path: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edits:
    """What a fix does: changes to files, and files that are made, as (path, text)."""

    changes: tuple[Edit, ...] = ()
    creates: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the lines of a text begin."""

    text: str
    starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0]
        starts.extend(m.end() for m in LINE.finditer(self.text) if m.group()[-1] in "\r\n")
        object.__setattr__(self, "starts", tuple(starts))

    def position(self, offset: int) -> tuple[int, int]:
        """The 0-based line and the column in code points."""
        line = bisect_right(self.starts, offset) - 1
        return line, offset - self.starts[line]

    def offset(self, line: int, column: int) -> int:
        """The inverse of `position`; what lies outside is taken to the nearest end."""
        if line < 0:
            return 0
        if line >= len(self.starts):
            return len(self.text)
        return min(self.starts[line] + max(column, 0), self.end(line))

    def end(self, line: int) -> int:
        """The offset behind the last character of a line, its line break left out."""
        stop = self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)
        return self.starts[line] + len(self.text[self.starts[line] : stop].rstrip("\r\n"))

    def line(self, number: int) -> str:
        """The text of a 0-based line without its line break."""
        return self.text[self.starts[number] : self.end(number)]

    def __len__(self) -> int:
        return len(self.starts)


def split_lines(text: str) -> list[str]:
    """The lines with their line breaks; joined they give the text."""
    return LINE.findall(text)


def newline_of(text: str) -> str:
    """The line break that the text uses, by its first one; ``\\n`` if it has none."""
    found = re.search(r"\r\n|\r|\n", text)
    return found.group() if found else "\n"


def collapse(text: str) -> str:
    """The text with each run of white space made one space, as fingerprints and places hold it."""
    return " ".join(text.split())


def combine(groups: Iterable[Sequence[Edit]]) -> tuple[list[Edit], list[Sequence[Edit]]]:
    """Take groups of edits (each all or nothing) in their order, leaving out those that touch an earlier group.

    Returns the edits to apply and the groups that were left for another round. An edit that an earlier group makes
    as well, letter for letter, is no conflict and is made once: two fixes may add the same import.
    """
    taken: list[Edit] = []
    left: list[Sequence[Edit]] = []
    for group in groups:
        new = [e for e in group if e not in taken]
        if any(e.path == t.path and e.span.touches(t.span) for e in new for t in taken) or overlap(new):
            left.append(group)
        else:
            taken.extend(dict.fromkeys(new))
    return taken, left


def overlap(edits: Sequence[Edit]) -> bool:
    """Whether two of the edits change the same characters, and differ."""
    ordered = sorted(dict.fromkeys(edits), key=lambda e: (e.path, e.span.start, e.span.end))
    return any(a.path == b.path and b.span.start < a.span.end for a, b in pairwise(ordered))


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits of one file that do not overlap. Of insertions at one offset the first given is first."""
    out: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda e: (e.span.start, e.span.end)):
        if edit.span.start < at:
            raise ValueError(f"edits overlap at offset {edit.span.start}")
        out += (text[at : edit.span.start], edit.text)
        at = edit.span.end
    return "".join(out) + text[at:]
