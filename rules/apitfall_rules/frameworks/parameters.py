"""What FastAPI makes of a parameter of an endpoint or dependency, and Pydantic of a field: where its value is read from,
what it must keep to, and in which of the two styles that is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from apitfall.rule import ClassFacts, Parameter, ProjectIndex, Scope, Value, collect

from apitfall_rules.frameworks.fastapi import dependencies, is_endpoint, routes_of

# FastAPI's functions for parameters, by their last name, and where each reads the value from.
MARKERS = {
    "Query": "query", "Path": "path", "Header": "header", "Cookie": "cookie", "Body": "body", "Form": "form",
    "File": "file", "Depends": "dependency", "Security": "dependency",
}  # fmt: skip
PLAIN = frozenset("query path header cookie body form file".split())

# What FastAPI hands over itself, by the last name of the class.
GIVEN = frozenset(
    "Request WebSocket HTTPConnection Response BackgroundTasks SecurityScopes StarletteRequest".split()
)  # fmt: skip

COLLECTIONS = frozenset("list set tuple frozenset deque List Set Tuple FrozenSet Sequence Iterable".split())
MAPPINGS = frozenset("dict Dict Mapping MutableMapping".split())
SCALARS = frozenset("int str float bool bytes complex None Any object".split())

# Pydantic's and annotated_types' names for bounded numbers: the constraints that each brings with it.
NUMBERS: dict[str, tuple[str, ...]] = {
    "PositiveInt": ("gt",), "NonNegativeInt": ("ge",), "PositiveFloat": ("gt",), "NonNegativeFloat": ("ge",),
    "NegativeInt": ("lt",), "NonPositiveInt": ("le",), "NegativeFloat": ("lt",), "NonPositiveFloat": ("le",),
}  # fmt: skip
CONSTRAINED = frozenset("conint confloat condecimal Interval".split())
SINGLE = {"Ge": "ge", "Gt": "gt", "Le": "le", "Lt": "lt", "MultipleOf": "multiple_of"}

# Metadata that changes nothing of what a value may be.
SILENT = frozenset(
    "Query Path Header Cookie Body Form File Depends Security Field Doc Strict WithJsonSchema Tag Discriminator".split()
)  # fmt: skip
MODELS = ("pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel")


@dataclass(frozen=True)
class Declared:
    """A parameter or field, read through aliases.

    `source` is path, query, header, cookie, body, form, file, dependency, given (a `Request` and its kind), or empty
    where it cannot be told. `annotation` is the type behind `Annotated`, a name of `module`. `marker` is the call of
    ``Query(...)`` or its kind; `style` is annotated or default, after where that stands, or empty. `default` is what
    the parameter is if nothing is sent, whichever way it is written; None if it is required, or made by a
    `default_factory`. `constraints` are the arguments that bound it, ``ge`` and its kind; `opaque` says that something
    else, such as a validator or a type that is not known, may bound it too.
    """

    source: str = ""
    annotation: Value | None = None
    module: str = ""
    marker: Value | None = None
    style: str = ""
    default: Value | None = None
    constraints: tuple[tuple[str, Value], ...] = ()
    opaque: bool = False

    @property
    def has_lower(self) -> bool:
        return any(name in ("ge", "gt") for name, _ in self.constraints)

    @property
    def has_upper(self) -> bool:
        return any(name in ("le", "lt") for name, _ in self.constraints)


@dataclass
class Annotation:
    """An annotation, while it is read."""

    module: str
    type: Value | None = None
    metadata: list[tuple[Value, str]] = field(default_factory=list[tuple[Value, str]])
    optional: bool = False


def declared(parameter: Parameter, scope: Scope, project: ProjectIndex, path: frozenset[str] = frozenset()) -> Declared:
    """A parameter of an endpoint or dependency; `scope` is where its annotation is looked up.

    `path` are the names in the route's path, as `path_names` gives them.
    """
    return described(parameter.name, parameter.annotation, parameter.default, scope, project, path)


def described(
    name: str,
    annotation: Value | None,
    default: Value | None,
    scope: Scope,
    project: ProjectIndex,
    path: frozenset[str] = frozenset(),
) -> Declared:
    read = read_annotation(annotation, scope, project)
    kind, marker, style = "", None, ""
    for value, module in read.metadata:
        if found := marker_name(value, Scope(module), project):
            kind, marker, style = found, value, "annotated"
    if default is not None and (found := marker_name(default, scope, project)):
        kind, marker, style = found, default, "default"
    source = MARKERS.get(kind) or unmarked(name, annotation, read, project, path)
    in_default = default if style == "default" else None
    constraints, opaque = bounds(read, in_default)
    if marker is not None and style == "default":
        default = default_of(marker) if source != "dependency" else None
    if default is not None and default.kind == "constant" and default.name == "ellipsis":
        default = None
    return Declared(source, read.type, read.module, marker, style, default, constraints, opaque)


def default_of(marker: Value) -> Value | None:
    """The default that ``Query(10)`` or ``Field(default=10)`` gives."""
    given = marker.argument(0, "default")
    if given is None and any(k in ("default_factory", "**", "*") for k, _ in marker.args):
        return Value("other")
    return given


def marker_name(value: Value, scope: Scope, project: ProjectIndex) -> str:
    """``Query``, ``Depends``, ``Field`` and their kind, if the value is a call of one, as it was imported or not."""
    if value.kind != "call" or value.of is None:
        return ""
    symbol = project.symbol(value.of, scope)
    if symbol is None or ":" in symbol:
        return ""
    library, last = symbol.partition(".")[0], symbol.rpartition(".")[2]
    known = last in MARKERS if library == "fastapi" else last == "Field" and library in ("pydantic", "sqlmodel")
    return last if known else ""


# The annotation


def read_annotation(annotation: Value | None, scope: Scope, project: ProjectIndex) -> Annotation:
    """The type behind `Annotated`, `Optional` and aliases, and the metadata on the way to it."""
    read = Annotation(scope.module)
    take_apart(annotation, scope, project, read, 0)
    return read


def take_apart(value: Value | None, scope: Scope, project: ProjectIndex, read: Annotation, depth: int) -> None:
    read.type, read.module = value, scope.module
    if value is None or depth > 10:
        return
    if value.kind == "choice" and value.name == "|":
        rest = [v for _, v in flat(value) if not is_none(v)]
        read.optional = read.optional or len(rest) < len(list(flat(value)))
        if len(rest) == 1:
            take_apart(rest[0], scope, project, read, depth + 1)
        return
    if value.kind == "item" and value.of is not None and value.args:
        last = (value.of.dotted or "").rpartition(".")[2]
        if last == "Annotated":
            take_apart(value.args[0][1], scope, project, read, depth + 1)
            read.metadata += [(v, scope.module) for _, v in value.args[1:]]
        elif last == "Optional":
            read.optional = True
            take_apart(value.args[0][1], scope, project, read, depth + 1)
        elif last == "Union":
            rest = [v for _, v in value.args if not is_none(v)]
            read.optional = read.optional or len(rest) < len(value.args)
            if len(rest) == 1:
                take_apart(rest[0], scope, project, read, depth + 1)
        return
    if value.kind in ("name", "attribute") and value.name not in SCALARS:
        found = aliased(project.symbol(value, scope), project)
        if found is not None:
            take_apart(found[0], Scope(found[1]), project, read, depth + 1)


def flat(value: Value) -> Iterator[tuple[str, Value]]:
    """The members of ``a | b | c``."""
    for key, inner in value.args:
        if inner.kind == "choice" and inner.name == "|":
            yield from flat(inner)
        else:
            yield key, inner


def is_none(value: Value) -> bool:
    return value.kind == "constant" and value.name == "None"


def aliased(symbol: str | None, project: ProjectIndex) -> tuple[Value, str] | None:
    """What a module-level name of the project was assigned, once, and the module's name."""
    module, colon, name = (symbol or "").partition(":")
    facts = project.module(module) if colon else None
    assigned = facts.variables.get(name, ()) if facts is not None else ()
    if len(assigned) != 1 or assigned[0].value is None:
        return None
    return assigned[0].value, module


