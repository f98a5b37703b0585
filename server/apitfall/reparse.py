"""A text as jedi's parser reads it, kept while the text changes: of a change only the statements around it are parsed.

parso has a parser for changed texts of its own. It compares all lines of both texts with each other, and the names of
the whole text are collected anew after it: at 20,000 lines that is 0.2 s. Here the statements of the module that a
change does not touch are taken as they are, with the names in them, and so are the members of a class that it is in.
What comes out is what parsing the whole text gives; where that is not sure, as in a text that does not parse, parso
does it.
"""

# jedi and parso say little of their types.
# pyright: reportMissingTypeStubs=false, reportPrivateUsage=false, reportPrivateImportUsage=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

import parso
from parso.cache import try_to_save_module
from parso.file_io import KnownContentFileIO
from parso.parser import ParserSyntaxError
from parso.python.tree import Module
from parso.tree import BaseNode

Node = Any
"""A node or leaf of parso's."""

Names = dict[str, list[Node]]
ERRORS = ("error_node", "error_leaf")
BRACKET = re.compile(r"[(\[{]|[)\]}]")
NESTING = 1000
"""How many brackets may be open in a text. jedi takes 0.1 ms for each of them, and a second for ten thousand."""

HEADER = "class _:\n"


class UsedNames(Mapping[str, list[Node]]):
    """The names in a module, by their text, made of what its statements hold. Equal to itself alone, as parso's is."""

    def __init__(self, parts: Sequence[Names]) -> None:
        self.parts = parts
        self.known: Names = {}

    def __getitem__(self, name: str) -> list[Node]:
        found = self.known.get(name)
        if found is None:
            found = self.known[name] = [node for part in self.parts if name in part for node in part[name]]
        if not found:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(chain.from_iterable(self.parts)))

    def __len__(self) -> int:
        return len(dict.fromkeys(chain.from_iterable(self.parts)))

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


class Parsed:
    """A text that was parsed. `count` is how many of its lines were parsed for it, the others being the older text's."""

    def __init__(
        self, grammar: Any, lines: Sequence[str], module: Node, parts: Sequence[Names] | None = None, count: int = 0
    ) -> None:
        self.grammar = grammar
        self.lines = lines
        self.module = module
        self.count = len(lines) if parts is None else count
        self.parts = [*map(names, module.children)] if parts is None else parts
        module._used_names = UsedNames(self.parts)

    def changed(self, lines: Sequence[str]) -> Parsed | None:
        """The same for another text, or None where that is better parsed as a whole. This one is of no use after it."""
        first, last = same(self.lines, lines)
        children, end, by = self.module.children, len(self.lines) - last, len(lines) - len(self.lines)
        kept, behind = around(children, first, end)
        nodes, count = self.in_class(children[kept], first, end, lines) if behind == kept + 1 else ((), 0)
        while not nodes:
            if behind >= len(children):
                return None
            part = lines[line_of(children[kept]) : line_of(children[behind]) + by]
            found = self.parse(part, line_of(children[kept]), is_first=kept == 0)
            if found is None:
                return None
            *nodes, rest = found.children
            count = len(part)
            if not nodes or rest.prefix:  # what stands in front of a statement is part of it
                nodes, behind = (), behind + 1
            elif not is_whole(nodes[-1]):
                return None
        if by:
            shift(children[behind:], by)
        parts = [*self.parts[:kept], *map(names, nodes), *self.parts[behind:]]
        module = Module([*children[:kept], *nodes, *children[behind:]])
        return Parsed(self.grammar, lines, module, parts, count)

    def in_class(self, node: Node, first: int, end: int, lines: Sequence[str]) -> tuple[Sequence[Node], int]:
        """A class with the members that were changed in it, and of how many lines these are; nothing if that is not all."""
        cls = node.children[-1] if node.type == "decorated" else node
        suite = cls.children[-1] if cls.type == "classdef" else None
        if suite is None or suite.type != "suite":
            return (), 0
        members, by = suite.children, len(lines) - len(self.lines)
        kept, behind = around(members, first, end)
        if kept == 0 or behind >= len(members):  # the first is the end of the header
            return (), 0
        part = lines[line_of(members[kept]) : line_of(members[behind]) + by]
        found = self.parse([HEADER, *part], line_of(members[kept]) - 1)
        if found is None or len(found.children) != 2 or found.children[-1].prefix or not is_whole(found.children[0]):
            return (), 0
        _, *made = found.children[0].children[-1].children
        if any(each.start_pos[1] != members[kept].start_pos[1] for each in made) or not is_whole(made[-1]):
            return (), 0
        if by:
            shift(members[behind:], by)
        suite.children = [*members[:kept], *made, *members[behind:]]
        for each in made:
            each.parent = suite
        return [node], len(part)

    def parse(self, lines: Sequence[str], before: int, *, is_first: bool = False) -> Node | None:
        """The module that some lines are, behind others; None if they are none, or are not to be parsed."""
        if nesting("".join(lines)) > NESTING:
            return None
        grammar = self.grammar
        tokens = grammar._tokenizer(lines, start_pos=(before + 1, 0), is_first_token=is_first)
        try:
            return grammar._parser(grammar._pgen_grammar, error_recovery=False).parse(tokens)
        except ParserSyntaxError:
            return None


