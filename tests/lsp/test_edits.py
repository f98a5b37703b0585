"""The edits of code actions, as clients of different abilities get them."""

import pytest
from editing import BAD, CODE, EMACS, FAR, FAR_CALL, MAIN, NEOVIM, TOP, after, changes_of, cursor, offered, opened
from lsprotocol import types
from lsprotocol.types import CodeActionKind, Position
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pytest_lsp import client_capabilities

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALL = "apitfall: make all safe fixes in this file"
GOOD = MAIN.replace("bad(1)", "good(1)")


def with_encoding(encoding: str) -> types.ClientCapabilities:
    capabilities = client_capabilities("visual-studio-code")
    capabilities.general.position_encodings = [encoding]
    return capabilities


async def resolved(editor, title, range_, **kwargs) -> types.WorkspaceEdit:
    """The edit of what is offered under a title, asked for where it did not come with the offer."""
    action = (await offered(editor, range_, **kwargs))[title]
    if action.edit is None:
        before = (action.title, action.kind, action.data, action.diagnostics)
        action = await editor.client.code_action_resolve_async(action)
        assert (action.title, action.kind, action.data, action.diagnostics) == before
    return action.edit


PROFILES = {
    "vscode": (CODE, "utf-16-le", True),
    "neovim": (NEOVIM, "utf-16-le", False),
    "emacs": (EMACS, "utf-32-le", True),
    "utf-8": (with_encoding("utf-8"), "utf-8", True),
    "utf-32": (with_encoding("utf-32"), "utf-32-le", True),
}
# a title, and what becomes of `MAIN`
ACTIONS = {
    "Call `good`": GOOD,
    "Ignore `bad-call` on this line": MAIN.replace("bad(1)", "bad(1)  # apitfall: ignore[bad-call]"),
    "Ignore `bad-call` in this file": f"# apitfall: ignore-file[bad-call]\n{MAIN}",
}


