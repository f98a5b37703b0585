"""What holds the event loop: calls that wait or compute, at once or through functions of the project.

What is waited for has a kind, and each kind a table of the libraries' functions and a rule that speaks of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import libcst as cst
from apitfall.rule import FunctionFacts, Place, ProjectIndex, Related, RuleContext, Scope, Step, Value, summary

from apitfall_rules.frameworks import computations, file_io, http, loops, session_io, waits
from apitfall_rules.frameworks.bodies import Moments, hides_call
from apitfall_rules.frameworks.calls import called, shown
from apitfall_rules.frameworks.in_memory import OF_FILES, lies_in_memory
from apitfall_rules.frameworks.kept import is_done_once
from apitfall_rules.frameworks.serving import runs_beside_requests, serves_requests
from apitfall_rules.frameworks.sessions import session_method
from apitfall_rules.frameworks.switches import is_switched_off, switches
from apitfall_rules.frameworks.taken import ITERATED, taken_at, taken_in


@dataclass(frozen=True)
class Table:
    """The functions of libraries of one kind.

    `find` gives the name by which a message speaks of a function, from its symbol and the call; None if the call does
    not wait. `names` are the last names of the functions, `libraries` the first names of their symbols.
    """

    find: Callable[[str, Value], str | None]
    names: frozenset[str]
    libraries: frozenset[str]


TABLES: Mapping[str, Table] = {
    "session": Table(session_io.session_call, session_io.SENT, session_io.LIBRARIES),
    "http": Table(http.http_call, http.NAMES, http.LIBRARIES),
    "call": Table(waits.wait, waits.NAMES, waits.LIBRARIES),
    "file": Table(file_io.file_call, file_io.NAMES, file_io.LIBRARIES),
    "entry": Table(file_io.entry_call, file_io.ENTRY_NAMES, file_io.ENTRY_LIBRARIES),
    "cpu": Table(computations.computation, computations.NAMES, computations.LIBRARIES),
}
# The tables that know something of a library.
TABLES_OF: Mapping[str, Sequence[tuple[str, Table]]] = {
    library: [(kind, table) for kind, table in TABLES.items() if library in table.libraries]
    for library in frozenset().union(*(table.libraries for table in TABLES.values()))
}

# What a function does that keeps the result; to wait for another machine or the database is too long even once.
KEPT = frozenset(("file", "entry", "cpu"))


@dataclass(frozen=True, slots=True)
class Blocking:
    """What holds the caller inside a function, named one call at a time: the library's function, or the next of ours.

    `kind` is a key of `TABLES`. `depth` counts the calls to the library's function. `name` is empty where it is the
    function's own code that takes long. `switches` are the function's flags on which it may depend.
    """

    kind: str
    name: str
    place: Place
    depth: int
    switches: tuple[str, ...] = ()


def is_in_memory(symbol: str, step: Step, scope: Scope, project: ProjectIndex) -> bool:
    return symbol in OF_FILES and lies_in_memory(symbol, step.result, scope, step.place, project)


@summary(bottom=())
def blocks(symbol: str, project: ProjectIndex) -> tuple[Blocking, ...]:
    """What holds the caller of a plain function of the project: of each kind the nearest of its calls that do."""
    function = project.function(symbol)
    if function is None or function.is_async or not (function.is_generator or project.runs_inside(symbol)):
        return ()
    scope = project.scope_of(symbol)
    nearest: dict[str, Blocking] = {}
    own = loops.long_loop(function)
    if own is not None:
        nearest["cpu"] = Blocking("cpu", "", Place(f"{scope.module}:{own.function}", own.text, own.nth), 1)
    for step in function.flow:
        other = called_in(step, scope, project)
        if other is None or is_in_memory(other, step, scope, project):
            continue
        for kind, name, depth in held_by(other, step.result, partial(taken_in, step, function), project):
            if kind in KEPT and is_done_once(step, function):
                continue
            if kind not in nearest or depth < nearest[kind].depth:
                place = Place(f"{scope.module}:{step.place.function}", step.place.text, step.place.nth)
                nearest[kind] = Blocking(kind, name, place, depth, switches(step, function))
    return tuple(nearest[kind] for kind in sorted(nearest))


def called_in(step: Step, scope: Scope, project: ProjectIndex) -> str | None:
    """The symbol of what a step calls."""
    if step.kind != "call" or step.target is None:
        return None
    return really_called(step.target, scope, step.place, project)


def really_called(target: Value, scope: Scope, place: Place | None, project: ProjectIndex) -> str | None:
    """The symbol of what is called; of a session's method, by the session that is really there."""
    return session_method(called(target, scope, place, project), target, scope, place, project)


