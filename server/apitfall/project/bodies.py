"""What the bodies of a module are, and what one holds that others look for by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from apitfall.facts import FunctionFacts, ModuleFacts, Step, Value
from apitfall.project.scope import Scope


def bodies(module: str, facts: ModuleFacts | None) -> dict[Scope, None]:
    """The bodies of a module: its own, and those of its classes and functions."""
    if facts is None:
        return {}
    scopes = [Scope(module), *(Scope(module, "", name) for name in facts.classes)]
    return dict.fromkeys([*scopes, *(Scope(module, name) for name in facts.functions)])


def calls_in(scope: Scope, flow: Iterable[Step]) -> Mapping[str, tuple[tuple[Scope, Step], ...]]:
    """The calls of a body by the last name of what they call."""
    calls: defaultdict[str, list[tuple[Scope, Step]]] = defaultdict(list)
    for step in flow:
        if step.kind == "call" and step.target is not None and step.target.name:
            calls[step.target.name].append((scope, step))
    return {name: tuple(steps) for name, steps in calls.items()}


def mentions(flow: Iterable[Step], function: FunctionFacts | None) -> Mapping[str, int]:
    """How often names stand in a body, and in the signature of a function, other than as what is called."""
    counts: defaultdict[str, int] = defaultdict(int)

    def count(value: Value | None, called: bool = False) -> None:
        if value is None:
            return
        if value.kind in ("name", "attribute") and not called:
            counts[value.name] += 1
        for inner in (v for _, v in value.args):
            count(inner)
        count(value.of, value.kind == "call")

    for step in flow:
        count(step.target, step.kind in ("call", "assign"))
        count(step.value)
        for _, value in step.args:
            count(value)
    for value in function.decorators if function is not None else ():
        count(value)
    for parameter in function.parameters if function is not None else ():
        count(parameter.default)
        count(parameter.annotation)
    return counts
