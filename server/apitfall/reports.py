"""What was found in a whole project, kept in the cache until anything is another that it rests on.

It rests on the text and path of every file of the project, its settings, the versions of what it depends on, and our own
code: this package, the rule packages, and the distributions installed beside them. Where types are asked of jedi, it
rests on files that are none of the project's as well. Their sizes and times stand for these: of the environment's
packages, and of what the project leaves out and yet could be imported. What could lead jedi to others still is not kept:
a `sys.path` in the code, and an import that climbs out of the project.

What is found in one file before types are known is kept by itself: an editor shows it when the file is opened, and it is
checked when nobody is waiting.
"""

from __future__ import annotations

import logging
import marshal
import os
import re
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache as cache_
from importlib.metadata import version
from pathlib import Path
from typing import Any

from apitfall.cache import Cache, digest_of_code, facts_version, key_of
from apitfall.checked import Report
from apitfall.engine import Workspace
from apitfall.files import SUFFIXES
from apitfall.loading import Loaded
from apitfall.registry import RulePackage
from apitfall.rule import Edit, Edits, Finding, Fix, Place, Related, Severity, Span

log = logging.getLogger("apitfall")

Row = tuple[Any, ...]
RACY = 2.0  # seconds; a file that was written so short ago may be written again without another time
LEADS_AWAY = re.compile(r"\bsys\.path\b|\bfrom\s+sys\s+import\b|\bsite\.addsitedir\b")
RELATIVE = re.compile(r"\bfrom[ \t]+(\.[. \t]*)")


class Unsaid(logging.Handler):
    """Notes whether something was logged meanwhile: what is logged once is to be logged the next time as well."""

    def __init__(self) -> None:
        super().__init__()
        self.was_said = False

    def __enter__(self) -> Unsaid:
        log.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        log.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.was_said = True


def find(cache: Cache, key: str, workspace: Workspace) -> list[Report] | None:
    """The reports that are kept under a key; None if there are none."""
    data = cache.get(key)
    try:
        return None if data is None else [report_of(row, workspace) for row in marshal.loads(zlib.decompress(data))]
    except (zlib.error, EOFError, ValueError, TypeError, KeyError):
        return None


def keep(cache: Cache, key: str, reports: Sequence[Report]) -> None:
    cache.put(key, zlib.compress(marshal.dumps([row_of(report) for report in reports]), 1))


def key_for(loaded: Loaded, paths: Sequence[str], *, edits: bool) -> str | None:
    """The name of the reports of some files, with the edits of their fixes or without; None if they are not to be kept."""
    workspace = loaded.workspace
    parts = ["reports", *own_parts(), repr(edits), *parts_of(workspace)]
    if workspace.oracle is not None:
        outside = stamps(loaded)
        if outside is None:
            return None
        parts += ["types", str(loaded.environment.python), *outside]
    parts.append("texts")
    for path in workspace.paths():
        document = workspace.document(path)
        assert document is not None
        parts += [path, document.text]
    return key_of([*parts, "paths", *paths])


def find_one(cache: Cache, workspace: Workspace, path: str) -> Report | None:
    """What is found in one file before types are known, with no edits of fixes, if that is kept."""
    found = find(cache, key_for_one(workspace, path), workspace)
    return found[0] if found and found[0].document.path == path else None


def keep_one(cache: Cache, key: str, report: Report) -> None:
    keep(cache, key, [bare(report, edits=False)])


def key_for_one(workspace: Workspace, path: str) -> str:
    parts = ["report", *once(), *parts_of(workspace)]
    for other in workspace.paths():
        parts += [other, workspace.digest(other)]
    return key_of([*parts, "path", path])


def parts_of(workspace: Workspace) -> Iterator[str]:
    """What findings rest on beside the texts, types and us."""
    yield workspace.root
    yield repr(workspace.config)
    for package in workspace.packages:
        yield package.name
        yield digest_of_code(package.folder)
    for name, found in sorted(workspace.versions.items()):
        yield from (name, found.text, found.source)


def steps_to_know_us(packages: Sequence[RulePackage]) -> Iterator[None]:
    """Look ahead at what stays as it is as long as the process lives, and has a say in every key."""
    facts_version()
    yield
    once()
    for package in packages:
        yield
        digest_of_code(package.folder)


@cache_
def once() -> tuple[str, ...]:
    """What we are; a server is what it was when it was started."""
    return tuple(own_parts())


def own_parts() -> Iterator[str]:
    """What we are."""
    yield sys.version
    yield digest_of_code(Path(__file__).parent)
    yield from (version(name) for name in ("apitfall", "libcst", "jedi", "parso"))
    for folder in map(Path, dict.fromkeys(sys.path)):
        # A distribution's folder of metadata has its version in its name.
        yield from sorted(path.name for path in folder.glob("*.dist-info"))


