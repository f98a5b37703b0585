"""Parameters that say whether a function does something at all."""

from __future__ import annotations

from collections.abc import Iterable

from apitfall.rule import FunctionFacts, Parameter, Step, Value

from apitfall_rules.frameworks.calls import is_constant


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


def is_switched_off(flags: Iterable[str], call: Value) -> bool:
    """Whether a call gives ``False`` for one of these."""
    return any(key in flags and is_constant(value, "False") for key, value in call.args)
