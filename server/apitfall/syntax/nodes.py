"""The nodes of a tree: what is below and above each, and which definition it stands in."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from types import MappingProxyType
from typing import Any

import libcst as cst

from apitfall.syntax.making import FREQUENT, make_quickly

Definition = cst.FunctionDef | cst.Lambda | cst.ClassDef
DEFINITIONS = (cst.FunctionDef, cst.Lambda, cst.ClassDef)
DEFINING = frozenset(DEFINITIONS)  # quicker to ask than `isinstance`


class Plain(ABCMeta):
    """The class of libcst's classes, with which nobody registers others: `isinstance` need not ask for these."""

    __instancecheck__ = type.__instancecheck__


def run_in_c(kind: type[cst.CSTNode]) -> None:
    """Let nodes be equal and be hashed by identity as `object` does it, and be told by class as `type` does it.

    libcst does the one in Python code, in each of its classes, and look-ups by node spent a third of their time there;
    `abc` does the other, which takes twice as long.
    """
    kind.__class__ = Plain  # pyright: ignore[reportAttributeAccessIssue]
    kind.__hash__ = object.__hash__  # pyright: ignore[reportAttributeAccessIssue]
    kind.__eq__ = object.__eq__  # pyright: ignore[reportAttributeAccessIssue]
    for below in kind.__subclasses__():
        run_in_c(below)


run_in_c(cst.CSTNode)
for frequent in FREQUENT:
    make_quickly(frequent)


class Walked:
    """The nodes of a tree, their parents, and the definition whose body each stands in; `outside` are its stubs."""

    def __init__(self, module: cst.Module) -> None:
        self.nodes: list[cst.CSTNode] = []
        self.outside: set[cst.CSTNode] = {module}
        self.parents: dict[cst.CSTNode, cst.CSTNode] = {}
        # Definitions are named by number, so that one can be replaced without a look at what is in it.
        self.definitions: list[Any] = []
        self.inside: dict[cst.CSTNode, int] = {}

    def number(self, definition: Definition | None) -> int:
        """The number of a definition; -1 is that of the module."""
        if definition is None:
            return -1
        self.definitions.append(definition)
        return len(self.definitions) - 1

    def walk(
        self,
        statements: Iterable[cst.CSTNode],
        around: cst.CSTNode,
        inside: int,
        known: Mapping[cst.CSTNode, Sequence[cst.CSTNode]] = MappingProxyType({}),
        numbers: Mapping[cst.CSTNode, int] = MappingProxyType({}),
        tail: cst.CSTNode | None = None,
    ) -> None:
        """Note what is in some statements of the node `around`.

        The stub `tail` is left out. Of what is `known` the nodes in it are given, and are noted already; `numbers` are
        those of definitions that have one.
        """
        nodes, parents, numbered = self.nodes, self.parents, self.inside
        stack = [(iter(statements), around, inside)]
        while stack:
            left, parent, number = stack[-1]
            for node in left:
                if node is tail:
                    continue
                parents[node] = parent
                if number >= 0:
                    numbered[node] = number
                if node in known:
                    nodes += known[node]
                    continue
                nodes.append(node)
                below = children(node)
                if node.__class__ in DEFINING:
                    definition: Any = node
                    own = numbers[node] if node in numbers else self.number(definition)
                    at = below.index(definition.body)
                    stack.append((iter(below[at + 1 :]), node, number))
                    stack.append((iter(below[at : at + 1]), node, own))
                    stack.append((iter(below[:at]), node, number))
                    break
                if below:
                    stack.append((iter(below), node, number))
                    break
            else:
                stack.pop()

    def definition(self, node: cst.CSTNode) -> Definition | None:
        number = self.inside.get(node)
        return None if number is None else self.definitions[number]

    def below(self, statements: Sequence[cst.CSTNode], but: Collection[cst.CSTNode] = ()) -> Sequence[cst.CSTNode]:
        """Some statements that follow each other, with all that is in them `but` not in these."""
        found: list[cst.CSTNode] = []
        stack = list(statements)
        while stack:
            node = stack.pop()
            if node not in but:
                found.append(node)
                stack += children(node)
        return found

    def replace(self, old: Sequence[cst.CSTNode], new: Sequence[cst.CSTNode], kept: Collection[cst.CSTNode]) -> None:
        """Let statements stand for others in their block; the nodes `kept` are in both."""
        block, number = self.parents[old[0]], self.inside.get(old[0], -1)
        first = self.nodes.index(old[0])
        gone = self.below(old, kept)
        known: dict[cst.CSTNode, Sequence[cst.CSTNode]] = {}
        size = len(gone)
        for one in kept:
            start = self.nodes.index(one, first)
            known[one] = self.nodes[start : start + self.count(one)]
            size += len(known[one])
        numbers: dict[cst.CSTNode, int] = {}
        if kept and old[0] not in kept and old[0].__class__ in DEFINING and new[0].__class__ in DEFINING:
            numbers[new[0]] = self.definitions.index(old[0])
            self.definitions[numbers[new[0]]] = new[0]
        for node in gone:
            del self.parents[node]
            self.inside.pop(node, None)
        holder: Any = block
        at = holder.body.index(old[0])
        object.__setattr__(block, "body", (*holder.body[:at], *new, *holder.body[at + len(old) :]))
        nodes, self.nodes = self.nodes, []
        self.walk(new, block, number, known, numbers)
        nodes[first : first + size] = self.nodes
        self.nodes = nodes

    def count(self, node: cst.CSTNode) -> int:
        """How many nodes there are in a node, itself included."""
        count, stack = 0, [node]
        while stack:
            count += 1
            stack += children(stack.pop())
        return count