def stamps(loaded: Loaded) -> list[str] | None:
    """The files outside of the project that jedi may read, with sizes and times; None where these say too little."""
    newest = 0.0
    found: list[str] = []
    outside = [path for path, _ in loaded.left_out]
    for folder in (*loaded.environment.site_packages, *outside):
        for path, stat in python_files(folder):
            newest = max(newest, stat.st_mtime)
            found.append(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}")
    return None if newest > time.time() - RACY else found


def python_files(top: Path) -> Iterator[tuple[str, os.stat_result]]:
    """The files below a folder that can be imported, or the one that it is itself; in the order of their paths."""
    if not top.is_dir():
        if top.name.endswith(SUFFIXES) and top.exists():
            yield str(top), top.stat()
        return
    pending = [str(top)] if is_importable(top.name) or top.name.endswith("-packages") else []
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
                for entry in found:
                    if entry.name.endswith(SUFFIXES):
                        yield entry.path, entry.stat()
                    elif is_importable(entry.name) and entry.is_dir(follow_symlinks=True):
                        pending.append(entry.path)
        except OSError:
            continue


def is_importable(name: str) -> bool:
    return name.removesuffix("-stubs").isidentifier() and name != "__pycache__"


def leads_away(workspace: Workspace) -> bool:
    """Whether code of the project may have led jedi to files that nobody would look for."""
    for path in workspace.paths():
        document = workspace.document(path)
        assert document is not None
        depth = path.removeprefix(workspace.root).count("/")
        dots = (found.count(".") for found in RELATIVE.findall(document.text))
        if LEADS_AWAY.search(document.text) or max(dots, default=0) > depth:
            return True
    return False


def is_lasting(loaded: Loaded, key: str, paths: Sequence[str], *, edits: bool) -> bool:
    """Whether what was found under a key would be found again: nothing changed while we were looking."""
    if loaded.workspace.oracle is None:
        return True
    return not leads_away(loaded.workspace) and key == key_for(loaded, paths, edits=edits)


# Reports without the trees that they were made of


def bare(report: Report, *, edits: bool) -> Report:
    """A report that holds nothing of what was parsed: the edits of its fixes are made now, or never."""
    return replace(report, findings=tuple([bare_finding(found, edits=edits) for found in report.findings]))


def bare_finding(found: Finding, *, edits: bool) -> Finding:
    fixes: list[Fix] = []
    for fix in found.fixes:
        made = None
        if edits:
            try:
                made = fix.edits()
            except Exception:
                log.exception("the fix `%s` failed", fix.name)
            if made is None:
                continue
        fixes.append(replace(fix, edits=giving(made)))
    return replace(found, fixes=tuple(fixes))


def giving(edits: Edits | None) -> Callable[[], Edits | None]:
    return lambda: edits


def row_of(report: Report) -> Row:
    findings = tuple([finding_row(found) for found in report.findings])
    return report.document.path, findings, tuple(map(span_row, report.broken)), report.refused


def report_of(row: Row, workspace: Workspace) -> Report:
    path, findings, broken, refused = row
    document = workspace.document(path)
    if document is None:
        raise KeyError(path)
    return Report(document, tuple(map(finding_of, findings)), tuple([Span(*span) for span in broken]), refused)


def span_row(span: Span) -> Row:
    return span.start, span.end


def place_row(place: Place) -> Row:
    return place.function, place.text, place.nth


def finding_row(found: Finding) -> Row:
    fixes = tuple([(fix.name, fix.title, edits_row(fix.edits()), fix.safe, fix.preferred) for fix in found.fixes])
    related = tuple([(place_row(r.place), r.message, r.path, span_row(r.span)) for r in found.related])
    return (
        span_row(found.span),
        found.message,
        int(found.severity),
        fixes,
        related,
        place_row(found.place),
        found.rule,
        found.fingerprint,
    )


def finding_of(row: Row) -> Finding:
    span, message, severity, fixes, related, place, rule, fingerprint = row
    return Finding(
        Span(*span),
        message,
        Severity(severity),
        tuple([Fix(name, title, giving(edits_of(made)), safe, best) for name, title, made, safe, best in fixes]),
        tuple([Related(Place(*at), says, path, Span(*where)) for at, says, path, where in related]),
        Place(*place),
        rule,
        fingerprint,
    )


def edits_row(edits: Edits | None) -> Row | None:
    if edits is None:
        return None
    return tuple([(edit.path, span_row(edit.span), edit.text) for edit in edits.changes]), edits.creates


def edits_of(row: Row | None) -> Edits | None:
    if row is None:
        return None
    changes, creates = row
    return Edits(tuple([Edit(path, Span(*span), text) for path, span, text in changes]), creates)
