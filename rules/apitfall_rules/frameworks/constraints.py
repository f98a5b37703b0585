"""Edits that add constraints to a parameter or field, in the style that the file is written in."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TypeGuard

import libcst as cst
from apitfall.rule import Edit, Edits, RuleContext, Scope, Span

from apitfall_rules.frameworks.parameters import Declared, annotated_style, marker_name

Arguments = tuple[tuple[str, str], ...]
AFTER = ("default", "default_factory", "ge", "gt", "le", "lt")  # what new constraints are written behind


def constrain(
    node: cst.Param | cst.AnnAssign, found: Declared, marker: str, new: Arguments, ctx: RuleContext
) -> Edits | None:
    """Add ``ge=1`` and its kind, as `new`, to the ``Query(...)`` that is there, or add one.

    `marker` is the name, of fastapi or pydantic, that a new one is called by. None where the marker stands elsewhere.
    """
    if found.marker is not None:
        call = written(node, ctx)
        return Edits((added(call, new, ctx),)) if call is not None else None
    if node.annotation is None:
        return None
    default = node.default if isinstance(node, cst.Param) else node.value
    name, imports = ctx.import_edit("pydantic" if marker == "Field" else "fastapi", marker)
    text = ", ".join(f"{key}={value}" for key, value in new)
    if default is not None and not annotated(node, marker, ctx):
        return Edits((ctx.replace(default, f"{name}(default={ctx.source(default)}, {text})"), *imports))
    note = node.annotation.annotation
    if is_annotated(note):
        end = ctx.span(note.slice[-1]).end
        return Edits((Edit(ctx.path, Span(end, end), f", {name}({text})"), *imports))
    local = next((local for local, i in ctx.facts.imports.items() if i.name == "Annotated" and not i.typing), None)
    extra: tuple[Edit, ...] = ()
    if local is None:
        local, extra = ctx.import_edit("typing", "Annotated")
    return Edits((ctx.replace(note, f"{local}[{ctx.source(note)}, {name}({text})]"), *imports, *extra))


def annotated(node: cst.Param | cst.AnnAssign, marker: str, ctx: RuleContext) -> bool:
    """Whether a new marker goes into the annotation: as the function has it, else the file; so it does where neither says."""
    if is_annotated(node.annotation.annotation if node.annotation is not None else None):
        return True
    if marker == "Field":
        return False
    function = next((p for p in ctx.ancestors(node) if isinstance(p, cst.FunctionDef)), None)
    own = ctx.facts.functions.get(ctx.tree.names.get(function, "")) if function is not None else None
    for parameters in (
        own.parameters if own is not None else (),
        tuple(p for f in ctx.facts.functions.values() for p in f.parameters),
    ):
        style = annotated_style(parameters)
        if style is not None:
            return style
    return True


def is_annotated(node: cst.CSTNode | None) -> TypeGuard[cst.Subscript]:
    if not isinstance(node, cst.Subscript):
        return False
    head = node.value.attr if isinstance(node.value, cst.Attribute) else node.value
    return isinstance(head, cst.Name) and head.value == "Annotated"


def written(node: cst.Param | cst.AnnAssign, ctx: RuleContext) -> cst.Call | None:
    """The ``Query(...)`` or its kind of a parameter or field, if it stands there itself."""
    default = node.default if isinstance(node, cst.Param) else node.value
    calls: list[cst.BaseExpression] = [] if default is None else [default]
    note = node.annotation.annotation if node.annotation is not None else None
    if is_annotated(note):
        calls += [e.slice.value for e in note.slice if isinstance(e.slice, cst.Index)]
    scope = Scope(ctx.module)
    found = [c for c in calls if isinstance(c, cst.Call) and marker_name(ctx.value(c), scope, ctx.project)]
    return found[-1] if found else None


def added(call: cst.Call, new: Arguments, ctx: RuleContext) -> Edit:
    """New arguments behind the default and the constraints there are, one a line where the others are."""
    text, path = ctx.document.text, ctx.path
    words = [f"{key}={value}" for key, value in new]
    args = list(call.args)
    anchor = next((a for a in reversed(args) if a.keyword is None or a.keyword.value in AFTER), None)
    if not args:
        end = ctx.span(call).end - 1
        return Edit(path, Span(end, end), ", ".join(words))
    first = ctx.span(args[0].value if args[0].keyword is None else args[0].keyword).start
    opened = text.index("(", ctx.span(call.func).end) + 1
    lead = text[opened:first]
    gap = lead if "\n" in lead and re.fullmatch(r"\s*", lead) and one_a_line(args, ctx) else " "
    if anchor is None:
        return Edit(path, Span(first, first), "".join(f"{word},{gap}" for word in words))
    end = ctx.span(anchor.value).end
    return Edit(path, Span(end, end), "".join(f",{gap}{word}" for word in words))


def one_a_line(args: list[cst.Arg], ctx: RuleContext) -> bool:
    text = ctx.document.text
    ends = [ctx.span(a.value) for a in args]
    return all("\n" in text[one.end : two.start] for one, two in pairwise(ends))