def bounds(read: Annotation, default: Value | None) -> tuple[tuple[tuple[str, Value], ...], bool]:
    """The constraints of an annotation and of a ``Query(...)`` that is the default, and whether there may be others."""
    found: list[tuple[str, Value]] = []
    opaque = False
    for value in (*(value for value, _ in read.metadata), *([default] if default is not None else [])):
        called = value.kind == "call" and value.of is not None
        last = value.of.name if called and value.of is not None else value.name
        if called and last in SINGLE:
            found += [(SINGLE[last], v) for _, v in value.args[:1]]
        elif called and (last in SILENT or last in CONSTRAINED):
            found += [(k, v) for k, v in value.args if k in ("ge", "gt", "le", "lt", "multiple_of")]
            opaque = opaque or any(k in ("**", "*", "pattern", "regex") for k, _ in value.args)
        elif value.kind != "constant":
            opaque = True
    kind = read.type
    if kind is not None and kind.kind == "call" and kind.of is not None and kind.of.name in CONSTRAINED:
        found += [(k, v) for k, v in kind.args if k]
    elif kind is not None and kind.kind in ("name", "attribute") and kind.name in NUMBERS:
        found += [(name, Value("constant", "int", text="0")) for name in NUMBERS[kind.name]]
    elif kind is None or kind.kind != "name" or kind.name not in ("int", "float"):
        opaque = True
    return tuple(found), opaque


