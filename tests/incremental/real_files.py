"""Real files: the standard library and what is installed are read, changed, and read again.

    python tests/incremental/real_files.py [FILES] [--changes N]

Prints figures, and each mismatch; ends with 1 where there is one.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import sysconfig
import tokenize
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

import libcst as cst
from apitfall.facts import Extraction, extract
from apitfall.syntax import Chunk, Reader
from apitfall.text import Lines, split_lines
from changes import KINDS, change
from libcst.metadata import MetadataWrapper, PositionProvider
from state import chunk_rows, facts_rows, same

# What Python takes and libcst 1.9 does not: how to find it in a chunk that has no tree, and a text that shows it.
LIMITS = {
    "a target with an annotation in parentheses": (re.compile(r"^\s*\([\w.\[\]]+\)\s*:", re.M), "(x): int = 1\n"),
}
TABLE = 50_000  # characters; a shorter chunk of a real file must not be refused
LONG = 4_000  # lines; a longer file is changed once


@dataclass
class Figures:
    """What was seen; `wrong` are the mismatches."""

    counts: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])

    def add(self, other: Figures) -> None:
        self.counts += other.counts
        self.wrong += other.wrong


def real_files(count: int | None = None) -> list[Path]:
    """The files of the standard library and of the installed packages, or the same few of them each time."""
    library, installed = (Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib"))
    found = [p for p in sorted(library.rglob("*.py")) if "site-packages" not in p.relative_to(library).parts]
    found += sorted(installed.rglob("*.py"))
    return found if count is None or count >= len(found) else sorted(Random(7).sample(found, count))


def source_of(path: Path) -> str | None:
    """The text as an editor has it; None if its encoding is not what it says."""
    try:
        with tokenize.open(path) as file:
            encoding = file.encoding
        return path.read_bytes().decode(encoding)
    except (SyntaxError, UnicodeDecodeError):
        return None


def is_python(text: str) -> bool:
    """Whether the text has a syntax tree; what the compiler finds behind that is not of syntax."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            return False
    return True


def parses(text: str) -> bool:
    try:
        cst.parse_module(text)
    except (cst.ParserSyntaxError, cst.CSTLogicError):
        return False
    return True


def check(name: str, text: str, changes: int, *, positions: bool) -> Figures:
    """Read a text, then change it so often, and read it again each time."""
    figures = Figures(Counter(files=1, lines=len(split_lines(text)), characters=len(text)))
    reader, extraction = Reader(), Extraction()
    chunks = reader.read(text)
    figures.counts["chunks"] = len(chunks)
    figures.wrong += (f"{name}: {what}" for what in judged(text, chunks, figures.counts))
    if positions and parses(text) and not set("\f\ufeff") & set(text):
        figures.counts["files whose positions were compared"] += 1
        if calls(chunks) != calls_of_libcst(text):
            figures.wrong.append(f"{name}: other positions than libcst's")
    extraction.update(chunks)
    random = Random(zlib.crc32(text.encode(errors="replace")))
    done: list[tuple[str, int]] = []
    for _ in range(changes if figures.counts["lines"] < LONG else min(changes, 1)):
        kind, seed = random.choice(list(KINDS)), random.randrange(10**6)
        text = change(text, kind, seed)
        done.append((kind, seed))
        figures.counts["changes"] += 1
        reader.read(text)
        chunks = reader.settle()
        facts = extraction.update(chunks)
        fresh = Reader().read(text)
        if any(chunk.tree is None for chunk in fresh):
            continue  # what does not parse may keep what it had
        figures.counts["changes that were compared"] += 1
        try:
            same(
                {name: [*facts_rows(facts), *chunk_rows(chunks)]},
                {name: [*facts_rows(extract(fresh)), *chunk_rows(fresh)]},
                f"after {done}",
            )
        except AssertionError as problem:
            figures.wrong.append(str(problem))
            break
    return figures


def judged(text: str, chunks: list[Chunk], counts: Counter[str]) -> Iterator[str]:
    """What is wrong with the chunks of a file as it is on disk."""
    if "".join(chunk.piece.text for chunk in chunks) != text:
        yield "the chunks joined are not the text"
    refused = [chunk.piece.text for chunk in chunks if chunk.refusal]
    broken = [chunk.piece.text for chunk in chunks if chunk.tree is None and not chunk.refusal]
    counts["chunks refused"] += len(refused)
    counts["chunks broken"] += len(broken)
    if not is_python(text):
        counts["files that are no Python"] += 1
        if not broken and not refused:
            yield "is no Python, and each of its chunks has a tree"
        return
    for chunk in broken:
        if any(pattern.search(chunk) for pattern, _ in LIMITS.values()):
            counts["chunks beyond libcst's limits"] += 1
        else:
            yield f"is Python, and this has no tree: {chunk[:300]!r}"
    yield from (f"is Python, and this was refused: {chunk[:300]!r}" for chunk in refused if len(chunk) < TABLE)


def calls(chunks: list[Chunk]) -> list[tuple[int, int]]:
    """Where the calls stand."""
    trees = [chunk.tree for chunk in chunks if chunk.tree is not None]
    spans = (tree.span(node) for tree in trees for node in tree.nodes if isinstance(node, cst.Call))
    return sorted((span.start, span.end) for span in spans)


def calls_of_libcst(text: str) -> list[tuple[int, int]]:
    wrapper, lines = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True), Lines(text)
    return sorted(
        (lines.offset(p.start.line - 1, p.start.column), lines.offset(p.end.line - 1, p.end.column))
        for node, p in wrapper.resolve(PositionProvider).items()
        if isinstance(node, cst.Call)
    )


def check_file(path: Path, changes: int, *, positions: bool) -> Figures:
    text = source_of(path)
    if text is None:
        return Figures(Counter({"files that are not in their encoding": 1}))
    return check(str(path), text, changes, positions=positions)


def check_numbered(numbered: tuple[int, Path], changes: int) -> Figures:
    """Positions are compared in every tenth file: libcst's own take long."""
    number, path = numbered
    return check_file(path, changes, positions=number % 10 == 0)


def large_text(paths: list[Path]) -> str:
    """A text of more than a megabyte, of the files that are Python and come first."""
    parts: list[str] = []
    size = 0
    for path in paths:
        text = source_of(path)
        if size > 1_000_000:
            break
        if text and is_python(text) and "from __future__" not in text and not text.startswith("\ufeff"):
            parts.append(text.rstrip() + "\n\n\n")
            size += len(parts[-1])
    return "".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="?", type=int, default=2_000, help="how many, 2,000 if not said")
    parser.add_argument("--changes", type=int, default=2, help="made to each file one after the other, 2 if not said")
    given = parser.parse_args()
    paths = real_files(given.files)
    total = Figures()
    with ProcessPoolExecutor(2) as pool:
        large = pool.submit(check, "the large text", large_text(paths), 1, positions=False)
        for figures in pool.map(partial(check_numbered, changes=given.changes), enumerate(paths), chunksize=4):
            for what in figures.wrong:
                print(what, flush=True)
            total.add(figures)
        total.add(large.result())
        print(*large.result().wrong, sep="\n")
    for name, count in total.counts.items():
        print(f"{count:>12,} {name}")
    print(f"{len(total.wrong):>12,} mismatches")
    return bool(total.wrong)


if __name__ == "__main__":
    sys.exit(main())
