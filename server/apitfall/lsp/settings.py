"""The settings that hold for a project: what its files say, what the client set, and what is wrong with either."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from lsprotocol import types

from apitfall import config, files, loading, registry
from apitfall.config import Config, ConfigError, Problem
from apitfall.lsp.buffer import Buffer
from apitfall.lsp.client import Client
from apitfall.lsp.convert import path_of, plain_range, uri_of
from apitfall.registry import RulePackage
from apitfall.text import Lines

SECTION = "apitfall"
CODE = "configuration"
WHERE = "the settings of the editor"

EXTENSIONS_OWN = {
    "enable": "whether an extension starts the server",
    "importStrategy": "which of two installed servers an extension starts",
    "interpreter": "the Python that an extension starts the server with",
    "path": "the server's executable, for an extension to start",
    "args": "the arguments that an extension starts the server with",
    "trace": "what an extension shows of the messages between it and the server",
    "showNotifications": "which of the server's messages an extension shows",
}
"""Settings under our name that are for an editor's extension, each with what it is there for; they are passed over."""


def registration() -> types.Registration:
    options = types.DidChangeConfigurationRegistrationOptions(SECTION)
    return types.Registration("settings", types.WORKSPACE_DID_CHANGE_CONFIGURATION, options)


class ClientSettings:
    """What the client set, for all projects or, where it can be asked, for each.

    Settings that cannot be taken are told with `complain`, each problem once a change, and those before them stay.
    """

    def __init__(self, packages: Sequence[RulePackage], complain: Callable[[str], None]) -> None:
        self.rules = registry.options(packages)
        self.complain = complain
        self.pushed: Config | None = None
        self.pulled: dict[Path | None, Config | None] = {}
        self.said: set[str] = set()

    def of(self, root: Path | None) -> Config:
        """The settings for a project; None stands for what lies in no project."""
        return self.pulled.get(root) or self.pushed or Config()

    def push(self, value: object) -> None:
        """Settings that came without having been asked for."""
        self.said.clear()
        self.pushed = self.taken(section(value), self.pushed)

    def pull(self, answers: Mapping[Path | None, object]) -> None:
        """What the client answered when it was asked for the section; null is no answer."""
        self.said.clear()
        for root, value in answers.items():
            self.pulled[root] = self.taken(value, self.pulled.get(root))

    def taken(self, value: object, before: Config | None) -> Config | None:
        found = without_nulls(value)
        if found is None:
            return None
        try:
            if not isinstance(found, dict):
                raise ConfigError(WHERE, [Problem((), f"`{SECTION}` must be a table of settings, not {found!r}")])
            table = {key: item for key, item in cast("dict[str, object]", found).items() if key not in EXTENSIONS_OWN}
            return config.from_table(table, WHERE, self.rules)
        except ConfigError as error:
            new = [problem.message for problem in error.problems if problem.message not in self.said]
            self.said.update(new)
            for message in new:
                self.complain(f"{WHERE}: {message} (the settings as they were before this change stay in force)")
            return before


def section(value: object) -> object:
    """Our part of what a client pushed: what stands under our name, or all of it if it has our keys.

    What holds nothing but tables, none of them under a key of ours, are the sections of other servers.
    """
    if not isinstance(value, dict):
        return value
    pushed = cast("dict[str, object]", value)
    if SECTION in pushed:
        return pushed[SECTION]
    ours = {*EXTENSIONS_OWN, *(setting.name for setting in config.SETTINGS)}
    is_bare = any(key in ours or not isinstance(item, dict) for key, item in pushed.items())
    return pushed if is_bare else None


