"""What is said to the client without having been asked for: a Session speaks through this and knows no transport."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from apitfall.lsp.client import Client
from apitfall.lsp.item import written
from apitfall.lsp.protocol import Protocol

log = logging.getLogger(__name__)


class Connection:
    def __init__(self, server: LanguageServer, protocol: Protocol, client: Client) -> None:
        self.server = server
        self.protocol = protocol
        self.client = client
        self.tasks: set[asyncio.Task[None]] = set()
        self.shown: dict[str | int, Progress] = {}
        self.after_publish: Callable[[], object] = lambda: None

    def has_news(self) -> bool:
        """Whether the client may have sent something that was not handled yet."""
        return self.protocol.has_news()

    def publish(self, uri: str, version: int | None, diagnostics: list[dict[str, Any]]) -> None:
        """Diagnostics in plain JSON."""
        more = "" if version is None else f', "version": {version}'
        head = f'"method": "{types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS}", "params": '
        self.protocol.send_text(f'{head}{{"uri": {json.dumps(uri)}, "diagnostics": {written(diagnostics)}{more}}}')
        self.after_publish()

    async def refresh_diagnostics(self) -> None:
        """Have the client ask again for the diagnostics that it shows."""
        try:
            await self.server.workspace_diagnostic_refresh_async(None)
        except JsonRpcException as error:
            log.warning("The client did not ask for diagnostics again: %s", error)

    def partial_result(self, token: str | int, value: dict[str, Any]) -> None:
        """A part of the result of a request that is not answered yet, in plain JSON."""
        self.protocol.send({"method": types.PROGRESS, "params": {"token": token, "value": value}})

    def complain(self, sentence: str) -> None:
        """Show the user a sentence about something that is wrong."""
        log.warning("%s", sentence)
        self.server.window_show_message(types.ShowMessageParams(types.MessageType.Error, sentence))

    def trace(self, message: str, verbose: str) -> None:
        """Say what was done to a client that wants to follow it; `verbose` is for one that wants to know more."""
        trace = self.server.protocol.trace
        if trace != types.TraceValue.Off:
            more = verbose if trace == types.TraceValue.Verbose else None
            self.server.log_trace(types.LogTraceParams(message, more))

    async def configuration(self, section: str, scopes: Sequence[str | None]) -> Sequence[object]:
        """The client's settings in a section, for each scope; null where it gives none."""
        items = [types.ConfigurationItem(scope, section) for scope in scopes]
        try:
            answer = await self.server.workspace_configuration_async(types.ConfigurationParams(items))
        except JsonRpcException as error:
            log.warning("The client did not give its settings: %s", error)
            answer = ()
        return [*answer, *(None for _ in scopes)][: len(scopes)]

    def register(self, registrations: Sequence[types.Registration]) -> None:
        self.start(self._register(registrations))

    async def _register(self, registrations: Sequence[types.Registration]) -> None:
        try:
            await self.server.client_register_capability_async(types.RegistrationParams(registrations))
        except JsonRpcException as error:
            log.warning("The client did not take what it offers to register: %s", error)

    def progress(self, title: str) -> Progress:
        progress = Progress(self.server, title)
        if self.client.progress:
            self.shown[progress.token] = progress
            self.start(progress.begin())
        return progress

    def cancel(self, token: str | int) -> None:
        """The user does not want to wait for what this progress shows."""
        if token in self.shown:
            self.shown[token].is_cancelled = True

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run some work beside everything else; what it raises is logged."""
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.ended)
        return task

    def ended(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("%s", error, exc_info=error)

    def stop(self) -> None:
        """End all work that was started."""
        for task in self.tasks:
            task.cancel()


class Progress:
    """How far some work is, as the client shows it once it has agreed to. `is_cancelled`: nobody waits for the rest."""

    def __init__(self, server: LanguageServer, title: str) -> None:
        self.server = server
        self.title = title
        self.token = str(uuid.uuid4())
        self.percentage: int | None = None  # what was last said; None before the beginning
        self.is_over = False
        self.is_cancelled = False

    async def begin(self) -> None:
        try:
            await self.server.window_work_done_progress_create_async(types.WorkDoneProgressCreateParams(self.token))
        except JsonRpcException as error:
            log.warning("The client does not show progress: %s", error)
            return
        if not self.is_over:
            self.percentage = 0
            self.say(types.WorkDoneProgressBegin(self.title, cancellable=True, percentage=0))

    def report(self, share: float) -> None:
        percentage = int(100 * share)
        if self.percentage is not None and percentage > self.percentage:
            self.percentage = percentage
            self.say(types.WorkDoneProgressReport(percentage=percentage))

    def end(self) -> None:
        self.is_over = True
        if self.percentage is not None:
            self.say(types.WorkDoneProgressEnd())

    def say(
        self, value: types.WorkDoneProgressBegin | types.WorkDoneProgressReport | types.WorkDoneProgressEnd
    ) -> None:
        self.server.progress(types.ProgressParams(self.token, value))
