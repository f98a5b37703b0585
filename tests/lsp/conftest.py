"""A language client over stdio that remembers what was published."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

PLUGIN = Path(__file__).parent / "plugin"
PATIENCE = 5  # seconds until a test gives up; nothing is as slow

Publish = types.PublishDiagnosticsParams


class Editor:
    """A client with a folder. `published` has everything that the server published, in its order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.published: list[Publish] = []
        self.waiting: list[tuple[Callable[[Publish], bool], asyncio.Future[Publish]]] = []
        self.client = LanguageClient(converter_factory=default_converter)

        def record(params: Publish) -> None:
            self.published.append(params)
            for is_it, found in self.waiting:
                if not found.done() and is_it(params):
                    found.set_result(params)

        register_lsp_features(self.client, DEFAULT_CLIENT_FEATURES | {types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: record})

    async def start(
        self,
        capabilities: types.ClientCapabilities | None = None,
        process_id: int | None = None,
        folders: list[Path] | None = None,
    ) -> types.InitializeResult:
        paths = [str(PLUGIN), *filter(None, [os.environ.get("PYTHONPATH")])]
        env = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
        await self.client.start_io(sys.executable, "-m", "apitfall", "server", env=env)
        return await self.client.initialize_session(
            types.InitializeParams(
                capabilities=capabilities or types.ClientCapabilities(),
                process_id=process_id,
                workspace_folders=[
                    types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders or [self.folder]
                ],
            )
        )

    def uri(self, name: str) -> str:
        return name if ":" in name else (self.folder / name).as_uri()

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def open(self, name: str, text: str, version: int = 1) -> None:
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
        return await self.client.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(self.uri(name)), range_, types.CodeActionContext(diagnostics or [], only)
            )
        )

    async def exit_status(self) -> int:
        return await asyncio.wait_for(self.client._server.wait(), PATIENCE)

    async def stop(self) -> None:
        if self.client._server is not None and self.client._server.returncode is None:
            await self.client.shutdown_session()
        await self.client.stop()


@pytest_asyncio.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Editor]:
    """An editor that is not started yet, in the folder of a project."""
    folder = tmp_path / "project"
    folder.mkdir()
    folder.joinpath("pyproject.toml").touch()
    editor = Editor(folder)
    yield editor
    await editor.stop()


@pytest.fixture
def anything() -> types.Range:
    """The whole of any document."""
    return types.Range(types.Position(0, 0), types.Position(9999, 0))