def without_nulls(value: object) -> object:
    """Null and absent both mean that something is not set."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in cast("dict[str, object]", value).items() if item is not None}
    return value


class SettingsFiles:
    """The settings files of the projects, and those that are open, with what the client has of their problems.

    What is wrong with a file is told of its text in the editor while it is open there; what holds is what is on disk.
    """

    def __init__(
        self,
        client: Client,
        packages: Sequence[RulePackage],
        publish: Callable[[str, int | None, list[dict[str, Any]]], None],
        complain: Callable[[str], None],
    ) -> None:
        self.client = client
        self.packages = packages
        self.rules = registry.options(packages)
        self.publish = publish
        self.complain = complain
        self.buffers: dict[Path, tuple[str, int, Buffer]] = {}
        self.published: dict[Path, list[dict[str, Any]]] = {}
        self.broken: set[Path] = set()

    # What is open

    def open(self, item: types.TextDocumentItem) -> None:
        path = Path(path_of(item.uri))
        self.buffers[path] = item.uri, item.version, Buffer(item.text, self.client.encoding)
        self.look(path)

    def change(self, params: types.DidChangeTextDocumentParams) -> bool:
        """Whether it was one of these."""
        path = Path(path_of(params.text_document.uri))
        if path not in self.buffers:
            return False
        uri, _, buffer = self.buffers[path]
        buffer.apply(params.content_changes)
        self.buffers[path] = uri, params.text_document.version, buffer
        self.look(path)
        return True

    def close(self, uri: str) -> bool:
        """Whether it was one of these. The text on disk counts again."""
        path = Path(path_of(uri))
        if self.buffers.pop(path, None) is None:
            return False
        self.look(path)
        return True

    # What holds

    def in_force(self, root: Path, client: Config, before: Config) -> Config:
        """The settings of a project; those `before` as long as a file of it, or around it, cannot be taken."""
        for path in settings_files(root):
            self.look(path)
            try:
                text = files.read(path)
                decides = config.read(text, path.name, self.rules) is not None
            except ConfigError as error:
                self.said(path, error.problems)
                return before
            except files.Unreadable as error:
                self.said(path, [Problem((), str(error))])
                return before
            self.broken.discard(path)
            if decides:
                break
        return loading.settings(root, self.packages, client)[0]

    def said(self, path: Path, problems: Sequence[Problem]) -> None:
        """Tell the user once that a file is broken."""
        if path in self.broken:
            return
        self.broken.add(path)
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        self.complain(f"{path}: {problems[0].message}{more}. Until this is mended, the file as it is now is not used.")

    def look_again(self, path: Path) -> None:
        """Look at a file that was changed, if anything was said of it or it is open."""
        if path in self.buffers or path in self.published:
            self.look(path)

    def look(self, path: Path) -> None:
        """Publish what is wrong with a file as it is now, and take back what is no longer wrong."""
        uri, version, buffer = self.buffers.get(path, (uri_of(path.as_posix()), None, None))
        try:
            text = files.read(path) if buffer is None else buffer.text
            problems = self.problems(path, text)
        except files.Unreadable as error:
            text, problems = "", [Problem((), str(error))] if os.path.lexists(path) else []
        if buffer is None and not problems:
            self.broken.discard(path)
        lines = Lines(text) if buffer is None else buffer.lines
        diagnostics = [
            {
                "range": plain_range(lines, config.locate(text, path.name, problem), self.client.encoding),
                "severity": int(types.DiagnosticSeverity.Error),
                "code": CODE,
                "source": "apitfall",
                "message": problem.message,
            }
            for problem in problems
        ]
        if self.published.get(path, []) != diagnostics:
            self.published[path] = diagnostics
            self.publish(uri, version, diagnostics)

    def problems(self, path: Path, text: str) -> Sequence[Problem]:
        try:
            config.read(text, path.name, self.rules)
        except ConfigError as error:
            return error.problems
        return ()


def settings_files(root: Path) -> Iterator[Path]:
    """The files that may hold the settings of a project, the one that counts first."""
    for folder in (root, *files.folders_above(root)):
        found = [folder / name for name in files.SETTINGS if os.path.lexists(folder / name)]
        yield from found[:1]
