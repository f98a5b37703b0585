"""The commands: what a client is asked to apply, what it is told then, and arguments that are none."""

import asyncio
from types import SimpleNamespace

import pytest
from apitfall import registry
from apitfall.engine import Workspace
from apitfall.lsp import commands
from apitfall.lsp.client import Client
from apitfall.text import Document
from conftest import PLUGIN
from editing import BAD, BARE, CODE, COMMANDS, EMACS, MAIN, NEOVIM, after, changes_of, cursor, offered, opened
from lsprotocol import types
from lsprotocol.types import ApplyWorkspaceEditResult
from pygls.exceptions import JsonRpcContentModified, JsonRpcException, JsonRpcInvalidParams, JsonRpcMethodNotFound

pytestmark = pytest.mark.asyncio(loop_scope="session")

GOOD = MAIN.replace("bad(1)", "good(1)")
OTHER = "import lsptest\r\nodd(1)\r\nx = '😀'; bad(2)\r\n"
OTHER_GOOD = OTHER.replace("odd(1)", "good(0)").replace("bad(2)", "good(2)")
APPLIED = ApplyWorkspaceEditResult(True)


class Apply:
    """A client's side of `workspace/applyEdit`: it keeps what it is asked, and answers or raises the same each time."""

    def __init__(self, editor, answer=APPLIED):
        self.asked: list[types.ApplyWorkspaceEditParams] = []
        self.answer = answer
        editor.client.protocol.fm.features[types.WORKSPACE_APPLY_EDIT] = self

    def __call__(self, params):
        self.asked.append(params)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    @property
    def edit(self) -> types.WorkspaceEdit:
        (params,) = self.asked
        return params.edit


def execute(editor, command, *arguments):
    params = types.ExecuteCommandParams(f"apitfall.{command}", list(arguments))
    return editor.client.workspace_execute_command_async(params)


async def test_the_commands_are_announced(editor):
    answer = await editor.start(CODE)
    assert sorted(answer.capabilities.execute_command_provider.commands) == [
        "apitfall.application",
        "apitfall.apply",
        "apitfall.checkWorkspace",
        "apitfall.explain",
        "apitfall.fixFile",
        "apitfall.fixWorkspace",
    ]


# Fixes


@pytest.mark.parametrize("capabilities", [CODE, NEOVIM, COMMANDS], ids=["vscode", "neovim", "commands"])
async def test_fix_a_file(editor, capabilities):
    await opened(editor, capabilities)
    apply = Apply(editor)
    answer = await execute(editor, "fixFile", editor.uri("main.py"))
    assert answer == {"applied": True, "files": [editor.uri("main.py")]}
    assert apply.asked[0].label == "Make all safe fixes in main.py"
    assert after(MAIN, changes_of(apply.edit, editor.uri("main.py"))) == GOOD
    assert apply.edit.change_annotations is None


async def test_fix_a_file_that_was_just_changed(editor):
    await opened(editor, CODE, "import lsptest\n")
    apply = Apply(editor)
    editor.change("main.py", 2, types.TextDocumentContentChangeWholeDocument(MAIN))
    await execute(editor, "fixFile", editor.uri("main.py"))
    assert apply.edit.document_changes[0].text_document.version == 2
    assert after(MAIN, changes_of(apply.edit, editor.uri("main.py"))) == GOOD


@pytest.mark.parametrize("capabilities", [CODE, NEOVIM, EMACS], ids=["vscode", "neovim", "emacs"])
async def test_fix_a_workspace(editor, capabilities):
    editor.write("app/other.py", OTHER)
    editor.write("app/quiet.py", "import lsptest\n")
    await opened(editor, capabilities)
    apply = Apply(editor)
    answer = await execute(editor, "fixWorkspace", editor.folder.as_uri())
    uris = {"app/other.py": (OTHER, OTHER_GOOD, None), "main.py": (MAIN, GOOD, 1)}
    assert answer == {"applied": True, "files": [editor.uri(name) for name in uris]}
    edit, unit = apply.edit, "utf-32-le" if capabilities is EMACS else "utf-16-le"
    for number, (name, (before, expected, version)) in enumerate(uris.items()):
        if edit.changes is not None:
            assert after(before, edit.changes[editor.uri(name)], unit) == expected
        else:
            change = edit.document_changes[number]
            assert (change.text_document.uri, change.text_document.version) == (editor.uri(name), version)
            assert after(before, change.edits, unit) == expected
    assert (edit.changes is not None) == (capabilities is NEOVIM)


