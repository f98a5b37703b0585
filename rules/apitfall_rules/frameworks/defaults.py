"""Where FastAPI reads a parameter with a default from, and which defaults can be changed."""

from __future__ import annotations

from collections.abc import Iterator

from apitfall.rule import FunctionFacts, ProjectIndex, Scope, Value, collect, summary

from apitfall_rules.frameworks.fastapi import is_endpoint, routes_of
from apitfall_rules.frameworks.parameters import (
    COLLECTIONS,
    MAPPINGS,
    aliased,
    declared,
    depends_on,
    flat,
    is_dependency,
    is_none,
    path_names,
    read_annotation,
    signature,
)

# What is called to make one, and the word for it.
MUTABLE = {
    "builtins.list": "list",
    "builtins.dict": "dict",
    "builtins.set": "set",
    "builtins.bytearray": "bytearray",
    "collections.defaultdict": "defaultdict",
    "collections.OrderedDict": "OrderedDict",
    "collections.Counter": "Counter",
    "collections.deque": "deque",
    "collections.ChainMap": "ChainMap",
}
# Types that nobody changes a value through; `Set` of the module collections.abc is one, that of typing is not.
VIEWS = frozenset(
    "Sequence Mapping AbstractSet Collection Container Iterable Iterator Sized Reversible Hashable KeysView ValuesView "
    "ItemsView MappingView FrozenSet Tuple MappingProxyType frozenset tuple".split()
)


# What FastAPI does


def is_injected(symbol: str, project: ProjectIndex) -> bool:
    """Whether FastAPI calls a function itself: an endpoint or dependency, or a method that makes or is one."""
    if is_endpoint(symbol, project) or is_dependency(symbol, project):
        return True
    owner, _, name = symbol.rpartition(".")
    return name in ("__init__", "__call__") and any(
        is_dependency(cls, project) for cls in (owner, *project.subclasses(owner))
    )


@summary(bottom=())
def needs(symbol: str, project: ProjectIndex) -> tuple[str, ...]:
    """The functions that FastAPI calls before one; of a class that it depends on, the `__init__`."""
    function = project.function(symbol)
    if function is None:
        return ()
    scope = defined_in(symbol, function)
    found = [depends_on(one, scope, project) for _, one in signature(symbol, project)]
    for value in (v for d in function.decorators for v in d.walk()):
        given = value.argument(0, "dependency") if value.kind == "call" else None
        if given is not None and value.of is not None and value.of.name in ("Depends", "Security"):
            found.append(project.symbol(given, scope))
    made = (project.method(s, "__init__") if s is not None and project.is_class(s) else s for s in found)
    return tuple(dict.fromkeys(s for s in made if s is not None))


@summary(bottom=False)
def read_on_get(symbol: str, project: ProjectIndex) -> bool:
    """Whether a function is an endpoint that answers GET, or one depends on it: clients send no body to it."""
    if is_endpoint(symbol, project) and answers_get(symbol, project):
        return True
    return any(read_on_get(other, project) for other in needed(project).get(symbol, ()))


@collect
def needed(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, str]]:
    """What a function depends on, with the function."""
    for other in needs(scope.symbol, project) if scope.function else ():
        yield other, scope.symbol


def answers_get(symbol: str, project: ProjectIndex) -> bool:
    for route in routes_of(symbol, project):
        verb = route.of.name if route.of is not None else ""
        methods = next((v for k, v in route.args if k == "methods"), None)
        if verb in ("get", "head"):
            return True
        if verb == "api_route" and (methods is None or any(v.text == "GET" for v in methods.walk())):
            return True
    return False


def source(symbol: str, name: str, project: ProjectIndex) -> str | None:
    """Where FastAPI reads a parameter from that has a default and no ``Query()`` or its kind.

    ``form`` for a list without the type of its items, ``body`` for other collections, ``query`` for one without an
    annotation, which takes one value; None where that is not certain.
    """
    function = project.function(symbol)
    parameter = function.parameter(name) if function is not None else None
    if function is None or parameter is None:
        return None
    scope = defined_in(symbol, function)
    found = declared(parameter, scope, project, path_names(symbol, project))
    metadata = read_annotation(parameter.annotation, scope, project).metadata
    if found.marker is not None or any(v.kind in ("name", "attribute") for v, _ in metadata):
        return None
    if parameter.annotation is None:
        return found.source
    note = found.annotation
    last = note.of.name if note is not None and note.kind == "item" and note.of is not None else note and note.name
    if note is None or last not in COLLECTIONS | MAPPINGS:
        return None
    items = [v for _, a in note.args for v in a.walk() if v.kind in ("name", "attribute")]
    symbols = [project.symbol(v, Scope(found.module)) for v in items]
    if None in symbols or any((s or "").endswith("UploadFile") for s in symbols):
        return None
    return {"file": "form", "body": "body"}.get(found.source)


def defined_in(symbol: str, function: FunctionFacts) -> Scope:
    """Where the decorators, annotations and defaults of a function are looked up."""
    module = symbol.partition(":")[0]
    return Scope(module, "" if function.owner else function.name.rpartition(".")[0], function.owner)


# Annotations


def is_read_only(annotation: Value | None, scope: Scope, project: ProjectIndex) -> bool:
    """Whether an annotation says that the value is never changed."""
    found = list(members(annotation, scope, project)) if annotation is not None else []
    return bool(found) and all(s == "collections.abc.Set" or s.rpartition(".")[2] in VIEWS for s in found)


def takes_none(annotation: Value | None, scope: Scope, project: ProjectIndex) -> bool:
    """Whether an annotation says that None may be given."""
    return read_annotation(annotation, scope, project).optional


def members(note: Value, scope: Scope, project: ProjectIndex, depth: int = 0) -> Iterator[str]:
    """The symbols, else the names, of the types that an annotation is a union of, without None and type arguments."""
    head = note.of if note.kind == "item" and note.of is not None else note
    if is_none(note) or depth > 10:
        return
    if note.kind == "choice":
        inner = [v for _, v in flat(note)]
    elif note.kind == "item" and head.name in ("Annotated", "Optional", "Union"):
        inner = [v for _, v in note.args][: 1 if head.name == "Annotated" else None]
    else:
        symbol = project.symbol(head, scope)
        alias = aliased(symbol, project) if symbol is not None and note.kind != "item" else None
        if alias is None:
            yield symbol or head.dotted or ""
            return
        inner, scope = [alias[0]], Scope(alias[1])
    for one in inner:
        yield from members(one, scope, project, depth + 1)
