"""Where synchronous and asynchronous sessions are taken for each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apitfall.rule import FunctionFacts, Parameter, Place, ProjectIndex, Scope, Step, Value

from apitfall_rules.frameworks.serving import serves_requests
from apitfall_rules.frameworks.session_io import SENDING
from apitfall_rules.frameworks.sessions import (
    Session,
    around,
    dependency,
    handed,
    makes_only_async,
    of_type,
    session_of,
    sessions_of,
)

# What a session has and an asynchronous one has not; SQLModel's asynchronous one does have `exec`.
LACKING = frozenset("query bulk_save_objects bulk_insert_mappings bulk_update_mappings".split())
COROUTINES = frozenset(
    "execute scalars scalar get get_one commit rollback flush refresh merge delete close stream stream_scalars exec".split()
)
# What a function asks that takes sessions of both kinds.
GUARDS = frozenset("isinstance issubclass hasattr getattr type isawaitable iscoroutine iscoroutinefunction".split())


def lacks(session: Session, name: str, project: ProjectIndex) -> bool:
    """Whether an asynchronous session has no such method."""
    owners = project.mro(session.cls)
    if name == "exec":
        return "sqlmodel.ext.asyncio.session.AsyncSession" not in owners and project.method(session.cls, name) is None
    return name in LACKING and (":" not in session.cls or project.method(session.cls, name) is None)


def async_receiver(
    value: Value, function: FunctionFacts | None, scope: Scope, place: Place | None, project: ProjectIndex
) -> Session | None:
    """The asynchronous session that a value is, where the function does not take both kinds."""
    found = sessions_of(value, scope, place, project)
    if not found or not all(session.is_async for session in found) or (function is not None and asks(function, value)):
        return None
    return min(found, key=lambda session: session.cls)


def asks(function: FunctionFacts, value: Value) -> bool:
    """Whether a function looks at what a value is."""
    return any(
        step.kind == "call"
        and step.target is not None
        and step.target.name in GUARDS
        and any(given == value for _, given in step.args)
        for step in function.flow
    )


# Parameters


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A parameter that is annotated as one kind of session where its dependency gives the other kind."""

    said: Session
    real: Session
    dependency: str


def mismatch(annotation: Value | None, default: Value | None, scope: Scope, project: ProjectIndex) -> Mismatch | None:
    said = of_type(project.annotated(annotation, scope), project)
    call = dependency(annotation, default, scope, project) if len(said) == 1 else None
    real = session_of(call[0], call[1], None, project) if call is not None else None
    if call is None or real is None or (meant := next(iter(said))).is_async == real.is_async:
        return None
    return Mismatch(meant, real, call[0].args[0][1].name)


def mismatched(function: FunctionFacts, symbol: str, project: ProjectIndex) -> Iterator[tuple[Parameter, Mismatch]]:
    """The parameters of a function whose own annotation is of the other kind."""
    for parameter in function.parameters:
        if parameter.annotation is not None:
            found = mismatch(parameter.annotation, parameter.default, around(symbol, function), project)
            own = parameter.annotation.kind == "item" or parameter.default is not None
            if found is not None and own:
                yield parameter, found


def fails(function: FunctionFacts, name: str, is_async: bool) -> Step | None:
    """The first step that fails, or is lost, because a name holds an asynchronous session, or because it holds none."""
    for step in function.flow:
        target = step.target
        if step.kind != "call" or target is None or target.kind != "attribute" or target.of != Value("name", name):
            continue
        if is_async and (target.name in LACKING or (target.name in COROUTINES and step.use != "awaited")):
            return step
        if not is_async and target.name in COROUTINES and step.use == "awaited":
            return step
    return None


def helper_of_none(function: FunctionFacts, symbol: str, parameter: Parameter, project: ProjectIndex) -> bool:
    """Whether a function takes a synchronous session and sends statements with it, in a project that makes none."""
    if function.decorators or parameter.annotation is None:
        return False
    if not of_type(project.annotated(parameter.annotation, around(symbol, function)), project):
        return False
    if not sends(function, parameter.name):
        return False
    given = handed(f"{symbol}#{parameter.name}", project)
    if any(session.is_async or session.is_lent for session in given) or asks(function, Value("name", parameter.name)):
        return False
    if project.mentions(function.short_name) or not serves_requests(f"{symbol.partition(':')[0]}:", project):
        return False
    return makes_only_async(project)


def sends(function: FunctionFacts, name: str) -> bool:
    """Whether a function sends statements with the session that a parameter holds."""
    methods = SENDING["sqlalchemy.orm.Session"] | SENDING["sqlmodel.Session"] | {"query"}
    return any(
        step.kind == "call"
        and step.target is not None
        and step.target.of == Value("name", name)
        and step.target.name in methods
        for step in function.flow
    )
