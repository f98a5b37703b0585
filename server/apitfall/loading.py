"""From paths to workspaces: what the command line and the language server both do before they can check anything."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from apitfall import config as configuration
from apitfall import environment, files, readers, registry
from apitfall.cache import Cache, facts_key
from apitfall.config import Config
from apitfall.dependencies import read_toml, table
from apitfall.engine import Workspace
from apitfall.environment import Environment
from apitfall.facts import ModuleFacts, pack, unpack
from apitfall.project import Version
from apitfall.readers import ReaderEnded, Readers
from apitfall.registry import RulePackage
from apitfall.text import Document
from apitfall.wire import Sources

log = logging.getLogger("apitfall")

CACHED = 0.1  # the part of a reading's time that it takes to look into the cache
HELD = 20_000  # lines of which what was parsed is held until rules run on it; of all it would take gigabytes


@dataclass(frozen=True)
class Loaded:
    """A project that was read, and what there is to say about the reading.

    `left_out` are files and folders with the reason why they are no part of it; `unreadable` gives for a file that
    should be part of it a sentence that says why it could not be read.
    """

    workspace: Workspace
    environment: Environment
    versions: Mapping[str, Version]
    left_out: tuple[tuple[Path, str], ...]
    unreadable: Mapping[Path, str]

    def leaves_out(self, path: Path) -> bool:
        """Whether a file, or a folder that it lies in, is left out."""
        return not self._left_out.isdisjoint((path, *path.parents))

    @cached_property
    def sources(self) -> Sources | None:
        """Where its types are to be looked for; None without an environment."""
        root, found = self.workspace.root, self.environment.site_packages
        roots = (f"{root}/src",) if Path(root, "src").is_dir() else ()
        return Sources(root, tuple(folder.as_posix() for folder in found), roots) if found else None

    @cached_property
    def _left_out(self) -> frozenset[Path]:
        return frozenset(path for path, _ in self.left_out)


def projects(paths: Iterable[Path]) -> dict[Path, list[Path]]:
    """The absolute paths under the root of the project that each lies in."""
    out: dict[Path, list[Path]] = {}
    for path in paths:
        out.setdefault(files.project_root(path), []).append(path)
    return out


def settings(root: Path, packages: Sequence[RulePackage], client: Config | None = None) -> tuple[Config, str]:
    """The settings of a project and the name of the file that they come from, empty where no file has any.

    The nearest file that has any counts whole: that of the project, or of a folder around it in the same git work tree.
    It wins over what the `client` set, but for the environment, which is a matter of the machine. Raises `ConfigError`
    for settings that cannot be taken, `Unreadable` for a file that cannot be read.
    """
    client = client or Config()
    options = registry.options(packages)
    for folder in (root, *files.folders_above(root)):
        found = files.settings(folder)
        read = configuration.read(found[1], found[0], options) if found is not None else None
        if found is not None and read is not None:
            own = read.environment
            if own is not None and folder != root:
                own = environment.expand(folder, own, os.environ).as_posix()
            below = "" if folder == root else f"{root.relative_to(folder).as_posix()}/"
            name = found[0] if folder == root else (folder / found[0]).as_posix()
            return replace(read, environment=client.environment or own, below=below), name
    return client, ""


def load(
    root: Path,
    packages: Sequence[RulePackage],
    config: Config,
    environ: Mapping[str, str],
    given: Iterable[Path] = (),
    texts: Mapping[Path, str] = {},
) -> Loaded:
    """The project with its texts; what they say is read when it is needed.

    A `given` file belongs to it whatever it leaves out, and a given folder that it leaves out is looked into. Given
    files that lie in no project are read without their neighbours: their folder may be a home directory. `texts` stand
    in for what is on disk.
    """
    reading = Reading(root, packages, config, environ, given, texts)
    for _ in reading.steps():
        pass
    loaded = reading.loaded()
    wake(loaded)
    return loaded


class Reading:
    """The taking in of a project as `load` does it, in steps between which other things can be done.

    `count` is the number of its files, known after the first step.
    """

    def __init__(
        self,
        root: Path,
        packages: Sequence[RulePackage],
        config: Config,
        environ: Mapping[str, str],
        given: Iterable[Path] = (),
        texts: Mapping[Path, str] = {},
    ) -> None:
        self.root = root
        self.config = config
        self.given = tuple(given)
        self.texts = texts
        self.count = 0
        self._environment = environment.find(root, config.environment, environ)
        self._versions = environment.versions(root, self._environment)
        self._workspace = Workspace(root.as_posix(), packages, config, self._versions)
        self._left_out: tuple[tuple[Path, str], ...] = ()
        self._unreadable: dict[Path, str] = {}

    def steps(self) -> Iterator[float]:
        """Take in its texts; each step takes about as long as one file does, and gives the part of them that is done."""
        paths = self._listed()
        self.count = len(paths)
        yield 0
        for number, path in enumerate(paths, 1):
            try:
                text = self.texts[path] if path in self.texts else files.read(path)
                self._workspace.update(Document(path.as_posix(), None, text))
            except files.Unreadable as error:
                self._unreadable[path] = str(error)
            yield number / self.count

    def _listed(self) -> Sequence[Path]:
        root, given, packages = self.root, self.given, self._workspace.packages
        is_project = not given or root in given or any(os.path.lexists(root / mark) for mark in files.ROOT_MARKS)
        listing = list_files(root, packages, self.config) if is_project else files.Listing((), ())
        self._left_out = listing.left_out
        listed = dict.fromkeys(listing.files)
        for path in given:
            if not path.is_dir():
                listed[path] = None
            elif path != root and not any(file.is_relative_to(path) for file in listed):
                listed.update(dict.fromkeys(files.python_files(path, excluded(self.config, packages)).files))
        return list(listed)

    def loaded(self) -> Loaded:
        """The project with the files that were taken in."""
        return Loaded(self._workspace, self._environment, self._versions, self._left_out, self._unreadable)


Waiting = Future[list[bytes]] | None


def read_facts(workspace: Workspace, cache: Cache | None, *, nice: bool) -> Generator[tuple[float, Waiting]]:
    """Read what the index needs to know of the files, so that no question to it takes long.

    It is taken out of the cache; else it is read here, one file a step, or by several processes where that is worth
    starting them, `nice` ones in a server. Each step gives the part of the whole that is done, and, where there is nothing
    to do here, what is to be waited for. The processes are ended with the steps, closed early or not.
    """
    unread = workspace.unread()
    left: list[Document] = []
    for number, path in enumerate(unread, 1):
        document = workspace.document(path)
        if document is not None:
            facts = kept(cache, document) if workspace.may_learn(path) else None
            if facts is None:
                left.append(document)
            elif workspace.document(path) is document:
                workspace.learn(path, facts)
        yield CACHED * number / len(unread), None
    count = readers.processors()
    closed = [document for document in left if document.version is None]
    if count > 1 and sum(document.text.count("\n") for document in closed) >= readers.WORTH:
        for share, waiting in read_by_others(workspace, cache, closed, count, nice=nice):
            yield CACHED + (1 - CACHED) * share, waiting
        still = {*workspace.unread()}
        left = [document for document in left if document.path in still]
    lines = 0
    for number, document in enumerate(left, 1):
        if workspace.document(document.path) is document:
            if document.version is not None:
                workspace.read(document.path)
            elif nice or lines > HELD:
                take(workspace, cache, document, readers.read(document.text))
            else:
                lines += document.text.count("\n")
                keep(cache, document, workspace.read(document.path))
        yield CACHED + (1 - CACHED) * number / len(left), None


def read_all(workspace: Workspace, cache: Cache | None) -> None:
    """The same for somebody who has nothing else to do."""
    for _, waiting in read_facts(workspace, cache, nice=False):
        if waiting is not None:
            wait([waiting])


def read_by_others(
    workspace: Workspace, cache: Cache | None, documents: Sequence[Document], count: int, *, nice: bool
) -> Iterator[tuple[float, Waiting]]:
    """The same by so many processes; what was given to one that ended over it is left."""
    batches = deque(in_batches(documents))
    total, asked = len(batches), deque[tuple[list[Document], Future[list[bytes]]]]()
    others = Readers(count, nice=nice)
    was_said = False
    try:
        while batches or asked:
            while batches and len(asked) < 2 * count:
                batch = batches.popleft()
                asked.append((batch, others.read([document.text for document in batch])))
            batch, future = asked.popleft()
            yield (total - len(batches) - len(asked) - 1) / total, future
            try:
                answers = future.result()
            except ReaderEnded:
                if not was_said:
                    log.warning("A process that read files has ended; what it was given is read here.")
                was_said = True
                continue
            for document, packed in zip(batch, answers, strict=True):
                take(workspace, cache, document, packed)
                yield (total - len(batches) - len(asked) - 1) / total, None
    finally:
        others.close()


def in_batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """The documents in groups that are worth a turn of a process, a large one alone."""
    batch: list[Document] = []
    size = 0
    for document in documents:
        if batch and size + document.lines.size > readers.BATCH:
            yield batch
            batch, size = [], 0
        batch.append(document)
        size += document.lines.size
    if batch:
        yield batch


def kept(cache: Cache | None, document: Document) -> ModuleFacts | None:
    """The facts of a document that the cache has."""
    packed = cache.get(facts_key(document.text)) if cache is not None else None
    try:
        return None if packed is None else unpack(packed)
    except ValueError:
        return None


def take(workspace: Workspace, cache: Cache | None, document: Document, packed: bytes) -> None:
    """Let a workspace know the facts of a document, and keep them."""
    if workspace.document(document.path) is document:
        workspace.learn(document.path, unpack(packed))
    if cache is not None:
        cache.put(facts_key(document.text), packed)


def keep(cache: Cache | None, document: Document, facts: ModuleFacts) -> None:
    if cache is not None:
        cache.put(facts_key(document.text), pack(facts))


def list_files(root: Path, packages: Sequence[RulePackage], config: Config) -> files.Listing:
    """The files of a project, and what it leaves out."""
    return files.python_files(root, excluded(config, packages), config.below)


def wake(loaded: Loaded) -> None:
    """Give a project its types, to be asked for in this process."""
    where = loaded.sources
    if where is not None and loaded.workspace.awake:
        from apitfall.inference import JediOracle  # a server does not need it

        workspace = loaded.workspace
        workspace.oracle = JediOracle(where.root, where.site_packages, where.roots, workspace.symbol)


def asked_ahead(workspace: Workspace) -> list[str]:
    """The names of the project's dependencies that rule packages ask about most."""
    names = [name for package in workspace.packages for name in package.ahead]
    return [name for name in names if name.partition(".")[0].partition(":")[0] in workspace.versions]


def excluded(config: Config, packages: Sequence[RulePackage]) -> list[str]:
    """The globs of what is left out: the project's choice, or that of the rule packages, and what it adds."""
    default = [glob for package in packages for glob in package.exclude]
    return [*(default if config.exclude is None else config.exclude), *config.extend_exclude]


def application(root: str, packages: Sequence[RulePackage]) -> str | None:
    """What the pyproject.toml of a project names as its application, in one of the places that rule packages know."""
    tool = table(read_toml(Path(root, "pyproject.toml")), "tool")
    for *tables, key in (package.application for package in packages if package.application):
        name = table(tool, *tables).get(key)
        if isinstance(name, str):
            return name
    return None


def page_url(packages: Sequence[RulePackage], config: Config, rule: str) -> str:
    """Where a rule's page is to be read: the installed file, or the same name below the setting `docs-url`."""
    page = registry.page(packages, rule)
    return page.as_uri() if config.docs_url is None else f"{config.docs_url.rstrip('/')}/{page.name}"
