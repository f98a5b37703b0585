"""The run of an example: its files are in the working folder, which the search path for modules begins with."""

from __future__ import annotations

import asyncio
import gc
import importlib
import inspect
import logging
import os
import sqlite3
import warnings
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, closing
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import httpx

from .observers import Lifespan, LogRecords, Stall, Statements
from .upstream import Upstream

T = TypeVar("T")

# What `concurrently` takes: a path to get, or (method, path) with keywords as `request` takes them.
Request = str | tuple[str, str] | tuple[str, str, dict[str, Any]]


class Run:
    """What a proof asks of the example in the working folder.

    `stall`, `statements`, `warnings`, `logs`, `exception`, `exceptions` and `upstream` tell of the last call of `get`,
    `post`, `request`, `concurrently` or `call`, all of which return when the background tasks are done too.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._stall = Stall()
        self._statements = Statements()
        self._logs = LogRecords()
        self._served: Lifespan | None = None

    def __enter__(self) -> Run:
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            del os.environ[name]
        os.environ["NO_PROXY"] = "*"
        self._upstream = self._stack.enter_context(Upstream()).server.received
        self._warnings = self._stack.enter_context(warnings.catch_warnings(record=True))
        warnings.simplefilter("always")
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        self._stack.callback(lambda: (root.setLevel(level), setattr(root, "handlers", handlers)))
        root.addHandler(self._logs)
        self._stack.callback(self._statements.detach)
        # The loop that the platform's sockets are told of in `Upstream`: on Windows the default one goes past them.
        self._loop = asyncio.SelectorEventLoop()
        asyncio.set_event_loop(self._loop)
        self._stack.callback(self._close)
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def _close(self) -> None:
        if self._served is not None:
            self._loop.run_until_complete(self._served.end())
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()
        asyncio.set_event_loop(None)

    def module(self, name: str) -> ModuleType:
        """A module of the example, imported once."""
        return importlib.import_module(name)

    @cached_property
    def app(self) -> Any:
        """The `app` of the example's main.py; if that has a `router` instead, a FastAPI app with that router."""
        folder = Path.cwd()
        mains = sorted(folder.rglob("main.py"), key=lambda path: len(path.parts))
        if not mains:
            raise LookupError("the example has no main.py")
        parts = mains[0].relative_to(folder).with_suffix("").parts
        main = self.module(".".join(parts[1:] if parts[0] == "src" else parts))
        if hasattr(main, "app"):
            return main.app
        from fastapi import FastAPI

        app = FastAPI()
        app.include_router(main.router)
        return app

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        served = Lifespan(self.app)
        self._loop.run_until_complete(served.start())
        self._served = served
        transport = httpx.ASGITransport(app=served, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://testserver")

    def request(self, method: str, path: str, **keywords: Any) -> httpx.Response:
        """Send a request to the app, which has been started; keywords are httpx's: `params`, `json`, `headers`, …

        What the app raises is in `exception`, and the response is then the server's 500.
        """
        return self.concurrently((method, path, keywords))[0]

    def get(self, path: str, **keywords: Any) -> httpx.Response:
        return self.request("GET", path, **keywords)

    def post(self, path: str, **keywords: Any) -> httpx.Response:
        return self.request("POST", path, **keywords)

    def concurrently(self, *requests: Request) -> list[httpx.Response]:
        """Send requests at the same time; the responses come in the order of the requests."""
        client = self._client

        async def send() -> list[httpx.Response]:
            return await asyncio.gather(
                *[client.request(*with_keywords(r)[0], **with_keywords(r)[1]) for r in requests]
            )

        return self._observe(send)

    def call(self, function: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
        """Call a function on the event loop, await what it returns if that can be awaited, and return the value."""

        async def called() -> Any:
            value = function(*args, **keywords)
            return await value if inspect.isawaitable(value) else value

        return self._observe(called)

    def _observe(self, work: Callable[[], Awaitable[T]]) -> T:
        gc.collect()
        self._statements.attach()
        for seen in (self._statements.sent, self._warnings, self._logs.lines, self._upstream):
            seen.clear()
        if self._served is not None:
            self._served.exceptions.clear()
        value = self._loop.run_until_complete(self._stall.watch(work()))
        # A coroutine says that nobody awaited it when it is collected.
        gc.collect()
        return value

    @property
    def stall(self) -> float:
        """The longest time, in seconds, for which the event loop could not do anything else."""
        return self._stall.seconds

    @property
    def statements(self) -> list[str]:
        """The SQL that SQLAlchemy sent, in order."""
        return list(self._statements.sent)

    @property
    def warnings(self) -> list[str]:
        """The warnings, as ``RuntimeWarning: coroutine 'commit' was never awaited``."""
        return [f"{found.category.__name__}: {found.message}" for found in self._warnings]

    @property
    def logs(self) -> list[str]:
        """What was logged, as ``ERROR main: message``, with the traceback if there is one."""
        return list(self._logs.lines)

    @property
    def exceptions(self) -> list[BaseException]:
        """What left the app, where a server logs it."""
        return list(self._served.exceptions) if self._served is not None else []

    @property
    def exception(self) -> BaseException | None:
        """The first of `exceptions`."""
        return next(iter(self.exceptions), None)

    @property
    def upstream(self) -> list[dict[str, Any]]:
        """The requests that reached ``http://upstream.test``: `method`, `path`, `query`, `headers`, `body` of each."""
        return list(self._upstream)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table in an SQLite file of the working folder, as another connection sees them."""
        for path in sorted(Path.cwd().rglob("*")):
            if not path.is_file() or not path.read_bytes().startswith(b"SQLite format 3"):
                continue
            with closing(sqlite3.connect(path)) as connection:
                connection.row_factory = sqlite3.Row
                if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                    quoted = table.replace('"', '""')
                    return [dict(row) for row in connection.execute(f'SELECT * FROM "{quoted}"')]
        raise LookupError(f"no SQLite file in the working folder has a table `{table}`")


def with_keywords(request: Request) -> tuple[tuple[str, str], dict[str, Any]]:
    if isinstance(request, str):
        return ("GET", request), {}
    method, path, *keywords = request
    return (method, path), dict(keywords[0]) if keywords else {}
