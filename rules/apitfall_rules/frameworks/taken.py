"""What is done with the result of a call, where the call itself does nothing yet: an iterator or a generator function's
result that is worked through, a context manager that is entered."""

from __future__ import annotations

import libcst as cst
from apitfall.rule import FunctionFacts, RuleContext, Step, Value

# What goes through all of an iterator that it is given, or through some of it.
CONSUMERS = frozenset("all any dict frozenset list max min next set sorted sum tuple".split())
# What does so when it is gone through itself.
LAZY = frozenset("enumerate filter map zip".split())

ITERATED, ENTERED = "iterated", "entered"


def taken_in(step: Step, function: FunctionFacts) -> str:
    """`ITERATED` or `ENTERED`, where a function does one of these with the result of a call; else empty."""
    if step.use == ENTERED:
        return "" if step.branch[-1][0].startswith("async") else ENTERED
    is_given = step.use == "argument" and any(goes_through(other, step.result) for other in function.flow)
    if step.use == ITERATED or is_given or (step.use == "bound" and is_gone_through_by_name(step.result, function)):
        return ITERATED
    return ""


def taken_at(call: cst.Call, ctx: RuleContext) -> str:
    """The same of a call where it stands."""
    parent = ctx.parent(call)
    around = ctx.parent(parent) if parent is not None else None
    if isinstance(parent, cst.WithItem):
        return ENTERED if isinstance(around, cst.With) and around.asynchronous is None else ""
    if isinstance(parent, (cst.For, cst.CompFor)):
        return ITERATED if parent.iter is call else ""
    if isinstance(parent, cst.Arg):
        name = ctx.value(around.func).dotted if isinstance(around, cst.Call) else None
        if isinstance(around, cst.Call) and name in LAZY:
            return taken_at(around, ctx)
        return ITERATED if name in CONSUMERS else ""
    function = ctx.enclosing_function(call) if isinstance(parent, (cst.Assign, cst.AnnAssign)) else None
    return ITERATED if function is not None and is_gone_through_by_name(ctx.value(call), function) else ""


def is_gone_through_by_name(result: Value, function: FunctionFacts) -> bool:
    """Whether a function iterates the name that it gives the result of a call, and gives to nothing else."""
    names = [s.target for s in function.flow if s.kind == "assign" and s.value == result]
    for name in names:
        assigned = [s for s in function.flow if s.kind == "assign" and s.target == name]
        if name is None or name.kind != "name" or len(assigned) > 1 or function.parameter(name.name) is not None:
            continue
        if any(goes_through(step, name) for step in function.flow):
            return True
    return False


def goes_through(step: Step, value: Value) -> bool:
    if step.kind == "assign":
        return step.value is not None and step.value.kind == "iterate" and step.value.of == value
    called = step.target.dotted if step.kind == "call" and step.target is not None else None
    if called not in CONSUMERS and not (called in LAZY and step.use == ITERATED):
        return False
    return any(given == value for _, given in step.args)
