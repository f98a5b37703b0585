"""Where a text differs from one that was cut into pieces, without a look at all of either."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from apitfall.text import Lines, Span

if TYPE_CHECKING:
    from apitfall.syntax.cut import Piece


def begin(piece: Piece) -> int:
    return piece.start


def difference(lines: Lines, before: Sequence[Piece], within: Span | None = None) -> Span:
    """The part of the pieces' text that another text has something else for; that is `within` this one, if given."""
    old_size = size_of(before)
    head = common_start(lines, before, within.start if within is not None else 0)
    most = min(old_size, lines.size) - head
    return Span(head, old_size - common_end(lines, before, most, within.end if within is not None else old_size))


def size_of(pieces: Sequence[Piece]) -> int:
    return pieces[-1].start + len(pieces[-1].text)


def common_start(lines: Lines, before: Sequence[Piece], known: int) -> int:
    """How many characters a text begins with that the pieces begin with as well; so many are `known`."""
    for piece in before[max(bisect_right(before, known, key=begin) - 1, 0) :]:
        ours = lines.between(min(piece.start, lines.size), min(piece.start + len(piece.text), lines.size))
        if ours != piece.text:
            return piece.start + shared(ours, piece.text)
    return size_of(before)


def common_end(lines: Lines, before: Sequence[Piece], most: int, known: int) -> int:
    """The same from the end, at most so many; what is behind the offset `known` of the pieces is the same."""
    size, old_size = lines.size, size_of(before)
    last = bisect_left(before, known, key=begin)
    at = size - (old_size - before[last].start if last < len(before) else 0)
    if size - at > most:
        return most
    for piece in reversed(before[:last]):
        start = at - len(piece.text)
        if size - start > most or lines.between(start, at) != piece.text:
            left = min(len(piece.text), most - (size - at))
            ours, theirs = lines.between(at - left, at), piece.text[len(piece.text) - left :]
            return size - at + shared(ours[::-1], theirs[::-1])
        at = start
    return size - at


def shared(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
