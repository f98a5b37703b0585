"""What is below each node of Python's syntax, in the order in which libcst has it: lambdas are numbered in that."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any


def arguments_of(node: ast.Call) -> Sequence[ast.expr | ast.keyword]:
    """The arguments of a call in the order in which they are written."""
    if not node.keywords:
        return node.args
    found: list[Any] = [*node.args, *node.keywords]
    if node.args and position(node.args[-1]) > position(node.keywords[0]):
        found.sort(key=position)
    return found


def position(node: Any) -> tuple[int, int]:
    return node.lineno, node.col_offset


def parameters_below(node: ast.arguments) -> Iterator[ast.AST]:
    """The parameters in libcst's order, each before its default."""
    anyhow = len(node.posonlyargs), len(node.defaults)
    defaults = [*([None] * (len(node.posonlyargs) + len(node.args) - anyhow[1])), *node.defaults]
    pairs: list[tuple[ast.arg | None, ast.expr | None]] = [
        *zip(node.args, defaults[anyhow[0] :], strict=True),
        (node.vararg, None),
        *zip(node.kwonlyargs, node.kw_defaults, strict=True),
        (node.kwarg, None),
        *zip(node.posonlyargs, defaults[: anyhow[0]], strict=True),
    ]
    for pair in pairs:
        yield from (one for one in pair if one is not None)


def entries(node: ast.Dict) -> list[ast.expr | None]:
    return [one for pair in zip(node.keys, node.values, strict=True) for one in pair]


def nothing(node: Any) -> tuple[()]:
    return ()


# What is below each node, in the order in which libcst has it; a node that is not here is not known.
BELOW: dict[type[ast.AST], Callable[[Any], Iterable[Any]]] = {
    ast.Expr: lambda n: (n.value,),
    ast.Assign: lambda n: (*n.targets, n.value),
    ast.AnnAssign: lambda n: (n.target, n.annotation, n.value),
    ast.AugAssign: lambda n: (n.target, n.value),
    ast.Return: lambda n: (n.value,),
    ast.Raise: lambda n: (n.exc, n.cause),
    ast.Assert: lambda n: (n.test, n.msg),
    ast.Delete: lambda n: n.targets,
    ast.Pass: nothing,
    ast.Name: nothing,
    ast.Constant: nothing,
    ast.Break: nothing,
    ast.Continue: nothing,
    ast.Global: nothing,
    ast.Nonlocal: nothing,
    ast.Import: nothing,
    ast.ImportFrom: nothing,
    ast.If: lambda n: (n.test, *n.body, *n.orelse),
    ast.For: lambda n: (n.target, n.iter, *n.body, *n.orelse),
    ast.AsyncFor: lambda n: (n.target, n.iter, *n.body, *n.orelse),
    ast.While: lambda n: (n.test, *n.body, *n.orelse),
    ast.With: lambda n: (*n.items, *n.body),
    ast.AsyncWith: lambda n: (*n.items, *n.body),
    ast.withitem: lambda n: (n.context_expr, n.optional_vars),
    ast.Try: lambda n: (*n.body, *n.handlers, *n.orelse, *n.finalbody),
    ast.ExceptHandler: lambda n: (*n.body, n.type),
    ast.Match: lambda n: (n.subject, *n.cases),
    ast.match_case: lambda n: (n.pattern, *n.body, n.guard),
    ast.MatchValue: lambda n: (n.value,),
    ast.MatchSingleton: nothing,
    ast.MatchSequence: lambda n: n.patterns,
    ast.MatchMapping: lambda n: (*n.keys, *n.patterns),
    ast.MatchClass: lambda n: (n.cls, *n.patterns, *n.kwd_patterns),
    ast.MatchStar: nothing,
    ast.MatchAs: lambda n: (n.pattern,),
    ast.MatchOr: lambda n: n.patterns,
    ast.Attribute: lambda n: (n.value,),
    ast.Call: lambda n: (n.func, *arguments_of(n)),
    ast.keyword: lambda n: (n.value,),
    ast.arg: lambda n: (n.annotation,),
    ast.Starred: lambda n: (n.value,),
    ast.Subscript: lambda n: (n.value, n.slice),
    ast.Slice: lambda n: (n.lower, n.upper, n.step),
    ast.Await: lambda n: (n.value,),
    ast.Yield: lambda n: (n.value,),
    ast.YieldFrom: lambda n: (n.value,),
    ast.NamedExpr: lambda n: (n.target, n.value),
    ast.BoolOp: lambda n: n.values,
    ast.BinOp: lambda n: (n.left, n.right),
    ast.UnaryOp: lambda n: (n.operand,),
    ast.Compare: lambda n: (n.left, *n.comparators),
    ast.IfExp: lambda n: (n.test, n.body, n.orelse),
    ast.Dict: entries,
    ast.List: lambda n: n.elts,
    ast.Tuple: lambda n: n.elts,
    ast.Set: lambda n: n.elts,
    ast.ListComp: lambda n: (n.elt, *n.generators),
    ast.SetComp: lambda n: (n.elt, *n.generators),
    ast.GeneratorExp: lambda n: (n.elt, *n.generators),
    ast.DictComp: lambda n: (n.key, n.value, *n.generators),
    ast.comprehension: lambda n: (n.target, n.iter, *n.ifs),
    ast.JoinedStr: lambda n: n.values,
    ast.FormattedValue: lambda n: (n.value, *(n.format_spec.values if n.format_spec is not None else ())),
}


def add_newer() -> None:
    """The nodes that this Python may not have."""
    newer: dict[str, Callable[[Any], Iterable[Any]]] = {
        "TryStar": BELOW[ast.Try],  # since 3.11
        "TypeAlias": lambda n: (n.name, n.value, *n.type_params),  # since 3.12, as those behind it
        "TypeVar": lambda n: (n.bound, getattr(n, "default_value", None)),
        "ParamSpec": lambda n: (getattr(n, "default_value", None),),
        "TypeVarTuple": lambda n: (getattr(n, "default_value", None),),
    }
    BELOW.update({getattr(ast, name): below for name, below in newer.items() if hasattr(ast, name)})


add_newer()
