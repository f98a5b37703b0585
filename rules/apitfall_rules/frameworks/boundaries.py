"""Handlers that stand where nobody is left to be told, or that do what their place is there for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

import libcst as cst
from apitfall.rule import FunctionFacts, ProjectIndex, RuleContext, Scope, summary

from apitfall_rules.frameworks.calls import callee, last_name
from apitfall_rules.frameworks.conversions import converts
from apitfall_rules.frameworks.errors import raised_http
from apitfall_rules.frameworks.fastapi import answers_requests, is_endpoint
from apitfall_rules.frameworks.handlers import Outcome, answer, falls_through, last_of
from apitfall_rules.frameworks.logging import is_log_call
from apitfall_rules.frameworks.try_bodies import bindings, content, writes_line

HEALTH_CHECK = re.compile(
    r"(?:^|_)(?:health|healthy|healthz|healthcheck|ready|readyz|readiness|alive|liveness|livez|ping|connected|reachable|online)(?:_|$)",
    re.IGNORECASE,
)
# The same, and the status of what the application rests on, though not that of an order.
HEALTH = re.compile(
    r"""(?:^|_)(?:health\w*|readyz?|readiness|alive|liveness|livez|ping|heartbeat|diagnos\w*)(?:_|$)
    |^_*(?:get_|check_|read_|show_)?(?:(?:api|app|cache|celery|connection|database|db|model|queue|redis|scheduler|server
    |service|services|storage|system|worker|workers)_)*status$""",
    re.IGNORECASE | re.VERBOSE,
)
SELECT_ONE = re.compile(r"\bSELECT\s+1\b", re.IGNORECASE)
BEST_EFFORT = re.compile(
    r"cache|redis|metric|statsd|prometheus|telemetry|tracing|analytics|rate_?limit|heartbeat", re.IGNORECASE
)

# What is called to watch what an application does, which must not make it fail.
MEASURES = re.compile(
    r"""statsd|prometheus|tracer|tracing|posthog|mixpanel|opentelemetry
    |(?:^|[._])(?:span|otel)(?:$|[._])|(?:^|[._])metrics?[._]""",
    re.IGNORECASE | re.VERBOSE,
)
# Values that a success could have given too.
EMPTY = frozenset("None False 0 0.0 [] {} () \"\" '' set() list() dict() tuple()".split())
# What a loop asks that goes on until somebody ends it.
GOES_ON = re.compile(r"stop|shut_?down|running|clos(?:ed|ing)\b|cancel|exit|quit|alive|terminat", re.IGNORECASE)
TEXTS = ("text", "content")
FUNCTIONS = frozenset((cst.FunctionDef, cst.Lambda))
LOOPS = frozenset((cst.For, cst.While))
# What is called to send to a WebSocket.
SENT = frozenset("send_json send_text send_bytes dumps".split())


def is_boundary(
    node: cst.ExceptHandler, whole: cst.Try, found: Outcome, function: FunctionFacts, ctx: RuleContext
) -> bool:
    """Whether a handler stands where nobody is left to be told, or does what its place is there for.

    Clean-up while something else is on its way; a loop that never ends, tries again, or waits for a server to be there;
    the end of a WebSocket; what goes on without the failed part and says so in the log, or raises another exception behind
    it; a health check; what only measures; what writes the failure down where somebody looks for it.
    """
    is_health_check = bool(HEALTH.search(function.short_name))
    if found.reports and (not found.exits or is_health_check):
        return True
    if is_health_check and not found.falls and all(isinstance(e, cst.Raise) for e in found.exits):
        return True
    if not found.exits and (measures(whole, ctx) or is_raised_behind(whole, ctx)):
        return True
    if found.leaves_line and (
        (found.below_error and gives_nothing(found, function, ctx)) or is_best_effort(whole, function, ctx)
    ):
        return True
    if HEALTH_CHECK.search(function.short_name) and says_no(node, found, ctx):
        return True
    if belongs_to_log(function, ctx) or takes_text(node, whole, found, ctx):
        return True
    if all(answer(e) in ("False", "None") for e in found.exits) and asks_if_there(whole, ctx):
        return True
    if found.leaves_line and ends_socket(whole, function, ctx):
        return True
    if found.leaves_line and falls_back(node, whole, found, ctx):
        return True
    if only_sends(whole, ctx) or (not gives_result(found) and is_on_the_way(node, ctx)):
        return True
    around = kinds_around(node, ctx)
    return cst.Finally in around or (not LOOPS.isdisjoint(around) and goes_round(node, whole, found, ctx))


def kinds_around(node: cst.CSTNode, ctx: RuleContext) -> Sequence[type[cst.CSTNode]]:
    """The classes of what is around a node in the function that runs it."""
    return [*takewhile(lambda kind: kind not in FUNCTIONS, ctx.kinds_around(node))]


def goes_round(node: cst.ExceptHandler, whole: cst.Try, found: Outcome, ctx: RuleContext) -> bool:
    """Whether a loop around a handler never ends, tries again or another way, or waits for a server to be there."""
    waits = not found.exits and looks_for_life(whole, ctx)
    if found.leaves_line and (is_attempt(whole) or sleeps(node.body, ctx)):
        return True
    for loop in loops_around(node, ctx) if found.leaves_line or waits else ():
        if found.leaves_line and isinstance(loop, cst.While) and is_endless(loop, ctx):
            return True
        if waits and sleeps(loop.body, ctx):
            return True
    return False


def loops_around(node: cst.CSTNode, ctx: RuleContext) -> Iterator[cst.For | cst.While]:
    for parent in ctx.ancestors(node):
        if parent.__class__ in FUNCTIONS:
            return
        if isinstance(parent, (cst.For, cst.While)):
            yield parent


def gives_nothing(found: Outcome, function: FunctionFacts, ctx: RuleContext) -> bool:
    """Whether a handler ends its function, if it does, as that always ends: with no value."""
    if not found.exits:
        return True
    bare = all(isinstance(e, cst.Return) and e.value is None for e in found.exits)
    exits = ctx.project.exits_of(Scope(ctx.module, function.name)) if bare else ()
    return bare and all(step.value is None for step in exits if step.kind == "return")


def is_endless(loop: cst.While, ctx: RuleContext) -> bool:
    """Whether a loop ends when it is told to, and not with its work."""
    asked = ctx.source(loop.test)
    return asked in ("True", "1") or (not isinstance(loop.test, cst.Comparison) and bool(GOES_ON.search(asked)))


def is_attempt(whole: cst.Try) -> bool:
    """Whether the loop around a `try` is over with the first turn that succeeds: each one tries another way to the same."""
    return isinstance(last_of(whole.body), (cst.Return, cst.Break))


def measures(whole: cst.Try | cst.With, ctx: RuleContext) -> bool:
    """Whether the body only counts or traces what the application does."""
    calls = [call for call in content(whole.body, ctx).calls if not converts(call, ctx)]
    return bool(calls) and all(MEASURES.search(ctx.value(call.func).dotted or "") for call in calls)


def is_raised_behind(whole: cst.Try, ctx: RuleContext) -> bool:
    """Whether all that comes behind a `try`, or behind the loops around it, is that an exception is raised."""
    statement: cst.CSTNode = whole
    for parent in ctx.ancestors(whole):
        if isinstance(parent, cst.IndentedBlock):
            behind = parent.body[parent.body.index(statement) + 1 :] if statement in parent.body else ()
            last = last_of(behind[-1]) if behind else None
            if isinstance(last, cst.Raise) and all(isinstance(line, cst.SimpleStatementLine) for line in behind):
                raised = ctx.value(last.exc) if last.exc is not None else None
                return raised_http(raised, ctx.scope(last), ctx.project, ctx.here(last)) is None
        elif not isinstance(parent, (cst.For, cst.While)):
            return False
        else:
            statement = parent
    return False


def is_on_the_way(node: cst.CSTNode, ctx: RuleContext) -> bool:
    """Whether a node stands where something else is on its way already, or is over: in a handler, or a `finally`."""
    return not {cst.ExceptHandler, cst.Finally}.isdisjoint(kinds_around(node, ctx))


def says_no(node: cst.ExceptHandler, found: Outcome, ctx: RuleContext) -> bool:
    """Whether a handler answers ``False``, or goes on with that noted."""
    if found.exits:
        return all(answer(e) == "False" for e in found.exits)
    noted = {ctx.source(value) for _, value in bindings(node.body, ctx)}
    return noted == {"False"}


def takes_text(node: cst.ExceptHandler, whole: cst.Try, found: Outcome, ctx: RuleContext) -> bool:
    """Whether a handler takes an answer's text where the body could not read it as JSON: nothing of it is lost."""
    inside = content(whole.body, ctx)
    asked = [call.func for call in inside.calls if isinstance(call.func, cst.Attribute) and is_json(call)]
    if not asked or not all(is_json(call) or converts(call, ctx) for call in inside.calls):
        return False
    read = {ctx.source(method.value) for method in asked}
    returned = [e.value for e in found.exits if isinstance(e, cst.Return) and e.value is not None]
    taken = [*returned, *(value for _, value in bindings(node.body, ctx))]
    return any(reads_text(part, read, ctx) for value in taken for part in ctx.inside(value))


