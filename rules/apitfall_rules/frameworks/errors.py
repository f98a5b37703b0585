"""Which functions can raise an `HTTPException`, and which one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from apitfall.rule import FunctionFacts, ModuleFacts, Place, ProjectIndex, Scope, Step, Value, collect, summary

from apitfall_rules.frameworks.calls import callee, constructor

HTTP_EXCEPTIONS = frozenset(
    """
    fastapi.HTTPException fastapi.exceptions.HTTPException starlette.exceptions.HTTPException
    """.split()
)
STATUS_NAME = re.compile(r"HTTP_(\d{3})_\w+")


@dataclass(frozen=True)
class Raised:
    """What a function raises, named one call at a time: the exception as it is shown, or the next function of ours.

    `status` is that of the response; empty if it cannot be told. `depth` counts the calls to the `raise`.
    """

    name: str
    status: str
    place: Place
    depth: int


def is_http_exception(symbol: str | None, project: ProjectIndex) -> bool:
    """Whether a class is Starlette's or FastAPI's HTTPException, or is derived from one of them."""
    if symbol is None:
        return False
    return symbol in HTTP_EXCEPTIONS or (":" in symbol and not HTTP_EXCEPTIONS.isdisjoint(project.mro(symbol)))


def status_of(value: Value | None) -> str:
    """The status code that a value says: ``404``, ``status.HTTP_404_NOT_FOUND`` or ``HTTPStatus.NOT_FOUND``; empty if it
    says none."""
    if value is None:
        return ""
    if value.kind == "constant" and value.name == "int":
        return value.text
    if value.kind == "attribute" and value.of is not None and value.of.name == "HTTPStatus":
        member = HTTPStatus.__members__.get(value.name)
        return str(member.value) if member is not None else ""
    named = STATUS_NAME.fullmatch(value.name) if value.kind in ("name", "attribute") else None
    return named.group(1) if named is not None else ""


def raised_http(
    value: Value | None, scope: Scope, project: ProjectIndex, place: Place | None = None, depth: int = 4
) -> tuple[str, str] | None:
    """The HTTPException that raising a value raises, as it is shown, with its status; None if it raises another."""
    if value is None or depth == 0:
        return None
    if value.kind == "call" and value.of is not None:
        symbol = project.symbol(value.of, scope, place)
        if is_http_exception(symbol, project):
            if symbol not in HTTP_EXCEPTIONS:
                told = status_told(value, symbol or "", project)
                return value.of.name, status_of(told) if told is not None else status_of_class(symbol or "", project)
            status = status_of(value.argument(0, "status_code"))
            return f"{value.of.name}({status})" if status else value.of.name, status
        function = project.function(symbol) if symbol is not None and ":" in symbol else None
        if symbol is None or function is None:
            return None
        inside = project.scope_of(symbol)
        given = [raised_http(s.value, inside, project, s.place, depth - 1) for s in function.flow if s.kind == "return"]
        return given[0] if len(given) == 1 else None
    if value.kind not in ("name", "attribute"):
        return None
    symbol = project.symbol(value, scope, place)
    if is_http_exception(symbol, project):
        return value.name, status_of_class(symbol or "", project)
    if value.kind == "name" and scope.function:
        held = [raised_http(v, scope, project, place, depth - 1) for v in project.reaching(value, scope, place)]
        if held:
            return held[0] if None not in held else None
    if symbol is not None and ":" in symbol:
        module, _, name = symbol.partition(":")
        made = [
            raised_http(v.value, Scope(module), project, None, depth - 1)
            for v in project.facts(module).variables.get(name, ())
        ]
        return made[0] if len(made) == 1 else None
    return None


def status_told(call: Value, symbol: str, project: ProjectIndex) -> Value | None:
    """What a class derived from HTTPException is told as its status, if its `__init__` takes one."""
    method = project.function(f"{symbol}.__init__")
    names = [parameter.name for parameter in method.parameters[1:]] if method is not None else []
    return call.argument(names.index("status_code"), "status_code") if "status_code" in names else None


def status_of_class(symbol: str, project: ProjectIndex) -> str:
    """The status code that a class derived from HTTPException answers with, unless it is told another; empty if that
    cannot be told."""
    name = symbol.partition(":")[2]
    method = project.function(f"{symbol}.__init__") if name else None
    for step in method.flow if method is not None else ():
        if step.kind == "call" and step.target is not None and step.target.name == "__init__":
            told = step.result.argument(0, "status_code")
            given = (
                method.parameter(told.name) if method is not None and told is not None and told.kind == "name" else None
            )
            return status_of(given.default if given is not None else told)
    cls = project.cls(symbol) if name else None
    variables = cls.variables.get("status_code", ()) if cls is not None and method is None else ()
    return status_of(variables[-1].value) if variables else ""


def tries_again(function: FunctionFacts) -> bool:
    """Whether a decorator may raise something else in the end, as tenacity's does that is not told ``reraise=True``."""
    for decorator in function.decorators:
        told = any(key == "reraise" and value.text == "True" for key, value in decorator.args)
        if (decorator.of or decorator).name == "retry" and not told:
            return True
    return False


