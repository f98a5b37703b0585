"""Whole trees: the first index, `check` on the command line beside its peers, and what a server holds of large files."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import corpus
import processes
import session
from servers import Server

HERE = Path(__file__).resolve().parent
LINES = 400_000
SAMPLE = 40_000  # lines for peers, which take a second for a thousand; only the best of them is run on all
ROUNDS = 3
FILES_OPEN = (1, 10)


@dataclass(frozen=True)
class Linter:
    """A peer on the command line, in an environment of its own."""

    name: str
    requirement: str
    arguments: tuple[str, ...]

    @property
    def server(self) -> Server:
        return Server(f"{self.name}-lint", self.arguments, self.requirement)


LINTERS = (
    Linter("fixit", "fixit==2.2.1", ("fixit", "lint")),
    Linter("pylint", "pylint==4.1.4", ("pylint", "--score=n")),
    Linter("flake8-async", "flake8-async[flake8]==26.8.1", ("flake8", "--select=ASYNC")),
)


def tree(sources: Path, folder: Path, lines: int) -> int:
    """Copy so many lines of sources, or a little more; returns their number. Those of the application come first."""
    total = 0
    application = sources / corpus.PACKAGE
    for path in sorted(sources.rglob("*.py"), key=lambda path: (application not in path.parents, path)):
        if total >= lines:
            break
        to = folder / path.relative_to(sources)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)
        total += path.read_bytes().count(b"\n")
    (folder / "pyproject.toml").write_text(corpus.SETTINGS, encoding="utf-8")
    return total


def measured(command: Sequence[str | Path], folder: Path, env: dict[str, str]) -> tuple[dict[str, float], str]:
    """The seconds that a command takes, on the clock and on processors with all that it starts; and what it prints."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(command, cwd=folder, env={**os.environ, **env}, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if "Traceback" in run.stderr or (run.returncode not in (0, 1) and not run.stdout):
        raise RuntimeError(f"{' '.join(map(str, command))}: {run.stderr[-500:]}")
    return {"seconds": time.perf_counter() - began, "cpu": cpu}, run.stdout


def scan(sources: Path, folder: Path, lines: int) -> dict[str, Any]:
    """The first index and `check`, each without what is kept and with it, and the same work of peers.

    All peers are run on a part of the tree, the one that takes the least processor time for a line on the same as ours.
    """
    folder.mkdir()
    count = tree(sources, folder / "tree", lines)
    record: dict[str, Any] = {"lines": count, "index": {}, "check": {}, "peers": {}}
    for what, command in (
        ("index", [sys.executable, HERE / "first_index.py", folder / "tree"]),
        ("check", [sys.executable, "-m", "apitfall", "check", "--exit-zero"]),
    ):
        env = {"APITFALL_CACHE_DIR": str(folder / f"kept-{what}"), "APITFALL_NO_CACHE": "", "VIRTUAL_ENV": ""}
        for kind, rounds in (("cold", 1), ("kept", ROUNDS)):
            found = [measured(command, folder / "tree", env) for _ in range(rounds)]
            # The index says itself what it took, without the start of a process, which a server has behind it.
            figures = [json.loads(out) if what == "index" else taken for taken, out in found]
            record[what][kind] = min(figures, key=lambda each: each["cpu"])
    sample = tree(sources, folder / "sample", min(lines, SAMPLE))
    for linter in LINTERS:
        linter.server.install()
        record["peers"][linter.name] = {"lines": sample, **linted(linter, folder / "sample")}
    best = min(LINTERS, key=lambda linter: record["peers"][linter.name]["cpu"])
    record["peers"][best.name] = {"lines": count, **linted(best, folder / "tree")}
    return record


def linted(linter: Linter, folder: Path) -> dict[str, Any]:
    """What a peer takes for a folder, file by file, for pylint does not look into folders that are no packages."""
    taken, _ = measured([*linter.server.command(), *sorted(folder.rglob("*.py"))], folder, {})
    return {"requirement": linter.requirement, **taken}


async def opened(server: Server, path: Path, folder: Path, log: Path, env: dict[str, str]) -> dict[str, list[float]]:
    """The ms from opening a document to its diagnostics, without what is kept and with it."""
    kept = folder / "kept"
    found: dict[str, list[float]] = {"cold": [], "kept": []}
    for number in range(ROUNDS + 1):
        one = session.Session(server, path, {**env, "APITFALL_NO_CACHE": "", "APITFALL_CACHE_DIR": str(kept)}, log)
        try:
            await one.start()
            found["kept" if number else "cold"] += (await one.open()).first
        finally:
            await one.stop()
    return found


async def memory(server: Server, path: Path, count: int, log: Path, env: dict[str, str]) -> float:
    """The most MB that were resident with so many documents open, each as long as this one."""
    paths = [path, *(path.with_name(f"copy_{number}.py") for number in range(1, count))]
    for copy in paths[1:]:
        copy.write_bytes(path.read_bytes())
    first = session.Session(server, path, env, log)
    try:
        await first.start()
        await first.open(session.LIMIT_TREE)
        for copy in paths[1:]:
            item = {"uri": copy.as_uri(), "languageId": "python", "version": 1, "text": str(first.text)}
            since = len(first.client.published)
            first.client.notify("textDocument/didOpen", {"textDocument": item})
            await first.client.publish(copy.as_uri(), 1, since, session.LIMIT_TREE)
        await first.client.settle(session.SETTLE)
        return processes.peak_mb(first.client.process.pid)
    finally:
        await first.stop()
        for copy in paths[1:]:
            copy.unlink()
