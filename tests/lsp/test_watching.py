"""What other programs do to the files of a project, and what the editor itself does to them."""

import shutil

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities

pytestmark = pytest.mark.asyncio(loop_scope="session")

CODE = client_capabilities("visual-studio-code")
MAIN = "import lsptest\nfrom far import far_away\nfar_away()\n"
FAR, NEAR = "def far_away():\n    call()\n", "def near():\n    call()\n"
CREATED, CHANGED, DELETED = types.FileChangeType


def tell(editor, **changes):
    """Tell of changes of files, by name."""
    events = [types.FileEvent(editor.uri(name), kind) for name, kind in changes.items()]
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(events))


async def start(editor, far=FAR, name="far.py"):
    """Open a file, beside one that is not open; what is found in the first depends on the second."""
    if far is not None:
        editor.write(name, far)
    await editor.start(CODE)
    editor.open("main.py", MAIN)
    assert await codes(editor, 1) == ["far-call"] * (far == FAR)


async def codes(editor, version):
    """What is found in a version of the open file, which is a new text if the version is not the first."""
    if version > 1:
        editor.change("main.py", version, types.TextDocumentContentChangeWholeDocument(f"{MAIN}# {version}\n"))
    return [d.code for d in await editor.diagnostics("main.py", version)]


async def becomes(editor, *expected):
    """Wait until this is found, without a change of the open file."""
    await editor.wait(
        lambda p: (
            p is editor.published[-1]
            and p.uri == editor.uri("main.py")
            and [d.code for d in p.diagnostics] == [*expected]
        )
    )


async def test_the_client_is_asked_to_watch(editor):
    await editor.start(CODE)
    params = await editor.connection.hear(types.CLIENT_REGISTER_CAPABILITY)
    (found,) = [r for r in params.registrations if r.method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES]
    watched = {watcher["globPattern"] for watcher in found.register_options["watchers"]}
    names = ("*.py", "*.pyi", "pyproject.toml", "apitfall.toml", ".gitignore", "uv.lock", "pyvenv.cfg")
    assert {f"**/{name}" for name in names} <= watched


async def test_a_closed_file_is_made_changed_and_deleted(editor):
    await start(editor, None)
    editor.write("far.py", NEAR)
    tell(editor, **{"far.py": CREATED})
    assert await codes(editor, 2) == []
    editor.write("far.py", FAR)
    tell(editor, **{"far.py": CHANGED})
    await becomes(editor, "far-call")
    (editor.folder / "far.py").unlink()
    tell(editor, **{"far.py": DELETED})
    await becomes(editor)


@pytest.mark.parametrize("ignored", ["build", "made", ".gitignored"])
async def test_a_new_file_that_is_left_out(editor, ignored):
    """It is told of together with one that is not, so that both have been taken when that one has."""
    (editor.folder / ".git").mkdir()
    editor.write(".gitignore", ".gitignored\n")
    editor.write("pyproject.toml", "[tool.apitfall]\nextend-exclude = ['made']\n")
    await start(editor, None)
    for folder in (ignored, "taken"):
        editor.write(f"{folder}/far.py", FAR)
    tell(editor, **{f"{folder}/far.py": CREATED for folder in (ignored, "taken")})
    text = f"import lsptest\nimport {ignored.strip('.')}.far, taken.far\n{ignored.strip('.')}.far.far_away()\ntaken.far.far_away()\n"
    editor.change("main.py", 2, types.TextDocumentContentChangeWholeDocument(text))
    found = await editor.wait(lambda p: p.version == 2 and p.diagnostics != [])
    assert [d.range.start.line for d in found.diagnostics] == [3]


async def test_what_is_ignored_may_change(editor):
    await start(editor)
    editor.write(".gitignore", "far.py\n")
    tell(editor, **{".gitignore": CREATED})
    await becomes(editor)
    editor.write(".gitignore", "main.py\n")
    editor.write("main.py", MAIN)
    tell(editor, **{".gitignore": CHANGED, "main.py": CREATED})
    gone = await editor.wait(lambda p: p.version is None)
    assert (gone.uri, gone.diagnostics) == (editor.uri("main.py"), [])
    editor.write(".gitignore", "")
    tell(editor, **{".gitignore": CHANGED})
    await becomes(editor, "far-call")


async def test_the_text_in_the_editor_wins(editor):
    await start(editor)
    editor.open("far.py", NEAR)
    await becomes(editor)
    editor.write("far.py", f"{FAR}# changed\n")
    editor.write("other.py", "")
    tell(editor, **{"far.py": CHANGED, "other.py": CREATED})
    assert await codes(editor, 2) == []
    editor.close("far.py")
    await becomes(editor, "far-call")