def held_by(
    symbol: str, call: Value, taken: Callable[[], str], project: ProjectIndex
) -> Iterator[tuple[str, str, int]]:
    """What a call of something waits for: kind, the next name and the count of calls.

    The body of a generator function runs where its result is `taken`, iterated or entered; of a library's function the
    tables know that as its ``__iter__``.
    """
    if ":" not in symbol:
        for kind, table in TABLES_OF.get(symbol.partition(".")[0], ()):
            name = table.find(symbol, call)
            if name is None and (lazy := table.find(f"{symbol}.__iter__", call)) is not None and taken() == ITERATED:
                name = lazy
            if name is not None:
                yield kind, name, 1
        return
    function, run = project.signature(symbol), implementations(symbol, project)
    held = [blocks(own, project) for own in run]
    if function is None or not any(held) or (function.is_generator and not taken()):
        return
    ways = [
        {b.kind: (own, b.depth) for b in found if not is_switched_off(b.switches, call, function)}
        for own, found in zip(run, held, strict=True)
    ]
    for kind, (own, depth) in ways[0].items():
        if all(kind in way for way in ways):
            yield kind, own, depth + 1


def implementations(symbol: str, project: ProjectIndex) -> tuple[str, ...]:
    """The functions that a call of an abstract method can run; of any other, the function itself."""
    function = project.signature(symbol)
    if function is None or not function.trivial or not function.owner:
        return (symbol,)
    return project.overrides(symbol)


def chain(symbol: str, kind: str, project: ProjectIndex) -> list[Blocking]:
    """From a function to the library's call, one step for each function on the way."""
    steps: list[Blocking] = []
    while ":" in symbol:
        found = next((b for b in blocks(symbol, project) if b.kind == kind), None)
        if found is None:
            break
        steps.append(found)
        symbol = found.name
    return steps


# On the event loop

NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class Held:
    """A call that holds the event loop, in the coroutine function `function`.

    `symbol` is what is called, `name` the library's function in the end, `way` the functions of the project between.
    """

    symbol: str
    name: str
    function: FunctionFacts
    way: tuple[Blocking, ...]

    @property
    def related(self) -> tuple[Related, ...]:
        return tuple(
            Related(
                step.place,
                f"`{shown(step.place.function)}` {f'calls `{shown(step.name)}`' if step.name else 'computes'} here",
            )
            for step in self.way
        )


@dataclass(frozen=True, slots=True)
class Called:
    """What a call calls, if that is known without jedi, and of each kind the next name of what it waits for."""

    symbol: str | None
    names: Mapping[str, str]


def holds_loop(call: cst.Call, kind: str, ctx: RuleContext) -> Held | None:
    """Whether a call holds a loop on which requests wait, by waiting for something of a kind."""
    found = ctx.once(called_on_loop, call)
    if found is None:
        return None
    if found.symbol is None:
        symbol = typed(call, kind, ctx)
        if symbol is None:
            return None
        found = Called(symbol, names_held(symbol, call, ctx))
    name = found.names.get(kind)
    if name is not None and ":" not in name and kind != "session" and is_awaited_method(call, ctx):
        return None  # who awaits it knows better what object this is; of sessions it is known
    function = on_loop(call, ctx) if name is not None else None
    if name is None or function is None or found.symbol is None:
        return None
    way = tuple(chain(name, kind, ctx.project))
    return Held(found.symbol, way[-1].name if way else name, function, way)


def is_awaited_method(call: cst.Call, ctx: RuleContext) -> bool:
    if not isinstance(ctx.parent(call), cst.Await) or not isinstance(call.func, cst.Attribute):
        return False
    return ctx.known_type(call.func.value) is not None


