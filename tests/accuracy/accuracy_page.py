"""The figures of a run, for a terminal and for docs/accuracy.md, where they stand between marks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from applications import ROOT, Repository
from measuring import FOUND, MISSED, Row

K = TypeVar("K", bound=Any)
PAGE = ROOT / "docs" / "accuracy.md"
BEGIN, END = "<!-- figures: written by tests/accuracy/faults.py --page -->", "<!-- end of the figures -->"


def is_good(rows: Sequence[Row]) -> bool:
    """Whether nine in ten are found, and nothing new is said elsewhere."""
    found = sum(row.outcome.state == FOUND for row in rows)
    return found >= 0.9 * len(rows) and not any(row.outcome.elsewhere for row in rows)


def counted(rows: Sequence[Row]) -> tuple[str, ...]:
    """How many faults there are, found and not, with something new elsewhere, and in how many applications."""
    states = Counter(row.outcome.state for row in rows)
    elsewhere = sum(bool(row.outcome.elsewhere) for row in rows)
    share = f"{states[FOUND] / len(rows):.0%}" if rows else "–"
    applications = len({row.application for row in rows})
    return (*map(str, (len(rows), applications, states[FOUND])), share, *map(str, (states[MISSED], elsewhere)))


HEAD = ("faults", "applications", "found", "share", "not found", "with something new elsewhere")


def summary(rule: str, rows: Sequence[Row]) -> str:
    return f"{rule}: " + ", ".join(f"{value} {name}" for name, value in zip(HEAD, counted(rows), strict=True))


def misses(rows: Iterable[Row]) -> Iterator[str]:
    """A line for each fault that was not found, and for each finding that is new elsewhere."""
    for row in rows:
        outcome, place = row.outcome, f"{row.application}/{row.outcome.path}:{row.outcome.line}"
        if outcome.state == MISSED:
            yield f"MISS {row.rule} {place} ({outcome.kind})"
        for said in outcome.elsewhere:
            yield f"ELSEWHERE {row.rule} {place} ({outcome.kind}): {said.path}:{said.line} {said.rule}: {said.message}"


def with_figures(page: str, rows: Sequence[Row], said: Sequence[str], repositories: Sequence[Repository]) -> str:
    """The page with other figures between the marks; `said` is what a reader has to know of the run."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([before + BEGIN, *figures(rows, said, repositories), END]) + after


def figures(rows: Sequence[Row], said: Sequence[str], repositories: Sequence[Repository]) -> Iterator[str]:
    yield "\n## Figures\n"
    yield "\n".join(said) + "\n"
    by_rule = grouped(rows, lambda row: row.rule)
    yield table(("rule", *HEAD), [(f"`{rule}`", *counted(some)) for rule, some in by_rule.items()])
    yield "### By kind\n"
    kinds = grouped(rows, lambda row: (row.rule, row.outcome.kind))
    yield table(("rule", "fault", *HEAD), [(f"`{r}`", kind, *counted(some)) for (r, kind), some in kinds.items()])
    yield "### By application\n"
    applications = grouped(rows, lambda row: row.application)
    commits = {repository.folder: repository for repository in repositories}
    named = [(commits[name], some) for name, some in applications.items()]
    yield table(
        ("application", "commit", *(name for name in HEAD if name != "applications")),
        [(r.name, f"`{r.commit[:10]}`", *(c for i, c in enumerate(counted(some)) if i != 1)) for r, some in named],
    )


def grouped(rows: Sequence[Row], key: Callable[[Row], K]) -> Mapping[K, list[Row]]:
    found: dict[K, list[Row]] = {}
    for row in sorted(rows, key=key):
        found.setdefault(key(row), []).append(row)
    return found


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
