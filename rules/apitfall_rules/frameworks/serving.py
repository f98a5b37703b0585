"""Which code runs while an application serves requests, and which before, after and beside that."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apitfall.rule import (
    FunctionFacts,
    Import,
    ModuleFacts,
    ProjectIndex,
    Scope,
    Step,
    Value,
    collect,
    collect_calls,
    collect_imports,
    summary,
)

from apitfall_rules.frameworks.fastapi import is_endpoint

RUNNERS = ("asyncio.run", "anyio.run", "uvloop.run", "asyncio.Runner.run")
TESTING = frozenset("pytest unittest httpx_mock respx hypothesis locust".split())
COMMANDS = frozenset("command callback group on_event".split())
COMMAND_LINES = frozenset("click typer asyncclick rich_click async_typer".split())
SERVERS = frozenset("granian hypercorn uvicorn".split())
APPLICATIONS = ("FastAPI", "APIRouter", "Starlette")
# The calls by which RQ is given a function, which a process that does nothing else then runs.
QUEUEING = ("enqueue", "enqueue_at", "enqueue_call", "enqueue_in")
START = re.compile(r"lifespan|start_?up|on_start|shut_?down", re.IGNORECASE)


@summary(bottom=False)
def serves_requests(module: str, project: ProjectIndex) -> bool:
    """Whether code of a module can run in a server: it is no test, no script that starts a loop of its own, and nothing
    that only such scripts import."""
    name = module.removesuffix(":")
    facts = project.module(name)
    if facts is None or is_part_of_tests(name, facts, project):
        return False
    return not is_of_scripts(module, project)


@summary(bottom=False)
def is_of_scripts(module: str, project: ProjectIndex) -> bool:
    """Whether a module is a script, or imported by scripts alone, tests left out, and has no part of an application.

    A script starts a loop of its own, or is a command line, and does not start a server.
    """
    name = module.removesuffix(":")
    by = imported(project).get(name, ())
    alone = all(is_of_scripts(f"{other}:", project) for other in by) if by else name in loop_starters(project)
    return alone and name not in server_starters(project) and name not in with_endpoints(project)


@collect_imports
def server_starters(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, None]]:
    """The modules in which something imports a server."""
    facts = project.signature(scope.symbol) if scope.function else project.module(scope.module)
    if facts is not None and not scope.owner and imports_any(SERVERS, facts):
        yield scope.module, None


def is_part_of_tests(name: str, facts: ModuleFacts, project: ProjectIndex) -> bool:
    """Whether a module is a test, or something that tests use.

    What an application imports is none, whatever it is called, and neither is a module in a folder called ``test`` that
    has nothing to do with one.
    """
    if not project.is_test(name):
        return False
    if name in imported(project):
        return False
    last = name.rpartition(".")[2]
    if project.is_test(last) or name in imported_by_tests(project):
        return True
    return any(i.module.partition(".")[0] in TESTING or i.module.endswith("testclient") for i in facts.imports.values())


@collect_imports
def imported_by_tests(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, None]]:
    """The modules of the project that tests import."""
    facts = project.signature(scope.symbol) if scope.function else project.module(scope.module)
    if scope.owner or facts is None or not project.is_test(scope.module):
        return
    for one in facts.imports.values():
        symbol = project.imported(scope.module, one)
        if symbol is not None and ":" in symbol:
            yield symbol.partition(":")[0], None


@collect_calls("run", "run_until_complete")
def loop_starters(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, None]]:
    """The modules in which something runs a loop of its own, or a function as a command line."""
    calls = [step for name in ("run", "run_until_complete") for step in project.calls_in(scope, name)]
    if not scope.owner and any(step.target and is_main(step.target, scope, project) for step in calls):
        yield scope.module, None


def is_main(target: Value, scope: Scope, project: ProjectIndex) -> bool:
    return starts_loop(target, scope, project) or project.symbol(target, scope) == "typer.run"


def starts_loop(target: Value, scope: Scope, project: ProjectIndex) -> bool:
    """Whether this is ``asyncio.run`` or its kind, or ``run_until_complete`` of a loop."""
    if target.kind == "attribute" and target.name == "run_until_complete":
        return True
    return target.name == "run" and project.symbol(target, scope) in RUNNERS


@collect_imports
def imported(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, str]]:
    """The modules of the project that some module of it imports, with those that do, tests left out."""
    if scope.owner or project.is_test(scope.module):
        return
    facts = project.signature(scope.symbol) if scope.function else project.module(scope.module)
    for one in facts.imports.values() if facts is not None else ():
        symbol = project.imported(scope.module, one)
        if symbol is not None and ":" in symbol:
            yield symbol.partition(":")[0], scope.module


@summary(bottom=False)
def serves(module: str, project: ProjectIndex) -> bool:
    """Whether a module has an application, a router or an endpoint, or one that has imports it, at once or not."""
    name = module.removesuffix(":")
    if name in with_endpoints(project) and serves_requests(module, project):
        return True
    return any(serves(f"{other}:", project) for other in importers(project).get(name, ()))


@collect
def with_endpoints(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, None]]:
    """The modules that make an application or a router, or have an endpoint."""
    makes = project.calls_in(scope, "FastAPI") or project.calls_in(scope, "APIRouter")
    if not scope.owner and (makes or (scope.function and is_endpoint(scope.symbol, project))):
        yield scope.module, None


@collect_imports
def importers(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, str]]:
    """The modules of the project that are imported, with those that import them and are no tests or scripts."""
    facts = project.signature(scope.symbol) if scope.function else project.module(scope.module)
    if scope.owner or facts is None or not facts.imports or not serves_requests(f"{scope.module}:", project):
        return
    for one in facts.imports.values():
        symbol = project.imported(scope.module, one)
        if symbol is not None and ":" in symbol:
            yield symbol.partition(":")[0], scope.module


@summary(bottom=False)
def speaks_http(module: str, project: ProjectIndex) -> bool:
    """Whether a module imports something of FastAPI or Starlette."""
    name = module.removesuffix(":")
    facts = project.module(name)
    if facts is None or not serves_requests(module, project):
        return False
    imports = [i for i in facts.imports.values() if not i.level and not i.typing]
    return any(i.module.partition(".")[0] in ("fastapi", "starlette") for i in imports)


@collect_calls(*APPLICATIONS, "add_event_handler")
def given_to_start(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, None]]:
    """The functions of the project that an application or router is given to run when it starts or ends."""
    given: list[Value] = []
    for step in (step for name in APPLICATIONS for step in project.calls_in(scope, name)):
        given += [value for key, value in step.args if key in ("lifespan", "on_startup", "on_shutdown")]
    for step in project.calls_in(scope, "add_event_handler"):
        given += [value for value in (step.result.argument(1, "func"),) if value is not None]
    for value in given:
        for one in [inner for _, inner in value.args] if value.kind in ("list", "tuple") else [value]:
            symbol = project.symbol(one, scope)
            if symbol is not None and ":" in symbol:
                yield symbol, None


@collect_calls(*QUEUEING)
def given_to_workers(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, None]]:
    """The functions of the project that a queue is given for its workers, each of which runs one job at a time.

    Where it is a method that stands for an abstract one, the others that do are given to the queue as well.
    """
    for step in (step for name in QUEUEING for step in project.calls_in(scope, name)):
        if step.target is None or project.symbol(step.target, scope, step.place) != f"rq.Queue.{step.target.name}":
            continue
        for value in (value for key, value in step.args if key in ("", "f", "func")):
            symbol = job(value, scope, step, project)
            if symbol is not None and ":" in symbol and project.signature(symbol) is not None:
                yield from ((one, None) for one in (symbol, *alike(symbol, project)))


def job(given: Value, scope: Scope, step: Step, project: ProjectIndex) -> str | None:
    """The symbol of a function that is given itself or by its dotted name."""
    if given.kind == "constant" and given.name == "str":
        module, _, name = given.text.rpartition(".")
        return project.imported(scope.module, Import(module, name)) if module else None
    return project.symbol(given, scope, step.place)


def alike(method: str, project: ProjectIndex) -> Iterator[str]:
    """The methods that stand for the same abstract one."""
    owner, _, name = method.rpartition(".")
    for base in project.mro(owner) if ":" in owner and project.is_class(owner) else ():
        function = project.signature(f"{base}.{name}")
        if function is not None and function.trivial:
            yield from project.overrides(f"{base}.{name}")


@summary(bottom=False)
def runs_at_start(symbol: str, project: ProjectIndex) -> bool:
    """Whether a function runs when the application starts or ends, or from a command line, and from nowhere else."""
    function = project.signature(symbol)
    if function is None:
        return False
    names = decorator_names(function)
    if names & COMMANDS or START.search(function.short_name) or symbol in given_to_start(project):
        return True
    if is_endpoint(symbol, project):
        return False
    callers = callers_outside_tests(symbol, project)
    if not callers or any(where.partition(":")[2] and not runs_at_start(where, project) for where, _ in callers):
        return False
    return not project.mentions(function.short_name)


@summary(bottom=True)
def runs_in_middleware(symbol: str, project: ProjectIndex) -> bool:
    """Whether a function is a middleware, or nothing else runs it: an HTTPException that is raised there is answered with
    a 500, for what answers with its status is further in."""
    function = project.signature(symbol)
    if function is None:
        return False
    if function.parameter("call_next") is not None:
        return True
    callers = callers_outside_tests(symbol, project)
    if not callers or not all(where.partition(":")[2] and runs_in_middleware(where, project) for where, _ in callers):
        return False
    return not project.mentions(function.short_name)


def decorator_names(function: FunctionFacts) -> frozenset[str]:
    return frozenset([d.name or (d.of.name if d.of is not None else "") for d in function.decorators])


def callers_outside_tests(symbol: str, project: ProjectIndex) -> tuple[tuple[str, Step], ...]:
    return tuple(call for call in project.callers(symbol) if not project.is_test(call[0].partition(":")[0]))


def has_command_line(module: str, project: ProjectIndex) -> bool:
    """Whether a module imports a library for command lines: what it calls a command has a process of its own."""
    facts = project.module(module)
    return facts is not None and imports_any(COMMAND_LINES, facts)


def imports_any(packages: frozenset[str], facts: ModuleFacts | FunctionFacts) -> bool:
    return any(not i.level and i.module.partition(".")[0] in packages for i in facts.imports.values())


def around(symbol: str) -> str:
    """The function in which a function is defined."""
    module, _, name = symbol.partition(":")
    return f"{module}:{name.rpartition('.')[0]}"


def is_command(symbol: str, project: ProjectIndex) -> bool:
    """Whether a command line calls a function, in a process of its own."""
    function = project.signature(symbol)
    names = decorator_names(function) if function is not None else frozenset()
    return bool(names & COMMANDS) and has_command_line(symbol.partition(":")[0], project)


@summary(bottom=True)
def runs_beside_requests(symbol: str, project: ProjectIndex) -> bool:
    """Whether no request waits for a coroutine function: it runs when the application starts or ends, or in a loop of
    its own that a script, a thread or a worker's task starts, and in nothing else.

    What an application starts as a task runs beside its requests on one loop, and holds them up. What is given to a
    queue for its workers is meant for them, even if it is awaited somewhere too, as for want of a worker.
    """
    function = project.signature(symbol)
    if function is None or is_endpoint(symbol, project):
        return False
    names = decorator_names(function)
    if "on_event" in names or ("asynccontextmanager" in names and START.search(function.short_name)):
        return True
    if symbol in given_to_start(project) or symbol in given_to_workers(project):
        return True
    if is_command(symbol, project) or (not names and is_command(around(symbol), project)):
        return True
    callers = callers_outside_tests(symbol, project)
    if not callers or not all(is_beside(symbol, where, step, project) for where, step in callers):
        return False
    return not project.mentions(function.short_name)


def is_beside(symbol: str, where: str, step: Step, project: ProjectIndex) -> bool:
    """Whether the loop that a call's coroutine runs on serves nobody."""
    scope = project.scope_of(where)
    function = project.signature(where)
    if function is not None and function.is_async:
        return step.use in ("awaited", "discarded") and runs_beside_requests(where, project)  # discarded, it never runs
    if step.use != "argument":
        return False
    given = step.result
    return any(
        s.kind == "call"
        and s.target is not None
        and any(v == given for _, v in s.args)
        and starts_loop(s.target, scope, project)
        for s in project.flow_of(scope)
    )
