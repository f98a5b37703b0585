"""A coroutine that nothing awaits, and an `await` of something that is none."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import (
    ANY,
    NONE,
    Edit,
    Edits,
    Finding,
    Fix,
    FunctionFacts,
    Related,
    RuleContext,
    Scope,
    Severity,
    Type,
    rule,
)

from apitfall_rules.frameworks.async_functions import (
    Plan,
    become_async,
    functions_made_async,
    is_coroutine,
    is_plain,
    names_coroutine,
    never_awaitable,
    used_as_value,
)
from apitfall_rules.frameworks.calls import last_name
from apitfall_rules.frameworks.coroutine_checks import asks_first
from apitfall_rules.frameworks.coroutine_names import may_be_known
from apitfall_rules.frameworks.fastapi import answers_requests, dependencies
from apitfall_rules.frameworks.local_names import added_to, awaits_name, loses_elements, uses_of_name
from apitfall_rules.frameworks.session_mixtures import COROUTINES
from apitfall_rules.frameworks.sessions import sessions_of
from apitfall_rules.frameworks.takers import holds_data, takes_value
from apitfall_rules.frameworks.unawaited import may_lose_coroutine
from apitfall_rules.frameworks.uses import Use, is_head, is_to_be_refused, use_of

SAYS = {
    "discarded": "`{call}` makes a coroutine that nothing awaits: `{name}` never runs",
    "tested": "`{call}` is not awaited, and a coroutine is always true: this condition does not depend on `{name}`",
    "compared": "`{call}` is not awaited: the coroutine itself is compared, not what `{name}` returns",
    "attribute": "`{call}` is not awaited, and a coroutine has no `{detail}`: AttributeError",
    "item": "`{call}` is not awaited, and a coroutine cannot be subscripted: TypeError",
    "operand": "`{call}` is not awaited, and a coroutine is no operand: TypeError",
    "formatted": "`{call}` is not awaited: the text holds `<coroutine object …>`, not what `{name}` returns",
    "iterated": "`{call}` is not awaited, and a coroutine cannot be iterated: TypeError",
    "unpacked": "`{call}` is not awaited, and a coroutine cannot be unpacked: TypeError",
    "entered": "`{call}` is not awaited, and a coroutine is no context manager",
    "argument": "`{call}` is not awaited: `{detail}` is given the coroutine, not what `{name}` returns",
    "returned": "`{call}` is not awaited: {detail}",
    "bound": "`{call}` is bound to `{detail}`, and nothing awaits that: `{name}` never runs",
    "mixed": "`{call}` is not awaited: then `{detail}` is a coroutine, and data otherwise",
    "held": "`{call}` is not awaited: `{detail}` holds the coroutine, not what `{name}` returns",
    "stored": "`{call}` is not awaited: `{detail}` is given the coroutine, not what `{name}` returns",
}


Told = tuple[str, str, tuple[Related, ...]]


@rule(cst.Call, cst.Await, where=may_lose_coroutine)
def check(node: cst.Call | cst.Await, ctx: RuleContext) -> Iterator[Finding]:
    if isinstance(node, cst.Await):
        yield from check_await(node, ctx)
        return
    use = use_of(node, ctx)
    if use is None or (gives := gives_coroutine(node, ctx)) is False:
        return
    said = told(node, use, ctx) if not asks_first(node, ctx) else None
    # jedi takes longer than all else, and is asked where its answer makes a finding.
    if said is None or not (gives or is_coroutine(ctx.type_of(node))) or replaced_by_subclass(node, ctx):
        return
    yield from check_call(node, use, said, ctx)


def gives_coroutine(call: cst.Call, ctx: RuleContext) -> bool | None:
    """By facts and tables; None where they do not know what is called, and its name is a coroutine function's."""
    if is_next(call, ctx):
        return True
    target = ctx.value(call.func)
    is_named = names_coroutine(target.name, ctx.project)
    if not is_named and not may_be_known(target, ctx.scope(call), ctx.project):
        return False
    known = ctx.known_type(call)
    if known is not None or not is_named:
        return is_coroutine(known)
    symbol = ctx.qualified_name(call.func)
    if symbol is not None and ctx.project.function(symbol) is not None and not ctx.project.runs_body(symbol):
        return False  # what its decorators make of it jedi does not know either
    return None


