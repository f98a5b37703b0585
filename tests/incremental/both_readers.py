"""The two readers of facts on real files: what Python's own parser gives is what libcst gives, or Unsure.

    python tests/incremental/both_readers.py [FILES] [--changes N] [--below FOLDER]

Each file is also changed some times, and compared again where what comes out is Python. Prints figures, and each
mismatch; ends with 1 where there is one.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from random import Random

from apitfall.facts import ModuleFacts, Unsure, extract, facts_and_pieces
from apitfall.syntax import Reader
from apitfall.syntax.cut import cut
from changes import KINDS, change
from real_files import Figures, is_python, real_files, source_of
from state import facts_rows, same


def check(name: str, text: str, changes: int) -> Figures:
    """Compare what the two say of a text, and of what becomes of it by changes."""
    figures = Figures(Counter(files=1))
    compare(name, text, figures)
    random = Random(zlib.crc32(text.encode(errors="replace")))
    for _ in range(changes):
        kind, seed = random.choice(list(KINDS)), random.randrange(10**6)
        changed = change(text, kind, seed)
        if is_python(changed):
            compare(f"{name} after {(kind, seed)}", changed, figures)
            figures.counts["changed texts"] += 1
    return figures


def compare(name: str, text: str, figures: Figures) -> None:
    figures.counts["lines"] += text.count("\n")
    try:
        quick, pieces = facts_and_pieces(text)
    except Unsure as why:
        figures.counts["texts that were left to libcst"] += 1
        figures.counts[f"  {str(why).partition(' (')[0][:70]}"] += 1
        return
    wrong = difference(quick, by_libcst(text))
    if wrong is not None:
        figures.wrong.append(f"{name}: {wrong}")
    if pieces and [known.piece for known in pieces] != cut(text)[0]:
        figures.wrong.append(f"{name}: the chunks are others")


def by_libcst(text: str) -> ModuleFacts:
    reader = Reader()
    facts = extract(reader.read(text))
    reader.release()
    return facts


def difference(quick: ModuleFacts, facts: ModuleFacts) -> str | None:
    """What is another in the facts; the order of functions and names counts as well."""
    try:
        same({"": [*facts_rows(quick)]}, {"": [*facts_rows(facts)]})
    except AssertionError as problem:
        return str(problem)
    return None if quick == facts else "they are not equal"


def check_file(path: Path, changes: int) -> Figures:
    text = source_of(path)
    if text is None:
        return Figures(Counter({"files that are not in their encoding": 1}))
    return check(str(path), text, changes)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="?", type=int, default=2_000, help="how many, 2,000 if not said")
    parser.add_argument("--changes", type=int, default=2, help="made to each file, 2 if not said")
    parser.add_argument(
        "--below", type=Path, help="the folder whose files are read, and not Python's and the installed"
    )
    given = parser.parse_args()
    if given.below is None:
        paths = real_files(given.files)
    else:
        found = sorted(given.below.rglob("*.py"))
        paths = found if given.files >= len(found) else sorted(Random(7).sample(found, given.files))
    total = Figures()
    with ProcessPoolExecutor(2) as pool:
        for figures in pool.map(partial(check_file, changes=given.changes), paths, chunksize=4):
            for what in figures.wrong:
                print(what, flush=True)
            total.add(figures)
    for name, count in total.counts.items():
        print(f"{count:>12,} {name}")
    print(f"{len(total.wrong):>12,} mismatches")
    return bool(total.wrong)


if __name__ == "__main__":
    sys.exit(main())
