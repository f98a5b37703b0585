"""What facts leave out of a body: its arithmetic, slices and SQL as steps, and the comparisons that bound a number."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst
from apitfall.rule import RuleContext, Step, Value

from apitfall_rules.frameworks.contents import nodes_in

ARITHMETIC = (cst.Add, cst.Subtract, cst.Multiply, cst.FloorDivide)
ROWS = re.compile(r"\b(?:LIMIT|OFFSET|FETCH\s+(?:FIRST|NEXT)|TOP|SKIP)\s*\(?\s*$", re.I)

COUNTS = re.compile(
    r"^(?:(?!max).)*(?:(?:^|_)total(?:_|$)|total$|^count$|(?:row|item|page|result)s?_?count$|pages$)", re.I
)

computing = nodes_in(cst.Assign, cst.Call, cst.Slice, cst.FormattedString)
comparing = nodes_in(cst.Comparison, cst.Match)
leaving = nodes_in(
    cst.Raise, cst.Return, cst.Assign, cst.AugAssign, cst.AnnAssign, cst.Continue,
    cst.FunctionDef, cst.ClassDef, cst.Lambda,
)  # fmt: skip


def steps_of_arithmetic(definition: cst.FunctionDef, ctx: RuleContext) -> tuple[Step, ...]:
    """Steps for what a body computes and slices; the assignments first, for the names they make are read behind them."""
    assigned: list[Step] = []
    others: list[Step] = []
    for node in computing(definition.body, ctx):
        if isinstance(node, cst.Assign) and isinstance(node.value, cst.BinaryOperation):
            value = computed(node.value, ctx)
            assigned += [
                Step("assign", ctx.value(t.target), value=value) for t in node.targets if isinstance(t.target, cst.Name)
            ]
        elif isinstance(node, cst.Call) and any(isinstance(a.value, cst.BinaryOperation) for a in node.args):
            args = tuple((a.keyword.value if a.keyword else a.star, computed(a.value, ctx)) for a in node.args)
            others.append(Step("call", ctx.value(node.func), args, place=ctx.here(node)))
        elif isinstance(node, cst.Slice):
            ends = (end for end in (node.lower, node.upper) if end is not None)
            others.append(Step("slice", args=tuple(("", computed(end, ctx)) for end in ends)))
        elif isinstance(node, cst.FormattedString):
            rows = [v for v in rows_in_sql(node) if not isinstance(v, cst.SimpleString)]
            others.append(Step("slice", args=tuple(("", computed(v, ctx)) for v in rows)))
    return (*assigned, *others)


def computed(node: cst.BaseExpression, ctx: RuleContext) -> Value:
    """The value of an expression; of arithmetic, a choice between what it is computed of."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, ARITHMETIC):
        return Value("choice", "+", args=(("", computed(node.left, ctx)), ("", computed(node.right, ctx))))
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        return computed(node.expression, ctx)
    return ctx.value(node)


def rows_in_sql(node: cst.FormattedString) -> Iterator[cst.BaseExpression]:
    """The expressions that stand behind LIMIT or OFFSET in an f-string."""
    before = ""
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            before = part.value
        elif isinstance(part, cst.FormattedStringExpression) and ROWS.search(before):
            yield part.expression


def compared(definition: cst.FunctionDef, ctx: RuleContext) -> frozenset[tuple[str, str]]:
    """The names, with the bound, that a body compares with something and acts on: it raises, returns, assigns or chooses."""
    found: set[tuple[str, str]] = set()
    for node in comparing(definition.body, ctx):
        if isinstance(node, cst.Comparison) and acted_on(node, definition, ctx):
            found.update(bounds_of(node, ctx))
        elif isinstance(node, cst.Match) and (path := ctx.value(node.subject).dotted):
            found |= {("lower", path), ("upper", path)}
    return frozenset(found)


def acted_on(comparison: cst.Comparison, definition: cst.FunctionDef, ctx: RuleContext) -> bool:
    child: cst.CSTNode = comparison
    for parent in ctx.ancestors(comparison):
        if isinstance(parent, (cst.IfExp, cst.Assert, cst.While)):
            return child is parent.test
        if isinstance(parent, cst.If):
            below = (parent.body, *((parent.orelse,) if parent.orelse is not None else ()))
            return child is parent.test and any(leaves(arm, ctx, comparison) for arm in below)
        if isinstance(parent, cst.BaseSmallStatement) or parent is definition:
            # A comparison that is kept under a name may be what a later condition asks.
            return isinstance(parent, (cst.Assign, cst.AnnAssign))
        child = parent
    return False


def leaves(arm: cst.CSTNode, ctx: RuleContext, comparison: cst.Comparison) -> bool:
    """Whether an arm of an `if` ends the function, or puts something else into what was compared."""
    names = {name for _, name in bounds_of(comparison, ctx)}
    for node in leaving(arm, ctx):
        if isinstance(node, (cst.Raise, cst.Return, cst.Continue)):
            return True
        if isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            if leaves(node.body, ctx, comparison):
                return True
        elif isinstance(node, cst.Assign):
            if any(ctx.value(t.target).dotted in names for t in node.targets):
                return True
        elif isinstance(node, (cst.AugAssign, cst.AnnAssign)) and ctx.value(node.target).dotted in names:
            return True
    return False


def bounds_of(comparison: cst.Comparison, ctx: RuleContext) -> Iterator[tuple[str, str]]:
    """The names in a comparison and which bound it speaks of: a number below 2 is a lower one, all else may be an upper."""
    left = comparison.left
    for target in comparison.comparisons:
        right, operator = target.comparator, target.operator
        for one, other, turned in ((left, right, False), (right, left, True)):
            path = ctx.value(without_int(one)).dotted
            if path is None or counts_data(other, ctx):
                continue
            if isinstance(operator, (cst.In, cst.NotIn)) and not turned:
                yield from (("lower", path), ("upper", path))
            elif isinstance(operator, (cst.LessThan, cst.LessThanEqual, cst.GreaterThan, cst.GreaterThanEqual)):
                number = number_of(other)
                greater = isinstance(operator, (cst.GreaterThan, cst.GreaterThanEqual)) is not turned
                if number is not None:
                    yield ("lower" if number < 2 else "upper"), path
                else:
                    yield "upper", path
                    if not greater:
                        yield "lower", path
        left = right


def counts_data(node: cst.BaseExpression, ctx: RuleContext) -> bool:
    """Whether an expression says how much data there is, by its name: that is no bound for a part of it."""
    value = ctx.value(node)
    return (value.of is not None and value.of.dotted == "len") or bool(COUNTS.search(value.name))


def without_int(node: cst.BaseExpression) -> cst.BaseExpression:
    """What ``int(x)`` is made of."""
    is_int = isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "int"
    return node.args[0].value if isinstance(node, cst.Call) and is_int and len(node.args) == 1 else node


def number_of(node: cst.BaseExpression) -> int | None:
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        inner = number_of(node.expression)
        return None if inner is None else -inner
    return int(node.value, 0) if isinstance(node, cst.Integer) else None
