"""The edits that ignore a rule on a line or in a file."""

from __future__ import annotations

import re

from apitfall.suppress.comments import Ignore, ignores_in
from apitfall.suppress.states import states_of
from apitfall.syntax import comment_start, takes_comment
from apitfall.text import Document, Edit, Span, newline_of

HEAD = re.compile(r"#!|[ \t\f]*#.*?coding[:=]")


def ignore_on_line(document: Document, rule: str, offset: int) -> Edit | None:
    """Ignore a rule for findings whose first character is at `offset`.

    None where no comment can stand: the line ends, and the one before it, inside a string or with a backslash.
    """
    lines, path = document.lines, document.path
    states = states_of(lines)
    number = min(lines.position(offset)[0], len(states) - 2)  # what follows the last line break is no line of code
    there = next((i for i in ignores_in(lines) if i.lines is not None and number in i.lines and i.names), None)
    if there is not None:
        return merged(there, rule, path)
    line, start = lines.line(number), lines.start(number)
    comment = f"# apitfall: ignore[{rule}]"
    if comment_start(line, states[number]) is not None or takes_comment(states[number + 1]):
        return Edit(path, Span(start + len(line.rstrip()), start + len(line)), f"  {comment}")
    if takes_comment(states[number]):
        indent = line[: len(line) - len(line.lstrip())]
        return Edit(path, Span(start, start), f"{indent}{comment}{newline_of(lines.blocks[0])}")
    return None


def ignore_in_file(document: Document, rule: str) -> Edit:
    """Ignore a rule in the whole file: on its first line, behind a shebang and the name of the encoding."""
    lines, path = document.lines, document.path
    there = next((i for i in ignores_in(lines) if i.word == "ignore-file" and i.names), None)
    if there is not None:
        return merged(there, rule, path)
    at = 1 if lines.line(0).startswith("\ufeff") else 0
    for number in range(min(2, len(lines))):
        if not HEAD.match(lines.line(number).lstrip("\ufeff")):
            break
        at = lines.start(number + 1) if number + 1 < len(lines) else lines.size
    newline = newline_of(lines.blocks[0])
    lead = newline if at and lines.between(at - 1, at) not in ("\r", "\n", "\ufeff") else ""
    return Edit(path, Span(at, at), f"{lead}# apitfall: ignore-file[{rule}]{newline}")


def merged(ignore: Ignore, rule: str, path: str) -> Edit:
    """The rule named in a comment that is there."""
    assert ignore.inner is not None
    return Edit(path, ignore.inner, ", ".join((*ignore.rules, rule)))
