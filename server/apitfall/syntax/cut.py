"""A document as chunks: each function and method, each class head, each other statement or run of simple ones.

Chunks joined give the text. A chunk that does not parse leaves its neighbours untouched.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from apitfall.syntax.differences import begin, difference, size_of
from apitfall.syntax.lexer import DEFINITION as DEFINITION_LINE
from apitfall.syntax.lexer import FRESH, is_in_string, line_states, next_state, scan
from apitfall.syntax.limits import INDENTS
from apitfall.text import Lines, Span, split_lines

COMPOUND = re.compile(r"(?:async|def|class|if|for|while|with|try|match)\b|@")
CLAUSE = re.compile(r"(?:else|elif|except|finally)\b")
DEFINITION = re.compile(r"(?:async[ \t]+)?def[ \t]+\w")
CLASS = re.compile(r"class[ \t]+(\w+)")
FIRST_CODE = re.compile(r"\ufeff?(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*(?:[ \t]*\f)*([ \t]*)")


Block = tuple[tuple[str, ...], str, int]
Key = tuple[str, tuple[str, ...], str]


@dataclass(slots=True)
class Piece:
    """A chunk's text before it is parsed.

    `start` is its offset in the document. `width` is the indentation of the block that it stands in. `headers` are the
    stub headers of the classes around it, under which it is parsed, and `owner` their names joined by dots. `tail` is a
    stub body for a class head that has none of its own.
    `is_open`: it ends only because a definition follows, inside a bracket or behind a backslash. `is_part`: it is one
    statement of a run that does not parse as a whole.
    """

    start: int
    text: str
    headers: tuple[str, ...] = ()
    owner: str = ""
    tail: str = ""
    width: int = 0
    is_open: bool = False
    is_part: bool = False

    @property
    def key(self) -> Key:
        """What is given to the parser: pieces of one key have equal trees."""
        return self.text, self.headers, self.tail

    @property
    def block(self) -> Block:
        """The block that it is a member of."""
        return self.headers, self.owner, self.width

    @property
    def is_unclosed(self) -> bool:
        """Whether it has a triple-quoted string that is taken to end where it begins."""
        return is_in_string(scan(split_lines(self.text), closed=False)[-1])


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines ``first`` up to ``end`` of a statement, comments and blank lines before it included.

    `code` is the line with its first keyword behind any decorators, `word` that line from there on.
    """

    first: int
    code: int
    end: int
    word: str


def cut(text: str) -> tuple[list[Piece], bool]:
    """The chunks of a text, in order, and whether a triple-quoted string in it is not closed."""
    pieces, is_open, _ = cut_lines(text)
    return pieces, is_open


def cut_lines(text: str) -> tuple[list[Piece], bool, list[int]]:
    """The same, and where its logical lines begin: those of a statement that is written on several are one."""
    lines = split_lines(text)
    states, is_open = line_states(lines)
    offsets = [0, *accumulate(map(len, lines))]
    cutter = Cutter(lines, states, offsets)
    pieces = list(cutter.block(0, len(lines), 0, (), ""))
    return pieces, is_open, [offset for offset, state in zip(offsets, states, strict=True) if state == FRESH]


def cut_again(
    lines: Lines, before: Sequence[Piece], within: Span | None, *, is_open: bool
) -> tuple[int, int, list[Piece], bool] | None:
    """What cutting a changed text would give, by cutting only around the change, which is `within` that part if given.

    The pieces from the first number up to the second are to be replaced by these; the pieces behind them have moved.
    None where that cannot be told without cutting all of it. `is_open`: a triple-quoted string is not closed in the text
    before, and, what is given last, in this one. One alone is taken to end where it begins; of two, the second may be
    the end of the first.
    """
    if not before:
        return None
    change = difference(lines, before, within)
    first = max(bisect_right(before, change.start, key=begin) - 1, 0)
    last = max(bisect_left(before, change.end, key=begin), first + 1)
    if before[first].start == change.start and first:
        first -= 1  # what is put between two pieces may belong to either
    around = (first, last), (first, last + 1), (first - 1, last + 1), (first - 2, last + 2)
    windows = [whole_runs(before, *window) for window in around if window[0] >= 0 and window[1] <= len(before)]
    windows = [*dict.fromkeys([*windows, *(whole_classes(before, *window) for window in windows)])]
    for left, right in windows:
        found = cut_window(lines, before, left, right, closed=False)
        if found is not None:
            return left, right, found, is_open and not any(piece.is_unclosed for piece in before[left:right])
    for left, right in windows:
        found = cut_window(lines, before, left, right, closed=True)
        if found is not None:
            is_it = not is_open or any(piece.is_unclosed for piece in before[left:right])
            return (left, right, found, True) if is_it else None
    return None


