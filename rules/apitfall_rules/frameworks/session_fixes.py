"""How a function that mixes synchronous and asynchronous sessions is made to agree with itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Edit, Edits, Fix, RuleContext, Span

from apitfall_rules.frameworks.async_functions import Plan, become_async, functions_made_async
from apitfall_rules.frameworks.fastapi import dependencies
from apitfall_rules.frameworks.session_mixtures import COROUTINES, Mismatch, mismatched
from apitfall_rules.frameworks.session_queries import Selected, selected
from apitfall_rules.frameworks.sessions import ASYNC, Session, sessions_of
from apitfall_rules.frameworks.uses import inside_generator, is_head

SQLMODEL = "sqlmodel.ext.asyncio.session.AsyncSession"
MODULES = {  # where a class is imported from, by its symbol
    "sqlalchemy.orm.Session": ("sqlalchemy.orm", "Session"),
    "sqlmodel.Session": ("sqlmodel", "Session"),
    ASYNC: ("sqlalchemy.ext.asyncio", "AsyncSession"),
    SQLMODEL: ("sqlmodel.ext.asyncio.session", "AsyncSession"),
}


# Annotations


def annotation_fix(note: cst.BaseExpression, found: Mismatch, ctx: RuleContext) -> Iterator[Fix]:
    """The fix `annotation`, in all parameters of the file that have the same fault."""
    name = class_name(note, found.said, ctx)
    if name is None or found.real.cls not in MODULES:
        return
    title = f"Annotate it as `{found.real.name}`"
    yield Fix("annotation", title, lambda: annotated(name, found, ctx), safe=True, preferred=True)


def class_name(note: cst.BaseExpression, session: Session, ctx: RuleContext) -> cst.Name | cst.Attribute | None:
    """The name of a class of sessions in an annotation."""
    if isinstance(note, (cst.Name, cst.Attribute)):
        return note if ctx.qualified_name(note) in (session.cls, *aliases(session)) else None
    if isinstance(note, cst.BinaryOperation):
        return class_name(note.left, session, ctx) or class_name(note.right, session, ctx)
    if isinstance(note, cst.Subscript):
        parts = [e.slice.value for e in note.slice if isinstance(e.slice, cst.Index)]
        return next((n for part in parts if (n := class_name(part, session, ctx)) is not None), None)
    return None


def aliases(session: Session) -> tuple[str, ...]:
    return ("sqlmodel.Session",) if session.cls == "sqlalchemy.orm.Session" else ()


def annotated(name: cst.Name | cst.Attribute, found: Mismatch, ctx: RuleContext) -> Edits:
    new, imports = ctx.import_edit(*MODULES[found.real.cls])
    edits = [ctx.replace(name, new)]
    for qualified, function in ctx.facts.functions.items():
        symbol = f"{ctx.module}:{qualified}"
        wanted = {p.name for p, m in mismatched(function, symbol, ctx.project) if m.real == found.real}
        definition, there = (ctx.definition(symbol) if wanted else None) or (None, ctx)
        if not isinstance(definition, cst.FunctionDef):
            continue
        parameters = definition.params
        for param in (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params):
            if param.name.value in wanted and param.annotation is not None:
                node = class_name(param.annotation.annotation, found.said, there)
                if node is not None:
                    edits.append(there.replace(node, new))
    edits = list(dict.fromkeys(edits))
    text = ctx.source(name)
    return Edits((*edits, *imports, *without_import(text, found.said, len(edits), ctx)))


def without_import(name: str, session: Session, replaced: int, ctx: RuleContext) -> tuple[Edit, ...]:
    """Take the name of a class out of its import, if what was replaced are all of its uses."""
    text = ctx.document.text
    if session.cls not in MODULES or len(re.findall(rf"\b{re.escape(name)}\b", text)) != replaced + 1:
        return ()
    line = re.search(rf"^from {re.escape(MODULES[session.cls][0])} import ([^()\n#]*)$\n?", text, re.M)
    names = [part.strip() for part in line.group(1).split(",")] if line is not None else []
    if line is None or name not in names:
        return ()
    names.remove(name)
    if not names:
        return (Edit(ctx.path, Span(line.start(), line.end()), ""),)
    return (Edit(ctx.path, Span(line.start(1), line.end(1)), ", ".join(names)),)


# Awaiting


def await_fix(call: cst.Call, ctx: RuleContext) -> Iterator[Fix]:
    if not inside_generator(call, ctx):
        yield Fix("await", "Add `await`", lambda: Edits(awaited(call, ctx)), safe=True, preferred=True)


def awaited(call: cst.Call, ctx: RuleContext) -> tuple[Edit, ...]:
    if is_head(call, ctx.parent(call)) and not call.lpar:
        return (ctx.insert_before(call, "(await "), ctx.insert_after(call, ")"))
    return (ctx.insert_before(call, "await "),)


def async_fix(call: cst.Call, ctx: RuleContext) -> Iterator[Fix]:
    """The fix `make-async`, which awaits every statement of asynchronous sessions in the function."""
    definition = ctx.enclosing_definition(call)
    if isinstance(definition, cst.FunctionDef) and (plan := async_plan(definition, ctx)) is not None:
        title = f"Make `{definition.name.value}` async, and await what its session gives"
        yield Fix("make-async", title, lambda: made_async(definition, plan, ctx))


def async_plan(definition: cst.FunctionDef, ctx: RuleContext) -> Plan | None:
    """The functions to make async with this one; None if it cannot become so, or awaits where nothing may."""
    symbol = f"{ctx.module}:{ctx.name_of(definition)}"
    function = ctx.project.function(symbol)
    if function is None or any(inside_generator(c, ctx) for c in statements(definition, ctx)):
        return None
    if function.is_generator:  # which FastAPI takes as it is, whether async or not
        only_given = symbol in dependencies(ctx.project) and not ctx.project.callers(symbol) and not function.decorators
        return ((symbol, ()),) if only_given else None
    return become_async(symbol, ctx.project)


def statements(definition: cst.FunctionDef, ctx: RuleContext) -> list[cst.Call]:
    """The calls of a function whose coroutines nothing awaits yet, of asynchronous sessions."""
    return [
        node
        for node in ctx.tree.nodes
        if isinstance(node, cst.Call)
        and isinstance(node.func, cst.Attribute)
        and node.func.attr.value in COROUTINES
        and ctx.enclosing_definition(node) is definition
        and not isinstance(ctx.parent(node), cst.Await)
        and is_async_session(node.func.value, ctx)
    ]


def is_async_session(node: cst.BaseExpression, ctx: RuleContext) -> bool:
    found = sessions_of(ctx.value(node), ctx.scope(node), ctx.here(node), ctx.project)
    return bool(found) and all(session.is_async for session in found)


def made_async(definition: cst.FunctionDef, plan: Plan, ctx: RuleContext, more: tuple[Edit, ...] = ()) -> Edits | None:
    """`async` before each function of the plan, `await` before what this one's sessions give and before each call."""
    edits = [edit for call in statements(definition, ctx) for edit in awaited(call, ctx)]
    edits += [edit for node in ctx.tree.nodes for edit in async_with(node, definition, ctx)]
    functions = functions_made_async(plan, ctx, awaited)
    return None if functions is None else Edits(tuple(dict.fromkeys((*edits, *functions, *more))))


