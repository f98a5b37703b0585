"""Whether a line starts a statement: a tolerant lexer that keeps one small number per line.

The state at the start of a line is ``depth << 3 | code``: the count of open brackets, and what the line stands in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

FRESH = 0
IN_TRIPLE_SINGLE, IN_TRIPLE_DOUBLE = 1, 2
IN_SINGLE, IN_DOUBLE = 3, 4  # a short string that a backslash continues on this line
CONTINUED = 5  # behind a backslash, outside of strings

INTERESTING = re.compile(r"""["'()\[\]{}\\#]""")
TOKEN = re.compile(
    r"""(?P<long>\"{3}|'{3})|(?P<short>["'])|(?P<comment>\#)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<backslash>\\)"""
)
END = {
    IN_TRIPLE_SINGLE: re.compile(r"(?:[^'\\]|\\.|'(?!''))*'''", re.S),
    IN_TRIPLE_DOUBLE: re.compile(r'(?:[^"\\]|\\.|"(?!""))*"""', re.S),
    IN_SINGLE: re.compile(r"(?:[^'\\\r\n]|\\.)*'", re.S),
    IN_DOUBLE: re.compile(r'(?:[^"\\\r\n]|\\.)*"', re.S),
}
ENDS = {IN_TRIPLE_SINGLE: "'''", IN_TRIPLE_DOUBLE: '"""'}
CODE = {"'''": IN_TRIPLE_SINGLE, '"""': IN_TRIPLE_DOUBLE, "'": IN_SINGLE, '"': IN_DOUBLE}

# A line whose strings end on it, without a backslash, and whose brackets do, three deep at most: what most lines are. There is
# one way to read such a line, so that it takes no longer to find that a long one is none.
BETWEEN = r"""[^"'()\[\]{}\\#\r\n]*"""
STRING = r"""\"(?!\"\")[^\"\\\r\n]*\"|'(?!'')[^'\\\r\n]*'"""


def parts(depth: int) -> str:
    """What a string, or brackets that nest so deep at most, look like."""
    if not depth:
        return STRING
    return rf"{STRING}|[(\[{{]{BETWEEN}(?:(?:{parts(depth - 1)}){BETWEEN})*[)\]}}]"


EVEN = re.compile(rf"{BETWEEN}(?:(?:{parts(3)}){BETWEEN})*(?:\#[^\r\n]*)?(?:\r\n|\r|\n)?")

# A line that opens a definition cannot stand inside brackets, so an unclosed bracket ends before it.
DEFINITION = re.compile(r"[ \t\f]*(?:async[ \t]+def|def|class)[ \t]+\w+[ \t]*[(:\[]")


# A change is lexed with the lines around it, and most lines are as they were: so many are those of a large file.
@lru_cache(maxsize=1 << 14)
def next_state(line: str, state: int) -> int:
    """The state after a line (with its line break) that began in `state`."""
    depth, code, at = state >> 3, state & 7, 0
    if code == CONTINUED:
        code = FRESH
    if code:
        end = END[code].match(line)
        if end is None:
            return state if code <= IN_TRIPLE_DOUBLE or continues(line) else depth << 3
        at = end.end()
    while found := TOKEN.search(line, at):
        kind, at = found.lastgroup, found.end()
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(depth - 1, 0)
        elif kind == "comment":
            break
        elif kind == "backslash":
            if not line[at:].rstrip("\r\n"):
                return depth << 3 | CONTINUED
        else:
            code = CODE[found.group()]
            end = END[code].match(line, at)
            if end is None:
                if code <= IN_TRIPLE_DOUBLE or continues(line):
                    return depth << 3 | code
                break  # unterminated: nothing behind it on this line can be told
            at = end.end()
    return depth << 3


def continues(line: str) -> bool:
    return line.rstrip("\r\n").endswith("\\")


def line_states(lines: Sequence[str]) -> tuple[list[int], bool]:
    """The state at the start of each line, and after the last one; and whether a triple-quoted string is not closed.

    A text that ends inside a triple-quoted string has one that is not closed. It is taken to be one that swallows a
    definition, and ends with its first line, so that what follows keeps its meaning.
    """
    states = scan(lines, closed=False)
    if not is_in_string(states[-1]):
        return states, False
    return scan(lines, closed=True), True


def scan(lines: Sequence[str], *, closed: bool, state: int = FRESH) -> list[int]:
    states, count = [state], len(lines)
    for number, line in enumerate(lines, 1):
        before = state
        if state & 7 in ENDS:
            state = next_state(line, state) if ENDS[state & 7] in line else state
        elif state or INTERESTING.search(line):
            state = state & ~7 if state & 7 in (FRESH, CONTINUED) and EVEN.fullmatch(line) else next_state(line, state)
        if state and number < count:
            if state & 7 in (FRESH, CONTINUED):
                state = FRESH if DEFINITION.match(lines[number]) else state
            elif closed and opens_string(line, before, state) and swallows(lines, number, state):
                state = FRESH
        states.append(state)
    return states


def is_in_string(state: int) -> bool:
    """Whether a triple-quoted string is open in a state."""
    return state & 7 in ENDS


def opens_string(line: str, before: int, after: int) -> bool:
    """Whether a triple-quoted string begins on the line and is open at its end."""
    if not is_in_string(after):
        return False
    return not is_in_string(before) or END[before & 7].match(line) is not None


def swallows(lines: Sequence[str], first: int, state: int) -> bool:
    """Whether the string that is open at line `first` holds a definition before it ends."""
    end = END[state & 7]
    for line in lines[first:]:
        if DEFINITION.match(line):
            return True
        if end.match(line):
            return False
    return True


def comment_start(line: str, state: int) -> int | None:
    """The column of the comment on a line that began in `state`; None if there is none."""
    code, at = state & 7, 0
    if code not in (FRESH, CONTINUED):
        end = END[code].match(line)
        if end is None:
            return None
        at = end.end()
    while found := TOKEN.search(line, at):
        at = found.end()
        if found.lastgroup == "comment":
            return found.start()
        if found.lastgroup in ("long", "short"):
            end = END[CODE[found.group()]].match(line, at)
            if end is None:
                return None
            at = end.end()
    return None


def takes_comment(state: int) -> bool:
    """Whether a line of its own for a comment may stand where a line begins in `state`."""
    return state & 7 == FRESH