def whole_runs(before: Sequence[Piece], first: int, last: int) -> tuple[int, int]:
    """A window with all parts of a run that it has one of: they may be one chunk again."""
    while first and before[first].is_part and before[first - 1].is_part:
        first -= 1
    while last < len(before) and before[last - 1].is_part and before[last].is_part:
        last += 1
    return first, last


def whole_classes(before: Sequence[Piece], first: int, last: int) -> tuple[int, int]:
    """A window with all members of a class that it has the head of, and the head of one that it has a member of beside
    what is outside of it."""
    depth = min(len(piece.headers) for piece in before[first:last])
    while len(before[first].headers) > depth:
        first -= 1
    while last < len(before) and len(before[last].headers) > depth:
        last += 1
    return first, last


def cut_window(text: Lines, before: Sequence[Piece], first: int, last: int, *, closed: bool) -> list[Piece] | None:
    """Cut the pieces `first` up to `last` again; None unless that comes out as if all had been cut.

    `closed`: a triple-quoted string that is not closed in them ends where it begins, if a definition follows.
    """
    old, by = before[first:last], text.size - size_of(before)
    block = old[0].block
    if any(piece.block != block and len(piece.headers) <= len(block[0]) for piece in old):
        return None
    start, end = old[0].start, old[-1].start + len(old[-1].text) + by
    if is_inside_line(text, start) or is_inside_line(text, end):
        return None
    lines = split_lines(text.between(start, end))
    states = scan(lines, closed=False)
    if not lines or is_in_string(states[-1]) != closed:
        return None
    states = scan(lines, closed=True) if closed else states
    if is_in_string(states[-1]):
        return None
    cutter = Cutter(lines, states, [start, *(start + n for n in accumulate(map(len, lines)))])
    code = [n for n, state in enumerate(states[:-1]) if state == FRESH and cutter.is_code(n)]
    headers, owner, width = block
    if not code or cutter.width(code[0]) != width or any(cutter.width(n) < width for n in code):
        return None
    # The stubs of the classes around were made with the indentation that there was.
    if cutter.indent(code[0]) != first_indent(old[0]):
        return None
    new = list(cutter.block(0, len(lines), width, headers, owner))
    if first and not begins_alike(before[first - 1], block, cutter, code[0]):
        return None
    if last < len(before):
        is_whole = states[-1] == FRESH and (states[-2] != FRESH or code[-1] == len(lines) - 1)
        if is_whole and is_head(old[-1], before[last], block) and code_of(new[-1]) == code_of(old[-1]):
            new[-1] = replace(old[-1], start=new[-1].start, text=new[-1].text)
        elif not is_whole or not ends_alike(before[last], new[-1], block):
            return None
    return new


def is_head(piece: Piece, after: Piece, block: Block) -> bool:
    """Whether a piece of a block is the head of a class that the piece behind it is a member of."""
    return piece.block == block and len(after.headers) > len(block[0])


def code_of(piece: Piece) -> str:
    """The text of a piece without the empty lines and comments before its first code."""
    found = FIRST_CODE.match(piece.text)
    return piece.text[found.start(1) :] if found is not None else piece.text


def first_indent(piece: Piece) -> str:
    """The white space before the first code of a piece."""
    found = FIRST_CODE.match(piece.text)
    return found.group(1) if found else ""


def is_inside_line(text: Lines, offset: int) -> bool:
    """Whether neither a line begins at an offset nor the text ends there."""
    if offset in (0, text.size):
        return False
    around = text.between(offset - 1, offset + 1)
    return around[0] not in "\r\n" or around == "\r\n"


def begins_alike(before: Piece, block: Block, cutter: Cutter, code: int) -> bool:
    """Whether what begins at line `code` begins a statement of its block, and none that joins the piece before it."""
    if CLAUSE.match(cutter.lines[code].lstrip(" \t\f\ufeff")):
        return False
    if before.is_open and not DEFINITION_LINE.match(cutter.lines[0]):
        return False
    word = next(cutter.statements(0, len(cutter.lines), block[2])).word  # behind any decorators
    if before.block == block:
        return bool(COMPOUND.match(word)) or not is_simple(before)
    return len(before.headers) > len(block[0]) or bool(COMPOUND.match(word))


def ends_alike(after: Piece, last: Piece, block: Block) -> bool:
    """Whether the piece behind the window still begins where it did: nothing before it waits for it, or joins it."""
    if len(after.headers) > len(block[0]):  # the window ends with the head of a class with members
        return False
    word = first_word(last)
    return not word.startswith("@") and not (after.block == block and is_simple(after) and not COMPOUND.match(word))


def is_simple(piece: Piece) -> bool:
    """Whether a piece is a run of simple statements."""
    return not COMPOUND.match(first_word(piece))


def first_word(piece: Piece) -> str:
    """The line of a piece with the first keyword of its last statement, decorators left out where something follows."""
    lines = split_lines(piece.text)
    *_, statement = Cutter(lines, line_states(lines)[0], [0]).statements(0, len(lines), piece.width)
    return statement.word


