"""What a call calls, and how that is shown."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst
from apitfall.rule import FunctionFacts, Place, ProjectIndex, Scope, Step, Value


def callee(step: Step, scope: Scope, project: ProjectIndex) -> str | None:
    """The symbol of what a step calls: of a class, its constructor; of an object, its `__call__`."""
    if step.kind != "call" or step.target is None:
        return None
    return called(step.target, scope, step.place, project)


def called(target: Value, scope: Scope, place: Place | None, project: ProjectIndex) -> str | None:
    """The symbol of what runs when this is called."""
    symbol = constructor(project.symbol(target, scope, place), project)
    if symbol is not None and (":" not in symbol or project.signature(symbol) is not None):
        return symbol
    known = project.type_of(target, scope, place)
    return (project.method(known.name, "__call__") if known is not None else None) or symbol


def constructor(symbol: str | None, project: ProjectIndex) -> str | None:
    if symbol is not None and ":" in symbol and project.cls(symbol) is not None:
        return project.method(symbol, "__init__")
    return symbol


def last_name(callee: cst.BaseExpression) -> str:
    """The last name of what is called, as `Value.name` has it; empty where it has none."""
    if isinstance(callee, cst.Attribute):
        return callee.attr.value
    return callee.value if isinstance(callee, cst.Name) else ""


def libraries_of(symbols: Iterable[str]) -> frozenset[str]:
    """The first names of symbols, by which those of other libraries are told apart."""
    return frozenset([symbol.partition(".")[0] for symbol in symbols])


def shown(symbol: str) -> str:
    """A symbol as a reader knows it: without its module and without a count of equal names."""
    return symbol.rpartition(":")[2].partition("@")[0]


def is_constant(value: Value | None, text: str) -> bool:
    return value is not None and value.kind == "constant" and value.text == text


def leaves_out(args: Iterable[tuple[str, Value]], name: str, function: FunctionFacts) -> bool:
    """Whether a call with these arguments takes the default of a parameter."""
    keywords = [key for key, _ in args]
    position = [p.name for p in function.parameters].index(name) - bool(function.owner)
    parameter = function.parameter(name)
    if parameter is not None and parameter.kind == "keyword":
        position = len(keywords)
    return not {name, "*", "**"}.intersection(keywords) and sum(not key for key in keywords) <= position
