"""A client that sends plain JSON, so that no library stands between what is recorded and what is checked."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
PATIENCE = 60  # seconds until a test gives up; nothing is as slow
METHOD_NOT_FOUND = -32601


class RequestFailed(Exception):
    """The server answered with an error, which is `args[0]`."""


class Client:
    """`heard` has every notification and request of the server's; `registered` what it registered, by method.

    `settings` is what it answers where it is asked for its configuration.
    """

    def __init__(self, settings: Json) -> None:
        self.settings = settings
        self.ids = itertools.count(1)
        self.waiting: dict[int, asyncio.Future[Json]] = {}
        self.heard: list[Json] = []
        self.registered: dict[str, Any] = {}
        self.news = asyncio.Event()

    async def start(self, command: list[str]) -> None:
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.input, self.output = self.process.stdin, self.process.stdout
        self.reading = asyncio.create_task(self.read())

    async def end(self) -> int:
        """The server's status; it ends by itself."""
        status = await asyncio.wait_for(self.process.wait(), PATIENCE)
        await self.reading
        return status

    def send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.input.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def notify(self, method: str, params: Json) -> None:
        self.send({"method": method, "params": params})

    def ask(self, method: str, params: Json | None = None) -> tuple[int, asyncio.Future[Json]]:
        """Send a request; the future has the response."""
        number = next(self.ids)
        self.waiting[number] = future = asyncio.get_running_loop().create_future()
        self.send({"id": number, "method": method} | ({} if params is None else {"params": params}))
        return number, future

    async def request(self, method: str, params: Json | None = None) -> Any:
        _, future = self.ask(method, params)
        response = await asyncio.wait_for(future, PATIENCE)
        if "error" in response:
            raise RequestFailed(response["error"])
        return response["result"]

    async def hear(self, method: str, is_it: Callable[[Json], bool], since: int = 0) -> Json:
        """The params of the first message, heard since so many were or still to come, that is the one."""
        while True:
            for message in self.heard[since:]:
                if message["method"] == method and is_it(message.get("params")):
                    return message.get("params")
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), PATIENCE)

    async def read(self) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                head = await self.output.readuntil(b"\r\n\r\n")
                size = next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Length:"))
                self.take(json.loads(await self.output.readexactly(int(size.partition(b":")[2]))))

    def take(self, message: Json) -> None:
        if "method" not in message:
            self.waiting.pop(message["id"]).set_result(message)
            return
        self.heard.append(message)
        self.news.set()
        if "id" in message:
            self.send({"id": message["id"]} | self.answer(message["method"], message.get("params")))

    def answer(self, method: str, params: Any) -> Json:
        """The answer to a request of the server's. An edit is refused, as by a user who is asked first."""
        match method:
            case "client/registerCapability":
                self.registered |= {r["method"]: r.get("registerOptions") for r in params["registrations"]}
                return {"result": None}
            case "workspace/configuration":
                return {"result": [self.settings for _ in params["items"]]}
            case "workspace/applyEdit":
                return {"result": {"applied": False, "failureReason": "The user does not want it."}}
            case "window/showDocument":
                return {"result": {"success": True}}
            case "window/workDoneProgress/create" | "window/showMessageRequest" | "workspace/diagnostic/refresh":
                return {"result": None}
            case _:
                return {"error": {"code": METHOD_NOT_FOUND, "message": f"{method} is not known here."}}