def async_with(node: cst.CSTNode, definition: cst.FunctionDef, ctx: RuleContext) -> tuple[Edit, ...]:
    """`async` before a `with` that enters an asynchronous session."""
    if (
        not isinstance(node, cst.With)
        or node.asynchronous is not None
        or ctx.enclosing_definition(node) is not definition
    ):
        return ()
    return (ctx.insert_before(node, "async "),) if all(is_async_session(i.item, ctx) for i in node.items) else ()


# Context managers


def with_fix(node: cst.With, item: cst.WithItem, ctx: RuleContext) -> Iterator[Fix]:
    """The fixes `async-with` and `plain-with`, where one context manager is entered; `make-async` in a plain function."""
    definition = ctx.enclosing_definition(node)
    if not isinstance(definition, cst.FunctionDef) or len(node.items) != 1:
        return
    if node.asynchronous is not None:
        name = item.asname.name.value if item.asname is not None and isinstance(item.asname.name, cst.Name) else ""
        if not awaits_of(name, node, ctx):
            span = ctx.span(node)
            start = ctx.document.text.index("with", span.start)
            edit = ctx.replace_span(Span(span.start, start), "")
            yield Fix("plain-with", "Use `with`", lambda: Edits((edit,)))
        return
    if definition.asynchronous is not None:
        yield Fix(
            "async-with",
            "Use `async with`",
            lambda: Edits((ctx.insert_before(node, "async "),)),
            safe=True,
            preferred=True,
        )
        return
    plan = async_plan(definition, ctx)
    if plan is not None and is_async_session(item.item, ctx):
        title = f"Make `{definition.name.value}` async, and use `async with`"
        yield Fix("make-async", title, lambda: made_async(definition, plan, ctx))


