"""The syntax of Python 3.14, on whatever Python runs this: it is read, and what stands in it is found."""

import pytest
from apitfall.engine import Workspace
from apitfall.registry import load
from apitfall.text import Document

HEAD = """\
import asyncio

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def slow(name: str):
"""
SYNTAX = {
    "a template string": """\
    text = t"hello {name!r:>{len(name)}}"
    pattern = rt'\\d{name}'
    {sleep}
""",
    "except without parentheses": """\
    try:
        {sleep}
    except ValueError, TypeError:
        {sleep}
""",
    "except* without parentheses": """\
    try:
        {sleep}
    except* ValueError, TypeError:
        {sleep}
""",
    "an annotation of a later name": """\
    def later(x: Later) -> Later: ...
    class Later: ...
    {sleep}
""",
    "type parameters with defaults": """\
    type Pair[T = int] = tuple[T, T]
    class Box[T: int = bool]: ...
    {sleep}
""",
    "return in finally": """\
    try:
        return 1
    finally:
        {sleep}
""",
}


@pytest.mark.parametrize("body", SYNTAX.values(), ids=SYNTAX)
def test_what_stands_in_new_syntax_is_found(body):
    text = HEAD + body.replace("{sleep}", "asyncio.sleep(1)")
    workspace = Workspace("/p", load())
    workspace.update(Document("/p/main.py", None, text))
    report = workspace.check("/p/main.py")
    assert report.broken == ()
    found = [text[f.span.start : f.span.end] for f in report.findings if f.rule == "missing-await"]
    assert found == ["asyncio.sleep(1)"] * body.count("{sleep}")


def test_a_coroutine_in_a_template_string_is_left_to_what_reads_it():
    text = HEAD + '    return t"{asyncio.sleep(1)}"\n'
    workspace = Workspace("/p", load())
    workspace.update(Document("/p/main.py", None, text))
    assert workspace.check("/p/main.py").findings == ()


def test_concatenated_template_strings_are_not_read():
    # FIXME: libcst 1.9 does not parse them; only the function around them is left out.
    text = HEAD + '    return t"{name}" t"!"\n\n\n@app.get("/b")\nasync def b():\n    asyncio.sleep(1)\n'
    workspace = Workspace("/p", load())
    workspace.update(Document("/p/main.py", None, text))
    report = workspace.check("/p/main.py")
    assert len(report.broken) == 1
    assert [f.rule for f in report.findings] == ["missing-await"]
