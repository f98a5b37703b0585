"""Repairs of a handler: an `except HTTPException` before it, a traceback in the log, a narrower class."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Edit, Edits, Fix, ModuleFacts, RuleContext, Span, newline_of

from apitfall_rules.frameworks.errors import HTTP_EXCEPTIONS
from apitfall_rules.frameworks.fastapi import answers_requests
from apitfall_rules.frameworks.handlers import Outcome, answered, tells_failure
from apitfall_rules.frameworks.logging import LOGGER_NAME, logger_library, module_logger
from apitfall_rules.frameworks.usual_logger import USUAL, usual_way

# What calls of the standard library raise for a value that they cannot read.
CONVERSIONS = {
    "builtins.int": ("TypeError", "ValueError"),
    "builtins.float": ("TypeError", "ValueError"),
    "json.loads": ("TypeError", "ValueError"),
    "uuid.UUID": ("AttributeError", "TypeError", "ValueError"),
    "datetime.datetime.fromisoformat": ("TypeError", "ValueError"),
    "datetime.datetime.strptime": ("TypeError", "ValueError"),
    "datetime.date.fromisoformat": ("TypeError", "ValueError"),
    "datetime.time.fromisoformat": ("TypeError", "ValueError"),
}


def reraise_http(node: cst.ExceptHandler, ctx: RuleContext) -> Fix:
    title = "Let `HTTPException` through: put `except HTTPException: raise` first"
    return Fix("reraise-http", title, lambda: Edits(reraised(node, ctx)))


def reraised(node: cst.ExceptHandler, ctx: RuleContext) -> tuple[Edit, ...]:
    imports: tuple[Edit, ...] = ()
    name = next(
        (
            local
            for local, found in ctx.facts.imports.items()
            if not found.level and not found.typing and f"{found.module}.{found.name}" in HTTP_EXCEPTIONS
        ),
        "",
    )
    if not name:
        name, imports = ctx.import_edit("fastapi", "HTTPException")
    lines = "".join(f"{ctx.tree.indent}{line}\n" for line in (*rollbacks(node, ctx), "raise"))
    return (ctx.insert_before(node, f"except {name}:\n{lines}"), *imports)


def rollbacks(node: cst.ExceptHandler, ctx: RuleContext) -> Iterator[str]:
    """The lines of a handler that roll back a transaction, whatever was raised."""
    for line in node.body.body:
        only = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
        call = only.value if isinstance(only, cst.Expr) else None
        call = call.expression if isinstance(call, cst.Await) else call
        if only is not None and isinstance(call, cst.Call) and ctx.value(call.func).name == "rollback":
            yield ctx.source(only)


# The log


def log_fixes(node: cst.ExceptHandler, found: Outcome, ctx: RuleContext, *, safe: bool) -> Iterator[Fix]:
    """`log` adds the traceback and nothing else; `log-and-raise` lets the exception go on too."""
    if first_statement(node) is None and not any(isinstance(call.func, cst.Attribute) for call in found.log_calls):
        return
    log = Fix("log", "Log the traceback", lambda: given(with_traceback(node, found, ctx)), safe=safe, preferred=True)
    yield log
    if can_raise(node, found, ctx):
        title = "Log the traceback and raise the exception again"
        yield Fix("log-and-raise", title, lambda: given(with_raise(node, found, ctx)))


def given(edits: tuple[Edit, ...] | None) -> Edits | None:
    return Edits(edits) if edits is not None else None


def with_traceback(node: cst.ExceptHandler, found: Outcome, ctx: RuleContext) -> tuple[Edit, ...] | None:
    """The line that is logged with its traceback, or a new line; None where it cannot be said whose logger it is."""
    errors = [call for call in found.log_calls if ctx.value(call.func).name in ("error", "aerror")]
    for call in (*errors, *found.log_calls):
        edit = traced(call, ctx)
        if edit is not None:
            return (edit,)
    first = first_statement(node)
    if first is None:
        return None
    logger = logger_line(node, found, ctx)
    if logger is None:
        return None
    line, imports = logger
    return (replaced_or_before(first, line, ctx), *imports)


def traced(call: cst.Call, ctx: RuleContext) -> Edit | None:
    """A log call that writes the traceback too: ``logger.exception`` for ``logger.error``, ``exc_info=True`` elsewhere."""
    func = call.func
    if not isinstance(func, cst.Attribute):
        return None
    library = logger_library(ctx.value(func.value), ctx.scope(call), ctx.project)
    name = func.attr.value
    if library is None:
        return None
    if name in ("error", "aerror"):
        return ctx.replace(func.attr, "exception" if name == "error" else "aexception")
    if library == "loguru":
        return ctx.insert_after(func.value, ".opt(exception=True)")
    if not call.args:
        return None
    return ctx.insert_after(call.args[-1], ", exc_info=True")


def logger_line(node: cst.CSTNode, found: Outcome, ctx: RuleContext) -> tuple[str, tuple[Edit, ...]] | None:
    """A call that logs the traceback with the module's logger, and the edits that give it one as others of the project
    have theirs if there is none; None where the handler or the module has one of which it cannot be told what it is."""
    function = ctx.enclosing_function(node)
    what = f'"{function.short_name} failed"' if function is not None else '"failed"'
    known = module_logger(ctx.facts, ctx.module, ctx.project)
    if known is not None:
        return f"{known[0]}.exception({what})", ()
    at = after_imports(ctx)
    if at is None or found.log_calls or has_other_logger(ctx.facts):
        return None
    way = usual_way(ctx.module, ctx.project)
    local, imports = ctx.import_edit(way.found.module, way.found.name)
    if imports and local in names(ctx):
        way = USUAL
        local, imports = ctx.import_edit(way.found.module, way.found.name)
    if not way.made:
        return f"{local}.exception({what})", imports
    name = "logger" if "logger" not in names(ctx) else ctx.unused_name("_logger")
    text = ctx.document.text
    newline = newline_of(text)
    gap = "" if text[at:].startswith(("\n", "\r")) or at == len(text) else newline
    line = f"{newline}{name} = {local}{way.made}{newline}{gap}"
    return f"{name}.exception({what})", (*imports, ctx.replace_span(Span(at, at), line))


def has_other_logger(facts: ModuleFacts) -> bool:
    """Whether a module has something that is named as a logger is; a second one beside it would help nobody."""
    return any(LOGGER_NAME.search(name) and name != "logging" for name in (*facts.variables, *facts.imports))


def names(ctx: RuleContext) -> set[str]:
    """The names that the module binds, and those that any function of it does."""
    facts = ctx.facts
    found = {*facts.variables, *facts.imports, *facts.functions, *facts.classes}
    for function in facts.functions.values():
        found |= {parameter.name for parameter in function.parameters}
        found |= {s.target.name for s in function.flow if s.kind == "assign" and s.target is not None}
    return found


def after_imports(ctx: RuleContext) -> int | None:
    """The offset of the line behind the last import that stands at module level before any function or class."""
    end: int | None = None
    for chunk in ctx.chunks:
        for statement in chunk.tree.statements if chunk.tree is not None and not chunk.piece.owner else ():
            if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
                return end
            if isinstance(statement, cst.SimpleStatementLine) and isinstance(
                statement.body[0], (cst.Import, cst.ImportFrom)
            ):
                assert chunk.tree is not None
                after = chunk.tree.span(statement).end
                line_end = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?").match(ctx.document.text, after)
                end = line_end.end() if line_end is not None else after
    return end


def first_statement(node: cst.ExceptHandler) -> cst.CSTNode | None:
    """The handler's first statement, if it stands on a line of its own or is a lone ``pass``."""
    first = node.body.body[0]
    if isinstance(node.body, cst.SimpleStatementSuite):
        return first if isinstance(first, cst.Pass) and len(node.body.body) == 1 else None
    return first


