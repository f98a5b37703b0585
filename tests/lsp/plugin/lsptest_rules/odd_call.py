"""Flags each call of `odd`, whose argument says what becomes of the fix that calls itself safe."""

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Edits, Finding, Fix, RuleContext, rule


@rule(cst.Call)
def check(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    if ctx.source(node.func) != "odd":
        return
    wish = ctx.source(node.args[0])
    folder, _, _ = ctx.document.path.rpartition("/")

    def edits() -> Edits | None:
        match wish:
            case "'fails'":
                raise RuntimeError("no")
            case "'nothing'":
                return None
            case "'spoils'":
                return Edits((ctx.replace(node, "good("),))
            case "'creates'":
                return Edits((), ((f"{folder}/made.py", "def good(): ...\n"),))
            case _:
                return Edits((ctx.replace(node, "bad(0)"),))

    yield ctx.finding(node, f"{wish} is odd.", fixes=(Fix("even", f"Even {wish}", edits, safe=True),))
