"""The edits that ignore a rule on a line or in a file."""

from __future__ import annotations

import re

from apitfall.suppress.comments import Ignore, ignores_in
from apitfall.syntax import comment_start, line_states, takes_comment
from apitfall.text import Document, Edit, Span, newline_of, split_lines

HEAD = re.compile(r"#!|[ \t\f]*#.*?coding[:=]")


def ignore_on_line(document: Document, rule: str, offset: int) -> Edit | None:
    """Ignore a rule for findings whose first character is at `offset`.

    None where no comment can stand: the line ends, and the one before it, inside a string or with a backslash.
    """
    text, path = document.text, document.path
    lines = split_lines(text)
    states, _ = line_states(lines)
    number = text_line(lines, offset)
    there = next((i for i in ignores_in(text) if i.lines is not None and number in i.lines and i.names), None)
    if there is not None:
        return merged(there, rule, path)
    line, start = lines[number], sum(map(len, lines[:number]))
    comment = f"# apitfall: ignore[{rule}]"
    body = line.rstrip("\r\n")
    if comment_start(line, states[number]) is not None or takes_comment(states[number + 1]):
        end = start + len(body.rstrip())
        return Edit(path, Span(end, start + len(body)), f"  {comment}")
    if takes_comment(states[number]):
        indent = line[: len(line) - len(line.lstrip())]
        return Edit(path, Span(start, start), f"{indent}{comment}{newline_of(text)}")
    return None


def ignore_in_file(document: Document, rule: str) -> Edit:
    """Ignore a rule in the whole file: on its first line, behind a shebang and the name of the encoding."""
    text, path = document.text, document.path
    there = next((i for i in ignores_in(text) if i.word == "ignore-file" and i.names), None)
    if there is not None:
        return merged(there, rule, path)
    at = 1 if text.startswith("\ufeff") else 0
    for line in split_lines(text)[:2]:
        if not HEAD.match(line.lstrip("\ufeff")):
            break
        at = text.index(line) + len(line)
    newline = newline_of(text)
    lead = newline if at and text[at - 1] not in "\r\n\ufeff" else ""
    return Edit(path, Span(at, at), f"{lead}# apitfall: ignore-file[{rule}]{newline}")


def merged(ignore: Ignore, rule: str, path: str) -> Edit:
    """The rule named in a comment that is there."""
    assert ignore.inner is not None
    return Edit(path, ignore.inner, ", ".join((*ignore.rules, rule)))


def text_line(lines: list[str], offset: int) -> int:
    end = 0
    for number, line in enumerate(lines):
        end += len(line)
        if offset < end:
            return number
    return len(lines) - 1
