"""Bodies in which sessions of the two kinds may be taken for each other."""

from __future__ import annotations

from collections.abc import Iterator

from apitfall.rule import FunctionFacts, ProjectIndex, Scope, Step, Value, summary

from apitfall_rules.frameworks.bodies import Moments, bodies_of
from apitfall_rules.frameworks.session_managers import entered
from apitfall_rules.frameworks.session_mixtures import (
    COROUTINES,
    LACKING,
    async_receiver,
    helper_of_none,
    lacks,
    mismatch,
)
from apitfall_rules.frameworks.sessions import around, of_type, uses_sessions

METHODS = LACKING | COROUTINES


def may_mix(body: str, project: ProjectIndex) -> bool:
    """Whether a body uses sessions of one kind as the other, or declares one where there is the other."""
    return uses_sessions(project) and mixes_sessions(body, project)


@summary(bottom=False)
def mixes_sessions(body: str, project: ProjectIndex) -> bool:
    """The same in a project that has some."""
    function = project.function(body)
    if function is not None and (has_mismatch(body, function, project) or says_mismatch(body, function, project)):
        return True
    for scope, flow in bodies_of(body, project):
        moments = Moments(flow)
        if enters_name(flow) or any(mixes(step, moments, function, scope, project) for step in flow):
            return True
        if has_annotated(f"{scope.module}:", project) and any(aliases_mismatch(step, scope, project) for step in flow):
            return True
    return False


def mixes(
    step: Step,
    moments: Moments,
    function: FunctionFacts | None,
    scope: Scope,
    project: ProjectIndex,
) -> bool:
    target = step.target
    if step.use == "entered" and target is not None and enters_other(step, moments, scope, project):
        return True
    if step.kind == "call" and target is not None and target.name in METHODS and target.of is not None:
        place = moments.of(target.of, step.place)
        session = async_receiver(target.of, function, scope, place, project)
        awaited = step.use == "awaited"
        if session is not None and (lacks(session, target.name, project) or not awaited):
            return True
    return False


def aliases_mismatch(step: Step, scope: Scope, project: ProjectIndex) -> bool:
    """Whether a step says of a session in an ``Annotated`` that it is of the other kind."""
    values = (*(v for _, v in step.args), *((step.value,) if step.value is not None else ()))
    return any(mismatch(note, None, scope, project) is not None for v in values for note in aliases_in(v))


def enters_other(step: Step, moments: Moments, scope: Scope, project: ProjectIndex) -> bool:
    target = step.target
    if target is None:
        return False
    place, value = moments.of(target, step.place), step.result if step.kind == "call" else target
    symbol = project.symbol(target, scope, place) if step.kind == "call" else None
    found = entered(value, symbol, scope, moments.of(value, step.place), project)
    return found is not None and found[1] != is_async_with(step)


def is_async_with(step: Step) -> bool:
    return bool(step.branch) and step.branch[-1][0].startswith("async")


def enters_name(flow: tuple[Step, ...]) -> bool:
    """Whether some `with` enters a plain name, of which there is no step."""
    inside = {name for step in flow for name, _ in step.branch if name.startswith(("with", "async with"))}
    return not inside <= {step.branch[-1][0] for step in flow if step.use == "entered" and step.branch}


def has_mismatch(symbol: str, function: FunctionFacts, project: ProjectIndex) -> bool:
    """Whether a parameter is annotated as one kind of session and given the other."""
    for name in session_parameters(symbol, project):
        parameter = function.parameter(name)
        if parameter is None:
            continue
        if parameter.default is None:
            if helper_of_none(function, symbol, parameter, project):
                return True
        elif mismatch(parameter.annotation, parameter.default, around(symbol, function), project) is not None:
            return True
    return False


@summary(bottom=frozenset())
def session_parameters(symbol: str, project: ProjectIndex) -> frozenset[str]:
    """The parameters of a function that are annotated as sessions."""
    function = project.signature(symbol)
    if function is None:
        return frozenset()
    scope = around(symbol, function)
    annotated = [p for p in function.parameters if p.annotation is not None]
    return frozenset(p.name for p in annotated if of_type(project.annotated(p.annotation, scope), project))


@summary(bottom=False)
def has_annotated(module: str, project: ProjectIndex) -> bool:
    """Whether a module imports ``Annotated``, or may."""
    facts = project.facts(module.removesuffix(":"))
    functions = (project.signature(f"{module}{name}") for name in facts.functions)
    imports = [*facts.imports.values(), *(i for f in functions if f is not None for i in f.imports.values())]
    return bool(facts.stars) or any(
        i.name == "Annotated" or (not i.name and i.module.startswith("typing")) for i in imports
    )


def says_mismatch(symbol: str, function: FunctionFacts, project: ProjectIndex) -> bool:
    """Whether an annotation of the signature has an ``Annotated`` with the wrong kind of session in it."""
    if not has_annotated(f"{symbol.partition(':')[0]}:", project):
        return False
    notes = [p.annotation for p in function.parameters]
    scope = around(symbol, function)
    return any(
        mismatch(alias, None, scope, project) is not None
        for note in (*notes, function.returns)
        if note is not None
        for alias in aliases_in(note)
    )


def aliases_in(value: Value) -> Iterator[Value]:
    """The ``Annotated[…]`` in a value."""
    return (one for one in value.walk() if one.kind == "item" and one.of is not None and one.of.name == "Annotated")
