"""A recorded conversation, message by message: what in it is not the protocol."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from conformance.declared import Declared
from conformance.grammar import Grammar
from conformance.recorder import Side

Json = dict[str, Any]
OTHER: dict[Side, Side] = {"client": "server", "server": "client"}
DIRECTIONS: dict[Side, str] = {"client": "clientToServer", "server": "serverToClient"}
BEFORE_THE_ANSWER = {
    "window/showMessage",
    "window/logMessage",
    "telemetry/event",
    "window/showMessageRequest",
    "$/progress",
}
REQUEST = {"jsonrpc", "id", "method", "params"}
RESPONSE = {"jsonrpc", "id", "result", "error"}
STEPS = {"begin": "report end", "report": "report end", "end": ""}  # what may follow in a work-done progress


class Conversation:
    """What both sides have said so far. A fault names the side that made it."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.declared = Declared({})
        self.pending: dict[tuple[Side, int | str], tuple[str, Json]] = {}
        self.answered: set[str] = set()
        self.progress: dict[int | str, str] = {}  # by token: the kinds of what may come next
        self.partial: dict[int | str, str] = {}  # by token: the method of a request that has no answer yet

    def faults(self, records: Iterable[str]) -> Iterator[tuple[Side, str]]:
        """Those in the next lines of the log."""
        for line in records:
            record = json.loads(line)
            side: Side = record["from"]
            if "unreadable" in record:
                yield side, f"no message: {record['unreadable']!r}"
                continue
            for fault in self.message(side, record["message"]):
                yield side, f"{fault}\n    {line.strip()[:600]}"

    def unanswered(self) -> list[tuple[Side, str]]:
        """The requests of the client's that a server which was shut down in order left without an answer."""
        if "shutdown" not in self.answered:
            return []
        return [
            ("server", f"{method} was not answered")
            for (side, _), (method, _) in self.pending.items()
            if side == "client"
        ]

    def message(self, side: Side, message: Any) -> Iterator[str]:
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            yield "not JSON-RPC 2.0"
        elif "method" in message:
            yield from self.call(side, message)
        else:
            yield from self.response(side, message)

    def call(self, side: Side, message: Json) -> Iterator[str]:
        method, params = message["method"], message.get("params")
        yield from (f"unknown property {name}" for name in sorted(message.keys() - REQUEST))
        is_request = "id" in message
        if is_request:
            key = (side, message["id"])
            if key in self.pending:
                yield f"the id {message['id']!r} is taken"
            self.pending[key] = (method, message)
        known = self.grammar.message(method)
        if known is None:
            yield f"unknown method {method}"
            return
        if known.is_request != is_request:
            yield f"{method} is a {'request' if known.is_request else 'notification'}"
        if known.direction not in ("both", DIRECTIONS[side]):
            yield f"{method} is not for the {side} to send"
        if known.has_params and "params" not in message:
            yield f"{method} without params"
            return
        match (method, params):
            case ("initialize", {"capabilities": dict(capabilities)}):
                self.declared = Declared(capabilities)
            case _:
                pass
        faults = self.grammar.faults(method, "params", params) if "params" in message else []
        if faults:
            yield from (f"{method}: {fault}" for fault in faults)
        elif side == "client":
            self.client_says(method, params)
        else:
            yield from self.server_says(method, params)

    def client_says(self, method: str, params: Any) -> None:
        match params:
            case {"workDoneToken": token}:
                self.progress[token] = "begin"
            case _:
                pass
        match params:
            case {"partialResultToken": token}:
                self.partial[token] = method
            case _:
                pass

    def server_says(self, method: str, params: Any) -> Iterator[str]:
        if "initialize" not in self.answered and method not in BEFORE_THE_ANSWER:
            yield f"{method} before the answer to initialize"
        yield from self.declared.excess(method, "params", params)
        match (method, params):
            case ("client/registerCapability", {"registrations": list(registrations)}):
                for registration in registrations:
                    name, options = registration["method"], registration.get("registerOptions")
                    if self.grammar.message(name) is None:
                        yield f"registers the unknown method {name}"
                    elif options is not None:
                        yield from (f"{name}: {fault}" for fault in self.grammar.faults(name, "registration", options))
            case ("window/workDoneProgress/create", {"token": token}):
                self.progress[token] = "begin"
            case ("$/progress", {"token": token, "value": {"kind": str(kind)}}):
                if kind not in self.progress.get(token, "").split():
                    yield f"the progress {token!r} cannot {kind} now"
                self.progress[token] = STEPS.get(kind, "")
            case ("$/progress", {"token": token, "value": value}):
                if token not in self.partial:
                    yield f"a partial result with the token {token!r}, which nothing that waits for an answer has"
                    return
                asked = self.partial[token]
                # It has the form of the whole, but for `textDocument/diagnostic`, where the server sends none.
                yield from (f"{asked}: {fault}" for fault in self.grammar.faults(asked, "result", value))
                yield from self.declared.excess(asked, "result", value)
            case _:
                pass

    def response(self, side: Side, message: Json) -> Iterator[str]:
        yield from (f"unknown property {name}" for name in sorted(message.keys() - RESPONSE))
        if ("result" in message) == ("error" in message):
            yield "a response has either a result or an error"
        if "error" in message:
            yield from error_faults(message["error"])
        if message.get("id") is None and "error" in message:
            return  # to a request whose id could not be read
        method, asked = self.pending.pop((OTHER[side], message.get("id", "")), (None, {}))
        if method is None:
            yield f"a response to no request: {message.get('id')!r}"
            return
        match asked.get("params"):
            case {"partialResultToken": token}:
                self.partial.pop(token, None)
            case _:
                pass
        if "result" not in message or self.grammar.message(method) is None:
            return
        if side == "server":
            self.answered.add(method)
        result = message["result"]
        faults = self.grammar.faults(method, "result", result)
        if faults:
            yield from (f"{method}: {fault}" for fault in faults)
        elif side == "server":
            yield from self.declared.excess(method, "result", result)
        elif method == "workspace/configuration" and len(result) != len(asked["params"]["items"]):
            yield "workspace/configuration: as many results as items were asked for"


def error_faults(error: Any) -> Iterator[str]:
    if not isinstance(error, dict):
        yield f"error: {error!r} is no object"
        return
    for name, kind in (("code", int), ("message", str)):
        if not isinstance(error.get(name), kind):
            yield f"error: no {name}, or of another type"
    yield from (f"error: unknown property {name}" for name in sorted(error.keys() - {"code", "message", "data"}))
