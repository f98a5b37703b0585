"""Faults put into real code: how many of them the rules of the event loop find, and what else they say of them.

    python tests/accuracy/applications.py
    python tests/accuracy/faults.py [--rule RULE] [--misses] [--json FILE] [--page]

Out of applications, which are silent there, one repair is taken at a time, and the whole application is checked again.
Ends with 1 if a rule finds less than nine in ten, or says something elsewhere that is new.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import chain, islice, repeat
from pathlib import Path
from random import Random
from typing import TypeVar

import awaits
import http_calls
from applications import FOLDER, repositories
from measuring import FOUND, MISSED, SPOKEN, Checked, Outcome, texts
from module import is_python
from mutants import Fault, Mutant, Project, project

T = TypeVar("T")
SEED = 11
LIMIT = 100
SPARE = 1.5  # so many more are tried as are wanted, since some rules speak before the fault
RULES: dict[str, tuple[Fault, ...]] = {**awaits.FAULTS, **http_calls.FAULTS}


@dataclass(frozen=True)
class Row:
    """A fault of an application with its outcome; `rank` is where it stands in the choice."""

    rule: str
    application: str
    rank: int
    outcome: Outcome


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
    waiting = [iter(group) for group in groups]
    while waiting:
        for group in list(waiting):
            for item in group:
                yield item
                break
            else:
                waiting.remove(group)


def count(folder: Path, rules: Iterable[str]) -> Counter[str]:
    """How many faults an application has a place for, by rule."""
    app = project(texts(folder))
    return Counter({rule: len(candidates(app, RULES[rule])) for rule in rules})


def measure(folder: Path, wanted: Mapping[str, int]) -> list[Row]:
    """The outcomes of so many faults for each rule in one application."""
    if not any(wanted.values()):
        return []
    logging.disable(logging.CRITICAL)
    app, checked = project(texts(folder)), Checked(folder)
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


def run(folders: Sequence[Path], rules: Sequence[str], limit: int, jobs: int) -> list[Row]:
    with ProcessPoolExecutor(jobs) as pool:
        counts = list(pool.map(count, folders, repeat(rules)))
        tried = {rule: shares([c[rule] for c in counts], round(limit * SPARE)) for rule in rules}
        wanted = [{rule: tried[rule][index] for rule in rules} for index in range(len(folders))]
        by_application = list(pool.map(measure, folders, wanted))
    return [
        row for rule in rules for row in chosen([[r for r in rows if r.rule == rule] for rows in by_application], limit)
    ]


def chosen(by_application: Iterable[Sequence[Row]], limit: int) -> Iterator[Row]:
    """Of each application in turn, without those places of which the rule spoke before."""
    return islice(in_turn([r for r in rows if r.outcome.state != SPOKEN] for rows in by_application), limit)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rule", action="append", choices=RULES, help="can be repeated; all if not said")
    parser.add_argument("--limit", type=int, default=LIMIT, help=f"how many for each rule, {LIMIT} if not said")
    parser.add_argument("--applications", type=Path, default=FOLDER, help="the folder that they are in")
    parser.add_argument("--only", action="append", help="one application, owner/name; can be repeated")
    parser.add_argument("--jobs", type=int, default=2, help="processes, 2 if not said")
    parser.add_argument("--misses", action="store_true", help="list what was not found, and what is new elsewhere")
    parser.add_argument("--json", type=Path, help="write all outcomes to this file")
    given = parser.parse_args()
    started = time.monotonic()
    names = [r.folder for r in repositories() if not given.only or r.name in given.only]
    folders = [given.applications.absolute() / name for name in names]
    missing = [folder.name for folder in folders if not folder.is_dir()]
    if missing:
        parser.error(f"not in {given.applications}: {', '.join(missing)}")
    rules = given.rule or list(RULES)
    rows = run(folders, rules, given.limit, given.jobs)
    for rule in rules:
        print(summary(rule, [row for row in rows if row.rule == rule]))
    if given.misses:
        print(*misses(rows), sep="\n")
    print(f"{len(rows)} faults in {time.monotonic() - started:.0f} s")
    if given.json:
        given.json.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")
    return int(any(not is_good([row for row in rows if row.rule == rule]) for rule in rules))


def is_good(rows: Sequence[Row]) -> bool:
    found = sum(row.outcome.state == FOUND for row in rows)
    return found >= 0.9 * len(rows) and not any(row.outcome.elsewhere for row in rows)


def summary(rule: str, rows: Sequence[Row]) -> str:
    found = sum(row.outcome.state == FOUND for row in rows)
    elsewhere = sum(bool(row.outcome.elsewhere) for row in rows)
    applications = len({row.application for row in rows})
    return (
        f"{rule}: {found} of {len(rows)} found, {len(rows) - found} not, {elsewhere} with something new elsewhere, "
        f"in {applications} applications"
    )


def misses(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        outcome, place = row.outcome, f"{row.application}/{row.outcome.path}:{row.outcome.line}"
        if outcome.state == MISSED:
            yield f"MISS {row.rule} {place} ({outcome.kind})"
        for said in outcome.elsewhere:
            yield f"ELSEWHERE {row.rule} {place} ({outcome.kind}): {said.path}:{said.line} {said.rule}: {said.message}"


if __name__ == "__main__":
    sys.exit(main())
