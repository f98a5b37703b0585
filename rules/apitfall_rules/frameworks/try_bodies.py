"""What the body of a `try` can raise, and what it is there for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst
from apitfall.rule import FunctionFacts, ProjectIndex, RuleContext, Scope, Value, summary, value_of

from apitfall_rules.frameworks.calls import callee, constructor, last_name
from apitfall_rules.frameworks.contents import nodes_in
from apitfall_rules.frameworks.errors import Raised, may_raise, raised_by_call, raised_http
from apitfall_rules.frameworks.fastapi import answers_requests, is_endpoint
from apitfall_rules.frameworks.handlers import Outcome, answer, catches_http
from apitfall_rules.frameworks.logging import is_log_call

CLEANING = re.compile(
    r"""^_*(?:a?close|close_all|aclose|rollback|dispose|unlink|remove|rmtree|rmdir|delete_file|cancel|disconnect|shutdown
    |expunge|expunge_all|expire_all|kill|terminate|quit|release|unlock|unsubscribe|punsubscribe|stop|wait|wait_closed|join
    |cleanup|clean_up|invalidate|reset|logout|getLogger|exists|is_file|Path|seek|flush|gather|wait_for|discard|pop)$""",
    re.VERBOSE,
)


# What reads or turns a value in memory: such a call fails because of the value, and reaches nobody else.
VALUE_METHODS = frozenset(
    """
    append astimezone capitalize copy count decode encode endswith extend find format group groups index isatty isdigit isoformat
    items join keys lower lstrip partition pop quantize replace rpartition rsplit rstrip setdefault sort split splitlines
    startswith strftime strip title total_seconds upper values
    """.split()
)
VALUE_MODULES = frozenset(
    """
    ast base64 binascii collections copy datetime dateutil.parser decimal enum fractions html inspect itertools json math operator re
    statistics string struct types typing unicodedata urllib.parse uuid zoneinfo
    """.split()
)
HEALTH_CHECK = re.compile(
    r"(?:^|_)(?:health|healthy|healthcheck|ready|readiness|alive|liveness|ping)(?:_|$)", re.IGNORECASE
)
# The same, and the status of what the application rests on, though not that of an order.
HEALTH = re.compile(
    r"""(?:^|_)(?:health\w*|ready|readiness|alive|liveness|ping|heartbeat|diagnos\w*)(?:_|$)
    |^_*(?:get_|check_|read_|show_)?(?:(?:api|app|cache|celery|connection|database|db|model|queue|redis|scheduler|server
    |service|services|storage|system|worker|workers)_)*status$""",
    re.IGNORECASE | re.VERBOSE,
)
SELECT_ONE = re.compile(r"\bSELECT\s+1\b", re.IGNORECASE)
BEST_EFFORT = re.compile(
    r"cache|redis|metric|statsd|prometheus|telemetry|tracing|analytics|rate_?limit|heartbeat", re.IGNORECASE
)

# What is called to send to a WebSocket.
SENT = frozenset("send_json send_text send_bytes dumps".split())


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a block, in order, bodies of functions and classes left out.

    `names` are the last names of what is called, empty where that has none. `waits`: it awaits or enters something.
    """

    calls: tuple[cst.Call, ...]
    raises: tuple[cst.Raise, ...]
    names: frozenset[str]
    imports: bool
    yields: bool
    waits: bool


read = nodes_in(cst.Call, cst.Raise, cst.Import, cst.ImportFrom, cst.Yield, cst.Await, cst.With)


def content(block: cst.BaseSuite, ctx: RuleContext) -> Content:
    return ctx.kept(read_content, block)


def read_content(block: cst.BaseSuite, ctx: RuleContext) -> Content:
    nodes = read(block, ctx)
    kinds = {node.__class__ for node in nodes}
    calls = tuple(node for node in nodes if isinstance(node, cst.Call))
    return Content(
        calls,
        tuple(node for node in nodes if isinstance(node, cst.Raise)),
        frozenset(last_name(call.func) for call in calls),
        imports=not kinds.isdisjoint((cst.Import, cst.ImportFrom)),
        yields=cst.Yield in kinds,
        waits=not kinds.isdisjoint((cst.Await, cst.With)),
    )


