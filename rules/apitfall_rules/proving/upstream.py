"""The one host that an example can reach: ``http://upstream.test``, a server in this process that takes its time."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

HOST = "upstream.test"
# An address that is reserved for documentation: no client takes it for another host, and nothing ever goes there.
ADDRESS = "192.0.2.80"
DELAY = 0.3


class Echo(BaseHTTPRequestHandler):
    """Answers every request with what was asked, after `DELAY` seconds.

    ``/delay?seconds=1`` takes that long instead, ``/redirect`` leads to ``/``, ``/status/418`` answers with that status.
    """

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        asked = {
            "method": self.command,
            "path": address.path,
            "query": address.query,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body.decode("utf-8", "replace"),
        }
        cast(Server, self.server).received.append(asked)
        seconds = parse_qs(address.query).get("seconds") if address.path == "/delay" else None
        time.sleep(float(seconds[0]) if seconds else DELAY)
        kind, _, number = address.path.lstrip("/").partition("/")
        content = json.dumps({"ok": True, **asked}).encode()
        self.send_response(302 if kind == "redirect" else int(number) if kind == "status" else 200)
        if kind == "redirect":
            self.send_header("location", "/")
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what a proof prints is for its reader."""


class Server(ThreadingHTTPServer):
    """`received` holds the requests as the answers echo them, in the order in which they came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Echo)
        self.received: list[dict[str, Any]] = []

    def server_bind(self) -> None:
        # HTTPServer would look its own name up, which may ask a name server.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up while it waits is part of an example."""


class Upstream:
    """While entered, ``http://upstream.test`` is the server and every other host raises an OSError that names it.

    Stands at Python's `socket` module, which requests, httpx, urllib3, http.client and asyncio go through; a driver
    that connects in C is not held back.
    """

    def __init__(self) -> None:
        self.server = Server()
        self.undo: list[Callable[[], None]] = []

    def __enter__(self) -> Upstream:
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.put(socket, "gethostbyname", address_of)
        self.put(socket, "gethostbyname_ex", lambda host: (HOST, [], [address_of(host)]))
        self.put(socket, "gethostbyaddr", lambda host: (HOST, [], [address_of(host)]))
        self.put(socket, "getaddrinfo", self.getaddrinfo)
        for name in ("connect", "connect_ex"):
            self.put(socket.socket, name, self.connecting(getattr(socket.socket, name)))
        self.put(socket.socket, "sendto", self.sending(socket.socket.sendto))
        return self

    def __exit__(self, *exception: object) -> None:
        while self.undo:
            self.undo.pop()()
        self.server.shutdown()
        self.server.server_close()

    def put(self, owner: Any, name: str, value: object) -> None:
        """Set an attribute until the exit; one that `owner` inherits is taken away again then."""
        if name in vars(owner):
            old = vars(owner)[name]
            self.undo.append(lambda: setattr(owner, name, old))
        else:
            self.undo.append(lambda: delattr(owner, name))
        setattr(owner, name, value)

    def getaddrinfo(
        self, host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> list[tuple[Any, ...]]:
        address = address_of(host)
        if family not in (0, socket.AF_INET):
            raise socket.gaierror(socket.EAI_NONAME, f"{HOST} has no address of this family")
        number = int(port) if port and str(port).isdigit() else 80
        return [(socket.AF_INET, type or socket.SOCK_STREAM, proto or socket.IPPROTO_TCP, "", (address, number))]

    def connecting(self, connect: Callable[..., Any]) -> Callable[..., Any]:
        def redirected(sock: socket.socket, address: Any) -> Any:
            return connect(sock, self.destination(sock, address))

        return redirected

    def sending(self, sendto: Callable[..., int]) -> Callable[..., int]:
        def checked(sock: socket.socket, data: Any, *rest: Any) -> int:
            return sendto(sock, data, *rest[:-1], self.destination(sock, rest[-1]))

        return checked

    def destination(self, sock: socket.socket, address: Any) -> Any:
        if sock.family not in (socket.AF_INET, socket.AF_INET6):
            return address
        host, port = address[:2]
        if host in (HOST, ADDRESS) and port == 80:
            return self.server.server_address[:2]
        # A pair of sockets, with which an event loop wakes itself up, is made by such a connection on Windows.
        if host in ("127.0.0.1", "::1"):
            return address
        raise refusal(f"{HOST if host == ADDRESS else host}:{port}")


def address_of(host: Any) -> str:
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name not in (HOST, ADDRESS):
        raise refusal(name)
    return ADDRESS


def refusal(host: str) -> OSError:
    return socket.gaierror(socket.EAI_NONAME, f"{host}: a proof reaches http://{HOST} and no other host")
