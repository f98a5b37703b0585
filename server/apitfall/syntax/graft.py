"""A change inside a compound statement or a run: only the statements around it are parsed, and put into the chunk's tree.

The new tree shares the rest with the one before, which must not be used any longer. Statements that do not parse leave
a hole: the tree keeps what stood there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import libcst as cst

from apitfall.syntax.cut import CLAUSE, COMPOUND, FIRST_CODE, Cutter
from apitfall.syntax.headers import with_header
from apitfall.syntax.lexer import CONTINUED, FRESH, comment_start, scan
from apitfall.syntax.parsed import is_cleaned
from apitfall.syntax.parts import (
    Parsed,
    Part,
    begin,
    change_of,
    end,
    first_line,
    indent_of,
    line_start,
    parse_under,
    parts,
    with_hole,
    with_one_before,
    with_one_behind,
)
from apitfall.syntax.tree import Hole, Tree, clean
from apitfall.text import Span, split_lines

# Parts of a tree that may be replaced before it is made anew, so that what is noted of the old ones does not add up: at
# rest, and where there is none.
MANY, MOST = 25, 250


@dataclass(frozen=True, slots=True)
class Fitted:
    """A part that all of a change lies in, with the text that it has now; `is_closed`: no bracket or string is open."""

    part: Part
    text: str
    is_closed: bool


def graft(tree: Tree, text: str, change: Span, by: int) -> tuple[Tree, int] | None:
    """The tree of a chunk that has `text` now, and how many characters were read for it.

    `change` is what was replaced in the document before, which is `by` characters longer now. None where that cannot
    be told without cutting: where a statement outside of the chunk may have begun or ended.
    """
    if tree.replaced >= MOST or not tree.takes_grafts:
        return None
    if (left := restored(tree, text, change, by)) is not None:
        tree.holes = left
        return tree, 0
    inside = read_inward(tree, change)
    lead = lead_of(tree, text, inside, by)
    if lead is not None:
        return tree.with_lead(text, lead), lead + by
    touched = parts(tree, inside)
    lines = between(tree, text, touched, inside, by)
    if lines is not None and (made := parse(tree, lines)) is not None:
        return put(tree, lines, made), len(lines.text)
    headed = with_header(tree, text, touched, inside, by)
    if headed is not None:
        return headed
    found = around(tree, text, touched, by)
    if found is None and (stray := misplaced(tree, text, touched, change, by)) is not None:
        tree.holes = with_hole(tree, stray.part.start, stray.part.end, len(stray.text))
        return tree, len(stray.text)
    if found is None or (tree.is_run and not found.is_closed):
        return None  # what is open in a run may go on behind it
    read = len(found.text)
    made = parse(tree, found)
    if made is None and tree.holes:
        # What opens in one hole may close in another.
        span = found.part
        start, end = min(span.start, tree.holes[0].start), max(span.end, tree.holes[-1].end)
        wide = around(tree, text, parts(tree, Span(start, end - 1)), by)
        if wide is not None and wide.part != span:
            read += len(wide.text)
            made = parse(tree, wide)
            found = wide if made is not None else found
    if made is None:
        tree.holes = with_hole(tree, found.part.start, found.part.end, len(found.text))
        return tree, read
    return put(tree, found, made), read


def restored(tree: Tree, text: str, change: Span, by: int) -> tuple[Hole, ...] | None:
    """The other holes where one has again what the tree kept; None where none has."""
    for hole in tree.holes:
        start = tree.outward(Span(hole.start, hole.start)).start
        if start <= change.start and change.end <= start + hole.size:
            first, last = start - tree.start, start - tree.start + hole.size + by
            if text[first:last] == tree.text[hole.start : hole.end]:
                return tuple(other for other in tree.holes if other is not hole)
    return None


def read_inward(tree: Tree, change: Span) -> Span:
    """A change in the tree's text; the line break that ends a hole is left out where it is not touched."""
    inside = tree.inward(change)
    for hole in tree.holes:
        if inside.start < hole.end == inside.end and change.end < tree.outward(Span(hole.start, hole.end)).end:
            return Span(inside.start, inside.end - 1)
    return inside


def lead_of(tree: Tree, text: str, change: Span, by: int) -> int | None:
    """Where the empty lines and comments before the tree's statement end, if nothing else was changed or put there."""
    end = first_line(tree, tree.statements[0])
    if change.end > end or tree.holes:
        return None
    lead = text[: end + by]
    is_lead = (not lead or lead.endswith("\n")) and not is_cleaned(lead)
    return end if is_lead and all(line.lstrip(" \t")[:1] in "#\r\n" for line in split_lines(lead)) else None


def between(tree: Tree, text: str, touched: Sequence[Part], change: Span, by: int) -> Fitted | None:
    """Whole lines that were put before a statement of a block, and are statements of it.

    They take over the empty lines and comments before that statement.
    """
    part = touched[0] if touched and change.start == change.end and not tree.holes else None
    if (
        part is None
        or not part.first
        or change.start not in (part.start, first_line(tree, part.block.body[part.first]))
    ):
        return None
    return fitted(tree, replace(part, last=part.first - 1, end=change.start), text, by)


def around(tree: Tree, text: str, touched: Sequence[Part], by: int) -> Fitted | None:
    """The fewest statements that hold a change and whose lines are statements of their block again."""
    for part in touched:
        found = fitted(tree, part, text, by)
        if found is not None:
            return found
    return None