def is_next(call: cst.Call, ctx: RuleContext) -> bool:
    """Whether a middleware calls what it is put around: `call_next`, or an ASGI application."""
    function = ctx.enclosing_function(call)
    if function is None or not function.is_async:
        return False
    if len(call.args) == len(ASGI) and tuple(ctx.value(arg.value).dotted for arg in call.args) == ASGI:
        return all(function.parameter(name) is not None for name in ASGI) and not makes_object(call, ctx)
    name = last_name(call.func)
    if name == "dispatch" and ctx.source(call.func) == "super().dispatch":
        return is_dispatch(function) and function.parameter("call_next") is not None
    return (
        name == "call_next"
        and isinstance(call.func, cst.Name)
        and function.parameter(name) is not None
        and is_dispatch(function)
    )


def makes_object(call: cst.Call, ctx: RuleContext) -> bool:
    """Whether a call is of a class, by what is known of it or by its name: ``Request(scope, receive, send)``."""
    name, known = ctx.value(call.func).name, ctx.known_type(call)
    if known is not None:
        return not is_coroutine(known)
    return name.lstrip("_")[:1].isupper() or name.endswith(("cls", "class"))


def is_dispatch(function: FunctionFacts) -> bool:
    """Whether Starlette calls a function as a middleware, with what comes next."""
    decorated = any(d.of is not None and d.of.name == "middleware" for d in function.decorators)
    return decorated or (bool(function.owner) and function.short_name == "dispatch")


def is_event_handler(function: FunctionFacts, ctx: RuleContext) -> bool:
    """Whether a method answers an event of Socket.IO, which awaits it once and sends what it returns."""
    return function.short_name.startswith("on_") and not NAMESPACES.isdisjoint(
        ctx.project.mro(f"{ctx.module}:{function.owner}") if function.owner else ()
    )


def replaced_by_subclass(call: cst.Call, ctx: RuleContext) -> bool:
    """Whether a subclass may put a plain function, or a generator, in the place of the coroutine function that is called."""
    symbol = ctx.qualified_name(call.func)
    function = ctx.project.function(symbol) if symbol is not None else None
    if symbol is None or function is None or not function.owner:
        return False
    others = [f for o in ctx.project.overrides(symbol) if (f := ctx.project.function(o)) is not None]
    return any(not f.is_async or f.is_generator for f in others)


def check_call(call: cst.Call, use: Use, said: Told, ctx: RuleContext) -> Iterator[Finding]:
    kind, detail, related = said
    name = ctx.value(call.func).name or "it"
    shown = short(ctx.source(call.func)) + ("(…)" if call.args else "()")
    message = SAYS[kind].format(call=shown, name=name, detail=detail)
    yield ctx.finding(call, message, Severity.error, tuple(fixes(call, use, ctx)), related)


def told(call: cst.Call, use: Use, ctx: RuleContext) -> Told | None:
    """What to say of a use of a coroutine, what it speaks of, and the places that show it; None if it may be right."""
    kind, detail, parent = use.kind, use.detail, ctx.parent(call)
    target = parent.target if isinstance(parent, cst.NamedExpr) else None
    if isinstance(target, cst.Name) and awaits_name(target.value, call, ctx):
        return None
    if kind == "bound":
        return told_of_name(call, detail, ctx)
    if kind == "discarded" and is_to_be_refused(call, ctx):
        return None
    if kind == "iterated" and detail == "async" and is_abstract(call, ctx):
        return None
    if kind == "returned":
        why = returned_unawaited(call, ctx)
        return ("returned", *why) if why is not None else None
    if kind == "element":
        why = elements_unawaited(call, ctx)
        return ("returned", why, ()) if why is not None else None
    if kind == "stored":
        return (kind, detail, ()) if isinstance(use.node, cst.Attribute) and is_data(use.node, ctx) else None
    if kind == "argument" and not takes_value(call, ctx):
        kind, detail = "held", added_to(call, ctx) or ""
    if kind == "held":
        is_lost = bool(detail) and loses_elements(detail, call, ctx, elements_unawaited(call, ctx) is not None)
        return (kind, detail, ()) if is_lost else None
    return kind, detail, ()


def is_abstract(call: cst.Call, ctx: RuleContext) -> bool:
    """Whether a function is called that does nothing, in whose place others may have an asynchronous generator."""
    symbol = ctx.qualified_name(call.func)
    function = ctx.project.function(symbol) if symbol is not None else None
    return function is not None and bool(function.owner) and function.trivial


def told_of_name(call: cst.Call, name: str, ctx: RuleContext) -> Told | None:
    """The same of a local name that is bound to a coroutine."""
    is_lost = returned_unawaited(call, ctx) is not None
    seen = uses_of_name(name, call, ctx, is_lost)
    kind = "bound"
    if seen is None and is_data_otherwise(call, ctx):
        kind, seen = "mixed", uses_of_name(name, call, ctx, is_lost, is_mixed=True)
    if seen is None:
        return None
    how = "is still" if kind == "bound" else "may still be"
    related = (Related(ctx.place(seen[0].node), f"`{name}` {how} a coroutine here"),) if seen else ()
    return kind, name, related


