"""A text as Python's own parser reads it, with the chunks that `cut` gives, if libcst reads the same there.

Where a statement begins and ends need not be found out line by line, for the parser has told. What the line lexer may
take for something else than Python does is left to `cut`.
"""

from __future__ import annotations

import ast
import re
import sys
import tokenize
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any

from apitfall.syntax.cut import CLASS, COMPOUND, Piece, cut_lines
from apitfall.syntax.lexer import CODE, END, FRESH, next_state
from apitfall.syntax.limits import INDENTS, OPERATORS, refusal, refuses_nothing
from apitfall.syntax.loose import loses_comments

MARK = re.compile(r"^[ \t]*\ufeff", re.M)  # elsewhere on a line it is a character like others
LONE = re.compile(r"\r(?!\n)")
MIXED = re.compile(r"^(?: +\t|\t+ )", re.M)  # indents of which it matters how wide a tab is
OPEN_END = re.compile(r"\\\r?$", re.M)  # the end of a line that is joined with the next one
ALONE = re.compile(r"^[ \t]*\\\r?$", re.M)  # such a line that has nothing else; it takes longer to be looked for
# What the line lexer takes for a line of its own, or for a part of the statement, though a line is joined with it.
JOINED = re.compile(r"\\\r?\n[ \t]*(?:(?:async|def|class)\b|#|\r?$)", re.M)
FOREIGN = re.compile(r"[^\x00-\x7f]+")
# Before 3.11 the parser crashes on what is nested too deep, so that has to be found before it is called.
IS_CAREFUL = sys.version_info >= (3, 11)
# Since 3.12 what stands in a formatted string may have its quotes in it, which the line lexer takes for its end.
ARE_QUOTES_INSIDE = sys.version_info >= (3, 12)
FORMATTED = re.compile(r"[fFtT][rR]?(\"\"\"|'''|[\"'])")

Member = tuple[int, int, int, ast.stmt]
"""A statement: its first line, that of its keyword behind any decorators, the line behind it, and its node."""


class Unsure(Exception):
    """It cannot be told here whether libcst would read the text in the same way."""


def body_and_pieces(text: str, offsets: Sequence[int]) -> tuple[Sequence[ast.stmt], Sequence[Piece]]:
    """The statements of a text, whose lines begin at these offsets, and its chunks.

    Unsure is raised unless libcst is given each of the chunks, and as it is.
    """
    if "\f" in text or ("\ufeff" in text and MARK.search(text)) or ("\r" in text and LONE.search(text)):
        raise Unsure("libcst is given something else")
    if "\t" in text and MIXED.search(text):
        raise Unsure("a tab may count for more or less")
    if "\\" in text and OPEN_END.search(text) and ALONE.search(text):
        raise Unsure("a statement begins before its first word")
    if not text.isascii() and any(map(is_written_otherwise, foreign(text))) and may_be_named_otherwise(text):
        raise Unsure("Python knows a name by other letters")
    if has_outline(text):
        body = parsed(text)
        outline = Outline(text, body, offsets)
        look_at(text, pieces := outline.pieces(), outline.starts())
        return body, pieces
    pieces, is_open, starts = cut_lines(text)
    if is_open:
        raise Unsure("a string is not closed")
    look_at(text, pieces, starts)
    return parsed(text), pieces


def look_at(text: str, pieces: Sequence[Piece], starts: Sequence[int]) -> None:
    """See to it that libcst is given each of the pieces. Between these offsets there are logical lines, each whole."""
    if any(map(loses_comments, pieces)):
        raise Unsure("a chunk is not given to libcst")
    if not refuses_nothing(text, starts) and any(refusal(piece.text, len(piece.headers)) for piece in pieces):
        raise Unsure("a chunk is not given to libcst")


def foreign(text: str) -> set[str]:
    """The runs of characters that are not ASCII, each with the one before it."""
    text = "\n".join([line for line in text.split("\n") if not line.isascii()])  # few have some
    return {text[max(found.start() - 1, 0) : found.end()] for found in FOREIGN.finditer(text)}


def is_written_otherwise(run: str) -> bool:
    """Whether the letters in it are others where they are part of a name."""
    letters = "".join([letter for letter in run if f"a{letter}".isidentifier()])
    return not unicodedata.is_normalized("NFKC", letters)


def may_be_named_otherwise(text: str) -> bool:
    """Whether such letters may be in a name: they are not only in comments, and strings without fields."""
    try:
        for token in tokenize.generate_tokens(StringIO(text).readline):
            is_said = (
                token.type == tokenize.STRING
                and "f" not in token.string[: token.string.index(token.string[-1])].lower()
            )
            if token.type != tokenize.COMMENT and not is_said and any(map(is_written_otherwise, foreign(token.string))):
                return True
    except (tokenize.TokenError, SyntaxError):
        return True
    return False


def parsed(text: str) -> Sequence[ast.stmt]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Python says of the text is not for us
        try:
            return ast.parse(text).body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise Unsure(str(error)) from error


def has_outline(text: str) -> bool:
    """Whether a text, if it is Python, has the chunks that its syntax tells."""
    if not IS_CAREFUL or JOINED.search(text):
        return False
    return not ARE_QUOTES_INSIDE or all(is_plain(text, found) for found in FORMATTED.finditer(text))


def is_plain(text: str, found: re.Match[str]) -> bool:
    """Whether a formatted string, if it is one that begins there, ends where it would if it were any other."""
    end = END[CODE[found[1]]].match(text, found.end())
    inside = text[found.end() : end.end()] if end is not None else "{"
    return inside.count("{") == inside.count("}") and "{{" not in inside and "}}" not in inside


