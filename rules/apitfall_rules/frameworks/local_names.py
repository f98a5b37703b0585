"""What a function does with a local name that holds a coroutine, or something with coroutines in it."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import RuleContext, Value, value_of

from apitfall_rules.frameworks.takers import (
    ASKERS,
    TAKERS,
    argument_of,
    may_be_awaited,
    shows_only,
    takes_value,
)
from apitfall_rules.frameworks.uses import CONTAINERS, Use, is_head, use_of


def uses_of_name(
    name: str, call: cst.Call, ctx: RuleContext, is_lost: bool = False, is_mixed: bool = False
) -> list[Use] | None:
    """The uses of a local name that holds a coroutine, in order; None if one of them may await it or hand it on.

    To return it hands it on, unless it `is_lost` then, for nobody awaits what is returned. A name that `is_mixed` holds
    data otherwise, which whom it is handed to cannot await. Where one use fails with a coroutine for certain, the others
    that do not await it say nothing else.
    """
    definition = ctx.enclosing_definition(call)
    function = ctx.enclosing_function(call)
    if not isinstance(definition, cst.FunctionDef) or function is None or name in function.globals:
        return None
    found: list[Use] = []
    handed_on = False
    for node in reads(name, call, definition, ctx):
        use = use_of(node, ctx)
        if ctx.enclosing_definition(node) is not definition or is_awaited(node, ctx):
            return None
        if use is not None and says_something(use, is_lost, ctx):
            found.append(use)
        elif is_mixed and is_given(node, ctx):
            found.append(Use("argument", node))
        else:
            handed_on = True
    if handed_on and not any(is_failing(use, ctx) for use in found):
        return None
    return sorted(found, key=lambda u: ctx.span(u.node).start)


def says_something(use: Use, is_lost: bool, ctx: RuleContext) -> bool:
    """Whether nobody can await a coroutine by a use of it."""
    if use.kind in ("bound", "held", "stored"):
        return False
    if use.kind in ("returned", "element"):
        return is_lost
    return use.kind != "argument" or takes_value(use.node, ctx)


def is_given(node: cst.Name, ctx: RuleContext) -> bool:
    """Whether a name is given to a call that is itself not awaited, and of a function that does not await it, if known."""
    found = argument_of(node, ctx)
    if found is None or found[0].star or isinstance(ctx.parent(found[1]), cst.Await):
        return False
    return not may_be_awaited(node, ctx)


# What fails with a coroutine, whatever else is done with it.
FAILING = frozenset("attribute item operand iterated unpacked entered argument".split())


def is_failing(use: Use, ctx: RuleContext) -> bool:
    return use.kind in FAILING and not (use.kind == "argument" and shows_only(use.node, ctx))


def reads(name: str, call: cst.Call, definition: cst.FunctionDef, ctx: RuleContext) -> Iterator[cst.Name]:
    """Where a name is read, as far as what the assignment of a call bound it to may reach."""
    bindings: list[cst.Name] = []
    others: list[cst.Name] = []
    for node in names(name, definition, ctx):
        parent = ctx.parent(node)
        if isinstance(parent, (cst.AssignTarget, cst.AnnAssign)) and node is not getattr(parent, "value", None):
            bindings.append(node)
        else:
            others.append(node)
    if len(bindings) < 2:
        yield from others
        return
    value = ctx.value(call)
    yield from (node for node in others if any(may_be(found, value) for found in ctx.values(node)))


def may_be(value: Value, one: Value) -> bool:
    """Whether a value is another, or a choice of which that is an arm."""
    return value == one or (value.kind == "choice" and any(may_be(arm, one) for _, arm in value.args))


OPERATIONS = (cst.BinaryOperation, cst.UnaryOperation, cst.Comparison, cst.FormattedStringExpression)


def is_awaited(node: cst.CSTNode, ctx: RuleContext) -> bool:
    """Whether an expression is awaited, itself or in what it stands in, or given to what awaits it or asks what it is.

    An operand, or what an attribute is taken of, is not handed on; what is done with an argument its callee decides.
    """
    child = node
    is_argument = False
    for parent in ctx.ancestors(node):
        if isinstance(parent, cst.Await):
            return not is_argument
        if isinstance(parent, OPERATIONS) or (is_head(child, parent) and not isinstance(parent, cst.Call)):
            return False
        child = parent
        if isinstance(parent, cst.Call):
            is_argument = True
            if value_of(parent.func).name in TAKERS | ASKERS:
                return True
        if isinstance(parent, cst.BaseStatement):
            return False
    return False


def awaits_name(name: str, call: cst.Call, ctx: RuleContext) -> bool:
    """Whether what a local name is bound to is awaited anywhere in the function around a call."""
    definition = ctx.enclosing_definition(call)
    if not isinstance(definition, cst.FunctionDef):
        return True
    return any(is_awaited(node, ctx) for node in names(name, definition, ctx))


# Names of lists, sets and dicts that coroutines are put into

ADDING = frozenset("append appendleft add insert".split())
FILLING = ADDING | frozenset("extend update setdefault sort reverse".split())
EMPTY = frozenset("list set dict deque defaultdict".split())


def added_to(call: cst.Call, ctx: RuleContext) -> str | None:
    """The local name of the list or set that the result of a call is added to."""
    found = argument_of(call, ctx)
    func = found[1].func if found is not None else None
    if not isinstance(func, cst.Attribute) or not isinstance(func.value, cst.Name):
        return None
    return func.value.value if func.attr.value in ADDING else None


def loses_elements(name: str, call: cst.Call, ctx: RuleContext, is_lost: bool) -> bool:
    """Whether nobody awaits what is put into what a local name is bound to: it `is_lost` when that is returned, and
    nothing else is done with it but to fill it, and to look how much it holds."""
    definition, function = ctx.enclosing_definition(call), ctx.enclosing_function(call)
    if not isinstance(definition, cst.FunctionDef) or function is None or name in function.globals or not is_lost:
        return False
    if function.parameter(name) is not None:
        return False
    is_made = is_returned = False
    for node in names(name, definition, ctx):
        parent = ctx.parent(node)
        if ctx.enclosing_definition(node) is not definition:
            return False
        if isinstance(parent, (cst.AssignTarget, cst.AnnAssign)) and node is not getattr(parent, "value", None):
            assigned = parent if isinstance(parent, cst.AnnAssign) else ctx.parent(parent)
            if not is_container(getattr(assigned, "value", None)):
                return False
            is_made = True
            continue
        if is_filled(node, parent, ctx):
            continue
        use = use_of(node, ctx)
        if use is None or not (
            use.kind in ("tested", "compared", "formatted", "returned", "element")
            or (use.kind == "argument" and (use.detail == "len" or shows_only(node, ctx)))
        ):
            return False
        is_returned = is_returned or use.kind in ("returned", "element")
    return is_made and is_returned


def is_container(value: cst.CSTNode | None) -> bool:
    """Whether an expression makes a list, a set or a dict."""
    if isinstance(value, cst.Call):
        return isinstance(value.func, cst.Name) and value.func.value in EMPTY
    return isinstance(value, CONTAINERS)


def is_filled(node: cst.Name, parent: cst.CSTNode | None, ctx: RuleContext) -> bool:
    """Whether something is put into what a name stands for."""
    if isinstance(parent, cst.Subscript):
        return parent.value is node and isinstance(ctx.parent(parent), cst.AssignTarget)
    return isinstance(parent, cst.Attribute) and parent.attr.value in FILLING


def names(name: str, definition: cst.FunctionDef, ctx: RuleContext) -> Iterator[cst.Name]:
    """Where a name stands in a function, attributes and keywords of that name left out."""
    for node in ctx.whole(definition):
        if isinstance(node, cst.Name) and node.value == name:
            parent = ctx.parent(node)
            if not (isinstance(parent, (cst.Attribute, cst.Arg)) and node is not parent.value):
                yield node
