"""A statement of a synchronous database session on the event loop, at once or through functions of the project."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Edits, Finding, Fix, RuleContext, Severity, rule

from apitfall_rules.frameworks.blocking import Held, holds, holds_loop
from apitfall_rules.frameworks.calls import shown
from apitfall_rules.frameworks.off_loop import can_await, plain_fix, to_threadpool
from apitfall_rules.frameworks.sessions import factories


@rule(
    cst.Call,
    replaces=("blocking-http-call", "blocking-call", "blocking-file-io", "cpu-bound-in-async"),
    where=lambda body, project: holds(body, "session", project),
)
def check(call: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    held = holds_loop(call, "session", ctx)
    if held is None or enters_in_vain(call, ctx):
        return
    where = f"`async def {held.function.short_name}`"
    waits = f"`{shown(held.symbol)}` waits for `{held.name}`" if held.way else f"`{held.name}` waits"
    message = f"{waits} on the event loop, in {where}: until the database answers, this process serves nobody else"
    yield ctx.finding(call, message, Severity.warning, tuple(fixes(call, held, ctx)), held.related)


def enters_in_vain(call: cst.Call, ctx: RuleContext) -> bool:
    """Whether what is called is given to ``async with``, which fails before a synchronous engine has connected."""
    item = ctx.parent(call)
    around = ctx.parent(item) if isinstance(item, cst.WithItem) else None
    return isinstance(around, cst.With) and around.asynchronous is not None


# Methods that have all of their answer when they return; the rows of `execute` may still come one by one.
COMPLETE = frozenset(
    """
    commit flush refresh get get_one merge scalar bulk_save_objects bulk_insert_mappings bulk_update_mappings
    all first one one_or_none count delete update create_all drop_all
    """.split()
)


def fixes(call: cst.Call, held: Held, ctx: RuleContext) -> Iterator[Fix]:
    plain = tuple(plain_fix(call, ctx))
    yield from plain
    if not plain and can_await(call, ctx) and threadable(held, ctx):
        title = "Run it in a thread with `run_in_threadpool`"
        yield Fix("to-thread", title, lambda: Edits(to_threadpool(call, ctx)))


def threadable(held: Held, ctx: RuleContext) -> bool:
    """Whether all of the work is done when the call returns, with the same session in another thread."""
    if "scoped" in factories(ctx.project):
        return False
    if not held.way:
        return held.symbol.rpartition(".")[2] in COMPLETE
    function = ctx.project.signature(held.symbol)
    return function is not None and not function.is_generator and function.short_name != "__init__"
