"""The protocol's life: which messages are taken when, and what is said of those that are not."""

from __future__ import annotations

import contextvars
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any, cast

from cattrs import transform_error
from lsprotocol import types
from pygls.exceptions import (
    FeatureNotificationError,
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import JsonRPCResponseMessage, LanguageServerProtocol

from apitfall.lsp import keys, samples
from apitfall.lsp.item import Written

log = logging.getLogger(__name__)

SHOWN = 80  # characters of a message that cannot be taken


class Protocol(LanguageServerProtocol):
    """pygls' protocol, which leaves unanswered what it cannot read and what comes before or after its time."""

    on_change: Callable[[types.DidChangeTextDocumentParams], None] | None = None
    """Takes what is sent with a key; what is sent with other changes comes as any notification does."""

    @staticmethod
    def has_news() -> bool:
        """Whether something may have come from the client that nobody has taken yet."""
        return True

    def receive(self, body: bytes) -> None:
        """Handle a message; whatever is wrong with it, the next one can be handled."""
        try:
            message: Any = json.loads(body)
        except (ValueError, RecursionError) as error:
            log.error("A message is not JSON, and is passed over: %s: %r", error, body[:SHOWN])
            return
        if not isinstance(message, dict) or cast("dict[str, object]", message).get("jsonrpc") != self.VERSION:
            log.error("A message is not of JSON-RPC 2.0, and is passed over: %r", body[:SHOWN])
            return
        self.take(cast("dict[str, Any]", message))

    def take(self, message: dict[str, Any]) -> None:
        method, number = message.get("method"), message.get("id")
        if method is None:
            self.take_response(message, number)
            return
        try:
            self.check_time(method)
            if method == types.TEXT_DOCUMENT_DID_CHANGE and number is None and self.on_change is not None:
                change = keys.change_of(message.get("params"))
                if change is not None:
                    self.take_change(change)
                    return
            self.handle(self.structured(message, method))
        except JsonRpcException as error:
            if number is not None:
                self._send_response(number, error=error.to_response_error())
            elif not str(method).startswith("$/"):
                log.warning("A notification `%s` is passed over: %s", method, error)

    def take_change(self, change: types.DidChangeTextDocumentParams) -> None:
        assert self.on_change is not None, "it was asked for"
        try:
            self.on_change(change)
        except Exception as error:
            log.exception("A change could not be taken.")
            self._server.report_server_error(error, FeatureNotificationError)

    def handle(self, message: Any) -> None:
        """Do what pygls' `handle_message` does, which takes twice as long to tell a request from a notification."""
        context = contextvars.copy_context()
        if hasattr(message, "id"):
            context.run(self._handle_request, message.id, message.method, message.params)
        else:
            context.run(self._handle_notification, message.method, message.params)

    def send(self, message: dict[str, Any]) -> None:
        """Send a message in plain JSON: of lsprotocol's classes, one with 200 diagnostics takes 5 ms more."""
        self.send_text(json.dumps(message)[1:-1])

    def send_text(self, members: str) -> None:
        """Send a message, of which the members are given as they stand in JSON."""
        assert self.writer is not None, "there is a client"
        body = f'{{"jsonrpc": "{self.VERSION}", {members}}}'.encode()
        self.writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))  # pyright: ignore[reportUnusedCoroutine]

    def _send_response(self, msg_id: str | int, result: Any = None, error: types.ResponseError | None = None) -> None:
        if isinstance(result, Written):
            self.send_text(f'"id": {json.dumps(msg_id)}, "result": {result.text}')
        else:
            super()._send_response(msg_id, result, error)

    def steps_to_warm(self) -> Iterator[None]:
        """Read and write what clients ask for most: cattrs makes its code for a class when it first meets it."""
        for method, params in samples.PARAMS.items():
            yield
            self.structured({"jsonrpc": self.VERSION, "id": 0, "method": method, "params": params}, method)
        for result in samples.RESULTS:
            yield
            self._serialize_message(JsonRPCResponseMessage(0, self.VERSION, result))

    def take_response(self, message: dict[str, Any], number: Any) -> None:
        known = isinstance(number, str | int) and number in self._request_futures
        if not known:
            log.warning("An answer to no request is passed over: %r", number)
            return
        kind: Any = types.ResponseErrorMessage if "error" in message else self._result_types.pop(number, None)
        try:
            answer: Any = self._converter.structure({"result": None, **message}, kind or JsonRPCResponseMessage)
        except Exception as error:
            wrong = JsonRpcInvalidParams(f"The answer cannot be read: {'; '.join(transform_error(error))}")
            self._handle_response(number, None, wrong.to_response_error())
        else:
            self.handle_message(answer)

    def structured(self, message: dict[str, Any], method: object) -> Any:
        kind = self.get_message_type(method) if isinstance(method, str) else None
        if kind is None:
            raise JsonRpcMethodNotFound.of(str(method))
        try:
            return self._converter.structure(message, kind)
        except Exception as error:
            raise JsonRpcInvalidParams(f"`{method}` cannot be read: {'; '.join(transform_error(error))}") from error

    def check_time(self, method: object) -> None:
        """Raise where a message may not come now."""
        is_first = self._workspace is None
        if self.is_shut_down and method != types.EXIT:
            raise JsonRpcInvalidRequest("The server was shut down.")
        if is_first and method not in (types.INITIALIZE, types.EXIT):
            raise JsonRpcServerNotInitialized("The server was not initialized yet.")
        if not is_first and method == types.INITIALIZE:
            raise JsonRpcInvalidRequest("The server was initialized before.")

    @property
    def is_shut_down(self) -> bool:
        return self._shutdown
