"""Flags each call of an imported function whose name starts with `far`, and its definition."""

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Edits, Finding, Fix, Place, Related, RuleContext, Severity, rule


@rule(cst.Call)
def check(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    symbol = ctx.qualified_name(node.func) or ""
    module, colon, name = symbol.partition(":")
    function = ctx.project.function(symbol) if colon else None
    if function is None or not name.startswith("far"):
        return
    first = function.flow[0].place
    place = Place(f"{module}:{first.function}", first.text, first.nth)

    def mend_definition() -> Edits | None:
        found = ctx.at(place)
        if found is None:
            return None
        step, there = found
        return Edits((there.replace(step, "near()"),))

    yield ctx.finding(
        node,
        f"`{name}` is far.",
        Severity.warning,
        fixes=(Fix("near", "Bring it near", mend_definition),),
        related=(Related(place, f"`{name}` does it here."),),
    )
