"""How libcst's nodes are made.

libcst's classes are frozen, and put each field of a new node by a call around what keeps it from changes: these are a
seventh of what it takes to parse. That nobody changes a node is left to the type checker here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any

import libcst as cst

# Of these, which most nodes are, the parser gives none that libcst's own checks would refuse; to ask takes a tenth of its
# time.
SOUND = frozenset(
    (
        cst.SimpleWhitespace, cst.TrailingWhitespace, cst.Newline, cst.EmptyLine, cst.Name, cst.Attribute, cst.Arg,
        cst.Call, cst.Comma, cst.Dot, cst.AssignEqual, cst.LeftParen, cst.RightParen, cst.LeftSquareBracket,
        cst.RightSquareBracket,
    )
)  # fmt: skip
# Most nodes are of these; to see to all 340 classes would take longer than it brings.
FREQUENT = (
    *SOUND,
    cst.ParenthesizedWhitespace, cst.SimpleStatementLine, cst.SimpleString, cst.IndentedBlock, cst.Annotation, cst.Param,
    cst.SubscriptElement, cst.Index, cst.Subscript, cst.If, cst.Expr, cst.Assign, cst.AssignTarget, cst.Return,
)  # fmt: skip


def make_quickly(kind: type[cst.CSTNode]) -> None:
    """Let the nodes of a class be made as those of one that is not frozen are, with the same arguments."""
    for around in kind.__mro__:
        for name in ("__setattr__", "__delattr__"):
            if around is not object and name in vars(around):
                delattr(around, name)
    kind.__init__ = written(kind)  # pyright: ignore[reportAttributeAccessIssue]


def written(kind: type[cst.CSTNode]) -> Callable[..., None]:
    """The `__init__` of a class, written out as `dataclass` does it."""
    known: dict[str, Any] = {"MISSING": MISSING}
    given: list[str] = []
    lines: list[str] = []
    for field in fields(kind):
        name, value = field.name, field.name
        if field.default_factory is not MISSING:
            known[f"make_{name}"] = field.default_factory
            given.append(f"{name}=MISSING")
            value = f"make_{name}() if {name} is MISSING else {name}"
        elif field.default is not MISSING:
            known[f"default_{name}"] = field.default
            given.append(f"{name}=default_{name}")
        else:
            given.append(name)
        lines.append(f"    self.{name} = {value}\n")
    if kind not in SOUND:
        lines.append("    self.__post_init__()\n")
    exec(f"def __init__(self, {', '.join(given)}):\n{''.join(lines)}", known)
    return known["__init__"]
