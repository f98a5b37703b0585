"""Faults put into real code: how many of them the rules of the event loop find, and what else they say of them.

    python tests/accuracy/applications.py
    python tests/accuracy/faults.py [--rule RULE] [--misses] [--json FILE] [--page]

Out of applications, which are silent there, one repair is taken at a time, and the whole application is checked again.
Ends with 1 if a rule finds less than nine in ten, or says something elsewhere that is new.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from importlib.metadata import version
from itertools import chain, islice, repeat
from pathlib import Path
from random import Random
from typing import TypeVar

import awaits
import computing
import file_calls
import http_calls
import session_kinds
import waiting
from accuracy_page import PAGE, is_good, misses, summary, with_figures
from applications import FOLDER, ROOT, repositories
from measuring import SPOKEN, Checked, Row, texts
from module import is_python
from mutants import Fault, Mutant, Project, project

T = TypeVar("T")
SEED = 11
LIMIT = 100
SPARE = 1.5  # so many more are tried as are wanted, since some rules speak before the fault
KINDS = (awaits, http_calls, waiting, file_calls, session_kinds, computing)
RULES: dict[str, tuple[Fault, ...]] = {rule: faults for kind in KINDS for rule, faults in kind.FAULTS.items()}


def candidates(app: Project, faults: Iterable[Fault]) -> list[Mutant]:
    """All faults that an application has a place for, by kind in turn, in an order that chance gave once."""
    by_kind: dict[str, list[Mutant]] = {}
    for module in app.modules.values():
        for mutant in chain.from_iterable(fault(module, app) for fault in faults):
            by_kind.setdefault(mutant.kind, []).append(mutant)
    for mutants in by_kind.values():
        Random(SEED).shuffle(mutants)
    return list(in_turn(by_kind[kind] for kind in sorted(by_kind)))


def in_turn(groups: Iterable[Iterable[T]]) -> Iterator[T]:
    """The first of each group, then the second of each that has one, and so on."""
    left = [iter(group) for group in groups]
    while left:
        for group in list(left):
            for item in group:
                yield item
                break
            else:
                left.remove(group)


def count(folder: Path, rules: Iterable[str]) -> Counter[str]:
    """How many faults an application has a place for, by rule."""
    app = project(texts(folder))
    return Counter({rule: len(candidates(app, RULES[rule])) for rule in rules})


def measure(folder: Path, wanted: Mapping[str, int], environment: Path) -> list[Row]:
    """The outcomes of so many faults for each rule in one application."""
    if not any(wanted.values()):
        return []
    app, checked = project(texts(folder)), Checked(folder, environment)
    return [
        Row(rule, folder.name, rank, checked.put_in(mutant))
        for rule, number in wanted.items()
        for rank, mutant in enumerate(islice(valid(candidates(app, RULES[rule])), number))
    ]


def valid(mutants: Iterable[Mutant]) -> Iterator[Mutant]:
    """Those that are still Python."""
    return (mutant for mutant in mutants if all(map(is_python, mutant.texts.values())))


def shares(available: Sequence[int], limit: int) -> list[int]:
    """How many to take of each, as evenly as they have them."""
    taken = [0] * len(available)
    for index in islice(in_turn([index] * number for index, number in enumerate(available)), limit):
        taken[index] += 1
    return taken


def run(folders: Sequence[Path], rules: Sequence[str], limit: int, environment: Path, jobs: int) -> list[Row]:
    """The outcomes for all rules; what is done is told on standard error."""
    with ProcessPoolExecutor(jobs) as pool:
        counts = list(told("read", pool.map(count, folders, repeat(rules)), folders))
        tried = {rule: shares([c[rule] for c in counts], round(limit * SPARE)) for rule in rules}
        wanted = [{rule: tried[rule][index] for rule in rules} for index in range(len(folders))]
        rows = list(told("measured", pool.map(measure, folders, wanted, repeat(environment)), folders))
    by_rule = ([[row for row in some if row.rule == rule] for some in rows] for rule in rules)
    return [row for by_application in by_rule for row in chosen(by_application, limit)]


def told(what: str, results: Iterable[T], folders: Sequence[Path]) -> Iterator[T]:
    for number, (result, folder) in enumerate(zip(results, folders, strict=True), 1):
        print(f"{what} {number} of {len(folders)}: {folder.name}", file=sys.stderr, flush=True)
        yield result


def chosen(by_application: Iterable[Sequence[Row]], limit: int) -> Iterator[Row]:
    """Of each application in turn, without those places of which the rule spoke before."""
    return islice(in_turn([r for r in rows if r.outcome.state != SPOKEN] for rows in by_application), limit)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rule", action="append", choices=RULES, help="can be repeated; all if not said")
    parser.add_argument("--limit", type=int, default=LIMIT, help=f"how many for each rule, {LIMIT} if not said")
    parser.add_argument("--applications", type=Path, default=FOLDER, help="the folder that they are in")
    parser.add_argument("--only", action="append", help="one application, owner/name; can be repeated")
    parser.add_argument(
        "--environment", type=Path, default=Path(sys.prefix), help="with the libraries; ours if not said"
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes, 2 if not said")
    parser.add_argument("--misses", action="store_true", help="list what was not found, and what is new elsewhere")
    parser.add_argument("--json", type=Path, help="write all outcomes to this file")
    parser.add_argument("--page", action="store_true", help="write the figures into docs/accuracy.md")
    given = parser.parse_args()
    started = time.monotonic()
    names = [r.folder for r in repositories() if not given.only or r.name in given.only]
    folders = [given.applications.absolute() / name for name in names]
    missing = [folder.name for folder in folders if not folder.is_dir()]
    if missing:
        parser.error(f"not in {given.applications}: {', '.join(missing)}")
    rules = given.rule or list(RULES)
    rows = run(folders, rules, given.limit, given.environment, given.jobs)
    for rule in rules:
        print(summary(rule, [row for row in rows if row.rule == rule]))
    if given.misses:
        print(*misses(rows), sep="\n")
    print(f"{len(rows)} faults in {time.monotonic() - started:.0f} s")
    if given.json:
        given.json.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")
    if given.page:
        said = about(time.monotonic() - started, len(folders))
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(with_figures(text, rows, said, repositories()), encoding="utf-8")
    return int(any(not is_good([row for row in rows if row.rule == rule]) for rule in rules))


def about(seconds: float, applications: int) -> list[str]:
    """What a reader has to know of a run."""
    git = ["git", "-C", str(ROOT), "rev-parse", "--short=10", "HEAD"]
    commit = subprocess.run(git, check=True, capture_output=True, text=True).stdout.strip()
    python = ".".join(map(str, sys.version_info[:3]))
    return [
        f"{time.strftime('%Y-%m-%d', time.gmtime())}, {applications} applications, {seconds / 60:.0f} minutes, seed {SEED}.",
        f"Ours: commit `{commit}`, Python {python}, libcst {version('libcst')}, jedi {version('jedi')}.",
    ]


if __name__ == "__main__":
    sys.exit(main())