def is_json(call: cst.Call) -> bool:
    return last_name(call.func) == "json"


def reads_text(node: cst.CSTNode, answers: set[str], ctx: RuleContext) -> bool:
    """Whether a node is the text, or the bytes, of one of some answers."""
    if isinstance(node, cst.Attribute):
        return node.attr.value in TEXTS and ctx.source(node.value) in answers
    if isinstance(node, cst.Call) and last_name(node.func) == "getattr" and len(node.args) > 1:
        return ctx.value(node.args[1].value).text in TEXTS and ctx.source(node.args[0].value) in answers
    return False


def belongs_to_log(function: FunctionFacts, ctx: RuleContext) -> bool:
    """Whether a function works on each line of a log: one that it writes of its own failure comes back to it.

    Such are the methods of `logging`'s handlers, filters and formatters, and structlog's processors.
    """
    if function.parameter("event_dict") is not None:
        return True
    if not function.owner:
        return False
    bases = ctx.project.mro(f"{ctx.module}:{function.owner}")
    return any(base.startswith("logging.") and base.endswith(("Handler", "Filter", "Formatter")) for base in bases)


def asks_if_there(whole: cst.Try, ctx: RuleContext) -> bool:
    """Whether the body asks a database or server for nothing but a sign of life, and says that there was one."""
    if not looks_for_life(whole, ctx):
        return False
    returns = [node for node in ctx.inside(whole.body) if isinstance(node, cst.Return)]
    return bool(returns) and all(node.value is not None and ctx.source(node.value) == "True" for node in returns)


