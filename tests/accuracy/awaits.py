"""Coroutines that nothing awaits."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from module import Module, last_name
from mutants import Mutant, Project, at_place

# These give a future or a task, which runs and can be awaited a second time, or a client, which can do without; no
# coroutine.
NO_COROUTINES = frozenset("gather shield run_in_executor create_task ensure_future from_url".split())
USES = (
    (ast.Expr, "a statement"),
    ((ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign), "bound to a name"),
    (ast.Return, "returned"),
    ((ast.Attribute, ast.Subscript), "an attribute or item of it"),
    ((ast.If, ast.While, ast.IfExp, ast.BoolOp, ast.UnaryOp, ast.Assert), "a condition"),
    ((ast.Compare, ast.BinOp), "compared or computed with"),
    ((ast.For, ast.comprehension, ast.Starred), "iterated"),
    ((ast.Call, ast.keyword), "an argument"),
    ((ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.DictComp), "an element"),
)


def dropped(module: Module, app: Project) -> Iterator[Mutant]:
    """An `await` of a call is taken away."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Await) or not isinstance(node.value, ast.Call):
            continue
        start, call = module.start(node), module.start(node.value)
        parent = module.parents[node]
        if (
            last_name(node.value.func) in NO_COROUTINES
            or module.text[start:call] != "await "
            or is_in_text(node, module)
        ):
            continue
        use = next((name for kinds, name in USES if isinstance(parent, kinds)), "another use")
        yield at_place(use, module, start, module.end(node), [(start, call, "")], ("missing-await",))


def is_in_text(node: ast.expr, module: Module) -> bool:
    """Whether it stands in an f-string, where versions of Python tell different positions."""
    return any(isinstance(parent, ast.JoinedStr) for parent in module.ancestors(node))


FAULTS = {"missing-await": (dropped,)}
