"""What is answered to a client that asks for diagnostics.

A document's report is that of its newest text; without types where these are not there yet, for when they show more the
client is asked to ask again. A question that a newer text overtakes is given back, to be asked once more.

The workspace's report is what a client that does not ask would have been told: the open documents, and all files of the
projects for which that was set or asked. Where nothing in it is new, a client that takes partial results is kept waiting
until something is: VS Code asks again two seconds after each answer. One that takes none asks because somebody wants to
see the report, so it is answered at once.
"""

from __future__ import annotations

from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from apitfall.lsp.convert import path_of
from apitfall.lsp.item import Written
from apitfall.lsp.projects import breathe
from apitfall.lsp.session import Session

Json = dict[str, Any]
BATCH = 100  # reports in one partial result


class ServerCancelled(JsonRpcException):
    """The client is to ask again. It always is: VS Code forgets a question of its own if it is told not to."""

    CODE = types.LSPErrorCodes.ServerCancelled.value
    MESSAGE = "The document was changed."

    def __init__(self) -> None:
        super().__init__(data={"retriggerRequest": True})


async def document(session: Session, params: types.DocumentDiagnosticParams) -> Written:
    path = path_of(params.text_document.uri)
    found = session.documents.get(path)
    version = None if found is None else found.version
    while found is not None and session.is_awaited(found):
        await session.diagnostics.woken()
        found = session.documents.get(path)
        if found is not None and found.version != version:
            raise ServerCancelled
    return session.diagnostics.answer(path, None if found is None else version, params.previous_result_id)


async def workspace(session: Session, params: types.WorkspaceDiagnosticParams) -> Json:
    diagnostics, token = session.diagnostics, params.partial_result_token
    diagnostics.serve_workspace()
    has = {path_of(previous.uri): (previous.uri, previous.value) for previous in params.previous_result_ids}
    told: dict[str, str] = {}
    while True:
        # A document that was closed is asked for once more before: that answer goes first.
        await breathe()
        for path in diagnostics.left:
            has.pop(path, None)
            told.pop(path, None)
        is_settled = session.is_settled()
        reports = {path: report for path, report in diagnostics.reports(has) if told.get(path) != report["resultId"]}
        is_new = any(report["kind"] == "full" for report in reports.values())
        if token is None:
            if is_settled:
                diagnostics.left.clear()
                return {"items": [*reports.values()]}
        elif is_new:
            diagnostics.left.clear()
            items = [*reports.values()]
            for start in range(0, len(items), BATCH):
                session.connection.partial_result(token, {"items": items[start : start + BATCH]})
            for path, report in reports.items():
                told[path] = report["resultId"]
                has[path] = (report["uri"], report["resultId"])
        if told and is_settled:
            return {"items": []}
        await diagnostics.woken()
