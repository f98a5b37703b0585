"""What a change of a file means to the projects that are read, and which changes the client is asked to tell.

A client that does not watch files (Neovim on Linux, for one) is not told what other programs do to them. For it the
files of a document's project are looked at whenever the document is opened or saved: which there are, and by time and
size which of them changed. That takes some milliseconds for a thousand files, and misses what happens in between.

`workspace/willRenameFiles` is answered with no edit. The language servers that know all about Python's imports mend
these when a module is renamed, and a client makes the edits of all its servers: done twice, an import is broken.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch
from pathlib import Path

from lsprotocol import types
from pygls.uris import uri_scheme

from apitfall import files
from apitfall.lsp.convert import path_of
from apitfall.lsp.projects import Project, stamp

DECIDING = (
    "pyproject.toml",
    "setup.cfg",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "pylock.toml",
    "Pipfile",
    "Pipfile.lock",
    "poetry.toml",
    "pyvenv.cfg",
    "requirements*.txt",
    "requirements/*.txt",
    "*.dist-info/METADATA",
)
"""The files that say which environment and which versions a project has."""

IGNORES = ".gitignore"
WATCHED = ("*.py", "*.pyi", "apitfall.toml", IGNORES, *DECIDING)


def registration() -> types.Registration:
    watchers = [types.FileSystemWatcher(f"**/{pattern}") for pattern in WATCHED]
    options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
    return types.Registration("watched-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)


def paths_of(uris: Iterable[str]) -> list[Path]:
    return [Path(path_of(uri)) for uri in dict.fromkeys(uris) if uri_scheme(uri) == "file"]


def note(project: Project, paths: Sequence[Path]) -> None:
    """Mark as stale what the change, the making or the end of these files and folders means to a project.

    A file that was not listed is either new or left out, which the next listing tells. Of a folder nothing is known but
    that it was there if it has known files; then they are read again.
    """
    if project.found is None or project.file is not None:
        return
    for path in paths:
        if decides(path) and (path.is_relative_to(project.root) or project.root.is_relative_to(path.parent)):
            project.stale.environment = True
        if path.name == IGNORES and (project.surrounds(path) or project.root.is_relative_to(path.parent)):
            project.stale.listing = True
        elif project.surrounds(path) and not project.found.leaves_out(path):
            note_source(project, path)


def note_source(project: Project, path: Path) -> None:
    name = path.as_posix()
    if name in project.stamps:
        project.stale.files.add(name)
    elif path.suffix in files.SUFFIXES:
        project.stale.listing |= os.path.lexists(path)
    elif files.is_folder(path):
        project.stale.listing = True
    else:
        project.stale.files.update(known for known in project.workspace.paths() if known.startswith(f"{name}/"))


def decides(path: Path) -> bool:
    return any(
        fnmatch(path.name, pattern) or fnmatch(f"{path.parent.name}/{path.name}", pattern) for pattern in DECIDING
    )


def look(project: Project) -> None:
    """Mark as stale what has changed on the disk since it was read, for nobody tells."""
    project.stale.listing = project.stale.environment = True
    project.stale.files.update(path for path, known in project.stamps.items() if stamp(path) != known)