def raised_in(block: cst.BaseSuite, ctx: RuleContext) -> Raised | None:
    """The HTTPException that a block can raise: one that it raises itself, or that a call of the project's does."""
    inside = content(block, ctx)
    for node in inside.raises:
        if node.exc is not None and not caught_within(node, block, ctx):
            found = raised_http(ctx.value(node.exc), ctx.scope(node), ctx.project, ctx.here(node))
            if found is not None:
                return Raised(*found, ctx.place(node), 1)
    raising = {name for name in inside.names if may_raise(name, ctx.project)}
    calls: list[Raised] = []
    for node in inside.calls:
        if last_name(node.func) not in raising and not stands_for_another(
            ctx.value(node.func), ctx.scope(node), ctx.project
        ):
            continue
        symbol = constructor(ctx.qualified_name(node.func), ctx.project)
        below = raised_by_call(symbol, isinstance(ctx.parent(node), cst.Await), ctx.project)
        if symbol is not None and below is not None and not caught_within(node, block, ctx):
            calls.append(Raised(symbol, below.status, ctx.place(node), below.depth + 1))
    return min(calls, key=lambda raised: raised.depth, default=None)


def stands_for_another(name: Value, scope: Scope, project: ProjectIndex) -> bool:
    """Whether a local name that is called was assigned something that has a name of its own, or none."""
    function = scope.function if name.kind == "name" else ""
    while function:
        assigned = project.reaching(name, Scope(scope.module, function))
        if any(value.kind in ("name", "attribute", "function") for value in assigned):
            return True
        function = function.rpartition(".")[0]
    return False


def http_exception_in(whole: cst.Try, handler: cst.ExceptHandler, ctx: RuleContext) -> Raised | None:
    """The HTTPException that the body can raise and that no handler before this one takes."""
    before = whole.handlers[: whole.handlers.index(handler)]
    if any(catches_http(other, ctx) for other in before):
        return None
    return raised_in(whole.body, ctx)


def caught_within(node: cst.CSTNode, block: cst.BaseSuite, ctx: RuleContext) -> bool:
    """Whether a `try` inside the block keeps an HTTPException that this node raises."""
    child: cst.CSTNode = node
    for parent in ctx.ancestors(node):
        if child is block:
            return False
        if isinstance(parent, cst.Try) and child is parent.body:
            first = next((h for h in parent.handlers if catches_http(h, ctx)), None)
            if first is not None and not raises_again(first, ctx):
                return True
        child = parent
    return False


def raises_again(handler: cst.ExceptHandler, ctx: RuleContext) -> bool:
    return any(isinstance(n, cst.Raise) and n.exc is None for n in ctx.inside(handler.body))


def belongs_to_middleware(whole: cst.Try, ctx: RuleContext) -> bool:
    """Whether the body runs the rest of the request: what a middleware or a `yield` dependency does around it."""
    inside = content(whole.body, ctx)
    if inside.yields or "call_next" in inside.names:
        return True
    if inside.names.isdisjoint(("app", "_app")):
        return False
    return any(ctx.value(call.func).dotted in ("self.app", "self._app") for call in inside.calls)


def is_probe(whole: cst.Try | cst.With, ctx: RuleContext) -> bool:
    """Whether the body only imports and uses that, only cleans up, or only writes to the log."""
    inside = content(whole.body, ctx)
    if inside.calls and all(writes_line(call, ctx) for call in inside.calls):
        return True
    if inside.imports and not inside.waits and not inside.raises and uses_imported(whole.body, ctx):
        return True
    return bool(inside.names) and all(map(is_cleaning, inside.names))