def looks_for_life(whole: cst.Try, ctx: RuleContext) -> bool:
    return "ping" in content(whole.body, ctx).names or bool(SELECT_ONE.search(ctx.source(whole.body)))


def gives_result(found: Outcome) -> bool:
    """Whether a handler says what its function returns, so that nothing else is on its way."""
    return any(isinstance(e, cst.Return) and e.value is not None for e in found.exits)


def ends_socket(whole: cst.Try, function: FunctionFacts, ctx: RuleContext) -> bool:
    """Whether a `try` is the last that the endpoint of a WebSocket does: the connection ends with it."""
    symbol = f"{ctx.module}:{function.name}"
    if not is_endpoint(symbol, ctx.project) or answers_requests(symbol, ctx.project):
        return False
    block = ctx.parent(whole)
    if not isinstance(block, cst.IndentedBlock) or block.body[-1] is not whole:
        return False
    return isinstance(ctx.parent(block), cst.FunctionDef)


def is_best_effort(whole: cst.Try, function: FunctionFacts, ctx: RuleContext) -> bool:
    calls = [ctx.value(call.func).dotted or "" for call in content(whole.body, ctx).calls if not writes_line(call, ctx)]
    return is_help(ctx.module, function, calls)


def is_help(module: str, function: FunctionFacts, calls: Sequence[str]) -> bool:
    """Whether code serves a cache or measures something: by the name of the module, class or function around it, or of all
    that it calls."""
    if BEST_EFFORT.search(f"{module.rpartition('.')[2]} {function.name}"):
        return True
    return bool(calls) and all(map(BEST_EFFORT.search, calls))


def falls_back(node: cst.ExceptHandler, whole: cst.Try, found: Outcome, ctx: RuleContext) -> bool:
    """Whether a handler finds another way to what the body was after: it calls for it what it then returns, or binds."""
    if found.exits:
        return all(isinstance(e, cst.Return) and is_worked_out(e.value, ctx) for e in found.exits)
    if is_worked_out(returned_behind(whole, ctx), ctx):
        return True
    return any(is_worked_out(value, ctx) for _, value in instead(node.body, whole, ctx))