def replaced_or_before(first: cst.CSTNode, line: str, ctx: RuleContext) -> Edit:
    return ctx.replace(first, line) if is_pass(first) else ctx.insert_before(first, f"{line}\n")


def is_pass(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1:
        node = node.body[0]
    return isinstance(node, cst.Pass) or (isinstance(node, cst.Expr) and isinstance(node.value, cst.Ellipsis))


def can_raise(node: cst.ExceptHandler, found: Outcome, ctx: RuleContext) -> bool:
    """Whether a handler can end with `raise`: it ends with nothing, or with the one value that it returns."""
    last = node.body.body[-1] if isinstance(node.body, cst.IndentedBlock) else None
    if not isinstance(last, cst.SimpleStatementLine) or len(last.body) != 1:
        return False
    if any(isinstance(n, (cst.Continue, cst.Break)) for n in ctx.inside(node.body)):
        return False
    only = last.body[0]
    if not found.exits:
        return True
    returns = len(found.exits) == 1 and found.exits[0] is only and isinstance(only, cst.Return) and not found.falls
    return returns and not is_answer(only, found, ctx)


def with_raise(node: cst.ExceptHandler, found: Outcome, ctx: RuleContext) -> tuple[Edit, ...] | None:
    """The same, and `raise` at the end of a handler that can raise, or in the place of the value that it returns."""
    last = node.body.body[-1]
    edits = with_traceback(node, found, ctx)
    if edits is None or not isinstance(last, cst.SimpleStatementLine):
        return None
    if not found.exits:
        if is_pass(last):
            line = edits[0].text
            return (ctx.replace_span(edits[0].span, ctx.indented(f"{line}\nraise", edits[0].span.start)), *edits[1:])
        return (*edits, ctx.insert_after(last, "\nraise"))
    only = last.body[0]
    if edits[0].span.start >= ctx.span(only).start and edits[0].span.end > ctx.span(only).start:
        return None
    return (*edits, ctx.replace(only, "raise"))


def is_answer(node: cst.BaseSmallStatement, found: Outcome, ctx: RuleContext) -> bool:
    """Whether a `return` says that something failed: FastAPI's responses, and what a caller can tell from a success."""
    if not isinstance(node, cst.Return) or answered(node, ctx)[1] != "200":
        return True
    function = ctx.enclosing_function(node)
    served = function is not None and answers_requests(f"{ctx.module}:{function.name}", ctx.project)
    return not served and (found.reports or tells_failure(found, ctx))


# A narrower class


def narrow_fix(node: cst.ExceptHandler, whole: cst.Try, ctx: RuleContext) -> Fix | None:
    known = conversion(whole.body, ctx)
    if known is None or isinstance(node.type, cst.Tuple):
        return None
    return Fix("narrow", f"Catch `{' | '.join(known)}` only", lambda: Edits((narrowed(node, known, ctx),)))


def narrowed(node: cst.ExceptHandler, classes: tuple[str, ...], ctx: RuleContext) -> Edit:
    text = f"({', '.join(classes)})"
    if node.type is not None:
        return ctx.replace(node.type, text)
    start = ctx.span(node).start
    return ctx.replace_span(Span(start, start + len("except")), f"except {text}")


def conversion(body: cst.BaseSuite, ctx: RuleContext) -> tuple[str, ...] | None:
    """What the body can raise, if all that it does is one conversion of the standard library."""
    if len(body.body) != 1:
        return None
    calls = [n for n in ctx.inside(body) if isinstance(n, cst.Call)]
    hidden = (cst.Subscript, cst.Await, cst.BinaryOperation, cst.Attribute, cst.Comparison, cst.FormattedString)
    if len(calls) != 1 or any(arg.star for arg in calls[0].args):
        return None
    func = calls[0].func
    inside = {func, *ctx.inside(func)}
    for node in ctx.inside(body):
        if isinstance(node, cst.Attribute) and is_plain_attribute(node):
            continue
        if isinstance(node, hidden) and node not in inside:
            return None
    return CONVERSIONS.get(ctx.qualified_name(func) or "")


def is_plain_attribute(node: cst.Attribute) -> bool:
    return isinstance(node.value, cst.Name) and node.value.value == "self"
