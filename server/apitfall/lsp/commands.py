"""The commands that a client can have executed here, each a function of the session and the command's arguments."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException, JsonRpcInvalidParams

from apitfall import registry
from apitfall.config import guess
from apitfall.lsp import actions, application, changes, pages
from apitfall.lsp.convert import path_of, range_of, workspace_edit
from apitfall.lsp.offered import APPLY
from apitfall.lsp.session import Project, Session
from apitfall.text import Edits

Json = dict[str, Any]
Ask = Callable[[types.ApplyWorkspaceEditParams], Awaitable[types.ApplyWorkspaceEditResult]]
Command = Callable[[Session, Ask, Sequence[object]], Awaitable[Json | None]]


async def apply(session: Session, ask: Ask, arguments: Sequence[object]) -> Json:
    """Make a code action, for a client that takes no code actions."""
    if len(arguments) != 1:
        raise JsonRpcInvalidParams(f"`{APPLY}` takes the one argument that it was offered with.")
    return await made(session, ask, "Change the code as offered", actions.edit_of(session, arguments[0]))


async def fix_file(session: Session, ask: Ask, arguments: Sequence[object]) -> Json:
    """Make the safe fixes of an open document."""
    match arguments:
        case [str(uri)]:
            document = session.find(uri)
        case _:
            raise JsonRpcInvalidParams("`apitfall.fixFile` takes one argument, the URI of an open document.")
    if document is None:
        raise JsonRpcInvalidParams(f"{uri} is not open as Python, or is left out by the settings.")
    edits = changes.in_document(document, changes.safe_fix)
    edit = workspace_edit([(edits, document.project)], session.client)
    return await made(session, ask, f"Make all safe fixes in {Path(document.path).name}", edit)


async def fix_workspace(session: Session, ask: Ask, arguments: Sequence[object]) -> Json:
    """Make the safe fixes of all files of the projects that were read, or of those of them that lie in a folder.

    Each fix changes the file of its finding and no other.
    """
    match arguments:
        case []:
            folder = None
        case [str(uri)] if uri.startswith("file:"):
            folder = Path(path_of(uri))
        case _:
            raise JsonRpcInvalidParams("`apitfall.fixWorkspace` takes the `file:` URI of a folder, or no argument.")
    chosen = checked(session, folder)
    if folder is not None and not chosen:
        raise JsonRpcInvalidParams(f"No file that is checked lies in {folder}.")
    before = {project: texts_of(project) for project in chosen}
    parts = [(await fixes_of(session, project, paths), project) for project, paths in chosen.items()]
    for edits, project in parts:
        if project not in session.projects.values() or texts_of(project) != before[project]:
            raise JsonRpcContentModified("A file was changed while the fixes were made.")
        changes.compare_with_disk(session, project, {edit.path for edit in edits.changes})
    edit = workspace_edit(parts, session.client, confirm="Safe fixes of apitfall")
    return await made(session, ask, "Make all safe fixes", edit)


def checked(session: Session, folder: Path | None) -> dict[Project, list[str]]:
    """The files of the projects that were read, or those of them that lie in a folder.

    Of two projects that have a file the inner one is its own. A document that lies in no project is left alone.
    """
    out: dict[Project, list[str]] = {}
    seen: set[str] = set()
    for project in sorted(session.projects.values(), key=lambda project: project.key, reverse=True):
        if project.file is None and project.is_awake():
            paths = [path for path in project.workspace.paths() if path not in seen]
            seen.update(paths)
            if inside := [path for path in paths if folder is None or Path(path).is_relative_to(folder)]:
                out[project] = inside
    return out


def texts_of(project: Project) -> dict[str, str]:
    workspace = project.workspace
    return {path: document.text for path in workspace.paths() if (document := workspace.document(path)) is not None}


async def fixes_of(session: Session, project: Project, paths: Sequence[str]) -> Edits:
    """The safe fixes of some files. What comes in while they are checked is handled between two of them."""
    workspace = project.workspace
    for path in paths:
        await session.checks.complete(project, path)
        await asyncio.sleep(0)
    with changes.tried(project):
        return changes.of_fixes(workspace, paths, changes.safe_fix)


async def check_workspace(session: Session, ask: Ask, arguments: Sequence[object]) -> Json:
    """Check all files, those that are not open too, and keep what is found in them current from then on."""
    if arguments:
        raise JsonRpcInvalidParams("`apitfall.checkWorkspace` takes no argument.")
    projects = await session.whole_projects()
    progress = session.connection.progress("apitfall: checking the workspace")
    wishes = [(project, path) for project in projects for path in project.workspace.paths()]
    done = 0
    try:
        for project, path in wishes:
            if progress.is_cancelled:
                break
            project.is_whole = True
            await session.checks.complete(project, path)
            await session.checks.check_closed(project, path)
            done += 1
            progress.report(done / len(wishes))
    finally:
        progress.end()
    found = [shown for project in projects for shown in (*project.shown.values(), *published(project))]
    return {"files": done, "findings": sum(map(len, found)), "cancelled": done < len(wishes)}


def published(project: Project) -> Iterator[Sequence[object]]:
    """What the client has of the documents that are open in a project."""
    yield from (document.published[1] for document in project.open.values() if document.published is not None)


async def explain(session: Session, ask: Ask, arguments: Sequence[object]) -> Json:
    """The page of a rule."""
    match arguments:
        case [str(rule)]:
            known = sorted(name for package in session.packages for name in package.rules)
        case _:
            raise JsonRpcInvalidParams("`apitfall.explain` takes one argument, the name of a rule.")
    if rule not in known:
        raise JsonRpcInvalidParams(f"There is no rule `{rule}`{guess(rule, known) or '.'}")
    page = registry.page(session.packages, rule)
    text = page.read_text(encoding="utf-8")
    title = " ".join(pages.first_paragraph(text).split())
    return {"rule": rule, "title": title, "markdown": text, "url": page.as_uri()}


async def find_application(session: Session, ask: Ask, arguments: Sequence[object]) -> Json | None:
    """The application of the project that an open document is in, as soon as that is read; None if there is none."""
    match arguments:
        case [str(uri)]:
            document = session.documents.get(path_of(uri))
        case _:
            raise JsonRpcInvalidParams("`apitfall.application` takes one argument, the URI of an open document.")
    if document is None:
        return None
    project = document.project
    if project.task is not None:
        await asyncio.wait([project.task])
    found = application.application(project.workspace, session.packages) if project.is_awake() else None
    lines = project.lines(found.path) if found is not None else None
    if found is None or lines is None:
        return None
    range_ = range_of(lines, found.span, session.client.encoding)
    return {"name": found.name, "location": types.Location(project.uri(found.path), range_)}


async def made(session: Session, ask: Ask, label: str, edit: types.WorkspaceEdit) -> Json:
    """Have the client make an edit, and say what came of it."""
    changed = list(edit.changes or ())
    for change in edit.document_changes or ():
        if isinstance(change, types.TextDocumentEdit):
            changed.append(change.text_document.uri)
    if not changed:
        return refused("There is nothing to fix.")
    if not session.client.applies_edits:
        raise JsonRpcException("The client takes no edits (workspace/applyEdit).", types.LSPErrorCodes.RequestFailed)
    try:
        result = await ask(types.ApplyWorkspaceEditParams(edit, label))
    except JsonRpcException as error:
        return refused(error.message)
    return {"applied": True, "files": changed} if result.applied else refused(result.failure_reason)


def refused(reason: str | None) -> Json:
    return {"applied": False, "files": [], "reason": reason or "The client did not make the edit."}


COMMANDS: dict[str, Command] = {
    APPLY: apply,
    "apitfall.fixFile": fix_file,
    "apitfall.fixWorkspace": fix_workspace,
    "apitfall.checkWorkspace": check_workspace,
    "apitfall.explain": explain,
    "apitfall.application": find_application,
}


async def execute(name: str, session: Session, ask: Ask, arguments: Sequence[object]) -> Json | None:
    """Run a command. Editors say nothing of a request that came too late for its text, so that is an answer here."""
    try:
        return await COMMANDS[name](session, ask, arguments)
    except JsonRpcContentModified as error:
        return refused(error.message)
