"""The first reading of a project: shown, cancelled, and in nobody's way."""

import pytest
from lsprotocol import types
from lsprotocol.types import Position
from pytest_lsp import client_capabilities

pytestmark = pytest.mark.asyncio(loop_scope="session")

CODE = client_capabilities("visual-studio-code")
MAIN = "import lsptest\nfrom zoo.far import far_away\nfar_away()\n"
LONG = "".join(f"def f_{number}(a, b):\n    if a:\n        return b.c(a)[{number}]\n" for number in range(100))


def project(editor, count, text=""):
    for number in range(count):
        editor.write(f"package/module_{number:03}.py", text)
    editor.write("awake.py", "import lsptest\n")
    editor.write("zoo/far.py", "def far_away():\n    call()\n")


def shown(editor, token):
    return [p.value for method, p in editor.connection.heard if method == types.PROGRESS and p.token == token]


async def token_of(editor):
    begin = await editor.connection.hear(
        types.PROGRESS, lambda p: p.value["kind"] == "begin" and p.value["title"].endswith(editor.folder.name)
    )
    return begin.token


@pytest.fixture
def named(editor, tmp_path):
    """An editor whose folder has a name of its own, for a progress that names it."""
    editor.folder = tmp_path / tmp_path.name
    editor.write("pyproject.toml", "")
    return editor


async def test_progress(named):
    editor = named
    project(editor, 60, LONG)
    await editor.start(CODE)
    editor.open("main.py", MAIN)
    token = await token_of(editor)
    assert len(await editor.diagnostics("main.py")) == 1
    begin, *reports, end = shown(editor, token)
    assert begin == {
        "kind": "begin",
        "title": f"apitfall: reading {editor.folder.name}",
        "cancellable": True,
        "percentage": 0,
    }
    percentages = [report["percentage"] for report in reports]
    assert {report["kind"] for report in reports} == {"report"}
    assert percentages == sorted(set(percentages))
    assert percentages[-1] == 100
    assert end == {"kind": "end"}


async def test_a_reading_that_is_cancelled(named):
    """The open file is checked with what was read until then; a document that is opened later is too."""
    editor = named
    project(editor, 100, LONG)
    await editor.start(CODE)
    editor.open("main.py", MAIN + "bad()\n")
    token = await token_of(editor)
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    assert [d.code for d in await editor.diagnostics("main.py")] == ["bad-call"]
    assert shown(editor, token)[-1] == {"kind": "end"}
    assert max(value.get("percentage", 0) for value in shown(editor, token)) < 100
    editor.open("zoo/far.py", "def far_away():\n    call()\n")
    await editor.wait(lambda p: p.uri == editor.uri("main.py") and len(p.diagnostics) == 2)


async def test_others_are_answered_while_a_project_is_read(named):
    """What is changed meanwhile is kept, and checked when the project is there."""
    editor = named
    project(editor, 100, LONG)
    await editor.start(CODE)
    editor.open("main.py", MAIN)
    token = await token_of(editor)
    assert await editor.hover("main.py", Position(2, 1)) is None
    editor.change("main.py", 2, types.TextDocumentContentChangeWholeDocument(f"{MAIN}bad()\n"))
    editor.open("untitled:other", "import lsptest\nbad()\n")
    assert len(await editor.diagnostics("untitled:other")) == 1
    assert {"kind": "end"} not in shown(editor, token)
    assert [d.code for d in await editor.diagnostics("main.py", 2)] == ["far-call", "bad-call"]
    assert next(p.version for p in editor.published if p.uri == editor.uri("main.py")) == 2


async def test_a_small_project_is_not_shown(named):
    editor = named
    project(editor, 5)
    await editor.start(CODE)
    editor.open("main.py", MAIN)
    assert len(await editor.diagnostics("main.py")) == 1
    assert not [
        p
        for method, p in editor.connection.heard
        if method == types.PROGRESS and p.value.get("title", "").endswith(editor.folder.name)
    ]


async def test_a_client_that_shows_no_progress(named):
    editor = named
    project(editor, 60)
    await editor.start()
    editor.open("main.py", MAIN)
    assert len(await editor.diagnostics("main.py")) == 1
    assert {method for method, _ in editor.connection.heard}.isdisjoint(
        {types.WINDOW_WORK_DONE_PROGRESS_CREATE, types.PROGRESS}
    )


async def test_a_document_is_closed_while_its_project_is_read(named):
    editor = named
    project(editor, 60, LONG)
    await editor.start(CODE)
    editor.open("main.py", MAIN)
    await token_of(editor)
    editor.close("main.py")
    editor.open("other.py", MAIN)
    assert len(await editor.diagnostics("other.py")) == 1
    assert {p.uri for p in editor.published} == {editor.uri("other.py")}
