"""A list, dict or set as the default of a parameter: one object for all calls, or for FastAPI a body where none comes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Finding, FunctionFacts, Place, ProjectIndex, Related, RuleContext, Severity, rule

from apitfall_rules.frameworks.calls import last_name, leaves_out
from apitfall_rules.frameworks.default_fixes import is_one_of_two, none_default, query
from apitfall_rules.frameworks.defaults import MUTABLE, defined_in, is_injected, is_read_only, read_on_get, source
from apitfall_rules.frameworks.fates import Fate, changed_attribute, fate_of, is_memory

MAKERS = frozenset(MUTABLE.values())
LITERALS: dict[type[cst.CSTNode], str] = {
    cst.List: "list",
    cst.ListComp: "list",
    cst.Dict: "dict",
    cst.DictComp: "dict",
    cst.Set: "set",
    cst.SetComp: "set",
}
# Names that say that the object is meant to outlive the call.
KEPT_ON_PURPOSE = re.compile(r"_|.*(cache|memo)", re.I)
# Decorators whose functions are called with a copy of the default, or once in a process.
COPYING = frozenset("validate_call validate_arguments tool resource prompt command callback".split())


LITERAL_KINDS = frozenset("list dict set comprehension".split())


def has_mutable_default(body: str, project: ProjectIndex) -> bool:
    function = project.function(body)
    return function is not None and any(
        value is not None
        and (value.kind in LITERAL_KINDS or (value.kind == "call" and value.of is not None and value.of.name in MAKERS))
        for value in (parameter.default for parameter in function.parameters)
    )


@rule(cst.Param, where=has_mutable_default)
def check(parameter: cst.Param, ctx: RuleContext) -> Iterator[Finding]:
    default = parameter.default
    if default is None:
        return
    what = made_by(default, ctx) if isinstance(default, cst.Call) else LITERALS.get(default.__class__)
    if what is None:
        return
    parent = ctx.parent(parameter)
    definition = ctx.parent(parent) if parent is not None else None
    if not isinstance(definition, (cst.FunctionDef, cst.Lambda)):
        return
    function, name = ctx.enclosing_function(definition.body), parameter.name.value
    if function is None or KEPT_ON_PURPOSE.match(name):
        return
    symbol = f"{ctx.module}:{function.name}"
    facts = function.parameter(name)
    if facts is None or is_read_only(facts.annotation, defined_in(symbol, function), ctx.project):
        return
    if is_injected(symbol, ctx.project):
        yield from read_elsewhere(parameter, definition, what, symbol, ctx)
    elif not is_declaration(function, symbol, ctx):
        yield from shared(parameter, definition, what, symbol, ctx)


def made_by(call: cst.Call, ctx: RuleContext) -> str | None:
    """The word for what a call makes; names first, for most calls are `Depends` and `Query`."""
    name = last_name(call.func)
    return MUTABLE.get(ctx.qualified_name(call.func) or "") if name in MAKERS else None


def is_declaration(function: FunctionFacts, symbol: str, ctx: RuleContext) -> bool:
    """Whether another function is what runs, with a default of its own or with a copy of this one."""
    names = {(d.of if d.kind == "call" and d.of is not None else d).name for d in function.decorators}
    if names & COPYING or "overload" in names:
        return True
    if not function.trivial or not function.owner:
        return False
    bases = ctx.project.mro(symbol.rpartition(".")[0])
    return any(n.startswith("abstract") for n in names) or any(b.endswith(".Protocol") for b in bases)


# A function that Python calls


def shared(
    parameter: cst.Param, definition: cst.FunctionDef | cst.Lambda, what: str, symbol: str, ctx: RuleContext
) -> Iterator[Finding]:
    name, found = parameter.name.value, fate_of(parameter, definition, symbol, ctx)
    if found is None and (
        isinstance(definition, cst.Lambda) or in_tests(ctx.module) or is_one_of_two(parameter, definition, ctx)
    ):
        return
    if found is not None and found.kind in ("kept", "returned") and in_tests(ctx.module):
        return
    if found is not None and is_memory(name, found, definition, symbol, ctx):
        return
    caller = "this lambda" if isinstance(definition, cst.Lambda) else f"`{called(symbol)}`"
    becomes, related = outcome(found, name, symbol, ctx)
    message = f"the default of `{name}` is one {what} for all calls of {caller}{becomes}"
    severity = Severity.hint if found is None else Severity.warning
    fix = none_default(parameter, definition, what, found, ctx)
    yield ctx.finding(parameter, message, severity, (fix,) if fix is not None else (), related)


def outcome(found: Fate | None, name: str, symbol: str, ctx: RuleContext) -> tuple[str, tuple[Related, ...]]:
    """What comes of it that there is one object, in words, and the place that shows it."""
    if found is None:
        return ": a change to it would stay for all that follow", ()
    if found.kind == "returned":
        return ", which returns it: who changes the result changes what later calls get", ()
    if found.kind == "kept":
        kept = f", which keeps it as `{found.detail}`"
        changing = changed_attribute(symbol, found.detail, ctx.project)
        if changing is None:
            return f"{kept}: a change to that is seen by all who were given the default", ()
        method, place = changing
        there = Related(place, f"`{method}` changes it here")
        return f"{kept}; `{method}` changes that for all who were given the default", (there,)
    how = f"`{found.detail}`" if found.kind == "changed" else f"`{found.detail}`, which it is passed to,"
    here = Related(at(ctx.module, found.place), f"`{name}` is changed here")
    return f", and {how} changes it: a call begins with what those before it left, whoever made them", (here,)


def in_tests(module: str) -> bool:
    """Whether pytest collects a module, or it lies beside those that it does: what runs there runs once."""
    *folders, name = module.split(".")
    return "tests" in folders or name == "conftest" or name.startswith("test_") or name.endswith("_test")


def called(symbol: str) -> str:
    """The name by which a function is called: that of the class for an `__init__`."""
    owner, _, name = symbol.rpartition(":")[2].rpartition(".")
    return owner.rpartition(".")[2] if name == "__init__" and owner else name.partition("@")[0]


def at(module: str, place: Place) -> Place:
    """The place of a step of a module as one of the project."""
    return Place(f"{module}:{place.function}", place.text, place.nth)


# An endpoint or dependency


def read_elsewhere(
    parameter: cst.Param, definition: cst.FunctionDef | cst.Lambda, what: str, symbol: str, ctx: RuleContext
) -> Iterator[Finding]:
    """FastAPI copies the default for each request; what is wrong is where it reads the value from."""
    name, read = parameter.name.value, source(symbol, parameter.name.value, ctx.project)
    on_get = read_on_get(symbol, ctx.project)
    if read == "form":
        lost = f"`?{name}=…`" if on_get else "a JSON body"
        where = f"from multipart form data, as any `{what}` whose items have no type: {lost} never reaches it"
    elif read == "body" and on_get:
        where = f"from a JSON body, on GET too: `?{name}=…` never reaches it"
    elif read == "query":
        where = f"as one query value, for it has no annotation: `?{name}=a` gives the string `a`"
    else:
        yield from direct_calls(parameter, definition, what, symbol, ctx)
        return
    message = f"FastAPI copies this default for each request (only direct calls share it), but reads `{name}` {where}"
    fix = query(parameter, definition, what, ctx) if on_get else None
    yield ctx.finding(parameter, message, Severity.warning, (fix,) if fix is not None else ())


def direct_calls(
    parameter: cst.Param, definition: cst.FunctionDef | cst.Lambda, what: str, symbol: str, ctx: RuleContext
) -> Iterator[Finding]:
    """What other code that calls an endpoint or dependency itself is given for the default, where that is changed."""
    name, function = parameter.name.value, ctx.project.function(symbol)
    found = fate_of(parameter, definition, symbol, ctx)
    if function is None or found is None or found.kind not in ("changed", "passed"):
        return
    for where, step in ctx.project.callers(symbol.removesuffix(".__init__")):
        module = where.partition(":")[0]
        if leaves_out(step.args, name, function) and not ctx.project.is_test(module):
            message = (
                f"FastAPI copies this default for each request, but direct calls of `{called(symbol)}` share one {what}, "
                f"and `{found.detail}` changes it: a call begins with what those before it left"
            )
            there = Related(at(module, step.place), f"called here without `{name}`")
            yield ctx.finding(parameter, message, Severity.warning, (), (there,))
            return
