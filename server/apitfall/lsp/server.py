"""The language server: each message handed to the session or looked up in its reports.

The modules that read and check code are imported in the functions that need them, and so behind the answer to
`initialize`: a client waits for that, and can do nothing before it.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import FeatureRequestError, JsonRpcException, PyglsError
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter
from pygls.uris import to_fs_path

from apitfall import __version__
from apitfall.lsp import offered, stdio
from apitfall.lsp.client import Client, Encoding, client_of
from apitfall.lsp.connection import Connection
from apitfall.lsp.item import Written
from apitfall.lsp.memory import Memory
from apitfall.lsp.messages import Bodies
from apitfall.lsp.protocol import Protocol

if TYPE_CHECKING:
    from apitfall.lsp.session import Session

log = logging.getLogger(__name__)

# Seconds that a thread that reads from the client or from another process waits for the interpreter lock; by itself
# Python has 0.005.
SWITCH = 0.0005


class Server(LanguageServer):
    protocol: Protocol  # pyright: ignore[reportIncompatibleVariableOverride]
    client: Client
    options: object  # what the client gave with `initialize`

    def __init__(self) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            "apitfall", __version__, protocol_cls=Protocol, converter_factory=default_converter
        )
        self.begun = asyncio.Event()
        self.memory = Memory()
        self.warming = self.steps_to_warm()
        self.over = asyncio.Event()
        # pygls keeps texts of its own and ends the process in the middle of a message: both are done here instead.
        for method in (
            types.TEXT_DOCUMENT_DID_OPEN,
            types.TEXT_DOCUMENT_DID_CHANGE,
            types.TEXT_DOCUMENT_DID_CLOSE,
            types.EXIT,
        ):
            del self.protocol.fm.builtin_features[method]  # pyright: ignore[reportUnknownMemberType]

    @cached_property
    def session(self) -> Session:
        from apitfall import registry
        from apitfall.lsp.session import Session

        session = Session(self.client, registry.load(), Connection(self, self.protocol, self.client))
        session.folders = folders_of(self)
        session.client_settings.push(self.options)
        return session

    def steps_to_warm(self) -> Iterator[None]:
        """Do once what would take longer while somebody waits."""
        if self.session.cache is not None:
            from apitfall import reports

            yield from reports.steps_to_know_us(self.session.packages)
        yield from self.protocol.steps_to_warm()
        for name in ("actions", "commands", "hovers", "pulled"):
            importlib.import_module(f"apitfall.lsp.{name}")
            yield

    async def warm_up(self) -> None:
        """Do that as long as nothing is open; what is left of it is done at rest."""
        from apitfall.lsp.projects import in_slices

        if not self.session.documents:
            async for _ in in_slices(self.warming):
                if self.session.documents:
                    break

    def rest(self) -> None:
        for _ in self.warming:
            pass
        self.memory.rest()

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
    encoding costs nothing on a line of ASCII. Nothing needs options, but settings may be given so.
    """
    ls.client = client_of(params.capabilities, Encoding(ls.workspace.position_encoding))
    ls.options = params.initialization_options
    if ls.client.pulls:
        offer_diagnostics(ls, params.client_info)
    ls.protocol.on_change = lambda change: ls.session.change(change)
    ls.protocol.trace = params.trace or types.TraceValue.Off
    ls.begun.set()


def offer_diagnostics(ls: Server, client: types.ClientInfo | None) -> None:
    """Let the client ask for diagnostics.

    Neovim 0.12, where both are offered and it is asked to refresh, asks for the workspace in place of the documents that
    are open, and these keep what they had. So it is not offered the workspace; by itself it would not ask for it.
    """
    ls.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, offered.DIAGNOSTICS)(document_diagnostic)
    if client is None or client.name != "Neovim":
        ls.feature(types.WORKSPACE_DIAGNOSTIC)(workspace_diagnostic)


async def document_diagnostic(ls: Server, params: types.DocumentDiagnosticParams) -> Written:
    from apitfall.lsp import pulled

    return await pulled.document(ls.session, params)


async def workspace_diagnostic(ls: Server, params: types.WorkspaceDiagnosticParams) -> Written:
    from apitfall.lsp import pulled

    found = await pulled.workspace(ls.session, params)
    return Written(found, json.dumps(found))


@server.feature(types.INITIALIZED)
def initialized(ls: Server, params: types.InitializedParams) -> None:
    ls.session.begin()
    ls.session.connection.start(ls.warm_up())


