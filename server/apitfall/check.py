"""The command `apitfall check`."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial

from apitfall import loading, reports
from apitfall.checked import Report
from apitfall.engine import Workspace
from apitfall.frames import wants_color, width_of
from apitfall.output import Found, Sources, as_json, as_text, count, in_order
from apitfall.rule import Severity
from apitfall.run import Project, Run
from apitfall.text import Lines

COLLECTIONS = (500_000, 2, 2)  # the thresholds of `gc`
HELD = 800_000  # characters of which what was parsed is held, some 20,000 lines


@dataclass(frozen=True)
class Options:
    """The arguments of the command. `stdin_filename` names the file whose text is on standard input."""

    paths: tuple[str, ...]
    stdin_filename: str | None
    json: bool
    edits: bool
    hints: bool
    fail_on: Severity
    exit_zero: bool
    verbose: bool
    cache: bool


@contextmanager
def few_collections() -> Generator[None]:
    """Look for garbage in cycles seldom: there is little, and to look through all that a project says takes long."""
    before = gc.get_threshold()
    gc.set_threshold(*COLLECTIONS)
    try:
        yield
    finally:
        # All that was made counts as old now; else it is looked through at once, right before the process ends.
        gc.freeze()
        gc.unfreeze()
        gc.set_threshold(*before)


@few_collections()
def check(options: Options) -> int:
    """Check what was asked for and write what was found; the answer is the exit status."""
    started = time.perf_counter()
    run = Run(
        options.paths,
        options.stdin_filename,
        verbose=options.verbose,
        lenient=options.exit_zero,
        use_cache=options.cache,
    )
    edits = options.json and options.edits
    found = in_order(one for project in run.projects() for one in found_in(project, run, edits=edits))
    if options.json:
        sys.stdout.write(as_json(found, edits=edits))
    else:
        hints = options.hints or options.fail_on == Severity.hint
        color, width = wants_color(sys.stdout, os.environ), width_of(sys.stdout)
        sys.stdout.write(as_text(found, len(run.seen), hints=hints, color=color, width=width))
    run.note(f"{count(len(run.seen), 'file')} checked in {time.perf_counter() - started:.2f} s")
    if run.failed:
        return 2
    worst = min((f.finding.severity for f in found), default=None)
    return int(worst is not None and worst <= options.fail_on and not options.exit_zero)


def found_in(project: Project, run: Run, *, edits: bool) -> Iterator[Found]:
    """What is found in a project, after what could not be checked of it was said."""
    sources = sources_of(project.workspace, run)
    for report in reports_of(project, run, edits=edits):
        run.say_gaps(report)
        for finding in report.findings:
            yield Found(report.document.path, finding, sources)


def reports_of(project: Project, run: Run, *, edits: bool) -> Sequence[Report]:
    """The reports of a project's files, out of the cache if nothing is another; with the edits of fixes or without."""
    cache = run.cache if not run.texts else None
    key = reports.key_for(project.loaded, project.paths, edits=edits) if cache is not None else None
    if cache is None or key is None:
        return made(project, run, edits=edits)
    found = reports.find(cache, key, project.workspace)
    if found is not None:
        run.note("nothing changed since the last time, whose findings these are")
        return found
    with reports.Unsaid() as unsaid:
        found = made(project, run, edits=edits)
    if not unsaid.was_said and reports.is_lasting(project.loaded, key, project.paths, edits=edits):
        reports.keep(cache, key, found)
    return found


def made(project: Project, run: Run, *, edits: bool) -> Sequence[Report]:
    """Check the files. What was parsed is let go some time behind, when the files around are checked as well."""
    workspace = project.workspace
    loading.read_all(workspace, run.cache)
    workspace.freeze()
    if workspace.oracle is None:
        gc.set_threshold(0)  # jedi leaves garbage in cycles; the rules leave none, and what was parsed is taken apart
    return list(checked(workspace, project.paths, edits=edits))


def checked(workspace: Workspace, paths: Sequence[str], *, edits: bool) -> Iterator[Report]:
    held = deque[Report]()
    size = 0
    for path in paths:
        report = reports.bare(workspace.check(path), edits=edits)
        yield report
        held.append(report)
        size += report.document.lines.size
        while size > HELD:
            document = held.popleft().document
            size -= document.lines.size
            workspace.release(document.path)


def sources_of(workspace: Workspace, run: Run) -> Sources:
    @cache
    def lines_of(path: str) -> Lines:
        document = workspace.document(path)
        assert document is not None, "findings and edits stand in files of their workspace"
        return Lines(document.text)

    return Sources(lines_of, cache(run.name_of), cache(partial(loading.page_url, run.packages, workspace.config)))
