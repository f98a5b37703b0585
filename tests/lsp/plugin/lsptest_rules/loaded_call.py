"""Says of each call of `loaded` which of the modules that are named in it this process has imported."""

import sys
from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Finding, RuleContext, rule


@rule(cst.Call)
def check(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    if ctx.source(node.func) == "loaded":
        names = [ctx.source(arg.value) for arg in node.args]
        yield ctx.finding(node, " ".join(name for name in names if name in sys.modules))
