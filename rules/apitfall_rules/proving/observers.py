"""What watches an example while it runs: its event loop, its SQL, its log, and its app's start and end."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")

INTERVAL = 0.005


class Stall:
    """Measures how long the event loop could not do anything else, by a task that wants to run every 5 ms."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.due = 0.0

    async def watch(self, work: Awaitable[T]) -> T:
        """Await `work`; `seconds` is then the longest time for which it held the loop."""
        self.seconds = 0.0
        self.due = time.perf_counter()
        ticker = asyncio.ensure_future(self.tick())
        try:
            return await work
        finally:
            # The work may have ended in the step that held the loop, before the ticker had its turn.
            self.measure()
            ticker.cancel()

    async def tick(self) -> None:
        while True:
            self.due = time.perf_counter() + INTERVAL
            await asyncio.sleep(INTERVAL)
            self.measure()

    def measure(self) -> None:
        self.seconds = max(self.seconds, time.perf_counter() - self.due)


class Statements:
    """Collects the SQL that SQLAlchemy sends, through any engine, as soon as the example has imported SQLAlchemy."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.attached = False

    def attach(self) -> None:
        if not self.attached and "sqlalchemy.engine" in sys.modules:
            from sqlalchemy import event
            from sqlalchemy.engine import Engine

            event.listen(Engine, "before_cursor_execute", self.record)
            self.attached = True

    def detach(self) -> None:
        if self.attached:
            from sqlalchemy import event
            from sqlalchemy.engine import Engine

            event.remove(Engine, "before_cursor_execute", self.record)
            self.attached = False

    def record(
        self, connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        self.sent.append(statement)


class LogRecords(logging.Handler):
    """Collects what reaches the root logger, as ``LEVEL logger: message``, with the traceback if there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class Lifespan:
    """Starts an app and ends it, as a server does; between the two it is the app, with what was raised in it.

    `exceptions` are those that left the app, where a server logs them and answers with 500.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        self.state: dict[str, Any] = {}
        self.exceptions: list[BaseException] = []
        self.orders: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self.answers: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    async def start(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": self.state}
        self.task = asyncio.ensure_future(self.app(scope, self.orders.get, self.answers.put))
        await self.order("lifespan.startup")

    async def end(self) -> None:
        await self.order("lifespan.shutdown")
        await self.task

    async def order(self, order: str) -> None:
        await self.orders.put({"type": order})
        answer = await self.answers.get()
        if answer["type"] != f"{order}.complete":
            await self.task

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self.app({**scope, "state": dict(self.state)}, receive, send)
        except BaseException as exception:
            self.exceptions.append(exception)
            raise
