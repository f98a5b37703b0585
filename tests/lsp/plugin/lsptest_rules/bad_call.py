"""Flags each call of `bad`."""

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Edits, Finding, Fix, RuleContext, Severity, rule


@rule(cst.Call)
def check(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    if ctx.source(node.func) != "bad":
        return

    def call_good() -> Edits:
        return Edits((ctx.replace(node.func, "good"),))

    def move() -> Edits:
        """Make a module with `good` in it beside this one."""
        folder, _, _ = ctx.document.path.rpartition("/")
        return Edits((ctx.replace(node.func, "made.good"),), ((f"{folder}/made.py", "def good(): ...\n"),))

    yield ctx.finding(
        node,
        f"`{ctx.source(node)}` calls `bad`.",
        Severity.error,
        fixes=(
            Fix("good", "Call `good`", call_good, safe=True, preferred=True),
            Fix("create", "Create `made.good`", move),
            Fix("never", "Not to be made", lambda: None),
        ),
    )
