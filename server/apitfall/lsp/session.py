"""The open documents, the projects they belong to, and the settings that hold there."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from lsprotocol import types
from pygls.uris import uri_scheme

from apitfall import cache, files, loading
from apitfall.config import Config
from apitfall.lsp import settings, watching
from apitfall.lsp.buffer import Buffer
from apitfall.lsp.checks import Checks
from apitfall.lsp.client import Client
from apitfall.lsp.connection import Connection
from apitfall.lsp.convert import path_of, uri_of
from apitfall.lsp.diagnostics import Diagnostics
from apitfall.lsp.projects import (
    OpenDocument,
    Project,
    Stale,
    breathe,
    home_of,
    read_again,
    read_ahead,
    read_first,
    take,
    text_of,
)
from apitfall.lsp.settings import SECTION, ClientSettings, SettingsFiles
from apitfall.registry import RulePackage
from apitfall.text import Document

__all__ = ["OpenDocument", "Project", "Session"]

log = logging.getLogger(__name__)

SCHEMES = ("file", "untitled")  # not a notebook's cell, nor what an editor shows of another version of a file


class Session:
    """What one client has open, in which folders."""

    def __init__(self, client: Client, packages: Sequence[RulePackage], connection: Connection) -> None:
        self.client = client
        self.packages = packages
        self.connection = connection
        self.folders: Sequence[Path] = ()
        self.projects: dict[str, Project] = {}
        # By the path in their URI: a client may write one URI in two ways.
        self.documents: dict[str, OpenDocument] = {}
        self.client_settings = ClientSettings(packages, connection.complain)
        self.settings_files = SettingsFiles(client, packages, connection.publish, connection.complain)
        self.diagnostics = Diagnostics(client, connection)
        self.cache = cache.find(os.environ)
        self.checks = Checks(client, packages, connection, self.diagnostics, self.cache)
        self.reading = asyncio.Lock()
        self.looking: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """The client takes requests from now on."""
        registrations: list[types.Registration] = []
        if self.client.watches_files:
            registrations.append(watching.registration())
        if self.client.tells_settings:
            registrations.append(settings.registration())
        if registrations:
            self.connection.register(registrations)
        self.look_ahead()

    # Documents

    def open(self, item: types.TextDocumentItem) -> None:
        path = path_of(item.uri)
        if uri_scheme(item.uri) not in SCHEMES:
            return
        if Path(path).name in files.SETTINGS:
            self.settings_files.open(item)
        elif item.language_id == "python" or path.endswith(files.SUFFIXES):
            if path in self.documents:
                self.close(self.documents[path].uri)
            project = self.project_of(item.uri)
            buffer = Buffer(item.text, self.client.encoding)
            document = self.documents[path] = OpenDocument(item.uri, path, item.version, buffer, project)
            self.enter(document, project)
            self.look(project)

    def change(self, params: types.DidChangeTextDocumentParams) -> None:
        document = self.documents.get(path_of(params.text_document.uri))
        version = params.text_document.version
        if document is None:
            if not self.settings_files.change(params):
                log.warning("A change of %s is passed over, which is not open here.", params.text_document.uri)
        elif version < document.version:
            log.warning(
                "Version %d of %s is passed over: it comes behind version %d.", version, document.uri, document.version
            )
        else:
            document.buffer.apply(params.content_changes)
            document.version = version
            self.checks.put_off()
            self.changed(document)

    def close(self, uri: str) -> None:
        """From now on the text on disk counts."""
        document = self.documents.pop(path_of(uri), None)
        if self.settings_files.close(uri) or document is None:
            return
        self.diagnostics.close(uri)
        self.leave(document)
        project = document.project
        is_wanted = project.found is not None or self.documents_of(project) or project.config.workspace_diagnostics
        if project.file is not None or not is_wanted:
            self.drop(project)

    def save(self, uri: str) -> None:
        """A client that watches files tells of this one as well, but not every client does."""
        path = path_of(uri)
        if path in self.documents:
            self.look(self.documents[path].project)
        else:
            self.files_changed([Path(path)])

    def find(self, uri: str) -> OpenDocument | None:
        """A document that is checked, not one that its project leaves out or that waits for it to be read."""
        document = self.documents.get(path_of(uri))
        if document is None or not document.is_in_project:
            return None
        self.checks.look(document)
        return document

    def documents_of(self, project: Project) -> list[OpenDocument]:
        """All that are open, those among them that the project leaves out or does not know yet."""
        return [document for document in self.documents.values() if document.project is project]

    def enter(self, document: OpenDocument, project: Project) -> None:
        """Let a document be one of a project, as soon as that is read."""
        document.project, document.report = project, None
        if project.found is None:
            self.refresh(project)
            return
        path = project.place(path_of(document.uri))
        if path is None:
            self.leave(document)
        else:
            document.path = path
            project.open[path] = document
            self.changed(document)

    def leave(self, document: OpenDocument) -> None:
        """Take a document out of its project, where another that shows the same file, or the disk, counts now."""
        project, path = document.project, document.path
        self.checks.forget(document)
        is_in = document.is_in_project
        if is_in or document.published is not None:
            self.diagnostics.publish(document.uri, None, [])
        document.report = document.published = None
        if not is_in:
            return
        del project.open[path]
        same = [other for other in self.documents_of(project) if other.path == path and other is not document]
        if same:
            self.enter(same[-1], project)
        elif project.file is None:
            self.read(project, path)

    def changed(self, document: OpenDocument) -> None:
        document.report = None
        project = document.project
        if not document.is_in_project:
            if project.found is None or project.place(path_of(document.uri)) is None:
                return
            project.open[document.path] = document
        buffer, workspace = document.buffer, project.workspace
        known = workspace.document(document.path)
        revisions = buffer.take_revisions(None if known is None else known.lines)
        workspace.update(Document(document.path, document.version, buffer.lines), revisions)
        self.checks.want(document)

    def is_awaited(self, document: OpenDocument) -> bool:
        """Whether a document's newest text is still to be checked, or its project to be read before."""
        task = document.project.task
        is_read = document.is_in_project or task is None or task.done()
        return self.checks.is_wanted(document) or not is_read

    def is_settled(self) -> bool:
        """Whether all was checked that is now wanted, if perhaps without types."""
        tasks = [self.looking, *(project.task for project in self.projects.values())]
        return self.checks.is_settled() and all(task is None or task.done() for task in tasks)

    # Projects

    def project_of(self, uri: str) -> Project:
        home = home_of(uri, self.folders)
        return self.projects.setdefault(home.key, home)

    def set_folders(self, folders: Sequence[Path]) -> None:
        """Other folders may give the open documents other projects."""
        self.folders = folders
        self.rehome()
        for project in list(self.projects.values()):
            if not self.documents_of(project) and not any(project.root.is_relative_to(folder) for folder in folders):
                self.drop(project)
        self.look_ahead()

    def rehome(self) -> None:
        for document in list(self.documents.values()):
            before, project = document.project, self.project_of(document.uri)
            if project is not before:
                self.leave(document)
                document.path = path_of(document.uri)
                self.enter(document, project)
                if before.file is not None:
                    self.drop(before)

    def drop(self, project: Project) -> None:
        if project.task is not None:
            project.task.cancel()
        self.checks.drop(project)
        self.projects.pop(project.key, None)

    def refresh(self, project: Project) -> None:
        """See to it that what is stale of a project is read."""
        if project.task is None or project.task.done():
            project.task = self.connection.start(self.read_stale(project))
            project.task.add_done_callback(lambda _: self.diagnostics.wake())

    async def read_stale(self, project: Project) -> None:
        await breathe()  # a branch that is checked out comes in many messages
        if project.found is None:
            await self.ask_client([project])
            project.config = self.settings_of(project)
            await self.read_first(project)
            self.configure([project])  # they may have changed meanwhile
        while project.stale:
            stale, project.stale = project.stale, Stale()
            await read_again(project, stale, self.packages)
            await read_ahead(project.workspace, self.cache)
        for document in self.documents_of(project):
            self.settle(document)
        self.checks.recheck(project)

    async def read_first(self, project: Project) -> None:
        """One project is read after the other, so that a message waits for one file at most."""
        opened = self.documents_of(project)
        if project.file is not None:
            await read_first(project, self.packages, opened, self.connection, self.cache)
        else:
            async with self.reading:
                await read_first(project, self.packages, opened, self.connection, self.cache)

    def settle(self, document: OpenDocument) -> None:
        """Enter a document that its project has come to know, or leave it if it is now left out."""
        if document.is_in_project != (document.project.place(path_of(document.uri)) is not None):
            self.enter(document, document.project)

    def look(self, project: Project) -> None:
        """Look for what changed in a project, for a client that does not tell."""
        if not self.client.watches_files and project.found is not None and project.file is None:
            watching.look(project)
            self.configure([project])

    def files_changed(self, paths: Iterable[Path]) -> None:
        """Files or folders are new, gone or changed on the disk."""
        paths = list(paths)
        for path in paths:
            if path.name in files.SETTINGS:
                self.settings_files.look_again(path)
        for project in self.projects.values():
            watching.note(project, paths)
        if any(path.name in files.ROOT_MARKS for path in paths):
            self.rehome()
        if any(path.name in files.SETTINGS for path in paths):
            self.configure(list(self.projects.values()))
        for project in self.projects.values():
            if project.stale:
                self.refresh(project)

    def read(self, project: Project, path: str) -> None:
        """Take a file as it is on disk."""
        take(project, path, None if project.loaded.leaves_out(Path(path)) else text_of(Path(path)))
        project.workspace.asked.doubt()
        self.checks.recheck(project)

    # Settings

    def settings_of(self, project: Project) -> Config:
        if project.file is not None:
            return self.client_settings.of(None)
        client = self.client_settings.of(project.root)
        return self.settings_files.in_force(project.root, client, client if project.found is None else project.config)

    async def ask_client(self, projects: Sequence[Project]) -> None:
        if self.client.configuration:
            roots = [None if project.file is not None else project.root for project in projects]
            scopes = [None if root is None else uri_of(root.as_posix()) for root in roots]
            answers = await self.connection.configuration(SECTION, scopes)
            self.client_settings.pull(dict(zip(roots, answers, strict=True)))

    def client_changed(self, settings: object) -> None:
        """The client has other settings; those that it can be asked for are not in the message."""
        if self.client.configuration:
            self.connection.start(self.take_client_settings())
        else:
            self.client_settings.push(settings)
            self.configure(list(self.projects.values()))
            self.look_ahead()

    async def take_client_settings(self) -> None:
        projects = list(self.projects.values())
        await self.ask_client(projects)
        self.configure(projects)
        await self.look_for_wanted()

    def look_ahead(self) -> None:
        self.looking = self.connection.start(self.look_for_wanted())
        self.looking.add_done_callback(lambda _: self.diagnostics.wake())

    async def look_for_wanted(self) -> None:
        """Read the projects in the client's folders that are wanted as a whole, before anything is open in them."""
        for folder in self.folders:
            project = self.projects.get(folder.as_posix()) or Project(folder)
            if project.found is None:
                await self.ask_client([project])
                if self.settings_of(project).workspace_diagnostics:
                    self.refresh(self.projects.setdefault(project.key, project))

    async def whole_projects(self) -> list[Project]:
        """The projects that were read, and those of the client's folders, which are read now."""
        for folder in self.folders:
            if not any(project.root.is_relative_to(folder) for project in self.projects.values()):
                self.refresh(self.projects.setdefault(folder.as_posix(), Project(folder)))
        projects = [project for project in self.projects.values() if project.file is None]
        await asyncio.gather(*(project.task for project in projects if project.task is not None))
        return [project for project in projects if project.found is not None]

    def configure(self, projects: Iterable[Project]) -> None:
        """Let the settings be in force that are now; what they leave as it is is not read again."""
        for project in projects:
            if project.found is None:
                continue  # they are taken when it is read
            before, project.config = project.config, self.settings_of(project)
            if project.config != before:
                project.workspace.configure(project.config)
                left_out = [(loading.excluded(c, self.packages), c.below) for c in (before, project.config)]
                project.stale.listing |= left_out[0] != left_out[1]
                project.stale.environment |= project.config.environment != before.environment
                self.checks.recheck(project)
            if project.stale:
                self.refresh(project)

    def link(self, project: Project, rule: str) -> str:
        """The address of a rule's page."""
        return self.checks.link(project, rule)

    async def run(self) -> None:
        """Check what is wanted, for as long as the session lasts."""
        await self.checks.run()

    def stop(self) -> None:
        """Nothing is said from now on."""
        self.connection.stop()
        self.checks.clear()
