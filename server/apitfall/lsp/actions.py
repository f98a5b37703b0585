"""Code actions: what can be done about the findings of a document, and the edits that do it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException, JsonRpcInvalidParams

from apitfall import suppress
from apitfall.lsp import changes
from apitfall.lsp.changes import safe_fix
from apitfall.lsp.convert import range_of, span_of, workspace_edit
from apitfall.lsp.offered import APPLY, FIX_ALL, QUICK_FIX
from apitfall.lsp.session import OpenDocument, Session
from apitfall.rule import Finding
from apitfall.suppress.invalid_ignore import RULE as INVALID_IGNORE
from apitfall.suppress.unused_ignore import RULE as UNUSED_IGNORE
from apitfall.text import Document, Edit, Edits, Span

ABOUT_COMMENTS = (INVALID_IGNORE.name, UNUSED_IGNORE.name)


@dataclass(frozen=True)
class Offer:
    """Something that can be done. `what` says it in the data of the action; `finding` is what it is done about.

    `edits` do it, if they were made already.
    """

    title: str
    what: dict[str, str]
    finding: Finding | None = None
    kind: str = QUICK_FIX
    is_preferred: bool = False
    edits: Edits | None = None


def code_actions(session: Session, params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
    """What can be done in a range, in the form that the client takes."""
    document = session.find(params.text_document.uri)
    if document is None:
        return []
    only = params.context.only
    asked = span_of(document.lines, params.range, session.client.encoding)
    offers = [offer for offer in offers_in(document, asked, is_alone=only is None) if is_asked(offer.kind, only)]
    if only is not None and is_asked(FIX_ALL, only):
        # Editors ask so when they save, and about the text as it is now, which may not have been checked yet. Whether
        # there is something to fix is only known once it is done.
        offers.append(fix_all(changes.in_document(document, safe_fix)))
    actions = (action(session, document, offer, params.context.diagnostics) for offer in offers)
    return [action for action in actions if action is not None]


def is_asked(kind: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Whether a client wants a kind: by its name, or that of one above it; the empty kind is above all."""
    names = [str(getattr(wanted, "value", wanted)) for wanted in only or ()]
    return only is None or any(name in ("", kind) or kind.startswith(f"{name}.") for name in names)


def offers_in(document: OpenDocument, asked: Span, *, is_alone: bool) -> Iterator[Offer]:
    """What to do about the findings that a range overlaps or that a cursor is at one end of.

    Their fixes come first, what ignores them last. Unless it was asked for by its name, the fix of the whole file is
    offered only beside other fixes, and where it does more than these.
    """
    findings = document.report.findings if document.report is not None else ()
    found = [f for f in findings if f.span.start <= asked.end and asked.start <= f.span.end]
    for finding in found:
        for fix in finding.fixes:
            what = {"do": "fix", "finding": finding.fingerprint, "fix": fix.name}
            yield Offer(fix.title, what, finding, is_preferred=fix.preferred)
    fixable = Counter(finding.rule for finding in findings if safe_fix(finding))
    fixable_here = dict.fromkeys(finding.rule for finding in found if safe_fix(finding))
    for rule in fixable_here:
        if fixable[rule] > 1:
            yield Offer(f"Fix all `{rule}` in this file", {"do": "fix rule", "rule": rule})
    if is_alone and fixable_here and fixable.total() > 1:
        yield fix_all()
    yield from ignores(document, [finding for finding in found if finding.rule not in ABOUT_COMMENTS], asked)


def fix_all(edits: Edits | None = None) -> Offer:
    return Offer("apitfall: make all safe fixes in this file", {"do": "fix all"}, None, FIX_ALL, edits=edits)


def ignores(document: OpenDocument, found: Sequence[Finding], asked: Span) -> Iterator[Offer]:
    """The comments that ignore findings: on one line, where it is clear which one is meant, and in the file."""
    lines = document.lines
    here = lines.position(asked.start)[0]
    rules = dict.fromkeys(finding.rule for finding in found)
    for rule in rules:
        by_line = {lines.position(f.span.start)[0]: f for f in reversed(found) if f.rule == rule}
        finding = by_line.get(here) if len(by_line) > 1 else next(iter(by_line.values()))
        if finding is not None and ignore_on_line(document, finding) is not None:
            what = {"do": "ignore on line", "finding": finding.fingerprint}
            yield Offer(f"Ignore `{rule}` on this line", what, finding)
    for rule in rules:
        yield Offer(f"Ignore `{rule}` in this file", {"do": "ignore in file", "rule": rule})


