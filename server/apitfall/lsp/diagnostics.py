"""How findings get to the client: published as soon as they are known, or kept until it asks for them.

A client that asks (`textDocument/diagnostic`) shows what is published beside what it was answered, so that nothing may
go both ways. What is found in open documents waits to be asked for; when the answer that the client has for a text is
no longer what is found in it, through another file, the settings, the environment or types that came later, the client
is asked to ask again. Files that are not open are published until the client first asks for the workspace, and are
taken back then: no client says beforehand whether it will.

Only a client that can be asked to ask again gets findings so. One that cannot (Neovim up to 0.11) would show old ones
until the next key, and they are published to it as to any other.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from apitfall.lsp.client import Client
from apitfall.lsp.connection import Connection
from apitfall.lsp.convert import path_of
from apitfall.lsp.item import Written, written

Json = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """What was last found in a document, or with no version in a file that is not open."""

    uri: str
    version: int | None = None
    items: list[Json] = field(default_factory=list[Json])

    @cached_property
    def text(self) -> str:
        return written(self.items)

    @cached_property
    def result_id(self) -> str:
        """Equal where the diagnostics are, whatever the version, and in another run of the server too."""
        return hashlib.blake2b(self.text.encode(), digest_size=12).hexdigest()

    def report(self, previous: str | None) -> Written:
        """A report to a client that has the diagnostics of a previous result."""
        if previous == self.result_id:
            unchanged = {"kind": "unchanged", "resultId": self.result_id}
            return Written(unchanged, json.dumps(unchanged))
        full = {"kind": "full", "resultId": self.result_id, "items": self.items}
        return Written(full, f'{{"kind": "full", "resultId": "{self.result_id}", "items": {self.text}}}')


NOTHING = Known("").result_id


class Diagnostics:
    """What the client has or can ask for, by path, for it may write a URI in two ways."""

    def __init__(self, client: Client, connection: Connection) -> None:
        self.client = client
        self.connection = connection
        self.known: dict[str, Known] = {}
        self.answered: dict[str, tuple[int | None, str]] = {}  # of open documents: the version and the id of its result
        self.left: dict[str, str] = {}  # URIs of documents that were closed while the client had findings in them
        self.published: dict[str, str] = {}  # URIs of files that are not open, with findings
        self.is_asked_for_workspace = False
        self.stale: set[str] = set()
        self.refreshing: asyncio.Task[None] | None = None
        self.news = asyncio.Event()

    def publish(self, uri: str, version: int | None, items: list[Json]) -> None:
        """Let the client know of all that is found now in an open document, or with no version in any other file."""
        if not self.client.pulls:
            self.connection.publish(uri, version, items)
            return
        path, known = path_of(uri), Known(uri, version, items)
        self.wake()
        if items and version is None and not self.is_asked_for_workspace:
            self.published[path] = uri
            self.connection.publish(uri, None, items)
        elif path in self.published:
            self.connection.publish(self.published.pop(path), None, [])
        if items or version is not None:
            self.known[path] = known
        else:
            self.known.pop(path, None)
        if path in self.answered:
            asked, result_id = self.answered[path]
            # Of a newer text the client asks by itself.
            if version in (asked, None) and known.result_id != result_id:
                self.stale.add(path)

    def close(self, uri: str) -> None:
        """A document is not open any more; some clients leave what they show of it until the workspace's next report."""
        path = path_of(uri)
        self.stale.discard(path)
        _, result_id = self.answered.pop(path, (None, NOTHING))
        if result_id != NOTHING:
            self.left[path] = uri

    def answer(self, path: str, version: int | None, previous: str | None) -> Written:
        """The report about a document; with no version it is not open."""
        known = self.known.get(path) or Known("")
        if version is not None:
            self.answered[path] = (version, known.result_id)
            self.stale.discard(path)
        return known.report(previous)

    def reports(self, previous: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, Json]]:
        """A report about each file in which something is or was found, to a client with these URIs and results, by path."""
        uris = {path: uri for path, (uri, _) in previous.items()} | self.left
        for path in [*self.known, *(path for path in uris if path not in self.known)]:
            known = self.known.get(path) or Known(uris[path])
            if known.items or path in uris:
                _, has = previous.get(path, ("", None))
                yield path, {"uri": known.uri, "version": known.version, **known.report(has)}

    def serve_workspace(self) -> None:
        """From now on the client gets what is found in files that are not open by asking."""
        self.is_asked_for_workspace = True
        for uri in self.published.values():
            self.connection.publish(uri, None, [])
        self.published.clear()

    def refresh(self) -> None:
        """Have the client ask again, where an answer that it has is not what it would get now; once at a time."""
        if self.stale and self.refreshing is None:
            self.stale.clear()
            self.refreshing = self.connection.start(self.ask_to_refresh())

    async def ask_to_refresh(self) -> None:
        await self.connection.refresh_diagnostics()
        self.refreshing = None
        self.refresh()

    def wake(self) -> None:
        """Something was checked, read or closed: those who wait for it look again."""
        self.news.set()
        self.news = asyncio.Event()

    async def woken(self) -> None:
        await self.news.wait()
