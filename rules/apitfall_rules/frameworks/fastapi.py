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
    function = project.signature(symbol)
    if function is None:
        return False
    scope = Scope(symbol.partition(":")[0], "", function.owner)
    return any(is_route(d, scope, project) for d in function.decorators) or symbol in added_routes(project)


def answers_requests(symbol: str, project: ProjectIndex) -> bool:
    """Whether FastAPI makes a response of what a function returns; what a WebSocket's endpoint returns is dropped."""
    function = project.signature(symbol)
    if function is None or any(d.of is not None and d.of.name == "websocket" for d in function.decorators):
        return False
    return is_endpoint(symbol, project)


def is_route(decorator: Value, scope: Scope, project: ProjectIndex) -> bool:
    """Whether a decorator is ``@x.get(path)`` of an application or router, or of something that looks like one."""
    target = decorator.of
    if decorator.kind != "call" or target is None or target.kind != "attribute" or target.name not in VERBS:
        return False
    receiver = project.type_of(target.of, scope) if target.of is not None else None
    if receiver is not None:
        return receiver.name in APPLICATIONS or any(base in APPLICATIONS for base in project.mro(receiver.name))
    path = decorator.argument(0, "path")
    return path is not None and path.kind == "constant" and path.name == "str" and path.text[:1] in ("", "/")


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
