"""Messages of the kinds that a client waits for most often, with nothing in them, to read and write them once ahead."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

POSITION = {"line": 0, "character": 0}
RANGE = {"start": POSITION, "end": POSITION}
DOCUMENT = {"uri": "file:///", "version": 0}
DIAGNOSTIC = {
    "range": RANGE,
    "severity": 1,
    "code": "",
    "codeDescription": {"href": ""},
    "source": "",
    "message": "",
    "relatedInformation": [{"location": {"uri": "file:///", "range": RANGE}, "message": ""}],
    "data": "",
}
ACTION: dict[str, Any] = {"title": "", "kind": "quickfix", "diagnostics": [DIAGNOSTIC], "data": {}}
PARAMS: dict[str, Any] = {
    types.TEXT_DOCUMENT_HOVER: {"textDocument": DOCUMENT, "position": POSITION},
    types.TEXT_DOCUMENT_CODE_ACTION: {
        "textDocument": DOCUMENT,
        "range": RANGE,
        "context": {"diagnostics": [DIAGNOSTIC], "only": ["quickfix"], "triggerKind": 1},
    },
    types.CODE_ACTION_RESOLVE: ACTION,
    types.TEXT_DOCUMENT_DIAGNOSTIC: {"textDocument": DOCUMENT, "previousResultId": ""},
    types.TEXT_DOCUMENT_DID_OPEN: {"textDocument": {**DOCUMENT, "languageId": "python", "text": ""}},
    types.TEXT_DOCUMENT_DID_CHANGE: {"textDocument": DOCUMENT, "contentChanges": [{"text": ""}]},
    types.TEXT_DOCUMENT_DID_SAVE: {"textDocument": DOCUMENT},
    types.TEXT_DOCUMENT_DID_CLOSE: {"textDocument": DOCUMENT},
}
TOP = types.Range(types.Position(0, 0), types.Position(0, 0))
VERSIONED = types.OptionalVersionedTextDocumentIdentifier("file:///", 0)
SHOWN = types.Diagnostic(
    TOP,
    "",
    types.DiagnosticSeverity.Error,
    code="",
    code_description=types.CodeDescription(""),
    related_information=[types.DiagnosticRelatedInformation(types.Location("file:///", TOP), "")],
    data="",
)
OFFERED = types.CodeAction(
    "",
    types.CodeActionKind.QuickFix,
    [SHOWN],
    edit=types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(VERSIONED, [types.TextEdit(TOP, "")])]),
    data={},
)
RESULTS = (types.Hover(types.MarkupContent(types.MarkupKind.Markdown, ""), TOP), [OFFERED], OFFERED)
