"""The checker finds what is planted in a conversation that is in order, whatever describes the protocol to it."""

import copy
import json

import pytest

from conformance.available import ABSENT, grammars
from conformance.conversation import Conversation

URI = "file:///shop/main.py"
RANGE = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 5}}
CAPABILITIES = {
    "general": {"positionEncodings": ["utf-8", "utf-16"]},
    "window": {"workDoneProgress": True},
    "workspace": {
        "configuration": True,
        "didChangeWatchedFiles": {"dynamicRegistration": True},
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create"]},
    },
    "textDocument": {
        "publishDiagnostics": {
            "codeDescriptionSupport": True,
            "relatedInformation": True,
            "tagSupport": {"valueSet": [1]},
        },
        "diagnostic": {"dataSupport": True},
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}},
            "dataSupport": True,
            "isPreferredSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        },
    },
}
DIAGNOSTIC = {
    "range": RANGE,
    "severity": 1,
    "code": "missing-await",
    "codeDescription": {"href": "https://docs.example/missing-await"},
    "source": "apitfall",
    "message": "It never runs.",
    "relatedInformation": [{"location": {"uri": URI, "range": RANGE}, "message": "here"}],
}
EDIT = {
    "documentChanges": [
        {"kind": "create", "uri": "file:///shop/new.py"},
        {"textDocument": {"uri": URI, "version": None}, "edits": [{"range": RANGE, "newText": "await "}]},
    ]
}
PROVIDER = {"interFileDependencies": True, "workspaceDiagnostics": True}
ACTION = {"title": "Add `await`", "kind": "quickfix", "isPreferred": True, "data": {"fix": "await"}}


def call(side, method, params=None, number=None):
    message = {"method": method} | ({} if params is None else {"params": params})
    return (side, message if number is None else {"id": number, **message})


def answer(side, number, result):
    return (side, {"id": number, "result": result})


GOOD = {
    "initialize": call("client", "initialize", {"processId": None, "rootUri": None, "capabilities": CAPABILITIES}, 1),
    "initialized": answer("server", 1, {"capabilities": {"positionEncoding": "utf-8", "hoverProvider": True}}),
    "open": call(
        "client",
        "textDocument/didOpen",
        {"textDocument": {"uri": URI, "languageId": "python", "version": 1, "text": "f()\n"}},
    ),
    "register": call(
        "server",
        "client/registerCapability",
        {
            "registrations": [
                {
                    "id": "files",
                    "method": "workspace/didChangeWatchedFiles",
                    "registerOptions": {"watchers": [{"globPattern": "**/*.py"}]},
                }
            ]
        },
        "a",
    ),
    "registered": answer("client", "a", None),
    "configuration": call("server", "workspace/configuration", {"items": [{"section": "apitfall"}]}, "b"),
    "configured": answer("client", "b", [{"ignore": []}]),
    "create": call("server", "window/workDoneProgress/create", {"token": "t"}, "c"),
    "created": answer("client", "c", None),
    "begin": call("server", "$/progress", {"token": "t", "value": {"kind": "begin", "title": "Reading"}}),
    "end": call("server", "$/progress", {"token": "t", "value": {"kind": "end"}}),
    "publish": call("server", "textDocument/publishDiagnostics", {"uri": URI, "version": 1, "diagnostics": [DIAGNOSTIC]}),
    "hover": call(
        "client", "textDocument/hover", {"textDocument": {"uri": URI}, "position": {"line": 1, "character": 0}}, 2
    ),
    "hovered": answer("server", 2, {"contents": {"kind": "markdown", "value": "It never runs."}, "range": RANGE}),
    "actions": call(
        "client",
        "textDocument/codeAction",
        {"textDocument": {"uri": URI}, "range": RANGE, "context": {"diagnostics": [DIAGNOSTIC]}},
        3,
    ),
    "offered": answer("server", 3, [ACTION]),
    "resolve": call("client", "codeAction/resolve", ACTION, 4),
    "resolved": answer("server", 4, {**ACTION, "edit": EDIT}),
    "ask": call("client", "workspace/diagnostic", {"previousResultIds": [], "partialResultToken": "p"}, 6),
    "part": call("server", "$/progress", {"token": "p", "value": {"items": [
        {"kind": "full", "uri": URI, "version": 1, "resultId": "r", "items": [DIAGNOSTIC | {"data": "f"}]}
    ]}}),
    "asked": answer("server", 6, {"items": []}),
    "refused": call("client", "textDocument/references", {
        "textDocument": {"uri": URI}, "position": {"line": 1, "character": 0}, "context": {"includeDeclaration": True}
    }, 5),
    "refusal": ("server", {"id": 5, "error": {"code": -32601, "message": "There is no such method."}}),
    "shutdown": call("client", "shutdown", None, 6),
    "done": answer("server", 6, None),
    "exit": call("client", "exit"),
}  # fmt: skip

