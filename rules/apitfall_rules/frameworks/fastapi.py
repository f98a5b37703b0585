"""What FastAPI does with a function: which are endpoints, and which are dependencies."""

from __future__ import annotations

from collections.abc import Iterator

from apitfall.rule import ProjectIndex, Scope, Value, collect, collect_calls, summary

VERBS = frozenset("get post put patch delete head options trace api_route websocket".split())
APPLICATIONS = ("fastapi.FastAPI", "fastapi.APIRouter")
ADDING = ("add_api_route", "add_api_websocket_route", "add_route")


@summary(bottom=False)
def is_endpoint(symbol: str, project: ProjectIndex) -> bool:
    """Whether a function is registered for a path, by a decorator or by ``add_api_route``."""
    if project.signature(symbol) is None:
        return False
    return bool(routes_of(symbol, project)) or symbol in added_routes(project)


def answers_requests(symbol: str, project: ProjectIndex) -> bool:
    """Whether FastAPI makes a response of what a function returns; what a WebSocket's endpoint returns is dropped."""
    if any(route.of is not None and route.of.name == "websocket" for route in routes_of(symbol, project)):
        return False
    return is_endpoint(symbol, project)


def routes_of(symbol: str, project: ProjectIndex) -> tuple[Value, ...]:
    """The calls of ``x.get(path)`` and its kind by which the decorators of a function register it."""
    function = project.signature(symbol)
    scope = Scope(symbol.partition(":")[0], "", function.owner) if function is not None else Scope("")
    found = (route_of(d, scope, project) for d in (function.decorators if function is not None else ()))
    return tuple(route for route in found if route is not None)


def route_of(decorator: Value, scope: Scope, project: ProjectIndex) -> Value | None:
    """The call of ``x.get(path)``, of an application or router or of something that looks like one, that a decorator is,
    or that one of the project makes of its first arguments: ``@protected(router.get, path)``."""
    if decorator.kind != "call" or decorator.of is None:
        return None
    if is_verb(decorator.of):
        return decorator if registers(decorator, scope, project) else None
    given = decorator.argument(0)
    if given is None or not is_verb(given) or not is_application(given.of, scope, project):
        return None
    route = Value("call", of=given, args=decorator.args[1:])
    return route if is_path(route.argument(0, "path")) else None


def is_verb(target: Value) -> bool:
    return target.kind == "attribute" and target.name in VERBS


def registers(route: Value, scope: Scope, project: ProjectIndex) -> bool:
    receiver = route.of.of if route.of is not None else None
    known = is_application(receiver, scope, project)
    return is_path(route.argument(0, "path")) if known is None else known


def is_application(receiver: Value | None, scope: Scope, project: ProjectIndex) -> bool | None:
    """Whether a value is an application or router; None if its type is not known."""
    known = project.type_of(receiver, scope) if receiver is not None else None
    return None if known is None else any(base in APPLICATIONS for base in (known.name, *project.mro(known.name)))


def is_path(value: Value | None) -> bool:
    return value is not None and value.kind == "constant" and value.name == "str" and value.text[:1] in ("", "/")


@collect_calls(*ADDING)
def added_routes(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, None]]:
    """The functions of the project that are given to ``add_api_route`` or its kind."""
    for step in (step for name in ADDING for step in project.calls_in(scope, name)):
        given = next((v for k, v in step.args if k == "endpoint"), None) or step.result.argument(1)
        symbol = project.symbol(given, scope) if given is not None else None
        if symbol is not None:
            yield symbol, None


@collect
def dependencies(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, None]]:
    """The functions of the project that are given to ``Depends`` or ``Security``, wherever that stands."""
    function = project.function(scope.symbol) if scope.function else None
    if function is None:
        flow = project.flow_of(scope)
        values = [(scope, v) for step in flow for _, v in step.args]
        values += [(scope, step.value) for step in flow if step.value is not None]
    else:
        values = [(scope, call.result) for name in ("Depends", "Security") for call in project.calls_in(scope, name)]
        around = Scope(scope.module, "" if function.owner else scope.function.rpartition(".")[0], function.owner)
        values += [(around, v) for p in function.parameters for v in (p.annotation, p.default) if v is not None]
    for where, value in values:
        for inner in value.walk():
            if inner.kind == "call" and inner.of is not None and inner.of.name in ("Depends", "Security"):
                given = inner.argument(0, "dependency")
                symbol = project.symbol(given, where) if given is not None else None
                if symbol is not None:
                    yield symbol, None
