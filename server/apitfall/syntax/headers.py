"""A change in the header of a compound statement: it is parsed without the blocks, which are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import libcst as cst

from apitfall.syntax.lexer import FRESH, scan
from apitfall.syntax.parts import (
    CLAUSES,
    Part,
    begin,
    blocks,
    change_of,
    end,
    indent_of,
    listed,
    parse_under,
    with_hole,
)
from apitfall.syntax.tree import Tree, clean
from apitfall.text import Span, split_lines


def with_header(tree: Tree, text: str, touched: Sequence[Part], change: Span, by: int) -> tuple[Tree, int] | None:
    """The same for a change in the header of a compound statement, or of one of its clauses, and in none of its blocks.

    The statement is parsed with stubs in the place of its blocks, which are kept.
    """
    statement = innermost(tree, touched)
    kept = [] if statement is None else list(blocks(statement))
    if statement is None or not kept or not all(block.body for block in kept):
        return None
    if statement is tree.statements[0] and isinstance(statement, cst.ClassDef):
        return None  # its members are chunks of their own, which know its name
    edges = [begin(tree, statement)]
    for block in kept:
        edges += (begin(tree, block.body[0]), end(tree, block.body[-1]))
    edges.append(max(end(tree, statement), edges[-1]))
    ranges = list(zip(edges[::2], edges[1::2], strict=True))
    number = next((n for n, (left, right) in enumerate(ranges) if left <= change.start and change.end < right), None)
    if number is None:
        return None
    part = ranges[number]
    for hole in tree.holes:
        is_inside = part[0] <= hole.start and hole.end <= part[1]
        if not is_inside and any(hole.start < right and left < hole.end for left, right in ranges):
            return None
    shown = tree.outward(Span(*part))
    now = text[shown.start - tree.start : shown.end - tree.start + by]
    if not now.endswith("\n") or clean(now) != (now, ()):
        return None
    lines = split_lines(now)
    states = scan(lines, closed=False)
    if statements_in(lines, states, indent_of(tree, statement)) != 1:
        return None
    texts = [tree.text[left:right] for left, right in ranges]
    texts[number] = now
    fillers = [*(f"{indent_of(tree, block.body[0])}pass{tree.module.default_newline}" for block in kept), ""]
    whole = "".join(text for pair in zip(texts, fillers, strict=True) for text in pair)
    indent = indent_of(tree, statement)
    made = parse_under(tree, tree.parents.get(statement), indent, whole, 0) if states[-1] == FRESH else None
    if made is None:
        tree.holes = with_hole(tree, *part, len(now))
        return tree, len(whole)
    # A line that is new behind a block may be one of it.
    inside = [block.body for block in blocks(made.statements[0])]
    if len(made.statements) != 1 or len(inside) != len(kept) or any(len(body) != 1 for body in inside):
        return None
    new, old_of = filled(made.statements[0], iter(kept))
    grown = len(now) - (part[1] - part[0])
    ends = [tree.within(block)[1] for block in kept]
    places = Places(texts, fillers, [left for left, _ in ranges], number, grown, ends)
    spans = {
        old_of.get(node, node): (places.offset(start), places.end(stop))
        for node, (start, stop) in made.spans.items()
        if not places.is_filler(start)
    }
    return tree.grafted(change_of(tree, part, now, [statement], [new], spans, kept)), len(whole)


def statements_in(lines: Sequence[str], states: Sequence[int], indent: str) -> int:
    """How many lines begin a statement or a clause of the block that is indented so, decorators left out."""
    fresh = (line for line, state in zip(lines, states, strict=False) if state == FRESH and line.startswith(indent))
    return sum(line[len(indent)] not in "@# \t\f\r\n" for line in fresh)


def innermost(tree: Tree, touched: Sequence[Part]) -> cst.CSTNode | None:
    """The innermost compound statement that a change is in and in none of whose blocks it is."""
    if not touched:
        return tree.statements[0]
    part = touched[0]
    return part.block.body[part.first] if part.first == part.last else None


def filled(node: cst.CSTNode, kept: Iterator[cst.IndentedBlock]) -> tuple[cst.CSTNode, dict[cst.CSTNode, cst.CSTNode]]:
    """A statement with blocks in the place of its own, and for each node of it that is another, which it was."""
    changes: dict[str, Any] = {}
    before: dict[cst.CSTNode, cst.CSTNode] = {}
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        found: Any = getattr(node, name, None)
        new: list[Any] = []
        for below in listed(found):
            if isinstance(below, cst.IndentedBlock):
                new.append(next(kept))
            elif isinstance(below, CLAUSES):
                clause, inside = filled(below, kept)
                before |= inside
                new.append(clause)
            else:
                new.append(below)
        if found is not None:
            changes[name] = new[0] if found.__class__ not in (tuple, list) else new
    other = node.with_changes(**changes)
    before[node] = other
    return other, before


@dataclass(frozen=True, slots=True)
class Places:
    """Where in the new text stands what stands somewhere in the one whose blocks are fillers.

    The `texts` stood from `starts` on, each with its filler behind it; those behind the one with that `number` moved
    `by` so much. The blocks end at `ends`.
    """

    texts: Sequence[str]
    fillers: Sequence[str]
    starts: Sequence[int]
    number: int
    by: int
    ends: Sequence[int]

    def find(self, at: int) -> tuple[int, int]:
        """The number of the text that an offset is in, with its filler, and how far in."""
        number = 0
        while number + 1 < len(self.texts) and at >= (size := len(self.texts[number]) + len(self.fillers[number])):
            at -= size
            number += 1
        return number, at

    def is_filler(self, at: int) -> bool:
        number, inside = self.find(at)
        return bool(self.fillers[number]) and inside >= len(self.texts[number])

    def offset(self, at: int) -> int:
        number, inside = self.find(at)
        return self.starts[number] + inside + (self.by if number > self.number else 0)

    def end(self, at: int) -> int:
        """The same of an end; what ends with a filler ends with its block."""
        number, inside = self.find(at - 1)
        if self.fillers[number] and inside >= len(self.texts[number]):
            return self.ends[number] + (self.by if number >= self.number else 0)
        return self.offset(at - 1) + 1
