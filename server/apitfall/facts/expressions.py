"""The steps of one expression, in the order of its evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from apitfall.facts.bodies import comprehension_of
from apitfall.facts.model import UNKNOWN, Step, Value
from apitfall.facts.values import arguments, value_of
from apitfall.syntax import Tree, children

Branch = tuple[tuple[str, str], ...]
Found = Iterator["Step | cst.Lambda"]


def steps_of(node: cst.CSTNode, use: str, branch: Branch, tree: Tree, numbered: Callable[[str], str]) -> Found:
    """Calls, awaits, attribute reads, assignments and yields of an expression; a lambda is given back as it is."""
    return Steps(tree, numbered).visit(node, use, branch)


class Steps:
    def __init__(self, tree: Tree, numbered: Callable[[str], str]) -> None:
        self.tree, self.numbered = tree, numbered

    def value(self, node: cst.CSTNode) -> Value:
        return value_of(node, self.tree.names)

    def visit(self, node: cst.CSTNode, use: str, branch: Branch) -> Found:
        kind = node.__class__  # `isinstance` of libcst's classes is slow
        if kind is cst.Name or kind is cst.SimpleString or kind is cst.Integer:
            return
        if kind not in DOING:
            yield from self.below(node, USES.get(kind, "operand"), branch)
        elif isinstance(node, cst.Call):
            yield from self.call(node, use, branch)
        elif isinstance(node, cst.Attribute):
            yield from self.below_attribute(node, branch)
            yield Step("attribute", self.value(node), place=self.tree.place(node), use=use, branch=branch)
        elif isinstance(node, cst.Await):
            yield from self.visit(node.expression, "awaited", branch)
            value = self.value(node.expression)
            yield Step("await", value=value, place=self.tree.place(node), use=use, branch=branch)
        elif isinstance(node, cst.Lambda):
            yield from self.below(node.params, "argument", branch)
            yield node
        elif isinstance(node, (cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp)):
            yield from self.comprehension(node, branch)
        elif isinstance(node, cst.Yield):
            if node.value is not None:
                inner = node.value.item if isinstance(node.value, cst.From) else node.value
                yield from self.visit(inner, "yielded", branch)
            value = self.value(node.value) if isinstance(node.value, cst.BaseExpression) else None
            yield Step("yield", value=value, place=self.tree.place(node), use=use, branch=branch)
        elif isinstance(node, cst.NamedExpr):
            yield from self.visit(node.value, "bound", branch)
            target, value = self.value(node.target), self.value(node.value)
            yield Step("assign", target, (), value, self.tree.place(node), "bound", branch)
        elif isinstance(node, cst.IfExp):
            yield from self.visit(node.test, "tested", branch)
            yield from self.visit(node.body, use, branch)
            yield from self.visit(node.orelse, use, branch)
        elif isinstance(node, cst.BooleanOperation):
            yield from self.visit(node.left, "tested", branch)
            yield from self.visit(node.right, use, branch)
        elif isinstance(node, cst.UnaryOperation):
            yield from self.visit(
                node.expression, "tested" if isinstance(node.operator, cst.Not) else "operand", branch
            )
        elif isinstance(node, cst.Subscript):
            yield from self.visit(node.value, "item", branch)
            for element in node.slice:
                yield from self.below(element, "argument", branch)

    def below(self, node: cst.CSTNode, use: str, branch: Branch) -> Found:
        """What stands in a node that does nothing itself."""
        for child in children(node):
            if isinstance(child, cst.StarredElement):
                yield from self.visit(child.value, "iterated", branch)
            elif isinstance(child, cst.BaseExpression):
                yield from self.visit(child, use, branch)
            else:
                yield from self.below(child, use, branch)

    def below_attribute(self, node: cst.CSTNode, branch: Branch) -> Found:
        """What a chain of attributes is read from, the attributes within the chain left out."""
        while isinstance(node, cst.Attribute):
            node = node.value
        yield from self.visit(node, "attribute", branch)

    def call(self, node: cst.Call, use: str, branch: Branch) -> Found:
        if isinstance(node.func, cst.Attribute):
            yield from self.below_attribute(node.func, branch)
        else:
            yield from self.visit(node.func, "called", branch)
        for arg in node.args:
            yield from self.visit(arg.value, "iterated" if arg.star else "argument", branch)
        args = arguments(node.args, self.tree.names)
        yield Step("call", self.value(node.func), args, place=self.tree.place(node), use=use, branch=branch)

    def comprehension(
        self, node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp, branch: Branch
    ) -> Found:
        loop: cst.CompFor | None = node.for_in
        inside = (*branch, (self.numbered(comprehension_of(self.value(loop.iter))), "body"))
        first = True
        while loop is not None:
            yield from self.visit(loop.iter, "iterated", branch if first else inside)
            yield from self.bind(loop.target, Value("iterate", of=self.value(loop.iter)), inside)
            for condition in loop.ifs:
                yield from self.visit(condition.test, "tested", inside)
            loop, first = loop.inner_for_in, False
        if isinstance(node, cst.DictComp):
            yield from self.visit(node.key, "element", inside)
            yield from self.visit(node.value, "element", inside)
        else:
            yield from self.visit(node.elt, "element", inside)

    def bind(self, target: cst.CSTNode, value: Value, branch: Branch) -> Found:
        """Assignments to the names of a comprehension's target."""
        if isinstance(target, (cst.Tuple, cst.List)):
            for number, element in enumerate(target.elements):
                index = Value("constant", "int", text=str(number))
                yield from self.bind(element.value, Value("item", of=value, args=(("", index),)), branch)
        else:
            known = value if isinstance(target, cst.Name) else UNKNOWN
            yield Step("assign", self.value(target), (), known, self.tree.place(target), "bound", branch)


DOING = frozenset(
    (
        cst.Call,
        cst.Attribute,
        cst.Await,
        cst.Lambda,
        cst.ListComp,
        cst.SetComp,
        cst.GeneratorExp,
        cst.DictComp,
        cst.Yield,
        cst.NamedExpr,
        cst.IfExp,
        cst.BooleanOperation,
        cst.UnaryOperation,
        cst.Subscript,
    )
)
USES: dict[type[cst.CSTNode], str] = {
    cst.List: "element",
    cst.Tuple: "element",
    cst.Set: "element",
    cst.Dict: "element",
    cst.FormattedString: "formatted",
    cst.ConcatenatedString: "formatted",
}