# Where it is read from


def unmarked(
    name: str,
    annotation: Value | None,
    read: Annotation,
    project: ProjectIndex,
    path: frozenset[str],
) -> str:
    """Where FastAPI reads a parameter from that has no ``Query(...)`` or its kind."""
    if name in path:
        return "path"
    if annotation is None:
        return "query"
    kind = read.type
    if kind is None or kind.kind == "call":
        return "query" if kind is not None and kind.of is not None and kind.of.name in CONSTRAINED else ""
    if kind.kind == "choice":
        parts = [v.name for _, v in flat(kind)]
        return "query" if all(p in SCALARS for p in parts) else ""
    last = (kind.of.dotted or "").rpartition(".")[2] if kind.kind == "item" and kind.of is not None else kind.name
    if last in GIVEN:
        return "given"
    if last == "UploadFile":
        return "file"
    if last in COLLECTIONS:
        # Without a type of its elements FastAPI takes the parameter for a list of files.
        return "body" if kind.kind == "item" else "file"
    if last in MAPPINGS:
        return "body"
    if last in SCALARS or last in NUMBERS or last in ("Literal", "UUID", "datetime", "date", "time", "Decimal"):
        return "query"
    symbol = project.symbol(kind, Scope(read.module)) if kind.kind != "item" else None
    if symbol is not None and ":" in symbol and project.is_class(symbol):
        return "body" if has_fields(symbol, project) else "query" if is_enum(symbol, project) else ""
    return ""


def has_fields(symbol: str, project: ProjectIndex) -> bool:
    """Whether a class of the project is a Pydantic model or a dataclass."""
    facts = project.cls(symbol)
    if any(base in MODELS for base in project.mro(symbol)):
        return True
    return facts is not None and any((d.of or d).name == "dataclass" or d.name == "dataclass" for d in facts.decorators)


def is_enum(symbol: str, project: ProjectIndex) -> bool:
    return any(base.rpartition(".")[2] in ("Enum", "IntEnum", "StrEnum") for base in project.mro(symbol))


def path_names(symbol: str, project: ProjectIndex) -> frozenset[str]:
    """The names in the paths that a function is registered for by its decorators, prefixes of routers left out."""
    found: set[str] = set()
    for route in routes_of(symbol, project):
        path = route.argument(0, "path")
        text = path.text if path is not None and path.kind == "constant" else ""
        found |= {part.partition("}")[0].partition(":")[0] for part in text.split("{")[1:]}
    return frozenset(found)


