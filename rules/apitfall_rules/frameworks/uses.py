"""What the code around a call does with its result."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import libcst as cst
from apitfall.rule import RuleContext, value_of

from apitfall_rules.frameworks.calls import last_name
from apitfall_rules.frameworks.takers import OWN, written_by

# What holds what stands in it, and what is one of several values.
COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp)
CONTAINERS = (cst.DictElement, cst.Element, cst.Dict, cst.List, cst.Tuple, cst.Set, *COMPREHENSIONS)
RAISES = ("raises", "assertRaises")  # what expects an exception in a test


@dataclass(frozen=True)
class Use:
    """`kind` is discarded, tested, compared, attribute, item, operand, formatted, iterated, unpacked, entered, argument,
    element (of what is returned), returned, bound, held (by what a local name is bound to) or stored (in an attribute);
    `detail` is the attribute, the callee, the name, or what else the kind speaks of."""

    kind: str
    node: cst.CSTNode
    detail: str = ""
    in_generator: bool = False


def use_of(node: cst.BaseExpression, ctx: RuleContext) -> Use | None:
    """What becomes of an expression; None if it is awaited, handed on, or kept by somebody."""
    child: cst.CSTNode = node
    in_generator = kept = False
    for parent in ctx.ancestors(node):
        if isinstance(parent, CONTAINERS):
            kept = True
        if kept and not isinstance(parent, (*CONTAINERS, cst.Return, cst.Assign, cst.AnnAssign)):
            if isinstance(parent, cst.Arg) and (written := written_by(node, ctx)) is not None:
                return Use("argument", node, value_of(written[1].func).dotted or "")
            return None  # what is done with a list is not done with what it holds
        found = step(child, parent, node)
        if isinstance(found, Use):
            return Use(found.kind, found.node, found.detail, in_generator or inside_generator(parent, ctx))
        if found is False:
            return None
        in_generator = in_generator or isinstance(parent, cst.GeneratorExp)
        child = parent
    return None


def is_head(node: cst.CSTNode, parent: cst.CSTNode | None) -> bool:
    """Whether an attribute, an item or a call is taken of a node, so that `await` before it needs parentheses."""
    head = parent.func if isinstance(parent, cst.Call) else getattr(parent, "value", None)
    return isinstance(parent, (cst.Call, cst.Attribute, cst.Subscript)) and head is node


def inside_generator(node: cst.CSTNode, ctx: RuleContext) -> bool:
    """Whether an `await` has no place here though the function is async.

    In a generator expression it would make another kind of generator; in a comprehension within another one it is a
    syntax error before Python 3.11.
    """
    comprehensions = 0
    for parent in chain((node,), ctx.ancestors(node)):
        if isinstance(parent, cst.GeneratorExp):
            return True
        comprehensions += isinstance(parent, cst.BaseComp)
        if isinstance(parent, (cst.BaseStatement, cst.Lambda)):
            break
    return comprehensions > 1


def step(child: cst.CSTNode, parent: cst.CSTNode, node: cst.BaseExpression) -> Use | bool:
    """What one node around does: a use, True to look further out, False where nothing can be said."""
    if isinstance(parent, cst.Expr):
        return Use("discarded", node)
    if isinstance(parent, (cst.Assign, cst.AnnAssign)):
        return bound(child, parent, node)
    if isinstance(parent, cst.BooleanOperation):
        return Use("tested", node) if child is parent.left else True
    if isinstance(parent, cst.NamedExpr):
        return child is parent.value
    if isinstance(parent, cst.AugAssign):
        return child is parent.value and Use("operand", node)
    if isinstance(parent, cst.UnaryOperation):
        return Use("tested" if isinstance(parent.operator, cst.Not) else "operand", node)
    if isinstance(parent, (cst.If, cst.While, cst.Assert, cst.CompIf, cst.IfExp)):
        if child is parent.test:
            return Use("tested", node)
        return isinstance(parent, cst.IfExp)
    if isinstance(parent, cst.ComparisonTarget):
        return Use(
            "compared" if isinstance(parent.operator, (cst.Equal, cst.NotEqual, cst.Is, cst.IsNot)) else "operand", node
        )
    if isinstance(parent, cst.Comparison):
        operator = parent.comparisons[0].operator
        is_member = isinstance(operator, (cst.In, cst.NotIn, cst.Equal, cst.NotEqual, cst.Is, cst.IsNot))
        return Use("compared" if is_member else "operand", node)
    if isinstance(parent, cst.Attribute):
        return (
            False
            if parent.attr.value in OWN or parent.attr.value.startswith("__")
            else Use("attribute", node, parent.attr.value)
        )
    if isinstance(parent, cst.Subscript):
        return Use("item", node) if child is parent.value else False
    if isinstance(parent, cst.FormattedStringExpression):
        return Use("formatted", node)
    if isinstance(parent, cst.BinaryOperation):
        return operand(child, parent, node)
    if isinstance(parent, (cst.For, cst.CompFor)):
        return Use("iterated", node, "async" if parent.asynchronous else "") if child is parent.iter else False
    if isinstance(parent, cst.WithItem):
        return Use("entered", node)
    if isinstance(parent, cst.Return):
        return Use("returned" if child is node or isinstance(child, CHOICES) else "element", node)
    if isinstance(parent, cst.Arg):
        return True
    if isinstance(parent, cst.Call):
        callee = parent.func
        name = value_of(callee).dotted
        direct = isinstance(child, cst.Arg) and child.value is node and not child.star
        return Use("argument", node, name) if direct and name is not None else False
    if isinstance(parent, COMPREHENSIONS):
        return child is parent.value if isinstance(parent, cst.DictComp) else child is parent.elt
    return isinstance(parent, CONTAINERS)


# Expressions that are one of several others.
CHOICES = (cst.BooleanOperation, cst.IfExp)


def operand(child: cst.CSTNode, parent: cst.BinaryOperation, node: cst.BaseExpression) -> Use | bool:
    """No operator takes a coroutine but ``%`` behind a string, which writes it out."""
    if not isinstance(parent.operator, cst.Modulo) or child is parent.left:
        return Use("operand", node)
    return isinstance(parent.left, (cst.SimpleString, cst.ConcatenatedString)) and Use("formatted", node)


def bound(child: cst.CSTNode, parent: cst.Assign | cst.AnnAssign, node: cst.BaseExpression) -> Use | bool:
    if child is not parent.value:
        return False
    targets = [t.target for t in parent.targets] if isinstance(parent, cst.Assign) else [parent.target]
    if child is node and any(isinstance(target, (cst.Tuple, cst.List)) for target in targets):
        return Use("unpacked", node)
    target = targets[0]
    if len(targets) != 1:
        return False
    is_it = child is node or isinstance(child, CHOICES)
    if isinstance(target, cst.Attribute):
        return is_it and Use("stored", target, value_of(target).dotted or target.attr.value)
    if isinstance(target, cst.Subscript):
        return is_it and isinstance(target.value, cst.Name) and Use("held", node, target.value.value)
    if not isinstance(target, cst.Name):
        return False
    if child is node and target.value == "_":
        return Use("discarded", node)
    return Use("bound" if is_it else "held", node, target.value)


def is_to_be_refused(call: cst.Call, ctx: RuleContext) -> bool:
    """Whether a test expects that the call itself is a TypeError, for its arguments: no coroutine is made then."""
    around = [item.item for node in ctx.ancestors(call) if isinstance(node, cst.With) for item in node.items]
    return any(
        isinstance(item, cst.Call) and last_name(item.func) in RAISES and "TypeError" in ctx.source(item)
        for item in around
    )
