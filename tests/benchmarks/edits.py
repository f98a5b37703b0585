"""A Python text as an editor holds it, and the changes that are made to it: each new, none taken back."""

from __future__ import annotations

import ast
import io
import keyword
import random
import tokenize
from dataclasses import dataclass, field
from typing import Any

import snippets

LETTERS = "abcdefghijklmnopqrstuvwxyz_"
Change = dict[str, Any]


@dataclass
class Line:
    """`names` are the columns where names end, `statement` the indent of the statement of a body that begins here,

    `definition` that of the function or class of a module or class that begins here, with its decorators.
    """

    text: str
    names: list[int] = field(default_factory=list)
    statement: str | None = None
    definition: str | None = None


class Text:
    """The lines of a document; the places for changes are those of its first text, wherever they move."""

    def __init__(self, text: str, seed: str) -> None:
        self.lines = [Line(line) for line in text.splitlines(keepends=True)]
        assert text == "".join(line.text for line in self.lines) and text.endswith("\n")
        self.random = random.Random(seed)
        self.number = 0
        self.find_places(text)

    def __str__(self) -> str:
        return "".join(line.text for line in self.lines)

    def find_places(self, text: str) -> None:
        module = ast.parse(text)
        inside: set[int] = set()
        for node in ast.walk(module):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                inside.update(range(node.body[0].lineno - 1, node.end_lineno or 0))
            if isinstance(node, (ast.Module, ast.ClassDef)):
                for child in node.body:
                    if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                        line = self.lines[first_line(child)]
                        line.definition = indent_of(line.text)
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            row = token.end[0] - 1
            if token.type == tokenize.NAME and row in inside and not keyword.iskeyword(token.string):
                self.lines[row].names.append(token.end[1])
        for node in ast.walk(module):
            if isinstance(node, ast.stmt) and first_line(node) in inside:
                line = self.lines[first_line(node)]
                before = line.text.encode()[: node.col_offset].decode()
                if not before.strip() and not line.text.startswith("elif", len(before)):
                    line.statement = before

    def next(self) -> int:
        self.number += 1
        return self.number

    def character(self) -> Change:
        """A letter at the end of a name in a body; every fifth on a line that is not ASCII."""
        number = self.next()
        rows = self.rows_with_names()
        wide = [row for row in rows if not self.lines[row].text.isascii()]
        row = self.random.choice(wide if wide and number % 5 == 0 else rows)
        return self.insert_at_name(row, self.random.choice(LETTERS))

    def statement(self) -> Change:
        """A line before a statement of a body."""
        row = self.random.choice([row for row, line in enumerate(self.lines) if line.statement is not None])
        return self.insert_lines(row, snippets.statement(self.next(), self.lines[row].statement or ""))

    def function(self, lines: int) -> Change:
        """A function before another one or a class; every second before a method, where there are any."""
        number = self.next()
        rows = [row for row, line in enumerate(self.lines) if line.definition is not None]
        methods = [row for row in rows if self.lines[row].definition]
        row = self.random.choice(methods if methods and number % 2 else rows)
        return self.insert_lines(row, snippets.function(lines, number, self.lines[row].definition or ""))

    def format(self) -> Change:
        """The whole text again, with six spaces and two blank lines more."""
        rows = self.rows_with_names()
        for row in self.random.sample(rows, 6):
            self.insert_at_name(row, " ")
        for _ in range(2):
            row = self.random.choice([row for row, line in enumerate(self.lines) if line.definition is not None])
            self.insert_lines(row, "\n")
        return {"text": str(self)}

    def rows_with_names(self) -> list[int]:
        return [row for row, line in enumerate(self.lines) if line.names]

    def name(self) -> tuple[int, int]:
        """The line and the column of a name, as the protocol counts."""
        row = self.random.choice(self.rows_with_names())
        line = self.lines[row]
        return row, utf16(line.text[: self.random.choice(line.names)]) - 1

    def insert_at_name(self, row: int, text: str) -> Change:
        line = self.lines[row]
        index = self.random.randrange(len(line.names))
        column = line.names[index]
        change = insertion(row, utf16(line.text[:column]), text)
        line.text = line.text[:column] + text + line.text[column:]
        # A space stands behind the name, which ends where it did.
        line.names[index if text.isidentifier() else index + 1 :] = [
            other + len(text) for other in line.names[index if text.isidentifier() else index + 1 :]
        ]
        return change

    def insert_lines(self, row: int, text: str) -> Change:
        self.lines[row:row] = [Line(line) for line in text.splitlines(keepends=True)]
        return insertion(row, 0, text)


def insertion(row: int, column: int, text: str) -> Change:
    return replacement(row, column, column, text)


def replacement(row: int, start: int, end: int, text: str) -> Change:
    return {
        "range": {"start": {"line": row, "character": start}, "end": {"line": row, "character": end}},
        "text": text,
    }


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def first_line(node: ast.stmt) -> int:
    """Where a statement begins, with its decorators; counted from 0."""
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1


def indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