def ignore_on_line(document: OpenDocument, finding: Finding) -> Edit | None:
    return suppress.ignore_on_line(text_of(document), finding.rule, finding.span.start)


def text_of(document: OpenDocument) -> Document:
    text = document.project.workspace.document(document.path)
    assert text is not None, "an open document is in its workspace"
    return text


def action(
    session: Session, document: OpenDocument, offer: Offer, diagnostics: Sequence[types.Diagnostic]
) -> types.CodeAction | types.Command | None:
    """An offer as the client takes it; None if it turns out not to be possible, or the client cannot do it.

    A client that can gets the edit when it asks for it. Whether a fix creates a file is not known before its edits are
    made, so they are made for a client that cannot create one.
    """
    client = session.client
    data = {"uri": document.uri, "version": document.version, **offer.what}
    edits = offer.edits
    may_create = offer.what["do"] == "fix"
    is_made_later = client.resolves_edits or not client.action_literals
    if edits is None and (not is_made_later or (may_create and not client.creates_files)):
        try:
            edits = edits_of(session, document, offer.what)
        except JsonRpcException:
            return None
    if edits is not None and (edits == Edits() or (edits.creates and not client.creates_files)):
        return None
    if not client.action_literals:
        return types.Command(offer.title, APPLY, arguments=[data]) if client.applies_edits else None
    made = types.CodeAction(offer.title, offer.kind)
    if edits is not None:
        made.edit = workspace_edit([(edits, document.project)], client)
    if client.resolves_edits:
        made.data = data
    if offer.finding is not None:
        made.diagnostics = matching(session, document, offer.finding, diagnostics) or None
    if offer.is_preferred and client.preferred_actions:
        made.is_preferred = True
    return made


def matching(
    session: Session, document: OpenDocument, finding: Finding, diagnostics: Sequence[types.Diagnostic]
) -> list[types.Diagnostic]:
    """The client's diagnostics that show this finding."""
    range_ = range_of(document.lines, finding.span, session.client.encoding)
    return [d for d in diagnostics if d.source == "apitfall" and d.code == finding.rule and d.range == range_]


def resolve(session: Session, action: types.CodeAction) -> types.CodeAction:
    """Give a code action its edit."""
    action.edit = edit_of(session, action.data)
    return action


def edit_of(session: Session, data: object) -> types.WorkspaceEdit:
    """The edit of an action that was offered with this data; ContentModified where the text it was offered for is gone."""
    match data:
        case {"uri": str(uri), "version": int(version)}:
            document = session.find(uri)
        case _:
            raise foreign()
    if document is None or document.version != version:
        raise JsonRpcContentModified("The document was changed.")
    return workspace_edit([(edits_of(session, document, data), document.project)], session.client)


def edits_of(session: Session, document: OpenDocument, what: object) -> Edits:
    """The edits that an offer stands for."""
    match what:
        case {"do": "fix", "finding": str(fingerprint), "fix": str(name)}:
            finding = find(document, fingerprint)
            for fix in finding.fixes:
                if fix.name == name:
                    return changes.of_fix(session, document, finding, fix)
            raise foreign()
        case {"do": "fix rule", "rule": str(rule)}:
            return changes.in_document(document, lambda finding: safe_fix(finding) if finding.rule == rule else None)
        case {"do": "fix all"}:
            return changes.in_document(document, safe_fix)
        case {"do": "ignore on line", "finding": str(fingerprint)}:
            edit = ignore_on_line(document, find(document, fingerprint))
        case {"do": "ignore in file", "rule": str(rule)} if rule in document.project.workspace.rules:
            edit = suppress.ignore_in_file(text_of(document), rule)
        case _:
            raise foreign()
    if edit is None:
        raise foreign()
    return Edits((edit,))


def find(document: OpenDocument, fingerprint: str) -> Finding:
    for finding in document.report.findings if document.report is not None else ():
        if finding.fingerprint == fingerprint:
            return finding
    raise JsonRpcContentModified("What this is about is no longer found.")


def foreign() -> JsonRpcInvalidParams:
    return JsonRpcInvalidParams("This code action is not one of ours.")
