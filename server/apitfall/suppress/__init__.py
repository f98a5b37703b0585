"""Findings that the code itself asks to ignore, and what is said of such a comment.

A rule package like any other, whose two rules are no checks of nodes: the engine asks `judged` for what they say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from apitfall.rule import Finding
from apitfall.suppress.comments import Ignore, ignores_in
from apitfall.suppress.insert import ignore_in_file, ignore_on_line
from apitfall.suppress.invalid_ignore import RULE as INVALID
from apitfall.suppress.invalid_ignore import invalid
from apitfall.suppress.unused_ignore import RULE as UNUSED
from apitfall.suppress.unused_ignore import unused
from apitfall.text import Document, Lines
from apitfall.types import Type

API = 1
PACKAGES = ()
EXCLUDE = ()
TYPES: Mapping[str, Type] = {}


def judged(
    document: Document,
    findings: Sequence[Finding],
    rules: Collection[str],
    is_sure: Callable[[str, Collection[int] | None], bool],
) -> list[Finding]:
    """The findings that no comment ignores, and what is to be said of the comments.

    `rules` are all rules that there are. `is_sure` says whether everything is known that a rule would find on lines, or
    with None in the whole file: only then a comment can be called unused.
    """
    ignores = ignores_in(document.text)
    if not ignores:
        return list(findings)
    lines = Lines(document.text)
    used: set[tuple[Ignore, str]] = set()

    def kept(some: Sequence[Finding]) -> Iterator[Finding]:
        for finding in some:
            line = lines.position(finding.span.start)[0]
            covering = [ignore for ignore in ignores if ignore.covers(finding.rule, line)]
            used.update((ignore, finding.rule) for ignore in covering)
            if not covering:
                yield finding

    out = list(kept(findings))
    own: list[Finding] = []
    for ignore in ignores:
        own += invalid(ignore, rules, document.text)
        # A comment about comments is not judged: it may be about this very one.
        names = [
            name
            for name in dict.fromkeys(ignore.rules)
            if name in rules and name not in (INVALID.name, UNUSED.name)
            and (ignore, name) not in used and is_sure(name, ignore.lines)
        ]  # fmt: skip
        if names and ignore.lines != frozenset():
            own.append(unused(ignore, names, document.path, document.text))
    return [*out, *kept(own)]


__all__ = ["ignore_in_file", "ignore_on_line", "ignores_in", "judged"]
