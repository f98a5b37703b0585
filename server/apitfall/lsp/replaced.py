"""What is another in a text that a client sends whole, as a formatter does that changes some lines here and there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from apitfall.text import Span, change_between

SAME = 3  # lines that follow each other, and are the same in both texts from there on
FAR = 32  # lines that are looked through for such
MOST = 100  # parts; where there are more, most of the text is another


def differences(old: str, new: str) -> list[tuple[Span, Span]]:
    """The parts in which a text differs from another, in order, each as the span in both; what is between is the same."""
    made = change_between(old, new)
    ours, theirs = Span(made.start, made.old_end), Span(made.start, made.new_end)
    lines = (
        old[ours.start : ours.end].splitlines(keepends=True),
        new[theirs.start : theirs.end].splitlines(keepends=True),
    )
    found: list[tuple[Span, Span]] = []
    for old_span, new_span in parts(*lines):
        found.append((old_span.shift(made.start), new_span.shift(made.start)))
        if len(found) > MOST:
            return [(ours, theirs)]
    return found


def parts(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Span, Span]]:
    """The lines that are others, as offsets in both texts."""
    at, now = [0, *accumulate(map(len, old))], [0, *accumulate(map(len, new))]
    i = j = 0
    while i < len(old) or j < len(new):
        count = alike(old, new, i, j)
        i, j = i + count, j + count
        if i < len(old) or j < len(new):
            ours, theirs = until_same(old, new, i, j)
            yield Span(at[i], at[ours]), Span(now[j], now[theirs])
            i, j = ours, theirs


def alike(old: Sequence[str], new: Sequence[str], i: int, j: int) -> int:
    """How many lines are the same from these on."""
    count, step = 0, 64
    while step:
        part = old[i + count : i + count + step]
        if part and part == new[j + count : j + count + step]:
            count += len(part)
        else:
            step //= 2
    return count


def until_same(old: Sequence[str], new: Sequence[str], i: int, j: int) -> tuple[int, int]:
    """The next lines from which on some are the same; the ends of both texts where there are none near."""
    for both in range(1, 2 * FAR):
        for ours in range(max(both - FAR, 0), min(both, FAR) + 1):
            one, other = i + ours, j + both - ours
            if old[one : one + SAME] == new[other : other + SAME]:
                return min(one, len(old)), min(other, len(new))
    return len(old), len(new)
