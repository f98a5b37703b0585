"""Code actions, their edits, and hovers, as clients of different abilities get them."""

import pytest
from apitfall.text import Edit, Lines, Span, apply
from lsprotocol import types
from lsprotocol.types import CodeActionKind, Position, Range
from pygls.exceptions import JsonRpcException
from pytest_lsp import client_capabilities

pytestmark = pytest.mark.asyncio(loop_scope="session")

CODE = client_capabilities("visual-studio-code")
NEOVIM = client_capabilities("neovim@v0.10")
EMACS = client_capabilities("emacs")
BARE = types.ClientCapabilities()

MAIN = "import lsptest\nfrom far import far_away\n\n'😀'; bad(1)\n(far_away())\n"
FAR = "def far_away():\n    '😀'; call()\n"
BAD, FAR_CALL = Position(3, 7), Position(4, 2)


def cursor(position: Position) -> Range:
    return Range(position, position)


def after(text: str, edits: list[types.TextEdit], utf32: bool = False) -> str:
    """A text after edits in UTF-16, or in UTF-32."""
    lines = Lines(text)

    def offset(position: Position) -> int:
        line = lines.line(position.line)
        units = (len(c.encode("utf-16-le")) // 2 for c in line)
        columns = [0]
        for unit in units:
            columns.append(columns[-1] + unit)
        return lines.starts[position.line] + (position.character if utf32 else columns.index(position.character))

    spans = [(Span(offset(e.range.start), offset(e.range.end)), e.new_text) for e in edits]
    return apply(text, [Edit("", span, new) for span, new in spans])


async def offered(editor, capabilities, position, **kwargs):
    """The code actions at a place of `MAIN`, by title."""
    editor.write("far.py", FAR)
    await editor.start(capabilities)
    editor.open("main.py", MAIN)
    await editor.diagnostics("main.py")
    return {action.title: action for action in await editor.actions("main.py", cursor(position), **kwargs)}


async def test_offer(editor):
    editor.write("far.py", FAR)
    await editor.start(CODE)
    editor.open("main.py", MAIN)
    shown = await editor.diagnostics("main.py")
    actions = await editor.actions("main.py", cursor(BAD), diagnostics=shown)
    assert [(a.title, a.kind, a.is_preferred) for a in actions] == [
        ("Call `good`", "quickfix", True),
        ("Create `made.good`", "quickfix", None),
        ("Not to be made", "quickfix", None),
    ]
    assert all([d.code for d in a.diagnostics] == ["bad-call"] for a in actions)
    assert all(a.edit is None for a in actions)


# a range in `MAIN` and the titles that are offered there
RANGES = {
    "before": (Range(Position(0, 0), Position(3, 5)), []),
    "up to the first character": (Range(Position(3, 0), Position(3, 6)), ["Call `good`"]),
    "behind the last character": (cursor(Position(3, 12)), ["Call `good`"]),
    "after": (cursor(Position(4, 0)), []),
    "over both": (Range(Position(0, 0), Position(9, 0)), ["Call `good`", "Bring it near"]),
}


@pytest.mark.parametrize(("range_", "titles"), RANGES.values(), ids=RANGES)
async def test_range(editor, range_, titles):
    editor.write("far.py", FAR)
    await editor.start(EMACS)
    editor.open("main.py", MAIN.replace("😀", "--"))
    await editor.diagnostics("main.py")
    assert [a.title for a in await editor.actions("main.py", range_)] == titles


# what a client wants, and whether it gets quick fixes
ONLY = {
    "nothing said": (None, True),
    "quick fixes": ([CodeActionKind.QuickFix], True),
    "everything": ([CodeActionKind.Empty], True),
    "one of several": ([CodeActionKind.Refactor, CodeActionKind.QuickFix], True),
    "refactorings": ([CodeActionKind.Refactor], False),
    "a kind below": (["quickfix.other"], False),
    "a kind that begins like it": (["quick"], False),
    "nothing": ([], False),
}


@pytest.mark.parametrize(("only", "gets"), ONLY.values(), ids=ONLY)
async def test_only(editor, only, gets):
    actions = await offered(editor, CODE, BAD, only=only)
    assert bool(actions) is gets


# Edits


async def test_resolve(editor):
    actions = await offered(editor, CODE, BAD)
    resolved = await editor.client.code_action_resolve_async(actions["Call `good`"])
    (change,) = resolved.edit.document_changes
    assert (change.text_document.uri, change.text_document.version) == (editor.uri("main.py"), 1)
    assert after(MAIN, change.edits) == MAIN.replace("bad(1)", "good(1)")


async def test_at_once_for_a_client_that_does_not_resolve(editor):
    actions = await offered(editor, BARE, BAD)
    assert list(actions) == ["Call `good`"]
    edit = actions["Call `good`"].edit
    assert edit.document_changes is None
    assert list(edit.changes) == [editor.uri("main.py")]
    assert after(MAIN, edit.changes[editor.uri("main.py")]) == MAIN.replace("bad(1)", "good(1)")


async def test_document_changes_in_the_clients_encoding(editor):
    actions = await offered(editor, EMACS, Position(3, 6))
    (change,) = actions["Call `good`"].edit.document_changes
    assert change.text_document.version == 1
    assert after(MAIN, change.edits, utf32=True) == MAIN.replace("bad(1)", "good(1)")


async def test_changes_for_a_client_without_document_changes(editor):
    actions = await offered(editor, NEOVIM, BAD)
    resolved = await editor.client.code_action_resolve_async(actions["Call `good`"])
    assert resolved.edit.document_changes is None
    assert list(resolved.edit.changes) == [editor.uri("main.py")]


@pytest.mark.parametrize("capabilities", [CODE, NEOVIM], ids=["vscode", "neovim"])
async def test_a_fix_that_creates_a_file(editor, capabilities):
    actions = await offered(editor, capabilities, BAD)
    resolved = await editor.client.code_action_resolve_async(actions["Create `made.good`"])
    create, content, change = resolved.edit.document_changes
    assert (create.kind, create.uri) == ("create", editor.uri("made.py"))
    assert (content.text_document.uri, content.text_document.version) == (editor.uri("made.py"), None)
    assert after("", content.edits) == "def good(): ...\n"
    assert change.text_document.uri == editor.uri("main.py")


async def test_a_fix_of_a_closed_file(editor):
    actions = await offered(editor, CODE, FAR_CALL)
    resolved = await editor.client.code_action_resolve_async(actions["Bring it near"])
    (change,) = resolved.edit.document_changes
    assert (change.text_document.uri, change.text_document.version) == (editor.uri("far.py"), None)
    assert after(FAR, change.edits) == FAR.replace("call()", "near()")


async def test_a_fix_of_another_open_file(editor):
    await editor.start(CODE)
    editor.open("far.py", f"\n{FAR}", version=5)
    editor.open("main.py", MAIN)
    await editor.diagnostics("main.py")
    (action,) = await editor.actions("main.py", cursor(FAR_CALL))
    resolved = await editor.client.code_action_resolve_async(action)
    (change,) = resolved.edit.document_changes
    assert (change.text_document.uri, change.text_document.version) == (editor.uri("far.py"), 5)
    assert after(f"\n{FAR}", change.edits) == f"\n{FAR}".replace("call()", "near()")


async def refused(editor, action) -> int:
    with pytest.raises(JsonRpcException) as raised:
        await editor.client.code_action_resolve_async(action)
    return raised.value.code


async def test_too_late_for_the_document(editor):
    actions = await offered(editor, CODE, BAD)
    editor.change("main.py", 2, types.TextDocumentContentChangeWholeDocument(f"\n{MAIN}"))
    assert await refused(editor, actions["Call `good`"]) == types.LSPErrorCodes.ContentModified
    await editor.diagnostics("main.py", 2)
    assert await refused(editor, actions["Call `good`"]) == types.LSPErrorCodes.ContentModified
    editor.close("main.py")
    assert await refused(editor, actions["Call `good`"]) == types.LSPErrorCodes.ContentModified


async def test_too_late_for_a_closed_file(editor):
    actions = await offered(editor, CODE, FAR_CALL)
    editor.write("far.py", f"\n{FAR}")
    assert await refused(editor, actions["Bring it near"]) == types.LSPErrorCodes.ContentModified
    resolved = await editor.client.code_action_resolve_async(actions["Bring it near"])
    (change,) = resolved.edit.document_changes
    assert after(f"\n{FAR}", change.edits) == f"\n{FAR}".replace("call()", "near()")


async def test_a_fix_that_cannot_be_made(editor):
    actions = await offered(editor, CODE, BAD)
    assert await refused(editor, actions["Not to be made"]) == types.LSPErrorCodes.RequestFailed


# Hover


async def hovered(editor, capabilities, position):
    editor.write("far.py", FAR)
    await editor.start(capabilities)
    editor.open("main.py", MAIN)
    await editor.diagnostics("main.py")
    return await editor.hover("main.py", position)


async def test_hover(editor):
    hover = await hovered(editor, CODE, BAD)
    assert hover.range == Range(Position(3, 6), Position(3, 12))
    assert hover.contents.kind == "markdown"
    text = hover.contents.value
    assert text.startswith("`bad(1)` calls `bad`.\n\nCalls of `bad` are bad.\n\n## Why\n\nBecause of `good`.")
    assert "Never." in text
    assert "import lsptest" not in text
    assert "[bad-call](file://" in text


async def test_hover_in_plain_text(editor):
    hover = await hovered(editor, BARE, BAD)
    assert hover.contents.kind == "plaintext"
    assert "bad-call: file://" in hover.contents.value


async def test_no_hover_elsewhere(editor):
    assert await hovered(editor, CODE, Position(0, 0)) is None
