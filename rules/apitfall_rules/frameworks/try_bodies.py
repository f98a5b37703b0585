"""What the body of a `try` can raise, and what it is there for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst
from apitfall.rule import FunctionFacts, ProjectIndex, RuleContext, Scope, Value, value_of

from apitfall_rules.frameworks.calls import constructor, last_name
from apitfall_rules.frameworks.contents import nodes_in
from apitfall_rules.frameworks.errors import Raised, may_raise, raised_by_call, raised_http
from apitfall_rules.frameworks.handlers import catches_http, last_of
from apitfall_rules.frameworks.logging import is_log_call

CLEANING = re.compile(
    r"""^_*(?:a?close|close_all|aclose|rollback|dispose|unlink|remove|rmtree|rmdir|delete_file|cancel|disconnect|shutdown
    |expunge|expunge_all|expire_all|kill|terminate|quit|release|unlock|unsubscribe|punsubscribe|stop|wait|wait_closed|join
    |cleanup\w*|clean_up\w*|invalidate|reset|logout|getLogger|exists|is_file|Path|seek|flush|gather|wait_for|discard|pop
    |detach\w*|unregister|unroute|remove_listener|remove_event_listener
    |a?close_\w*(?:browser|client|connection|context|file|page|session|socket|stream)s?(?:_state)?)$""",
    re.VERBOSE,
)


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
    if only_writes(inside, ctx):
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


def bindings(block: cst.CSTNode, ctx: RuleContext) -> Iterator[tuple[cst.CSTNode, cst.BaseExpression]]:
    for node in ctx.inside(block):
        if isinstance(node, cst.Assign):
            yield from ((target.target, node.value) for target in node.targets)
        elif isinstance(node, cst.AnnAssign) and node.value is not None:
            yield node.target, node.value


def imported(block: cst.BaseSuite, ctx: RuleContext) -> set[str]:
    """The names that imports in a block bind."""
    names: set[str] = set()
    for node in read(block, ctx):
        aliases = node.names if isinstance(node, (cst.Import, cst.ImportFrom)) else ()
        for alias in aliases if not isinstance(aliases, cst.ImportStar) else ():
            names.add(value_of(alias.asname.name if alias.asname is not None else alias.name).root.name)
    return names


def ends_task(
    block: cst.BaseSuite, caught: Sequence[cst.BaseExpression], function: FunctionFacts, ctx: RuleContext
) -> bool:
    """Whether a block only awaits a task until it is over: one that the function cancels, or may find cancelled."""
    only = last_of(block)
    task = only.value.expression if isinstance(only, cst.Expr) and isinstance(only.value, cst.Await) else None
    name = ctx.value(task).dotted if isinstance(task, (cst.Name, cst.Attribute)) else None
    if name is None or len(block.body) != 1:
        return False
    if any(ctx.value(kind).name == "CancelledError" for kind in caught):
        return True
    return any(step.target is not None and step.target.dotted == f"{name}.cancel" for step in function.flow)


def only_writes(inside: Content, ctx: RuleContext) -> bool:
    """Whether all calls write to the log, or work out what is written there."""
    lines = [call for call in inside.calls if writes_line(call, ctx)]
    within = {node for line in lines for node in ctx.inside(line)}
    return bool(lines) and within.issuperset(inside.calls)


def writes_line(call: cst.Call, ctx: RuleContext) -> bool:
    callee = ctx.value(call).of
    return callee is not None and callee.kind == "attribute" and is_log_call(callee)


def is_cleaning(name: str) -> bool:
    return bool(CLEANING.search(name))
