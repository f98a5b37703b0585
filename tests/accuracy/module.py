"""A file of an application as faults see it: its text, and its tree as Python's own parser gives it."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import PurePosixPath

Function = ast.FunctionDef | ast.AsyncFunctionDef
Edit = tuple[int, int, str]  # from, to, what stands there instead

VERBS = frozenset("get post put patch delete head options trace api_route websocket".split())


@dataclass(eq=False)
class Module:
    """`path` is relative to the application, with forward slashes."""

    path: str
    text: str
    tree: ast.Module

    @cached_property
    def _rows(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(row) + 1 for row in self._rows)]

    @cached_property
    def newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def offset(self, line: int, column: int) -> int:
        """The offset in the text of a position of `ast`, whose columns are bytes of UTF-8."""
        row = self._rows[line - 1]
        return self._starts[line - 1] + (column if row.isascii() else len(row.encode()[:column].decode()))

    def start(self, node: ast.expr | ast.stmt) -> int:
        return self.offset(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.offset(node.end_lineno, node.end_col_offset)

    def source(self, node: ast.expr | ast.stmt) -> str:
        return self.text[self.start(node) : self.end(node)]

    def lines(self, start: int, end: int) -> range:
        """The lines, from 1 on, that a part of the text lies on."""
        first = bisect_right(self._starts, start)
        return range(first, bisect_right(self._starts, max(start, end - 1)) + 1)

    @cached_property
    def parents(self) -> Mapping[ast.AST, ast.AST]:
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def function(self, node: ast.AST) -> Function | ast.Lambda | None:
        """The function that a node is in."""
        return next((n for n in self.ancestors(node) if isinstance(n, (Function, ast.Lambda))), None)

    @cached_property
    def functions(self) -> list[Function]:
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    @cached_property
    def imports(self) -> Mapping[str, str]:
        """What imports of the module itself bind, with the dotted name of what that is; relative ones have their dots."""
        found: dict[str, str] = {}
        for node in self.tree.body:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    found |= {alias.asname: alias.name} if alias.asname else {top: top}
            elif isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                found |= {a.asname or a.name: f"{module}.{a.name}" for a in node.names}
        return found

    @cached_property
    def names(self) -> frozenset[str]:
        """All names that the module binds or reads anywhere, attributes left out."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.alias):
                found.add(node.asname or node.name.partition(".")[0])
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found.add(node.name)
        return frozenset(found)

    def import_edit(self, name: str, dotted: str) -> Edit | None:
        """The import of a name, which changes nothing where it is imported; None where the name means something else."""
        if self.imports.get(name) == dotted:
            return (0, 0, "")
        if name in self.names:
            return None
        package, _, last = dotted.rpartition(".")
        renamed = "" if name == last else f" as {name}"
        line = f"from {package} import {last}" if package else f"import {dotted}"
        return self.at_top(f"{line}{renamed}")

    def at_top(self, line: str) -> Edit:
        """A line before the first statement."""
        return (self.import_place, self.import_place, line + self.newline)

    @cached_property
    def import_place(self) -> int:
        """The beginning of the first line after the docstring and the imports of the future."""
        for node in self.tree.body:
            is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
            is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not is_future and not is_docstring:
                first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
                return self._starts[first - 1]
        return len(self.text)

    def body_place(self, function: Function) -> tuple[int, str] | None:
        """Where a statement can be put first into a body, and how far it is indented; None in a body of one line."""
        first = function.body[0]
        is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        if is_docstring and len(function.body) == 1:
            return None
        node = function.body[1] if is_docstring else first
        line = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        row = self._rows[line - 1]
        indent = row[: len(row) - len(row.lstrip())]
        if len(indent) != node.col_offset:
            return None
        return self._starts[line - 1], indent


def read(path: str, text: str) -> Module | None:
    """None for what is no Python."""
    try:
        return Module(path, text, ast.parse(text))
    except (SyntaxError, ValueError):
        return None


def changed(text: str, edits: Iterable[Edit]) -> str:
    """A text after edits that do not overlap; of two at one place the first given comes first."""
    parts, last = [], 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        assert start >= last, "edits overlap"
        parts += [text[last:start], new]
        last = end
    return "".join([*parts, text[last:]])


def line_after(text: str, edits: Iterable[Edit], offset: int) -> int:
    """The line, from 1 on, of what stands at an offset, or is put there, after the edits that begin before it."""
    moved = sum(new.count("\n") - text.count("\n", start, end) for start, end, new in edits if start < offset)
    return text.count("\n", 0, offset) + moved + 1


def last_name(node: ast.AST) -> str:
    """The name of a name or an attribute, else nothing."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def is_endpoint(function: Function) -> bool:
    """Whether a decorator registers it for a path."""
    return any(
        isinstance(d, ast.Call)
        and isinstance(d.func, ast.Attribute)
        and d.func.attr in VERBS
        and (d.args or d.keywords)
        for d in function.decorator_list
    )


def is_test(path: str) -> bool:
    *folders, name = PurePosixPath(path).parts
    if any(re.match(r"tests?\b|testing$|e2e$", folder) for folder in folders):
        return True
    return name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py")


def is_python(text: str) -> bool:
    return read("", text) is not None
