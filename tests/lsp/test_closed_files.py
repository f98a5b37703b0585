"""Findings in files that are not open, for those who want them."""

import pytest
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="session")

BAD, CLEAN = "import lsptest\nbad()\n", "import lsptest\n"
ON, OFF = "workspace-diagnostics = true\n", ""


def last_of(editor, name):
    return next((p for p in reversed(editor.published) if p.uri == editor.uri(name)), None)


async def becomes(editor, name, *expected):
    await editor.wait(lambda p: p is last_of(editor, name) and [d.code for d in p.diagnostics] == [*expected])


def save(editor, name, text):
    editor.write(name, text)
    saved = types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(editor.uri(name)))
    editor.client.text_document_did_save(saved)


async def test_nothing_is_told_of_them_without_the_setting(editor):
    editor.write("closed.py", BAD)
    await editor.start()
    editor.open("main.py", BAD)
    await editor.diagnostics("main.py")
    editor.open("last.py", BAD)
    await editor.diagnostics("last.py")
    assert last_of(editor, "closed.py") is None


async def test_files_that_are_not_open(editor):
    editor.write("closed.py", BAD)
    editor.write("clean.py", CLEAN)
    await editor.start()
    editor.open("main.py", CLEAN)
    assert await editor.diagnostics("main.py") == []
    save(editor, "apitfall.toml", ON)
    await becomes(editor, "closed.py", "bad-call")

    # It is opened, changed and closed; what is on the disk counts then.
    editor.open("closed.py", CLEAN)
    await becomes(editor, "closed.py")
    editor.close("closed.py")
    await becomes(editor, "closed.py", "bad-call")

    save(editor, "apitfall.toml", OFF)
    await becomes(editor, "closed.py")
    assert last_of(editor, "clean.py") is None


async def test_they_are_kept_up_to_date(editor):
    editor.write("apitfall.toml", ON)
    editor.write("far.py", "def near():\n    call()\n")
    editor.write("closed.py", "import lsptest\nfrom far import far_away\nfar_away()\n")
    editor.write("main.py", BAD)
    await editor.start()
    editor.open("far.py", "def far_away():\n    call()\n")
    await becomes(editor, "closed.py", "far-call")
    await becomes(editor, "main.py", "bad-call")
    editor.change("far.py", 2, types.TextDocumentContentChangeWholeDocument(CLEAN))
    await becomes(editor, "closed.py")
    (editor.folder / "main.py").unlink()
    deleted = types.FileEvent(editor.uri("main.py"), types.FileChangeType.Deleted)
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([deleted]))
    await becomes(editor, "main.py")


async def test_a_folder_in_which_nothing_is_open(editor):
    editor.write("apitfall.toml", ON)
    editor.write("closed.py", BAD)
    await editor.start_own(folders=(editor.folder,))
    await becomes(editor, "closed.py", "bad-call")
    gone = types.WorkspaceFolder(editor.folder.as_uri(), "project")
    editor.client.workspace_did_change_workspace_folders(
        types.DidChangeWorkspaceFoldersParams(types.WorkspaceFoldersChangeEvent([], [gone]))
    )
    await becomes(editor, "closed.py")
