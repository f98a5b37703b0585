"""Which session a value is: one of SQLAlchemy or SQLModel, synchronous or asynchronous, when the code runs.

An annotation says what a parameter is meant to be; what a dependency yields and what callers hand over is what it is,
and where that is known it counts. A variable's name never does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apitfall.rule import (
    FunctionFacts,
    Parameter,
    Place,
    ProjectIndex,
    Scope,
    Step,
    Type,
    Value,
    collect_calls,
    summary,
)

from apitfall_rules.frameworks.bodies import is_imported
from apitfall_rules.frameworks.session_io import NAMES, QUERIES

SYNC, ASYNC, QUERY = "sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio.AsyncSession", "sqlalchemy.orm.Query"
SCOPED = frozenset({"sqlalchemy.orm.scoped_session", "sqlalchemy.ext.asyncio.async_scoped_session"})
LIBRARIES = ("sqlalchemy", "sqlmodel")
FOLLOWED = 6  # assignments from which a value is traced back to its session


@dataclass(frozen=True, slots=True)
class Session:
    """A class of sessions, by its symbol: the library's, or a subclass of the project.

    `is_lent` says that it is the synchronous one inside an asynchronous one, which ``run_sync`` gives to a function.
    """

    cls: str
    is_async: bool
    is_scoped: bool = False
    is_lent: bool = False

    @property
    def name(self) -> str:
        return self.cls.rpartition(":")[2].rpartition(".")[2]


FACTORIES = frozenset(
    """
    sessionmaker async_sessionmaker scoped_session async_scoped_session create_engine create_async_engine Session
    AsyncSession
    """.split()
)
# What calls a function that it is given, with the number of the arguments before it.
CALLERS = {"add_task": 0, "run_in_threadpool": 0, "to_thread": 0, "run_sync": 0, "submit": 0, "run_in_executor": 1}
GIVEN = Value("other", "session")  # the synchronous session that ``AsyncSession.run_sync`` gives to its function

Sessions = frozenset[Session]
NONE_KNOWN: Sessions = frozenset()


def uses_sessions(project: ProjectIndex) -> bool:
    """Whether a project imports what has sessions; else it has none."""
    return any(is_imported(name, project) for name in LIBRARIES)


def session_of(value: Value, scope: Scope, place: Place | None, project: ProjectIndex) -> Session | None:
    """The session that a value is, None if it is none, or not known to be only one."""
    found = sessions_of(value, scope, place, project)
    return next(iter(found)) if len(found) == 1 else None


def of_type(known: Type | None, project: ProjectIndex) -> Sessions:
    """The sessions among the members of a type."""
    found: set[Session] = set()
    for member in known.members if known is not None else ():
        owners = project.mro(member.name) if ":" in member.name or member.name.startswith("sql") else ()
        if SYNC in owners or ASYNC in owners:
            found.add(Session(member.name, ASYNC in owners, not SCOPED.isdisjoint(owners)))
    return frozenset(found)


def sessions_of(value: Value, scope: Scope, place: Place | None, project: ProjectIndex) -> Sessions:
    """The sessions that a value can be when the code runs; empty if it is none, or nothing tells.

    What an annotation says is believed where nothing flows to it that is known.
    """
    return flowing(value, scope, place, project) or of_type(project.type_of(value, scope, place), project)


def flowing(
    value: Value, scope: Scope, place: Place | None, project: ProjectIndex, followed: int = FOLLOWED
) -> Sessions:
    """The same without the annotations of parameters and attributes that something flows to.

    Around a cycle of calls an answer may only grow, and an annotation would have to be taken back.
    """
    found = NONE_KNOWN
    if value.kind == "name":
        local = of_name(value, scope, place, project, followed)
        if local is not None:
            return local
    elif value.kind == "attribute" and value.of is not None:
        owner = project.type_of(value.of, scope, place)
        if owner is not None and ":" in owner.name:
            return kept(f"{owner.name}#{value.name}", project)
    elif value.kind == "choice":
        parts = (flowing(part, scope, place, project, followed) for _, part in value.args)
        return frozenset(session for part in parts for session in part)
    elif value.kind == "call" and value.of in (Value("name", "next"), Value("name", "anext")) and value.args:
        given = project.type_of(value.args[0][1], scope, place)
        found = of_type(given.args[0] if given is not None and given.args else None, project)
    elif value.kind == "await" and value.of is not None and value.of.of == Value("name", "anext"):
        found = flowing(value.of, scope, place, project, followed)
    return found or of_type(project.type_of(value, scope, place), project)


def of_name(value: Value, scope: Scope, place: Place | None, project: ProjectIndex, followed: int) -> Sessions | None:
    """What a parameter or a local name of this function, or of one around it, can hold; None if it is neither."""
    function = scope.function
    while function and followed:
        facts = project.function(f"{scope.module}:{function}")
        inner = Scope(scope.module, function)
        assigned = project.reaching(value, inner, place if inner == scope else None) if facts is not None else ()
        parameter = facts.parameter(value.name) if facts is not None else None
        if parameter is not None or assigned:
            found = given(f"{inner.symbol}#{value.name}", project) if parameter is not None else NONE_KNOWN
            for one in assigned:
                if value not in one.walk():
                    found |= flowing(one, inner, None, project, followed - 1)
            return found
        function = function.rpartition(".")[0]
    return None


def handed(subject: str, project: ProjectIndex) -> Sessions:
    """The sessions that a parameter, ``module:function#name``, is given; where nothing tells, what its annotation says."""
    return given(subject, project) or meant_by(subject, project) or NONE_KNOWN


