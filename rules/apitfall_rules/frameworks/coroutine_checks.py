"""Where code asks, before it awaits or not, which of the two is right."""

from __future__ import annotations

import libcst as cst
from apitfall.rule import FunctionFacts, RuleContext

ASKING = frozenset("iscoroutinefunction isawaitable iscoroutine is_async_callable".split())


def asks_first(node: cst.BaseExpression, ctx: RuleContext) -> bool:
    """Whether a function around asks if what is called here is a coroutine function, or if what is here can be awaited.

    Then one branch is for each answer, and a type tells of one of them only.
    """
    value = ctx.value(node)
    function: FunctionFacts | None = ctx.enclosing_function(node)
    while function is not None:
        for step in function.flow:
            asks = step.kind == "call" and step.target is not None and step.target.name in ASKING
            if asks and any(asked in (value, value.of) for _, asked in step.args):
                return True
        function = ctx.facts.functions.get(function.name.rpartition(".")[0])
    return False
