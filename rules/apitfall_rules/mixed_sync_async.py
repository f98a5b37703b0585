"""An asynchronous session where a synchronous one is meant, and the reverse."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Finding, Related, RuleContext, Severity, rule

from apitfall_rules.frameworks.calls import last_name
from apitfall_rules.frameworks.fastapi import answers_requests
from apitfall_rules.frameworks.local_names import uses_of_name
from apitfall_rules.frameworks.session_bodies import METHODS, may_mix, session_parameters
from apitfall_rules.frameworks.session_fixes import (
    annotation_fix,
    async_fix,
    async_helper_fix,
    await_fix,
    select_fix,
    with_fix,
)
from apitfall_rules.frameworks.session_managers import entered
from apitfall_rules.frameworks.session_mixtures import (
    COROUTINES,
    Mismatch,
    async_receiver,
    fails,
    helper_of_none,
    lacks,
    mismatch,
)
from apitfall_rules.frameworks.sessions import of_type
from apitfall_rules.frameworks.takers import CONSUMERS
from apitfall_rules.frameworks.uses import use_of

Node = cst.Call | cst.Param | cst.Subscript | cst.With


@rule(cst.Call, cst.Param, cst.Subscript, cst.With, replaces=("missing-await",), where=may_mix)
def check(node: Node, ctx: RuleContext) -> Iterator[Finding]:
    if isinstance(node, cst.Call):
        yield from check_call(node, ctx)
    elif isinstance(node, cst.Param):
        yield from check_parameter(node, ctx)
    elif isinstance(node, cst.Subscript):
        yield from check_alias(node, ctx)
    else:
        yield from check_with(node, ctx)


# Methods


def check_call(call: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    func = call.func
    if not isinstance(func, cst.Attribute) or (name := func.attr.value) not in METHODS:
        return
    receiver, scope = ctx.value(func.value), ctx.scope(call)
    place = ctx.moment(func.value, call)
    session = async_receiver(receiver, ctx.enclosing_function(call), scope, place, ctx.project)
    if session is None:
        return
    is_said = any(s.is_async for s in of_type(ctx.known_type(func.value), ctx.project))
    what = f"`{ctx.source(func.value)}` is " + ("" if is_said else "really ") + f"an `{session.name}`"
    if lacks(session, name, ctx.project):
        fixes = tuple(select_fix(call, session, ctx)) if name == "query" else ()
        yield ctx.finding(call, f"{what}, which has no `{name}`: AttributeError", Severity.error, fixes)
    elif name in COROUTINES:
        yield from check_coroutine(call, name, what, is_said, ctx)


def check_coroutine(call: cst.Call, name: str, what: str, is_said: bool, ctx: RuleContext) -> Iterator[Finding]:
    definition, function = ctx.enclosing_definition(call), ctx.enclosing_function(call)
    if not isinstance(definition, cst.FunctionDef) or function is None or isinstance(ctx.parent(call), cst.Await):
        return
    if function.is_async and is_said:
        return
    lost = loses(call, name, ctx)
    if lost is None:
        return
    if function.is_async:
        message = f"{what}, and `{name}` is not awaited: {lost}"
        yield ctx.finding(call, message, Severity.error, tuple(await_fix(call, ctx)))
    else:
        message = f"{what}, and nothing can be awaited in the plain `def {function.short_name}`: {lost}"
        yield ctx.finding(call, message, Severity.error, tuple(async_fix(call, ctx)))


def loses(call: cst.Call, name: str, ctx: RuleContext) -> str | None:
    """What comes of a coroutine that is not awaited; None if somebody may await it."""
    use = use_of(call, ctx)
    if use is None or use.kind in ("held", "stored"):
        return None
    never = f"`{name}` never runs"
    if use.kind == "attribute":
        return f"a coroutine has no `{use.detail}`"
    if use.kind == "bound":
        return never if uses_of_name(use.detail, call, ctx, answers(call, ctx)) is not None else None
    if use.kind == "argument":
        return never if use.detail in CONSUMERS else None
    if use.kind in ("returned", "element"):
        return never if answers(call, ctx) else None
    return never


def answers(call: cst.Call, ctx: RuleContext) -> bool:
    function = ctx.enclosing_function(call)
    return function is not None and answers_requests(f"{ctx.module}:{function.name}", ctx.project)


# Parameters


def check_parameter(param: cst.Param, ctx: RuleContext) -> Iterator[Finding]:
    if param.annotation is None:
        return
    function, note = ctx.taken_by(param), param.annotation.annotation
    parameter = function.parameter(param.name.value) if function is not None else None
    if function is None or parameter is None:
        return
    symbol = f"{ctx.module}:{function.name}"
    if parameter.name not in session_parameters(symbol, ctx.project):
        return
    if parameter.default is not None:
        found = mismatch(parameter.annotation, parameter.default, ctx.scope(note), ctx.project)
        if found is not None and ctx.value(note).kind != "item":
            failing = fails(function, parameter.name, found.real.is_async)
            related = ()
            if failing is not None:
                place = type(failing.place)(
                    f"{ctx.module}:{failing.place.function}", failing.place.text, failing.place.nth
                )
                related = (Related(place, "this takes it for what the annotation says"),)
            message = f"`{parameter.name}` {says(found)}"
            level = Severity.information if failing is None else Severity.error
            yield ctx.finding(note, message, level, tuple(annotation_fix(note, found, ctx)), related)
        return
    if helper_of_none(function, symbol, parameter, ctx.project):
        kind = next(iter(of_type(ctx.project.annotated(parameter.annotation, ctx.scope(note)), ctx.project))).name
        message = (
            f"`{function.short_name}` takes a `{kind}`, and this project makes only asynchronous sessions, "
            "whose statements must be awaited"
        )
        yield ctx.finding(note, message, Severity.warning, tuple(async_helper_fix(param, ctx)))


def check_alias(item: cst.Subscript, ctx: RuleContext) -> Iterator[Finding]:
    """``Annotated[Session, Depends(get_db)]``, of a parameter or under a name."""
    if last_name(item.value) != "Annotated" or len(item.slice) < 2:
        return
    found = mismatch(ctx.value(item), None, ctx.scope(item), ctx.project)
    if found is not None:
        note = item.slice[0].slice
        node = note.value if isinstance(note, cst.Index) else item
        yield ctx.finding(node, f"this {says(found)}", Severity.information, tuple(annotation_fix(node, found, ctx)))


def says(found: Mismatch) -> str:
    must = "whose statements must be awaited" if found.real.is_async else "of which nothing can be awaited"
    article = "an" if found.real.is_async else "a"
    return f"is annotated `{found.said.name}`, and `{found.dependency}` gives {article} `{found.real.name}`, {must}"


# Context managers


def check_with(node: cst.With, ctx: RuleContext) -> Iterator[Finding]:
    awaits = node.asynchronous is not None
    for item in node.items:
        found = manager(item.item, ctx)
        if found is None or found[1] == awaits:
            continue
        what, needs = found
        has, lacking = ("with", "__enter__") if not awaits else ("async with", "__aenter__")
        message = f"{what} has no `{lacking}`, so `{has}` fails" + (": it is for `async with`" if needs else "")
        yield ctx.finding(item.item, message, Severity.error, tuple(with_fix(node, item, ctx)))


def manager(node: cst.BaseExpression, ctx: RuleContext) -> tuple[str, bool] | None:
    if not isinstance(node, (cst.Call, cst.Name, cst.Attribute)):
        return None
    symbol = ctx.qualified_name(node.func) if isinstance(node, cst.Call) else None
    return entered(ctx.value(node), symbol, ctx.scope(node), ctx.here(node), ctx.project)
