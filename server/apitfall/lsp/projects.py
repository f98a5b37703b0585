"""Projects as a session has them: where they begin, what of them is to be read again, and which documents are open."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pygls.uris import uri_scheme

from apitfall import environment, files, loading
from apitfall.cache import Cache
from apitfall.checked import Report
from apitfall.config import Config
from apitfall.engine import Workspace
from apitfall.loading import Loaded, Reading
from apitfall.lsp import memory
from apitfall.lsp.buffer import Buffer
from apitfall.lsp.connection import Connection, Progress
from apitfall.lsp.convert import Said, path_of, uri_of
from apitfall.registry import RulePackage
from apitfall.text import Document, Lines
from apitfall.wire import Sources

log = logging.getLogger(__name__)

T = TypeVar("T")
SLICE, TURN = 0.001, 0.01  # seconds of work until messages are looked at again, and whatever else there is
WORTH_SHOWING = 50  # files; fewer are read before anybody has seen that they are


@dataclass
class Stale:
    """What of a project is to be read again: files, which files there are, and what it depends on."""

    files: set[str] = field(default_factory=set[str])
    listing: bool = False
    environment: bool = False

    def __bool__(self) -> bool:
        return bool(self.files or self.listing or self.environment)


@dataclass(eq=False)
class Project:
    """A project with the documents that are open in it, by path.

    `file` is set for a document that lies in no project and is checked without its neighbours. `found` is None until
    the project was read for the first time; what is open in it is not checked before. `stamps` are the sizes and times
    of its files as they were read. `shown` is what the client has of files that are not open; with `is_whole` that is
    kept current whatever the settings say, because it was asked for.
    """

    root: Path
    file: Path | None = None
    config: Config = field(default_factory=Config)
    found: Loaded | None = None
    open: dict[str, OpenDocument] = field(default_factory=dict[str, "OpenDocument"])
    stale: Stale = field(default_factory=Stale)
    task: asyncio.Task[None] | None = None
    stamps: dict[str, tuple[int, int] | None] = field(default_factory=dict[str, "tuple[int, int] | None"])
    shown: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, "list[dict[str, Any]]"])
    is_whole: bool = False

    @property
    def loaded(self) -> Loaded:
        assert self.found is not None, "nothing is asked of a project before it was read"
        return self.found

    @property
    def workspace(self) -> Workspace:
        return self.loaded.workspace

    @property
    def key(self) -> str:
        return (self.file or self.root).as_posix()

    def lines(self, path: str) -> Lines | None:
        document = self.workspace.document(path)
        return None if document is None else document.lines

    def uri(self, path: str) -> str:
        document = self.open.get(path)
        return uri_of(path) if document is None else document.uri

    def version(self, path: str) -> int | None:
        document = self.open.get(path)
        return None if document is None else document.version

    def place(self, path: str) -> str | None:
        """The path that the project knows a file by, which for a link is another; None for what it leaves out."""
        if not self.loaded.leaves_out(Path(path)):
            return path
        real = os.path.realpath(path)
        return real if Path(path).is_symlink() and self.workspace.document(real) is not None else None

    def is_awake(self) -> bool:
        """Whether there is anything to check."""
        return self.found is not None and self.workspace.awake

    @property
    def sources(self) -> Sources | None:
        """Where its types are to be looked for, if anywhere."""
        return None if self.found is None else self.found.sources

    def surrounds(self, path: Path) -> bool:
        return self.file is None and path.is_relative_to(self.root)


@dataclass(eq=False)
class OpenDocument:
    """`report` is what was found in the text as it is now; None until that was checked.

    `published` is the version and the diagnostics that the client has, `said` what these were last made of. `path` is what the project calls the file, which
    for a link is not the path in the URI.
    """

    uri: str
    path: str
    version: int
    buffer: Buffer
    project: Project
    report: Report | None = None
    published: tuple[int, list[dict[str, Any]]] | None = None
    said: Said | None = None
    asked: tuple[Report | None, frozenset[str]] | None = None

    def asks(self) -> frozenset[str]:
        """The keys of the questions about types that what was found in its text leaves open."""
        if self.asked is None or self.asked[0] is not self.report:
            keys = () if self.report is None else (question.key for question in self.report.questions)
            self.asked = self.report, frozenset(keys)
        return self.asked[1]

    def is_at(self, project: Project, version: int) -> bool:
        """Whether this is the version of its text that counts now, in this project."""
        return self.version == version and self.project is project and self.is_in_project

    @property
    def is_in_project(self) -> bool:
        """Whether its text is the one that counts: not if the project leaves it out, or is not read yet."""
        return self.project.open.get(self.path) is self

    @property
    def lines(self) -> Lines:
        lines = self.project.lines(self.path)
        assert lines is not None, "an open document is in its workspace"
        return lines


def home_of(uri: str, folders: Iterable[Path]) -> Project:
    """The project of a document, not read yet.

    It is the innermost one around the file, and the client's folder is the outermost that it can be. A document that
    lies in none is not checked with its neighbours: its folder may be a home directory.
    """
    file = Path(path_of(uri))
    if uri_scheme(uri) != "file" or not file.is_absolute():
        return Project(file.parent, file)
    root = files.project_root(file.parent)
    folder = max((f for f in folders if file.is_relative_to(f)), key=lambda f: len(f.parts), default=None)
    is_marked = any(os.path.lexists(root / mark) for mark in files.ROOT_MARKS)
    if is_marked and (folder is None or root.is_relative_to(folder)):
        return Project(root)
    return Project(file.parent, file) if folder is None else Project(folder)


def always() -> bool:
    return True


async def breathe(has_news: Callable[[], bool] = always) -> None:
    """Let in what has arrived, where `has_news` tells that there may be something: in the next turn of the loop we would
    come before it, so it is the one behind that in which this goes on."""
    memory.put_aside()
    if has_news():
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def in_slices(steps: Iterable[T], has_news: Callable[[], bool] = always) -> AsyncGenerator[T]:
    """The steps of some work, with the messages that come in meanwhile handled every few milliseconds, before a step is
    given: whoever takes it can tell whether the next one is still wanted.

    What does not come from the client has time where `has_news` tells that nothing else is there.
    """
    now = time.monotonic()
    end, turn = now + SLICE, now + TURN
    for step in steps:
        if (now := time.monotonic()) > end:
            await breathe(has_news if now < turn else always)
            turn = turn if now < turn else now + TURN
            end = time.monotonic() + SLICE
        yield step


async def in_turns(steps: Generator[tuple[float, loading.Waiting]]) -> AsyncGenerator[float]:
    """The same for work of which other processes do a part: while they do it, all else goes on."""
    with closing(steps):
        async for share, waiting in in_slices(steps):
            yield share
            if waiting is not None:
                await asyncio.wait([asyncio.wrap_future(waiting)])


async def read_first(
    project: Project,
    packages: Sequence[RulePackage],
    opened: Sequence[OpenDocument],
    connection: Connection,
    cache: Cache | None,
) -> None:
    """Read a project, and show how far it is. When the user cancels that, what was read until then is the project."""
    given = () if project.file is None else (project.file,)
    started = time.monotonic()
    texts = {Path(document.path): document.buffer.text for document in opened}
    reading = Reading(project.root, packages, project.config, os.environ, given, texts)
    async for _ in in_slices(reading.steps()):
        pass
    found = reading.loaded()
    for document in opened:
        if found.workspace.document(document.path) is not None:
            found.workspace.update(Document(document.path, document.version, document.buffer.lines))
    progress: Progress | None = None
    try:
        async with aclosing(in_turns(loading.read_facts(found.workspace, cache, nice=True))) as shares:
            async for share in shares:
                if progress is None and reading.count >= WORTH_SHOWING:
                    progress = connection.progress(f"apitfall: reading {project.root.name}")
                if progress is not None:
                    if progress.is_cancelled:
                        leave_rest(found.workspace)
                        break
                    progress.report(share)
    finally:
        if progress is not None:
            progress.end()
    project.found = found
    project.stamps = dict(stamps(project.workspace.paths()))
    for sentence in project.found.unreadable.values():
        log.warning("%s", sentence)
    taken = time.monotonic() - started
    connection.trace(f"read {project.key}", f"{len(project.stamps)} files in {taken:.2f} s")


def leave_rest(workspace: Workspace) -> None:
    """Do as if there was nothing but the files that are read."""
    log.warning("The reading of %s was cancelled; the files not read yet are left aside.", workspace.root)
    for path in workspace.unread():
        workspace.forget(path)


async def read_again(project: Project, stale: Stale, packages: Sequence[RulePackage]) -> None:
    """Read what is stale. The texts are taken all at once, so that no check comes upon one half of them."""
    workspace, loaded = project.workspace, project.loaded
    wanted, new = set(stale.files), set[str]()
    if stale.listing and project.file is None:
        listing = loading.list_files(project.root, packages, project.config)
        known, listed = set(workspace.paths()), {path.as_posix() for path in listing.files}
        wanted |= known ^ listed
        new = listed - project.stamps.keys()
        loaded = replace(loaded, left_out=listing.left_out)
    texts: dict[str, str | None] = {}
    async for path in in_slices(sorted(wanted)):
        texts[path] = None if loaded.leaves_out(Path(path)) else text_of(Path(path))
    if stale.environment:
        found = environment.find(project.root, project.config.environment, os.environ)
        versions = environment.versions(project.root, found)
        if (found, versions) != (loaded.environment, loaded.versions):
            loaded = replace(loaded, environment=found, versions=versions)
            workspace.depend_on(versions)
    for path, text in texts.items():
        if path not in project.open:
            take(project, path, text)
    if texts:
        workspace.asked.doubt()
    project.stamps.update(stamps(new.union(texts)))
    project.found = loaded


def take(project: Project, path: str, text: str | None) -> None:
    """Take the text of a file, or None for its end."""
    if text is None:
        project.workspace.forget(path)
    else:
        project.workspace.update(Document(path, None, text))


async def read_ahead(workspace: Workspace, cache: Cache | None) -> None:
    """Read what the next question to the index needs, in slices, so that the answer takes no long time."""
    unread = workspace.unread()
    if len(unread) == 1 and (document := workspace.document(unread[0])) is not None and document.version is not None:
        workspace.read(unread[0])  # what a key makes to be read, and nothing that could be done in slices
    elif unread:
        async with aclosing(in_turns(loading.read_facts(workspace, cache, nice=True))) as shares:
            async for _ in shares:
                pass


def text_of(path: Path) -> str | None:
    """What is on the disk; None if the file is gone or cannot be read."""
    try:
        return files.read(path)
    except files.Unreadable as error:
        if os.path.lexists(path):
            log.warning("%s", error)
        return None


def stamps(paths: Iterable[str]) -> Iterator[tuple[str, tuple[int, int] | None]]:
    for path in paths:
        yield path, stamp(path)


def stamp(path: str) -> tuple[int, int] | None:
    """The size and the time of a file; None if there is none."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
