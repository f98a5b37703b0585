"""What the bodies of a module are, and what one holds that others look for by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from apitfall.facts import FunctionFacts, ModuleFacts, Step, Value
from apitfall.project.answers import Answers
from apitfall.project.modules import differing
from apitfall.project.scope import Scope


def bodies_in_one(module: str, one: ModuleFacts | None, other: ModuleFacts | None) -> list[Scope]:
    """The bodies of a module, its own and those of its classes and functions, that are in one state of it alone."""
    if one is None:
        return []
    classes, functions = one.classes.keys(), one.functions.keys()
    if other is not None:
        classes, functions = classes - other.classes.keys(), functions - other.functions.keys()
    scopes = [*(Scope(module, "", name) for name in classes), *(Scope(module, name) for name in functions)]
    return scopes if other is not None else [Scope(module), *scopes]


class Calls:
    """The calls of each body by the last name of what they call; what is asked of a name rests on the calls of that."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._known: dict[Scope, tuple[tuple[Step, ...], Mapping[str, tuple[Step, ...]]]] = {}

    def named(self, scope: Scope, flow: tuple[Step, ...], name: str) -> tuple[Step, ...]:
        """Those of a name, in a body that does `flow`."""
        self._answers.read(("calls in", scope.module, scope.owner, scope.function, name))
        return self.all(scope, flow).get(name, ())

    def all(self, scope: Scope, flow: tuple[Step, ...]) -> Mapping[str, tuple[Step, ...]]:
        known = self._known.get(scope)
        if known is None or known[0] is not flow:
            calls: dict[str, list[Step]] = {}
            for step in flow:
                if step.kind == "call" and step.target is not None and step.target.name:
                    calls.setdefault(step.target.name, []).append(step)
            known = self._known[scope] = flow, {name: tuple(steps) for name, steps in calls.items()}
        return known[1]

    def forget(self, scopes: Iterable[Scope]) -> None:
        """Bodies are gone."""
        for scope in scopes:
            self._known.pop(scope, None)


class Mentions:
    """How often names stand in each body, and in the signature of a function, other than as what is called."""

    def __init__(self) -> None:
        self._known: dict[Scope, tuple[object, tuple[Step, ...], Mapping[str, int]]] = {}

    def of(self, scope: Scope, flow: tuple[Step, ...], function: FunctionFacts | None) -> Mapping[str, int]:
        """Those of a body; of one that was asked for before only the steps that are another are counted."""
        known = self._known.get(scope)
        head = (function, function.parameters, function.decorators) if function is not None else None
        if known is not None and known[0] == head:
            one, other = differing(known[1], flow)
            counts = {**known[2]}
            for name, count in mentions(one, None).items():
                counts[name] -= count
                if not counts[name]:
                    del counts[name]
            for name, count in mentions(other, None).items():
                counts[name] = counts.get(name, 0) + count
        else:
            counts = mentions(flow, function)
        self._known[scope] = head, flow, counts
        return counts

    def forget(self, scopes: Iterable[Scope]) -> None:
        """Bodies are gone."""
        for scope in scopes:
            self._known.pop(scope, None)


def assigned_to_self(scope: Scope, function: FunctionFacts) -> Mapping[tuple[str, str], tuple[tuple[Scope, Step], ...]]:
    """The assignments of a method to attributes of its first parameter, by the class and the attribute's name."""
    found: defaultdict[tuple[str, str], list[tuple[Scope, Step]]] = defaultdict(list)
    first = function.receiver
    receiver = Value("name", first.name) if first is not None else None
    for step in function.flow:
        target = step.target
        if step.kind == "assign" and target is not None and target.kind == "attribute" and target.of == receiver:
            found[f"{scope.module}:{function.owner}", target.name].append((scope, step))
    return {key: tuple(steps) for key, steps in found.items()}


def assigned_to_globals(
    scope: Scope, function: FunctionFacts
) -> Mapping[tuple[str, str], tuple[tuple[Scope, Step], ...]]:
    """The assignments of a function to names that it declares ``global``, by the module and the name; in a function within
    another they may be ``nonlocal``, and do not count."""
    found: defaultdict[tuple[str, str], list[tuple[Scope, Step]]] = defaultdict(list)
    for step in function.flow if function.name.rpartition(".")[0] == function.owner else ():
        target = step.target
        if step.kind == "assign" and target is not None and target.kind == "name" and target.name in function.globals:
            found[scope.module, target.name].append((scope, step))
    return {key: tuple(steps) for key, steps in found.items()}


def mentions(flow: Iterable[Step], function: FunctionFacts | None) -> Mapping[str, int]:
    """How often names stand in a body, and in the signature of a function, other than as what is called."""
    counts: defaultdict[str, int] = defaultdict(int)
    waiting: list[Value] = []
    called: list[Value] = []
    for step in flow:
        if step.target is not None:
            (called if step.kind in ("call", "assign") else waiting).append(step.target)
        if step.value is not None:
            waiting.append(step.value)
        for _, value in step.args:
            waiting.append(value)
    if function is not None:
        waiting += function.decorators
        for parameter in function.parameters:
            waiting += [value for value in (parameter.default, parameter.annotation) if value is not None]
    while waiting or called:
        if called:
            value = called.pop()
        else:
            value = waiting.pop()
            if value.kind in ("name", "attribute"):
                counts[value.name] += 1
        for _, inner in value.args:
            waiting.append(inner)
        if value.of is not None:
            (called if value.kind == "call" else waiting).append(value.of)
    return counts
