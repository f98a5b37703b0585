"""The edits that actions and commands make, on the texts as they are when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from difflib import SequenceMatcher
from itertools import accumulate
from pathlib import Path

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException

from apitfall import files, repair
from apitfall.engine import Workspace
from apitfall.lsp.session import OpenDocument, Project, Session
from apitfall.rule import Finding, Fix
from apitfall.text import Document, Edit, Edits, Span, split_lines


def safe_fix(finding: Finding) -> Fix | None:
    """The fix that is made where nobody looks: the first that is safe."""
    return next((fix for fix in finding.fixes if fix.safe), None)


def in_document(document: OpenDocument, choose: Callable[[Finding], Fix | None]) -> Edits:
    """What the chosen fixes change in a document, until there are no more of them."""
    workspace, path = document.project.workspace, document.path
    if not document.project.is_awake():
        return Edits()
    # Most texts that are saved have nothing to fix, and that is known without trying.
    first = repair.repairs(workspace, path, choose)
    if not any(repair.can_change(workspace, one.edits, lambda other: other == path) for one in first):
        return Edits()
    with tried(document.project):
        return of_fixes(workspace, [path], choose)


@contextmanager
def tried(project: Project) -> Generator[None]:
    """Let changes be made in a project's workspace, and take them back in the end."""
    workspace = project.workspace
    before = {path: workspace.document(path) for path in workspace.paths()}
    try:
        yield
    finally:
        changed = [(path, known) for path, known in before.items() if workspace.document(path) is not known]
        for path in workspace.paths():
            if path not in before:
                workspace.forget(path)
        for path, known in changed:
            assert known is not None, "a document that was listed"
            # Another document: the findings in a report of the one before make their edits on trees that were left.
            workspace.update(Document(path, known.version, known.lines))
            document = project.open.get(path)
            if document is not None and document.report is not None:
                document.report = workspace.check(path)


def of_fix(session: Session, document: OpenDocument, finding: Finding, fix: Fix) -> Edits:
    """The edits of one fix. A file that it creates and that has been made meanwhile is left as it is."""
    edits, project = repair.edits_of(fix, finding), document.project
    if edits is None:
        raise JsonRpcException("This fix cannot be made here.", types.LSPErrorCodes.RequestFailed)
    compare_with_disk(session, project, {edit.path for edit in edits.changes})
    creates = tuple((path, text) for path, text in edits.creates if project.workspace.document(path) is None)
    for path, _ in creates:
        if Path(path).exists():
            raise JsonRpcException(f"{Path(path).name} exists already.", types.LSPErrorCodes.RequestFailed)
    return Edits(edits.changes, creates)


def of_fixes(workspace: Workspace, paths: Collection[str], choose: Callable[[Finding], Fix | None]) -> Edits:
    """What makes some files quiet; a fix that would change another file is not made. The workspace has them made."""
    before = {path: document.text for path in paths if (document := workspace.document(path)) is not None}
    after = repair.fix(workspace, paths, choose, may_change=before.__contains__).texts
    return Edits(tuple(edit for path in sorted(after) for edit in difference(path, before[path], after[path])))


def compare_with_disk(session: Session, project: Project, paths: Collection[str]) -> None:
    """Raise ContentModified where a file that is not open was changed on disk since it was read.

    The edits were thought out on another text then. The file is read again, so that the next request finds it as it is.
    """
    for path in sorted(set(paths) - project.open.keys()):
        known = project.workspace.document(path)
        try:
            text = files.read(Path(path))
        except files.Unreadable:
            text = None
        if known is None or known.text != text:
            session.read(project, path)
            raise JsonRpcContentModified(f"{Path(path).name} was changed on disk.")


def difference(path: str, before: str, after: str) -> tuple[Edit, ...]:
    """The edits of whole lines that make one text the other."""
    old, new = split_lines(before), split_lines(after)
    starts = [0, *accumulate(map(len, old))]
    return tuple(
        Edit(path, Span(starts[first], starts[last]), "".join(new[begin:end]))
        for tag, first, last, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
    )
