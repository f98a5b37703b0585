"""The comments that ignore findings: ``# apitfall: ignore[rule, rule] -- why`` and ``# apitfall: ignore-file[rule]``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from apitfall.syntax import comment_start, line_states
from apitfall.text import Span, split_lines

MARK = "apitfall:"
# The part of a comment that is ours ends where another `# ` begins.
PART = re.compile(r"#[ \t]*apitfall:[ \t]*(?P<word>ignore[\w-]*)(?P<names>[ \t]*\[(?P<inner>[^\]#]*)(?P<close>\])?)?")
END = re.compile(r"[ \t]+#[ \t]|[ \t]*\Z")
NAME = re.compile(r"[^,\s]+")


@dataclass(frozen=True)
class Ignore:
    """A comment that ignores rules, with offsets of the document.

    `span` is the part of the comment that is ours, `names` the rules in its brackets with their places, `inner` what is
    between the brackets; None for both where it has no brackets or does not close them. `lines` are the 0-based
    numbers of the first lines of the findings that it is about, None for the whole file. `alone`: nothing else stands
    on its line.
    """

    word: str
    span: Span
    names: tuple[tuple[str, Span], ...] | None
    inner: Span | None
    line: int
    lines: frozenset[int] | None
    alone: bool

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.names or ())

    def covers(self, rule: str, line: int) -> bool:
        return rule in self.rules and (self.lines is None or line in self.lines)


def ignores_in(text: str) -> tuple[Ignore, ...]:
    """The comments of a text that ignore rules, or try to, in order."""
    return read(split_lines(text)) if MARK in text else ()


def read(lines: Sequence[str]) -> tuple[Ignore, ...]:
    states, _ = line_states(lines)
    starts = [comment_start(line, state) for line, state in zip(lines, states, strict=False)]
    out: list[Ignore] = []
    offset = 0
    for number, (line, start) in enumerate(zip(lines, starts, strict=True)):
        if start is not None and MARK in line:
            comment = line.rstrip("\r\n")
            for found in PART.finditer(comment, start):
                out.append(ignore(found, comment, number, offset, covered(lines, starts, number)))
        offset += len(line)
    return tuple(out)


def ignore(found: re.Match[str], comment: str, number: int, offset: int, lines: frozenset[int]) -> Ignore:
    end = END.search(comment, found.end())
    assert end is not None, "every comment ends"
    names = inner = None
    if found["close"]:
        inner = Span(*found.span("inner")).shift(offset)
        at = found.start("inner") + offset
        names = tuple((n.group(), Span(*n.span()).shift(at)) for n in NAME.finditer(found["inner"]))
    return Ignore(
        word=found["word"],
        span=Span(found.start(), end.start()).shift(offset),
        names=names,
        inner=inner,
        line=number,
        lines=lines if found["word"] == "ignore" else None if found["word"] == "ignore-file" else frozenset(),
        alone=not comment[: found.start()].strip("\ufeff \t\f") and not comment[end.start() :].strip(),
    )


def covered(lines: Sequence[str], starts: Sequence[int | None], number: int) -> frozenset[int]:
    """The line that a comment on line `number` is about: its own, or the next with code, other comments between left out."""
    if lines[number][: starts[number]].strip("\ufeff \t\f"):
        return frozenset({number})
    after = number + 1
    while after < len(lines) and starts[after] is not None and not lines[after][: starts[after]].strip():
        after += 1
    return frozenset({after})
