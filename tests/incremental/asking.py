"""Rules that ask everything that a rule can ask, so that whatever goes stale shows in what they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import libcst as cst
from apitfall.engine import Workspace
from apitfall.registry import RulePackage, load
from apitfall.rule import Finding, Fix, ProjectIndex, Related, Rule, RuleContext, Scope, collect, summary
from apitfall.text import Document
from sources import ROOT


@summary(bottom=False)
def commits(subject: str, index: ProjectIndex) -> bool:
    """Whether a function commits, itself or by what it calls."""
    function = index.function(subject)
    for step in function.flow if function is not None else ():
        if step.kind == "call" and step.target is not None:
            if step.target.name == "commit":
                return True
            symbol = index.symbol(step.target, index.scope_of(subject), step.place)
            if symbol is not None and ":" in symbol and commits(symbol, index):
                return True
    return False


@collect
def called(scope: Scope, index: ProjectIndex) -> Iterator[tuple[str, str]]:
    """Who calls what."""
    for step in index.flow_of(scope):
        symbol = index.symbol(step.target, scope, step.place) if step.kind == "call" and step.target else None
        if symbol is not None:
            yield symbol, scope.symbol


@collect
def printing(scope: Scope, index: ProjectIndex) -> Iterator[tuple[str, int]]:
    """Who calls something of a common name, and with how many arguments."""
    for step in (*index.calls_in(scope, "get"), *index.calls_in(scope, "print")):
        yield scope.symbol, len(step.args)


def check_calls(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    """What is called and in what, what it gives, whether it commits, and from where else it is called."""
    symbol = ctx.qualified_name(node.func)
    around = [type(n).__name__ for n in ctx.ancestors(node)]
    parts: list[object] = [symbol, ctx.type_of(node), ctx.here(node), around]
    related: list[Related] = []
    if symbol is not None:
        parts += [called(ctx.project).get(symbol), printing(ctx.project).get(symbol)]
    if symbol is not None and ":" in symbol:
        function = ctx.project.function(symbol)
        parts += (commits(symbol, ctx.project), ctx.project.callers(symbol), ctx.project.returned(symbol))
        if function is not None and function.flow:
            place = function.flow[0].place
            related.append(
                Related(type(place)(f"{symbol.partition(':')[0]}:{place.function}", place.text, place.nth), "first")
            )
    fix = Fix("gone", "Gone", lambda: None)
    yield ctx.finding(node, " | ".join(map(str, parts)), fixes=(fix,), related=tuple(related))


def check_names(node: cst.Name, ctx: RuleContext) -> Iterator[Finding]:
    """What a name stands for and can hold, where it is read in a function."""
    function = ctx.enclosing_function(node)
    if function is None or isinstance(ctx.parent(node), (cst.Attribute, cst.Arg, cst.Param, cst.FunctionDef)):
        return
    around = [kind.__name__ for kind in ctx.kinds_around(node)]
    values = [(value.kind, value.name) for value in ctx.values(node)]
    yield ctx.finding(node, f"{ctx.qualified_name(node)} {ctx.known_type(node)} {values} {function.name} {around}")


def check_definitions(node: cst.FunctionDef | cst.ClassDef, ctx: RuleContext) -> Iterator[Finding]:
    """What a class is made of, and what overrides a function; each with the parameters it has."""
    symbol = f"{ctx.module}:{ctx.tree.names[node]}"
    index = ctx.project
    if isinstance(node, cst.ClassDef):
        parts: list[object] = [index.mro(symbol), index.subclasses(symbol), index.member(ctx.module, node.name.value)]
    else:
        parts = [
            index.overrides(symbol),
            commits(symbol, index),
            index.returned(symbol),
            index.mentions(node.name.value),
        ]
    yield ctx.finding(node.name, " | ".join(map(str, parts)))


RULES = [
    Rule("calls", (cst.Call,), check_calls),  # pyright: ignore[reportArgumentType]
    Rule("names", (cst.Name,), check_names),  # pyright: ignore[reportArgumentType]
    Rule("definitions", (cst.FunctionDef, cst.ClassDef), check_definitions),  # pyright: ignore[reportArgumentType]
]
PACKAGES = [*load(), RulePackage("asking", {r.name: r for r in RULES}, ("fastapi",), (), {}, Path("/"))]


def workspace(files: dict[str, str], packages: list[RulePackage] = PACKAGES) -> Workspace:
    """A workspace that was given these files, and has read none."""
    made = Workspace(ROOT, packages)
    for path, text in files.items():
        made.update(Document(path, 1, text))
    return made