def uses_imported(block: cst.BaseSuite, ctx: RuleContext) -> bool:
    """Whether all calls are of what is imported here from other libraries, or of what that gave: it is tried out, for it
    may not be there."""
    here = {ctx.value(target).name for target, _ in bindings(block, ctx)} | imported(block, ctx)
    for call in content(block, ctx).calls:
        symbol = ctx.qualified_name(call.func) or ""
        if ":" in symbol or not (ctx.value(call.func).root.name in here or symbol.startswith("builtins.")):
            return False
    return True


def imported(block: cst.BaseSuite, ctx: RuleContext) -> set[str]:
    """The names that imports in a block bind."""
    names: set[str] = set()
    for node in read(block, ctx):
        aliases = node.names if isinstance(node, (cst.Import, cst.ImportFrom)) else ()
        for alias in aliases if not isinstance(aliases, cst.ImportStar) else ():
            names.add(value_of(alias.asname.name if alias.asname is not None else alias.name).root.name)
    return names


def writes_line(call: cst.Call, ctx: RuleContext) -> bool:
    callee = ctx.value(call).of
    return callee is not None and callee.kind == "attribute" and is_log_call(callee)


def reads_values(whole: cst.Try, ctx: RuleContext) -> bool:
    """Whether the body only reads and converts values that are in memory already."""
    inside = content(whole.body, ctx)
    return not inside.waits and not inside.raises and all(converts(call, ctx) for call in inside.calls)


def converts(call: cst.Call, ctx: RuleContext) -> bool:
    value = ctx.value(call)
    callee = value.of if value.of is not None else value
    symbol = ctx.qualified_name(call.func)
    if symbol is not None and ":" not in symbol:
        module, _, name = symbol.rpartition(".")
        if module == "builtins":
            return name not in ("open", "exec", "eval", "input", "__import__", "compile")
        if module in VALUE_MODULES or module.rpartition(".")[0] in VALUE_MODULES:
            return module != "typing.Any"  # a method of something that is declared to be anything
        return callee.name in VALUE_METHODS and not symbol[:1].isupper() and module in ("str", "list", "dict", "bytes")
    if symbol is not None or callee.kind != "attribute":
        return False
    if callee.name == "get":  # of a dict: a client is asked for a URL, a session for a class
        key = value.argument(0)
        return key is not None and key.name == "str" and not key.text.startswith(("http", "/"))
    return callee.name in VALUE_METHODS


def is_cleaning(name: str) -> bool:
    return bool(CLEANING.search(name))


def is_boundary(
    node: cst.ExceptHandler, whole: cst.Try, found: Outcome, function: FunctionFacts, ctx: RuleContext
) -> bool:
    """Whether a handler stands where nobody is left to be told, or does what its place is there for.

    Clean-up while something else is on its way; a loop that never ends, or that tries again; the end of a WebSocket; what
    goes on without the failed part and says so in the log; a health check; what writes the failure down where somebody
    looks for it.
    """
    if found.reports and (not found.exits or HEALTH.search(function.short_name)):
        return True
    if found.leaves_line and ((found.below_error and not found.exits) or is_best_effort(whole, function, ctx)):
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
    if only_sends(whole, ctx):
        return True
    for parent in ctx.ancestors(node):
        if isinstance(parent, (cst.FunctionDef, cst.Lambda)):
            return False
        if isinstance(parent, cst.Finally) or (isinstance(parent, cst.ExceptHandler) and not gives_result(found)):
            return True
        if found.leaves_line and isinstance(parent, cst.While) and ctx.source(parent.test) in ("True", "1"):
            return True
        if found.leaves_line and isinstance(parent, (cst.For, cst.While)) and sleeps(node, ctx):
            return True
    return False


def says_no(node: cst.ExceptHandler, found: Outcome, ctx: RuleContext) -> bool:
    """Whether a handler answers ``False``, or goes on with that noted."""
    if found.exits:
        return all(answer(e) == "False" for e in found.exits)
    noted = {ctx.source(value) for _, value in bindings(node.body, ctx)}
    return noted == {"False"}


