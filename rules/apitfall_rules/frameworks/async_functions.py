"""Coroutines, what can never be awaited, and which functions can become coroutine functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import libcst as cst
from apitfall.rule import ANY, Edit, Place, ProjectIndex, RuleContext, Scope, Step, Type, Value, collect, summary

from apitfall_rules.frameworks.fastapi import answers_requests, dependencies, is_endpoint

PLAIN = frozenset("None int str bytes bool float complex list dict set tuple object".split())
# What these names begin has an `__await__` in some cases, or stands for another type.
OPEN = ("$", "typing.", "type", "collections.", "contextlib.", "types.", "asyncio.")
LONGEST = 6  # calls that a chain of functions may have to be made async in one fix

# What can only be done with a value, not with a coroutine in its place.
VALUE_USES = frozenset("attribute item iterated operand formatted entered called tested".split())
FARTHEST = 3  # callers over which a value is followed that is returned again

Plan = tuple[tuple[str, tuple[Place, ...]], ...]


def is_coroutine(known: Type | None) -> bool:
    return known is not None and all(m.name == "typing.Coroutine" for m in known.members)


# Methods of asynchronous clients whose types the tables leave out.
CLIENTS = frozenset(
    """
    aggregate count_documents delete_many delete_one fetch fetchall fetchone fetchrow fetchval find_one
    find_one_and_update insert_many insert_one update_many update_one execute executemany publish send_message send_json send_text
    """.split()
)
# Names that plain dicts, lists, files and paths have too, and that are asked for all the time.
COMMON = frozenset(
    """
    add append clear close copy count extend get index insert items keys pop read remove set update values write
    absolute chmod cwd exists expanduser home is_dir is_file is_symlink mkdir open read_bytes read_text readline readlines
    rename replace resolve rmdir stat touch unlink write_bytes write_text writelines
    """.split()
)


def names_coroutine(name: str, project: ProjectIndex) -> bool:
    """Whether this is the last name of a coroutine function of the project or of the tables, and no common one."""
    if name in COMMON:
        return False
    return name in CLIENTS or name in known_coroutines("", project) or name in own_coroutines(project)


@summary(bottom=frozenset())
def known_coroutines(_: str, project: ProjectIndex) -> frozenset[str]:
    """The last names of the coroutine functions of the tables."""
    return frozenset(name.rpartition(".")[2] for name, t in project.types.items() if t.args and is_coroutine(t.args[0]))


@collect
def own_coroutines(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, None]]:
    """The last names of the coroutine functions of the project."""
    function = project.function(scope.symbol) if scope.function else None
    if function is not None and function.is_async and (not function.decorators or project.runs_body(scope.symbol)):
        yield function.short_name, None


def never_awaitable(known: Type, project: ProjectIndex) -> bool:
    """Whether a value of this type is known to have no ``__await__``."""
    for member in known.members:
        if member.name in PLAIN:
            continue
        if member == ANY or member.name.startswith(OPEN):
            return False
        owners = project.mro(member.name)
        if "?" in owners or any(":" not in o and o not in project.types for o in owners):
            return False
        if project.method(member.name, "__await__") or project.method(member.name, "__aenter__"):
            return False
        if any(project.method(member.name, name) for name in ("__getattr__", "__call__")):
            return False
        if project.subclasses(member.name):
            return False
    return True


# Bases whose classes hold data, and foreign classes that are data, none of which can be awaited.
MODELS = ("pydantic.BaseModel", "sqlmodel.SQLModel", "sqlalchemy.orm.DeclarativeBase", "enum.Enum")
DATA = ("datetime.", "decimal.", "uuid.", "pathlib.")


def is_plain(known: Type, project: ProjectIndex) -> bool:
    """Whether a type is of data, or a class of the project, which a coroutine cannot stand for."""
    for member in known.members:
        if member.name in PLAIN - {"object"} or member.name.startswith(DATA):
            continue
        bases = project.mro(member.name)
        is_model = any(base in MODELS or is_made_model(base, project) for base in bases)
        if not (is_model or is_concrete(bases)) or project.method(member.name, "__await__"):
            return False
    return True


def is_made_model(name: str, project: ProjectIndex) -> bool:
    """Whether a class of the project has a base that was made by a call: ``Base = declarative_base()``."""
    facts = project.cls(name) if ":" in name else None
    module, _, qualified = name.partition(":")
    around = Scope(module, "", qualified.rpartition(".")[0])
    known = [project.type_of(base, around) for base in facts.bases] if facts is not None else []
    return any(k is not None and k.name == "type" and bool(k.args) and k.args[0].name in MODELS for k in known)


def is_concrete(bases: tuple[str, ...]) -> bool:
    """Whether this is a class of the project that has no base but others, and object."""
    return ":" in bases[0] and all(
        ":" in base or base in ("object", "abc.ABC", "typing.Generic", "enum.Enum") for base in bases
    )


def used_as_value(symbol: str, project: ProjectIndex, depth: int = 0) -> tuple[Place, ...]:
    """Where what a coroutine function returns is used as a value, once it was awaited; nowhere if some caller may await
    it again."""
    shown: list[Place] = []
    dropped: list[Place] = []
    callers = project.callers(symbol)
    for where, step in callers:
        flow = project.flow_of(project.scope_of(where))
        for found in flow:
            if found.kind != "await" or found.value != step.result or step.use != "awaited":
                continue
            if found.use == "awaited":
                return ()
            place = place_in(where, found)
            if found.use in VALUE_USES:
                shown.append(place)
            elif found.use == "discarded":
                dropped.append(place)
            elif found.use == "returned" and answers_requests(where, project):
                shown.append(place)
            elif found.use == "returned" and depth < FARTHEST:
                shown += used_as_value(where, project, depth + 1)
            elif found.use == "bound":
                uses = uses_of_bound(found, flow)
                if uses is None:
                    return ()
                shown += [place] if uses else []
    return tuple(dict.fromkeys(shown or (dropped if len(dropped) == len(callers) else ())))


def uses_of_bound(awaited: Step, flow: tuple[Step, ...]) -> bool | None:
    """Whether an attribute is read of the name that an `await` is bound to; None if the name is awaited itself."""
    value = Value("await", of=awaited.value)
    names = {s.target.name for s in flow if s.kind == "assign" and s.value == value and s.target is not None}
    reads = [
        s for s in flow if s.kind in ("attribute", "call") and s.target is not None and s.target.kind == "attribute"
    ]
    if any(
        s.kind == "await" and s.value is not None and s.value.kind == "name" and s.value.name in names for s in flow
    ):
        return None
    return any(s.target is not None and s.target.of is not None and s.target.root.name in names for s in reads)


@summary(bottom=None)
def become_async(symbol: str, project: ProjectIndex) -> Plan | None:
    """The functions to make async if this one becomes so, with the calls that must then be awaited; None if it cannot.

    It can if every mention of it in the project is a call, made by a function that is async or can become so likewise.
    Endpoints and dependencies can: FastAPI awaits them.
    """
    plan: dict[str, tuple[Place, ...]] = {}
    waiting = [symbol]
    while waiting:
        one = waiting.pop()
        if one in plan:
            continue
        calls = calls_to_await(one, project) if len(plan) < LONGEST else None
        if calls is None:
            return None
        plan[one] = tuple(place_in(where, step) for where, step in calls)
        for where, _ in calls:
            caller = project.function(where)
            if caller is None:
                return None
            if not caller.is_async:
                waiting.append(where)
    return tuple(plan.items())


def place_in(where: str, step: Step) -> Place:
    """The place of a step of a function, given by its symbol, as a symbol of the project."""
    return step.place._replace(function=f"{where.partition(':')[0]}:{step.place.function}")


def calls_to_await(symbol: str, project: ProjectIndex) -> tuple[tuple[str, Step], ...] | None:
    """The calls of a function, if these are all that the project does with it, and it may become async at all."""
    function = project.function(symbol)
    if function is None or function.is_generator or "<lambda" in function.name or "@" in function.name:
        return None
    name = function.short_name
    served = is_endpoint(symbol, project) or symbol in dependencies(project)
    decorated = any(d.name not in ("staticmethod", "classmethod") for d in function.decorators)
    if name.startswith("__") or (name.startswith("test") and project.is_test(symbol.partition(":")[0])):
        return None  # Python calls it, or a test runner, which need not be one that awaits
    if decorated and not served:
        return None
    if function.owner:
        owner = f"{symbol.partition(':')[0]}:{function.owner}"
        bases = project.mro(owner)[1:]
        if "?" in bases or any(project.method(base, name) for base in bases) or project.overrides(symbol):
            return None
    calls = project.callers(symbol)
    everywhere = project.calls_named(name)
    if any(found is None for _, found in everywhere) or len([f for _, f in everywhere if f == symbol]) != len(calls):
        return None
    if project.mentions(name) and symbol not in dependencies(project):
        return None
    if any("<lambda" in where or "comprehension" in str(s.branch) for where, s in calls):
        return None
    return calls


def functions_made_async(
    plan: Plan, ctx: RuleContext, awaited: Callable[[cst.Call, RuleContext], Iterable[Edit]]
) -> list[Edit] | None:
    """`async` before each function of a plan, and what `awaited` makes of each of their calls that is not awaited yet.

    None where a function or a call is gone. Only to be asked inside a fix's `edits`.
    """
    edits: list[Edit] = []
    for symbol, calls in plan:
        found = ctx.definition(symbol)
        if found is None:
            return None
        definition, around = found
        if isinstance(definition, cst.FunctionDef) and definition.asynchronous is None:
            edits.append(around.insert_before(definition, "async "))
        for place in calls:
            at = ctx.at(place)
            node, there = at if at is not None else (None, ctx)
            if not isinstance(node, cst.Call):
                return None
            if not isinstance(there.parent(node), cst.Await):
                edits += awaited(node, there)
    return edits
