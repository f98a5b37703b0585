"""Parameters that say whether a function does something at all."""

from __future__ import annotations

from collections.abc import Sequence

from apitfall.rule import FunctionFacts, Parameter, Step, Value

from apitfall_rules.frameworks.calls import is_constant, leaves_out

# Flags by whose name a function waits only where it is asked to. Of another, `verbose` or `force`, that is at its default
# it is not known which ``if`` tests it.
WAITING = frozenset(("block", "blocking", "wait", "wait_for_completion"))


def switches(at: Step, function: FunctionFacts) -> tuple[str, ...]:
    """The flags on which it may depend whether a function comes to a step.

    Facts do not tell what an ``if`` tests. A flag that the function gives to nothing can only be tested.
    """
    flags = [p.name for p in function.parameters if is_flag(p)]
    if not flags or not is_conditional(at, function):
        return ()
    given = {
        part.name
        for step in function.flow
        for value in (step.target, step.value, *(v for _, v in step.args))
        if value is not None
        for part in value.walk()
        if part.kind == "name"
    }
    return tuple(name for name in flags if name not in given)


def is_flag(parameter: Parameter) -> bool:
    default = parameter.default
    if default is not None and default.kind == "constant" and default.text in ("True", "False"):
        return True
    return parameter.annotation == Value("name", "bool")


def is_conditional(at: Step, function: FunctionFacts) -> bool:
    """Whether a step stands in an ``if``, or behind one that returns."""
    before = function.flow[: function.flow.index(at)]
    returns = [step for step in before if step.kind == "return"]
    return any(arm[0][:2] == "if" for step in (at, *returns) for arm in step.branch)


def is_switched_off(flags: Sequence[str], call: Value, function: FunctionFacts) -> bool:
    """Whether a call gives ``False`` for one of these, or does not ask a function to wait that waits where it is asked."""
    given = dict(call.args) if flags else {}
    return any(is_constant(given.get(flag), "False") or is_left_off(flag, call, function) for flag in flags)


def is_left_off(flag: str, call: Value, function: FunctionFacts) -> bool:
    parameter = function.parameter(flag) if flag in WAITING else None
    if parameter is None or not is_constant(parameter.default, "False"):
        return False
    return leaves_out(call.args, flag, function)