def fitted(tree: Tree, part: Part, text: str, by: int) -> Fitted | None:
    """A part, or one with neighbours; None where not even all of its block would do.

    What stands between two statements has no need of these: empty lines behind it are nobody's.
    """
    body = part.block.body
    indent = indent_of(tree, body[0])
    width = len(indent.expandtabs(8))
    # Compound statements in a class or between those of a run are chunks of their own.
    is_flat = tree.is_run or (isinstance(tree.statements[0], cst.ClassDef) and tree.statements[0].body is part.block)
    found = whole_holes(tree, part)
    while found is not None:
        shown = tree.outward(Span(found.start, found.end))
        now = text[shown.start - tree.start : shown.end - tree.start + by]
        if not now.endswith("\n") or clean(now) != (now, ()):
            return None
        lines = split_lines(now)
        states = scan(lines, closed=False)
        cutter = Cutter(lines, states, ())
        code = [number for number, state in enumerate(states[:-1]) if state == FRESH and cutter.is_code(number)]
        if any(cutter.width(number) < width for number in code):
            return None
        if is_flat and any(COMPOUND.match(lines[number].lstrip()) for number in code):
            return None
        is_joined = bool(code) and (cutter.width(code[0]) > width or CLAUSE.match(lines[code[0]].lstrip()) is not None)
        is_ended = bool(code) and (states[-2] != FRESH or code[-1] == len(lines) - 1) and states[-1] & 7 != CONTINUED
        if found.first > found.last:
            is_apart = bool(code) and not is_joined and lines[code[0]].startswith(indent) and states[-1] == FRESH
            return Fitted(found, now, True) if is_apart else None
        if is_joined and found.first:
            found = whole_holes(tree, with_one_before(tree, found))
        elif not is_ended and found.last + 1 < len(body):
            found = whole_holes(tree, with_one_behind(tree, found))
        else:
            is_statement = bool(code) and not is_joined and lines[code[0]].startswith(indent)
            ends_with_code = states[-2] != FRESH or (bool(code) and code[-1] == len(lines) - 1)
            return Fitted(found, now, states[-1] == FRESH) if is_statement and ends_with_code else None
    return None


def misplaced(tree: Tree, text: str, touched: Sequence[Part], change: Span, by: int) -> Fitted | None:
    """The statements that hold a change with lines that are indented less than they, behind which others are indented
    as they were: as if a function was pasted into the middle of a method. Nothing that has that parses."""
    if tree.is_run:
        return None
    part = whole_holes(tree, touched[0] if touched else whole(tree))
    if part is None:
        return None
    indents, opens = indents_around(tree, part), False
    new = split_lines(text[line_start(text, change.start - tree.start) : change.end - tree.start + by])
    if not tree.holes and all(len(indent_in(line).expandtabs(8)) >= indents[-1] for line in new if line.strip()):
        return None
    shown = tree.outward(Span(part.start, part.end))
    first, last = shown.start - tree.start, shown.end - tree.start + by
    behind = FIRST_CODE.match(text, last)
    until = text.find("\n", behind.end()) + 1 if behind is not None else 0
    lines = split_lines(text[first : until or len(text)])
    states = scan(lines, closed=False)
    cutter = Cutter(lines, states, ())
    code = [number for number, state in enumerate(states[:-1]) if state == FRESH and cutter.is_code(number)]
    for number, after in pairwise((*code, len(lines))):
        width = cutter.width(number)
        if width > indents[-1]:
            if not opens:
                return Fitted(part, text[first:last], False) if number > code[0] else None
            indents.append(width)
        while width < indents[-1]:
            indents.pop()
        final = next(n for n in range(after - 1, number - 1, -1) if states[n] != FRESH or cutter.is_code(n))
        opens = lines[final][: comment_start(lines[final], states[final])].rstrip().endswith(":")
    return None


def whole(tree: Tree) -> Part:
    """All of the one statement that a tree is of."""
    statement = tree.statements[0]
    block: Any = tree.parents[statement]
    return Part(block, 0, 0, begin(tree, statement), end(tree, statement))


def indents_around(tree: Tree, part: Part) -> list[int]:
    """The columns by which the blocks around a part are indented, and its own as the last."""
    own = [block for block in (part.block, *tree.around(part.block)) if isinstance(block, cst.IndentedBlock)]
    indents = [indent_of(tree, block.body[0]) for block in own if block not in tree.outside]
    indents += map(indent_in, tree.headers)
    return sorted({0, tree.piece.width, *(len(indent.expandtabs(8)) for indent in indents)})


def indent_in(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def whole_holes(tree: Tree, part: Part) -> Part | None:
    """A part with all of each hole that it has something of; None where one reaches out of its block."""
    for hole in tree.holes:
        while hole.start < part.start < hole.end:
            if not part.first:
                return None
            part = with_one_before(tree, part)
        while hole.start < part.end < hole.end:
            if part.last + 1 == len(part.block.body):
                return None
            part = with_one_behind(tree, part)
    return part


def parse(tree: Tree, found: Fitted) -> Parsed | None:
    """The statements of a part as they are now; None if they do not parse."""
    if not found.is_closed:
        return None
    block = found.part.block
    return parse_under(tree, block, indent_of(tree, block.body[0]), found.text, found.part.start)


def put(tree: Tree, found: Fitted, made: Parsed) -> Tree:
    """The tree with a part's statements in the place of the old ones."""
    part = found.part
    kept = [part.block.body[part.first]] if part.first > part.last else []
    for statement in kept if part.start < part.end else ():
        object.__setattr__(statement, "leading_lines", ())
    old = kept or part.block.body[part.first : part.last + 1]
    new = (*made.statements, *kept)
    return tree.grafted(change_of(tree, (part.start, part.end), found.text, old, new, made.spans, kept))