def called_on_loop(call: cst.Call, ctx: RuleContext) -> Called | None:
    """What a call in a coroutine function calls; None elsewhere."""
    if not in_coroutine(call, ctx):
        return None
    symbol = really_called(ctx.value(call.func), ctx.scope(call), ctx.moment(call.func, call), ctx.project)
    return Called(symbol, names_held(symbol, call, ctx) if symbol is not None else NOTHING)


def names_held(symbol: str, call: cst.Call, ctx: RuleContext) -> Mapping[str, str]:
    """The next name of what a call waits for, by its kind."""
    value = ctx.value(call)
    if symbol in OF_FILES and lies_in_memory(symbol, value, ctx.scope(call), ctx.here(call), ctx.project):
        return NOTHING
    taken = partial(taken_at, call, ctx)
    return {kind: name for kind, name, _ in held_by(symbol, value, taken, ctx.project)}


# Where


def may_hold(body: str, project: ProjectIndex) -> frozenset[tuple[str, str]]:
    """What calls in a coroutine function may wait for: kinds, each with the library's function that is called, ``:``
    where that is called by others, and nothing where only jedi may know it."""
    function = project.signature(body)
    return held_in(body, project) if function is not None and function.is_async else NOTHING_HELD


NOTHING_HELD: frozenset[tuple[str, str]] = frozenset()


@summary(bottom=NOTHING_HELD)
def held_in(body: str, project: ProjectIndex) -> frozenset[tuple[str, str]]:
    """The same of a coroutine function."""
    function = project.function(body)
    if function is None or not serves_requests(f"{body.partition(':')[0]}:", project):
        return NOTHING_HELD
    scope, moments = project.scope_of(body), Moments(function.flow)
    found: set[tuple[str, str]] = set()
    for step in function.flow:
        if step.kind == "call" and step.target is not None:
            found.update(held_at(step, moments.of(step.target, step.place), function, scope, project))
        elif hides_call(step):
            found.update((kind, "") for kind in TABLES)
    return frozenset(found) if found and not runs_beside_requests(body, project) else NOTHING_HELD


def held_at(
    step: Step, place: Place | None, function: FunctionFacts, scope: Scope, project: ProjectIndex
) -> Iterator[tuple[str, str]]:
    """What a call in a function may wait for, its names read at a place, as `may_hold` has it."""
    target = step.target
    symbol = really_called(target, scope, place, project) if target is not None else None
    if symbol is None and target is not None and target.kind == "attribute" and target.of is not None:
        kinds = [kind for kind, table in TABLES.items() if target.name in table.names]
        receiver = project.type_of(target.of, scope, place) if kinds else None
        if receiver is None:
            yield from ((kind, "") for kind in kinds if project.may_ask(scope.symbol))
            return
        symbol = f"{receiver.name}.{target.name}" if ":" not in receiver.name else None
    if symbol is not None and not is_in_memory(symbol, step, scope, project):
        for kind, name, depth in held_by(symbol, step.result, partial(taken_in, step, function), project):
            yield kind, name if depth == 1 else ":"


def holds(body: str, kind: str, project: ProjectIndex) -> bool:
    """Whether calls in a body may hold a loop by waiting for something of a kind."""
    return any(kind == one for one, _ in may_hold(body, project))


# What holds it


def in_coroutine(node: cst.CSTNode, ctx: RuleContext) -> bool:
    function = ctx.enclosing_function(node)
    return function is not None and function.is_async


def on_loop(node: cst.CSTNode, ctx: RuleContext) -> FunctionFacts | None:
    """The coroutine function that runs this node on a loop on which requests wait."""
    function = ctx.enclosing_function(node)
    if function is None or not function.is_async or not serves_requests(f"{ctx.module}:", ctx.project):
        return None
    return None if runs_beside_requests(f"{ctx.module}:{function.name}", ctx.project) else function


def typed(call: cst.Call, kind: str, ctx: RuleContext) -> str | None:
    """The symbol of a method whose receiver's type jedi may know; asked only where the name is in the table."""
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value not in TABLES[kind].names:
        return None
    receiver = ctx.type_of(call.func.value)
    if receiver is None or ":" in receiver.name or "." not in receiver.name:
        return None
    return f"{receiver.name}.{call.func.attr.value}"