def meant_by(subject: str, project: ProjectIndex) -> Sessions | None:
    """The sessions that a parameter's annotation says; None for one that is something else."""
    symbol, _, name = subject.partition("#")
    function = project.signature(symbol)
    parameter = function.parameter(name) if function is not None else None
    if function is None or parameter is None or (is_bound(function) and parameter is function.receiver):
        return None
    said = project.annotated(parameter.annotation, around(symbol, function))
    meant = of_type(said, project)
    return None if said is not None and not meant else meant


@summary(bottom=NONE_KNOWN)
def given(subject: str, project: ProjectIndex) -> Sessions:
    """The sessions that a parameter is given, by its dependency and by the function's callers, tests left out; what its
    annotation says, where nothing gives it anything."""
    symbol, _, name = subject.partition("#")
    function, meant = project.signature(symbol), meant_by(subject, project)
    parameter = function.parameter(name) if function is not None else None
    if function is None or parameter is None or meant is None:
        return NONE_KNOWN
    real = of_type(depends(parameter.annotation, parameter.default, around(symbol, function), project), project)
    is_given = bool(real)
    for where, step in (*calls_of(symbol, function, project), *passed_on(project).get(symbol, ())):
        argument = argument_for(parameter, function, step)
        if argument is None or project.is_test(where.partition(":")[0]):
            continue
        is_given = True
        if argument == GIVEN:
            real |= {Session(SYNC, is_async=False, is_lent=True)}
        else:
            real |= flowing(argument, project.scope_of(where), step.place, project)
    return real if is_given else meant


@summary(bottom=NONE_KNOWN)
def kept(subject: str, project: ProjectIndex) -> Sessions:
    """The sessions that an attribute of a class's instances, ``module:Class#name``, is set to."""
    cls, _, name = subject.partition("#")
    found = NONE_KNOWN
    for owner in project.mro(cls):
        assigned = project.assigned_to_self(owner, name)
        for inside, step in assigned:
            if step.value is not None:
                found |= flowing(step.value, inside, step.place, project)
        facts = project.cls(owner) if ":" in owner else None
        declared = facts.variables.get(name, ()) if facts is not None else ()
        for variable in declared:
            scope = Scope(owner.partition(":")[0], "", owner.partition(":")[2])
            found |= of_type(depends(variable.annotation, variable.value, scope, project), project)
        if assigned or declared:
            return found
    return found


# What is handed to a parameter


def around(symbol: str, function: FunctionFacts) -> Scope:
    """Where the names of a function's signature are looked up."""
    return Scope(symbol.partition(":")[0], "" if function.owner else function.name.rpartition(".")[0], function.owner)


def depends(annotation: Value | None, default: Value | None, scope: Scope, project: ProjectIndex) -> Type | None:
    """What the dependency gives that a parameter declares, by its default or in ``Annotated``."""
    call = dependency(annotation, default, scope, project)
    return project.type_of(call[0], call[1], None) if call is not None else None


def dependency(
    annotation: Value | None, default: Value | None, scope: Scope, project: ProjectIndex
) -> tuple[Value, Scope] | None:
    """The call of ``Depends`` that a parameter declares, with the scope that its names are looked up in."""
    if default is not None and is_depends(default):
        return default, scope
    if annotation is None:
        return None
    if annotation.kind == "item":
        found = next((v for _, v in annotation.args if is_depends(v)), None)
        return (found, scope) if found is not None else None
    symbol = project.symbol(annotation, scope) if annotation.dotted is not None else None
    module, colon, name = (symbol or "").partition(":")
    assigned = project.facts(module).variables.get(name, ()) if colon else ()
    if len(assigned) == 1 and assigned[0].value is not None and assigned[0].value.kind == "item":
        return dependency(assigned[0].value, None, Scope(module), project)
    return None


def is_depends(value: Value) -> bool:
    return (
        value.kind == "call" and value.of is not None and value.of.name in ("Depends", "Security") and bool(value.args)
    )


def is_bound(function: FunctionFacts) -> bool:
    """Whether the first parameter is the instance or the class, which no call gives."""
    return bool(function.owner) and not any(d.name == "staticmethod" for d in function.decorators)


def calls_of(symbol: str, function: FunctionFacts, project: ProjectIndex) -> Iterator[tuple[str, Step]]:
    """The calls that run a function: of a constructor, those of its class and of the subclasses that inherit it."""
    if function.short_name != "__init__":
        yield from project.callers(symbol)
        return
    owner = symbol.rpartition(".")[0]
    for cls in (owner, *project.subclasses(owner)):
        if project.method(cls, "__init__") == symbol:
            yield from project.callers(cls)
    for cls in project.subclasses(owner):  # ``super().__init__(db)``
        yield from (call for call in project.callers(symbol) if call[0].startswith(f"{cls}."))


