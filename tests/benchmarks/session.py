"""One server on one file: opened, edited, asked. One message is under way at a time, so that latency is measured."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import edits
import processes
from client import Client, Failure, Publish
from servers import Server

LIMIT = 20.0  # seconds that an answer may take
LIMIT_OPEN = 30.0  # when a file is opened
LIMIT_TREE = 120.0  # when that means that other files are read as well
PAUSE = 0.5  # after the last change, until a server has begun with what it leaves for a pause in typing
SETTLE = 5.0  # seconds that a server gets at most to come to rest after a change
EDITS: dict[str, Callable[[edits.Text], edits.Change]] = {
    "char": edits.Text.character,
    "keys": edits.Text.character,
    "statement": edits.Text.statement,
    "paste-6": lambda text: text.function(6),
    "paste-40": lambda text: text.function(40),
    "format": edits.Text.format,
}
TYPED_ON = ("keys",)  # each follows the diagnostics of the one before at once, without waiting for rest
AS_MANY = 10  # times as many as of others, for to type on and on is what they are about
ASKS = {"action": "codeActionProvider", "hover": "hoverProvider"}
WEIGHTS = {"char": 3, "format": 1, "action": 1, "hover": 1, "keys": 2, "statement": 1, "paste-6": 1, "paste-40": 1}
"""What is measured, in this order, and its share of the time that a server has for a file."""


@dataclass
class Samples:
    """The ms to the first answer, to the last publish for the same version, and of processor time until all is at rest.

    `problem` says why there are none, or no more.
    """

    first: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    problem: str = ""


class Session:
    """A document that is open in a server."""

    def __init__(self, server: Server, path: Path, env: dict[str, str], log: Path) -> None:
        folder = next(parent for parent in path.parents if (parent / "pyproject.toml").exists())
        self.client = Client(server.command(), folder, env, log)
        self.uri = path.as_uri()
        self.text = edits.Text(path.read_text(encoding="utf-8"), "edits")
        self.random = random.Random("asks")
        self.version = 0

    async def start(self) -> float:
        """Returns the ms to the answer of `initialize`."""
        taken = await self.client.start(LIMIT)
        await self.client.settle(SETTLE)
        return taken

    async def stop(self) -> None:
        await self.client.stop()

    async def open(self, limit: float = LIMIT_OPEN) -> Samples:
        """Open the document as its text is now."""
        self.version += 1
        item = {"uri": self.uri, "languageId": "python", "version": self.version, "text": str(self.text)}
        samples = Samples()
        await self.measure(samples, "textDocument/didOpen", {"textDocument": item}, limit, limit)
        return samples

    async def close(self) -> None:
        self.client.notify("textDocument/didClose", {"textDocument": {"uri": self.uri}})
        await self.client.settle(SETTLE)

    async def change(
        self, samples: Samples, changes: list[edits.Change], limit: float = LIMIT, settle: float = SETTLE
    ) -> Publish:
        """Make changes and add what that took; returns the last publish."""
        self.version += 1
        document = {"uri": self.uri, "version": self.version}
        params = {"textDocument": document, "contentChanges": changes}
        return await self.measure(samples, "textDocument/didChange", params, limit, settle)

    async def measure(
        self, samples: Samples, method: str, params: dict[str, Any], limit: float, settle: float
    ) -> Publish:
        client, since = self.client, len(self.client.published)
        used = processes.cpu_ms(client.process.pid)
        began = client.notify(method, params)
        first = await client.publish(self.uri, self.version, since, limit)
        await client.settle(settle)
        samples.first.append((first.at - began) * 1000)
        samples.last.append((self.published().at - began) * 1000)
        samples.cpu.append(processes.cpu_ms(client.process.pid) - used)
        return self.published()

    def published(self) -> Publish:
        """The newest publish for the document."""
        return next(publish for publish in reversed(self.client.published) if publish.uri == self.uri)

    async def edit(self, kind: str, repeat: int, seconds: float) -> Samples:
        """Make changes of a kind, as often as asked and as there is time."""

        async def one(samples: Samples) -> None:
            await self.change(samples, [EDITS[kind](self.text)], settle=0 if kind in TYPED_ON else SETTLE)

        made = await repeated(one, repeat * (AS_MANY if kind in TYPED_ON else 1), seconds)
        await self.client.settle(SETTLE)
        return made

    async def ask(self, kind: str, repeat: int, seconds: float) -> Samples:
        """Ask for code actions at diagnostics; for hovers at these and at names, by turns."""
        if not self.client.capabilities.get(ASKS[kind]):
            return Samples(problem="not offered")
        diagnostics = self.published().diagnostics
        if kind == "action" and not diagnostics:
            return Samples(problem="no diagnostics")

        async def one(samples: Samples) -> None:
            document = {"uri": self.uri}
            if diagnostics and (kind == "action" or len(samples.first) % 2):
                at = self.random.choice(diagnostics)
                position = at["range"]["start"]
            else:
                at = {}
                position = dict(zip(("line", "character"), self.text.name(), strict=True))
            if kind == "action":
                context = {"diagnostics": [at], "triggerKind": 1}
                params = {"textDocument": document, "range": at["range"], "context": context}
                taken = await self.client.request("textDocument/codeAction", params, LIMIT)
            else:
                params = {"textDocument": document, "position": position}
                taken = await self.client.request("textDocument/hover", params, LIMIT)
            samples.first.append(taken[1])

        return await repeated(one, repeat, seconds)

    async def is_as_if_opened(self) -> bool:
        """Whether what is said after all changes is what is said of the same text when it is opened."""
        await asyncio.sleep(PAUSE)
        await self.client.settle(SETTLE)
        before = self.published().diagnostics
        await self.close()
        await self.open()
        return sorted(map(repr, before)) == sorted(map(repr, self.published().diagnostics))


async def repeated(one: Callable[[Samples], Awaitable[None]], repeat: int, seconds: float) -> Samples:
    samples = Samples()
    over = time.perf_counter() + seconds
    if seconds <= 0:
        samples.problem = "no time left"
    try:
        while len(samples.first) < repeat and time.perf_counter() < over:
            await one(samples)
    except Failure as failure:
        samples.problem = str(failure)
    return samples


async def measure(
    server: Server,
    path: Path,
    kinds: list[str],
    repeat: int,
    seconds: float,
    opens: int,
    log: Path,
    env: dict[str, str],
    limit: float = LIMIT_OPEN,
) -> dict[str, Any]:
    """All that is measured of a server on a file. `opens` sessions are begun, of which the last one goes on.

    `limit` are the seconds that the document may take to open.
    """
    began = time.perf_counter()
    opened, starts = Samples(), list[float]()
    record: dict[str, Any] = {"kinds": {}}
    while True:
        session = Session(server, path, env, log)
        try:
            starts.append(await session.start())
            samples = await session.open(limit)
            opened.first += samples.first
            opened.last += samples.last
            opened.cpu += samples.cpu
            # A server that is slow to open is not asked to do it again.
            if len(starts) >= opens or samples.first[0] * opens > seconds * 250:
                await everything(session, server, record, kinds, repeat, seconds)
                break
        except Failure as failure:
            opened.problem = str(failure)
            record["kinds"] = {kind: vars(Samples(problem=str(failure))) for kind in kinds}
            break
        finally:
            record |= {"peak_mb": processes.peak_mb(session.client.process.pid), "info": session.client.info}
            await session.stop()
    record["kinds"]["open"] = vars(opened)
    record |= {"initialize": starts, "seconds": time.perf_counter() - began}
    return record


async def everything(
    session: Session, server: Server, record: dict[str, Any], kinds: list[str], repeat: int, seconds: float
) -> None:
    over = time.perf_counter() + seconds
    todo = {kind: weight for kind, weight in WEIGHTS.items() if kind in kinds}
    problem = ""
    while todo:
        share = (over - time.perf_counter()) * next(iter(todo.values())) / sum(todo.values())
        kind = next(iter(todo))
        del todo[kind]
        if problem:
            samples = Samples(problem=problem)
        else:
            samples = await (session.edit if kind in EDITS else session.ask)(kind, repeat, share)
        if samples.problem.startswith(("no answer", "the server")):
            problem = samples.problem  # it is still busy, and would be slow for another reason
        record["kinds"][kind] = vars(samples)
    if server.is_ours and not problem:
        record["as_if_opened"] = await session.is_as_if_opened()
