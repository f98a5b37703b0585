"""A language client over stdio that remembers what was published.

Starting a server takes longer than what is asked of it here, so tests whose clients declare the same share one; each
has a project of its own. Whatever passes between them is recorded, and checked at the end of each test.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from conformance.recording import Recording
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

PLUGIN = Path(__file__).parent / "plugin"
PATIENCE = 60  # seconds until a test gives up; nothing is as slow

Publish = types.PublishDiagnosticsParams

MORE_FEATURES = (types.CLIENT_REGISTER_CAPABILITY, types.LOG_TRACE, types.WORKSPACE_DIAGNOSTIC_REFRESH)


def nothing(client: LanguageClient, params: Any) -> None:
    """What a client answers that has nothing to say."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "wrong_client: the client sends what is not the protocol, on purpose")


class Connection:
    """A client with a server of its own. `listener` is told what is published.

    `heard` is what else the server said, each with its method, in its order, and `answers` what it gets in place of
    the client's own answer.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.listener: Callable[[Publish], None] = lambda params: None
        self.heard: list[tuple[str, Any]] = []
        self.answers: dict[str, Any] = {}
        self.waiting: list[tuple[Callable[[str, Any], bool], asyncio.Future[Any]]] = []
        self.client = LanguageClient(converter_factory=default_converter)

        def record(params: Publish) -> None:
            params.diagnostics = list(params.diagnostics)  # a list to compare with, whatever it was read as
            self.listener(params)

        features = DEFAULT_CLIENT_FEATURES | dict.fromkeys(MORE_FEATURES, nothing)
        features = {method: self.hearing(method, feature) for method, feature in features.items()}
        register_lsp_features(self.client, features | {types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: record})

    def hearing(self, method: str, feature: Callable[..., Any]) -> Callable[..., Any]:
        def heard(client: LanguageClient, params: Any) -> Any:
            self.heard.append((method, params))
            for is_it, found in self.waiting:
                if not found.done() and is_it(method, params):
                    found.set_result(params)
            return self.answers[method] if method in self.answers else feature(client, params)

        return heard

    async def hear(self, method: str, is_it: Callable[[Any], bool] = lambda params: True) -> Any:
        """The first that the server said, or is to say, with this method, that is the one."""
        for said, params in self.heard:
            if said == method and is_it(params):
                return params
        found = asyncio.get_running_loop().create_future()
        self.waiting.append((lambda said, params: said == method and is_it(params), found))
        return await asyncio.wait_for(found, PATIENCE)

    async def start(self, params: types.InitializeParams) -> None:
        paths = [str(PLUGIN), *filter(None, [os.environ.get("PYTHONPATH")])]
        env = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
        await self.client.start_io(*self.recording.command(sys.executable, "-m", "apitfall", "server"), env=env)
        self.answer = await self.client.initialize_session(params)

    async def exit_status(self) -> int:
        return await asyncio.wait_for(self.client._server.wait(), PATIENCE)

    async def stop(self) -> None:
        if self.client._server.returncode is None:
            await self.client.shutdown_session()
        await self.client.stop()


class Editor:
    """A client in the folder of a project. `published` has what the server published in it, in its order.

    `is_wrong`: it sends what no client may send, and gets no server of a client that does not.
    """

    def __init__(self, folder: Path, shared: dict[str, Connection], logs: Path, *, is_wrong: bool = False) -> None:
        self.folder = folder
        self.shared = shared
        self.logs = logs
        self.is_wrong = is_wrong
        self.own: list[Connection] = []
        self.opened: set[str] = set()
        self.published: list[Publish] = []
        self.waiting: list[tuple[Callable[[Publish], bool], asyncio.Future[Publish]]] = []

    async def start(self, capabilities: types.ClientCapabilities | None = None) -> types.InitializeResult:
        """Begin with a server that may have served others, and is told of no folder."""
        capabilities = capabilities or types.ClientCapabilities()
        key = f"{self.is_wrong} {capabilities!r}"
        if key not in self.shared:
            self.shared[key] = self.new_connection()
            await self.shared[key].start(types.InitializeParams(capabilities))
        self.connect(self.shared[key])
        return self.connection.answer

    async def start_own(
        self,
        process_id: int | None = None,
        folders: tuple[Path, ...] = (),
        capabilities: types.ClientCapabilities | None = None,
        options: Any = None,
        configuration: dict[str, Any] | None = None,
        name: str | None = None,
    ) -> types.InitializeResult:
        """Begin with a new server. `configuration` is what the client answers when it is asked, by scope."""
        connection = self.new_connection()
        named = [types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders]
        for scope, settings in (configuration or {}).items():
            connection.client.set_configuration(settings, scope_uri=scope)
        await connection.start(
            types.InitializeParams(
                capabilities or types.ClientCapabilities(),
                process_id=process_id,
                client_info=None if name is None else types.ClientInfo(name),
                workspace_folders=named,
                initialization_options=options,
            )
        )
        self.own.append(connection)
        self.connect(connection)
        return connection.answer

    def new_connection(self) -> Connection:
        descriptor, log = tempfile.mkstemp(".jsonl", dir=self.logs)
        os.close(descriptor)
        return Connection(Recording(Path(log), is_wrong=self.is_wrong))

    def connect(self, connection: Connection) -> None:
        self.connection = connection
        self.client = connection.client
        connection.listener = self.record

    def record(self, params: Publish) -> None:
        if params.uri not in self.opened and not params.uri.startswith(self.folder.as_uri()):
            return
        self.published.append(params)
        for is_it, found in self.waiting:
            if not found.done() and is_it(params):
                found.set_result(params)

    async def stop(self) -> None:
        for connection in self.own:
            await connection.stop()
        if not self.own:
            for uri in self.opened:
                self.close(uri)

    def faults(self) -> list[str]:
        """What was said in this test, by either side, and is not the protocol."""
        shared = [connection for connection in self.shared.values() if connection not in self.own]
        faults = [fault for connection in shared for fault in connection.recording.faults()]
        return faults + [fault for connection in self.own for fault in connection.recording.faults(ended=True)]

    def uri(self, name: str) -> str:
        return name if ":" in name else (self.folder / name).as_uri()

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def open(self, name: str, text: str, version: int = 1) -> None:
        self.opened.add(self.uri(name))
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(self.uri(name), "python", version, text))
        )

    def change(self, name: str, version: int, *changes: types.TextDocumentContentChangeEvent) -> None:
        self.client.text_document_did_change(self.change_params(name, version, *changes))

    def change_params(
        self, name: str, version: int, *changes: types.TextDocumentContentChangeEvent
    ) -> types.DidChangeTextDocumentParams:
        return types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(version, self.uri(name)), list(changes)
        )

    def close(self, name: str) -> None:
        self.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(self.uri(name)))
        )

    async def wait(self, is_it: Callable[[Publish], bool]) -> Publish:
        """The first publish, past or to come, that is the one."""
        for publish in self.published:
            if is_it(publish):
                return publish
        found = asyncio.get_running_loop().create_future()
        self.waiting.append((is_it, found))
        return await asyncio.wait_for(found, PATIENCE)

    async def diagnostics(self, name: str, version: int | None = 1) -> list[types.Diagnostic]:
        """What was first published for a version of a document."""
        publish = await self.wait(lambda p: (p.uri, p.version) == (self.uri(name), version))
        return list(publish.diagnostics)

    async def actions(
        self,
        name: str,
        range_: types.Range,
        only: list[types.CodeActionKind | str] | None = None,
        diagnostics: list[types.Diagnostic] | None = None,
    ) -> list[types.CodeAction]:
        context = types.CodeActionContext(diagnostics or [], only)
        params = types.CodeActionParams(types.TextDocumentIdentifier(self.uri(name)), range_, context)
        return list(await self.client.text_document_code_action_async(params))

    async def hover(self, name: str, position: types.Position) -> types.Hover | None:
        params = types.HoverParams(types.TextDocumentIdentifier(self.uri(name)), position)
        return await self.client.text_document_hover_async(params)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared() -> AsyncIterator[dict[str, Connection]]:
    connections: dict[str, Connection] = {}
    yield connections
    for connection in connections.values():
        await connection.stop()
        assert connection.recording.faults(ended=True) == []


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("conversations")


@pytest_asyncio.fixture(loop_scope="session")
async def editor(
    tmp_path: Path, shared: dict[str, Connection], logs: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Editor]:
    """An editor that is not started yet, in the folder of a project."""
    folder = tmp_path / "project"
    folder.mkdir()
    folder.joinpath("pyproject.toml").touch()
    editor = Editor(folder, shared, logs, is_wrong=request.node.get_closest_marker("wrong_client") is not None)
    yield editor
    await editor.stop()
    if faults := editor.faults():
        pytest.fail("not the protocol:\n" + "\n".join(faults), pytrace=False)


@pytest.fixture
def anything() -> types.Range:
    """The whole of any document."""
    return types.Range(types.Position(0, 0), types.Position(9999, 0))
