"""A call on the event loop that reads or writes files, at once or through functions of the project."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Finding, Fix, ProjectIndex, RuleContext, Severity, rule

from apitfall_rules.frameworks.blocking import Held, holds_loop, may_hold
from apitfall_rules.frameworks.calls import shown
from apitfall_rules.frameworks.file_client import async_file
from apitfall_rules.frameworks.file_io import ENTRIES_SHOWN, IN_ONE, LARGE_SHOWN
from apitfall_rules.frameworks.off_loop import plain_fix, thread_fix, touches_shared_state

ENTRIES_OR_TYPED = ENTRIES_SHOWN | {""}
CACHES = frozenset(("lru_cache", "cache", "cached", "alru_cache"))


def may_wait(body: str, project: ProjectIndex) -> bool:
    return any(
        kind == "file" or (kind == "entry" and name in ENTRIES_OR_TYPED) for kind, name in may_hold(body, project)
    )


@rule(cst.Call, options={"strict": False}, replaces=("cpu-bound-in-async",), where=may_wait)
def check(call: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    held = holds_loop(call, "file", ctx) or entry(call, ctx)
    if held is None or is_cached(held, ctx):
        return
    where = f"`async def {held.function.short_name}`"
    waits = f"`{shown(held.symbol)}` waits for `{held.name}`" if held.way else f"`{held.name}` waits for the disk"
    message = f"{waits} on the event loop, in {where}: until it is over, this process serves nobody else"
    severity = Severity.warning if held.name in LARGE_SHOWN else Severity.information
    yield ctx.finding(call, message, severity, tuple(fixes(call, held, ctx)), held.related)


def entry(call: cst.Call, ctx: RuleContext) -> Held | None:
    """A change of a folder made here; with `strict` one that a function makes too, and any question to the disk."""
    held = holds_loop(call, "entry", ctx)
    if held is None or ctx.option("strict"):
        return held
    return held if not held.way and held.name in ENTRIES_SHOWN else None


def is_cached(held: Held, ctx: RuleContext) -> bool:
    """Whether a function on the way keeps its result: it reads its file once, not for each request."""
    functions = [ctx.project.signature(symbol) for symbol in (held.symbol, *(step.name for step in held.way))]
    decorators = [d for function in functions if function is not None for d in function.decorators]
    return any((d.of.name if d.kind == "call" and d.of is not None else d.name) in CACHES for d in decorators)


def fixes(call: cst.Call, held: Held, ctx: RuleContext) -> Iterator[Fix]:
    if not held.way:
        fix = async_file(call, held.symbol, ctx)
        if fix is not None:
            yield fix
    if held.symbol in IN_ONE or (held.way and not held.symbol.endswith(".__init__") and not gives_file(held, ctx)):
        yield from thread_fix(call, ctx, safe=not held.way or not touches_shared_state(held.symbol, ctx.project))
    yield from plain_fix(call, ctx)


def gives_file(held: Held, ctx: RuleContext) -> bool:
    """Whether a function of the project returns what it opened, which is then read on the event loop."""
    function = ctx.project.function(held.way[-1].place.function)
    opened = (
        [s for s in function.flow if s.kind == "call" and s.place.text == held.way[-1].place.text] if function else []
    )
    return any(step.use not in ("entered", "discarded") for step in opened) and held.name.endswith("open")