def takes_text(node: cst.ExceptHandler, whole: cst.Try, found: Outcome, ctx: RuleContext) -> bool:
    """Whether a handler takes an answer's text where the body could not read it as JSON: nothing of it is lost."""
    inside = content(whole.body, ctx)
    if inside.names != {"json"}:
        return False
    read = {ctx.source(call.func.value) for call in inside.calls if isinstance(call.func, cst.Attribute)}
    if found.exits:
        taken = [e.value if isinstance(e, cst.Return) else None for e in found.exits]
    else:
        taken = [value for _, value in bindings(node.body, ctx)]
    texts = [v for v in taken if isinstance(v, cst.Attribute) and v.attr.value in ("text", "content")]
    return bool(taken) and len(texts) == len(taken) and all(ctx.source(text.value) in read for text in texts)


def belongs_to_log(function: FunctionFacts, ctx: RuleContext) -> bool:
    """Whether a method is one of a log's handler: a line that it writes of its own failure comes back to it."""
    if not function.owner:
        return False
    bases = ctx.project.mro(f"{ctx.module}:{function.owner}")
    return any(base.startswith("logging.") and base.endswith("Handler") for base in bases)


def asks_if_there(whole: cst.Try, ctx: RuleContext) -> bool:
    """Whether the body asks a database or server for nothing but a sign of life, and says that there was one."""
    if "ping" not in content(whole.body, ctx).names and not SELECT_ONE.search(ctx.source(whole.body)):
        return False
    returns = [node for node in ctx.inside(whole.body) if isinstance(node, cst.Return)]
    return bool(returns) and all(node.value is not None and ctx.source(node.value) == "True" for node in returns)


def gives_result(found: Outcome) -> bool:
    """Whether a handler says what its function returns, so that nothing else is on its way."""
    return any(isinstance(e, cst.Return) and e.value is not None for e in found.exits)


def ends_socket(whole: cst.Try, function: FunctionFacts, ctx: RuleContext) -> bool:
    """Whether a `try` is the last that the endpoint of a WebSocket does: the connection ends with it."""
    block = ctx.parent(whole)
    if not isinstance(block, cst.IndentedBlock) or block.body[-1] is not whole:
        return False
    if not isinstance(ctx.parent(block), cst.FunctionDef):
        return False
    symbol = f"{ctx.module}:{function.name}"
    return is_endpoint(symbol, ctx.project) and not answers_requests(symbol, ctx.project)


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
    wanted = {ctx.source(target) for target, _ in bindings(whole.body, ctx)}
    return any(ctx.source(target) in wanted and is_worked_out(value, ctx) for target, value in bindings(node.body, ctx))


def bindings(block: cst.BaseSuite, ctx: RuleContext) -> Iterator[tuple[cst.CSTNode, cst.BaseExpression]]:
    for node in ctx.inside(block):
        if isinstance(node, cst.Assign):
            yield from ((target.target, node.value) for target in node.targets)


def is_worked_out(value: cst.BaseExpression | None, ctx: RuleContext) -> bool:
    """Whether a value is what a function gives, and not a container or object that is made on the spot."""
    while isinstance(value, cst.Await):
        value = value.expression
    if not isinstance(value, cst.Call):
        return False
    name = ctx.value(value.func).name
    return not name[:1].isupper() and name not in ("set", "list", "dict", "tuple", "frozenset")


def only_sends(whole: cst.Try, ctx: RuleContext) -> bool:
    """Whether the body only sends to a WebSocket, which may be gone at any time."""
    names = content(whole.body, ctx).names
    return bool(names) and names <= SENT


def sleeps(node: cst.ExceptHandler, ctx: RuleContext) -> bool:
    """Whether a handler lets some time pass, itself or in a function of the project that it calls."""
    for call in (n for n in ctx.inside(node.body) if isinstance(n, cst.Call)):
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