async def test_what_a_client_can_ask_for_is_confirmed(editor):
    await opened(editor, CODE)
    apply = Apply(editor)
    await execute(editor, "fixWorkspace", editor.folder.as_uri())
    (name,) = apply.edit.change_annotations
    assert apply.edit.change_annotations[name].needs_confirmation
    assert {edit.annotation_id for change in apply.edit.document_changes for edit in change.edits} == {name}


async def test_fix_a_folder_of_a_workspace(editor):
    editor.write("app/other.py", OTHER)
    await opened(editor, CODE)
    apply = Apply(editor)
    await execute(editor, "fixWorkspace", (editor.folder / "app").as_uri())
    assert after(OTHER, changes_of(apply.edit, editor.uri("app/other.py"))) == OTHER_GOOD


async def test_fix_what_is_open_without_naming_a_folder(editor):
    """A document that lies in no project is left alone. The client is one of its own, so no test before this opened more."""
    workspace = types.WorkspaceClientCapabilities(apply_edit=True, symbol=types.WorkspaceSymbolClientCapabilities())
    await opened(editor, types.ClientCapabilities(workspace))
    editor.open("untitled:Untitled-1", "import lsptest\nbad(3)\n")
    await editor.diagnostics("untitled:Untitled-1")
    apply = Apply(editor)
    assert await execute(editor, "fixWorkspace") == {"applied": True, "files": [editor.uri("main.py")]}
    assert after(MAIN, changes_of(apply.edit, editor.uri("main.py"))) == GOOD


@pytest.mark.parametrize("command", ["fixFile", "fixWorkspace"])
async def test_nothing_to_fix(editor, command):
    await opened(editor, CODE, "import lsptest\n")
    apply = Apply(editor)
    answer = await execute(editor, command, editor.uri("main.py"))
    assert (answer, apply.asked) == ({"applied": False, "files": [], "reason": "There is nothing to fix."}, [])


# what a client answers, and the reason that is given for it
REFUSALS = {
    "with a reason": (ApplyWorkspaceEditResult(False, "It is locked."), "It is locked."),
    "without": (ApplyWorkspaceEditResult(False), "The client did not make the edit."),
    "with an error": (JsonRpcMethodNotFound("Not here."), "Not here."),
}


@pytest.mark.parametrize("command", ["fixFile", "fixWorkspace"])
@pytest.mark.parametrize(("answer", "reason"), REFUSALS.values(), ids=REFUSALS)
async def test_a_client_that_refuses(editor, command, answer, reason):
    await opened(editor, CODE)
    Apply(editor, answer)
    assert await execute(editor, command, editor.uri("main.py")) == {"applied": False, "files": [], "reason": reason}


async def test_a_client_that_takes_no_edits(editor):
    await opened(editor, BARE)
    with pytest.raises(JsonRpcException) as raised:
        await execute(editor, "fixFile", editor.uri("main.py"))
    assert raised.value.code == types.LSPErrorCodes.RequestFailed
    assert "workspace/applyEdit" in raised.value.message


async def test_a_closed_file_that_was_changed(editor):
    editor.write("other.py", OTHER)
    await opened(editor, CODE)
    editor.write("other.py", f"\n{OTHER}")
    apply = Apply(editor)
    answer = await execute(editor, "fixWorkspace", editor.folder.as_uri())
    assert answer == {"applied": False, "files": [], "reason": "other.py was changed on disk."}
    answer = await execute(editor, "fixWorkspace", editor.folder.as_uri())
    assert answer["applied"]
    assert f"\n{OTHER_GOOD}" in [after(f"\n{OTHER}", c.edits) for c in apply.edit.document_changes[1:]]


class Read:
    """A project that was read, of one file."""

    key, file = "/project", None

    def __init__(self):
        self.workspace = Workspace(self.key, [registry.load_package("lsptest_rules")])
        self.open = {}
        self.write("import lsptest\nbad(1)\n")

    def write(self, text: str):
        self.workspace.update(Document("/project/main.py", None, text))

    def is_awake(self) -> bool:
        return True