def statements_in(piece: Piece) -> list[Piece]:
    """Each statement of a run in a piece of its own; none where it is not a run of several."""
    lines = split_lines(piece.text)
    offsets = [0, *accumulate(map(len, lines))]
    cutter = Cutter(lines, line_states(lines)[0], offsets)
    found = list(cutter.statements(0, len(lines), piece.width))
    if len(found) < 2 or COMPOUND.match(found[0].word):
        return []
    parts: list[Piece] = []
    for statement in found:
        begin, end = offsets[statement.first], offsets[statement.end]
        is_open = piece.is_open and end == len(piece.text)
        place, text = piece.start + begin, piece.text[begin:end]
        parts.append(Piece(place, text, piece.headers, piece.owner, "", piece.width, is_open, is_part=True))
    return parts


class Cutter:
    def __init__(self, lines: Sequence[str], states: Sequence[int], offsets: Sequence[int]) -> None:
        self.lines, self.states, self.offsets = lines, states, offsets

    def piece(
        self,
        lines: tuple[int, int],
        width: int,
        headers: tuple[str, ...],
        owner: str,
        tail: str = "",
    ) -> Piece:
        text = "".join(self.lines[slice(*lines)])
        last = lines[1] - 1
        is_open = next_state(self.lines[last], self.states[last]) != FRESH
        return Piece(self.offsets[lines[0]], text, headers, owner, tail, width, is_open)

    def block(self, first: int, end: int, width: int, headers: tuple[str, ...], owner: str) -> Iterator[Piece]:
        """The pieces of the lines of one block, whose statements are indented by `width` columns."""
        run: list[Statement] = []
        for statement in self.statements(first, end, width):
            if not COMPOUND.match(statement.word):
                run.append(statement)
                continue
            yield from self.run(run, width, headers, owner)
            run = []
            if CLASS.match(statement.word) and len(headers) < INDENTS:
                yield from self.class_(statement, width, headers, owner)
            else:
                yield self.piece((statement.first, statement.end), width, headers, owner)
        yield from self.run(run, width, headers, owner)

    def run(self, run: Sequence[Statement], width: int, headers: tuple[str, ...], owner: str) -> Iterator[Piece]:
        if run:
            yield self.piece((run[0].first, run[-1].end), width, headers, owner)

    def class_(self, statement: Statement, width: int, headers: tuple[str, ...], owner: str) -> Iterator[Piece]:
        """The head of a class with its first simple statements, then its members; the whole where it has no block."""
        body = statement.code + 1
        while body < statement.end and self.states[body]:
            body += 1
        code = next((i for i in range(body, statement.end) if self.states[i] == 0 and self.is_code(i)), None)
        name = CLASS.match(statement.word)
        if code is None or name is None or self.width(code) <= width:
            yield self.piece((statement.first, statement.end), width, headers, owner)
            return
        inner = self.width(code)
        members = list(self.statements(body, statement.end, inner))
        head_end, rest = body, members
        while rest and not COMPOUND.match(rest[0].word):
            head_end, rest = rest[0].end, rest[1:]
        tail = "" if head_end > body else f"{self.indent(code)}pass\n"
        yield self.piece((statement.first, head_end), width, headers, owner, tail=tail)
        if rest:
            header = f"{self.indent(statement.code)}class {name.group(1)}:\n"
            names = f"{owner}.{name.group(1)}" if owner else name.group(1)
            yield from self.block(head_end, statement.end, inner, (*headers, header), names)

    def statements(self, first: int, end: int, width: int) -> Iterator[Statement]:
        """The statements that begin at `width` columns or less, each up to where the next one's comments begin."""
        start, code, word, decorated, gap = first, first, "", False, None
        started = False
        for number in range(first, end):
            if self.states[number]:
                gap = None
                continue
            if not self.is_code(number):
                gap = number if gap is None else gap
                continue
            if self.width(number) <= width:
                text = self.lines[number].lstrip(" \t\f\ufeff")
                if not (started and CLAUSE.match(text)):
                    if started and not decorated:
                        boundary = number if gap is None else gap
                        yield Statement(start, code, boundary, word)
                        start = boundary
                    started, decorated = True, text.startswith("@")
                    code, word = number, text
            else:
                decorated = False  # what a decorator stands before is not deeper than it
            gap = None
        if start < end:
            yield Statement(start, code, end, word)

    def is_code(self, number: int) -> bool:
        return self.lines[number].lstrip(" \t\f\ufeff")[:1] not in ("", "#", "\r", "\n")

    def width(self, number: int) -> int:
        return len(self.indent(number).expandtabs(8))

    def indent(self, number: int) -> str:
        """The white space that opens a line; a form feed in it sets it back to nothing."""
        line = self.lines[number]
        return line[: len(line) - len(line.lstrip(" \t\f"))].rpartition("\f")[2]
