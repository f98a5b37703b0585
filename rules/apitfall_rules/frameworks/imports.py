"""Imports that a fix leaves without a use."""

from __future__ import annotations

import re

import libcst as cst
from apitfall.rule import Edit, RuleContext, Span


def without_import(call: cst.Call, module: str, ctx: RuleContext) -> tuple[Edit, ...]:
    """Take out the import by which a call names something of `module`, if it imports nothing else and this call, which
    a fix replaces, was the last use."""
    root = call.func
    while isinstance(root, cst.Attribute):
        root = root.value
    definition = ctx.enclosing_definition(call)
    if not isinstance(root, cst.Name) or definition is None:
        return ()
    name, text, module = re.escape(root.value), ctx.document.text, re.escape(module)
    whole = rf"import {module}" if name == module else rf"import {module} as {name}"
    imports = rf"(?:{whole}|from {module} import (?:\w+ as )?{name})"

    def last_use(around: str, statement: str) -> bool:
        mentions = [len(re.findall(rf"(?<![\w.]){name}\b", part)) for part in (around, statement, ctx.source(call))]
        return mentions[0] == mentions[1] + mentions[2]

    for node in ctx.tree.nodes:
        if isinstance(node, cst.SimpleStatementLine) and ctx.enclosing_definition(node) is definition:
            statement = ctx.source(node)
            if re.fullmatch(imports, statement):
                return (ctx.remove(node),) if last_use(ctx.source(definition), statement) else ()
    line = re.search(rf"^{imports}[ \t]*(?:\r\n|\r|\n)", text, re.M)
    if line is None or not last_use(text, line.group()):
        return ()
    return (Edit(ctx.path, Span(line.start(), line.end()), ""),)
