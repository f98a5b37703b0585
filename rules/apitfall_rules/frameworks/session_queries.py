"""How a chain of ``session.query(…)`` is written with ``select()`` and an asynchronous session."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst
from apitfall.rule import Edit, RuleContext, Span

# What `select` has under the same name; `filter` is `where` there.
SAME = frozenset(
    """
    filter_by where join outerjoin select_from order_by group_by having distinct limit offset options with_for_update
    """.split()
)
ROWS = ("all", "first", "one", "one_or_none")
EAGER = ("joinedload", "contains_eager", "subqueryload")


@dataclass(frozen=True)
class Selected:
    """A chain from ``session.query`` to the method that sends it, with the method's equal.

    `query` is the call of `query`, `renamed` the calls of `filter`, `end` the whole chain, and `last` its method.
    """

    query: cst.Call
    renamed: tuple[cst.Call, ...]
    end: cst.Call
    last: str
    is_entity: bool
    is_unique: bool

    def edits(self, ctx: RuleContext) -> tuple[Edit, ...]:
        select, imports = ctx.import_edit("sqlalchemy", "select")
        assert isinstance(self.query.func, cst.Attribute)
        session = ctx.source(self.query.func.value)
        made = list(imports)
        for call in self.renamed:
            assert isinstance(call.func, cst.Attribute)
            made.append(ctx.replace(call.func.attr, "where"))
        start, end = ctx.span(self.end).start, ctx.span(self.end).end
        assert isinstance(self.end.func, cst.Attribute)
        chain_end = ctx.span(self.end.func.value).end
        if self.last == "get":
            # ``query(X).get(key)`` is ``get(X, key)``.
            inside = ctx.document.text[ctx.span(self.query.func).end + 1 : chain_end - 1]
            opened = ctx.document.text.index("(", ctx.span(self.end.func.attr).end) + 1
            return (ctx.replace_span(Span(start, opened), f"await {session}.get({inside}, "),)
        func = ctx.span(self.query.func)
        if self.last == "count":
            count, more = ctx.import_edit("sqlalchemy", "func")
            head = f"(await {session}.scalars({select}({count}.count()).select_from({select}"
            made += [*more, ctx.replace_span(func, head)]
            made.append(ctx.replace_span(Span(chain_end, end), ".subquery()))).one()"))
            return tuple(made)
        method = "scalars" if self.is_entity else "execute"
        made.append(ctx.replace_span(func, f"(await {session}.{method}({select}"))
        limited = ".limit(1)" if self.last == "first" else ""
        unique = ".unique()" if self.is_unique else ""
        made.append(ctx.replace_span(Span(chain_end, chain_end), f"{limited})){unique}"))
        if self.last == "scalar":
            name = "one_or_none" if self.is_entity else "scalar_one_or_none"
            made.append(ctx.replace(self.end.func.attr, name))
        return tuple(made)


def selected(query: cst.Call, ctx: RuleContext) -> Selected | None:
    """The chain that begins with a call of `query`, if all of it has an equal."""
    calls: list[cst.Call] = []
    node: cst.CSTNode = query
    while isinstance(attribute := ctx.parent(node), cst.Attribute) and isinstance(
        call := ctx.parent(attribute), cst.Call
    ):
        if call.func is not attribute:
            return None
        calls.append(call)
        node = call
    if not calls or not query.args or any(a.star or a.keyword is not None for a in query.args):
        return None
    *middle, end = calls
    names = [c.func.attr.value for c in middle if isinstance(c.func, cst.Attribute)]
    assert isinstance(end.func, cst.Attribute)
    last = end.func.attr.value
    if not all(name in SAME or name == "filter" for name in names) or is_taken("select", ctx):
        return None
    if last == "get":
        return (
            Selected(query, (), end, last, True, False)
            if not middle and len(end.args) == 1 == len(query.args)
            else None
        )
    if last not in (*ROWS, "scalar", "count") or end.args:
        return None
    if last == "count" and is_taken("func", ctx):
        return None
    if last == "first" and ("limit" in names or "offset" in names):
        return None  # `first` takes the first row within that limit
    is_entity = len(query.args) == 1 and is_class(query.args[0].value, ctx)
    if len(query.args) == 1 and not is_entity and not is_column(query.args[0].value, ctx):
        return None  # a query gives entities as they are, and a column in a row
    source = ctx.source(end)
    if ".query(" in source.replace(ctx.source(query.func) + "(", "", 1):
        return None
    renamed = tuple(c for c, name in zip(middle, names, strict=True) if name == "filter")
    return Selected(query, renamed, end, last, is_entity, is_entity and is_eager(query.args[0].value, source, ctx))


def is_class(node: cst.BaseExpression, ctx: RuleContext) -> bool:
    symbol = ctx.qualified_name(node) if isinstance(node, (cst.Name, cst.Attribute)) else None
    return symbol is not None and ":" in symbol and ctx.project.cls(symbol) is not None


def is_column(node: cst.BaseExpression, ctx: RuleContext) -> bool:
    """Whether this is an attribute of a class of the project, or a function of SQL."""
    if isinstance(node, cst.Attribute):
        return is_class(node.value, ctx)
    return isinstance(node, cst.Call) and isinstance(f := node.func, cst.Attribute) and is_func(f.value, ctx)


def is_func(node: cst.BaseExpression, ctx: RuleContext) -> bool:
    return isinstance(node, cst.Name) and ctx.qualified_name(node) == "sqlalchemy.func"


def is_eager(node: cst.BaseExpression, source: str, ctx: RuleContext) -> bool:
    """Whether the statement joins collections, whose rows a query makes unique unasked."""
    if any(f"{name}(" in source for name in EAGER):
        return True
    symbol = ctx.qualified_name(node)
    for owner in ctx.project.mro(symbol) if symbol is not None else ():
        cls = ctx.project.cls(owner) if ":" in owner else None
        values = [v.value for found in (cls.variables.values() if cls is not None else ()) for v in found]
        if any(
            key == "lazy" and given.text in ("joined", "False")
            for value in values
            if value
            for key, given in value.args
        ):
            return True
    return False


def is_taken(name: str, ctx: RuleContext) -> bool:
    """Whether the file means something else by a name that is to be imported."""
    facts = ctx.facts
    found = facts.imports.get(name)
    if found is not None and (found.module, found.name) != ("sqlalchemy", name):
        return not any((i.module, i.name) == ("sqlalchemy", name) for i in facts.imports.values())
    bound = any(f.parameter(name) is not None or any(s.kind == "assign" and s.target is not None and s.target.name == name
                and s.target.kind == "name" for s in f.flow) for f in facts.functions.values())  # fmt: skip
    return bound or name in facts.functions or name in facts.classes or name in facts.variables
