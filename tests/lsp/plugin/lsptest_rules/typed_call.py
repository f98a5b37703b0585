"""Flags each call of `.typed` whose receiver's type is known."""

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Finding, RuleContext, Severity, rule


@rule(cst.Call)
def check(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    if isinstance(node.func, cst.Attribute) and node.func.attr.value == "typed":
        found = ctx.type_of(node.func.value)
        if found is not None:
            yield ctx.finding(node, f"The receiver is a `{found.name}`.", Severity.hint)
