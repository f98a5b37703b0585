"""A call on the event loop that waits for a clock, a process, a lock or a server, at once or through functions."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import (
    Edit,
    Edits,
    Finding,
    Fix,
    FunctionFacts,
    Place,
    ProjectIndex,
    RuleContext,
    Scope,
    Severity,
    Step,
    Value,
    rule,
    summary,
)

from apitfall_rules.frameworks.blocking import Held, holds, holds_loop, on_loop
from apitfall_rules.frameworks.bodies import is_imported
from apitfall_rules.frameworks.calls import shown
from apitfall_rules.frameworks.drivers import DRIVERS
from apitfall_rules.frameworks.imports import without_import
from apitfall_rules.frameworks.off_loop import can_await, plain_fix, thread_fix, touches_shared_state
from apitfall_rules.frameworks.sessions import around
from apitfall_rules.frameworks.waits import FUNCTIONS, SMALL, STARTS

# What is true of a future before its result is taken: it is there already, or somebody awaited it.
SETTLING = frozenset("done wrap_future as_completed asyncio.wait concurrent.futures.wait futures.wait".split())


# One of these that several tasks share lets nobody in while one of them awaits something.
LOCKS = ("threading.Lock", "threading.Semaphore")


def may_wait(body: str, project: ProjectIndex) -> bool:
    return holds(body, "call", project) or may_hold_lock(body, project)


def may_hold_lock(body: str, project: ProjectIndex) -> bool:
    """Whether a coroutine function awaits something in a `with` of what may be a lock, in a project that has threads."""
    function = project.function(body)
    if function is None or not function.is_async or not is_imported("threading", project):
        return False
    awaiting = {
        statement
        for step in function.flow
        if step.kind == "await"
        for statement, _ in step.branch
        if statement.startswith("with")
    }
    if not awaiting:
        return False
    scope = project.scope_of(body)
    if names_lock(f"{scope.module}:", project) or knows_lock(function, scope, project):
        return True
    return any(
        step.use == "entered" and step.branch[-1][0] in awaiting and is_lock(step.target, scope, step.place, project)
        for step in function.flow
    )


@summary(bottom=False)
def names_lock(module: str, project: ProjectIndex) -> bool:
    """Whether a name of a module may be that of a lock. Of a `with` that enters a plain name there is no step."""
    name = module.removesuffix(":")
    facts = project.facts(name)
    names = (*facts.variables, *facts.imports)
    if any(is_lock(Value("name", n), Scope(name), None, project) for n in names):
        return True
    # Of what a library gives by a star no type is known.
    around = [project.imported(name, star._replace(name="")) for star in facts.stars]
    return any(names_lock(other, project) for other in around if other is not None and other.endswith(":"))


def knows_lock(function: FunctionFacts, scope: Scope, project: ProjectIndex) -> bool:
    """Whether a parameter may be a lock, or what is imported in the function, or a name of a function around it."""
    outside = scope.function.rpartition(".")[0]
    if outside and project.function(f"{scope.module}:{outside}") is not None:
        return True
    defined_in = around(scope.symbol, function)
    known = [project.annotated(p.annotation, defined_in) for p in function.parameters if p.annotation is not None]
    if any(one is not None and one.name in LOCKS for one in known):
        return True
    values = [p.default for p in function.parameters if p.annotation is None]
    return any(is_lock(value, defined_in, None, project) for value in values) or any(
        is_lock(Value("name", name), scope, None, project) for name in function.imports
    )


def is_lock(value: Value | None, scope: Scope, place: Place | None, project: ProjectIndex) -> bool:
    known = project.type_of(value, scope, place) if value is not None else None
    return known is not None and known.name in LOCKS


@rule(cst.Call, cst.With, replaces=("blocking-file-io", "cpu-bound-in-async"), where=may_wait)
def check(node: cst.Call | cst.With, ctx: RuleContext) -> Iterator[Finding]:
    yield from check_lock(node, ctx) if isinstance(node, cst.With) else check_call(node, ctx)


def check_call(call: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    held = holds_loop(call, "call", ctx)
    if held is None or is_settled(held, ctx):
        return
    starts = held.name in STARTS
    where = f"`async def {held.function.short_name}`"
    waits = f"`{shown(held.symbol)}` waits for `{held.name}`" if held.way else f"`{held.name}` waits"
    if starts and not held.way:
        waits = f"`{held.name}` starts a process"
    until = "it is started" if starts else "it is over"
    message = f"{waits} on the event loop, in {where}: until {until}, this process serves nobody else"
    severity = Severity.information if starts or held.name in SMALL else Severity.warning
    yield ctx.finding(call, message, severity, tuple(fixes(call, held, ctx)), held.related)


def check_lock(block: cst.With, ctx: RuleContext) -> Iterator[Finding]:
    """A lock of threads that is held over an `await`. Around quick code it is fine on the loop too."""
    for item in block.items if block.asynchronous is None else ():
        if not isinstance(item.item, (cst.Name, cst.Attribute)) or is_local(item.item, ctx):
            continue
        known = ctx.known_type(item.item)
        if known is None or known.name not in LOCKS or not awaits(block, ctx):
            continue
        function = on_loop(block, ctx)
        if function is not None:
            message = (
                f"`{ctx.source(item.item)}` is held over an `await`, in `async def {function.short_name}`: the next task "
                "that wants it stops the event loop, and the one that has it cannot go on either"
            )
            yield ctx.finding(item.item, message, Severity.warning)


def is_local(lock: cst.BaseExpression, ctx: RuleContext) -> bool:
    return isinstance(lock, cst.Name) and bool(ctx.values(lock))


def awaits(block: cst.With, ctx: RuleContext) -> bool:
    definition = ctx.enclosing_definition(block)
    return any(
        isinstance(node, cst.Await) and ctx.enclosing_definition(node) is definition for node in ctx.whole(block)
    )


def is_settled(held: Held, ctx: RuleContext) -> bool:
    """Whether a future is asked for its result in a function that looks first whether it is there, or a socket is one
    that was told not to wait."""
    scope = held.way[-1].place.function if held.way else f"{ctx.module}:{held.function.name}"
    function = ctx.project.function(scope)
    calls: tuple[Step, ...] = tuple(s for s in function.flow if s.kind == "call") if function is not None else ()
    targets = [step.target for step in calls if step.target is not None]
    names = {target.name for target in targets} | {target.dotted for target in targets}
    if held.name.startswith("concurrent.futures."):
        return bool(names & SETTLING)
    return held.name.startswith("socket.socket.") and "setblocking" in names


# Fixes


def fixes(call: cst.Call, held: Held, ctx: RuleContext) -> Iterator[Fix]:
    if not held.way and held.symbol == "time.sleep" and can_await(call, ctx):
        edits = lambda: Edits(asyncio_sleep(call, ctx))  # noqa: E731
        yield Fix("asyncio-sleep", "Await `asyncio.sleep` instead", edits, safe=True, preferred=True)
    if threadable(held):
        yield from thread_fix(call, ctx, safe=not held.way or not touches_shared_state(held.symbol, ctx.project))
    yield from plain_fix(call, ctx)


def asyncio_sleep(call: cst.Call, ctx: RuleContext) -> tuple[Edit, ...]:
    name, imports = ctx.import_edit("asyncio")
    awaited = (ctx.insert_before(call, "await "), ctx.replace(call.func, f"{name}.sleep"))
    return (*awaited, *imports, *without_import(call, "time", ctx))


def threadable(held: Held) -> bool:
    """Whether a thread may make this call: of the project's functions any, of a library's those of no object, and those
    of clients that are made for several threads."""
    if held.way:
        return not held.symbol.endswith(".__init__")
    if held.symbol in FUNCTIONS:
        return True
    client = DRIVERS.find(held.symbol)
    return client is not None and client.shared
