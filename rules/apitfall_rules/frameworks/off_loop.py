"""How a call is taken off the event loop: into a thread, or with the whole endpoint, by making it a plain `def`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Edit, Edits, Fix, ProjectIndex, RuleContext, Scope, summary

from apitfall_rules.frameworks.calls import callee
from apitfall_rules.frameworks.fastapi import dependencies, is_endpoint, routes_of
from apitfall_rules.frameworks.uses import inside_generator, is_head

HOMES = ("fastapi.concurrency", "starlette.concurrency")  # of `run_in_threadpool`


def thread_fix(call: cst.Call, ctx: RuleContext, *, safe: bool) -> Iterator[Fix]:
    """The fix `to-thread`, where `await` may stand."""
    if can_await(call, ctx):
        runner = "run_in_threadpool" if threadpool(f"{ctx.module}:", ctx.project) else "asyncio.to_thread"
        title = f"Run it in a thread with `{runner}`"
        yield Fix("to-thread", title, lambda: Edits(to_thread(call, ctx)), safe=safe)


def plain_fix(call: cst.CSTNode, ctx: RuleContext) -> Iterator[Fix]:
    """The fix `plain-def`, where nothing in the endpoint or dependency needs the event loop."""
    definition = ctx.enclosing_definition(call)
    if isinstance(definition, cst.FunctionDef) and can_be_plain(definition, ctx):
        title = f"Make `{definition.name.value}` a plain `def`, which FastAPI runs in a thread"
        yield Fix("plain-def", title, lambda: Edits((plain(definition, ctx),)))


# asyncio.to_thread


def can_await(call: cst.Call, ctx: RuleContext) -> bool:
    symbol = ctx.qualified_name(call.func)
    function = ctx.project.signature(symbol) if symbol is not None else None
    if function is not None and function.is_generator:
        return False  # its body runs where it is iterated
    return not inside_generator(call, ctx) and not isinstance(ctx.parent(call), (cst.Await, cst.Decorator))


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


@summary(bottom=None)
def threadpool(module: str, project: ProjectIndex) -> str | None:
    """The name by which a module knows `run_in_threadpool`."""
    facts = project.module(module.removesuffix(":"))
    for local, found in facts.imports.items() if facts is not None else ():
        if found.module in HOMES and found.name == "run_in_threadpool" and not found.typing:
            return local
    return None


def to_thread(call: cst.Call, ctx: RuleContext) -> tuple[Edit, ...]:
    """``f(x)`` as ``await asyncio.to_thread(f, x)``, or with ``run_in_threadpool`` where the file has that."""
    runner = threadpool(f"{ctx.module}:", ctx.project)
    if runner is not None:
        return (handed_to(runner, call, ctx),)
    name, imports = ctx.import_edit("asyncio")
    return (handed_to(f"{name}.to_thread", call, ctx), *imports)


def to_threadpool(call: cst.Call, ctx: RuleContext) -> tuple[Edit, ...]:
    """``f(x)`` as ``await run_in_threadpool(f, x)``, which waits for the thread even where the request is cancelled."""
    has_starlette = any(i.module == "starlette.concurrency" for i in ctx.facts.imports.values())
    name, imports = ctx.import_edit(f"{'starlette' if has_starlette else 'fastapi'}.concurrency", "run_in_threadpool")
    return (handed_to(name, call, ctx), *imports)


def handed_to(runner: str, call: cst.Call, ctx: RuleContext) -> Edit:
    """``f(x)`` as ``await runner(f, x)``."""
    func, whole = ctx.span(call.func), ctx.span(call)
    text = ctx.document.text
    opened = text.index("(", func.end)
    inner = text[opened + 1 : whole.end]
    source = text[func.start : func.end]
    if len(call.args) == 1 and isinstance(call.args[0].value, cst.GeneratorExp) and not call.args[0].value.lpar:
        inner = f"({inner})"
    lead = inner[: len(inner) - len(inner.lstrip())] if call.args else ""
    gap = lead if "\n" in lead or "\r" in lead else " "  # an argument a line stays one
    arguments = f"{lead}{source},{gap}{inner[len(lead) :]}" if call.args else f"{source}{inner}"
    replaced = f"await {runner}({arguments}"
    if is_head(call, ctx.parent(call)) and not call.lpar:
        replaced = f"({replaced})"
    return ctx.replace(call, replaced)


# A plain `def`


def can_be_plain(definition: cst.FunctionDef, ctx: RuleContext) -> bool:
    """Whether a function is one that only FastAPI calls, and nothing in it needs the event loop."""
    name = ctx.name_of(definition)
    symbol, function = f"{ctx.module}:{name}", ctx.facts.functions[name]
    if not is_endpoint(symbol, ctx.project) and symbol not in dependencies(ctx.project):
        return False
    if ctx.project.callers(symbol) or function.is_generator:
        return False
    routes = routes_of(symbol, ctx.project)
    if any(r not in function.decorators or (r.of is not None and r.of.name == "websocket") for r in routes):
        return False  # what a decorator of the project makes of a function may await it
    for step in function.flow:
        if step.kind == "await":
            return False
        called = (
            ctx.project.symbol(step.target, ctx.project.scope_of(symbol), step.place)
            if step.kind == "call" and step.target
            else None
        )
        if called is not None and called.startswith(("asyncio.", "anyio.")):
            return False
    return not any(needs_loop(node) and ctx.enclosing_definition(node) is definition for node in ctx.tree.nodes)


def needs_loop(node: cst.CSTNode) -> bool:
    return isinstance(node, (cst.For, cst.With, cst.CompFor)) and node.asynchronous is not None


def plain(definition: cst.FunctionDef, ctx: RuleContext) -> Edit:
    span, text = ctx.span(definition), ctx.document.text
    return ctx.replace_span(type(span)(span.start, text.index("def", span.start + len("async"))), "")
