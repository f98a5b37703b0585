"""What is offered at a place, in which order, and in the form that a client takes."""

import pytest
from editing import BAD, BARE, CODE, COMMANDS, EMACS, FAR_CALL, MAIN, NEOVIM, TOP, cursor, offered, opened
from lsprotocol import types
from lsprotocol.types import CodeActionKind, Position, Range

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIX_ALL = "source.fixAll.apitfall"
ALL = "apitfall: make all safe fixes in this file"
RULE = "Fix all `bad-call` in this file"
LINE, FILE = "Ignore `bad-call` on this line", "Ignore `bad-call` in this file"
IGNORES_FAR = ["Ignore `far-call` on this line", "Ignore `far-call` in this file"]
FIXES = ["Call `good`", "Create `made.good`", "Not to be made"]


async def test_offer(editor):
    await opened(editor, CODE)
    shown = await editor.diagnostics("main.py")
    actions = await editor.actions("main.py", cursor(BAD), diagnostics=shown)
    assert [(a.title, a.kind, a.is_preferred) for a in actions] == [
        ("Call `good`", "quickfix", True),
        ("Create `made.good`", "quickfix", None),
        ("Not to be made", "quickfix", None),
        (LINE, "quickfix", None),
        (FILE, "quickfix", None),
    ]
    assert [[d.code for d in a.diagnostics or ()] for a in actions] == [["bad-call"]] * 4 + [[]]
    assert all(a.edit is None for a in actions)


# a range in `MAIN` and the titles that are offered there to a client that creates no files and takes edits at once
RANGES = {
    "before": (Range(Position(0, 0), Position(3, 5)), []),
    "up to the first character": (Range(Position(3, 0), Position(3, 6)), ["Call `good`", LINE, FILE]),
    "behind the last character": (cursor(Position(3, 12)), ["Call `good`", LINE, FILE]),
    "after": (cursor(Position(4, 0)), []),
    "over both": (
        Range(Position(0, 0), Position(9, 0)),
        ["Call `good`", "Bring it near", LINE, IGNORES_FAR[0], FILE, IGNORES_FAR[1]],
    ),
    "past the end": (Range(Position(70, 3), Position(99, 4)), []),
    "past the end of a line": (cursor(Position(3, 99)), ["Call `good`", LINE, FILE]),
}


@pytest.mark.parametrize(("range_", "titles"), RANGES.values(), ids=RANGES)
async def test_range(editor, range_, titles):
    await opened(editor, EMACS, MAIN.replace("😀", "--"))
    assert list(await offered(editor, range_)) == titles


# a text, a range in it, and the titles of what is offered beside the fixes of single findings
TWO = "import lsptest\nbad(1)\nbad(2)\n"
MORE = {
    "two of a rule": (TWO, cursor(Position(1, 0)), [RULE, ALL, LINE, FILE]),
    "two of a rule on one line": ("import lsptest\nbad(1); bad(2)\n", cursor(Position(1, 0)), [RULE, ALL, LINE, FILE]),
    "two of a rule, one line in another": (
        "import lsptest\nbad(\n    bad(1))\n",
        cursor(Position(2, 5)),
        [RULE, ALL, LINE, FILE],
    ),
    "over two lines": (TWO, Range(Position(1, 0), Position(2, 3)), [RULE, ALL, LINE, FILE]),
    "over two lines and one above": (TWO, Range(Position(0, 0), Position(2, 3)), [RULE, ALL, FILE]),
    "two rules": (
        "import lsptest\nbad(1)\nodd(1)\n",
        cursor(Position(2, 0)),
        [ALL, "Ignore `odd-call` on this line", "Ignore `odd-call` in this file"],
    ),
    "beside no fix": (f"{TWO}x = 1\n", cursor(Position(3, 0)), []),
    "beside no safe fix": (f"from far import far_away\n{TWO}far_away()", cursor(Position(4, 1)), IGNORES_FAR),
    "no comment can stand on the line": (
        "import lsptest\nx = f'''\n{bad(1)}\n'''\n",
        cursor(Position(2, 2)),
        [FILE],
    ),
    "a comment that ignores nothing": (
        "import lsptest\nx = 1  # apitfall: ignore[bad-call]\n",
        cursor(Position(1, 12)),
        ["Remove it"],
    ),
    "a comment that names no rule": (
        "import lsptest\nx = 1  # apitfall: ignore[bed-call]\n",
        cursor(Position(1, 28)),
        [],
    ),
    "broken syntax elsewhere": (f"{TWO}def (:\n", cursor(Position(1, 0)), [RULE, ALL, LINE, FILE]),
}


@pytest.mark.parametrize(("text", "range_", "titles"), MORE.values(), ids=MORE)
async def test_more(editor, text, range_, titles):
    await opened(editor, CODE, text)
    singles = (*FIXES, "Even 1", "Bring it near")
    assert [t for t in await offered(editor, range_) if t not in singles] == titles