ABSENCE = object()


def at(step, path, value):
    """The conversation with another value, or none, at a place in the message of one step."""

    def plant(said):
        *above, last = path.split(".")
        target = said[step][1]
        for key in above:
            target = target[int(key) if key.isdigit() else key]
        if value is ABSENCE:
            del target[last]
        else:
            target[int(last) if last.isdigit() else last] = value

    return plant


def without(capability):
    return at("initialize", f"params.capabilities.{capability}", ABSENCE)


def leave_out(step):
    return lambda said: said.pop(step)


def instead_of_exit(side, message):
    return lambda said: said.update(exit=(side, {"jsonrpc": "2.0", **message}))


# what is planted, and a word of the fault that is found
PLANTED = {
    "no jsonrpc": (at("publish", "jsonrpc", "1.0"), "not JSON-RPC"),
    "missing property": (at("publish", "params.diagnostics.0.message", ABSENCE), "message"),
    "missing property of a result": (at("hovered", "result.contents", ABSENCE), "contents"),
    "missing params": (at("publish", "params", ABSENCE), "without params"),
    "wrong type": (at("publish", "params.diagnostics.0.range.start.line", "1"), "'1'"),
    "a fraction": (at("publish", "params.version", 1.5), "1.5"),
    "a negative line": (at("publish", "params.diagnostics.0.range.start.line", -1), "-1"),
    "a boolean for a number": (at("publish", "params.diagnostics.0.range.start.line", True), "True"),
    "an object for an array": (at("publish", "params.diagnostics", {}), "{}"),
    "wrong enum value": (at("publish", "params.diagnostics.0.severity", 5), "5"),
    "wrong enum text": (at("hovered", "result.contents.kind", "html"), "html"),
    "unknown method": (at("publish", "method", "textDocument/publishDiagnostic"), "unknown method"),
    "unknown property": (at("publish", "params.diagnostics.0.colour", "red"), "colour"),
    "unknown property of a message": (at("publish", "extra", 1), "extra"),
    "unknown property of a capability": (at("initialized", "result.capabilities.hoverSupport", True), "hoverSupport"),
    "wrong direction": (
        instead_of_exit(*call("server", "textDocument/didSave", {"textDocument": {"uri": URI}})),
        "the server to",
    ),
    "a request without an id": (at("configuration", "id", ABSENCE), "is a request"),
    "a notification with an id": (at("publish", "id", 9), "is a notification"),
    "an id that is taken": (at("hover", "id", 1), "no request"),
    "a response without a request": (at("hovered", "id", 99), "no request"),
    "a second response": (instead_of_exit(*answer("server", 2, None)), "no request"),
    "a request without a response": (leave_out("hovered"), "was not answered"),
    "neither result nor error": (at("hovered", "result", ABSENCE), "either a result or an error"),
    "result and error": (at("refusal", "result", None), "either a result or an error"),
    "an error without a code": (at("refusal", "error.code", ABSENCE), "no code"),
    "an error that is a text": (at("refusal", "error", "no"), "no object"),
    "before the answer to initialize": (leave_out("initialized"), "before the answer"),
    "a result of null that is none": (at("initialized", "result", None), "None"),
    "wrong registration": (at("register", "params.registrations.0.registerOptions.watchers", 1), "1"),
    "unknown registration": (at("register", "params.registrations.0.method", "workspace/nothing"), "unknown method"),
    "a progress that nobody made": (at("begin", "params.token", "u"), "cannot begin"),
    "a progress that ended": (at("begin", "params.value.kind", "end"), "cannot end"),
    "a partial result of nothing": (at("part", "params.token", "q"), "a partial result"),
    "a partial result behind the result": (
        instead_of_exit(*call("server", "$/progress", {"token": "p", "value": {"items": []}})),
        "a partial result",
    ),
    "missing property of a partial result": (at("part", "params.value.items.0.uri", ABSENCE), "items[0]"),
    "too few settings": (at("configured", "result", []), "as many results"),
    "no configuration": (without("workspace.configuration"), "workspace.configuration"),
    "no registration": (without("workspace.didChangeWatchedFiles"), "dynamicRegistration"),
    "no progress": (without("window.workDoneProgress"), "workDoneProgress"),
    "no descriptions": (without("textDocument.publishDiagnostics.codeDescriptionSupport"), "codeDescription"),
    "no related information": (without("textDocument.publishDiagnostics.relatedInformation"), "relatedInformation"),
    "no diagnostics to ask for": (
        lambda said: (
            without("textDocument.diagnostic")(said),
            at("initialized", "result.capabilities.diagnosticProvider", PROVIDER)(said),
        ),
        "without textDocument.diagnostic",
    ),
    "no data of diagnostics": (without("textDocument.diagnostic.dataSupport"), "data without"),
    "no literals": (without("textDocument.codeAction.codeActionLiteralSupport"), "codeActionLiteralSupport"),
    "no resolve": (without("textDocument.codeAction.resolveSupport"), "resolveSupport"),
    "no data": (without("textDocument.codeAction.dataSupport"), "dataSupport"),
    "no preferred": (without("textDocument.codeAction.isPreferredSupport"), "isPreferredSupport"),
    "no operations": (without("workspace.workspaceEdit.resourceOperations"), "resourceOperations"),
    "no Markdown": (
        at("initialize", "params.capabilities.textDocument.hover.contentFormat", ["plaintext"]),
        "markdown",
    ),
    "no UTF-8": (at("initialize", "params.capabilities.general.positionEncodings", ["utf-16"]), "utf-8"),
    "no document changes": (
        lambda said: (
            without("workspace.workspaceEdit.documentChanges")(said),
            at("resolved", "result.edit.documentChanges", EDIT["documentChanges"][1:])(said),
        ),
        "documentChanges without",
    ),
}


@pytest.fixture(params=grammars() or [None], ids=lambda grammar: "none" if grammar is None else grammar.name)
def grammar(request):
    if request.param is None:
        pytest.skip(ABSENT)
    return request.param


def checked(grammar, said):
    conversation = Conversation(grammar)
    records = [json.dumps({"from": side, "message": message}) for side, message in said.values()]
    return [*conversation.faults(records), *conversation.unanswered()]


@pytest.fixture
def said():
    return {step: (side, {"jsonrpc": "2.0", **copy.deepcopy(message)}) for step, (side, message) in GOOD.items()}


def test_what_is_in_order(grammar, said):
    assert checked(grammar, said) == []


@pytest.mark.parametrize(("plant", "word"), PLANTED.values(), ids=PLANTED)
def test_what_is_planted_is_found(grammar, said, plant, word):
    plant(said)
    found = checked(grammar, said)
    assert [fault for _, fault in found if word in fault.partition("\n")[0]], found


def test_what_is_no_message(grammar):
    record = json.dumps({"from": "server", "unreadable": "Traceback"})
    assert list(Conversation(grammar).faults([record])) == [("server", "no message: 'Traceback'")]
