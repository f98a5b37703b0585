"""Findings that the code itself asks to ignore, and what is said of such a comment.

A rule package like any other, whose two rules are no checks of nodes: the engine asks `judged` for what they say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from apitfall.rule import Finding
from apitfall.suppress.comments import Ignore, ignores_in
from apitfall.suppress.insert import ignore_in_file, ignore_on_line
from apitfall.suppress.invalid_ignore import RULE as INVALID
from apitfall.suppress.invalid_ignore import invalid
from apitfall.suppress.unused_ignore import RULE as UNUSED
from apitfall.suppress.unused_ignore import unused
from apitfall.text import Document, Lines, Span
from apitfall.types import Type

API = 1
PACKAGES = ()
EXCLUDE = ()
TYPES: Mapping[str, Type] = {}

Unsure = tuple[Span, frozenset[str] | None]


def judged(
    document: Document,
    findings: Sequence[Finding],
    rules: Collection[str],
    run: Collection[str],
    unsure: Callable[[], Iterable[Unsure]],
) -> Sequence[Finding]:
    """The findings that no comment ignores, and what is to be said of the comments; without comments the very same.

    `rules` are all rules that there are, `run` those that ran. `unsure` gives the parts of the text of which not all is
    known: by the rules named, or, with None, by any. There no comment can be called unused.
    """
    ignores = ignores_in(document.lines)
    if not ignores:
        return findings
    lines, parts = document.lines, [*unsure()]
    about: defaultdict[int | None, list[Ignore]] = defaultdict(list)  # by the lines, None for the whole file
    for ignore in ignores:
        for line in (None,) if ignore.lines is None else ignore.lines:
            about[line].append(ignore)
    used: set[tuple[Span, str]] = set()

    def kept(some: Sequence[Finding]) -> Iterator[Finding]:
        for finding in some:
            line = lines.position(finding.span.start)[0]
            covering = [i for i in (*about.get(line, ()), *about.get(None, ())) if finding.rule in i.rules]
            used.update((ignore.span, finding.rule) for ignore in covering)
            if not covering:
                yield finding

    out = list(kept(findings))
    own: list[Finding] = []
    for ignore in ignores:
        own += invalid(ignore, rules, lines)
        # A comment about comments is not judged: it may be about this very one.
        names = [
            name
            for name in dict.fromkeys(ignore.rules)
            if name in rules and name not in (INVALID.name, UNUSED.name)
            and name in run and (ignore.span, name) not in used and not is_unsure(name, ignore.lines, parts, lines)
        ]  # fmt: skip
        if names and ignore.lines != frozenset():
            own.append(unused(ignore, names, document.path, lines))
    return [*out, *kept(own)]


def is_unsure(rule: str, numbers: Collection[int] | None, unsure: Sequence[Unsure], lines: Lines) -> bool:
    """Whether on these lines, or with None in the whole file, a rule could find more than it did."""
    parts = [span for span, rules in unsure if rules is None or rule in rules]
    if numbers is None or not parts:
        return bool(parts)
    spans = [Span(lines.start(n), lines.end(n) + 1) for n in numbers if n < len(lines)]
    return any(span.touches(part) for span in spans for part in parts)


__all__ = ["ignore_in_file", "ignore_on_line", "ignores_in", "judged"]
