"""A broad `except` in code that serves requests, after which nobody can tell what failed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import libcst as cst
from apitfall.rule import Finding, FunctionFacts, ProjectIndex, Related, RuleContext, Severity, Span, rule

from apitfall_rules.frameworks.boundaries import (
    goes_another_way,
    instead,
    is_boundary,
    is_idle,
    is_on_the_way,
    is_worked_out,
    measures,
    returned_behind,
    simple_lines,
)
from apitfall_rules.frameworks.calls import shown
from apitfall_rules.frameworks.conversions import reads_values
from apitfall_rules.frameworks.errors import Raised, chain
from apitfall_rules.frameworks.fastapi import answers_requests, is_endpoint
from apitfall_rules.frameworks.handler_fixes import log_fixes, narrow_fix, reraise_http
from apitfall_rules.frameworks.handlers import (
    Outcome,
    answered,
    caught_types,
    is_broad,
    is_broad_class,
    looks_broad,
    read_handler,
    says_done,
    success_status,
    tells_failure,
)
from apitfall_rules.frameworks.serving import runs_at_start, runs_in_middleware, serves, speaks_http
from apitfall_rules.frameworks.swallowing import catches, may_keep, may_swallow_in
from apitfall_rules.frameworks.try_bodies import (
    belongs_to_middleware,
    ends_task,
    http_exception_in,
    is_probe,
    raised_in,
)

# That something may fail here; `url_safe` and `thread_safe` say another thing.
OPTIONAL = re.compile(r"optional|maybe|(?:^|_)(?:try|(?<!url_)(?<!thread_)safe|safely|soft)(?:_|$)", re.IGNORECASE)
CLEANUP = re.compile(
    r"^_*(?:a?close|cleanup|clean_up|shutdown|stop|teardown|dispose|disconnect|del|a?exit)(?:_|$)", re.IGNORECASE
)
MAIN_GUARD = "if __name__ =="
ENDS_HERE = "every exception ends here, bugs included"


def may_swallow(body: str, project: ProjectIndex) -> bool:
    function, module = project.function(body), f"{body.partition(':')[0]}:"
    if function is None or not catches(function) or CLEANUP.search(function.short_name):
        return False
    if not serves(module, project) and not speaks_http(module, project):
        return False
    return may_keep(function, project.scope_of(body), project) and not runs_at_start(body, project)


@rule(cst.ExceptHandler, cst.WithItem, where=may_swallow, text=may_swallow_in)
def check(node: cst.ExceptHandler | cst.WithItem, ctx: RuleContext) -> Iterator[Finding]:
    found = check_suppress(node, ctx) if isinstance(node, cst.WithItem) else check_handler(node, ctx)
    for finding in found:
        if not is_script(ctx):
            yield finding


def serving_function(node: cst.CSTNode, ctx: RuleContext) -> FunctionFacts | None:
    """The function around a node, if it may run while the application serves, or the module `is_script`."""
    function, module = ctx.enclosing_function(node), f"{ctx.module}:"
    if function is None or CLEANUP.search(function.short_name):
        return None
    if not serves(module, ctx.project) and not speaks_http(module, ctx.project):
        return None
    return None if runs_at_start(f"{module}{function.name}", ctx.project) else function


def is_script(ctx: RuleContext) -> bool:
    """Whether a module is run by hand, and by no application."""
    return not serves(f"{ctx.module}:", ctx.project) and ctx.has_line(MAIN_GUARD)


def check_handler(node: cst.ExceptHandler, ctx: RuleContext) -> Iterator[Finding]:
    function, whole = serving_function(node, ctx) if looks_broad(node) else None, ctx.parent(node)
    if function is None or not isinstance(whole, cst.Try):
        return
    found = read_handler(node, ctx)
    if found.passes_on or is_probe(whole, ctx) or belongs_to_middleware(whole, ctx) or not is_broad(node, ctx):
        return
    if ends_task(whole.body, caught_types(node), function, ctx):
        return
    if raises_in_middleware(found, function, ctx):
        return
    way = lost_http_exception(node, whole, found, function, ctx)
    if way:
        related = tuple(Related(raised.place, says_where(raised)) for raised in way)
        message = f"{says_who(way)} is caught here too: {becomes(found, function, ctx)}"
        fixes = () if runs_in_middleware(f"{ctx.module}:{function.name}", ctx.project) else (reraise_http(node, ctx),)
        yield at_header(node, ctx.finding(node, message, Severity.error, fixes, related), ctx)
        return
    if found.logged or found.chained or is_boundary(node, whole, found, function, ctx):
        return
    severity, message = swallowed(node, whole, found, function, ctx)
    narrow = narrow_fix(node, whole, ctx)
    if (
        narrow is None
        and reads_values(whole, ctx)
        and (severity == Severity.warning or not gives_answer(found, function, ctx))
    ):
        return
    if narrow is not None or (severity == Severity.warning and OPTIONAL.search(function.short_name)):
        if found.leaves_line and narrow is None:
            return
        severity = Severity.information  # that this fails is part of the plan; a bug in it is not
    is_planned = OPTIONAL.search(function.short_name) is not None
    repairs = (narrow,) if narrow is not None else tuple(log_fixes(node, found, ctx, safe=not is_planned))
    yield at_header(node, ctx.finding(node, message, severity, repairs), ctx)


def raises_in_middleware(found: Outcome, function: FunctionFacts, ctx: RuleContext) -> bool:
    """Whether a handler ends in an HTTPException that nobody answers: the client gets a 500 whatever its status is, and
    the server logs it with what it was raised for."""
    raises = bool(found.exits) and not found.falls and all(isinstance(e, cst.Raise) for e in found.exits)
    return raises and runs_in_middleware(f"{ctx.module}:{function.name}", ctx.project)


def at_header(node: cst.ExceptHandler, finding: Finding, ctx: RuleContext) -> Finding:
    """The finding on ``except Exception as e`` alone."""
    start, text = ctx.span(node).start, ctx.source(node)
    colon = text.index(":", ctx.span(node.type).end - start if node.type is not None else 0)
    return replace(finding, span=Span(start, start + len(text[:colon].rstrip())))


# HTTPException


def lost_http_exception(
    node: cst.ExceptHandler, whole: cst.Try, found: Outcome, function: FunctionFacts, ctx: RuleContext
) -> list[Raised]:
    """The HTTPException that the `try` can raise and whose answer is lost, with the way to where it is raised."""
    if found.reads_status or OPTIONAL.search(function.short_name):
        return []
    symbol = f"{ctx.module}:{function.name}"
    answers = answers_requests(symbol, ctx.project)
    if is_endpoint(symbol, ctx.project) and not answers:
        return []  # a WebSocket has no status
    raises = any(isinstance(e, cst.Raise) for e in found.exits)
    if not answers and not raises and found.reports:
        return []  # the caller is told
    first = http_exception_in(whole, node, ctx)
    if first is None:
        return []
    if first.depth > 1 and not raises and not (answers and found.exits):
        return []  # what is called is not needed here, whatever it says of the request
    way = chain(first, ctx.project)
    if way[-1].status.startswith("5") and len(way) > 1 and not raises:
        return []  # no more than any other failure of what is called
    if not found.falls and found.exits:
        given = {answered(e, ctx) for e in found.exits if answers or isinstance(e, cst.Raise)}
        if given == {(way[-1].name, way[-1].status)} or ({s for _, s in given} == {way[-1].status} != {""}):
            return []
    return way


def says_who(way: list[Raised]) -> str:
    name = f"`{way[-1].name}`"
    return f"{name}, raised in this `try`," if len(way) == 1 else f"{name}, raised by `{shown(way[0].name)}`,"


def says_where(raised: Raised) -> str:
    if ":" in raised.name:
        return f"`{shown(raised.place.function)}` calls `{shown(raised.name)}` here"
    return f"`{raised.name}` is raised here"


def becomes(found: Outcome, function: FunctionFacts, ctx: RuleContext) -> str:
    answers = answers_requests(f"{ctx.module}:{function.name}", ctx.project)
    given = {answered(e, ctx)[1] for e in found.exits if answers or isinstance(e, cst.Raise)}
    if len(given) == 1 and given != {""} and not found.falls:
        status = given.pop()
        return f"the client gets a {success_status(function) if status == '200' else status} instead"
    return f"`{function.short_name}` goes on, and the client is not told" if found.falls else "its status is lost"


# Everything else


def swallowed(
    node: cst.ExceptHandler, whole: cst.Try, found: Outcome, function: FunctionFacts, ctx: RuleContext
) -> tuple[Severity, str]:
    """What becomes of an exception whose traceback nobody logs, and how bad that is."""
    written = "logged" if found.leaves_line else "printed" if found.prints else ""
    log = f"only a message is {written}, without the traceback" if written else "nothing is logged of it"
    if not found.exits:
        severity = Severity.information if goes_another_way(node, whole, found, ctx) else Severity.warning
        return severity, f"{ENDS_HERE}: `{function.short_name}` {goes_on(node, whole, ctx)}, and {log}"
    beside = f", or `{function.short_name}` goes on" if found.falls else ""
    if gives_answer(found, function, ctx):
        statuses = {answered(e, ctx)[1] for e in found.exits}
        raising = all(isinstance(e, cst.Raise) for e in found.exits)
        served = answers_requests(f"{ctx.module}:{function.name}", ctx.project)
        if served and "200" in statuses and not found.sets_status:
            status = success_status(function)
            what = f"the client gets a {status} with `{returned(found, ctx)}`"
            return Severity.warning, f"{ENDS_HERE}: {what}{beside}, and {log}"
        why = ": FastAPI logs no `HTTPException`" if raising else ""
        what = answer_given(found, ctx)
        return Severity.information, f"every exception, bugs included, is answered {what}{beside}, and {log}{why}"
    worked_out = all(isinstance(e, cst.Return) and is_worked_out(e.value, ctx) for e in found.exits)
    told = found.reports or tells_failure(found, ctx) or (found.leaves_line and says_done(whole, function, found, ctx))
    severity = Severity.information if told or found.below_error or worked_out else Severity.warning
    return severity, f"{ENDS_HERE}: the caller gets `{returned(found, ctx)}`{beside}, and {log}"


def gives_answer(found: Outcome, function: FunctionFacts, ctx: RuleContext) -> bool:
    """Whether the exits of a handler answer a request: those of an endpoint, and all that are raised HTTPExceptions."""
    served = answers_requests(f"{ctx.module}:{function.name}", ctx.project)
    return bool(found.exits) and (served or all(isinstance(e, cst.Raise) for e in found.exits))


def goes_on(node: cst.ExceptHandler, whole: cst.Try, ctx: RuleContext) -> str:
    """How a function goes on behind a handler that does not leave it."""
    bound = next((found for line in simple_lines(node) for found in instead(line, whole, ctx)), None)
    if bound is not None:
        target, value = bound
        return f"goes on with `{shortened(f'{ctx.source(target)} = {ctx.source(value)}')}`"
    behind = returned_behind(whole, ctx)
    if is_worked_out(behind, ctx) and behind is not None:
        return f"goes on with `{shortened(f'return {ctx.source(behind)}')}`"
    return "goes on as if nothing had failed" if is_idle(node, ctx) else "goes on"


def answer_given(found: Outcome, ctx: RuleContext) -> str:
    """With what a handler answers: its status, or the code that makes the answer."""
    statuses = {answered(e, ctx)[1] for e in found.exits}
    if len(statuses) == 1 and "" not in statuses:
        return f"with a {statuses.pop()}"
    made = {ctx.source(value) for e in found.exits if (value := e.value if isinstance(e, cst.Return) else e.exc)}
    return f"with `{shortened(made.pop())}`" if len(made) == 1 else "here"


def returned(found: Outcome, ctx: RuleContext) -> str:
    value = next((e.value for e in found.exits if isinstance(e, cst.Return)), None)
    return shortened(ctx.source(value) if value is not None else "None")


def shortened(text: str) -> str:
    """A piece of code as a message shows it."""
    line = " ".join(text.split())
    return line.replace("`", "'") if len(line) <= 40 else line[:39].replace("`", "'") + "…"


# contextlib.suppress


def check_suppress(item: cst.WithItem, ctx: RuleContext) -> Iterator[Finding]:
    call = item.item
    if not isinstance(call, cst.Call) or ctx.value(call.func).name != "suppress":
        return
    if not any(is_broad_class(a.value, ctx) for a in call.args):
        return
    function, whole = serving_function(call, ctx), ctx.parent(item)
    if function is None or not isinstance(whole, cst.With) or is_probe(whole, ctx):
        return
    if ctx.qualified_name(call.func) != "contextlib.suppress":
        return
    if ends_task(whole.body, [a.value for a in call.args], function, ctx):
        return
    first = raised_in(whole.body, ctx)
    if first is not None and first.depth == 1:
        related = (Related(first.place, says_where(first)),)
        message = f"`{first.name}`, raised in this block, is suppressed too: the client is not told"
        yield ctx.finding(call, message, Severity.error, (), related)
        return
    if is_on_the_way(item, ctx) or measures(whole, ctx):
        return
    goes_on = f"`{function.short_name}` goes on as if nothing had failed"
    yield ctx.finding(call, f"{ENDS_HERE}: {goes_on}, and nothing is logged of it", Severity.warning)
