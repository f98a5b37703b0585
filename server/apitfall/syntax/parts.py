"""Parts of a tree that can be read alone: statements of one block, under stubs for what is around them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import libcst as cst

from apitfall.syntax.limits import refusal
from apitfall.syntax.parsed import read
from apitfall.syntax.tree import Change, Hole, Tree
from apitfall.text import Span

Block = cst.IndentedBlock | cst.Module


@dataclass(frozen=True, slots=True)
class Part:
    """Some statements of a block, by number the `first` up to the `last`, and their lines in the tree's text.

    With a `last` before the `first` it is the place between two.
    """

    block: Block
    first: int
    last: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """New statements, and where all nodes in them stand."""

    statements: tuple[cst.BaseStatement, ...]
    spans: Mapping[cst.CSTNode, tuple[int, int]]


def parts(tree: Tree, change: Span) -> Sequence[Part]:
    """The statements that a part of the tree's text touches, of the innermost block first."""
    found: list[Part] = []
    statement: cst.CSTNode | None = tree.statements[0]
    if tree.is_run:
        block: Any = tree.parents[statement]
        part = part_of(tree, block, change)
        return () if part is None else (part,)
    while statement is not None:
        inner = next((part for block in blocks(statement) if (part := part_of(tree, block, change)) is not None), None)
        if inner is None:
            break
        found.append(inner)
        statement = inner.block.body[inner.first] if inner.first == inner.last else None
    return found[::-1]


def part_of(tree: Tree, block: Block, change: Span) -> Part | None:
    """The statements of a block that hold a change; a line break that is touched belongs to what follows as well."""
    body = block.body
    if not body or not (begin(tree, body[0]) <= change.start and change.end < end(tree, body[-1])):
        return None
    first = bisect_right(body, change.start, key=lambda statement: begin(tree, statement)) - 1
    last = bisect_right(body, change.end, key=lambda statement: end(tree, statement))
    return Part(block, first, last, begin(tree, body[first]), end(tree, body[last]))


def blocks(node: cst.CSTNode) -> Iterator[cst.IndentedBlock]:
    """The blocks of a compound statement, those of its clauses among them."""
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        for below in listed(getattr(node, name, None)):
            if isinstance(below, cst.IndentedBlock):
                yield below
            elif isinstance(below, CLAUSES):
                yield from blocks(below)


def listed(value: Any) -> list[Any]:
    """A node's children in one of its fields."""
    return [*value] if value.__class__ in (tuple, list) else [value]


CLAUSES = (cst.Else, cst.If, cst.ExceptHandler, cst.ExceptStarHandler, cst.Finally, cst.MatchCase)


def begin(tree: Tree, statement: cst.CSTNode) -> int:
    """Where the lines of a statement begin in the tree's text, comments and decorators before it included."""
    node: Any = statement
    return tree.within(node.leading_lines[0])[0] if node.leading_lines else first_line(tree, statement)


def first_line(tree: Tree, statement: cst.CSTNode) -> int:
    """Where its first line begins, that of its decorators included, and comments before it not."""
    decorators = getattr(statement, "decorators", ())
    return begin(tree, decorators[0]) if decorators else line_start(tree.text, tree.within(statement)[0])


def end(tree: Tree, statement: cst.CSTNode) -> int:
    """Where they end, behind the line break."""
    text, at = tree.text, tree.within(statement)[1]
    return text.find("\n", at) + 1 or len(text)


def line_start(text: str, offset: int) -> int:
    return text.rfind("\n", 0, offset) + 1


def with_one_before(tree: Tree, part: Part) -> Part:
    return replace(part, first=part.first - 1, start=begin(tree, part.block.body[part.first - 1]))


def with_one_behind(tree: Tree, part: Part) -> Part:
    return replace(part, last=part.last + 1, end=end(tree, part.block.body[part.last + 1]))


def indent_of(tree: Tree, statement: cst.CSTNode) -> str:
    at = tree.within(statement)[0]
    return tree.text[line_start(tree.text, at) : at]


def parse_under(tree: Tree, block: cst.CSTNode | None, indent: str, text: str, start: int) -> Parsed | None:
    """Some statements of a block with that indent, parsed under one stub, with offsets that count from `start`.

    Each stub takes a third of the time of a statement, and one line is parsed without any. Under one alone a block in the
    statements has an indent of its own where it would have the tree's, and the reverse, which is put right.
    """
    depth = (
        sum(isinstance(around, cst.IndentedBlock) for around in (block, *tree.around(block)))
        if block is not None
        else 0
    )
    if refusal(text, len(tree.headers) + depth):
        return None
    newline = tree.module.default_newline
    is_line = "\n" not in text[:-1] and text == text.rstrip("\r\n") + newline
    header = f"if 1:{newline}" if indent and not is_line else ""
    if is_line:
        text, start = text[len(indent) :], start + len(indent)
    found = read(header + text)
    if found is None or (header and len(found.module.body) > 1):
        return None
    around: Any = found.module
    statements: Sequence[cst.BaseStatement] = around.body[0].body.body if header else around.body
    size, by = len(header), start - len(header)
    inside = {node: (begin + by, stop + by) for node, (begin, stop) in found.spans.items() if begin >= size}
    for node in inside:
        if node.__class__ is cst.IndentedBlock:
            own: Any = node
            indent = found.module.default_indent if own.indent is None else own.indent
            object.__setattr__(node, "indent", None if indent == tree.indent else indent)
    return Parsed(tuple(statements), inside)


def change_of(
    tree: Tree,
    part: tuple[int, int],
    now: str,
    old: Sequence[cst.CSTNode],
    new: Sequence[cst.CSTNode],
    spans: Mapping[cst.CSTNode, tuple[int, int]],
    kept: Sequence[cst.CSTNode],
) -> Change:
    start, end = part
    by = len(now) - (end - start)
    holes = tuple(
        replace(hole, start=hole.start + by, end=hole.end + by) if hole.start >= end else hole
        for hole in tree.holes
        if hole.end <= start or end <= hole.start
    )
    return Change(tree.text[:start] + now + tree.text[end:], part, holes, old, new, spans, kept)


def with_hole(tree: Tree, start: int, end: int, size: int) -> tuple[Hole, ...]:
    """The holes of a tree, with one more."""
    others = [hole for hole in tree.holes if hole.end <= start or end <= hole.start]
    return tuple(sorted([*others, Hole(start, end, size)], key=lambda hole: hole.start))