# Who is given what


def signature(symbol: str, project: ProjectIndex) -> tuple[tuple[str, Declared], ...]:
    """The parameters of an endpoint or dependency as FastAPI reads them, the `self` of a method left out."""
    function = project.function(symbol)
    if function is None:
        return ()
    scope = Scope(symbol.partition(":")[0], "" if function.owner else function.name.rpartition(".")[0], function.owner)
    names = path_names(symbol, project)
    bound = function.owner and not any(d.name == "staticmethod" for d in function.decorators)
    parameters = function.parameters[1:] if bound else function.parameters
    return tuple((p.name, declared(p, scope, project, names)) for p in parameters if p.kind not in ("args", "kwargs"))


def depends_on(found: Declared, scope: Scope, project: ProjectIndex) -> str | None:
    """The symbol of the function or class that a parameter depends on: of an object, its `__call__`."""
    if found.source != "dependency" or found.marker is None:
        return None
    given = found.marker.argument(0, "dependency")
    if given is None:
        return project.symbol(found.annotation, Scope(found.module)) if found.annotation is not None else None
    where = scope if found.style == "default" else Scope(found.module)
    symbol = project.symbol(given, where)
    if symbol is not None and (project.function(symbol) is not None or project.is_class(symbol)):
        return symbol
    made = project.type_of(given, where)
    return project.method(made.name, "__call__") if made is not None and ":" in made.name else None


def takers(symbol: str, project: ProjectIndex) -> tuple[tuple[str, str, str], ...]:
    """The parameters that FastAPI fills with what a dependency returns, or with a model or class of the project.

    Each is the function's symbol, the parameter's name, and its source: dependency, query, body, form, header, cookie.
    """
    return filled(project).get(symbol, ())


@collect
def filled(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, tuple[str, str, str]]]:
    """What fills a parameter, and the parameter as in `takers`."""
    symbol, function = scope.symbol, project.function(scope.symbol) if scope.function else None
    if function is None or "<lambda" in symbol or not (is_endpoint(symbol, project) or is_given(symbol, project)):
        return
    around = Scope(scope.module, "", function.owner)
    for name, one in signature(symbol, project):
        target = depends_on(one, around, project)
        if target is None and one.source in PLAIN and one.annotation is not None and one.annotation.kind == "name":
            target = project.symbol(one.annotation, Scope(one.module))
        if target is not None and ":" in target:
            yield target, (symbol, name, one.source)


def is_given(symbol: str, project: ProjectIndex) -> bool:
    """Whether a function is given to ``Depends``, or makes, or is called as, an object that is."""
    given, (owner, _, last) = dependencies(project), symbol.rpartition(".")
    return symbol in given or (last in ("__init__", "__call__") and owner in given)


def is_dependency(symbol: str, project: ProjectIndex) -> bool:
    """Whether FastAPI calls a function, or makes a class, to fill a parameter or before a route."""
    return symbol in dependencies(project) or any(source == "dependency" for _, _, source in takers(symbol, project))


def annotated_style(parameters: tuple[Parameter, ...]) -> bool | None:
    """Whether parameters are written with `Annotated`; None where none of them says."""
    annotated = plain = 0
    for parameter in parameters:
        note, default = parameter.annotation, parameter.default
        if note is not None and note.kind == "item" and note.of is not None and note.of.name == "Annotated":
            annotated += 1
        elif default is not None and default.kind == "call" and default.of is not None and default.of.name in MARKERS:
            plain += 1
    return None if annotated == plain else annotated > plain


def fields_of(symbol: str, project: ProjectIndex) -> Iterator[tuple[str, ClassFacts]]:
    """A class and its bases within the project, nearest first, each with its facts."""
    for owner in project.mro(symbol):
        facts = project.cls(owner) if ":" in owner else None
        if facts is not None:
            yield owner, facts
