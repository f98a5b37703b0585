"""The command `apitfall check`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial

from apitfall import loading
from apitfall.engine import Workspace
from apitfall.frames import wants_color, width_of
from apitfall.output import Found, Sources, as_json, as_text, count, in_order
from apitfall.rule import Severity
from apitfall.run import Project, Run
from apitfall.text import Lines


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


def check(options: Options) -> int:
    """Check what was asked for and write what was found; the answer is the exit status."""
    started = time.perf_counter()
    run = Run(options.paths, options.stdin_filename, verbose=options.verbose, lenient=options.exit_zero)
    found = in_order(one for project in run.projects() for one in found_in(project, run))
    if options.json:
        sys.stdout.write(as_json(found, edits=options.edits))
    else:
        hints = options.hints or options.fail_on == Severity.hint
        color, width = wants_color(sys.stdout, os.environ), width_of(sys.stdout)
        sys.stdout.write(as_text(found, len(run.seen), hints=hints, color=color, width=width))
    run.note(f"{count(len(run.seen), 'file')} checked in {time.perf_counter() - started:.2f} s")
    if run.failed:
        return 2
    worst = min((f.finding.severity for f in found), default=None)
    return int(worst is not None and worst <= options.fail_on and not options.exit_zero)


def found_in(project: Project, run: Run) -> Iterator[Found]:
    """What is found in a project, after what could not be checked of it was said."""
    sources = sources_of(project.workspace, run)
    for path in project.paths:
        report = project.workspace.check(path)
        run.say_gaps(report)
        for finding in report.findings:
            yield Found(path, finding, sources)


def sources_of(workspace: Workspace, run: Run) -> Sources:
    @cache
    def lines_of(path: str) -> Lines:
        document = workspace.document(path)
        assert document is not None, "findings and edits stand in files of their workspace"
        return Lines(document.text)

    return Sources(lines_of, cache(run.name_of), cache(partial(loading.page_url, run.packages, workspace.config)))
