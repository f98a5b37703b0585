"""A comment that means to ignore findings, and ignores none for the way it is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from apitfall.config import guess
from apitfall.rule import Finding, Place, Rule, Severity
from apitfall.suppress.comments import Ignore
from apitfall.text import Lines, Span

RULE = Rule("invalid-ignore", (), lambda node, ctx: iter(()))
WORDS = ("ignore", "ignore-file")


def invalid(ignore: Ignore, rules: Collection[str], lines: Lines) -> Iterator[Finding]:
    """What is wrong with a comment, where `rules` are all that there are."""

    def finding(span: Span, message: str) -> Finding:
        place = Place(":", lines.between(span.start, span.end))
        return Finding(span, message, Severity.warning, place=place, rule=RULE.name)

    if ignore.word not in WORDS:
        yield finding(ignore.span, f"`{ignore.word}` is not known, so nothing is ignored{guess(ignore.word, WORDS)}")
    elif ignore.names is None and "[" in lines.between(ignore.span.start, ignore.span.end):
        yield finding(ignore.span, "the bracket is not closed, so nothing is ignored")
    elif not ignore.names:
        yield finding(ignore.span, f"no rule is named, so nothing is ignored: write `{ignore.word}[rule]`")
    else:
        for name, span in ignore.names:
            if name not in rules:
                yield finding(span, f"there is no rule `{name}`, so this ignores nothing{guess(name, rules)}")
