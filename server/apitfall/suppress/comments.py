"""The comments that ignore findings: ``# apitfall: ignore[rule, rule] -- why`` and ``# apitfall: ignore-file[rule]``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from apitfall.suppress.states import states_of
from apitfall.syntax import comment_start
from apitfall.text import Lines, Span

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


def ignores_in(lines: Lines) -> tuple[Ignore, ...]:
    """The comments of a text that ignore rules, or try to, in order."""
    numbers = lines.holding(MARK)
    if not numbers:
        return ()
    states = states_of(lines)

    @cache
    def before(number: int) -> str | None:
        """What stands before the comment on a line; None if there is none."""
        line = lines.line(number)
        start = comment_start(line, states[number])
        return None if start is None else line[:start]

    out: list[Ignore] = []
    for number in numbers:
        code = before(number)
        if code is not None:
            comment, offset = lines.line(number), lines.start(number)
            for found in PART.finditer(comment, len(code)):
                out.append(ignore(found, comment, number, offset, covered(before, number, len(lines))))
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


def covered(before: Callable[[int], str | None], number: int, count: int) -> frozenset[int]:
    """The line that a comment on line `number` is about: its own, or the next with code, other comments between left out.

    `before` gives what stands before the comment on a line, of which there are `count`.
    """
    code = before(number)
    if code is not None and code.strip("\ufeff \t\f"):
        return frozenset({number})
    after = number + 1
    while after < count and (code := before(after)) is not None and not code.strip():
        after += 1
    return frozenset({after})
