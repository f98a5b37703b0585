"""Offsets, lines and edits over one text. Knows nothing about Python.

An offset counts code points from the start of the text. A line ends at ``\\n``, ``\\r\\n`` or ``\\r``, as in the
language server protocol, and nowhere else (``str.splitlines`` also cuts at form feeds and at U+2028).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
OTHER_BREAKS = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # where `str.splitlines`, which is ten times as fast, cuts as well
BLOCK = 128  # lines that are kept together, and fewer than twice as many after an edit
# What is noted of blocks is kept for so many: a change asks for all of its file, so they must be those of a large one.
# They hold the text of these blocks, some 5 MB, even where its files are gone.
BLOCKS_NOTED = 1024


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


class Place(NamedTuple):
    """Where something stands, named so that it stays the same when lines move.

    `function` is the qualified name of the enclosing function (empty at module level; in answers of the project index
    it is a symbol, ``module:qualified.name``), `text` the source of the node with its white space collapsed, `nth` its
    0-based count among the nodes of its class with the same text in that function.
    """

    function: str
    text: str
    nth: int = 0


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
class Change:
    """The part of an older text, between `start` and `old_end`, that stands between `start` and `new_end` in a newer one."""

    start: int
    old_end: int
    new_end: int

    def then(self, later: Change) -> Change:
        """Both changes as one; `later` speaks of the text that this one left."""
        end = max(self.new_end, later.old_end)
        return Change(
            min(self.start, later.start), end - self.new_end + self.old_end, end - later.old_end + later.new_end
        )


@dataclass(frozen=True, slots=True)
class Revision:
    """A text, and the change that made it of another."""

    change: Change
    lines: Lines


def change_between(old: str, new: str) -> Change:
    """The part in which two texts differ, without what is the same before and behind it."""
    start = shared(min(len(old), len(new)), lambda count: old.startswith(new[:count]))
    most = min(len(old), len(new)) - start
    end = shared(most, lambda count: old.endswith(new[len(new) - count :]))
    return Change(start, len(old) - end, len(new) - end)


def shared(most: int, is_same: Callable[[int], bool]) -> int:
    """The largest count up to `most` of characters that are the same, as are all that are fewer."""
    return bisect_left(range(most), True, key=lambda count: not is_same(count + 1))


class Lines:
    """A text, and where its lines begin.

    Both are kept in blocks of lines, so that an edit looks at the blocks that it touches and shares all others; they
    are made when a line is first asked for, and joined when the whole text is. To read a part with `between` costs
    nothing for the rest, where a slice of an edited text means to copy all of it first.
    """

    __slots__ = ("_bases", "_blocks", "_firsts", "_holders", "_text")

    def __init__(self, text: str) -> None:
        self._text: str | None = text
        self._blocks: Sequence[Block] = ()
        self._bases: Sequence[int] = ()  # where each block begins, and the end of the text
        self._firsts: Sequence[int] = ()  # the number of the first line of each, and the number of all lines
        self._holders: dict[str, int] = {}  # how many blocks hold a word that was asked for

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = "".join([text for text, _ in self._blocks])
        return self._text

    def _look(self) -> None:
        if not self._blocks:
            self._take(blocks_of(self.text))

    def _take(self, blocks: Sequence[Block]) -> None:
        self._blocks = blocks
        self._bases = [0, *accumulate([len(text) for text, _ in blocks])]
        self._firsts = [0, *accumulate([len(starts) for _, starts in blocks])]

    def edited(self, span: Span, text: str) -> Lines:
        """The lines of the text with another one where `span` is."""
        # From the character before the edit to the one behind it: a CR and a LF may come together there, or part.
        first = self._block_at(max(span.start - 1, 0))
        last = self._block_at(span.end) + 1
        touched, base = "".join([text for text, _ in self._blocks[first:last]]), self._bases[first]
        touched = f"{touched[: span.start - base]}{text}{touched[span.end - base :]}"
        between = blocks_of(touched, is_last=last == len(self._blocks))
        lines = Lines.__new__(Lines)
        lines._text = None
        lines._take([*self._blocks[:first], *between, *self._blocks[last:]])
        gone = self._blocks[first:last]
        lines._holders = {
            word: count - number_holding(word, gone) + number_holding(word, between)
            for word, count in self._holders.items()
        }
        return lines

    def _block_at(self, offset: int) -> int:
        self._look()
        return bisect_right(self._bases, offset, hi=len(self._blocks)) - 1

    def between(self, start: int, end: int) -> str:
        """The text between two offsets that lie in it."""
        if self._text is not None:
            return self._text[start:end]
        first, last = self._block_at(start), self._block_at(end)
        base = self._bases[first]
        text = self._blocks[first][0] if first == last else "".join([t for t, _ in self._blocks[first : last + 1]])
        return text[start - base : end - base]

    def start(self, line: int) -> int:
        """The offset at which a 0-based line begins."""
        block, number = self._block_of(line)
        return self._bases[block] + self._blocks[block][1][number]

    def _block_of(self, line: int) -> tuple[int, int]:
        """The block that a line is in, and the number that it has there."""
        self._look()
        block = bisect_right(self._firsts, line, hi=len(self._blocks)) - 1
        return block, line - self._firsts[block]

    def position(self, offset: int) -> tuple[int, int]:
        """The 0-based line and the column in code points."""
        block = self._block_at(offset)
        starts, within = self._blocks[block][1], offset - self._bases[block]
        number = bisect_right(starts, within) - 1
        return self._firsts[block] + number, within - starts[number]

    def offset(self, line: int, column: int) -> int:
        """The inverse of `position`; what lies outside is taken to the nearest end."""
        if line < 0:
            return 0
        if line >= len(self):
            return self.size
        return min(self.start(line) + max(column, 0), self.end(line))

    def end(self, line: int) -> int:
        """The offset behind the last character of a line, its line break left out."""
        return self.start(line) + len(self.line(line))

    def line(self, number: int) -> str:
        """The text of a 0-based line without its line break."""
        block, within = self._block_of(number)
        text, starts = self._blocks[block]
        return text[starts[within] : starts[within + 1] if within + 1 < len(starts) else len(text)].rstrip("\r\n")

    @property
    def blocks(self) -> tuple[str, ...]:
        """The text in blocks of whole lines. An edit leaves those that it does not touch the very same."""
        self._look()
        return tuple([text for text, _ in self._blocks])

    def holding(self, word: str) -> list[int]:
        """The numbers of the lines that hold a word."""
        count = self._holders.get(word)
        if count is None:
            count = 0
            if self._blocks or word in self.text:  # the lines of most texts without it are never asked for
                self._look()
                count = number_holding(word, self._blocks)
            self._holders[word] = count
        if not count:
            return []
        return [
            first + number
            for first, (text, _) in zip(self._firsts, self._blocks, strict=False)
            for number in numbers_holding(word, text)
        ]

    @property
    def size(self) -> int:
        """The number of characters of the text."""
        if self._text is not None:
            return len(self._text)
        return self._bases[-1]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lines) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __len__(self) -> int:
        """The number of lines; what follows the last line break counts, even if it is empty."""
        self._look()
        return self._firsts[-1]


Block = tuple[str, Sequence[int]]  # some lines, and where in their text they begin, the first one at 0


def blocks_of(text: str, *, is_last: bool = True) -> list[Block]:
    """The blocks of a text, or of a part of one that ends with a line break unless it is the last."""
    starts = [0, *accumulate(map(len, split_lines(text)))]
    if text and not (is_last and text[-1] in "\r\n"):
        starts.pop()
    if len(starts) < 2 * BLOCK:
        return [(text, starts)]
    step = -(-len(starts) // (len(starts) // BLOCK))  # about even: an edit at a seam must not leave a block of one line
    cuts = [*starts[::step], len(text)]
    return [
        (text[base:end], [start - base for start in starts[number * step : (number + 1) * step]])
        for number, (base, end) in enumerate(pairwise(cuts))
    ]


def number_holding(word: str, blocks: Iterable[Block]) -> int:
    """How many of some blocks hold a word."""
    return sum([word in text for text, _ in blocks])


@lru_cache(maxsize=BLOCKS_NOTED)
def numbers_holding(word: str, block: str) -> tuple[int, ...]:
    return tuple([n for n, line in enumerate(split_lines(block)) if word in line]) if word in block else ()


@dataclass(frozen=True, slots=True, init=False)
class Document:
    """A file's text, as it is on disk or in an editor.

    `path` is absolute, or an editor's name for a text that has no file (``untitled:1``). `version` is the editor's
    number for an open document and None for a file that was read from disk.
    """

    path: str
    version: int | None
    lines: Lines = field(repr=False)

    def __init__(self, path: str, version: int | None, text: str | Lines) -> None:
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "version", version)
        object.__setattr__(self, "lines", Lines(text) if isinstance(text, str) else text)

    @property
    def text(self) -> str:
        return self.lines.text


def split_lines(text: str) -> list[str]:
    """The lines with their line breaks; joined they give the text."""
    if any(character in text for character in OTHER_BREAKS):
        return LINE.findall(text)
    return text.splitlines(keepends=True)


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
