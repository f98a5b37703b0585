"""Where an import line belongs in a file: in the section of its kind, in the order that isort and ruff keep."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from apitfall.syntax.chunks import Chunk
from apitfall.text import Span, newline_of


@dataclass(frozen=True, slots=True)
class Line:
    """An import statement at module level: its whole lines, its section, and whether it is a ``from``, of what module."""

    span: Span
    section: int
    key: tuple[bool, str]
    node: cst.Import | cst.ImportFrom
    chunk: Chunk


def import_edit(
    chunks: Sequence[Chunk], text: str, module: str, name: str, is_local: Callable[[str], bool]
) -> tuple[Span, str]:
    """The change that imports `module`, or `name` from it: a new line in its place, or a name added to one there is."""
    newline = newline_of(text)
    lines = list(import_lines(chunks, is_local))
    if name:
        for line in lines:
            if isinstance(line.node, cst.ImportFrom) and line.key == (True, module):
                merged = add_name(line, name)
                if merged is not None:
                    return merged
    statement = f"from {module} import {name}" if name else f"import {module}"
    section, key = section_of(module, 0, is_local), (bool(name), module)
    same = [line for line in lines if line.section == section]
    before = [line for line in same if rank(line.key) < rank(key)]
    if same:
        at = before[-1].span.end if before else same[0].span.start
        return fitted(text, at, statement, newline)
    lower = [line for line in lines if line.section < section]
    if lower:
        at = lower[-1].span.end
        span, line_text = fitted(text, at, statement, newline)
        return span, (line_text if line_text.startswith(newline) else newline + line_text)
    if lines:
        return Span(lines[0].span.start, lines[0].span.start), statement + newline * 2
    at = after_docstring(chunks)
    if at:
        gap = "" if text[at:].startswith(newline) else newline
        return Span(at, at), newline + statement + newline + gap
    return Span(0, 0) if not text.startswith("\ufeff") else Span(1, 1), statement + newline * (
        1 if not text.strip() else 3
    )


def fitted(text: str, at: int, statement: str, newline: str) -> tuple[Span, str]:
    """The statement as a line of its own at an offset where a line begins or the text ends."""
    if at == len(text) and text and text[-1] not in "\r\n":
        return Span(at, at), newline + statement
    return Span(at, at), statement + newline


def import_lines(chunks: Sequence[Chunk], is_local: Callable[[str], bool]) -> Iterator[Line]:
    """The imports that stand alone on their lines at the top of the file, up to the first other statement."""
    for chunk in chunks:
        if chunk.tree is None or chunk.piece.owner or "import" not in chunk.piece.text:
            continue
        for statement in chunk.tree.statements:
            if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
                continue
            node = statement.body[0]
            if isinstance(node, (cst.Import, cst.ImportFrom)):
                span = chunk.tree.span(statement)
                rest = chunk.piece.text[span.end - chunk.piece.start :]
                ending = re.match(r"[^\r\n]*(?:\r\n|\r|\n)?", rest)
                end = span.end + (ending.end() if ending else 0)
                module, level = named(node)
                key = (isinstance(node, cst.ImportFrom), module)
                yield Line(Span(span.start, end), section_of(module, level, is_local), key, node, chunk)


def rank(key: tuple[bool, str]) -> tuple[bool, str, str]:
    """What lines of a section are sorted by: a capital letter is no reason to stand first."""
    is_from, module = key
    return is_from, module.lower(), module


def named(node: cst.Import | cst.ImportFrom) -> tuple[str, int]:
    if isinstance(node, cst.Import):
        return dotted(node.names[0].name), 0
    return (dotted(node.module) if node.module else ""), len(node.relative)


def dotted(node: cst.BaseExpression) -> str:
    return f"{dotted(node.value)}.{node.attr.value}" if isinstance(node, cst.Attribute) else getattr(node, "value", "")


def section_of(module: str, level: int, is_local: Callable[[str], bool]) -> int:
    """0 for `__future__`, then the standard library, third parties, the project, and relative imports."""
    top = module.partition(".")[0]
    if level:
        return 4
    if top == "__future__":
        return 0
    if top in sys.stdlib_module_names:
        return 1
    return 3 if is_local(top) else 2


def add_name(line: Line, name: str) -> tuple[Span, str] | None:
    """`name` put among the names of a ``from`` import, where it keeps their order."""
    names, tree = line.node.names, line.chunk.tree
    if isinstance(names, cst.ImportStar) or tree is None:
        return None
    present = [dotted(alias.name) for alias in names]
    if name in present:
        return Span(line.span.start, line.span.start), ""
    following = next((a for a in names if order(dotted(a.name)) > order(name)), None)
    if following is not None and present == sorted(present, key=order):
        start = tree.span(following).start
        return Span(start, start), f"{name}, "
    end = tree.span(names[-1]).end
    at = end - 1 if tree.source(names[-1]).endswith(",") else end
    return Span(at, at), f", {name}"


def order(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as ruff sorts the members of an import."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name


def after_docstring(chunks: Sequence[Chunk]) -> int:
    """The offset of the line behind the module's docstring; 0 if it has none."""
    for chunk in chunks:
        if chunk.tree is None:
            return 0
        for statement in chunk.tree.statements:
            first = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
            if isinstance(first, cst.Expr) and isinstance(first.value, (cst.SimpleString, cst.ConcatenatedString)):
                end = chunk.tree.span(statement).end
                rest = re.match(r"[^\r\n]*(?:\r\n|\r|\n)?", chunk.piece.text[end - chunk.piece.start :])
                return end + (rest.end() if rest else 0)
            return 0
    return 0
