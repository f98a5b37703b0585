"""Calls of `shout`, and calls of `upper` on a string."""

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Edits, Finding, Fix, Related, RuleContext, Severity, rule


@rule(cst.Call)
def check(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    match node.func:
        case cst.Name("shout") as name:
            whisper = Fix("whisper", "Whisper", lambda: Edits((ctx.replace(name, "whisper"),)), safe=True)
            note = (ctx.document.path.replace("main.py", "note.py"), "QUIET = True\n")
            hush = Fix("hush", "Say nothing, and note it", lambda: Edits((ctx.replace(node, '""'),), (note,)))
            said = tuple(Related(ctx.place(arg.value), "said here") for arg in node.args)
            yield ctx.finding(node, "`shout` is loud", Severity.warning, (whisper, hush), said)
        case cst.Attribute(attr=cst.Name("upper"), value=value):
            found = ctx.type_of(value)
            if found is not None and found.name.rpartition(".")[2] == "str":
                yield ctx.finding(node, "`upper` is loud", Severity.information)
        case cst.Name("crash"):
            raise RuntimeError("this rule is broken")