@collect_calls(*CALLERS)
def passed_on(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, tuple[str, Step]]]:
    """The functions that are given to something which calls them with the arguments behind, each with such a call."""
    calls = ((name, before, step) for name, before in CALLERS.items() for step in project.calls_in(scope, name))
    for name, before, step in calls:
        if len(step.args) <= before:
            continue
        function = project.symbol(step.args[before][1], scope, step.place)
        if function is None or ":" not in function:
            continue
        owner = (project.symbol(step.target, scope, step.place) or "") if step.target is not None else ""
        given = (("", GIVEN),) if owner.startswith("sqlalchemy.ext.asyncio.") and name == "run_sync" else ()
        yield (
            function,
            (scope.symbol, Step("call", step.args[before][1], (*given, *step.args[before + 1 :]), place=step.place)),
        )


def argument_for(parameter: Parameter, function: FunctionFacts, step: Step) -> Value | None:
    """What a call gives for a parameter."""
    by_name = next((v for k, v in step.args if k == parameter.name), None)
    if by_name is not None or parameter.kind not in ("any", "positional"):
        return by_name
    position = function.parameters.index(parameter)
    if is_bound(function):
        position -= 1
    given = [v for k, v in step.args if not k]
    if position >= len(given) or any(v.kind == "star" for v in given[: position + 1]):
        return None
    return given[position]


# What a project makes


def makes_only_async(project: ProjectIndex) -> bool:
    """Whether the sessions that the project itself makes are all asynchronous, and there are some."""
    return "async" in factories(project) and "sync" not in factories(project)


@collect_calls(*FACTORIES)
def factories(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, None]]:
    """Whether sessions, their factories and engines that are made outside of tests are ``sync`` or ``async``, and
    whether some are kept for each thread (``scoped``)."""
    if project.is_test(scope.module):
        return
    for factory, step in ((name, step) for name in sorted(FACTORIES) for step in project.calls_in(scope, name)):
        made = project.type_of(step.result, scope, step.place)
        names = [t.name for t in made.walk()] if made is not None else []
        owners = [owner for name in names for owner in project.mro(name)]
        if factory == "scoped_session":
            yield "scoped", None
        if any(owner.startswith("sqlalchemy.ext.asyncio.Async") for owner in owners):
            yield "async", None
        elif made is None or SYNC in owners or "sqlalchemy.Engine" in owners:
            yield "sync", None


# Methods of sessions


def session_method(
    symbol: str | None, target: Value, scope: Scope, place: Place | None, project: ProjectIndex
) -> str | None:
    """The method that `target` is of the session that is really there; `symbol`, what its type says, where no session
    is known. Where some of the sessions that reach it are asynchronous, one of those, which hold nobody up."""
    if target.kind != "attribute" or target.name not in NAMES or not uses_sessions(project):
        return symbol
    if symbol is not None and not symbol.startswith(
        ("sqlalchemy.orm.", "sqlmodel.Session.", "sqlalchemy.ext.asyncio.")
    ):
        return symbol
    found, names = traced(target, scope, place, project)
    if not found:
        return symbol
    first = min(found, key=lambda session: (not session.is_async, session.cls))
    if len(names) == 1:
        own = project.method(first.cls, names[0])
        return own or f"{ASYNC if first.is_async else SYNC}.{names[0]}"
    if not first.is_async and names[0] == "query" and QUERIES.issuperset(names[:-1]):
        return f"{QUERY}.{names[-1]}"
    return f"{ASYNC}.{names[-1]}" if first.is_async else symbol


def traced(
    target: Value, scope: Scope, place: Place | None, project: ProjectIndex, followed: int = FOLLOWED
) -> tuple[Sessions, tuple[str, ...]]:
    """The sessions that a chain of methods begins with, and the names of the methods.

    ``q.all`` has the names ``query``, ``filter`` and ``all`` where `q` is ``db.query(X).filter(y)``.
    """
    names: list[str] = []
    value: Value | None = target
    while value is not None and value.kind in ("attribute", "call"):
        if value.kind == "attribute" and (found := sessions_of(value, scope, place, project)):
            return found, tuple(reversed(names))
        if value.kind == "attribute":
            names.append(value.name)
        value = value.of
    if value is None or value.kind != "name":
        return NONE_KNOWN, ()
    found = sessions_of(value, scope, place, project)
    if found:
        return found, tuple(reversed(names))
    made = project.reaching(value, scope, place) if followed else ()
    if any(value in one.walk() for one in made):  # ``q = q.filter(x)``: what it was before
        made = project.reaching(value, scope)
    for one in made:
        if one.kind == "call" and one.of is not None and value not in one.walk():
            found, before = traced(one.of, scope, None, project, followed - 1)
            if found:
                return found, (*before, *reversed(names))
    return NONE_KNOWN, ()
