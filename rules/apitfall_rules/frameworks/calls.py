"""What a call calls, and how that is shown."""

from __future__ import annotations

from apitfall.rule import ProjectIndex, Scope, Step, Value


def callee(step: Step, scope: Scope, project: ProjectIndex) -> str | None:
    """The symbol of what a step calls: of a class, its constructor."""
    if step.kind != "call" or step.target is None:
        return None
    return constructor(project.symbol(step.target, scope, step.place), project)


def constructor(symbol: str | None, project: ProjectIndex) -> str | None:
    if symbol is not None and ":" in symbol and project.cls(symbol) is not None:
        return project.method(symbol, "__init__")
    return symbol


def shown(symbol: str) -> str:
    """A symbol as a reader knows it: without its module and without a count of equal names."""
    return symbol.rpartition(":")[2].partition("@")[0]


def is_constant(value: Value | None, text: str) -> bool:
    return value is not None and value.kind == "constant" and value.text == text