async def test_many_changes_are_one(editor):
    """A branch is checked out: the open file is checked once more, however many messages tell of it."""
    names = [f"package/module_{number}.py" for number in range(300)]
    for name in names:
        editor.write(name, NEAR)
    await start(editor)
    editor.client.set_trace(types.SetTraceParams(types.TraceValue.Verbose))
    await codes(editor, 2)
    heard = editor.connection.heard

    uri = editor.uri("main.py")

    def checks():
        return [p.message for method, p in heard if method == types.LOG_TRACE and f"checked {uri}" in p.message]

    await editor.connection.hear(
        types.LOG_TRACE, lambda p: p.message.endswith(f"{uri}, version 2, with types, at rest")
    )
    before = len(checks())
    for name in names:
        editor.write(name, f"{NEAR}# changed\n")
    editor.write("far.py", NEAR)
    for start_ in range(0, 300, 30):
        tell(editor, **dict.fromkeys([*names[start_ : start_ + 30], "far.py"], CHANGED))
    await becomes(editor)
    assert len(checks()) == before + 1
    editor.client.set_trace(types.SetTraceParams(types.TraceValue.Off))


async def test_an_environment_is_made_and_changed(editor):
    await editor.start(CODE)
    editor.open("main.py", "import lsptest\nimport things\nthings.thing().typed()\n")
    assert await editor.diagnostics("main.py") == []
    site = ".venv/lib/python3.11/site-packages"
    editor.write(f"{site}/things.py", "class Thing: ...\n\ndef thing(): return Thing()\n")
    editor.write(".venv/pyvenv.cfg", "version = 3.11.0\n")
    tell(editor, **{".venv/pyvenv.cfg": CREATED})
    await becomes(editor, "typed-call")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "lsptest==1.0\n"),
        ("requirements/base.txt", "lsptest>=1\n"),
        ("uv.lock", "[[package]]\nname = 'lsptest'\nversion = '1.0'\n"),
        ("pyproject.toml", "[project]\ndependencies = ['lsptest>=1']\n"),
    ],
)
async def test_a_dependency_is_added(editor, name, text):
    """Which wakes a project that was not ours."""
    await editor.start(CODE)
    editor.open("main.py", "bad()\n")
    assert await editor.diagnostics("main.py") == []
    editor.write(name, text)
    tell(editor, **{name: CREATED})
    await becomes(editor, "bad-call")


async def test_a_client_that_does_not_watch(editor):
    """The disk is looked at when a document is opened or saved."""
    editor.write("far.py", NEAR)
    await editor.start()
    editor.open("main.py", MAIN)
    assert await codes(editor, 1) == []
    saved = types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(editor.uri("main.py")))
    editor.write("far.py", FAR)
    editor.client.text_document_did_save(saved)
    await becomes(editor, "far-call")
    (editor.folder / "far.py").unlink()
    editor.client.text_document_did_save(saved)
    await becomes(editor)
    editor.write("far/__init__.py", FAR)
    editor.open("other.py", "")
    await becomes(editor, "far-call")


# Done in the editor


async def test_the_editor_tells_of_what_it_does_to_files(editor):
    operations = (await editor.start(CODE)).capabilities.workspace.file_operations
    for options in (operations.did_create, operations.did_delete, operations.did_rename, operations.will_rename):
        patterns = [(f.scheme, f.pattern.glob, f.pattern.matches) for f in options.filters]
        assert patterns == [("file", "**/*.{py,pyi}", "file"), ("file", "**", "folder")]


async def test_no_import_is_renamed(editor):
    await start(editor)
    params = types.RenameFilesParams([types.FileRename(editor.uri("far.py"), editor.uri("close.py"))])
    assert await editor.client.workspace_will_rename_files_async(params) is None


@pytest.mark.parametrize(("old", "new"), [("far.py", "close.py"), ("far", "close")])
async def test_renamed(editor, old, new):
    """A file, and a folder."""
    editor.write(f"{old.removesuffix('.py')}/__init__.py" if "." not in old else old, FAR)
    await editor.start(CODE)
    editor.open("main.py", MAIN)
    assert await codes(editor, 1) == ["far-call"]

    def rename(old, new):
        (editor.folder / old).rename(editor.folder / new)
        renamed = types.FileRename(editor.uri(old), editor.uri(new))
        editor.client.workspace_did_rename_files(types.RenameFilesParams([renamed]))

    rename(old, new)
    await becomes(editor)
    rename(new, old)
    await becomes(editor, "far-call")


async def test_an_open_file_is_renamed(editor):
    """The editor closes it and opens it under the new name."""
    await start(editor, NEAR)
    editor.open("there.py", "import lsptest\nbad()\n")
    assert len(await editor.diagnostics("there.py")) == 1
    editor.close("there.py")
    editor.open("here.py", "import lsptest\nbad()\n")
    renamed = types.FileRename(editor.uri("there.py"), editor.uri("here.py"))
    editor.client.workspace_did_rename_files(types.RenameFilesParams([renamed]))
    assert len(await editor.diagnostics("here.py")) == 1
    assert await editor.diagnostics("there.py", None) == []


async def test_a_folder_is_deleted_and_made(editor):
    await start(editor, FAR, "far/__init__.py")
    await becomes(editor, "far-call")
    shutil.rmtree(editor.folder / "far")
    editor.client.workspace_did_delete_files(types.DeleteFilesParams([types.FileDelete(editor.uri("far"))]))
    await becomes(editor)
    editor.write("far/__init__.py", FAR)
    editor.client.workspace_did_create_files(types.CreateFilesParams([types.FileCreate(editor.uri("far"))]))
    await becomes(editor, "far-call")
