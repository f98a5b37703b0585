"""A language client over standard input and output that takes the time of what comes back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import processes

SAMPLE = 0.025  # seconds between two looks at whether a server is at rest
AT_REST_MS = 1.0  # of processor time between two looks: what an idle server's timers take
CAPABILITIES = {
    "general": {"positionEncodings": ["utf-16"]},
    "window": {"workDoneProgress": True},
    "workspace": {
        "applyEdit": True,
        "configuration": True,
        "didChangeConfiguration": {"dynamicRegistration": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True},
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create", "rename", "delete"]},
        "workspaceFolders": True,
    },
    "textDocument": {
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "source.fixAll"]}},
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        },
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "publishDiagnostics": {
            "codeDescriptionSupport": True,
            "dataSupport": True,
            "relatedInformation": True,
            "versionSupport": True,
        },
        "synchronization": {"didSave": True},
    },
}


class Failure(Exception):
    """A server did not do what it was asked; the message says what, in a few words."""


@dataclass(frozen=True)
class Publish:
    """The diagnostics of a document; `at` is when the last byte had come."""

    at: float
    uri: str
    version: int | None
    diagnostics: list[dict[str, Any]]


class Client:
    """One server in a process group of its own, in the folder of a project."""

    def __init__(self, command: Sequence[str], folder: Path, env: Mapping[str, str], log: Path) -> None:
        self.command = command
        self.folder = folder
        self.env = env
        self.log = log
        self.published: list[Publish] = []
        self.waiting: list[tuple[Callable[[Publish], bool], asyncio.Future[Publish]]] = []
        self.asked: dict[int, asyncio.Future[tuple[dict[str, Any], float]]] = {}
        self.capabilities: dict[str, Any] = {}
        self.info: dict[str, str] = {}

    async def start(self, limit: float) -> float:
        """Begin a session; returns the ms from the start of the process to the answer of `initialize`."""
        began = time.perf_counter()
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, **self.env},
                limit=1 << 26,
                start_new_session=True,
            )
        self.reading = asyncio.create_task(self.read())
        uri = self.folder.as_uri()
        params = {
            "processId": os.getpid(),
            "rootUri": uri,
            "rootPath": str(self.folder),
            "workspaceFolders": [{"uri": uri, "name": self.folder.name}],
            "capabilities": CAPABILITIES,
        }
        result, at = await self.ask("initialize", params, limit)
        self.capabilities, self.info = result["capabilities"], result.get("serverInfo") or {}
        self.notify("initialized", {})
        return (at - began) * 1000

    async def stop(self) -> None:
        with contextlib.suppress(Failure, TimeoutError, asyncio.TimeoutError):
            await self.ask("shutdown", None, 5)
            self.notify("exit", None)
            await asyncio.wait_for(self.process.wait(), 5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        await self.reading

    def notify(self, method: str, params: object) -> float:
        """Returns when the message was handed over."""
        return self.send({"method": method, "params": params})

    async def request(self, method: str, params: object, limit: float) -> tuple[Any, float]:
        """Returns the result and the ms that it took."""
        began = time.perf_counter()
        result, at = await self.ask(method, params, limit)
        return result, (at - began) * 1000

    async def ask(self, method: str, params: object, limit: float) -> tuple[Any, float]:
        number = len(self.asked)
        self.asked[number] = asyncio.get_running_loop().create_future()
        self.send({"id": number, "method": method, "params": params})
        message, at = await self.within(self.asked[number], limit)
        if "error" in message:
            raise Failure(f"{method} was refused: {message['error'].get('message')}")
        return message["result"], at

    async def publish(self, uri: str, version: int, since: int, limit: float) -> Publish:
        """The first publish for a version, or of no version, behind the first `since`."""

        def is_it(publish: Publish) -> bool:
            return publish.uri == uri and (publish.version is None or publish.version >= version)

        for publish in self.published[since:]:
            if is_it(publish):
                return publish
        found: asyncio.Future[Publish] = asyncio.get_running_loop().create_future()
        self.waiting.append((is_it, found))
        return await self.within(found, limit)

    async def within(self, future: asyncio.Future[Any], limit: float) -> Any:
        await asyncio.wait({future, self.reading}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        if future.done():
            return future.result()
        raise Failure("the server ended" if self.reading.done() else f"no answer in {limit:g} s")

    async def settle(self, limit: float) -> None:
        """Wait until the server has nothing left to do, or the limit is over."""
        over, quiet = time.perf_counter() + limit, 0
        before = (processes.cpu_ms(self.process.pid), len(self.published))
        while quiet < 2 and time.perf_counter() < over and not self.reading.done():
            await asyncio.sleep(SAMPLE)
            now = (processes.cpu_ms(self.process.pid), len(self.published))
            is_still = now[0] - before[0] < AT_REST_MS and now[1] == before[1]
            quiet = quiet + 1 if is_still and not processes.is_running(self.process.pid) else 0
            before = now

    def send(self, message: dict[str, Any]) -> float:
        body = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")).encode()
        assert self.process.stdin is not None
        at = time.perf_counter()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        return at

    async def read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                header = await stream.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.partition(b":")[2])
                    for line in header.split(b"\r\n")
                    if line.lower().startswith(b"content-length:")
                )
                body = await stream.readexactly(length)
                self.take(json.loads(body), time.perf_counter())

    def take(self, message: dict[str, Any], at: float) -> None:
        if "method" not in message:
            answer = self.asked[message["id"]]
            if not answer.done():
                answer.set_result((message, at))
        elif "id" in message:
            self.send({"id": message["id"], "result": self.answer(message)})
        elif message["method"] == "textDocument/publishDiagnostics":
            params = message["params"]
            publish = Publish(at, params["uri"], params.get("version"), params["diagnostics"])
            self.published.append(publish)
            for is_it, found in self.waiting:
                if not found.done() and is_it(publish):
                    found.set_result(publish)
            self.waiting = [waiting for waiting in self.waiting if not waiting[1].done()]

    def answer(self, message: dict[str, Any]) -> object:
        """What a user says who has set nothing."""
        match message["method"]:
            case "workspace/configuration":
                return [None] * len(message["params"]["items"])
            case "workspace/workspaceFolders":
                return [{"uri": self.folder.as_uri(), "name": self.folder.name}]
            case "workspace/applyEdit":
                return {"applied": False}
            case _:
                return None
