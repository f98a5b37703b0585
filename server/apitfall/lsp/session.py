"""The open documents, the projects they belong to, and what was published of them.

Everything runs on the event loop of the one thread. A check blocks it, but after each one the loop takes what has come
in meanwhile, so that the newest text is checked next and no other is published; a thread beside it would make a change
wait for the interpreter lock up to 110 ms, and a process, which would not, is not needed before types take long.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.uris import uri_scheme

from apitfall import config, files, loading, registry
from apitfall.config import Config
from apitfall.engine import Report, Workspace
from apitfall.loading import Loaded
from apitfall.lsp.buffer import Buffer
from apitfall.lsp.client import Client
from apitfall.lsp.convert import diagnostic, lines_of, path_of, uri_of
from apitfall.registry import RulePackage
from apitfall.text import Document, Lines

log = logging.getLogger(__name__)

Publish = Callable[[str, int | None, list[dict[str, Any]]], None]


@dataclass(eq=False)
class Project:
    """A project that was read, with the documents that are open in it, by path."""

    loaded: Loaded
    open: dict[str, OpenDocument] = field(default_factory=dict[str, "OpenDocument"])

    @property
    def workspace(self) -> Workspace:
        return self.loaded.workspace

    def lines(self, path: str) -> Lines | None:
        document = self.workspace.document(path)
        return None if document is None else lines_of(document.text)

    def uri(self, path: str) -> str:
        document = self.open.get(path)
        return uri_of(path) if document is None else document.uri

    def version(self, path: str) -> int | None:
        document = self.open.get(path)
        return None if document is None else document.version

    def leaves_out(self, path: str) -> bool:
        return any(Path(path).is_relative_to(left_out) for left_out, _ in self.loaded.left_out)

    def is_awake(self) -> bool:
        """Whether there is anything to check; a project that wakes after it was read gets its types then."""
        loading.wake(self.workspace, self.loaded.environment)
        return self.workspace.awake


@dataclass(eq=False)
class OpenDocument:
    """`report` is what was found in the text as it is now; None until that was checked.

    `published` is the version and the diagnostics that the client has.
    """

    uri: str
    path: str
    version: int
    buffer: Buffer
    project: Project
    report: Report | None = None
    published: tuple[int, list[dict[str, Any]]] | None = None

    @property
    def lines(self) -> Lines:
        lines = self.project.lines(self.path)
        assert lines is not None, "an open document is in its workspace"
        return lines


class Session:
    """What one client has open. `publish` sends a document's diagnostics, `complain` shows the user a sentence."""

    def __init__(
        self,
        client: Client,
        packages: Sequence[RulePackage],
        publish: Publish,
        complain: Callable[[str], None],
    ) -> None:
        self.client = client
        self.packages = packages
        self.publish = publish
        self.complain = complain
        self.folders: Sequence[Path] = ()
        self.projects: dict[str, Project] = {}
        self.documents: dict[str, OpenDocument] = {}
        # What to check next, oldest wish first: without types, and, when none is left of these, with them.
        self.plain: dict[OpenDocument, None] = {}
        self.typed: dict[OpenDocument, None] = {}
        self.wanted = asyncio.Event()

    # What the client does

    def open(self, item: types.TextDocumentItem) -> None:
        path = path_of(item.uri)
        if item.language_id != "python" and not path.endswith((".py", ".pyi")):
            return
        project = self.project_of(item)
        if project.leaves_out(path):
            return
        document = OpenDocument(item.uri, path, item.version, Buffer(item.text, self.client.encoding), project)
        self.documents[path] = project.open[path] = document
        self.changed(document)

    def change(
        self, identifier: types.VersionedTextDocumentIdentifier, changes: Sequence[types.TextDocumentContentChangeEvent]
    ) -> None:
        document = self.find(identifier.uri)
        if document is not None:
            document.buffer.apply(changes)
            document.version = identifier.version
            self.changed(document)

    def close(self, uri: str) -> None:
        """From now on the text on disk counts."""
        document = self.documents.pop(path_of(uri), None)
        if document is None:
            return
        project, path = document.project, document.path
        del project.open[path]
        self.plain.pop(document, None)
        self.typed.pop(document, None)
        self.publish(document.uri, None, [])
        if self.projects.get(path) is project:
            del self.projects[path]
        else:
            self.read(project, path)

    def save(self, uri: str) -> None:
        """Settings that were saved hold from now on."""
        path = Path(path_of(uri))
        project = self.projects.get(path.parent.as_posix()) if path.name in files.SETTINGS else None
        if project is not None:
            self.projects[path.parent.as_posix()] = fresh = self.load(path.parent)
            for document in project.open.values():
                document.project = fresh
                fresh.open[document.path] = document
                self.changed(document)

    def find(self, uri: str) -> OpenDocument | None:
        return self.documents.get(path_of(uri))

    # Projects

    def project_of(self, item: types.TextDocumentItem) -> Project:
        """The project of a document. Its files are read when the first of them is opened.

        A document that lies in none, by its folder's marks or the client's folders, is not checked with its neighbours:
        its folder may be a home directory.
        """
        file = Path(path_of(item.uri))
        root = self.root_of(file) if uri_scheme(item.uri) == "file" else None
        key = (root or file).as_posix()
        if key not in self.projects:
            self.projects[key] = self.load(root) if root is not None else self.load_alone(file, item.text)
        return self.projects[key]

    def root_of(self, file: Path) -> Path | None:
        """The innermost project around a file; the client's folder is the outermost that it can be."""
        root = files.project_root(file.parent)
        folder = max((f for f in self.folders if file.is_relative_to(f)), key=lambda f: len(f.parts), default=None)
        is_marked = any(os.path.lexists(root / mark) for mark in files.ROOT_MARKS)
        if is_marked and (folder is None or root.is_relative_to(folder)):
            return root
        return folder

    def load(self, root: Path) -> Project:
        try:
            settings, _ = loading.settings(root, self.packages)
        except (config.ConfigError, files.Unreadable) as error:
            self.complain(f"{error} (the settings of {root} are left aside)")
            settings = Config()
        loaded = loading.load(root, self.packages, settings, os.environ)
        for sentence in loaded.unreadable.values():
            log.warning("%s", sentence)
        return Project(loaded)

    def load_alone(self, file: Path, text: str) -> Project:
        return Project(loading.load(file.parent, self.packages, Config(), os.environ, [file], {file: text}))

    def read(self, project: Project, path: str) -> None:
        """Take a file as it is on disk."""
        try:
            project.workspace.update(Document(path, None, files.read(Path(path))))
        except files.Unreadable:
            project.workspace.forget(path)
        self.recheck(project)

    def link(self, project: Project, rule: str) -> str:
        """The address of a rule's page."""
        page, folder = registry.page(self.packages, rule), project.workspace.config.docs_url
        return page.as_uri() if folder is None else f"{folder.rstrip('/')}/{page.name}"

    # Checks

    def changed(self, document: OpenDocument) -> None:
        document.report = None
        document.project.workspace.update(Document(document.path, document.version, document.buffer.text))
        self.plain[document] = None
        self.typed = {document: None, **self.typed}
        self.recheck(document.project)

    def recheck(self, project: Project) -> None:
        """Ask for every open document of a project, whose findings a change in one file may have changed."""
        self.typed.update(dict.fromkeys(project.open.values()))
        self.wanted.set()

    async def run(self) -> None:
        """Check what is wanted, for as long as the session lasts."""
        while True:
            await self.wanted.wait()
            self.wanted.clear()
            while self.plain or self.typed:
                queue = self.plain or self.typed
                document = next(iter(queue))
                del queue[document]
                try:
                    await self.check(document, typed=queue is self.typed)
                except BrokenPipeError:
                    raise
                except Exception:
                    log.exception("%s could not be checked", document.uri)

    async def check(self, document: OpenDocument, *, typed: bool) -> None:
        """Check a document and publish what was found, unless a newer text has come in meanwhile."""
        version, project = document.version, document.project
        report = project.workspace.check(document.path, types=typed) if project.is_awake() else None
        diagnostics = self.diagnostics(project, report) if report is not None and report.findings else []
        # One turn of the loop brings in the bytes that have arrived, the next one handles the messages in them.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        is_open = self.documents.get(document.path) is document
        if not is_open or document.version != version or document.project is not project:
            return
        document.report = report
        if document.published != (version, diagnostics):
            document.published = (version, diagnostics)
            self.publish(document.uri, version, diagnostics)

    def diagnostics(self, project: Project, report: Report) -> list[dict[str, Any]]:
        lines = lines_of(report.document.text)
        return [diagnostic(f, lines, self.link(project, f.rule), self.client, project) for f in report.findings]
