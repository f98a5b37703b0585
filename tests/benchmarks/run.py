"""The benchmark: our language server beside its peers, over standard input and output, on real files.

Prints tables and writes JSON and plots. Linux only, for it reads what a process has used from there. Nothing here is a
test: how fast a machine is today is no reason to fail.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import shlex
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import broken
import corpus
import libcst
import processes
import scans
import servers
import session
import typed
from client import Client, Failure
from corpus import PARSED, File
from figures import Results
from plots import plots
from servers import BUILD, ROOT, Server
from tables import tables

KINDS = (*session.WEIGHTS, "open", "initialize", "broken", "rules", "kept", "memory", "scan", "types")
LONG = ("broken", "rules", "memory", "scan", "types")  # kinds that a quick run leaves out
SECONDS_OURS, SECONDS_PEER, SECONDS_QUICK = 25.0, 8.0, 6.0  # for what is measured on one file
SECONDS_BROKEN, SECONDS_RULES, SECONDS_TYPES = 12.0, 6.0, 12.0
OPENS, ROUNDS, BREAKS = 3, 4, 30
NUMBERS_OF_RULES = (1, 2, 5)
FILES_FOR_RULES = ("1000", "10000")


def parser() -> argparse.ArgumentParser:
    names = [file.name for file in corpus.FILES]
    top = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    top.add_argument(
        "--quick", action="store_true", help="less than a minute: ours and ruff, two files, 15 repetitions"
    )
    top.add_argument("--servers", type=listed(servers.NAMES), metavar="NAME,…", help=", ".join(servers.NAMES))
    top.add_argument("--files", type=listed(names), metavar="NAME,…", help=", ".join(names))
    top.add_argument("--only", type=listed(KINDS), metavar="KIND,…", help=", ".join(KINDS))
    top.add_argument("--repeat", type=positive, metavar="N", help="repetitions, as far as there is time (default: 40)")
    top.add_argument(
        "--server-command",
        type=command,
        metavar="COMMAND",
        help="what starts our server, in place of the installed one",
    )
    top.add_argument("--json", type=Path, metavar="PATH", help="where to write the figures; the plots go beside it")
    return top


def listed(known: Collection[str]) -> Callable[[str], list[str]]:
    def names(text: str) -> list[str]:
        found = text.split(",")
        for name in found:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
        return found

    return names


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


def command(text: str) -> str:
    words = shlex.split(text)
    if not words or shutil.which(words[0]) is None:
        raise argparse.ArgumentTypeError(f"{text!r} starts no program")
    return text


def main() -> None:
    args = parser().parse_args()
    names = args.servers or (["apitfall", "ruff"] if args.quick else servers.NAMES)
    files = args.files or (["1000", "10000"] if args.quick else [file.name for file in corpus.FILES])
    kinds = args.only or [kind for kind in KINDS if not args.quick or kind not in LONG]
    run = Run(
        servers.chosen(names, args.server_command),
        [file for file in corpus.FILES if file.name in files],
        kinds,
        args.repeat or (15 if args.quick else 40),
        is_quick=args.quick,
    )
    data = run.all()
    path = args.json or BUILD / f"{datetime.now():%Y-%m-%dT%H-%M}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    results = Results(data)
    for table in tables(results):
        print(table.text())
    written = [path]
    for name, image in plots(results):
        written.append(path.with_name(f"{path.stem}-{name}.svg"))
        written[-1].write_text(image, encoding="utf-8")
    print(f"load {data['load'][0]:.1f} at the start, {data['seconds']:.0f} s")
    print("written:", *written)


class Run:
    """What is measured in one run, one after the other: what is compared stands close together in time."""

    def __init__(
        self, chosen: list[Server], files: list[File], kinds: list[str], repeat: int, *, is_quick: bool
    ) -> None:
        self.servers = chosen
        self.files = files
        self.kinds = kinds
        self.repeat = repeat
        self.is_quick = is_quick
        # The environment whose packages the code imports, as for a user who has activated it.
        self.env = {"VIRTUAL_ENV": sys.prefix, "APITFALL_NO_CACHE": "1"}
        self.data: dict[str, Any] = {
            "began": f"{datetime.now().astimezone():%Y-%m-%d %H:%M %Z}",
            "machine": processes.machine(),
            "load": os.getloadavg(),
            "arguments": sys.argv[1:],
            "repeat": repeat,
            "seconds_allowed": {
                "answer": session.LIMIT,
                "open": session.LIMIT_OPEN,
                "open in the tree": session.LIMIT_TREE,
                "ours": SECONDS_QUICK if is_quick else SECONDS_OURS,
                "peer": SECONDS_QUICK if is_quick else SECONDS_PEER,
            },
            "versions": {"python": platform.python_version()}
            | {name: version(name) for name in ("apitfall", "libcst", "pygls", "jedi")},
            "files": {},
            "servers": {server.name: {"requirement": server.requirement, "says": server.says} for server in chosen},
            "sessions": [],
            "initialize": {},
            "broken": {},
            "rules": {},
            "kept": {},
            "memory": {},
            "scan": {},
            "types": {},
        }

    def all(self) -> dict[str, Any]:
        began = time.perf_counter()
        self.source = corpus.fetch()
        for server in self.servers:
            server.install()
        logs = BUILD / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        self.log = logs / "servers.log"
        self.log.unlink(missing_ok=True)
        gc.disable()  # a collection here would be measured as theirs
        # Outside of this repository, whose settings and ignored folders are not theirs.
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            self.folder = Path(folder).resolve()
            self.data["parse_ms"] = [self.parse_ms()]
            asyncio.run(self.measure())
            self.data["parse_ms"].append(self.parse_ms())
        self.data["seconds"] = time.perf_counter() - began
        return self.data

    def parse_ms(self) -> float:
        """How fast the machine is just now, by something that no change of ours makes faster."""
        text = (self.source / PARSED).read_text(encoding="utf-8")
        taken: list[float] = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            libcst.parse_module(text)
            taken.append((time.perf_counter() - began) * 1000)
        return statistics.median(taken)

    async def measure(self) -> None:
        if "initialize" in self.kinds:
            await self.initialize()
        if "scan" in self.kinds:
            sources = self.source.parents[len(Path(corpus.PACKAGE).parts) - 1]
            self.data["scan"] = scans.scan(sources, self.folder / "scan", scans.LINES)
            say(f"scan: {self.data['scan']}")
        for file in self.files:
            path = corpus.project(file, self.source, self.folder / file.name)
            lines = path.read_text(encoding="utf-8").count("\n")
            self.data["files"][file.name] = {"path": f"{corpus.PACKAGE}/{file.path}", "lines": lines}
            if set(self.kinds) & {*session.WEIGHTS, "open"}:
                for server in self.servers:
                    await self.session(server, file, path)
            if "broken" in self.kinds and not file.is_in_tree:
                await self.broken(file, path)
            if "rules" in self.kinds and file.name in FILES_FOR_RULES:
                await self.rules(file)
            if "types" in self.kinds and not file.is_in_tree:
                await self.types(file, path)
            if file.name in FILES_FOR_RULES:
                await self.held(file)

    async def initialize(self) -> None:
        """All by turns, the first round thrown away: it reads files that later ones find in memory."""
        folder = self.folder / "empty"
        folder.mkdir()
        (folder / "pyproject.toml").write_text(corpus.SETTINGS, encoding="utf-8")
        taken: dict[str, list[float]] = {}
        for number in range((3 if self.is_quick else ROUNDS) + 1):
            for server in (*self.servers, servers.BARE):
                client = Client(server.command(), folder, self.env, self.log)
                try:
                    ms = await client.start(session.LIMIT)
                    taken.setdefault(server.name, []).extend([ms] if number else [])
                except Failure as failure:
                    say(f"{server.name}: {failure}")
                finally:
                    await client.stop()
        self.data["initialize"] = taken

    async def session(self, server: Server, file: File, path: Path) -> None:
        seconds = SECONDS_QUICK if self.is_quick else SECONDS_OURS if server.is_ours else SECONDS_PEER
        kinds = [kind for kind in self.kinds if kind in session.WEIGHTS]
        if file.is_in_tree:
            kinds = [kind for kind in kinds if kind in ("char", "statement")]
        opens = 1 if self.is_quick or file.is_in_tree else OPENS
        limit = session.LIMIT_TREE if file.is_in_tree else session.LIMIT_OPEN
        load = os.getloadavg()
        record = await session.measure(server, path, kinds, self.repeat, seconds, opens, self.log, self.env, limit)
        self.data["sessions"].append({"server": server.name, "file": file.name, "load": load, **record})
        for kind in ("open", "char"):
            samples = record["kinds"].get(kind, {"first": [], "problem": "not measured"})
            figures = " ".join(f"{ms:.1f}" for ms in sorted(samples["first"])[:: max(1, len(samples["first"]) // 5)])
            say(f"{server.name}, {file.name}, {kind}: {figures} {samples['problem']}")
        if record.get("as_if_opened") is False:
            say(f"{server.name}, {file.name}: a fresh open says something else than the edits left")

    async def broken(self, file: File, path: Path) -> None:
        for server in self.servers:
            if server.is_ours:
                record = await broken.live_lines(server, path, BREAKS, SECONDS_BROKEN, self.log, self.env)
                self.data["broken"][file.name] = record
                say(f"{server.name}, {file.name}, broken: {[round(share, 3) for share in record['shares']]}")

    async def held(self, file: File) -> None:
        """What opening costs where facts are kept, and what is held of the largest files."""
        for server in self.servers:
            if server.is_ours and "kept" in self.kinds:
                path = corpus.project(file, self.source, self.folder / f"{file.name}-kept")
                found = await scans.opened(server, path, path.parent / "build", self.log, self.env)
                self.data["kept"][file.name] = found
                say(f"{server.name}, {file.name}, kept: {found}")
            if server.is_ours and "memory" in self.kinds and file.name == FILES_FOR_RULES[-1]:
                path = corpus.project(file, self.source, self.folder / f"{file.name}-memory")
                for count in scans.FILES_OPEN:
                    self.data["memory"][str(count)] = await scans.memory(server, path, count, self.log, self.env)
                say(f"{server.name}, {file.name}, memory: {self.data['memory']}")

    async def types(self, file: File, path: Path) -> None:
        for server in self.servers:
            if server.is_ours:
                record = await typed.measure(server, path, self.repeat, SECONDS_TYPES, self.log, self.env)
                self.data["types"][file.name] = record
                said = {kind: [round(ms, 1) for ms in sorted(record[kind])] for kind in typed.KINDS}
                say(f"{server.name}, {file.name}, types: {said} {record['problem']}")

    async def rules(self, file: File) -> None:
        known = sorted(page.stem for page in (ROOT / "rules" / "apitfall_rules").glob("*.md"))
        for server in self.servers:
            if server.is_ours:
                numbers = [number for number in NUMBERS_OF_RULES if number < len(known)]
                for number in (*numbers, len(known)):
                    path = corpus.project(file, self.source, self.folder / f"{file.name}-{number}", known[:number])
                    record = await session.measure(
                        server, path, ["char"], self.repeat, SECONDS_RULES, 1, self.log, self.env
                    )
                    found = {"rules": number, "char": record["kinds"].get("char", vars(session.Samples()))}
                    self.data["rules"].setdefault(file.name, []).append(found)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
