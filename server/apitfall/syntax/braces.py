"""Where the expressions in a formatted string stand, by the rules that held before Python 3.12.

By these an expression holds no backslash, no comment and none of the quotes that the string stands in. Only a string
that Python has parsed is given.
"""

from __future__ import annotations

import re

BETWEEN = re.compile(r"(?:\s|#[^\n]*|\\\r?\n)*")
OPENING = re.compile(r"([A-Za-z]*)('''|\"\"\"|'|\")")
CLOSING = {
    "'": re.compile(r"(?:[^'\\]|\\.)*?'", re.S),
    '"': re.compile(r'(?:[^"\\]|\\.)*?"', re.S),
    "'''": re.compile(r"(?:[^\\]|\\.)*?'''", re.S),
    '"""': re.compile(r'(?:[^\\]|\\.)*?"""', re.S),
}
BRACES = re.compile(r"\{\{|\}\}|[{}]")
BRACES_OR_NAMED = re.compile(r"\\N\{[^}]*\}|\{\{|\}\}|[{}]")
INSIDE = re.compile(r"'''|\"\"\"|['\"]|[(\[{]|[)\]}]|[=!<>]=|[=!:]")


class NotFound(Exception):
    """The text is none that was expected."""


def fields_of(source: str) -> list[tuple[int, int]] | None:
    """Where the expressions of a formatted string, or of several strings in a row, begin and end; None if in doubt."""
    found: list[tuple[int, int]] = []
    at = 0
    try:
        while at < len(source):
            opening = OPENING.match(source, at)
            if opening is None:
                return None
            prefix, quote = opening.group(1).lower(), opening.group(2)
            closing = CLOSING[quote].match(source, opening.end())
            if closing is None:
                return None
            if "f" in prefix:
                named = BRACES if "r" in prefix else BRACES_OR_NAMED
                literal(source, opening.end(), closing.end() - len(quote), named, found)
            between = BETWEEN.match(source, closing.end())
            at = between.end() if between is not None else closing.end()
    except NotFound:
        return None
    return found


def literal(source: str, at: int, end: int, braces: re.Pattern[str], found: list[tuple[int, int]]) -> None:
    """Find the fields between two quotes."""
    while (brace := braces.search(source, at, end)) is not None:
        at = brace.end()
        if brace.group() == "{":
            at = field(source, at, end, found)


def field(source: str, start: int, end: int, found: list[tuple[int, int]]) -> int:
    """Find the expression that begins a field, and those in how it is formatted; where the field ends."""
    at, depth = start, 0
    while (token := INSIDE.search(source, at, end)) is not None:
        text, at = token.group(), token.end()
        if text in CLOSING:
            at = source.find(text, at, end) + len(text)
            if at < len(text):
                raise NotFound
        elif text in "([{":
            depth += 1
        elif depth and text in ")]}":
            depth -= 1
        elif not depth and text in ("=", "!", ":", "}"):
            found.append((start, token.start()))
            return formatting(source, token.start(), end, found)
    raise NotFound


def formatting(source: str, at: int, end: int, found: list[tuple[int, int]]) -> int:
    """What is behind the expression: perhaps ``=``, ``!r``, and a colon with how it is formatted."""
    while (brace := re.compile(r"[:}]").search(source, at, end)) is not None:
        at = brace.end()
        if brace.group() == "}":
            return at
        break
    else:
        raise NotFound
    while (brace := re.compile(r"[{}]").search(source, at, end)) is not None:
        at = brace.end()
        if brace.group() == "}":
            return at
        at = field(source, at, end, found)
    raise NotFound
