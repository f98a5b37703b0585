"""A statement of a synchronous database session on the event loop, at once or through functions of the project."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Finding, Fix, RuleContext, Severity, rule

from apitfall_rules.frameworks.blocking import Held, holds_loop
from apitfall_rules.frameworks.calls import shown
from apitfall_rules.frameworks.off_loop import plain_fix


@rule(cst.Call, replaces=("blocking-http-call", "blocking-call", "blocking-file-io", "cpu-bound-in-async"))
def check(call: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    held = holds_loop(call, "session", ctx)
    if held is None:
        return
    where = f"`async def {held.function.short_name}`"
    waits = f"`{shown(held.symbol)}` waits for `{held.name}`" if held.way else f"`{held.name}` waits"
    message = f"{waits} on the event loop, in {where}: until the database answers, this process serves nobody else"
    yield ctx.finding(call, message, Severity.warning, tuple(fixes(call, held, ctx)), held.related)


def fixes(call: cst.Call, held: Held, ctx: RuleContext) -> Iterator[Fix]:
    yield from plain_fix(call, ctx)
