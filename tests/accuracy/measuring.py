"""An application is read and checked once; then each fault is put in, all is checked again, and the fault is taken out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from apitfall import files, loading, registry
from apitfall.config import Config
from apitfall.engine import Workspace
from apitfall.rule import Finding
from apitfall.text import Document, Lines, Place
from mutants import Mutant

FOUND, MISSED, SPOKEN = "found", "missed", "spoken of before"


@dataclass(frozen=True)
class Said:
    """A finding, with the place that it is at, and the line on which it begins, from 1 on."""

    path: str
    rule: str
    fingerprint: str
    place: Place
    line: int
    message: str


@dataclass(frozen=True)
class Outcome:
    """What came of a fault. `elsewhere` are the findings that are new and not of it."""

    name: str
    kind: str
    path: str
    line: int
    state: str
    elsewhere: tuple[Said, ...]


@dataclass(frozen=True)
class Row:
    """A fault of an application with its outcome; `rank` is where it stands in the choice."""

    rule: str
    application: str
    rank: int
    outcome: Outcome


def texts(root: Path) -> dict[str, str]:
    """The files of an application by their paths in it, those left out that checking leaves out."""
    found: dict[str, str] = {}
    for path in loading.list_files(root, registry.load(), Config()).files:
        try:
            found[path.relative_to(root).as_posix()] = files.read(path)
        except files.Unreadable:
            continue
    return found


class Checked:
    """An application with what is said of it, its libraries in an environment."""

    def __init__(self, root: Path, environment: Path) -> None:
        packages = registry.load()
        config, _ = loading.settings(root, packages)
        environ = {**os.environ, "VIRTUAL_ENV": str(environment)}
        self.workspace: Workspace = loading.load(root, packages, config, environ).workspace
        self.before = dict(self._said())

    def put_in(self, mutant: Mutant) -> Outcome:
        """The faulty files take the place of the right ones until all is checked."""
        place = (mutant.before, mutant.path, mutant.rules)
        if any(is_at(said, *place) for said in self.before.values()):
            return Outcome(mutant.name, mutant.kind, mutant.path, mutant.lines.start, SPOKEN, ())
        right = {module.path: module.text for module, _ in mutant.changes}
        self._update(mutant.texts)
        try:
            after = dict(self._said())
        finally:
            self._update(right)
        new = [said for key, said in after.items() if key not in self.before]
        gone = [said for key, said in self.before.items() if key not in after]
        state = FOUND if any(is_at(s, mutant.lines, mutant.path, mutant.rules) for s in new) else MISSED
        allowed = (*mutant.rules, *mutant.others)
        elsewhere = [s for s in new if not is_at(s, mutant.lines, mutant.path, allowed)]
        return Outcome(
            mutant.name, mutant.kind, mutant.path, mutant.lines.start, state, tuple(unpaired(elsewhere, gone))
        )

    def _update(self, texts: Mapping[str, str]) -> None:
        for path, text in texts.items():
            self.workspace.update(Document(self._absolute(path), None, text))

    def _said(self) -> Iterator[tuple[tuple[str, str], Said]]:
        for path in self.workspace.paths():
            report = self.workspace.check(path)
            lines = Lines(report.document.text) if report.findings else None
            for finding in report.findings:
                assert lines is not None
                said = self._shown(path, finding, lines)
                yield (said.rule, said.fingerprint), said

    def _shown(self, path: str, finding: Finding, lines: Lines) -> Said:
        line = lines.position(finding.span.start)[0] + 1
        return Said(self._relative(path), finding.rule, finding.fingerprint, finding.place, line, finding.message)

    def _document(self, path: str) -> Document:
        document = self.workspace.document(path)
        assert document is not None
        return document

    def _absolute(self, path: str) -> str:
        return f"{self.workspace.root}/{path}"

    def _relative(self, path: str) -> str:
        return path.removeprefix(f"{self.workspace.root}/")


def is_at(said: Said, lines: range, path: str, rules: Iterable[str]) -> bool:
    return said.path == path and said.line in lines and said.rule in rules


def unpaired(new: Sequence[Said], gone: Sequence[Said]) -> Sequence[Said]:
    """What is new, without what was said before too: of the same place by another rule, or by the same rule in the same
    function, of a text that the fault has changed."""
    left = [*gone]
    for same in (attrgetter("path", "place"), attrgetter("path", "rule", "place.function")):
        rest: list[Said] = []
        for said in new:
            before = next((one for one in left if same(one) == same(said)), None)
            if before is None:
                rest.append(said)
            else:
                left.remove(before)
        new = rest
    return new
