"""Calls that wait for an answer over HTTP, and the functions that make them."""

from __future__ import annotations

from dataclasses import dataclass

from apitfall.rule import Place, ProjectIndex, Scope, Step, Value, summary

VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")

# The functions and methods, by the name that imports and types give them.
BLOCKING = frozenset(
    [f"{library}.{verb}" for library in ("requests", "httpx", "httpx2") for verb in VERBS]
    + [f"requests.api.{verb}" for verb in VERBS]
    + [f"requests.Session.{verb}" for verb in (*VERBS, "send")]
    + [f"{library}.stream" for library in ("httpx", "httpx2")]
    + [f"{library}.Client.{verb}" for library in ("httpx", "httpx2") for verb in (*VERBS, "send", "stream")]
    + ["urllib.request.urlopen", "urllib.request.urlretrieve", "urllib3.request"]
    + [f"urllib3.{pool}.{name}" for pool in ("PoolManager", "ProxyManager", "HTTPConnectionPool", "HTTPSConnectionPool")
       for name in ("request", "urlopen", "request_encode_url", "request_encode_body")]
    + [f"http.client.{kind}.{name}" for kind in ("HTTPConnection", "HTTPSConnection")
       for name in ("request", "getresponse", "connect")]
)  # fmt: skip

# Libraries of services whose calls are synchronous HTTP requests: the start of the name, and its last part.
SERVICES = {
    "stripe.": ("create", "retrieve", "modify", "list", "delete", "cancel", "confirm", "capture", "search", "pay"),
    "openai.OpenAI.": ("create", "parse", "retrieve", "list", "delete", "generate", "edit"),
    "anthropic.Anthropic.": ("create", "stream", "retrieve", "list", "count_tokens"),
    "twilio.rest.Client.": ("create", "fetch", "list", "update", "delete"),
}


@dataclass(frozen=True)
class Blocking:
    """What blocks inside a function, named one call at a time: the library's function, or the next function of ours.

    `depth` counts the calls to the library's function.
    """

    name: str
    place: Place
    depth: int


def blocking_name(symbol: str | None) -> str | None:
    """The library's function, if calling it waits for an answer."""
    if symbol is None:
        return None
    if symbol in BLOCKING:
        return symbol.replace("requests.api.", "requests.")
    for start, names in SERVICES.items():
        if symbol.startswith(start) and symbol.rpartition(".")[2] in names:
            return symbol
    return None


def callee(step: Step, scope: Scope, project: ProjectIndex) -> str | None:
    """The symbol of what a step calls: of a class, its constructor."""
    if step.kind != "call" or step.target is None:
        return None
    return constructor(project.symbol(step.target, scope, step.place), project)


def constructor(symbol: str | None, project: ProjectIndex) -> str | None:
    if symbol is not None and ":" in symbol and project.cls(symbol) is not None:
        return project.method(symbol, "__init__")
    return symbol


@summary(bottom=None)
def blocks(symbol: str, project: ProjectIndex) -> Blocking | None:
    """What makes a plain function of the project wait for HTTP when it is called: the nearest of its calls that do."""
    function = project.function(symbol)
    if function is None or function.is_async or function.is_generator or not project.runs_body(symbol):
        return None
    scope = project.scope_of(symbol)
    nearest: Blocking | None = None
    for step in function.flow:
        found = callee(step, scope, project)
        name, depth = blocking_name(found), 1
        if name is None and found is not None and ":" in found and (next_one := blocks(found, project)) is not None:
            name, depth = found, next_one.depth + 1
        if name is not None and (nearest is None or depth < nearest.depth):
            place = Place(f"{scope.module}:{step.place.function}", step.place.text, step.place.nth)
            nearest = Blocking(name, place, depth)
    return nearest


def chain(symbol: str, project: ProjectIndex) -> list[Blocking]:
    """From a function to the library's call, one step for each function on the way."""
    steps: list[Blocking] = []
    while ":" in symbol and (found := blocks(symbol, project)) is not None:
        steps.append(found)
        symbol = found.name
    return steps


def shown(symbol: str) -> str:
    """A symbol as a reader knows it: without its module and without a count of equal names."""
    return symbol.rpartition(":")[2].partition("@")[0]


def touches_shared_state(symbol: str, project: ProjectIndex, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a function may not simply run in a thread: a method, one that writes to what it was given, or that takes
    a session."""
    function = project.function(symbol)
    if function is None or function.owner or function.globals:
        return True
    scope = project.scope_of(symbol)
    for parameter in function.parameters:
        known = project.annotated(parameter.annotation, Scope(scope.module))
        if known is not None and any("sqlalchemy" in t.name or "sqlmodel" in t.name for t in known.walk()):
            return True
    if any(
        s.kind == "assign" and s.target is not None and s.target.kind in ("attribute", "item") for s in function.flow
    ):
        return True
    for step in function.flow:
        found = callee(step, scope, project)
        if found is not None and ":" in found and found not in seen and project.function(found) is not None:
            if touches_shared_state(found, project, seen | {symbol}):
                return True
    return False


def is_constant(value: Value | None, text: str) -> bool:
    return value is not None and value.kind == "constant" and value.text == text
