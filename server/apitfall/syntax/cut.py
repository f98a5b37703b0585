"""A document as chunks: each function and method, each class head, each other statement or run of simple ones.

Chunks joined give the text. A chunk that does not parse leaves its neighbours untouched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from apitfall.syntax.lexer import line_states
from apitfall.syntax.limits import INDENTS
from apitfall.text import split_lines

COMPOUND = re.compile(r"(?:async|def|class|if|for|while|with|try|match)\b|@")
CLAUSE = re.compile(r"(?:else|elif|except|finally)\b")
DEFINITION = re.compile(r"(?:async[ \t]+)?def[ \t]+\w")
CLASS = re.compile(r"class[ \t]+(\w+)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk's text before it is parsed.

    `start` is its offset in the document. `headers` are the stub headers of the classes around it, under which it is
    parsed, and `owner` their names joined by dots. `tail` is a stub body for a class head that has none of its own.
    `statements` are the offsets within `text` at which its statements begin, where it holds several simple ones.
    """

    start: int
    text: str
    headers: tuple[str, ...] = ()
    owner: str = ""
    tail: str = ""
    statements: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines ``first`` up to ``end`` of a statement, comments and blank lines before it included.

    `code` is the line with its first keyword behind any decorators, `word` that line from there on.
    """

    first: int
    code: int
    end: int
    word: str


def cut(text: str) -> list[Piece]:
    """The chunks of a text, in order."""
    lines = split_lines(text)
    states = line_states(lines)
    offsets = [0, *accumulate(map(len, lines))]
    cutter = Cutter(lines, states, offsets)
    return list(cutter.block(0, len(lines), 0, (), ""))


class Cutter:
    def __init__(self, lines: Sequence[str], states: Sequence[int], offsets: Sequence[int]) -> None:
        self.lines, self.states, self.offsets = lines, states, offsets

    def piece(self, first: int, end: int, headers: tuple[str, ...], owner: str, **more: str | tuple[int, ...]) -> Piece:
        return Piece(self.offsets[first], "".join(self.lines[first:end]), headers, owner, **more)  # pyright: ignore[reportArgumentType]

    def block(self, first: int, end: int, width: int, headers: tuple[str, ...], owner: str) -> Iterator[Piece]:
        """The pieces of the lines of one block, whose statements are indented by `width` columns."""
        run: list[Statement] = []
        for statement in self.statements(first, end, width):
            if not COMPOUND.match(statement.word):
                run.append(statement)
                continue
            yield from self.run(run, headers, owner)
            run = []
            if CLASS.match(statement.word) and len(headers) < INDENTS:
                yield from self.class_(statement, width, headers, owner)
            else:
                yield self.piece(statement.first, statement.end, headers, owner)
        yield from self.run(run, headers, owner)

    def run(self, run: Sequence[Statement], headers: tuple[str, ...], owner: str) -> Iterator[Piece]:
        if run:
            begin = self.offsets[run[0].first]
            starts = tuple(self.offsets[s.first] - begin for s in run)
            yield self.piece(run[0].first, run[-1].end, headers, owner, statements=starts if len(run) > 1 else ())

    def class_(self, statement: Statement, width: int, headers: tuple[str, ...], owner: str) -> Iterator[Piece]:
        """The head of a class with its first simple statements, then its members; the whole where it has no block."""
        body = statement.code + 1
        while body < statement.end and self.states[body]:
            body += 1
        code = next((i for i in range(body, statement.end) if self.states[i] == 0 and self.is_code(i)), None)
        name = CLASS.match(statement.word)
        if code is None or name is None or self.width(code) <= width:
            yield self.piece(statement.first, statement.end, headers, owner)
            return
        inner = self.width(code)
        members = list(self.statements(body, statement.end, inner))
        head_end, rest = body, members
        while rest and not COMPOUND.match(rest[0].word):
            head_end, rest = rest[0].end, rest[1:]
        tail = "" if head_end > body else f"{self.indent(code)}pass\n"
        yield self.piece(statement.first, head_end, headers, owner, tail=tail)
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
