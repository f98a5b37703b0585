"""What an `except` does with the exception that it caught."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst
from apitfall.rule import FunctionFacts, RuleContext, Value, value_of

from apitfall_rules.frameworks.errors import HTTP_EXCEPTIONS, is_http_exception, raised_http, status_of
from apitfall_rules.frameworks.logging import (
    LEVELS,
    is_log_call,
    leaves_traceback,
    level_of,
    logs_traceback,
    writes_to_log,
)

BELOW_ERROR = frozenset("debug info warning warn trace notice success".split())
BROAD = ("Exception", "BaseException")
# What ends the process.
ENDS_PROCESS = frozenset("sys.exit os._exit os.abort builtins.exit builtins.quit".split())
# Functions that look at an exception and do not keep it.
LOOKS = frozenset("str repr type isinstance issubclass getattr hasattr format len id bool".split())
# Words that say to whoever reads a value that something went wrong.
FAILURE = re.compile(
    r"""error|fail|exception|invalid|illegal|unhealthy|unavailable|unreachable|degraded|disconnected|\bdown\b|not_?found|_[45]\d\d(?!\d)
    |could[ _]?n[o']t|\bcannot\b|\bcan't\b|\bunable\b|失败|错误|异常""",
    re.IGNORECASE | re.VERBOSE,
)
# What asks something, and answers ``False`` to that.
QUESTION = re.compile(r"^_*(?:is|has|have|can|may|should|was|are|does|check|needs?)_|exists?$|^_*detect", re.IGNORECASE)
NOT_DONE = re.compile(r"(?:success|ok|valid)['\"]?\s*[:=]\s*False", re.IGNORECASE)


@dataclass
class Outcome:
    """`exits` are its `return`s and its raised HTTPExceptions; `falls` says that control can go on behind it, or on to
    the next turn of a loop.

    `passes_on`: something else is raised, the process ends, or the exception is kept by somebody. `logged`: its traceback is.
    `log_calls` write a line without it, on `levels`, and so does a function of the project that `has_logger`.
    `reports`: what it stores, sends or returns says that something failed.
    """

    exits: list[cst.Return | cst.Raise] = field(default_factory=list["cst.Return | cst.Raise"])
    falls: bool = False
    passes_on: bool = False
    chained: bool = False
    logged: bool = False
    reports: bool = False
    reads_status: bool = False
    sets_status: bool = False
    prints: bool = False
    log_calls: list[cst.Call] = field(default_factory=list[cst.Call])
    levels: set[str] = field(default_factory=set[str])
    has_logger: bool = False

    @property
    def leaves_line(self) -> bool:
        """Whether the log has a line of the failure, though no traceback."""
        return bool(self.log_calls) or self.has_logger

    @property
    def below_error(self) -> bool:
        """Whether the log says that the work can do without what failed."""
        return bool(self.levels) and self.levels <= BELOW_ERROR


def caught_types(handler: cst.ExceptHandler) -> Sequence[cst.BaseExpression]:
    """The classes that a handler names; none for a bare ``except:``."""
    if handler.type is None:
        return ()
    if isinstance(handler.type, cst.Tuple):
        return [element.value for element in handler.type.elements]
    return [handler.type]


def looks_broad(handler: cst.ExceptHandler) -> bool:
    """Whether a handler may be broad, by the names of what it catches."""
    return handler.type is None or any(has_broad_name(node) for node in caught_types(handler))


def is_broad(handler: cst.ExceptHandler, ctx: RuleContext) -> bool:
    """Whether a handler catches every `Exception`."""
    return handler.type is None or any(is_broad_class(node, ctx) for node in caught_types(handler))


def is_broad_class(node: cst.BaseExpression, ctx: RuleContext) -> bool:
    # Behind ``import *`` the names of Python itself cannot be told for sure.
    known = (None, "builtins.Exception", "builtins.BaseException")
    return has_broad_name(node) and ctx.qualified_name(node) in known


def has_broad_name(node: cst.BaseExpression) -> bool:
    name = node.attr.value if isinstance(node, cst.Attribute) else getattr(node, "value", None)
    return name in BROAD


def catches_http(handler: cst.ExceptHandler, ctx: RuleContext) -> bool:
    """Whether a handler catches every HTTPException of Starlette's, or may: a class that cannot be told counts."""
    if is_broad(handler, ctx):
        return True
    for node in caught_types(handler):
        symbol = ctx.qualified_name(node)
        if symbol is None or symbol in HTTP_EXCEPTIONS or (":" in symbol and is_http_exception(symbol, ctx.project)):
            return True
    return False


def read_handler(handler: cst.ExceptHandler, ctx: RuleContext) -> Outcome:
    """What a handler does, in all its branches together; where it `passes_on` the exception nothing else is looked up."""
    text = ctx.kept(read_text, handler)
    found = Outcome(
        falls=text.falls,
        passes_on=text.passes_on,
        logged=text.logged,
        reports=text.reports,
        reads_status=text.reads_status,
        sets_status=text.sets_status,
        prints=text.prints,
        log_calls=text.log_calls,
        levels=set(text.levels),
    )
    if any(ends_process(call, ctx) for call in text.calls):
        found.passes_on = True
    for node in text.ends if not found.passes_on else ():
        if isinstance(node, cst.Raise):
            exc = ctx.value(node.exc) if node.exc is not None else None
            if raised_http(exc, ctx.scope(node), ctx.project, ctx.here(node)) is None:
                found.passes_on = True
                break
            found.chained = found.chained or node.cause is not None
        found.exits.append(node)
    if found.passes_on or any(not is_http_exception(ctx.qualified_name(c.func), ctx.project) for c in text.given):
        found.passes_on = True
        return found
    for call in text.calls if not found.logged else ():
        symbol = ctx.qualified_name(call.func)
        if symbol is not None and ":" in symbol and logs_traceback(symbol, ctx.project):
            found.logged = True
            break
        if symbol is not None and speaks_of(handler, call, ctx) and writes_to_log(symbol, ctx.project):
            found.has_logger = True
            if ctx.value(call.func).name in LEVELS:
                found.levels.add(ctx.value(call.func).name)
    return found


def ends_process(call: cst.Call, ctx: RuleContext) -> bool:
    named = ctx.value(call.func).name in ("exit", "_exit", "abort", "quit")
    return named and ctx.qualified_name(call.func) in ENDS_PROCESS


def speaks_of(handler: cst.ExceptHandler, call: cst.Call, ctx: RuleContext) -> bool:
    """Whether a call in a handler is named as a log's method is, or is given something of the exception."""
    if ctx.value(call.func).name in LEVELS:
        return True
    caught = handler.name.name if handler.name is not None else None
    return isinstance(caught, cst.Name) and any(is_name(node, caught.value) for node in ctx.inside(call))


@dataclass
class Text:
    """What the text of a handler says by itself, with the names of `Outcome`. `ends` are its `return`s and the `raise`s
    of something else; `calls` those that may log in a function, and `given` those that are given the exception itself."""

    ends: list[cst.Return | cst.Raise] = field(default_factory=list["cst.Return | cst.Raise"])
    calls: list[cst.Call] = field(default_factory=list[cst.Call])
    given: list[cst.Call] = field(default_factory=list[cst.Call])
    falls: bool = False
    passes_on: bool = False
    logged: bool = False
    reports: bool = False
    reads_status: bool = False
    sets_status: bool = False
    prints: bool = False
    log_calls: list[cst.Call] = field(default_factory=list[cst.Call])
    levels: set[str] = field(default_factory=set[str])


def read_text(handler: cst.ExceptHandler, ctx: RuleContext) -> Text:
    found = Text(falls=falls_through(handler.body))
    name = handler.name.name.value if handler.name is not None and isinstance(handler.name.name, cst.Name) else ""
    # Each node with those around it, and whether it is in a log call: that speaks to the log alone.
    stack: list[tuple[cst.CSTNode, tuple[cst.CSTNode, ...], bool]] = [(handler.body, (handler,), False)]
    while stack:
        node, around, silenced = stack.pop()
        if isinstance(node, cst.Raise):
            if node.exc is None or is_name(node.exc, name):
                found.passes_on = True
            else:
                found.ends.append(node)
        elif isinstance(node, cst.Return):
            found.ends.append(node)
        elif isinstance(node, (cst.Continue, cst.Break)):
            found.falls = True
        elif isinstance(node, cst.Call):
            silenced = read_call(node, found) or silenced
        elif isinstance(node, cst.Attribute):
            if node.attr.value == "__traceback__":
                found.logged = True
            if node.attr.value == "status_code":
                found.reads_status = found.reads_status or is_name(node.value, name)
                found.sets_status = found.sets_status or isinstance(around[-1], cst.AssignTarget)
        if not silenced and is_name(node, name):
            found.reports = True
            read_use(around, found)
        elif not silenced and says_failure(node):
            found.reports = True
        stack += [(child, (around[-1], node), silenced) for child in reversed(ctx.below(node))]
    return found


def is_name(node: cst.CSTNode, name: str) -> bool:
    return isinstance(node, cst.Name) and bool(name) and node.value == name


def read_call(node: cst.Call, found: Text) -> bool:
    """Read a call; gives whether it speaks to the log alone."""
    value = value_of(node)
    callee = value.of if value.of is not None else value
    if leaves_traceback(callee, value.args):
        found.logged = True
        return True
    if is_log_call(callee):
        found.prints = found.prints or callee.kind == "name"
        if level := level_of(callee):
            found.log_calls.append(node)
            found.levels.add(level)
        return True
    if callee.name not in LOOKS:
        found.calls.append(node)
    return False


def read_use(around: tuple[cst.CSTNode, ...], found: Text) -> None:
    """Note where the exception itself, not its text, is kept, or given to somebody who may log it or raise it later."""
    parent = around[-1]
    if isinstance(parent, cst.Arg):
        call = around[-2]
        if isinstance(call, cst.Call) and value_of(call.func).name not in LOOKS:
            found.given.append(call)
    elif isinstance(
        parent, (cst.Assign, cst.AnnAssign, cst.Return, cst.Element, cst.DictElement, cst.Yield, cst.NamedExpr)
    ):
        found.passes_on = True


def says_failure(node: cst.CSTNode) -> bool:
    if isinstance(node, (cst.SimpleString, cst.FormattedStringText, cst.Name)):
        return bool(FAILURE.search(node.value)) and node.value not in ("Exception", "HTTPException")
    return False


def falls_through(block: cst.BaseSuite) -> bool:
    """Whether control can reach the end of a block."""
    if not block.body:
        return True
    last = block.body[-1]
    if isinstance(last, cst.SimpleStatementLine):
        last = last.body[-1]
    if isinstance(last, (cst.Return, cst.Raise, cst.Continue, cst.Break)):
        return False
    if isinstance(last, cst.If):
        orelse = last.orelse
        while isinstance(orelse, cst.If):
            if falls_through(orelse.body):
                return True
            orelse = orelse.orelse
        return orelse is None or falls_through(last.body) or falls_through(orelse.body)
    if isinstance(last, cst.With):
        return falls_through(last.body)
    if isinstance(last, cst.Try):
        if last.finalbody is not None and not falls_through(last.finalbody.body):
            return False
        return falls_through(last.body) or any(falls_through(h.body) for h in last.handlers)
    return True


# Answers


def answered(node: cst.Return | cst.Raise, ctx: RuleContext) -> tuple[str, str]:
    """What an exit of an endpoint answers with: the exception, if it is one, and the status code; empty where that
    cannot be told. A value that FastAPI makes a response of has ``200``, whatever the route says a success is."""
    if isinstance(node, cst.Raise):
        raised = raised_http(ctx.value(node.exc), ctx.scope(node), ctx.project, ctx.here(node)) if node.exc else None
        return raised or ("", "")
    value = ctx.value(node.value) if node.value is not None else Value("constant", "None")
    if value.kind in ("dict", "list", "tuple", "constant", "set", "comprehension"):
        return "", "200"
    if value.kind == "call":
        return "", status_of(next((v for k, v in value.args if k == "status_code"), None))
    return "", ""


def success_status(endpoint: FunctionFacts) -> str:
    """The status code of a route for what its endpoint returns."""
    for decorator in endpoint.decorators:
        status = status_of(next((v for k, v in decorator.args if k == "status_code"), None))
        if status:
            return status
    return "200"


def tells_failure(found: Outcome, ctx: RuleContext) -> bool:
    """Whether what is returned says that it is no success."""
    return any(NOT_DONE.search(ctx.source(node)) for node in found.exits)


def says_done(whole: cst.Try, function: FunctionFacts, found: Outcome, ctx: RuleContext) -> bool:
    """Whether a function that does something answers ``True`` behind what is tried, and ``False`` in the handler."""
    if QUESTION.search(function.short_name) or not all(answer(node) == "False" for node in found.exits):
        return False
    done = whole.orelse.body if whole.orelse is not None else whole.body
    block = ctx.parent(whole)
    behind = list(getattr(block, "body", ()))
    rest = behind[behind.index(whole) + 1 :] if whole in behind else []
    return answer(last_of(done)) == "True" or (bool(rest) and answer(last_of(rest[0])) == "True")


def last_of(block: cst.CSTNode) -> cst.CSTNode | None:
    """The last small statement of a block or a line, also in a `with` that ends it."""
    while isinstance(block, (cst.BaseSuite, cst.SimpleStatementLine, cst.With)):
        if isinstance(block, cst.With):
            block = block.body
        elif block.body:
            block = block.body[-1]
        else:
            return None
    return block


def answer(node: cst.CSTNode | None) -> str:
    """The name that a ``return`` gives back."""
    value = node.value if isinstance(node, cst.Return) else None
    return value.value if isinstance(value, cst.Name) else ""
