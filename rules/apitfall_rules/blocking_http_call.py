"""A synchronous HTTP call on the event loop, at once or through functions of the project."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Edit, Edits, Finding, Fix, Related, RuleContext, Severity, rule

from apitfall_rules.frameworks.fastapi import dependencies, is_endpoint, serves_requests
from apitfall_rules.frameworks.http import (
    Blocking,
    blocking_name,
    chain,
    constructor,
    is_constant,
    shown,
    touches_shared_state,
)
from apitfall_rules.frameworks.http_client import async_client
from apitfall_rules.frameworks.uses import inside_generator, is_head


@rule(cst.Call)
def check(call: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    function = ctx.enclosing_function(call)
    if function is None or not function.is_async:
        return
    symbol = constructor(ctx.qualified_name(call.func), ctx.project)
    name = blocking_name(symbol)
    way: list[Blocking] = []
    if name is None and symbol is not None and ":" in symbol:
        way = chain(symbol, ctx.project)
        name = way[-1].name if way else None
    if name is None or symbol is None or not serves_requests(f"{ctx.module}:", ctx.project):
        return
    where = f"`async def {function.short_name}`"
    waits = f"`{shown(symbol)}` waits for `{name}`" if way else f"`{name}` waits"
    message = f"{waits} on the event loop, in {where}: until the answer is there, this process serves nobody else"
    related = tuple(
        Related(step.place, f"`{shown(step.place.function)}` calls `{shown(step.name)}` here") for step in way
    )
    yield ctx.finding(call, message, Severity.warning, tuple(fixes(call, symbol, bool(way), ctx)), related)


def fixes(call: cst.Call, symbol: str, indirect: bool, ctx: RuleContext) -> Iterator[Fix]:
    client = None if indirect else async_client(call, symbol, ctx)
    if client is not None:
        yield client
    if can_await(call, ctx) and threadable(call, symbol, indirect, ctx):
        safe = not indirect or not touches_shared_state(symbol, ctx.project)
        yield Fix(
            "to-thread", "Run it in a thread with `asyncio.to_thread`", lambda: Edits(to_thread(call, ctx)), safe=safe
        )
    definition = ctx.tree.definition(call)
    if isinstance(definition, cst.FunctionDef) and can_be_plain(definition, ctx):
        title = f"Make `{definition.name.value}` a plain `def`, which FastAPI runs in a thread"
        yield Fix("plain-def", title, lambda: Edits((plain(definition, ctx),)))


# asyncio.to_thread


def can_await(call: cst.Call, ctx: RuleContext) -> bool:
    return not inside_generator(call, ctx) and not isinstance(ctx.parent(call), (cst.Await, cst.Decorator))


def threadable(call: cst.Call, symbol: str, indirect: bool, ctx: RuleContext) -> bool:
    """Whether the whole wait is over when the call returns, and nothing that other tasks use goes to the thread."""
    if any(
        arg.keyword is not None and arg.keyword.value == "stream" and not is_constant(ctx.value(arg.value), "False")
        for arg in call.args
    ):
        return False
    if symbol.rpartition(".")[2] in ("stream", "urlopen", "connect", "getresponse", "send"):
        return False
    if symbol.startswith(("urllib3.", "http.client.")):
        return False
    if symbol.startswith("requests.Session."):
        receiver = call.func.value if isinstance(call.func, cst.Attribute) else None
        return isinstance(receiver, cst.Name) and ctx.qualified_name(receiver) is None and bool(ctx.values(receiver))
    return not (indirect and symbol.endswith(".__init__"))


def to_thread(call: cst.Call, ctx: RuleContext) -> tuple[Edit, ...]:
    """``f(x)`` as ``await asyncio.to_thread(f, x)``."""
    name, imports = ctx.import_edit("asyncio")
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
    replaced = f"await {name}.to_thread({arguments}"
    if is_head(call, ctx.parent(call)) and not call.lpar:
        replaced = f"({replaced})"
    return (ctx.replace(call, replaced), *imports)


# A plain `def`


def can_be_plain(definition: cst.FunctionDef, ctx: RuleContext) -> bool:
    """Whether a function is one that only FastAPI calls, and nothing in it needs the event loop."""
    name = ctx.tree.names[definition]
    symbol, function = f"{ctx.module}:{name}", ctx.facts.functions[name]
    if not is_endpoint(symbol, ctx.project) and symbol not in dependencies(ctx.project):
        return False
    if ctx.project.callers(symbol) or function.is_generator:
        return False
    if any(d.of is not None and d.of.name == "websocket" for d in function.decorators):
        return False
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
    return not any(needs_loop(node) and ctx.tree.definition(node) is definition for node in ctx.tree.nodes)


def needs_loop(node: cst.CSTNode) -> bool:
    return isinstance(node, (cst.For, cst.With, cst.CompFor)) and node.asynchronous is not None


def plain(definition: cst.FunctionDef, ctx: RuleContext) -> Edit:
    span, text = ctx.span(definition), ctx.document.text
    return ctx.replace_span(type(span)(span.start, text.index("def", span.start + len("async"))), "")
