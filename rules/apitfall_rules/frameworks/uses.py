"""What the code around a call does with its result."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import libcst as cst
from apitfall.rule import RuleContext, value_of

# What takes a value for what it is: a coroutine in its place is a mistake.
CONSUMERS = frozenset(
    "len str int float bool list tuple set dict sorted sum min max repr print enumerate round any all json.dumps "
    "jsonable_encoder".split()
)
# Attributes that a coroutine does have; who reads one of them knows what he has.
OWN = frozenset("close send throw cr_await cr_code cr_frame cr_running cr_origin".split())

CONTAINERS = (cst.DictElement, cst.Element, cst.Dict, cst.List, cst.Tuple, cst.Set)


@dataclass(frozen=True)
class Use:
    """`kind` is discarded, tested, compared, attribute, item, operand, formatted, iterated, entered, argument, element,
    returned or bound; `detail` is the attribute, the callee, the name, or what else the kind speaks of."""

    kind: str
    node: cst.CSTNode
    detail: str = ""
    in_generator: bool = False


def use_of(node: cst.BaseExpression, ctx: RuleContext) -> Use | None:
    """What becomes of an expression; None if it is awaited, handed on, or kept by somebody."""
    child: cst.CSTNode = node
    in_generator = kept = False
    for parent in ctx.ancestors(node):
        kept = kept or isinstance(parent, CONTAINERS)
        if kept and not isinstance(parent, (*CONTAINERS, cst.Return)):
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
        return (
            Use("returned" if child is node else "element", node)
            if not isinstance(child, cst.Call) or child is node
            else False
        )
    if isinstance(parent, cst.Arg):
        return True
    if isinstance(parent, cst.Call):
        callee = parent.func
        name = value_of(callee).dotted
        direct = isinstance(child, cst.Arg) and child.value is node and not child.star
        return Use("argument", node, name) if direct and name is not None else False
    return isinstance(parent, CONTAINERS)


def operand(child: cst.CSTNode, parent: cst.BinaryOperation, node: cst.BaseExpression) -> Use | bool:
    """No operator takes a coroutine but ``%`` behind a string, which writes it out."""
    if not isinstance(parent.operator, cst.Modulo) or child is parent.left:
        return Use("operand", node)
    return isinstance(parent.left, (cst.SimpleString, cst.ConcatenatedString)) and Use("formatted", node)


def bound(child: cst.CSTNode, parent: cst.Assign | cst.AnnAssign, node: cst.BaseExpression) -> Use | bool:
    if child is not node or child is not parent.value:
        return False
    targets = [t.target for t in parent.targets] if isinstance(parent, cst.Assign) else [parent.target]
    if len(targets) != 1 or not isinstance(targets[0], cst.Name):
        return False
    name = targets[0].value
    return Use("discarded", node) if name == "_" else Use("bound", node, name)


def uses_of_name(name: str, call: cst.Call, ctx: RuleContext, returned_to_framework: bool = False) -> list[Use] | None:
    """The uses of a local name that holds a coroutine, in order; None if one of them may await it or hand it on.

    To return it hands it on, unless the function is called by a framework that does not await what it gets.
    """
    definition = ctx.tree.definition(call)
    function = ctx.enclosing_function(call)
    if not isinstance(definition, cst.FunctionDef) or function is None or name in function.globals:
        return None
    if (
        sum(s.kind in ("assign", "delete") and s.target is not None and s.target.name == name for s in function.flow)
        != 1
    ):
        return None
    if function.parameter(name) is not None:
        return None
    found: list[Use] = []
    for node in ctx.tree.nodes:
        if not isinstance(node, cst.Name) or node.value != name or definition not in ctx.ancestors(node):
            continue
        parent = ctx.parent(node)
        if isinstance(parent, (cst.AssignTarget, cst.AnnAssign)) or (
            isinstance(parent, (cst.Attribute, cst.Arg)) and node is not parent.value
        ):
            continue
        use = use_of(node, ctx)
        if ctx.tree.definition(node) is not definition or use is None:
            return None
        if use.kind in ("returned", "element") and not returned_to_framework:
            return None
        if use.kind == "bound" or (use.kind == "argument" and use.detail not in CONSUMERS):
            return None
        found.append(use)
    return sorted(found, key=lambda u: ctx.span(u.node).start)
