"""Prints, and raises, at each call of `boom`."""

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Finding, RuleContext, rule


@rule(cst.Call)
def check(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    if ctx.source(node.func) == "boom":
        print("boom")
        raise RuntimeError("boom")
    return
    yield
