"""A server's command with a record of what passes: ``recorder.py LOG COMMAND...``.

Bytes go through as they come, so that neither side notices; each message is a line of the log before it is passed on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

Side = Literal["client", "server"]
HEAD_ENDS = b"\r\n\r\n"


class Messages:
    """The bodies in a stream of bytes that comes in pieces."""

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        self.rest += data
        while HEAD_ENDS in self.rest:
            head, _, body = self.rest.partition(HEAD_ENDS)
            fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n") if b":" in line)
            size = fields.get(b"content-length", b"").strip()
            if not size.isdigit():  # a client that sends what is no message; the server looks for the next head too
                yield head
                self.rest = body
                continue
            if len(body) < int(size):
                return
            yield body[: int(size)]
            self.rest = body[int(size) :]


def line_of(side: Side, body: bytes) -> str:
    try:
        return json.dumps({"from": side, "message": json.loads(body)})
    except (ValueError, RecursionError):
        return json.dumps({"from": side, "unreadable": body.decode("utf-8", "replace")})


class Log:
    def __init__(self, path: str) -> None:
        self.file = Path(path).open("a", encoding="utf-8")  # noqa: SIM115 - open as long as the process lives
        self.lock = threading.Lock()

    def pass_on(self, side: Side, source: BinaryIO, target: BinaryIO) -> None:
        """Until the source ends or the target is gone; the target is told that it was the end."""
        messages = Messages()
        try:
            while data := os.read(source.fileno(), 1 << 20):
                with self.lock:
                    self.file.writelines(line_of(side, body) + "\n" for body in messages.feed(data))
                    self.file.flush()
                target.write(data)
                target.flush()
            target.close()
        except BrokenPipeError:
            source.close()


def main(path: str, *command: str) -> int:
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin is not None
    assert server.stdout is not None
    log = Log(path)
    threading.Thread(target=log.pass_on, args=("client", sys.stdin.buffer, server.stdin), daemon=True).start()
    log.pass_on("server", server.stdout, sys.stdout.buffer)
    return server.wait()


if __name__ == "__main__":
    os._exit(main(*sys.argv[1:]))  # nothing can wake the thread that reads what the client sends
