"""A synchronous HTTP call on the event loop, at once or through functions of the project."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Finding, Fix, RuleContext, Severity, rule

from apitfall_rules.frameworks.blocking import Held, holds, holds_loop
from apitfall_rules.frameworks.calls import is_constant, shown
from apitfall_rules.frameworks.http import client_of, http_call
from apitfall_rules.frameworks.http_client import async_client
from apitfall_rules.frameworks.off_loop import plain_fix, thread_fix, touches_shared_state


@rule(
    cst.Call,
    replaces=("blocking-call", "blocking-file-io", "cpu-bound-in-async"),
    where=lambda body, project: holds(body, "http", project),
)
def check(call: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    held = holds_loop(call, "http", ctx)
    if held is None:
        return
    where = f"`async def {held.function.short_name}`"
    waits = f"`{shown(held.symbol)}` waits for `{held.name}`" if held.way else f"`{held.name}` waits"
    message = f"{waits} on the event loop, in {where}: until the answer is there, this process serves nobody else"
    yield ctx.finding(call, message, Severity.warning, tuple(fixes(call, held, ctx)), held.related)


def fixes(call: cst.Call, held: Held, ctx: RuleContext) -> Iterator[Fix]:
    fix = None if held.way else async_client(call, held.symbol, ctx)
    if fix is not None:
        yield fix
    if threadable(call, held, ctx):
        client = client_of(held.symbol)
        alone = touches_shared_state(held.symbol, ctx.project) if held.way else client is not None and not client.shared
        yield from thread_fix(call, ctx, safe=not alone)
    yield from plain_fix(call, ctx)


def threadable(call: cst.Call, held: Held, ctx: RuleContext) -> bool:
    """Whether the whole wait is over when the call returns, and nothing that other tasks use goes to the thread."""
    if any(
        arg.keyword is not None and arg.keyword.value == "stream" and not is_constant(ctx.value(arg.value), "False")
        for arg in call.args
    ):
        return False
    symbol = held.symbol
    if not held.way and http_call(symbol, ctx.value(call)) is None:
        return False  # it waits where its result is iterated
    if symbol.rpartition(".")[2] in ("stream", "urlopen", "connect", "getresponse", "send") and not client_of(symbol):
        return False
    if symbol.rpartition(".")[2] in ("stream", "generate_content_stream", "open", "list_blobs", "list_buckets"):
        return False  # what it gives is read from the network later
    if symbol.startswith(("urllib3.", "http.client.")):
        return False
    if symbol.startswith("requests.Session."):
        receiver = call.func.value if isinstance(call.func, cst.Attribute) else None
        return isinstance(receiver, cst.Name) and ctx.qualified_name(receiver) is None and bool(ctx.values(receiver))
    return not (held.way and symbol.endswith(".__init__"))
