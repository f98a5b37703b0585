"""What is to be checked next, and what the client has of what was found.

Everything runs on the event loop of the one thread. A check blocks it, but after each one the loop takes what has come
in meanwhile, so that the newest text is checked next and no other is published; a thread beside it would make a change
wait for the interpreter lock up to 110 ms, and a process, which would not, is not needed before types take long.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from typing import Any

from apitfall import loading
from apitfall.engine import Report
from apitfall.lsp.client import Client
from apitfall.lsp.connection import Connection
from apitfall.lsp.convert import diagnostic, lines_of, uri_of
from apitfall.lsp.projects import OpenDocument, Project, breathe, read_ahead
from apitfall.registry import RulePackage

log = logging.getLogger(__name__)


class Checks:
    """What to check next, oldest wish first.

    Open documents without types; when none is left of these, with them; when none is left of these either, files that
    are not open.
    """

    def __init__(self, client: Client, packages: Sequence[RulePackage], connection: Connection) -> None:
        self.client = client
        self.packages = packages
        self.connection = connection
        self.plain: dict[OpenDocument, None] = {}
        self.typed: dict[OpenDocument, None] = {}
        self.closed: dict[tuple[Project, str], None] = {}
        self.wanted = asyncio.Event()

    def want(self, document: OpenDocument) -> None:
        """A document has a new text, and its project with it."""
        self.plain[document] = None
        self.typed = {document: None, **self.typed}
        self.recheck(document.project)

    def forget(self, document: OpenDocument) -> None:
        self.plain.pop(document, None)
        self.typed.pop(document, None)

    def drop(self, project: Project) -> None:
        """Nothing is wanted of a project any more."""
        self.show_closed(project, ())
        self.closed = {wish: None for wish in self.closed if wish[0] is not project}

    def clear(self) -> None:
        self.plain.clear()
        self.typed.clear()
        self.closed.clear()

    def recheck(self, project: Project) -> None:
        """Ask for every open document of a project, whose findings a change in one file may have changed."""
        self.typed.update(dict.fromkeys(project.open.values()))
        if (project.config.workspace_diagnostics or project.is_whole) and project.file is None:
            paths = [path for path in project.workspace.paths() if path not in project.open]
            self.closed.update({(project, path): None for path in paths})
            self.show_closed(project, paths)
        elif project.shown:
            self.show_closed(project, ())
        self.wanted.set()

    def show_closed(self, project: Project, paths: Iterable[str]) -> None:
        """Take back what the client has of files that are none of these."""
        for path in project.shown.keys() - set(paths):
            if project.shown.pop(path) and path not in project.open:
                self.connection.publish(uri_of(path), None, [])

    async def run(self) -> None:
        """Check what is wanted, for as long as the session lasts."""
        while True:
            await self.wanted.wait()
            self.wanted.clear()
            while self.plain or self.typed or self.closed:
                try:
                    await self.check_next()
                except Exception:
                    log.exception("something could not be checked")

    async def check_next(self) -> None:
        queue = self.plain or self.typed
        if queue:
            document = next(iter(queue))
            del queue[document]
            await self.check(document, typed=queue is self.typed)
        else:
            project, path = wish = next(iter(self.closed))
            del self.closed[wish]
            await self.check_closed(project, path)

    async def check(self, document: OpenDocument, *, typed: bool) -> None:
        """Check a document and publish what was found, unless a newer text has come in meanwhile."""
        project = document.project
        await read_ahead(project.workspace)
        version, started = document.version, time.monotonic()
        if document.project is not project or not document.is_in_project:
            return
        report = project.workspace.check(document.path, types=typed) if project.is_awake() else None
        diagnostics = self.diagnostics(project, report) if report is not None and report.findings else []
        taken = 1000 * (time.monotonic() - started)
        self.connection.trace(
            f"checked {document.uri}, version {version}, {'with' if typed else 'without'} types",
            f"{len(diagnostics)} findings in {taken:.1f} ms",
        )
        await breathe()
        if document.project is not project or not document.is_in_project or document.version != version:
            return
        document.report = report
        if document.published != (version, diagnostics):
            document.published = (version, diagnostics)
            self.connection.publish(document.uri, version, diagnostics)

    async def check_closed(self, project: Project, path: str) -> None:
        await read_ahead(project.workspace)
        if path not in project.open and project.workspace.document(path) is not None and project.is_awake():
            diagnostics = self.diagnostics(project, project.workspace.check(path))
            if diagnostics != project.shown.get(path, []):
                project.shown[path] = diagnostics
                self.connection.publish(uri_of(path), None, diagnostics)
        await breathe()

    def diagnostics(self, project: Project, report: Report) -> list[dict[str, Any]]:
        lines = lines_of(report.document.text)
        return [diagnostic(f, lines, self.link(project, f.rule), self.client, project) for f in report.findings]

    def link(self, project: Project, rule: str) -> str:
        """The address of a rule's page."""
        return loading.page_url(self.packages, project.workspace.config, rule)
