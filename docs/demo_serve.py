"""Serves one version of the shop, and counts in its process what no answer tells: SQL, stalls of the loop, the log.

Started by docs/demo_run.py with the version's folder. Prints its port when it answers requests, gives the figures since
they were last asked for at `/-/measures`, and ends when its input does.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
import socket
import sys
import threading
from typing import Any

import uvicorn
from apitfall_rules.proving.observers import LogRecords, Stall, Statements

MEASURES = "/-/measures"


class Measured:
    """The shop's app, with one path more."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.stall = Stall()
        self.statements = Statements()
        self.statements.attach()
        self.logs = LogRecords()
        logging.getLogger().addHandler(self.logs)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != MEASURES:
            await self.app(scope, receive, send)
            return
        measures = {"statements": self.statements.sent, "stall": self.stall.seconds, "logs": self.logs.lines}
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": json.dumps(measures).encode()})
        self.statements.sent.clear()
        self.logs.lines.clear()
        self.stall.seconds = 0.0


class Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            print(sockets[0].getsockname()[1], flush=True)

    def end_with_input(self) -> None:
        os.read(0, 1)
        self.should_exit = True


async def main(folder: str) -> None:
    sys.path.insert(0, folder)
    app = Measured(importlib.import_module("shop.main").app)
    server = Server(uvicorn.Config(app, lifespan="on", access_log=False))
    threading.Thread(target=server.end_with_input, daemon=True).start()
    ticker = asyncio.ensure_future(app.stall.tick())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        await server.serve([listener])
    ticker.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