def is_data_otherwise(call: cst.Call, ctx: RuleContext) -> bool:
    """Whether a call stands where another expression gives data in its place: ``text or load()``."""
    child: cst.CSTNode = call
    for parent in ctx.ancestors(call):
        if isinstance(parent, cst.BooleanOperation):
            others = [parent.left] if child is parent.right else []
        elif isinstance(parent, cst.IfExp):
            others = [arm for arm in (parent.body, parent.orelse) if arm is not child]
        else:
            return False
        known = [ctx.known_type(other) for other in others]
        if any(k is not None and k != NONE and is_plain(k, ctx.project) for k in known):
            return True
        child = parent
    return False


def is_data(target: cst.Attribute, ctx: RuleContext) -> bool:
    """Whether an attribute that is assigned to is declared to be data."""
    owner = ctx.known_type(target.value)
    return owner is not None and all(holds_data(m.name, target.attr.value, ctx.project) for m in owner.members)


ASGI = ("scope", "receive", "send")
NAMESPACES = frozenset(("socketio.AsyncNamespace", "socketio.AsyncClientNamespace"))

ENDPOINT = "FastAPI is given the coroutine, not its result, and cannot make a response of it"
MIDDLEWARE = "Starlette is given the coroutine, not a response"
SOCKET = "Socket.IO is given the coroutine, not its result"
DEPENDENCY = "FastAPI hands on the coroutine, not its result"


def short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:28] + "…" + text[-28:]


def elements_unawaited(call: cst.Call, ctx: RuleContext) -> str | None:
    """Why coroutines in a list or dict that is returned are never awaited; None if somebody may await them."""
    function = ctx.enclosing_function(call)
    if function is None:
        return None
    if answers_requests(f"{ctx.module}:{function.name}", ctx.project):
        return ENDPOINT
    if not function.is_async or function.is_generator:
        return None
    known = ctx.project.annotated(function.returns, Scope(ctx.module, "", function.owner))
    if known is None or known.name not in ("list", "set", "tuple", "dict") or not known.args:
        return None
    if not all(is_plain(arg, ctx.project) for arg in known.args):
        return None
    return f"what `{function.short_name}` returns holds coroutines, not {described(known.args[-1])}, as it declares"


def returned_unawaited(call: cst.Call, ctx: RuleContext) -> tuple[str, tuple[Related, ...]] | None:
    """Why a returned coroutine is never awaited, with the places that show it; None if somebody may await it.

    An endpoint's result is not awaited. What an `async def` returns is awaited by who awaits twice: what the function
    declares to return says that nobody does, or what is done with it where it is awaited once.
    """
    function = ctx.enclosing_function(call)
    if function is None:
        return None
    symbol = f"{ctx.module}:{function.name}"
    if answers_requests(symbol, ctx.project):
        return ENDPOINT, ()
    if not function.is_async or function.is_generator:
        return None
    if is_event_handler(function, ctx):
        return SOCKET, ()
    if is_dispatch(function) and function.parameter("call_next") is not None:
        return MIDDLEWARE, ()
    known = ctx.project.annotated(function.returns, Scope(ctx.module, "", function.owner))
    if known is not None and is_plain(known, ctx.project):
        return f"who awaits `{function.short_name}` gets a coroutine, not {described(known)}, which it declares", ()
    if symbol in dependencies(ctx.project):
        return DEPENDENCY, ()
    shown = used_as_value(symbol, ctx.project)
    if not shown:
        return None
    related = tuple(Related(place, "awaited only once here") for place in shown[:8])
    return f"who awaits `{function.short_name}` gets a coroutine, and does not await that", related


# The reverse


def check_await(node: cst.Await, ctx: RuleContext) -> Iterator[Finding]:
    known = ctx.known_type(node.expression)
    if known is None or not never_awaitable(known, ctx.project) or asks_first(node.expression, ctx):
        return
    call = node.expression if isinstance(node.expression, cst.Call) else None
    symbol = ctx.qualified_name(call.func) if call is not None else None
    if call is not None and (symbol is None or is_of_async_session(call, ctx)):
        return  # of a function that somebody gave: ``Callable[..., None]`` is written of coroutine functions too
    own = symbol if symbol is not None and ":" in symbol else None
    if own is not None and not sure_of(own, ctx):
        return
    if known.name == "object" and (own is not None or call is None):
        return  # as the project declares it, which may be anything
    fix = Fix("remove-await", "Remove `await`", lambda: Edits((without_await(node, ctx),)), safe=True, preferred=True)
    what = f"`{short(ctx.source(call.func))}`" if call is not None else "this"
    message = f"{what} gives {described(known)}, which cannot be awaited: TypeError"
    yield ctx.finding(node, message, Severity.error, (fix,))