def awaits_of(name: str, node: cst.With, ctx: RuleContext) -> bool:
    """Whether the body of a `with` awaits something of what was entered."""
    return any(
        isinstance(n, cst.Await) and re.search(rf"\b{name}\b", ctx.source(n)) is not None for n in ctx.whole(node)
    )


# Queries


def select_fix(call: cst.Call, session: Session, ctx: RuleContext) -> Iterator[Fix]:
    """The fix `select`, where the whole chain has an equal; a plain function is made async with it."""
    definition = ctx.enclosing_definition(call)
    if not isinstance(definition, cst.FunctionDef) or session.is_scoped or inside_generator(call, ctx):
        return
    chain = selected(call, ctx)
    if chain is None:
        return
    if definition.asynchronous is not None:
        yield Fix("select", "Use `select()`", lambda: Edits(chain.edits(ctx)))
        return
    plan = async_plan(definition, ctx)
    if plan is not None:
        title = f"Use `select()`, and make `{definition.name.value}` async"
        yield Fix("select", title, lambda: made_async(definition, plan, ctx, more=all_selected([chain], ctx)))


def all_selected(chains: list[Selected], ctx: RuleContext) -> tuple[Edit, ...]:
    return tuple(dict.fromkeys(edit for chain in chains for edit in chain.edits(ctx)))


def async_helper_fix(param: cst.Param, ctx: RuleContext) -> Iterator[Fix]:
    """The fix `async-session`: all that a function does with its session, done with an asynchronous one."""
    definition = ctx.parent(ctx.parent(param) or param)
    if not isinstance(definition, cst.FunctionDef):
        return
    plan = (
        async_plan(definition, ctx)
        if definition.asynchronous is None
        else ((f"{ctx.module}:{ctx.name_of(definition)}", ()),)
    )
    if plan is None or param.annotation is None:
        return
    note = param.annotation.annotation
    used = uses_of_session(param.name.value, definition, ctx)
    if used is None:
        return
    calls, chains = used
    said = ctx.qualified_name(note)
    if said not in ("sqlalchemy.orm.Session", "sqlmodel.Session") or not isinstance(note, (cst.Name, cst.Attribute)):
        return

    def edits() -> Edits | None:
        target = SQLMODEL if said == "sqlmodel.Session" else ASYNC
        new, imports = ctx.import_edit(*MODULES[target])
        gone = without_import(ctx.source(note), Session(said, is_async=False), 1, ctx)
        more = [ctx.replace(note, new), *imports, *gone, *all_selected(chains, ctx)]
        more += [edit for call in calls for edit in awaited(call, ctx)]
        return made_async(definition, plan, ctx, more=tuple(more))

    title = f"Make `{definition.name.value}` async, with an `AsyncSession`"
    yield Fix("async-session", title, edits)


def uses_of_session(
    name: str, definition: cst.FunctionDef, ctx: RuleContext
) -> tuple[list[cst.Call], list[Selected]] | None:
    """The calls to await and the queries to write anew of a parameter; None where it is used in another way."""
    calls: list[cst.Call] = []
    chains: list[Selected] = []
    for node in ctx.whole(definition):
        if not isinstance(node, cst.Name) or node.value != name:
            continue
        around = ctx.parent(node)
        if isinstance(around, cst.Param) or (isinstance(around, cst.Arg) and around.keyword is node):
            continue
        if not isinstance(around, cst.Attribute) or around.value is not node:
            return None  # handed on: what becomes of it is not known here
        call, method = ctx.parent(around), around.attr.value
        if (
            not isinstance(call, cst.Call)
            or call.func is not around
            or ctx.enclosing_definition(call) is not definition
        ):
            return None
        if inside_generator(call, ctx):
            return None
        chain = selected(call, ctx) if method == "query" else None
        if chain is not None:
            chains.append(chain)
        elif method in COROUTINES:
            calls.append(call)
        elif method not in ("add", "add_all", "expunge", "expire"):
            return None
    return calls, chains
