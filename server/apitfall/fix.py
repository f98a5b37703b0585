"""The command `apitfall fix`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from apitfall import loading, repair, writing
from apitfall.config import guess
from apitfall.output import as_diff, count, listed
from apitfall.repair import Repaired
from apitfall.rule import Finding, Fix
from apitfall.run import Project, Run
from apitfall.writing import Change, Unwritable, recoded

ROUNDS = 10


@dataclass(frozen=True)
class Options:
    """The arguments of the command. `rules` empty means all. `stdin_filename` names the file on standard input."""

    paths: tuple[str, ...]
    stdin_filename: str | None
    rules: tuple[str, ...]
    unsafe: bool
    diff: bool
    verbose: bool
    cache: bool

    def choose(self, finding: Finding) -> Fix | None:
        """The fix to make: the first safe one, or with `--unsafe`, where there is none, the first."""
        if not self.asks_for(finding):
            return None
        safe = next((fix for fix in finding.fixes if fix.safe), None)
        return safe or (finding.fixes[0] if self.unsafe and finding.fixes else None)

    def asks_for(self, finding: Finding) -> bool:
        return not self.rules or finding.rule in self.rules


@dataclass(frozen=True)
class Content:
    """The bytes of a file before and after; before is None for a file that was made."""

    before: bytes | None
    after: bytes


@dataclass
class Tally:
    """What came of a run. `unsafe` counts those of the remaining findings that only have a fix with `--unsafe`."""

    contents: dict[str, Content] = field(default_factory=dict[str, Content])
    fixed: Counter[str] = field(default_factory=Counter[str])
    remaining: int = 0
    unsafe: int = 0
    is_quiet: bool = True


def fix(options: Options) -> int:
    """Fix what was asked for and write what was done; the answer is the exit status."""
    run = Run(options.paths, options.stdin_filename, verbose=options.verbose, use_cache=options.cache)
    known = {name for package in run.packages for name in package.rules}
    wrong = [f"there is no rule `{name}`{guess(name, known)}" for name in options.rules if name not in known]
    if run.stdin is not None and set(run.given) != {run.stdin}:
        wrong.append("with `--stdin-filename` nothing but standard input can be fixed")
    for sentence in wrong:
        run.error(sentence)
    if wrong:
        return 2
    tally = Tally()
    for project in run.projects():
        loading.read_all(project.workspace, run.cache)
        fix_project(project, run, options, tally)
    tell(tally, run, options)
    if run.failed:
        return 2
    return int(bool(tally.contents) if options.diff else not tally.is_quiet)


def fix_project(project: Project, run: Run, options: Options, tally: Tally) -> None:
    """Fix the files of a project; where some turn out not to be writable, again without them."""
    workspace, own = project.workspace, set(project.paths)
    for path in project.paths:
        run.say_gaps(workspace.check(path))
    documents = {path: found for path in workspace.paths() if (found := workspace.document(path)) is not None}
    refused: set[str] = set()

    def may_change(path: str) -> bool:
        """Other files of the project too, but none of a project in it; of standard input nothing but its text."""
        return path not in refused and (path in own or (run.stdin is None and path not in run.seen))

    while True:
        repaired = repair.fix(workspace, project.paths, options.choose, rounds=ROUNDS, may_change=may_change)
        before = {path: document.text for path, document in documents.items()}
        changes = [Change(Path(path), before.get(path), text) for path, text in repaired.texts.items()]
        contents, problems = write(changes, run, options)
        if not problems:
            break
        for path, sentence in problems.items():
            run.error(sentence)
            refused.add(path.as_posix())
        for path in repaired.texts:
            if path in documents:
                workspace.update(documents[path])
            else:
                workspace.forget(path)
    tally.contents |= contents
    count_up(project, repaired, may_change, options, tally)
    for path, rule, name in dict.fromkeys((one.path, one.finding.rule, one.fix.name) for one in repaired.spoiling):
        why = f"the fix `{name}` of `{rule}` is not made where it would leave code that does not parse"
        run.error(f"{run.name_of(path)}: {why}")


def write(changes: Sequence[Change], run: Run, options: Options) -> tuple[dict[str, Content], dict[Path, str]]:
    """Write all changes or, if some cannot be written, none, and say why; with `--diff` and standard input write none."""
    if run.stdin is not None:
        old = run.stdin_data
        try:
            return {c.path.as_posix(): Content(old, recoded(old, c, "standard input")) for c in changes}, {}
        except Unwritable as error:
            return {}, {run.stdin: str(error)}
    drafts, problems = writing.drafts(changes)
    if not problems and not options.diff:
        problems = writing.write(drafts)
    return {draft.path.as_posix(): Content(draft.old, draft.data) for draft in drafts}, problems


def count_up(
    project: Project, repaired: Repaired, may_change: Callable[[str], bool], options: Options, tally: Tally
) -> None:
    """Count what was fixed in a project and what remains in it."""

    def unsafe(finding: Finding) -> Fix | None:
        return replace(options, unsafe=True).choose(finding) if options.choose(finding) is None else None

    tally.fixed.update(one.finding.rule for one in repaired.made)
    tally.is_quiet &= not repaired.left
    for path in project.paths:
        tally.remaining += sum(map(options.asks_for, project.workspace.check(path).findings))
        for one in repair.repairs(project.workspace, path, unsafe):
            tally.unsafe += repair.can_change(project.workspace, one.edits, may_change)


def tell(tally: Tally, run: Run, options: Options) -> None:
    """Write the answer to standard output: a diff, the text of standard input, or a summary."""
    named = sorted((run.name_of(path), path) for path in tally.contents)
    if options.diff:
        sys.stdout.flush()
        for name, path in named:
            content = tally.contents[path]
            sys.stdout.buffer.write(as_diff(name, content.before, content.after))
        run.say(summary(tally, len(run.seen), "would be ", "would remain"))
    elif run.stdin is not None:
        sys.stdout.flush()
        content = tally.contents.get(run.stdin.as_posix())
        sys.stdout.buffer.write(content.after if content is not None else run.stdin_data)
    else:
        for name, path in named:
            print("created" if tally.contents[path].before is None else "changed", name)
        print(summary(tally, len(run.seen), "", "remains" if tally.remaining == 1 else "remain"))
    if not tally.is_quiet:
        run.say(f"after {ROUNDS} rounds there is still something to fix")


def summary(tally: Tally, files: int, be: str, remain: str) -> str:
    """As in ``4 findings fixed in 3 files (3 missing-await, 1 mutable-default); 2 remain``."""
    said = f"nothing {be}fixed in {count(files, 'file')}"
    if tally.fixed:
        number = count(tally.fixed.total(), "finding")
        said = f"{number} {be}fixed in {count(len(tally.contents), 'file')} ({listed(tally.fixed)})"
    said += f"; {tally.remaining or 'none'} {remain}"
    return said + (f", {tally.unsafe} with a fix that needs `--unsafe`" if tally.unsafe else "")
