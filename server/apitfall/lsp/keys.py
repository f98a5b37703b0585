"""What a client sends with each key, read by hand: cattrs and pygls take longer for it than most changes take to check."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

MOST = 2**31 - 1  # of the numbers in a position


def change_of(params: Any) -> types.DidChangeTextDocumentParams | None:
    """The parameters of `textDocument/didChange`; None if they are none, or say more than those mostly do."""
    match params:
        case {"textDocument": {"uri": str(uri), "version": int(version)}, "contentChanges": [change]}:
            made = one_of(change)
            if made is not None:
                return types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(version, uri), [made])
        case _:
            pass
    return None


def one_of(change: Any) -> types.TextDocumentContentChangePartial | None:
    """A change of a part of the text; a text whole is not sent with a key."""
    match change:
        case {
            "range": {
                "start": {"line": int(line), "character": int(character)},
                "end": {"line": int(end_line), "character": int(end)},
            },
            "text": str(text),
        } if 0 <= min(line, character, end_line, end) <= max(line, character, end_line, end) <= MOST:
            range_ = types.Range(types.Position(line, character), types.Position(end_line, end))
            return types.TextDocumentContentChangePartial(range_, text)
        case _:
            return None