@pytest.mark.parametrize(("capabilities", "unit", "versioned"), PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
async def test_an_action(editor, capabilities, unit, versioned, newline):
    text = MAIN.replace("\n", newline)
    await opened(editor, capabilities, text)
    for title, expected in ACTIONS.items():
        edit = await resolved(editor, title, cursor(Position(3, 8)))
        assert after(text, changes_of(edit, editor.uri("main.py")), unit) == expected.replace("\n", newline)
        assert (edit.document_changes is not None) == versioned
        if versioned:
            assert edit.document_changes[0].text_document.version == 1


# a text, and what it is after all its safe fixes
WHOLE = {
    "two": ("import lsptest\nbad(1)\nx = 1\nbad(2)\n", "import lsptest\ngood(1)\nx = 1\ngood(2)\n"),
    "one in another": ("import lsptest\nbad(bad(1), '😀', bad(2))\n", "import lsptest\ngood(good(1), '😀', good(2))\n"),
    "one after another": ("import lsptest\nodd(1)\n", "import lsptest\ngood(0)\n"),
    "crlf": ("import lsptest\r\n'😀'; bad(1)\r\nbad(2)", "import lsptest\r\n'😀'; good(1)\r\ngood(2)"),
    "not those that fail": (
        "import lsptest\nodd('fails')\nodd('nothing')\nodd('spoils')\nodd('creates')\nbad(1)\n",
        "import lsptest\nodd('fails')\nodd('nothing')\nodd('spoils')\nodd('creates')\ngood(1)\n",
    ),
    "not those that are unsafe": (MAIN, GOOD),
    "beside what does not parse": (
        "import lsptest\ndef f() x\n\ndef g():\n    bad(1)\n",
        "import lsptest\ndef f() x\n\ndef g():\n    good(1)\n",
    ),
    "a byte order mark": ("\ufeffimport lsptest\nbad(1)\n", "\ufeffimport lsptest\ngood(1)\n"),
    "a comment that ignores nothing": (
        "import lsptest\nbad(1)  # apitfall: ignore[bad-call]\nx = 1  # apitfall: ignore[bad-call]\nbad(2)\n",
        "import lsptest\nbad(1)  # apitfall: ignore[bad-call]\nx = 1\ngood(2)\n",
    ),
}


@pytest.mark.parametrize(("capabilities", "unit", "versioned"), PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize(("text", "expected"), WHOLE.values(), ids=WHOLE)
async def test_fix_all(editor, text, expected, capabilities, unit, versioned):
    await opened(editor, capabilities, text)
    edit = await resolved(editor, ALL, TOP, only=[CodeActionKind.SourceFixAll])
    edits = changes_of(edit, editor.uri("main.py"))
    assert after(text, edits, unit) == expected
    lines = zip(text.split("\n"), expected.split("\n"), strict=True)
    changed = {number for number, (old, new) in enumerate(lines) if old != new}
    touched = {line for e in edits for line in range(e.range.start.line, e.range.end.line or 9)}
    assert touched <= changed
    editor.change("main.py", 2, types.TextDocumentContentChangeWholeDocument(expected))
    assert await editor.actions("main.py", TOP, only=[CodeActionKind.SourceFixAll]) == []


async def test_fix_all_leaves_other_findings_as_they_were(editor):
    """Trying the fixes is not seen from outside: the same findings, and their fixes made on the text as it is."""
    text = "import lsptest\nbad(1)\nbad(2)\n"
    await opened(editor, CODE, text)
    await resolved(editor, ALL, TOP, only=["source.fixAll.apitfall"])
    edit = await resolved(editor, "Call `good`", cursor(Position(2, 0)))
    assert after(text, changes_of(edit, editor.uri("main.py"))) == "import lsptest\nbad(1)\ngood(2)\n"
    assert len(editor.published) == 1


async def test_fix_a_rule(editor):
    text = "import lsptest\nbad(1)\nodd(1)\nbad(2)\n"
    await opened(editor, CODE, text)
    edit = await resolved(editor, "Fix all `bad-call` in this file", cursor(Position(1, 0)))
    assert after(text, changes_of(edit, editor.uri("main.py"))) == text.replace("bad", "good")


async def test_an_untitled_document(editor):
    name = "untitled:Untitled-1"
    await opened(editor, CODE, name=name)
    for action in await editor.actions(name, cursor(BAD), only=["source", "quickfix"]):
        if action.title in ("Call `good`", ALL):
            done = await editor.client.code_action_resolve_async(action)
            assert after(MAIN, changes_of(done.edit, name)) == GOOD


# Other files


@pytest.mark.parametrize("capabilities", [CODE, NEOVIM], ids=["vscode", "neovim"])
async def test_a_fix_that_creates_a_file(editor, capabilities):
    await opened(editor, capabilities)
    edit = await resolved(editor, "Create `made.good`", cursor(BAD))
    create, content, change = edit.document_changes
    assert (create.kind, create.uri) == ("create", editor.uri("made.py"))
    assert (content.text_document.uri, content.text_document.version) == (editor.uri("made.py"), None)
    assert after("", content.edits) == "def good(): ...\n"
    assert change.text_document.uri == editor.uri("main.py")


async def test_a_file_to_create_that_the_project_has(editor):
    editor.write("made.py", "def good(): ...\n")
    await opened(editor, CODE)
    edit = await resolved(editor, "Create `made.good`", cursor(BAD))
    assert after(MAIN, changes_of(edit, editor.uri("main.py"))) == MAIN.replace("bad(1)", "made.good(1)")


async def test_a_file_to_create_that_has_come_meanwhile(editor):
    await opened(editor, CODE)
    editor.write("made.py", "mine = 1\n")
    actions = await offered(editor, cursor(BAD))
    assert await refused(editor, actions["Create `made.good`"]) == types.LSPErrorCodes.RequestFailed


async def test_a_fix_of_a_closed_file(editor):
    await opened(editor, CODE)
    edit = await resolved(editor, "Bring it near", cursor(FAR_CALL))
    assert edit.document_changes[0].text_document.version is None
    assert after(FAR, changes_of(edit, editor.uri("far.py"))) == FAR.replace("call()", "near()")


async def test_a_fix_of_another_open_file(editor):
    await editor.start(CODE)
    editor.open("far.py", f"\n{FAR}", version=5)
    editor.open("main.py", MAIN)
    await editor.diagnostics("main.py")
    edit = await resolved(editor, "Bring it near", cursor(FAR_CALL))
    assert edit.document_changes[0].text_document.version == 5
    assert after(f"\n{FAR}", changes_of(edit, editor.uri("far.py"))) == f"\n{FAR}".replace("call()", "near()")


# Too late, or never possible


async def refused(editor, action) -> int:
    with pytest.raises(JsonRpcException) as raised:
        await editor.client.code_action_resolve_async(action)
    return raised.value.code


async def test_too_late_for_the_document(editor):
    await opened(editor, CODE)
    actions = await offered(editor, cursor(BAD), only=["quickfix", "source"])
    assert len(actions) == 6
    editor.change("main.py", 2, types.TextDocumentContentChangeWholeDocument(f"\n{MAIN}"))
    for action in actions.values():
        assert await refused(editor, action) == types.LSPErrorCodes.ContentModified
    await editor.diagnostics("main.py", 2)
    for action in actions.values():
        assert await refused(editor, action) == types.LSPErrorCodes.ContentModified
    editor.close("main.py")
    for action in actions.values():
        assert await refused(editor, action) == types.LSPErrorCodes.ContentModified


async def test_too_late_for_a_closed_file(editor):
    await opened(editor, CODE)
    actions = await offered(editor, cursor(FAR_CALL))
    editor.write("far.py", f"\n{FAR}")
    assert await refused(editor, actions["Bring it near"]) == types.LSPErrorCodes.ContentModified
    edit = await resolved(editor, "Bring it near", cursor(FAR_CALL))
    assert after(f"\n{FAR}", changes_of(edit, editor.uri("far.py"))) == f"\n{FAR}".replace("call()", "near()")


@pytest.mark.parametrize("wish", ["fails", "nothing"])
async def test_a_fix_that_cannot_be_made(editor, wish):
    await opened(editor, CODE, f"import lsptest\nodd('{wish}')\n")
    actions = await offered(editor, cursor(Position(1, 0)))
    assert await refused(editor, actions[f"Even '{wish}'"]) == types.LSPErrorCodes.RequestFailed


@pytest.mark.parametrize("wish", ["fails", "nothing"])
async def test_a_fix_that_cannot_be_made_is_not_offered_at_once(editor, wish):
    await opened(editor, EMACS, f"import lsptest\nodd('{wish}')\n")
    assert list(await offered(editor, cursor(Position(1, 0)), only=["quickfix"])) == [
        "Ignore `odd-call` on this line",
        "Ignore `odd-call` in this file",
    ]


# what stands in the data of an action instead of what we put there
FOREIGN = {
    "nothing": None,
    "a number": 7,
    "another's": [{"id": "fix-1"}],
    "nothing to do": {"do": None},
    "something unknown to do": {"do": "format"},
    "no name": {"fix": None},
    "an unknown fix": {"fix": "worse"},
    "an unknown rule": {"do": "ignore in file", "rule": "x]\nimport os #"},
    "a version that is none": {"version": "1"},
    "a URI that is none": {"uri": 5},
}


@pytest.mark.parametrize("data", FOREIGN.values(), ids=FOREIGN)
async def test_foreign_data(editor, data):
    await opened(editor, CODE)
    action = (await offered(editor, cursor(BAD)))["Call `good`"]
    action.data = {**action.data, **data} if isinstance(data, dict) else data
    with pytest.raises(JsonRpcInvalidParams):
        await editor.client.code_action_resolve_async(action)


async def test_a_finding_that_is_gone(editor):
    await opened(editor, CODE)
    action = (await offered(editor, cursor(BAD)))["Call `good`"]
    action.data = {**action.data, "finding": "0123456789abcdef"}
    assert await refused(editor, action) == types.LSPErrorCodes.ContentModified