@server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
def folders(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    ls.session.set_folders(folders_of(ls))


def folders_of(ls: Server) -> list[Path]:
    uris = [folder.uri for folder in ls.workspace.folders.values()] or [ls.workspace.root_uri or ""]
    return [Path(path) for path in map(to_fs_path, uris) if path]


@server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
def did_change_configuration(ls: Server, params: types.DidChangeConfigurationParams) -> None:
    ls.session.client_changed(params.settings)


@server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
def did_change_watched_files(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    files_changed(ls, (change.uri for change in params.changes))


@server.feature(types.WORKSPACE_DID_CREATE_FILES, offered.OPERATIONS)
def did_create_files(ls: Server, params: types.CreateFilesParams) -> None:
    files_changed(ls, (file.uri for file in params.files))


@server.feature(types.WORKSPACE_DID_DELETE_FILES, offered.OPERATIONS)
def did_delete_files(ls: Server, params: types.DeleteFilesParams) -> None:
    files_changed(ls, (file.uri for file in params.files))


@server.feature(types.WORKSPACE_WILL_RENAME_FILES, offered.OPERATIONS)
def will_rename_files(ls: Server, params: types.RenameFilesParams) -> None:
    """No edit: the docstring of `watching` says why."""


@server.feature(types.WORKSPACE_DID_RENAME_FILES, offered.OPERATIONS)
def did_rename_files(ls: Server, params: types.RenameFilesParams) -> None:
    files_changed(ls, (uri for file in params.files for uri in (file.old_uri, file.new_uri)))


def files_changed(ls: Server, uris: Iterable[str]) -> None:
    from apitfall.lsp import watching

    ls.session.files_changed(watching.paths_of(uris))


@server.feature(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
def cancel_progress(ls: Server, params: types.WorkDoneProgressCancelParams) -> None:
    ls.session.connection.cancel(params.token)


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    ls.session.open(params.text_document)


@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    ls.session.change(params)


@server.feature(types.TEXT_DOCUMENT_DID_SAVE)
def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    ls.session.save(params.text_document.uri)


@server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    ls.session.close(params.text_document.uri)


@server.feature(types.TEXT_DOCUMENT_HOVER)
def hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    from apitfall.lsp import hovers

    return hovers.hover(ls.session, params)


@server.feature(
    types.TEXT_DOCUMENT_CODE_ACTION,
    types.CodeActionOptions(code_action_kinds=offered.KINDS, resolve_provider=True),
)
def code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
    from apitfall.lsp import actions

    return actions.code_actions(ls.session, params)


@server.feature(types.CODE_ACTION_RESOLVE)
def resolve(ls: Server, params: types.CodeAction) -> types.CodeAction:
    from apitfall.lsp import actions

    return actions.resolve(ls.session, params)


def register(name: str) -> None:
    @server.command(name)
    async def run(ls: Server, *arguments: Any) -> Any:  # pyright: ignore[reportUnusedFunction]
        from apitfall.lsp import commands

        return await commands.execute(name, ls.session, ls.workspace_apply_edit_async, arguments)


for name in offered.COMMANDS:
    register(name)


@server.feature(types.SHUTDOWN)
def shut_down(ls: Server, params: None) -> None:
    ls.session.stop()


@server.feature(types.EXIT)
def leave(ls: Server, params: None) -> None:
    ls.over.set()


def main(address: tuple[str, int] | None = None) -> int:
    """Serve one client, over standard input and output or a socket. The status is 0 if it shut us down, else 1."""
    sys.stdout = sys.stderr  # whatever a rule prints must not get between the messages
    sys.setswitchinterval(SWITCH)
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("pygls").setLevel(logging.ERROR)  # it warns of every notification that it has no use for
    logging.getLogger("pygls.protocol.json_rpc").addFilter(is_worth_logging)
    try:
        asyncio.run(serve() if address is None else serve_socket(*address))
    except OSError as error:  # of a socket; standard input and output raise none
        log.error("%s", error)
    return 0 if server.protocol.is_shut_down else 1


def is_worth_logging(record: logging.LogRecord) -> bool:
    """A request that came too late for its text is answered and no more."""
    error = record.exc_info[1] if record.exc_info is not None else None
    late = (types.LSPErrorCodes.ContentModified, types.LSPErrorCodes.ServerCancelled)
    return not isinstance(error, JsonRpcException) or error.code not in late


async def serve() -> None:
    output, bodies = stdio.Output(), Bodies()
    source = stdio.Input(partial(take, bodies))
    server.protocol.set_writer(output)
    server.protocol.has_news = source.has_news

    async def listen() -> None:
        await source.until_ended()
        bodies.end()

    try:
        await stdio.first_of(listen(), until_over(), work(), output.until_lost())
    finally:
        output.finish()


async def serve_socket(host: str, port: int) -> None:
    reader, writer = await stdio.accept(host, port)
    server.protocol.set_writer(writer)

    async def listen() -> None:
        bodies = Bodies()
        while data := await reader.read(stdio.PIECE):
            take(bodies, data)
        bodies.end()

    await stdio.first_of(listen(), until_over(), work())


def take(bodies: Bodies, data: bytes) -> None:
    """Handle the messages that are whole with these bytes, up to the last one of all."""
    for body in bodies.feed(data):
        if not server.over.is_set():
            server.protocol.receive(body)


async def until_over() -> None:
    await server.over.wait()


async def work() -> None:
    """Check what is open, as long as the client's process lives."""
    await server.begun.wait()
    from apitfall.lsp.checks import HAND_OVER

    refill = partial(asyncio.get_running_loop().call_later, HAND_OVER, server.memory.refill)
    server.session.connection.after_publish = refill
    server.memory.begin()
    server.session.checks.at_rest = server.rest
    server.session.checks.when_idle = server.memory.tidy
    client = () if server.process_id is None else (stdio.until_dead(server.process_id),)
    await stdio.first_of(server.session.run(), *client)
