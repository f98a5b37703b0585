"""A text with findings, the clients that ask about it, and what an edit makes of a text."""

from collections.abc import Sequence

from apitfall.text import Edit, Lines, Span, apply
from lsprotocol import types
from lsprotocol.types import Position, Range
from pytest_lsp import client_capabilities

CODE = client_capabilities("visual-studio-code")
NEOVIM = client_capabilities("neovim@v0.10")
EMACS = client_capabilities("emacs")
BARE = types.ClientCapabilities()
# It knows commands, and no code actions.
COMMANDS = types.ClientCapabilities(types.WorkspaceClientCapabilities(apply_edit=True))

MAIN = "import lsptest\nfrom far import far_away\n\n'😀'; bad(1)\n(far_away())\n"
FAR = "def far_away():\n    '😀'; call()\n"
BAD, FAR_CALL = Position(3, 7), Position(4, 2)
TOP = Range(Position(0, 0), Position(0, 0))


def cursor(position: Position) -> Range:
    return Range(position, position)


def after(text: str, edits: Sequence[types.TextEdit | types.AnnotatedTextEdit], unit: str = "utf-16-le") -> str:
    """A text after edits whose positions count in an encoding's units."""
    lines, width = Lines(text), {"utf-8": 1, "utf-16-le": 2, "utf-32-le": 4}[unit]

    def offset(position: Position) -> int:
        column, units = 0, 0
        while units < position.character:
            units += len(lines.line(position.line)[column].encode(unit)) // width
            column += 1
        assert units == position.character, "inside a character"
        return lines.start(position.line) + column

    return apply(text, [Edit("", Span(offset(e.range.start), offset(e.range.end)), e.new_text) for e in edits])


async def opened(editor, capabilities, text=MAIN, name="main.py"):
    """Start an editor with a document that was checked."""
    editor.write("far.py", FAR)
    await editor.start(capabilities)
    editor.open(name, text)
    await editor.diagnostics(name)


async def offered(editor, range_, **kwargs):
    """The code actions at a place of `main.py`, by title."""
    return {action.title: action for action in await editor.actions("main.py", range_, **kwargs)}


def changes_of(edit: types.WorkspaceEdit, uri: str) -> Sequence[types.TextEdit]:
    """The edits of the one document that a workspace edit changes."""
    if edit.changes is not None:
        assert list(edit.changes) == [uri]
        return edit.changes[uri]
    (change,) = edit.document_changes
    assert change.text_document.uri == uri
    return change.edits