@pytest.mark.parametrize("is_gone", [False, True], ids=["changed", "read anew"])
async def test_a_project_that_changes_meanwhile(monkeypatch, is_gone):
    """Not over a connection, on which nobody can say between which two files a message comes in."""
    monkeypatch.syspath_prepend(PLUGIN)
    project = Read()

    async def complete(project: Read, path: str) -> None:
        """No type is asked for."""

    session = SimpleNamespace(
        projects={"/project": project}, client=Client(), checks=SimpleNamespace(complete=complete)
    )
    steps = commands.fix_workspace(session, None, [])
    steps.send(None)
    if is_gone:
        session.projects.clear()
    else:
        project.write("import lsptest\nbad(2)\n")
    with pytest.raises(JsonRpcContentModified, match="A file was changed while the fixes were made"):
        steps.send(None)


# Actions of a client that knows commands only


async def test_apply(editor):
    await opened(editor, COMMANDS)
    apply = Apply(editor)
    command = (await offered(editor, cursor(BAD)))["Call `good`"]
    params = types.ExecuteCommandParams(command.command, command.arguments)
    assert (await editor.client.workspace_execute_command_async(params))["applied"]
    assert after(MAIN, changes_of(apply.edit, editor.uri("main.py"))) == GOOD
    editor.change("main.py", 2, types.TextDocumentContentChangeWholeDocument(f"\n{MAIN}"))
    answer = await editor.client.workspace_execute_command_async(params)
    assert answer == {"applied": False, "files": [], "reason": "The document was changed."}


# Pages


async def test_explain(editor):
    await editor.start(CODE)
    answer = await execute(editor, "explain", "bad-call")
    assert (answer["rule"], answer["title"]) == ("bad-call", "Calls of `bad` are bad.")
    assert answer["markdown"].startswith("# bad-call\n")
    assert answer["url"].endswith("/bad-call.md")


# The application

# What a pyproject.toml says of it, files of the project, and where it is then found: file, line and characters.
NAMED = '[tool.lsptest]\napp = "shop.main:app"\n'
MADE = "import lsptest\n\napp = lsptest.App()\n"
APPLICATIONS = {
    "as it is made": (NAMED, {"shop/main.py": MADE}, ("shop/main.py", 2, 0, 3)),
    "in a source folder": (NAMED, {"src/shop/main.py": MADE}, ("src/shop/main.py", 2, 0, 3)),
    "with a type": (NAMED, {"shop/main.py": "app: App = make()\n"}, ("shop/main.py", 0, 0, 3)),
    "by the name that it is imported under": (
        NAMED,
        {"shop/main.py": "from shop.made import api as app\n", "shop/made.py": "x = '😀'\napi = make()\n"},
        ("shop/made.py", 1, 0, 3),
    ),
    "behind what looks like it": (
        NAMED,
        {
            "shop/main.py": '"""\napp = 1\n"""\n\ndef make():\n    app = 2\n    return app\n\nuse(\napp=3)\napp = make()\n'
        },
        ("shop/main.py", 10, 0, 3),
    ),
    "not named": ("[tool.lsptest]\n", {"shop/main.py": MADE}, None),
    "no text": ("[tool.lsptest]\napp = 1\n", {"shop/main.py": MADE}, None),
    "no table": ('[tool]\nlsptest = "shop.main:app"\n', {"shop/main.py": MADE}, None),
    "no TOML": ("[tool.lsptest\n", {"shop/main.py": MADE}, None),
    "without a variable": ('[tool.lsptest]\napp = "shop.main"\n', {"shop/main.py": MADE}, None),
    "of another module": ('[tool.lsptest]\napp = "shop.other:app"\n', {"shop/main.py": MADE}, None),
    "of a library": ('[tool.lsptest]\napp = "lsptest:app"\n', {"shop/main.py": "from lsptest import app\n"}, None),
    "imported from a library": (NAMED, {"shop/main.py": "from lsptest import app\n"}, None),
    "another variable": (NAMED, {"shop/main.py": "application = 1\n"}, None),
    "a function": (NAMED, {"shop/main.py": "def app():\n    pass\n"}, None),
}