# what a client wants, and the kinds that it gets
ONLY = {
    "nothing said": (None, {"quickfix", FIX_ALL}),
    "quick fixes": ([CodeActionKind.QuickFix], {"quickfix"}),
    "everything": ([CodeActionKind.Empty], {"quickfix", FIX_ALL}),
    "one of several": ([CodeActionKind.Refactor, CodeActionKind.QuickFix], {"quickfix"}),
    "refactorings": ([CodeActionKind.Refactor], set()),
    "sources": ([CodeActionKind.Source], {FIX_ALL}),
    "any fix of all": ([CodeActionKind.SourceFixAll], {FIX_ALL}),
    "ours": ([FIX_ALL], {FIX_ALL}),
    "both": ([FIX_ALL, CodeActionKind.QuickFix], {"quickfix", FIX_ALL}),
    "another's": (["source.fixAll.ruff"], set()),
    "sorted imports": ([CodeActionKind.SourceOrganizeImports], set()),
    "a kind below": (["quickfix.other"], set()),
    "a kind that begins like it": (["quick"], set()),
    "nothing": ([], set()),
}


@pytest.mark.parametrize(("only", "kinds"), ONLY.values(), ids=ONLY)
async def test_only(editor, only, kinds):
    await opened(editor, CODE, TWO)
    actions = await editor.actions("main.py", cursor(Position(1, 0)), only=only)
    assert {action.kind for action in actions} == kinds
    assert sum(action.kind == FIX_ALL for action in actions) == (FIX_ALL in kinds)


# a text, and whether the fix of the whole file is offered to a client that asks for it by its name
WHOLE = {
    "one finding": (MAIN, True),
    "no finding": ("import lsptest\n", False),
    "nothing to do with us": ("bad(1)\n", False),
    "no safe fix": ("import lsptest\nfrom far import far_away\nfar_away()\n", False),
    "one that fails": ("import lsptest\nodd('fails')\n", False),
    "one that is none": ("import lsptest\nodd('nothing')\n", False),
    "one that creates a file": ("import lsptest\nodd('creates')\n", False),
    "a comment that ignores nothing": ("import lsptest\nx = 1  # apitfall: ignore[bad-call]\n", True),
    "nothing that parses": ("import lsptest\ndef (:\n", False),
    "empty": ("", False),
}


@pytest.mark.parametrize("capabilities", [CODE, EMACS], ids=["resolved", "at once"])
@pytest.mark.parametrize(("text", "is_offered"), WHOLE.values(), ids=WHOLE)
async def test_fix_all_by_its_name(editor, text, is_offered, capabilities):
    await opened(editor, capabilities, text)
    assert list(await offered(editor, TOP, only=[CodeActionKind.SourceFixAll])) == [ALL] * is_offered


# the form for each client: whether an action has its edit, its data, and is marked as preferred
FORMS = {
    "vscode": (CODE, False, True, True),
    "neovim": (NEOVIM, False, True, True),
    "emacs": (EMACS, True, False, True),
    "no options": (
        types.ClientCapabilities(
            text_document=types.TextDocumentClientCapabilities(
                code_action=types.CodeActionClientCapabilities(
                    code_action_literal_support=types.ClientCodeActionLiteralOptions(
                        types.ClientCodeActionKindOptions(["quickfix"])
                    )
                )
            )
        ),
        True,
        False,
        False,
    ),
}


@pytest.mark.parametrize(("capabilities", "edit", "data", "preferred"), FORMS.values(), ids=FORMS)
async def test_form(editor, capabilities, edit, data, preferred):
    await opened(editor, capabilities)
    actions = await offered(editor, cursor(BAD))
    assert all((a.edit is not None, a.data is not None) == (edit, data) for a in actions.values())
    assert actions["Call `good`"].is_preferred is (True if preferred else None)


async def test_a_client_that_resolves_but_creates_no_file(editor):
    action = types.CodeActionClientCapabilities(
        code_action_literal_support=types.ClientCodeActionLiteralOptions(types.ClientCodeActionKindOptions([])),
        data_support=True,
        resolve_support=types.ClientCodeActionResolveOptions(["edit"]),
    )
    text_document = types.TextDocumentClientCapabilities(code_action=action)
    await opened(editor, types.ClientCapabilities(text_document=text_document))
    actions = await offered(editor, cursor(BAD))
    assert {title: action.edit is not None for title, action in actions.items()} == {
        "Call `good`": True,
        LINE: False,
        FILE: False,
    }


async def test_commands_for_a_client_without_code_actions(editor):
    await opened(editor, COMMANDS)
    actions = await editor.actions("main.py", cursor(BAD))
    assert [(type(a), a.title, a.command) for a in actions] == [
        (types.Command, title, "apitfall.apply") for title in ("Call `good`", LINE, FILE)
    ]


async def test_nothing_for_a_client_that_takes_neither(editor):
    await opened(editor, BARE)
    assert await editor.actions("main.py", cursor(BAD)) == []


async def test_an_unknown_document(editor):
    await opened(editor, CODE)
    assert await editor.actions("other.py", cursor(BAD)) == []


async def test_the_fix_of_the_whole_file_is_asked_for_as_soon_as_the_text_has_changed(editor):
    await opened(editor, CODE, "import lsptest\n")
    editor.change("main.py", 2, types.TextDocumentContentChangeWholeDocument(TWO))
    assert list(await offered(editor, TOP, only=[FIX_ALL])) == [ALL]


async def test_a_document_without_a_file(editor):
    await opened(editor, CODE, name="untitled:Untitled-1")
    actions = await editor.actions("untitled:Untitled-1", cursor(BAD))
    assert [a.title for a in actions] == [*FIXES, LINE, FILE]


async def test_a_finding_of_another_place(editor):
    await opened(editor, CODE)
    assert list(await offered(editor, cursor(FAR_CALL))) == ["Bring it near", *IGNORES_FAR]
