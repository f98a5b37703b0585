"""The steps of one expression, read from Python's own syntax; beside `expressions`, which reads libcst's."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from typing import Any

from apitfall.facts.bodies import comprehension_of
from apitfall.facts.model import Import
from apitfall.facts.quick_values import Values
from apitfall.facts.rows import NONE, Row, Rows
from apitfall.syntax.order import arguments_of, parameters_below
from apitfall.syntax.quick import QuickTree

Branch = tuple[tuple[str, str], ...]


class Body:
    """A function's, class's or module's body while it is read. `owner` is set in a class body."""

    __slots__ = ("counts", "flow", "globals", "handlers", "imports", "is_generator", "name", "owner")

    def __init__(self, name: str = "", owner: str = "") -> None:
        self.name, self.owner = name, owner
        self.flow: list[Row] = []
        self.imports: dict[str, Import] = {}
        self.globals: list[str] = []
        self.handlers: list[Row] = []
        self.counts: Counter[str] = Counter()
        self.is_generator = False

    def numbered(self, kind: str) -> str:
        self.counts[kind] += 1
        return f"{kind}{self.counts[kind]}"


class QuickSteps:
    """Adds steps to the flow of a body, as rows: kind, target, arguments, value, place, use and branch.

    A lambda in an expression is a function of its own.
    """

    def __init__(self, tree: QuickTree) -> None:
        self.tree = tree
        self.place = tree.place
        self.rows = Rows()
        self.values = Values(tree, tree.names, self.rows)
        self.value = self.values.value
        self.unnamed = Values(tree, {}, self.rows)  # where lambdas are not known by name
        self.functions: dict[str, Row] = {}

    def visit(self, node: Any, use: str, body: Body, branch: Branch) -> None:
        """Calls, awaits, attribute reads, assignments and yields of an expression, in the order of its evaluation."""
        kind = node.__class__
        if kind is ast.Name or kind is ast.Constant:
            return
        if kind is ast.Call:
            self.call(node, use, body, branch)
        elif kind is ast.Attribute:
            self.below_attribute(node, body, branch)
            body.flow.append(("attribute", self.value(node), (), NONE, self.place(node), use, branch))
        elif kind is ast.Await:
            self.visit(node.value, "awaited", body, branch)
            body.flow.append(("await", NONE, (), self.value(node.value), self.place(node), use, branch))
        elif kind is ast.Subscript:
            self.visit(node.value, "item", body, branch)
            for item in self.tree.items(node):
                for part in (item.lower, item.upper, item.step) if isinstance(item, ast.Slice) else (item,):
                    if part is not None:
                        self.visit(part, "argument", body, branch)
        elif kind is ast.BoolOp:
            *tested, last = node.values
            for value in tested:
                self.visit(value, "tested", body, branch)
            self.visit(last, use, body, branch)
        elif kind is ast.UnaryOp:
            self.visit(node.operand, "tested" if node.op.__class__ is ast.Not else "operand", body, branch)
        elif kind is ast.Lambda:
            for below in parameters_below(node.args):
                if below.__class__ is not ast.arg:
                    self.visit(below, "argument", body, branch)
            self.lambda_(node)
        elif kind is ast.IfExp:
            self.visit(node.test, "tested", body, branch)
            self.visit(node.body, use, body, branch)
            self.visit(node.orelse, use, body, branch)
        elif kind in COMPREHENSIONS:
            self.comprehension(node, body, branch)
        elif kind is ast.Yield or kind is ast.YieldFrom:
            if node.value is not None:
                self.visit(node.value, "yielded", body, branch)
            value = self.values.maybe(node.value) if kind is ast.Yield else NONE
            body.flow.append(("yield", NONE, (), value, self.place(node), use, branch))
            body.is_generator = True
        elif kind is ast.NamedExpr:
            self.visit(node.value, "bound", body, branch)
            target, value = self.value(node.target), self.value(node.value)
            body.flow.append(("assign", target, (), value, self.place(node), "bound", branch))
        else:
            below_use = USES.get(kind, "operand")
            for below in below_of(node):
                if below.__class__ is ast.Starred:
                    self.visit(below.value, "iterated", body, branch)
                else:
                    self.visit(below, below_use, body, branch)

    def below_attribute(self, node: Any, body: Body, branch: Branch) -> None:
        """What a chain of attributes is read from, the attributes within the chain left out."""
        while node.__class__ is ast.Attribute:
            node = node.value
        if node.__class__ is not ast.Name:
            self.visit(node, "attribute", body, branch)

    def call(self, node: ast.Call, use: str, body: Body, branch: Branch) -> None:
        kind = node.func.__class__
        if kind is ast.Attribute:
            self.below_attribute(node.func, body, branch)
        elif kind is not ast.Name:
            self.visit(node.func, "called", body, branch)
        for each in arguments_of(node):
            kind = each.__class__
            if kind is ast.Name or kind is ast.Constant:
                continue
            if isinstance(each, ast.keyword):
                self.visit(each.value, "argument" if each.arg is not None else "iterated", body, branch)
            elif isinstance(each, ast.Starred):
                self.visit(each.value, "iterated", body, branch)
            else:
                self.visit(each, "argument", body, branch)
        body.flow.append(("call", *self.values.parts(node), NONE, self.place(node), use, branch))

    def comprehension(self, node: Any, body: Body, branch: Branch) -> None:
        iterated = self.values.made(self.value(node.generators[0].iter))
        inside = (*branch, (body.numbered(comprehension_of(iterated)), "body"))
        for number, loop in enumerate(node.generators):
            self.visit(loop.iter, "iterated", body, inside if number else branch)
            self.bind(loop.target, self.rows.number(("iterate", "", self.value(loop.iter), (), "")), body, inside)
            for condition in loop.ifs:
                self.visit(condition, "tested", body, inside)
        for element in (node.key, node.value) if node.__class__ is ast.DictComp else (node.elt,):
            self.visit(element, "element", body, inside)

    def bind(self, target: Any, value: int, body: Body, branch: Branch) -> None:
        """Assignments to the names of a comprehension's target."""
        kind = target.__class__
        if kind is ast.Tuple or kind is ast.List:
            for number, element in enumerate(target.elts):
                inner = element.value if element.__class__ is ast.Starred else element
                self.bind(inner, self.values.item(value, number), body, branch)
        else:
            known = value if kind is ast.Name else self.values.unknown()
            body.flow.append(("assign", self.value(target), (), known, self.place(target), "bound", branch))

    def lambda_(self, node: ast.Lambda) -> None:
        inner = Body(self.tree.names[node])
        self.visit(node.body, "returned", inner, ())
        place = (inner.name, self.tree.collapsed(node.body), 0)  # nothing in it is as long as it is
        inner.flow.append(("return", NONE, (), self.value(node.body), place, "discarded", ()))
        parameters = self.parameters(node.args)
        self.functions[inner.name] = (
            *(inner.name, False, inner.is_generator, "", parameters, NONE, ()),
            *(tuple(inner.flow), {}, (), (), False),
        )

    def parameters(self, node: ast.arguments) -> Row:
        value, annotation = self.unnamed.maybe, self.unnamed.annotation
        missing = len(node.posonlyargs) + len(node.args) - len(node.defaults)
        found: list[Row] = []
        for number, one in enumerate((*node.posonlyargs, *node.args)):
            kind = "positional" if number < len(node.posonlyargs) else "any"
            default = node.defaults[number - missing] if number >= missing else None
            found.append((one.arg, kind, annotation(one.annotation), value(default)))
        if node.vararg is not None:
            found.append((node.vararg.arg, "args", annotation(node.vararg.annotation), NONE))
        for one, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
            found.append((one.arg, "keyword", annotation(one.annotation), value(default)))
        if node.kwarg is not None:
            found.append((node.kwarg.arg, "kwargs", annotation(node.kwarg.annotation), NONE))
        return tuple(found)


COMPREHENSIONS = frozenset((ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp))
USES: dict[type[ast.AST], str] = {
    ast.List: "element",
    ast.Tuple: "element",
    ast.Set: "element",
    ast.Dict: "element",
    ast.JoinedStr: "formatted",
}


def below_of(node: Any) -> Iterator[Any]:
    """The expressions in one that does nothing itself."""
    kind = node.__class__
    if kind is ast.BinOp:
        yield from (node.left, node.right)
    elif kind is ast.Compare:
        yield from (node.left, *node.comparators)
    elif kind is ast.Dict:
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                yield key
            yield value
    elif kind is ast.JoinedStr:
        for value in node.values:
            if value.__class__ is ast.FormattedValue:
                yield value.value
                if value.format_spec is not None:
                    yield from below_of(value.format_spec)
    elif kind is ast.Starred:
        yield node.value
    else:
        yield from node.elts