@pytest.mark.parametrize(("settings", "texts", "place"), APPLICATIONS.values(), ids=APPLICATIONS)
async def test_the_application(editor, settings, texts, place):
    editor.write("pyproject.toml", settings)
    for name, text in texts.items():
        editor.write(name, text)
    await editor.start(CODE)
    editor.open("main.py", "import lsptest\n")
    answer = await execute(editor, "application", editor.uri("main.py"))
    if place is None:
        assert answer is None
    else:
        name, line, start, end = place
        range_ = {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}
        assert answer == {"name": "shop.main:app", "location": {"uri": editor.uri(name), "range": range_}}


async def test_the_application_for_what_is_not_open(editor):
    await editor.start(CODE)
    assert await execute(editor, "application", editor.uri("main.py")) is None


# The workspace


async def test_check_a_workspace(editor):
    """Files that are not open are checked too, from then on."""
    editor.write("pyproject.toml", "")
    editor.write("app/other.py", "import lsptest\nbad(1)\nbad(2)\n")
    await editor.start_own(folders=(editor.folder,), capabilities=CODE)
    answer = await execute(editor, "checkWorkspace")
    assert answer == {"files": 1, "findings": 2, "cancelled": False}
    assert [d.code for d in editor.published[-1].diagnostics] == ["bad-call", "bad-call"]
    editor.open("main.py", MAIN)
    await editor.diagnostics("main.py")
    editor.write("app/other.py", "import lsptest\nbad(1)\n")
    event = types.FileEvent(editor.uri("app/other.py"), types.FileChangeType.Changed)
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    await editor.wait(lambda p: p.uri == editor.uri("app/other.py") and len(p.diagnostics) == 1)
    assert await execute(editor, "checkWorkspace") == {"files": 2, "findings": 2, "cancelled": False}


async def test_the_check_of_a_workspace_is_cancelled(editor):
    editor.write("pyproject.toml", "")
    for number in range(120):
        editor.write(f"app/other_{number}.py", "import lsptest\nbad(1)\n" + "def f():\n    return 1\n" * 50)
    await editor.start_own(folders=(editor.folder,), capabilities=CODE)
    running = asyncio.ensure_future(execute(editor, "checkWorkspace"))
    begin = await editor.connection.hear(
        types.PROGRESS, lambda p: p.value.get("title") == "apitfall: checking the workspace"
    )
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(begin.token))
    answer = await running
    assert answer["cancelled"]
    assert answer["files"] == answer["findings"] < 120


# a command, its arguments, and what the error says
WRONG = {
    "no file": ("fixFile", [], "`apitfall.fixFile` takes one argument, the URI of an open document."),
    "two files": ("fixFile", ["a", "b"], "`apitfall.fixFile` takes one argument"),
    "a file that is no text": ("fixFile", [{"uri": "a"}], "`apitfall.fixFile` takes one argument"),
    "a file that is not open": ("fixFile", ["file:///x.py"], "file:///x.py is not open as Python"),
    "a folder that is no URI": ("fixWorkspace", ["app"], "`apitfall.fixWorkspace` takes the `file:` URI of a folder"),
    "a folder of nobody": ("fixWorkspace", ["file:///nowhere"], "No file that is checked lies in"),
    "a check of something": ("checkWorkspace", ["app"], "`apitfall.checkWorkspace` takes no argument."),
    "an application of nothing": ("application", [], "`apitfall.application` takes one argument"),
    "no rule": ("explain", [], "`apitfall.explain` takes one argument, the name of a rule."),
    "a rule that is a number": ("explain", [7], "`apitfall.explain` takes one argument"),
    "an unknown rule": ("explain", ["bad-cal"], "There is no rule `bad-cal`; did you mean `bad-call`?"),
    "a rule like no other": ("explain", ["zzz"], "There is no rule `zzz`."),
    "no action": ("apply", [], "`apitfall.apply` takes the one argument that it was offered with."),
    "a foreign action": ("apply", [{"id": 1}], "This code action is not one of ours."),
    "an unknown command": ("format", [], "apitfall.format"),
}


@pytest.mark.parametrize(("command", "arguments", "message"), WRONG.values(), ids=WRONG)
async def test_wrong_arguments(editor, command, arguments, message):
    await editor.start(CODE)
    with pytest.raises(JsonRpcInvalidParams) as raised:
        await execute(editor, command, *arguments)
    assert message in raised.value.message
