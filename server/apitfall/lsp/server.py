"""The language server: each message handed to the session or looked up in its reports."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import FeatureRequestError, JsonRpcContentModified, JsonRpcException, PyglsError
from pygls.io_ import StdoutWriter, run_async
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, default_converter
from pygls.uris import to_fs_path

from apitfall import __version__, registry
from apitfall.lsp import answers, stdio
from apitfall.lsp.client import Encoding, client_of
from apitfall.lsp.session import Session

log = logging.getLogger(__name__)


class Protocol(LanguageServerProtocol):
    def publish(self, uri: str, version: int | None, diagnostics: list[dict[str, Any]]) -> None:
        params = {"uri": uri, "diagnostics": diagnostics} | ({} if version is None else {"version": version})
        self._send_data({"jsonrpc": self.VERSION, "method": types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, "params": params})

    @property
    def is_shut_down(self) -> bool:
        return self._shutdown


class Server(LanguageServer):
    protocol: Protocol  # pyright: ignore[reportIncompatibleVariableOverride]
    session: Session

    def __init__(self) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            "apitfall", __version__, protocol_cls=Protocol, converter_factory=default_converter
        )
        self.ended = threading.Event()  # an event of this kind is what pygls looks at between two messages
        self.begun = asyncio.Event()
        # pygls keeps texts of its own and ends the process in the middle of a message: both are done here instead.
        for method in (
            types.TEXT_DOCUMENT_DID_OPEN,
            types.TEXT_DOCUMENT_DID_CHANGE,
            types.TEXT_DOCUMENT_DID_CLOSE,
            types.EXIT,
        ):
            del self.protocol.fm.builtin_features[method]  # pyright: ignore[reportUnknownMemberType]

    def complain(self, sentence: str) -> None:
        log.warning("%s", sentence)
        self.window_show_message(types.ShowMessageParams(types.MessageType.Error, sentence))

    def report_server_error(self, error: Exception, source: type[PyglsError | JsonRpcException]) -> None:
        """Log what a notification raised; the error of a request is in its answer and in pygls' log already."""
        if source is not FeatureRequestError:
            trace = error.data["traceback"] if isinstance(error, JsonRpcException) and error.data else ()
            log.error("%s\n%s", error, "".join(trace))


server = Server()


@server.feature(types.INITIALIZE)
def initialize(ls: Server, params: types.InitializeParams) -> None:
    """Begin a session, in the first encoding of the client's list that there is.

    The client's order is kept because Neovim complains where two servers of one document count differently; to us an
    encoding costs nothing on a line of ASCII.
    """
    client = client_of(params.capabilities, Encoding(ls.workspace.position_encoding))
    ls.session = Session(client, registry.load(), ls.protocol.publish, ls.complain)
    set_folders(ls)
    ls.begun.set()


@server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
def folders(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    set_folders(ls)


def set_folders(ls: Server) -> None:
    uris = [folder.uri for folder in ls.workspace.folders.values()] or [ls.workspace.root_uri or ""]
    ls.session.folders = [Path(path) for path in map(to_fs_path, uris) if path]


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    ls.session.open(params.text_document)


@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    ls.session.change(params.text_document, params.content_changes)


@server.feature(types.TEXT_DOCUMENT_DID_SAVE)
def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    ls.session.save(params.text_document.uri)


@server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    ls.session.close(params.text_document.uri)


@server.feature(types.TEXT_DOCUMENT_HOVER)
def hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    return answers.hover(ls.session, params)


@server.feature(
    types.TEXT_DOCUMENT_CODE_ACTION,
    types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix], resolve_provider=True),
)
def code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    return answers.code_actions(ls.session, params)


@server.feature(types.CODE_ACTION_RESOLVE)
def resolve(ls: Server, params: types.CodeAction) -> types.CodeAction:
    return answers.resolve(ls.session, params)


@server.feature(types.EXIT)
def leave(ls: Server, params: None) -> None:
    ls.ended.set()


def main() -> None:
    """Serve one client over standard input and output. The status is 0 if it shut us down, else 1."""
    output = sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever a rule prints must not get between the messages
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("pygls").setLevel(logging.ERROR)  # it warns of every notification that it has no use for
    logging.getLogger("pygls.protocol.json_rpc").addFilter(is_worth_logging)
    server.protocol.set_writer(StdoutWriter(output))
    asyncio.run(serve())
    sys.exit(0 if server.protocol.is_shut_down else 1)


def is_worth_logging(record: logging.LogRecord) -> bool:
    """A request that came too late for its text is answered and no more."""
    return record.exc_info is None or not isinstance(record.exc_info[1], JsonRpcContentModified)


async def serve() -> None:
    messages = run_async(server.ended, stdio.read_input(), server.protocol, error_handler=server.report_server_error)
    with contextlib.suppress(BrokenPipeError, asyncio.IncompleteReadError):  # the client is gone
        await stdio.first_of(messages, work())


async def work() -> None:
    """Check what is open, as long as the client's process lives."""
    await server.begun.wait()
    client = () if server.process_id is None else (stdio.until_dead(server.process_id),)
    await stdio.first_of(server.session.run(), *client)