STATEMENTS = frozenset((
    cst.SimpleStatementLine, cst.FunctionDef, cst.ClassDef, cst.If, cst.For, cst.While, cst.With, cst.Try, cst.TryStar,
    cst.Match,
))  # fmt: skip


def own(statement: cst.CSTNode) -> list[cst.CSTNode]:
    """The nodes of a statement, those of the statements in it left out."""
    nodes: list[cst.CSTNode] = []
    stack = [statement]
    while stack:
        node = stack.pop()
        if node.__class__ in STATEMENTS and node is not statement:
            continue
        nodes.append(node)
        if node.__class__ is not cst.IndentedBlock:
            stack += reversed(children(node))
    return nodes


def inside(statement: cst.CSTNode) -> list[cst.CSTNode]:
    """The statements right inside a compound statement; an `elif` is one in the `if` before it."""
    if statement.__class__ is cst.SimpleStatementLine:
        return []
    found: list[cst.CSTNode] = []
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        value: Any = getattr(statement, name, None)
        for below in value if value.__class__ in (tuple, list) else (value,):
            if below.__class__ is cst.IndentedBlock:
                found += below.body
            elif below.__class__ is cst.If:
                found.append(below)
            elif below.__class__ in CLAUSES:
                found += inside(below)
    return found


CLAUSES = frozenset((cst.Else, cst.ExceptHandler, cst.ExceptStarHandler, cst.Finally, cst.MatchCase))
# What has statements in it.
HOLDING = STATEMENTS | CLAUSES | {cst.IndentedBlock, cst.Module}

SKIPPED = frozenset(
    "lpar rpar comma semicolon colon lbracket rbracket lbrace rbrace equal dot leading_lines lines_after_decorators "
    "header footer trailing_whitespace asynchronous".split()
)
NOT_NODES = frozenset((cst.MaybeSentinel, type(None), str, bool))
GETTERS: dict[type[cst.CSTNode], Any] = {}


def children(node: cst.CSTNode) -> Sequence[cst.CSTNode]:
    """The nodes right below, without white space and punctuation; much faster than libcst's own `children`."""
    getter = GETTERS.get(node.__class__, False)
    if getter is False:
        getter = GETTERS[node.__class__] = make_getter(node.__class__)
    if getter is None:
        return ()
    found: list[cst.CSTNode] = []
    for value in getter(node):
        kind = value.__class__
        if kind is tuple or kind is list:
            found += value
        elif kind not in NOT_NODES:
            found.append(value)
    return found


def make_getter(kind: type[cst.CSTNode]) -> Any:
    names = [
        f.name
        for f in fields(kind)  # pyright: ignore[reportArgumentType]
        if f.name not in SKIPPED and "whitespace" not in f.name and f.type not in ("str", "bool", str, bool)
    ]
    if not names or issubclass(kind, (cst.Name, cst.SimpleString, cst.Integer, cst.Float, cst.Imaginary)):
        return None
    if len(names) == 1:
        only = attrgetter(names[0])
        return lambda node: (only(node),)  # pyright: ignore[reportUnknownLambdaType, reportUnknownVariableType]
    return attrgetter(*names)