class Outline:
    """A text with the nodes of its statements. `offsets` are those of its lines, and something behind its end."""

    def __init__(self, text: str, body: Sequence[ast.stmt], offsets: Sequence[int]) -> None:
        self.text, self.body, self.offsets = text, body, offsets

    def pieces(self) -> list[Piece]:
        """The chunks of the text, in order."""
        count = len(self.offsets) - (2 if self.text.endswith("\n") else 1)
        if not self.body:
            return [self.piece(0, count, 0, (), "")] if self.text else []
        return list(self.block(self.members(self.body, 0, count), 0, (), ""))

    def starts(self) -> list[int]:
        """Offsets between which there are logical lines, each whole."""
        if self.text.count("elif") > OPERATORS:
            return [0]  # each is inside the one before it
        lines = [0]
        self.note_lines(self.body, lines)
        return [self.offsets[line] for line in lines]

    def note_lines(self, body: Sequence[Any], lines: list[int]) -> None:
        """Note where simple statements begin and end, and compound ones begin, if they do not begin within a line."""
        text, offsets = self.text, self.offsets
        for node in body:
            kind = node.__class__
            if kind is not ast.match_case:
                line: int = node.lineno - 1
                start = offsets[line]
                if lines[-1] > line:  # it begins where the one before it ends
                    lines.pop()
                elif not node.col_offset or text[start : start + node.col_offset].isspace():
                    lines.append(line)
            blocks = BLOCKS.get(kind)
            if blocks is None:
                lines.append(node.end_lineno)
            else:
                for name in blocks:
                    self.note_lines(getattr(node, name), lines)

    def line(self, number: int) -> str:
        return self.text[self.offsets[number] : self.offsets[number + 1]]

    def piece(self, first: int, end: int, width: int, headers: tuple[str, ...], owner: str, tail: str = "") -> Piece:
        start = self.offsets[first]
        return Piece(start, self.text[start : self.offsets[end]], headers, owner, tail, width)

    def members(self, body: Sequence[Any], first: int, end: int) -> list[Member]:
        """The statements of a block, which has these lines; those that share one are one."""
        found: list[Member] = []
        behind = first
        for node in body:
            if found and node.lineno <= behind:
                start, code, _, node_before = found.pop()
                found.append((start, code, node.end_lineno, node_before))
            else:
                found.append((behind, node.lineno - 1, node.end_lineno, node))
            behind = node.end_lineno
        start, code, _, node = found.pop()
        found.append((start, code, end, node))
        return found

    def word(self, code: int) -> str:
        return self.line(code).lstrip(" \t")

    def block(self, members: Sequence[Member], width: int, headers: tuple[str, ...], owner: str) -> Iterator[Piece]:
        """The pieces of the statements of one block, as `Cutter.block` gives them."""
        run = -1  # where a run of simple statements begins
        last = 0
        for first, code, end, node in members:
            word = self.word(code)
            if not COMPOUND.match(word):
                run, last = first if run < 0 else run, end
                continue
            if run >= 0:
                yield self.piece(run, last, width, headers, owner)
                run = -1
            if isinstance(node, ast.ClassDef) and len(headers) < INDENTS:
                yield from self.class_(first, code, end, node, width, headers, owner)
            else:
                yield self.piece(first, end, width, headers, owner)
        if run >= 0:
            yield self.piece(run, last, width, headers, owner)

    def class_(
        self, first: int, code: int, end: int, node: ast.ClassDef, width: int, headers: tuple[str, ...], owner: str
    ) -> Iterator[Piece]:
        """The head of a class with its first simple statements, then its members, as `Cutter.class_` gives them."""
        body, state = code + 1, next_state(self.line(code), FRESH)
        while state:
            body, state = body + 1, next_state(self.line(body), state)
        name = CLASS.match(self.word(code))
        if node.body[0].lineno <= body or name is None:
            yield self.piece(first, end, width, headers, owner)
            return
        indent = next(self.indent(number) for number in range(body, end) if self.is_code(number))
        members = self.members(node.body, body, end)
        head_end, rest = body, members
        while rest and not COMPOUND.match(self.word(rest[0][1])):
            head_end, rest = rest[0][2], rest[1:]
        tail = "" if head_end > body else f"{indent}pass\n"
        yield self.piece(first, head_end, width, headers, owner, tail)
        if rest:
            header = f"{self.indent(code)}class {name.group(1)}:\n"
            names = f"{owner}.{name.group(1)}" if owner else name.group(1)
            yield from self.block(rest, len(indent.expandtabs(8)), (*headers, header), names)

    def is_code(self, number: int) -> bool:
        return self.word(number)[:1] not in ("", "#", "\r", "\n")

    def indent(self, number: int) -> str:
        line = self.line(number)
        return line[: len(line) - len(line.lstrip(" \t"))]


BLOCKS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.FunctionDef: ("body",),
    ast.AsyncFunctionDef: ("body",),
    ast.ClassDef: ("body",),
    ast.If: ("body", "orelse"),
    ast.For: ("body", "orelse"),
    ast.AsyncFor: ("body", "orelse"),
    ast.While: ("body", "orelse"),
    ast.With: ("body",),
    ast.AsyncWith: ("body",),
    ast.Try: ("body", "handlers", "orelse", "finalbody"),
    ast.ExceptHandler: ("body",),
    ast.Match: ("cases",),
    ast.match_case: ("body",),
}
if hasattr(ast, "TryStar"):  # since 3.11
    BLOCKS[getattr(ast, "TryStar")] = BLOCKS[ast.Try]  # noqa: B009