def returned_behind(whole: cst.Try, ctx: RuleContext) -> cst.BaseExpression | None:
    """What a function returns right behind a `try` in which it would have returned what it is after."""
    if falls_through(whole.body) or not isinstance(last_of(whole.body), cst.Return):
        return None
    statement: cst.CSTNode = whole
    for parent in ctx.ancestors(whole):
        if isinstance(parent, cst.IndentedBlock):
            behind = parent.body[parent.body.index(statement) + 1 :] if statement in parent.body else ()
            if behind:
                last = last_of(behind[-1]) if len(behind) == 1 else None
                return last.value if isinstance(last, cst.Return) else None
        elif not isinstance(parent, (cst.If, cst.Else)):
            return None
        else:
            statement = parent
    return None


def instead(part: cst.CSTNode, whole: cst.Try, ctx: RuleContext) -> Iterator[tuple[cst.CSTNode, cst.BaseExpression]]:
    """What a part of a handler binds to something else than the body of its `try` does, or would have."""
    wanted = {ctx.source(target) for target, _ in bindings(whole.body, ctx)}
    yield from ((target, value) for target, value in bindings(part, ctx) if ctx.source(target) in wanted)


def is_worked_out(value: cst.BaseExpression | None, ctx: RuleContext) -> bool:
    """Whether a value is what a function gives, and not a container or object that is made on the spot."""
    while isinstance(value, (cst.Await, cst.Attribute)):
        value = value.expression if isinstance(value, cst.Await) else value.value
    if not isinstance(value, cst.Call):
        return False
    name = ctx.value(value.func).name
    return not name[:1].isupper() and name not in ("set", "list", "dict", "tuple", "frozenset")


def goes_another_way(node: cst.ExceptHandler, whole: cst.Try, found: Outcome, ctx: RuleContext) -> bool:
    """Whether a handler that does not leave its function has something else for what the body was after: what a call
    gives, or a value that says something, if the log has a line of why."""
    values = [value for _, value in instead(node.body, whole, ctx)]
    if any(is_worked_out(value, ctx) for value in [*values, returned_behind(whole, ctx)]):
        return True
    return found.leaves_line and any(ctx.source(value) not in EMPTY for value in values)


def simple_lines(node: cst.ExceptHandler) -> list[cst.CSTNode]:
    """The statements of a handler that always run, as long as it is not left."""
    return [line for line in node.body.body if isinstance(line, (cst.SimpleStatementLine, cst.BaseSmallStatement))]


def is_idle(node: cst.ExceptHandler, ctx: RuleContext) -> bool:
    """Whether a handler does nothing but write to a log, or to the terminal."""
    lines = simple_lines(node)
    small = [part for line in lines for part in (line.body if isinstance(line, cst.SimpleStatementLine) else (line,))]
    return len(lines) == len(node.body.body) and all(is_idle_line(part, ctx) for part in small)


def is_idle_line(line: cst.CSTNode, ctx: RuleContext) -> bool:
    if isinstance(line, cst.Expr):
        value = line.value.expression if isinstance(line.value, cst.Await) else line.value
        if isinstance(value, cst.Yield):
            return False
        return not isinstance(value, cst.Call) or is_log_call(ctx.value(value.func))
    return isinstance(line, (cst.Pass, cst.Continue, cst.Break))


def only_sends(whole: cst.Try, ctx: RuleContext) -> bool:
    """Whether the body only sends to a WebSocket, which may be gone at any time."""
    names = content(whole.body, ctx).names
    return bool(names) and names <= SENT


def sleeps(block: cst.BaseSuite, ctx: RuleContext) -> bool:
    """Whether a block lets some time pass, itself or in a function of the project that it calls."""
    for call in (n for n in ctx.inside(block) if isinstance(n, cst.Call)):
        if ctx.value(call.func).name == "sleep" or passes_time(ctx.qualified_name(call.func), ctx.project):
            return True
    return False


def passes_time(symbol: str | None, project: ProjectIndex) -> bool:
    return symbol is not None and ":" in symbol and may_sleep(symbol, project)


@summary(bottom=False)
def may_sleep(symbol: str, project: ProjectIndex) -> bool:
    """Whether a function of the project calls `sleep`, or one that does."""
    function, scope = project.function(symbol), project.scope_of(symbol)
    for step in function.flow if function is not None else ():
        if step.kind == "call" and step.target is not None:
            if step.target.name == "sleep" or passes_time(callee(step, scope, project), project):
                return True
    return False