@summary(bottom=None)
def raises_http(symbol: str, project: ProjectIndex) -> Raised | None:
    """How calling, or awaiting, a function of the project can raise an HTTPException: by the fewest calls."""
    function = project.function(symbol)
    if function is None or function.is_generator or not project.runs_body(symbol) or tries_again(function):
        return None
    scope = project.scope_of(symbol)
    nearest: Raised | None = None
    for step in function.flow:
        if step.kind not in ("raise", "call") or caught(step, function.flow):
            continue
        place = Place(f"{scope.module}:{step.place.function}", step.place.text, step.place.nth)
        if step.kind == "raise":
            found = raised_http(step.value, scope, project, step.place)
            if found is not None:
                return Raised(*found, place, 1)
            continue
        called = callee(step, scope, project)
        following = raised_by_call(called, step.use == "awaited", project)
        if called is not None and following is not None and (nearest is None or following.depth + 1 < nearest.depth):
            nearest = Raised(called, following.status, place, following.depth + 1)
    return nearest


def raised_by_call(symbol: str | None, awaited: bool, project: ProjectIndex) -> Raised | None:
    """What a call of a function of the project can raise; a coroutine raises nothing before it is awaited."""
    function = project.function(symbol) if symbol is not None and ":" in symbol else None
    if symbol is None or function is None or (function.is_async and not awaited) or project.overrides(symbol):
        return None
    return raises_http(symbol, project)


ANYTHING = "?"  # something that another name stands for
MANY = 20  # functions of one name that are looked at


def may_raise(name: str, project: ProjectIndex) -> bool:
    """Whether a call of something with this last name may raise an HTTPException, local names left out."""
    return name in callables(project) and raises_by_name(name, project)


@summary(bottom=False)
def raises_by_name(name: str, project: ProjectIndex) -> bool:
    symbols = callables(project).get(name, ())
    if len(symbols) > MANY or ANYTHING in symbols:
        return True
    found = (constructor(symbol, project) for symbol in symbols)
    return any(symbol is not None and raises_http(symbol, project) is not None for symbol in found)


@collect
def callables(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, str]]:
    """The functions and classes of the project by their last names, and the other names that it gives to something."""
    if scope.owner:
        yield scope.owner.rpartition(".")[2], f"{scope.module}:{scope.owner}"
        return
    facts = project.signature(scope.symbol) if scope.function else project.module(scope.module)
    if scope.function:
        yield scope.function.rpartition(".")[2].partition("@")[0], scope.symbol
    for name, one in facts.imports.items() if facts is not None else ():
        if (one.name or one.module.rpartition(".")[2]) != name:
            yield name, ANYTHING
    if isinstance(facts, ModuleFacts):
        for name, assigned in facts.variables.items():
            if any(variable.value is not None and variable.value.dotted is not None for variable in assigned):
                yield name, ANYTHING


def caught(step: Step, flow: tuple[Step, ...]) -> bool:
    """Whether a `try` around a step may keep what it raises: whatever it catches, every handler counts that does not
    raise again."""
    for statement, arm in step.branch:
        if statement.startswith("try") and arm == "body":
            arms = {a for s in flow for name, a in s.branch if name == statement and a.startswith("except")}
            raising = {
                a
                for s in flow
                if s.kind == "raise" and s.value is None
                for name, a in s.branch
                if name == statement and a.startswith("except")
            }
            if not arms or arms != raising:
                return True
    return False


def chain(raised: Raised, project: ProjectIndex) -> list[Raised]:
    """From a call to the `raise`, one step for each function on the way."""
    steps = [raised]
    while ":" in steps[-1].name and (found := raises_http(steps[-1].name, project)) is not None:
        steps.append(found)
    return steps
