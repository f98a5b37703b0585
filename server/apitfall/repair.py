"""The fixes of many findings, made in rounds. Writes no file: it changes a workspace and gives the new texts."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from apitfall.engine import Workspace
from apitfall.rule import Edits, Finding, Fix
from apitfall.syntax import read
from apitfall.text import Document, apply, combine, overlap

log = logging.getLogger("apitfall")


@dataclass(frozen=True)
class Repair:
    """A fix that is to be made for a finding of the file at `path`."""

    path: str
    finding: Finding
    fix: Fix
    edits: Edits

    @property
    def key(self) -> tuple[str, str]:
        return self.finding.fingerprint, self.fix.name


@dataclass(frozen=True)
class Repaired:
    """What came of it: the new texts by path, and the repairs that gave them.

    `spoiling` are those that were not made because a file would not parse as it did before. `left` are those for which
    there was no round left.
    """

    texts: Mapping[str, str]
    made: tuple[Repair, ...]
    spoiling: tuple[Repair, ...]
    left: tuple[Repair, ...]


def fix(
    workspace: Workspace,
    paths: Iterable[str],
    choose: Callable[[Finding], Fix | None],
    *,
    types: bool = True,
    rounds: int = 10,
    may_change: Callable[[str], bool] = lambda path: True,
) -> Repaired:
    """Make the fixes that `choose` takes for the findings of some files, in rounds, until none is left.

    The workspace is changed. Of two fixes that touch, the one with the smaller (path, start, rule) is made first and
    the other in the next round, if its finding is still there. A fix that touches a file which it may not change, or
    after which a file does not parse as it did, is not made at all.
    """
    paths = list(paths)
    before = {p: workspace.document(p) for p in workspace.paths()}
    made: list[Repair] = []
    spoiling: dict[tuple[str, str], Repair] = {}

    def wanted() -> list[Repair]:
        found = (repair for path in paths for repair in repairs(workspace, path, choose, types=types))
        return [r for r in found if r.key not in spoiling and can_change(workspace, r.edits, may_change)]

    left = wanted()
    while left and rounds:
        done, bad = make(workspace, left)
        made += done
        spoiling |= {repair.key: repair for repair in bad}
        rounds -= 1
        left = wanted()
    documents = [d for p in workspace.paths() if (d := workspace.document(p)) is not None]
    texts = {d.path: d.text for d in documents if (old := before.get(d.path)) is None or old.text != d.text}
    return Repaired(texts, tuple(made), tuple(spoiling.values()), tuple(left))


def repairs(
    workspace: Workspace, path: str, choose: Callable[[Finding], Fix | None], *, types: bool = True
) -> Iterable[Repair]:
    """The fixes that `choose` takes for the findings of a file, those left out that turn out not to change anything."""
    for finding in workspace.check(path, types=types).findings:
        chosen = choose(finding)
        edits = edits_of(chosen, finding) if chosen is not None else None
        if chosen is not None and edits is not None:
            yield Repair(path, finding, chosen, edits)


def edits_of(chosen: Fix, finding: Finding) -> Edits | None:
    """The edits of a fix; None where it cannot be made, or raises."""
    try:
        return chosen.edits()
    except Exception:
        log.exception("the fix `%s` of the rule `%s` failed", chosen.name, finding.rule)
        return None


def can_change(workspace: Workspace, edits: Edits, may_change: Callable[[str], bool]) -> bool:
    """Whether edits change something, agree with each other, and are about files that are known and may be changed."""
    changed, created = {edit.path for edit in edits.changes}, {path for path, _ in edits.creates}
    known = set(workspace.paths())
    if not (changed or created - known) or overlap(edits.changes):
        return False
    return changed <= known and all(map(may_change, changed | created))


def make(workspace: Workspace, wanted: Sequence[Repair]) -> tuple[list[Repair], list[Repair]]:
    """One round: the repairs that were made, and those that would leave a file that does not parse as it did.

    Where all of them together would, halves are tried, and halves of these, until the spoiling ones stand alone.
    """
    taken: list[Repair] = []
    spoiling: list[Repair] = []
    parts = [wanted]
    while parts:
        part = parts.pop()
        texts, _ = outcome(workspace, [*taken, *part])
        if not any(spoils(text_of(workspace, path), text) for path, text in texts.items()):
            taken += part
        elif len(part) == 1:
            spoiling += part
        else:
            half = len(part) // 2
            parts += [part[half:], part[:half]]
    texts, made = outcome(workspace, taken)
    for path, text in texts.items():
        old = workspace.document(path)
        workspace.update(Document(path, old.version if old is not None else None, text))
    return made, spoiling


def outcome(workspace: Workspace, wanted: Sequence[Repair]) -> tuple[dict[str, str], list[Repair]]:
    """The texts after those repairs that touch no earlier one, and these repairs."""
    edits, left = combine([repair.edits.changes for repair in wanted])
    made = [repair for repair in wanted if repair.edits.changes not in left]
    known = set(workspace.paths())
    texts = {path: text for repair in made for path, text in repair.edits.creates if path not in known}
    for path in dict.fromkeys(edit.path for edit in edits):
        texts[path] = apply(text_of(workspace, path), [edit for edit in edits if edit.path == path])
    return texts, made


def text_of(workspace: Workspace, path: str) -> str:
    document = workspace.document(path)
    return document.text if document is not None else ""


def spoils(before: str, after: str) -> bool:
    """Whether Python takes the one text and not the other; if it takes neither, whether more of the other is broken."""
    return not compiles(after) if compiles(before) else broken(after) > broken(before)


def compiles(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text.removeprefix("\ufeff"), "<text>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def broken(text: str) -> int:
    return sum(chunk.tree is None for chunk in read(text))
