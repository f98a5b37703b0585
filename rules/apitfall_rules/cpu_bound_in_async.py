"""A long computation on the event loop, at once or through functions of the project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase, translate

import libcst as cst
from apitfall.rule import Finding, Fix, FunctionFacts, ProjectIndex, RuleContext, Severity, rule

from apitfall_rules.frameworks.async_functions import is_coroutine
from apitfall_rules.frameworks.blocking import Held, called_on_loop, holds, holds_loop, in_coroutine, on_loop
from apitfall_rules.frameworks.calls import last_name, shown
from apitfall_rules.frameworks.computations import IN_PYTHON, LOADING, PASSWORDS, PROGRAMS, is_light
from apitfall_rules.frameworks.loops import longest_loop
from apitfall_rules.frameworks.off_loop import needs_loop, plain_fix, thread_fix, touches_shared_state
from apitfall_rules.frameworks.serving import serves_requests
from apitfall_rules.frameworks.takers import TAKERS

BUSY = "until it is done, this process serves nobody else"
LOCK = "; a thread lets others run in between, and only a process pool computes pure Python beside them"

# Names that match a pattern and tell of computing instead of doing it.
TELLING = re.compile(
    r"cpu_(count|percent|times|times_percent|stats|freq|usage|info|load|limit|cores|model|temp\w*|quota|time|bound)"
    r"|(get|set|start|stop|cancel|create|schedule|queue|enqueue|submit|save|load|delete|list|update)_\w+"
)


NAMED = ("expensive_*", "*_computation", "heavy_*", "cpu_*")
IS_NAMED = re.compile("|".join(map(translate, NAMED)))


def may_compute(body: str, project: ProjectIndex) -> bool:
    function = project.function(body)
    if function is None or not function.is_async or not serves_requests(f"{body.partition(':')[0]}:", project):
        return False
    if holds(body, "cpu", project) or longest_loop(body, project) is not None:
        return True
    called = {s.target.name.lstrip("_") for s in function.flow if s.kind == "call" and s.target is not None}
    return any(map(IS_NAMED.match, called))


@rule(cst.Call, cst.For, options={"cpu_bound": NAMED}, where=may_compute)
def check(node: cst.Call | cst.For, ctx: RuleContext) -> Iterator[Finding]:
    if isinstance(node, cst.For):
        yield from check_loop(node, ctx)
        return
    if ctx.once(called_on_loop, node) is None:
        return
    held = holds_loop(node, "cpu", ctx)
    if held is not None and held.way and held.name in LOADING:
        return  # a function that loads a model is one that keeps it, for the calls that come
    if held is not None:
        where = f"on the event loop, in `async def {held.function.short_name}`"
        message = f"{described(held)} {where}: {BUSY}{LOCK if in_python(held.name) else ''}"
        severity = Severity.information if is_light(held.name) else Severity.warning
        yield ctx.finding(node, message, severity, tuple(fixes(node, held, ctx)), held.related)
        return
    function = named(node, ctx)
    if function is not None:
        name = ctx.value(node.func).name
        where = f"on the event loop, in `async def {function.short_name}`"
        message = f"`{name}`, by its name a long computation, runs {where}: {BUSY}"
        yield ctx.finding(node, message, Severity.warning, (*thread_fix(node, ctx, safe=False), *plain_fix(node, ctx)))


def described(held: Held) -> str:
    does = "loads a model" if held.name in LOADING else "computes"
    if held.name.startswith(PROGRAMS):
        does = "waits for another program"
    if not held.way:
        return f"`{held.name}` {does}"
    if held.name:
        return f"`{shown(held.symbol)}` {does} with `{held.name}`"
    return f"`{shown(held.symbol)}` computes for long"


def in_python(name: str) -> bool:
    return not name or name.startswith(IN_PYTHON)


def fixes(call: cst.Call, held: Held, ctx: RuleContext) -> Iterator[Fix]:
    if not held.symbol.endswith((".__init__", ".__call__")):
        yield from thread_fix(call, ctx, safe=is_alone(call, held, ctx))
    yield from plain_fix(call, ctx)


def is_alone(call: cst.Call, held: Held, ctx: RuleContext) -> bool:
    """Whether what computes in a thread is used by nothing else meanwhile."""
    if ":" in held.symbol:
        return not touches_shared_state(held.symbol, ctx.project)
    if held.symbol in PASSWORDS or not isinstance(call.func, cst.Attribute):
        return True
    receiver = call.func.value
    if ctx.known_type(receiver) is None and ctx.qualified_name(receiver) is not None:
        return True  # a function of a module
    return isinstance(receiver, cst.Name) and bool(ctx.values(receiver))


# Names


def named(call: cst.Call, ctx: RuleContext) -> FunctionFacts | None:
    """The coroutine function that calls something which the option `cpu-bound` names."""
    name = last_name(call.func).lstrip("_")
    patterns = ctx.option("cpu_bound")
    if not isinstance(patterns, tuple) or not any(fnmatchcase(name, pattern) for pattern in patterns):
        return None
    if TELLING.fullmatch(name) or isinstance(ctx.parent(call), cst.Await):
        return None
    symbol = ctx.qualified_name(call.func)
    function = ctx.project.function(symbol) if symbol is not None and ":" in symbol else None
    if function is not None and symbol is not None:
        does_something = any(step.kind == "call" or step.branch for step in function.flow)
        if function.is_async or function.is_generator or not does_something or not ctx.project.runs_body(symbol):
            return None
    elif (symbol is not None and ctx.project.cls(symbol) is not None) or may_be_coroutine(call, ctx):
        return None
    return on_loop(call, ctx)


def may_be_coroutine(call: cst.Call, ctx: RuleContext) -> bool:
    """Whether what the call gives, of which nothing is known, is used as a coroutine can be."""
    for parent in ctx.ancestors(call):
        if isinstance(parent, (cst.BaseComp, cst.Element, cst.DictElement, cst.WithItem, cst.Await)):
            return True
        if isinstance(parent, cst.Call) and ctx.value(parent.func).name in TAKERS:
            return True
        if isinstance(parent, (cst.Assign, cst.AnnAssign)):
            targets = [t.target for t in parent.targets] if isinstance(parent, cst.Assign) else [parent.target]
            return any(is_awaited(ctx.value(t).name, call, ctx) for t in targets) or is_coroutine(ctx.type_of(call))
        if isinstance(parent, cst.BaseStatement):
            break
    return is_coroutine(ctx.type_of(call))


def is_awaited(name: str, call: cst.Call, ctx: RuleContext) -> bool:
    """Whether a local name is awaited, or given to what takes coroutines."""
    function = ctx.enclosing_function(call)
    for step in function.flow if function is not None else ():
        takes = step.kind == "call" and step.target is not None and step.target.name in TAKERS
        given = [v for _, v in step.args] if takes else [step.value] if step.kind == "await" else []
        if any(v is not None and any(p.kind == "name" and p.name == name for p in v.walk()) for v in given):
            return True
    return False


# Loops of the coroutine function itself


def check_loop(loop: cst.For, ctx: RuleContext) -> Iterator[Finding]:
    if not isinstance(loop.iter, cst.Call) or not in_coroutine(loop, ctx):
        return
    function = ctx.enclosing_function(loop)
    place = longest_loop(f"{ctx.module}:{function.name}", ctx.project) if function is not None else None
    if function is None or place is None or place != ctx.tree.place(loop.target):
        return
    if gives_way(loop, ctx) or on_loop(loop, ctx) is None:
        return
    message = f"this loop takes long, on the event loop, in `async def {function.short_name}`: {BUSY}{LOCK}"
    yield ctx.finding(loop.iter, message, Severity.warning, tuple(plain_fix(loop, ctx)))


def gives_way(loop: cst.For, ctx: RuleContext) -> bool:
    definition = ctx.enclosing_definition(loop)
    around = [
        n
        for n in (loop, *ctx.ancestors(loop))
        if isinstance(n, (cst.For, cst.While)) and ctx.enclosing_definition(n) is definition
    ]
    outermost = around[-1]
    return any(
        (isinstance(node, cst.Await) or needs_loop(node)) and ctx.enclosing_definition(node) is definition
        for node in ctx.whole(outermost)
    )
