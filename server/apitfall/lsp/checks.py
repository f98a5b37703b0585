"""What is to be checked next, and what the client has of what was found.

Everything runs on the event loop of the one thread. A check blocks it, but after each one the loop takes what has come
in meanwhile, so that the newest text is checked next and no other is published. What takes longer, to find out types
that the code does not say, is asked of another process (`oracle`): what a check finds without it is published at once,
and what more its answers show after that. A thread would make a change wait for the interpreter lock, up to 110 ms.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import aclosing
from typing import Any

from apitfall import loading, reports
from apitfall.cache import Cache
from apitfall.checked import Report
from apitfall.lsp.client import Client
from apitfall.lsp.connection import Connection
from apitfall.lsp.convert import Said, diagnostic, related_information, uri_of
from apitfall.lsp.diagnostics import Diagnostics
from apitfall.lsp.item import Item
from apitfall.lsp.oracle import Oracle
from apitfall.lsp.projects import SLICE, OpenDocument, Project, breathe, in_slices, read_ahead
from apitfall.registry import RulePackage
from apitfall.rule import Finding
from apitfall.suppress.states import steps_to_states
from apitfall.text import Lines

log = logging.getLogger(__name__)

# Seconds without a change until what can wait is done: files that are not open, and what does not parse cut once more.
QUIET = 0.3
# While answers about types come in, what these show in other documents takes one part of the time and leaves so many.
REST, LONGEST_REST = 4, 1.0
HAND_OVER = 0.002  # seconds in which whoever reads a publish may have the processor, before what was put off is done
IDLE = 3.0  # seconds with nothing to do until something is done that nobody could interrupt


class Checks:
    """What to check next, oldest wish first.

    Open documents; when none is left of these, and nobody is typing, those that are to be `settled`: what does not
    parse is cut once more, and answers about types that may be outdated are asked for again; when none is left of these
    either, files that are not open. `quiet` are the seconds without a change after which nobody is typing.
    """

    def __init__(
        self,
        client: Client,
        packages: Sequence[RulePackage],
        connection: Connection,
        found: Diagnostics,
        cache: Cache | None,
    ) -> None:
        self.client = client
        self.packages = packages
        self.connection = connection
        self.found = found
        self.cache = cache
        self.current: OpenDocument | tuple[Project, str] | None = None  # what is being checked, but for types
        self.plain: dict[OpenDocument, None] = {}
        self.unsettled: dict[OpenDocument, None] = {}
        self.unparsed: dict[OpenDocument, None] = {}  # of which chunks may be left that nobody has looked into
        self.kept: set[OpenDocument] = set()  # whose findings were kept when they were opened, if they could be
        self.foretold: set[OpenDocument] = set()  # whose diagnostics are kept ones, and which are to be checked at rest
        self.latest: OpenDocument | None = None  # whose text is the newest
        self.looked_at: Lines | None = None  # the text that was read ahead
        self.oracle = Oracle(self.told, lambda: self.latest, cache)
        self.closed: dict[tuple[Project, str], None] = {}
        self.unlisted: dict[Project, None] = {}  # whose files that are not open are to be asked for
        self.links: dict[tuple[str | None, str], str] = {}  # a thousand findings have few rules
        self.wanted = asyncio.Event()
        self.at_rest: Callable[[], None] = lambda: None  # called when nothing is left to do, and nobody is typing
        self.when_idle: Callable[[], None] = lambda: None  # called when that was so for some seconds
        self.quiet = QUIET
        self.quiet_from = self.rest_until = 0.0
        self.timer: asyncio.TimerHandle | None = None

    def put_off(self) -> None:
        """Somebody is typing: what is not to be said at once has time."""
        self.quiet_from = time.monotonic() + self.quiet

    def want(self, document: OpenDocument) -> None:
        """A document has a new text, and its project with it."""
        self.plain[document] = None
        self.latest = document
        self.unsettled = {document: None, **self.unsettled}
        self.recheck(document.project)

    def forget(self, document: OpenDocument) -> None:
        for queue in (self.plain, self.unsettled, self.unparsed):
            queue.pop(document, None)
        self.foretold.discard(document)
        self.kept.discard(document)
        if self.latest is document:
            self.latest = self.looked_at = None
        self.found.wake()

    def is_wanted(self, document: OpenDocument) -> bool:
        """Whether a document has a text that was not checked yet."""
        return document in self.plain or document is self.current

    def look(self, document: OpenDocument) -> None:
        """Check what was put off: somebody asks for more than the diagnostics, which were kept."""
        if document in self.foretold and document not in self.plain and document.is_in_project:
            self.foretold.discard(document)
            document.report = document.project.workspace.check(document.path, types=False)

    def is_settled(self) -> bool:
        """Whether nothing is left to check but open documents, for types."""
        return not (self.plain or self.unlisted or self.closed or self.current)

    def drop(self, project: Project) -> None:
        """Nothing is wanted of a project any more."""
        self.show_closed(project, ())
        self.unlisted.pop(project, None)
        self.closed = {wish: None for wish in self.closed if wish[0] is not project}
        self.oracle.forget(project)

    def clear(self) -> None:
        noted = (self.plain, self.unsettled, self.unparsed, self.foretold, self.kept, self.closed, self.unlisted)
        for each in (*noted, self.oracle):
            each.clear()

    def recheck(self, project: Project) -> None:
        """Ask for every open document of a project, whose findings a change in one file may have changed."""
        self.unsettled.update(dict.fromkeys(project.open.values()))
        self.unlisted[project] = None
        self.wanted.set()

    def go_on(self, document: OpenDocument) -> None:
        """Take up what was put off behind the publish of a document."""
        if document.is_in_project:
            self.plain[document] = None
            self.wanted.set()

    def told(self, project: Project, path: str, keys: Collection[str]) -> None:
        """Some questions about types have been answered, which were asked about a file, and perhaps about others."""
        for document in project.open.values():
            if document.path == path or not document.asks().isdisjoint(keys):
                # A key is not to wait for what is shown in other documents.
                (self.plain if document is self.latest else self.unsettled)[document] = None
        if path not in project.open:
            self.closed[project, path] = None
        self.wanted.set()

    def list_closed(self, project: Project) -> None:
        """Ask for the files of a project that are not open, if they are wanted."""
        is_wanted = (project.config.workspace_diagnostics or project.is_whole) and project.file is None
        paths = [path for path in project.workspace.paths() if path not in project.open] if is_wanted else []
        self.closed.update({(project, path): None for path in paths})
        self.show_closed(project, paths)

    def show_closed(self, project: Project, paths: Iterable[str]) -> None:
        """Take back what the client has of files that are none of these."""
        for path in project.shown.keys() - set(paths):
            if project.shown.pop(path) and path not in project.open:
                self.found.publish(uri_of(path), None, [])

    async def run(self) -> None:
        """Check what is wanted, for as long as the session lasts."""
        asking = asyncio.ensure_future(self.oracle.run())
        try:
            while True:
                await self.until_wanted()
                self.wanted.clear()
                while self.plain or ((self.unlisted or self.unsettled or self.closed) and self.is_quiet()):
                    try:
                        await self.check_next()
                    except Exception:
                        log.exception("something could not be checked")
                    finally:
                        self.current = None
                        self.found.wake()
                self.found.refresh()
                if not (self.unlisted or self.unsettled or self.closed):
                    self.at_rest()
                    await self.look_ahead()
                    await self.parse_ahead()
        finally:
            asking.cancel()
            await asyncio.wait([asking])

    async def until_wanted(self) -> None:
        idle = asyncio.get_running_loop().call_later(IDLE, self.when_idle)
        try:
            await self.wanted.wait()
        finally:
            idle.cancel()

    async def look_ahead(self) -> None:
        """Read ahead what a code action asks for, which of a text takes long for the first time alone."""
        report = self.latest.report if self.latest is not None else None
        if report is not None and report.document.lines is not self.looked_at:
            self.looked_at = report.document.lines
            async for _ in in_slices(steps_to_states(self.looked_at)):
                if self.wanted.is_set():
                    self.looked_at = None
                    break

    async def parse_ahead(self) -> None:
        """Parse what nobody has looked into yet of open documents, until something is wanted: a key is not to wait for it."""
        while self.unparsed and not self.wanted.is_set() and self.is_past(self.quiet_from):
            document = next(iter(self.unparsed))
            workspace = document.project.workspace if document.is_in_project and document.project.is_awake() else None
            end = time.monotonic() + SLICE
            while workspace is not None and time.monotonic() < end:
                if not workspace.read_ahead(document.path):
                    workspace = None
            if workspace is None:
                del self.unparsed[document]
            await breathe()

    def is_quiet(self) -> bool:
        """Whether nobody is typing, and what types show in other documents has had its rest."""
        is_resting = self.oracle.is_busy and not (self.unlisted or self.closed)
        return self.is_past(max(self.quiet_from, self.rest_until if is_resting else 0.0))

    def is_past(self, moment: float) -> bool:
        """Whether a moment is over; if not, what is left to do is looked at again then."""
        left = moment - time.monotonic()
        if self.timer is not None:
            self.timer.cancel()
        self.timer = asyncio.get_running_loop().call_later(left, self.wanted.set) if left > 0 else None
        return left <= 0

    async def check_next(self) -> None:
        if not self.plain:
            for project in self.unlisted:
                self.list_closed(project)
            self.unlisted.clear()
        queue = self.plain or self.unsettled
        if queue:
            document = next(iter(queue))
            del queue[document]
            self.current = document if queue is self.plain else None
            started, settle = time.monotonic(), queue is self.unsettled
            await self.check(document, settle=settle)
            if settle:
                self.rest_until = (now := time.monotonic()) + min(REST * (now - started), LONGEST_REST)
        elif self.closed:
            project, path = self.current = wish = next(iter(self.closed))
            del self.closed[wish]
            await self.check_closed(project, path)

    async def check(self, document: OpenDocument, *, settle: bool) -> None:
        """Check a document and publish what was found, unless a newer text has come in meanwhile.

        What is to be `settled` waits for documents that have a newer text, and goes on behind them.
        """
        project = document.project
        if not settle and document.published is None:
            if self.foretell(document):
                return
            project.workspace.put_off_types(document.path)
        version, started = document.version, time.monotonic()

        def is_over() -> bool:
            return not document.is_at(project, version) or self.is_other_first(settle=settle)

        with reports.Unsaid() as unsaid:
            report = await self.report(project, document.path, is_over, types=settle)
        if is_over():
            if document.is_at(project, version):
                self.put_behind(document, settle=settle)
            return
        said = self.said(document, report) if report is not None and report.findings else None
        diagnostics: list[dict[str, Any]] = [*said.items] if said is not None else []
        types = "without all types" if report is not None and report.questions else "with types"
        self.connection.trace(
            f"checked {document.uri}, version {version}, {types}{', at rest' if settle else ''}",
            f"{len(diagnostics)} findings in {1000 * (time.monotonic() - started):.1f} ms",
        )
        key = self.key_to_keep(document) if report is not None and not unsaid.was_said else None
        await breathe(self.connection.has_news)
        if not document.is_at(project, version):
            return
        if report is not None and project.workspace.document(document.path) is not report.document:
            self.put_behind(document, settle=settle)  # meanwhile fixes were tried out, and taken back
            return
        document.report, document.said = report, said
        self.foretold.discard(document)
        if document.published != (version, diagnostics):
            document.published = (version, diagnostics)
            self.found.publish(document.uri, version, diagnostics)
        if report is not None:
            if self.cache is not None and key is not None:
                reports.keep_one(self.cache, key, report)
                loading.keep(self.cache, report.document, project.workspace.read(document.path))
            if project.workspace.take_up_types(document.path):
                asyncio.get_running_loop().call_later(HAND_OVER, self.go_on, document)
            self.unparsed[document] = None
            self.oracle.begin(project)
            self.ask(project, report, is_open=True)

    async def report(self, project: Project, path: str, is_over: Callable[[], bool], *, types: bool) -> Report | None:
        """What the rules say of a file, found in slices; None if it is over before, or where there is nothing to check."""
        await read_ahead(project.workspace, self.cache)
        steps = () if is_over() or not project.is_awake() else project.workspace.steps(path, types=types)
        report: Report | None = None
        async with aclosing(in_slices(steps, self.connection.has_news)) as found:
            async for step in found:
                if is_over():
                    return None
                report = step
        return report

    def is_other_first(self, *, settle: bool) -> bool:
        """Whether a newer text is to be checked first; before another newer one as well, if somebody is typing in it."""
        if settle:
            return bool(self.plain)
        return self.latest is not None and self.latest.published is not None and self.latest in self.plain

    def put_behind(self, document: OpenDocument, *, settle: bool) -> None:
        """Let the check of a document go on when that of others is done."""
        if settle:
            self.unsettled = {document: None, **self.unsettled}
        else:
            self.plain[document] = None

    def foretell(self, document: OpenDocument) -> bool:
        """Publish what was found the last time in the same text of a project that is the same, if that is kept."""
        project = document.project
        if self.cache is None or not project.is_awake():
            return False
        report = reports.find_one(self.cache, project.workspace, document.path)
        if report is None:
            return False
        self.foretold.add(document)
        document.published = document.version, self.diagnostics(project, report)
        self.found.publish(document.uri, *document.published)
        return True

    def key_to_keep(self, document: OpenDocument) -> str | None:
        """Under which to keep what was found in a document that was just opened, if no types show in it, and it is not."""
        workspace = document.project.workspace
        is_first, self.kept = document not in self.kept | self.foretold, self.kept | {document}
        is_kept = self.cache is not None and is_first and workspace.is_untyped(document.path)
        return reports.key_for_one(workspace, document.path) if is_kept else None

    def ask(self, project: Project, report: Report, *, is_open: bool) -> asyncio.Future[bool] | None:
        """Have the questions of a report answered, if it is of the text as it is now and has any."""
        if not report.questions or project.workspace.document(report.document.path) is not report.document:
            return None
        return self.oracle.want(project, report.document, report.questions, is_open=is_open)

    async def complete(self, project: Project, path: str) -> None:
        """See to it that the types in a file are known, as far as anybody can tell them."""
        workspace = project.workspace
        while report := await self.report(project, path, lambda: workspace.document(path) is None, types=True):
            asked = self.ask(project, report, is_open=False)
            if asked is None or not await asked:
                break

    async def check_closed(self, project: Project, path: str) -> None:
        def is_wrong() -> bool:
            return path in project.open or project.workspace.document(path) is None

        def is_over() -> bool:
            return is_wrong() or self.is_other_first(settle=True)

        report = await self.report(project, path, is_over, types=True)
        if report is not None:
            diagnostics = self.diagnostics(project, report)
            if diagnostics != project.shown.get(path, []):
                project.shown[path] = diagnostics
                self.found.publish(uri_of(path), None, diagnostics)
            self.ask(project, report, is_open=False)
        elif not is_wrong() and project.is_awake():
            self.closed[project, path] = None
        await breathe()

    def said(self, document: OpenDocument, report: Report) -> Said:
        """The diagnostics of an open document, of which those stay that are what they were."""
        project, before, lines = document.project, document.said, report.document.lines
        under = project.workspace.config

        def make(finding: Finding) -> Item:
            return diagnostic(finding, lines, self.link(project, finding.rule), self.client, project)

        if before is None or before.under is not under:
            items = [*map(make, report.findings)]
        else:
            items = before.later(lines, report.findings, make, lambda f: related_information(f, self.client, project))
        return Said(under, lines, report.findings, items)

    def diagnostics(self, project: Project, report: Report) -> list[dict[str, Any]]:
        client, lines = self.client, report.document.lines
        return [diagnostic(f, lines, self.link(project, f.rule), client, project) for f in report.findings]

    def link(self, project: Project, rule: str) -> str:
        """The address of a rule's page."""
        key = ((config := project.workspace.config).docs_url, rule)
        if key not in self.links:
            self.links[key] = loading.page_url(self.packages, config, rule)
        return self.links[key]
