"""Which file an import means: modules by their place in the project, looked for as Python would from where they stand."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import PurePosixPath

PACKAGES = ""
"""Stands among the names that are others for which modules are packages: no name is empty."""


class ModuleNames:
    """The modules of a project, each named by its path from the project's root: ``backend/app/db.py`` is `backend.app.db`.

    A folder with modules somewhere below it is a namespace package. `foreign` are the top names that are installed
    libraries; a module of the project is taken for one of them only where Python would look first.
    """

    def __init__(self, paths: Iterable[str], foreign: frozenset[str]) -> None:
        self.foreign = foreign | frozenset(sys.stdlib_module_names)
        self.packages: set[str] = set()
        self.modules: set[str] = set()
        self.folders: set[str] = set()
        self.add(paths)
        tops: defaultdict[str, list[str]] = defaultdict(list)
        for name in sorted(self.modules | self.folders):
            parent, _, last = name.rpartition(".")
            if parent not in self.packages:
                tops[last].append(name)
        self.tops = tops

    def add(self, paths: Iterable[str]) -> None:
        for path in paths:
            name, is_package = module_name(path)
            self.modules.add(name)
            if is_package:
                self.packages.add(name)
            self.folders.update(parents(name))

    def others(self, before: ModuleNames) -> set[str]:
        """The parts of the names that are there now and were not `before`, or the other way round."""
        differing = (self.modules ^ before.modules) | (self.folders ^ before.folders)
        parts = {part for name in differing for part in name.split(".")}
        return parts if self.packages == before.packages else parts | {PACKAGES}

    def known(self, name: str) -> bool:
        return name in self.modules or name in self.folders

    def is_local(self, top: str) -> bool:
        """Whether some module or folder of the project has this name, and no installed library that Python finds first."""
        if top in self.foreign:
            return self.is_first(top, top) or self.is_first(f"src.{top}", top)
        return any(top in name.split(".") for name in (self.modules | self.folders))

    def relative(self, importer: str, module: str, level: int) -> str | None:
        """What ``from ...module import`` with `level` dots means in `importer`."""
        parts = importer.split(".") if importer else []
        drop = level - (importer in self.packages)
        if drop > len(parts):
            return None
        name = ".".join((*parts[: len(parts) - drop], *(module.split(".") if module else ())))
        return name if not name or self.known(name) else None

    def absolute(self, importer: str, module: str) -> str | None:
        """The project's module that ``import module`` means in `importer`; None if it is somebody else's.

        The import path is not known, so it is looked for in the folders above the importer that are no packages, the
        outermost first, then anywhere in the project, if one place alone fits, then in the packages above the importer:
        a server that is started in the folder of one has that on the path, ``__init__.py`` or not.
        """
        top, _, _ = module.partition(".")
        if top in self.foreign:
            return next((n for n in (module, f"src.{module}") if self.known(n) and self.is_first(n, top)), None)
        for root in self.roots(importer):
            name = f"{root}.{module}" if root else module
            if self.known(name):
                return name
        rest = module[len(top) :]
        found = [t for t in self.tops.get(top, ()) if self.known(t + rest)]
        if found:
            return found[0] + rest if len(found) == 1 else None
        inside = (f"{p}.{module}" for p in reversed(list(parents(importer))) if p in self.packages)
        return next(filter(self.known, inside), None)

    def is_first(self, name: str, top: str) -> bool:
        """Whether a module named like an installed library is one by a file of its own, not by a folder's name."""
        return name in self.modules and (top in self.modules or f"src.{top}" in self.modules)

    def roots(self, importer: str) -> Iterator[str]:
        yield ""
        yield "src"
        yield from (p for p in reversed(list(parents(importer))) if p not in self.packages)


@lru_cache(maxsize=1 << 13)  # it is asked three times for each file of a project
def module_name(path: str) -> tuple[str, bool]:
    """The name of the module at a path relative to the project's root, and whether it is a package's ``__init__``."""
    pure = PurePosixPath(path).with_suffix("")
    if pure.name == "__init__" and len(pure.parts) > 1:
        return ".".join(pure.parts[:-1]), True
    return ".".join(pure.parts), False


def parents(name: str) -> Iterator[str]:
    """``a.b`` and ``a`` for ``a.b.c``."""
    while "." in name:
        name = name.rpartition(".")[0]
        yield name
