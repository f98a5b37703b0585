"""What is asked about an open document: look-ups in the last report of its text as it is now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException, JsonRpcInvalidParams

from apitfall import files, registry
from apitfall.lsp import pages
from apitfall.lsp.convert import offset_of, range_of, span_of, workspace_edit
from apitfall.lsp.session import OpenDocument, Session
from apitfall.rule import Finding, Fix
from apitfall.text import Edits

QUICK_FIX = types.CodeActionKind.QuickFix


def hover(session: Session, params: types.HoverParams) -> types.Hover | None:
    document = session.find(params.text_document.uri)
    if document is None or document.report is None:
        return None
    lines, encoding = document.lines, session.client.encoding
    findings = pages.innermost(document.report.findings, offset_of(lines, params.position, encoding))
    if not findings:
        return None
    entries = [
        (
            finding,
            registry.page(session.packages, finding.rule).read_text(encoding="utf-8"),
            session.link(document.project, finding.rule),
        )
        for finding in findings
    ]
    contents = pages.markup(entries, markdown=session.client.markdown)
    return types.Hover(contents, range_of(lines, findings[0].span, encoding))


def code_actions(session: Session, params: types.CodeActionParams) -> list[types.CodeAction]:
    """The fixes of the findings that the range overlaps or that a cursor is at one end of."""
    document = session.find(params.text_document.uri)
    only = params.context.only
    if document is None or document.report is None or not (only is None or any(map(is_asked, only))):
        return []
    asked = span_of(document.lines, params.range, session.client.encoding)
    actions: list[types.CodeAction] = []
    for finding in document.report.findings:
        if finding.span.start <= asked.end and asked.start <= finding.span.end:
            shown = matching(session, document, finding, params.context.diagnostics)
            actions.extend(actions_of(session, document, finding, shown))
    return actions


def is_asked(kind: types.CodeActionKind | str) -> bool:
    """Whether a kind that a client wants is that of a quick fix or one above it."""
    name = kind.value if isinstance(kind, types.CodeActionKind) else kind
    return name in ("", QUICK_FIX.value)


def matching(
    session: Session, document: OpenDocument, finding: Finding, diagnostics: Sequence[types.Diagnostic]
) -> list[types.Diagnostic]:
    """The client's diagnostics that show this finding."""
    range_ = range_of(document.lines, finding.span, session.client.encoding)
    return [d for d in diagnostics if d.source == "apitfall" and d.code == finding.rule and d.range == range_]


def actions_of(
    session: Session, document: OpenDocument, finding: Finding, shown: list[types.Diagnostic]
) -> Iterator[types.CodeAction]:
    """A client that can take everything gets the edit when it asks for it.

    Whether a fix creates a file is not known before its edits are made, so they are made for a client that cannot.
    """
    for fix in finding.fixes:
        action = types.CodeAction(
            title=fix.title,
            kind=QUICK_FIX,
            diagnostics=shown or None,
            is_preferred=fix.preferred or None,
        )
        if session.client.resolves_edits and session.client.creates_files:
            action.data = {
                "uri": document.uri,
                "version": document.version,
                "fingerprint": finding.fingerprint,
                "fix": fix.name,
            }
        else:
            edits = edits_of(session, document, fix)
            if edits is None or (edits.creates and not session.client.creates_files):
                continue
            action.edit = workspace_edit(edits, session.client, document.project)
        yield action


def resolve(session: Session, action: types.CodeAction) -> types.CodeAction:
    """Give a code action its edit; ContentModified where the text that it was offered for is gone."""
    match action.data:
        case {"uri": str(uri), "version": int(version), "fingerprint": str(fingerprint), "fix": str(name)}:
            pass
        case _:
            raise JsonRpcInvalidParams("This code action is not one of ours.")
    document = session.find(uri)
    if document is None or document.report is None or document.version != version:
        raise JsonRpcContentModified("The document was changed.")
    for finding in document.report.findings:
        for fix in finding.fixes:
            if (finding.fingerprint, fix.name) == (fingerprint, name):
                edits = edits_of(session, document, fix)
                if edits is None:
                    raise JsonRpcException("This fix cannot be made here.", types.LSPErrorCodes.RequestFailed)
                action.edit = workspace_edit(edits, session.client, document.project)
                return action
    raise JsonRpcContentModified("What this fixes is no longer found.")


def edits_of(session: Session, document: OpenDocument, fix: Fix) -> Edits | None:
    """The edits of a fix, made on the files as they are now.

    A file that is not open may have been changed on disk since it was read; it is read again then, and the fix is not
    made, for it was thought out on another text.
    """
    edits = fix.edits()
    if edits is None:
        return None
    project = document.project
    for path in {edit.path for edit in edits.changes} - project.open.keys():
        known = project.workspace.document(path)
        try:
            text = files.read(Path(path))
        except files.Unreadable:
            text = None
        if known is None or known.text != text:
            session.read(project, path)
            raise JsonRpcContentModified(f"{Path(path).name} was changed on disk.")
    return edits
