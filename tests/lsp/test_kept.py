"""What was found in a document is shown when it is opened again, and is what a check finds."""

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEXT = "import lsptest\nfrom far import far_away\n\nfar_away()\nbad()\n"
FAR = "\ndef far_away():\n    call()\n"


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    monkeypatch.delenv("APITFALL_NO_CACHE")
    monkeypatch.setenv("APITFALL_CACHE_DIR", str(tmp_path / "kept"))


async def open_again(editor, text=TEXT):
    """What is shown first by a new server."""
    editor.published.clear()
    await editor.start_own(capabilities=client_capabilities("visual-studio-code"))
    editor.open("main.py", text)
    return await editor.diagnostics("main.py")


async def settle(editor):
    """Wait until all was checked, which a change in another version shows."""
    editor.change("main.py", 2, types.TextDocumentContentChangeWholeDocument(TEXT + "# more\n"))
    return await editor.diagnostics("main.py", 2)


async def test_the_same_is_shown_and_all_can_be_asked_of_it(editor):
    editor.write("far.py", FAR)
    first = await open_again(editor)
    assert first == await settle(editor)
    assert await editor.hover("main.py", first[1].range.start) is not None
    again = await open_again(editor)
    assert again == first
    position = again[1].range.start
    shown = await editor.hover("main.py", position)
    assert shown is not None
    fresh = await open_again(editor, TEXT.replace("bad", "good"))
    assert len(fresh) == len(first) - 1
    await open_again(editor)
    assert await settle(editor) == first
    assert await editor.hover("main.py", position) == shown


async def test_another_file_that_is_another_is_seen(editor):
    editor.write("far.py", FAR)
    first = await open_again(editor)
    assert await settle(editor) == first
    editor.write("far.py", "\n\n\n" + FAR)
    moved = await open_again(editor)
    assert moved != first
    assert moved[0].related_information[0].location.range.start.line == 5
    editor.write("far.py", "def nothing():\n    pass\n")
    assert len(await open_again(editor)) == len(first) - 1
