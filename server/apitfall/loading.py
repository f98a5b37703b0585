"""From paths to workspaces: what the command line and the language server both do before they can check anything."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from apitfall import config as configuration
from apitfall import environment, files, registry
from apitfall.config import Config
from apitfall.engine import Workspace
from apitfall.environment import Environment
from apitfall.inference import JediOracle
from apitfall.project import Version
from apitfall.registry import RulePackage
from apitfall.text import Document


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
    """Read a project.

    A `given` file belongs to it whatever it leaves out, and a given folder that it leaves out is looked into. Given
    files that lie in no project are read without their neighbours: their folder may be a home directory. `texts` stand
    in for what is on disk.
    """
    given = tuple(given)
    exclude = excluded(config, packages)
    is_project = not given or root in given or any(os.path.lexists(root / mark) for mark in files.ROOT_MARKS)
    listing = files.python_files(root, exclude, config.below) if is_project else files.Listing((), ())
    listed = dict.fromkeys(listing.files)
    for path in given:
        if not path.is_dir():
            listed[path] = None
        elif path != root and not any(file.is_relative_to(path) for file in listed):
            listed.update(dict.fromkeys(files.python_files(path, exclude).files))
    documents: list[Document] = []
    unreadable: dict[Path, str] = {}
    for path in listed:
        try:
            text = texts[path] if path in texts else files.read(path)
            documents.append(Document(path.as_posix(), None, text))
        except files.Unreadable as error:
            unreadable[path] = str(error)
    found = environment.find(root, config.environment, environ)
    versions = environment.versions(root, found)
    workspace = Workspace(root.as_posix(), packages, config, versions)
    for document in documents:
        workspace.update(document)
    wake(workspace, found)
    return Loaded(workspace, found, versions, listing.left_out, unreadable)


def wake(workspace: Workspace, found: Environment) -> None:
    """Give a project its types once there is something to check, and an environment to take them from."""
    if workspace.oracle is None and found.site_packages and workspace.awake:
        folders = [folder.as_posix() for folder in found.site_packages]
        roots = [source.as_posix()] if (source := Path(workspace.root, "src")).is_dir() else []
        workspace.oracle = JediOracle(workspace.root, folders, roots, workspace.symbol)


def excluded(config: Config, packages: Sequence[RulePackage]) -> list[str]:
    """The globs of what is left out: the project's choice, or that of the rule packages, and what it adds."""
    default = [glob for package in packages for glob in package.exclude]
    return [*(default if config.exclude is None else config.exclude), *config.extend_exclude]


def page_url(packages: Sequence[RulePackage], config: Config, rule: str) -> str:
    """Where a rule's page is to be read: the installed file, or the same name below the setting `docs-url`."""
    page = registry.page(packages, rule)
    return page.as_uri() if config.docs_url is None else f"{config.docs_url.rstrip('/')}/{page.name}"
