"""Where coroutines may be lost: bodies in which something that may be one is made and not awaited, or awaited and none."""

from __future__ import annotations

from apitfall.rule import Place, ProjectIndex, Scope, Step, Value, summary

from apitfall_rules.frameworks.async_functions import PLAIN, is_coroutine, names_coroutine, never_awaitable
from apitfall_rules.frameworks.bodies import Moments, bodies_of, hides_call
from apitfall_rules.frameworks.coroutine_names import may_be_known
from apitfall_rules.frameworks.fastapi import answers_requests
from apitfall_rules.frameworks.local_names import ADDING
from apitfall_rules.frameworks.logging import is_log_call
from apitfall_rules.frameworks.session_io import SENDING
from apitfall_rules.frameworks.takers import CONSUMERS, TAKING, WRITING, is_of_data, takes_as_value

# What is done with a call that loses no coroutine: it is awaited, handed on, or fails as it did before.
KEEPING = frozenset("awaited called decorator yielded raised".split())
# What has no coroutine functions at all.
SYNCHRONOUS = PLAIN | SENDING.keys()
HOLDING = frozenset("list set tuple dict comprehension".split())
NEXT = ("call_next", "send", "receive")  # what a middleware is given to call


@summary(bottom=False)
def may_lose_coroutine(body: str, project: ProjectIndex) -> bool:
    for scope, flow in bodies_of(body, project):
        moments = Moments(flow)
        for step in flow:
            if step.kind == "call":
                if step.use not in KEEPING and loses_coroutine(step, moments, flow, scope, project):
                    return True
            elif step.kind == "await" and step.value is not None:
                known = project.type_of(step.value, scope, moments.of(step.value, step.place))
                if known is not None and never_awaitable(known, project):
                    return True
            elif hides_call(step):
                return True
    return False


def loses_coroutine(call: Step, moments: Moments, flow: tuple[Step, ...], scope: Scope, project: ProjectIndex) -> bool:
    """Whether a call may give a coroutine that nobody gets who awaits it."""
    if not may_give(call, scope, project) or (call.use == "returned" and hands_on(scope, project)):
        return False
    if call.use == "element" and not is_held(call, flow):
        return False
    if not gives_coroutine(call, moments.of(call.result, call.place), scope, project):
        return False
    return call.use != "argument" or not is_handed_on(call, flow, scope, project)


def is_held(call: Step, flow: tuple[Step, ...]) -> bool:
    """Whether something is returned, written out, or assigned to a name, that holds what a call gives: all else may await
    it."""
    return any(inner == call.result for step in flow for held in holding(step) for inner in held.walk())


def holding(step: Step) -> tuple[Value, ...]:
    if step.kind == "call" and step.target is not None and step.target.name in WRITING:
        return tuple(value for _, value in step.args)
    is_named = step.kind == "assign" and step.target is not None and step.target.kind == "name"
    is_held = step.value is not None and step.value.kind in HOLDING and (is_named or step.kind == "return")
    return (step.value,) if step.value is not None and is_held else ()


def may_give(call: Step, scope: Scope, project: ProjectIndex) -> bool:
    """Whether a call may give a coroutine by the names in it, of which most have no coroutine at all."""
    target = call.target
    if target is None:
        return False
    if may_be_known(target, scope, project) or is_next(call):
        return True
    return project.may_ask(scope.symbol) and names_coroutine(target.name, project)


def is_next(call: Step) -> bool:
    """Whether what a middleware is given is called, or handed on to what is called."""
    target = call.target
    if target is not None and target.kind == "name" and target.name == "call_next":
        return True
    return bool(call.args) and any(v.kind == "name" and v.name in NEXT for _, v in call.args)


def is_handed_on(call: Step, flow: tuple[Step, ...], scope: Scope, project: ProjectIndex) -> bool:
    """Whether a call, and each that is equal to it, is right inside one of what may await the coroutine that it gets."""
    equal = [step for step in flow if step.kind == "call" and step.use == "argument" and step.result == call.result]
    given = [
        (step, number)
        for step in flow
        if step.kind == "call"
        for number, (key, value) in enumerate(step.args)
        if value == call.result and key not in ("*", "**")
    ]
    return len(given) >= len(equal) and all(takes_coroutine(*one, scope, project) for one in given)


def takes_coroutine(taker: Step, number: int, scope: Scope, project: ProjectIndex) -> bool:
    """Whether what a call does with an argument is no mistake where that is a coroutine."""
    target = taker.target
    if target is None or target.dotted in CONSUMERS or target.name in TAKING | ADDING or is_log_call(target):
        return False
    symbol = project.symbol(target, scope, taker.place)
    if symbol is None:
        return target.kind in ("name", "attribute")
    if ":" not in symbol:
        return not is_of_data(symbol)
    position = None if any(key in ("*", "**") for key, _ in taker.args) else number
    return not takes_as_value(symbol, position, taker.args[number][0], project)


def hands_on(scope: Scope, project: ProjectIndex) -> bool:
    """Whether what a body returns may be awaited by its caller: of a plain function that answers no requests."""
    function = project.signature(scope.symbol) if scope.function else None
    return function is not None and not function.is_async and not answers_requests(scope.symbol, project)


def gives_coroutine(step: Step, place: Place | None, scope: Scope, project: ProjectIndex) -> bool:
    """Whether a call may give a coroutine; jedi may know it where facts do not, if the name is a coroutine function's."""
    target = step.target
    if target is None:
        return False
    if is_next(step):
        return True
    known = project.type_of(step.result, scope, place)
    if (
        known is not None
        or not project.may_ask(scope.symbol)
        or not names_coroutine(target.name, project)
        or is_of_synchronous(target, scope, place, project)
    ):
        return is_coroutine(known)
    symbol = project.symbol(target, scope, place)
    function = project.function(symbol) if symbol is not None else None
    return symbol is None or function is None or project.runs_body(symbol)


def is_of_synchronous(target: Value, scope: Scope, place: Place | None, project: ProjectIndex) -> bool:
    """Whether a method is one of an object that is known to have no coroutine functions."""
    receiver = (
        project.type_of(target.of, scope, place) if target.kind == "attribute" and target.of is not None else None
    )
    return receiver is not None and all(member.name in SYNCHRONOUS for member in receiver.members)