def is_of_async_session(call: cst.Call, ctx: RuleContext) -> bool:
    """Whether a method is called of a session that is asynchronous, though its annotation says otherwise."""
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value not in COROUTINES:
        return False
    receiver = ctx.value(call.func.value)
    return any(s.is_async for s in sessions_of(receiver, ctx.scope(call), ctx.here(call), ctx.project))


def sure_of(symbol: str, ctx: RuleContext) -> bool:
    """Whether a function of the project is what runs: not abstract, not replaced by a subclass or by a test."""
    function = ctx.project.function(symbol)
    if function is None or function.trivial or ctx.project.is_test(ctx.module) or ctx.project.overrides(symbol):
        return False
    scope = ctx.project.scope_of(symbol)
    types = [ctx.project.type_of(s.value, scope, s.place) for s in function.flow if s.kind == "return" and s.value]
    return not any(is_coroutine(t) for t in types) and (function.returns is not None or None not in types)


def described(known: Type) -> str:
    if known == NONE:
        return "None"
    if known.name == "object":
        return "a value"
    names = [m.name.rpartition(":")[2].rpartition(".")[2] for m in known.members]
    return " or ".join(name if name == "None" else f"`{name}`" for name in names)


def without_await(node: cst.Await, ctx: RuleContext) -> Edit:
    span, inner = ctx.span(node), ctx.span(node.expression)
    if node.expression.lpar:  # the parentheses stay, and with them the meaning of what is around
        return ctx.replace_span(type(span)(span.start, span.start + len("await ")), "")
    return ctx.replace_span(type(span)(span.start, inner.start), "")


# Fixes


def fixes(call: cst.Call, use: Use, ctx: RuleContext) -> Iterator[Fix]:
    function = ctx.enclosing_function(call)
    if function is None or "<lambda" in function.name or use.in_generator:
        return
    if use.kind == "iterated" and use.detail == "async":
        return
    if function.is_async:
        yield Fix("await", "Add `await`", lambda: Edits(awaited(call, ctx)), safe=True, preferred=True)
        return
    symbol = f"{ctx.module}:{function.name}"
    plan = become_async(symbol, ctx.project)
    if plan is not None:
        title = f"Make `{function.short_name}` async, and await it where it is called"
        yield Fix("make-async", title, lambda: made_async(call, plan, ctx))


def awaited(call: cst.Call, ctx: RuleContext) -> tuple[Edit, ...]:
    """`await` before a call, with the parentheses it needs; one that was bound to the whole chain goes."""
    parent = ctx.parent(call)
    if not is_head(call, parent) or call.lpar:
        return (ctx.insert_before(call, "await "),)
    edits = [ctx.insert_before(call, "(await "), ctx.insert_after(call, ")")]
    outer = chain_end(call, ctx)
    around = ctx.parent(outer)
    if isinstance(around, cst.Await) and not around.expression.lpar and given_after(call, outer, ctx):
        edits.insert(0, without_await(around, ctx))
    return tuple(edits)


def chain_end(call: cst.Call, ctx: RuleContext) -> cst.CSTNode:
    """The end of the chain of attributes and calls that begins with this call."""
    node: cst.CSTNode = call
    for parent in ctx.ancestors(call):
        if not is_head(node, parent):
            return node
        node = parent
    return node


def given_after(call: cst.Call, outer: cst.CSTNode, ctx: RuleContext) -> bool:
    """Whether what the chain gives, once its first call is awaited, is known to be nothing to await."""
    inner, value = ctx.value(call), ctx.value(outer)
    rebuilt = value.with_root(inner, type(value)("await", of=inner))
    known = ctx.project.type_of(rebuilt, ctx.scope(call), ctx.here(call))
    return known is not None and known != ANY and never_awaitable(known, ctx.project)


def made_async(call: cst.Call, plan: Plan, ctx: RuleContext) -> Edits | None:
    """`async` before each function of the plan, `await` before this call and before each call of theirs."""
    edits = functions_made_async(plan, ctx, awaited)
    return None if edits is None else Edits(tuple(dict.fromkeys((*awaited(call, ctx), *edits))))