def names(node: Node) -> Names:
    """The names below a node, in their order."""
    found: Names = {}
    left = [node]
    while left:
        each = left.pop()
        if each.type == "name":
            found.setdefault(each.value, []).append(each)
        elif isinstance(each, BaseNode):
            left.extend(reversed(each.children))
    return found


def is_whole(node: Node) -> bool:
    """Whether what follows a statement is read as if it stood alone: not behind an open bracket, or string."""
    return node.type not in ERRORS and node.get_last_leaf().type == "newline"


def is_border(nodes: Sequence[Node], number: int) -> bool:
    """Whether a statement is read as if nothing stood before it, in what it is a part of."""
    node = nodes[number]
    column = 0 if node.parent.type == "file_input" else nodes[1].start_pos[1]
    return (
        is_whole(nodes[number - 1])
        and node.type not in ERRORS
        and (node.start_pos[1] == column or node.type == "endmarker")
    )


def around(nodes: Sequence[Node], first: int, end: int) -> tuple[int, int]:
    """How many of some statements stay before a change of the lines from `first` to `end`, and the first behind it.

    Both begin where what is before them was read to its end.
    """
    kept = max(bisect_right(nodes, first, key=line_of) - 1, 0)
    if kept and nodes[kept].start_pos[0] > first:
        kept -= 1  # what now stands there may go on with the one before
    while kept and not is_border(nodes, kept):
        kept -= 1
    behind = bisect_left(nodes, end, lo=kept + 1, key=line_of)
    while behind < len(nodes) and not is_border(nodes, behind):
        behind += 1
    return kept, behind


def line_of(node: Node) -> int:
    """The 0-based line in which a statement begins, with what stands in front of it and is part of it."""
    line, column = node.get_start_pos_of_prefix()
    return line if column else line - 1


def same(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many lines are the same at the beginning of two texts, and how many others at the end."""
    most = min(len(old), len(new))
    first = next((number for number in range(most) if old[number] != new[number]), most)
    last = next((number for number in range(most - first) if old[-1 - number] != new[-1 - number]), most - first)
    return first, last


def shift(nodes: Sequence[Node], by: int) -> None:
    """Move what nodes hold by so many lines."""
    left = [*nodes]
    while left:
        node = left.pop()
        if isinstance(node, BaseNode):
            left.extend(node.children)
        else:
            node.line += by


def nesting(text: str) -> int:
    """The most brackets that are open at once, those in strings and comments counted as well."""
    return max(accumulate((1 if m in "([{" else -1 for m in BRACKET.findall(text)), initial=0))


def parsed(grammar: Any, path: Path | None, text: str, before: Parsed | None) -> Parsed | None:
    """A text of a file, with what there is of an older one, which is of no use after it; None if it is not to be parsed."""
    lines = parso.split_lines(text, keepends=True)
    found = before.changed(lines) if before is not None and before.grammar is grammar else None
    if found is not None:
        try_to_save_module(grammar._hashed, KnownContentFileIO(path, text), found.module, lines, pickling=False)
    elif nesting(text) <= NESTING:
        module = grammar.parse(code=text, path=path, cache=False, diff_cache=True)
        found = Parsed(grammar, lines, module)
    return found
