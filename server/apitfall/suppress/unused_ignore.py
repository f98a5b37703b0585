"""A comment that ignores a rule where that rule finds nothing."""

from __future__ import annotations

from collections.abc import Sequence

from apitfall.rule import Edit, Edits, Finding, Fix, Place, Rule, Severity
from apitfall.suppress.comments import Ignore
from apitfall.text import Lines, Span

RULE = Rule("unused-ignore", (), lambda node, ctx: iter(()))


def unused(ignore: Ignore, names: Sequence[str], path: str, lines: Lines) -> Finding:
    """The finding for a comment of which the rules in `names`, some or all, have nothing to ignore."""
    assert ignore.inner is not None
    quoted = " and ".join(f"`{name}`" for name in names)
    verb = "finds" if len(names) == 1 else "find"
    where = "in this file" if ignore.lines is None else "here"
    left = [name for name in ignore.rules if name not in names]
    edit = Edit(path, ignore.inner, ", ".join(left)) if left else removal(ignore, path, lines)
    fix = Fix("remove", "Remove it" if not left else f"Remove {quoted}", lambda: Edits((edit,)), safe=True)
    spans = [span for name, span in ignore.names or () if name in names]
    span = Span(spans[0].start, spans[-1].end) if left else ignore.span
    place = Place(":", lines.between(ignore.span.start, ignore.span.end))
    message = f"{quoted} {verb} nothing {where}, so there is nothing to ignore"
    return Finding(span, message, Severity.information, (fix,), place=place, rule=RULE.name)


def removal(ignore: Ignore, path: str, lines: Lines) -> Edit:
    """The comment taken out, with the white space before it, or with its line where it stands alone."""
    end, line = ignore.span.end, lines.start(ignore.line)
    start = line + len(lines.between(line, ignore.span.start).rstrip(" \t"))
    if ignore.alone:
        after = lines.between(end, min(end + 2, lines.size))
        end += 2 if after == "\r\n" else len(after[:1])
    return Edit(path, Span(start, end), "")
