"""A rule that finds calls of `error`, `warning`, `information` and `hint`, and how tests of the command line use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import libcst as cst
from apitfall.rule import Edit, Edits, Finding, Fix, Related, RuleContext, Severity, Span

Run = Callable[..., tuple[int, str, str]]
Find = Callable[..., list[str]]

HEAD = "import fastapi\n\n"


def check_calls(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    name = ctx.source(node.func)
    if name == "explode":
        raise ValueError("boom")
    if name in Severity.__members__:
        yield ctx.finding(
            node,
            f"`{name}` is called",
            Severity[name],
            (
                Fix("done", "Call `done`", lambda: Edits((ctx.replace(node.func, "done"),)), safe=True, preferred=True),
                Fix("never", "Cannot be made after all", lambda: None),
                Fix("new-file", "Make a file", lambda: made(ctx)),
                Fix("fails", "Raises", lambda: Edits((Edit("", Span(1 // 0, 0), ""),))),
            ),
            (Related(ctx.place(node.func), "this name"),),
        )


def made(ctx: RuleContext) -> Edits:
    return Edits(creates=((f"{Path(ctx.document.path).parent.as_posix()}/new.py", "x = 1\n"),))


def write(**texts: str | bytes) -> None:
    """Files in the working directory, ``a__b`` for ``a/b.py``."""
    for name, text in texts.items():
        path = Path(f"{name.replace('__', '/')}.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
