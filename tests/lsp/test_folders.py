"""To which project a document belongs, and which documents belong to none or are not taken."""

import pytest
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="session")

MAIN = "import lsptest\nfrom far import far_away\nfar_away()\n"
FAR = "def far_away():\n    call()\n"
BAD = "import lsptest\nbad()\n"


def folder(path):
    return types.WorkspaceFolder(path.as_uri(), path.name)


def change_folders(editor, added=(), removed=()):
    event = types.WorkspaceFoldersChangeEvent([folder(path) for path in added], [folder(path) for path in removed])
    editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))


async def becomes(editor, name, *expected):
    await editor.wait(lambda p: p is last_of(editor, name) and [d.code for d in p.diagnostics] == [*expected])


def last_of(editor, name):
    return next((p for p in reversed(editor.published) if p.uri == editor.uri(name)), None)


async def test_folders_have_their_own_settings_and_environments(editor):
    editor.write("one/apitfall.toml", "ignore = ['bad-call']\n")
    for name in ("one", "two"):
        editor.write(f"{name}/.venv/pyvenv.cfg", "version = 3.11.0\n")
    editor.write(
        "one/.venv/lib/python3.11/site-packages/things.py", "class Thing: ...\n\ndef thing(): return Thing()\n"
    )
    editor.write("two/.venv/lib/python3.11/site-packages/other.py", "")
    await editor.start_own(folders=(editor.folder / "one", editor.folder / "two"))
    for name in ("one/main.py", "two/main.py"):
        editor.open(name, "import lsptest\nimport things\nbad()\nthings.thing().typed()\n")
    await becomes(editor, "one/main.py", "typed-call")
    await becomes(editor, "two/main.py", "bad-call")


async def test_a_folder_is_added_and_removed(editor, tmp_path):
    """A file in a folder without a mark of a project is checked alone, until its folder is one of the client's."""
    loose = tmp_path / "loose"
    for name, text in {"main.py": MAIN, "far.py": FAR}.items():
        editor.write(loose / name, text)
    main = (loose / "main.py").as_uri()
    await editor.start_own(folders=(editor.folder,))
    editor.open(main, MAIN)
    assert await editor.diagnostics(main) == []
    change_folders(editor, added=[loose])
    await becomes(editor, main, "far-call")
    change_folders(editor, removed=[loose])
    await becomes(editor, main)
    change_folders(editor, added=[loose], removed=[editor.folder])
    await becomes(editor, main, "far-call")


async def test_a_project_begins_inside_another(editor):
    editor.write("inner/later.toml", "ignore = ['bad-call']\n")
    await editor.start()
    editor.open("inner/main.py", BAD)
    assert len(await editor.diagnostics("inner/main.py")) == 1

    def move(old, new):
        (editor.folder / "inner" / old).rename(editor.folder / "inner" / new)
        events = [
            types.FileEvent(editor.uri(f"inner/{old}"), types.FileChangeType.Deleted),
            types.FileEvent(editor.uri(f"inner/{new}"), types.FileChangeType.Created),
        ]
        editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(events))

    move("later.toml", "apitfall.toml")
    await becomes(editor, "inner/main.py")
    move("apitfall.toml", "later.toml")
    await becomes(editor, "inner/main.py", "bad-call")


# a document's language and name, and whether it is checked
TAKEN = {
    "other language": ("plaintext", "main.py", True),
    "other name": ("python", "SConstruct", True),
    "unsaved": ("python", "untitled:Untitled-1", True),
    "a buffer without a name": ("python", "file://", True),
    "other language and name": ("toml", "poetry.lock", False),
    "stub": ("python", "main.pyi", False),  # it counts for what it says, but never runs
    "cell": ("python", "vscode-notebook-cell:/folder/a.ipynb#W0sZmlsZQ%3D%3D", False),
    "old version": ("python", "git:/folder/main.py?%7B%22ref%22%3A%22HEAD%22%7D", False),
}


@pytest.mark.parametrize(("language", "name", "is_taken"), TAKEN.values(), ids=TAKEN)
async def test_documents_that_are_taken(editor, language, name, is_taken):
    await editor.start()
    item = types.TextDocumentItem(editor.uri(name), language, 1, BAD)
    editor.opened.add(item.uri)
    editor.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    editor.open("last.py", BAD)
    await editor.diagnostics("last.py")
    published = [p for p in editor.published if p.uri == item.uri]
    assert [d.code for p in published[:1] for d in p.diagnostics] == ["bad-call"] * is_taken


async def test_one_uri_written_in_two_ways(editor):
    await editor.start()
    encoded = editor.uri("caf\u00e9 (1).py")
    plain = encoded.replace("%28", "(").replace("%29", ")").replace("%C3%A9", "\u00e9")
    assert encoded != plain
    editor.open(encoded, BAD)
    assert len(await editor.diagnostics(encoded)) == 1
    editor.change(plain, 2, types.TextDocumentContentChangeWholeDocument(f"{BAD}bad()\n"))
    assert len(await editor.diagnostics(encoded, 2)) == 2
    editor.opened.add(plain)
    editor.open(plain, BAD, version=3)
    assert await editor.diagnostics(encoded, None) == []
    assert len(await editor.diagnostics(plain, 3)) == 1


async def test_a_link_to_a_file(editor):
    """Its text is that of the file which it leads to, and what is found is told of the name it was opened by."""
    editor.write("far.py", FAR)
    editor.write("main.py", MAIN)
    (editor.folder / "link.py").symlink_to("far.py")
    await editor.start()
    editor.open("main.py", MAIN)
    assert len(await editor.diagnostics("main.py")) == 1
    editor.open("link.py", "import lsptest\nbad()\n")
    assert len(await editor.diagnostics("link.py")) == 1
    await becomes(editor, "main.py")
    editor.open("far.py", f"{FAR}# the same, opened by its own name\n")
    await becomes(editor, "main.py", "far-call")
    editor.close("far.py")
    await becomes(editor, "main.py")
    editor.close("link.py")
    assert await editor.diagnostics("link.py", None) == []
    await becomes(editor, "main.py", "far-call")


async def test_a_folder_reached_by_a_link(editor, tmp_path):
    editor.write("far.py", FAR)
    (tmp_path / "linked").symlink_to(editor.folder)
    await editor.start()
    editor.open("main.py", MAIN)
    linked = (tmp_path / "linked" / "main.py").as_uri()
    editor.open(linked, MAIN)
    for name in ("main.py", linked):
        assert len(await editor.diagnostics(name)) == 1
