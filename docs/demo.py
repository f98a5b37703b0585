"""The main job, as an editor would see it: open the shop in docs/demo, show every diagnostic, apply the quick fixes.

The language server runs over stdio in a process of its own. The shop is copied first and stays as it is. Then both
versions of it are started and asked the same: `demo_run` shows what changed.
"""

from __future__ import annotations

import asyncio
import difflib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import demo_run
from apitfall.frames import Frames, wants_color, width_of
from apitfall.rule import Finding, Related, Severity
from apitfall.text import Edit, Lines, Place, Span, apply, combine
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient
from pygls.uris import to_fs_path

SHOP = Path(__file__).with_name("demo")
CAPABILITIES = lsp.ClientCapabilities(
    general=lsp.GeneralClientCapabilities(position_encodings=[lsp.PositionEncodingKind.Utf32]),
    workspace=lsp.WorkspaceClientCapabilities(
        workspace_edit=lsp.WorkspaceEditClientCapabilities(
            document_changes=True, resource_operations=[lsp.ResourceOperationKind.Create]
        )
    ),
    text_document=lsp.TextDocumentClientCapabilities(
        publish_diagnostics=lsp.PublishDiagnosticsClientCapabilities(related_information=True, version_support=True),
        code_action=lsp.CodeActionClientCapabilities(
            code_action_literal_support=lsp.ClientCodeActionLiteralOptions(
                lsp.ClientCodeActionKindOptions([lsp.CodeActionKind.QuickFix])
            ),
            data_support=True,
            resolve_support=lsp.ClientCodeActionResolveOptions(["edit"]),
        ),
    ),
)


class Editor:
    """A client that opens files and waits for what the server says of their newest versions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client = LanguageClient("apitfall-demo", "1")
        self.published: dict[str, lsp.PublishDiagnosticsParams] = {}
        self.versions: dict[str, int] = {}
        self.texts: dict[str, str] = {}
        self.news = asyncio.Event()

        @self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def on_publish(params: lsp.PublishDiagnosticsParams) -> None:
            self.published[params.uri] = params
            self.news.set()

    async def start(self) -> None:
        await self.client.start_io(sys.executable, "-m", "apitfall", "server")
        folder = lsp.WorkspaceFolder(self.folder.as_uri(), self.folder.name)
        await self.client.initialize_async(lsp.InitializeParams(CAPABILITIES, workspace_folders=[folder]))
        self.client.initialized(lsp.InitializedParams())

    async def open(self, path: Path) -> None:
        uri = path.as_uri()
        self.versions[uri], self.texts[uri] = 1, path.read_text(encoding="utf-8")
        item = lsp.TextDocumentItem(uri, lsp.LanguageKind.Python, 1, self.texts[uri])
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        await self.settled(uri)

    async def change(self, uri: str, text: str) -> None:
        self.versions[uri] += 1
        self.texts[uri] = text
        document = lsp.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        whole = lsp.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(document, [whole]))
        await self.settled(uri)

    async def settled(self, uri: str) -> None:
        """Wait until the server has spoken of the document's newest version; it always does."""
        while (said := self.published.get(uri)) is None or said.version != self.versions[uri]:
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 60)

    async def quick_fix(self, uri: str, diagnostic: lsp.Diagnostic) -> lsp.CodeAction | None:
        """The first fix that the server offers at a diagnostic, its preferred one if it has such, with its edits."""
        document = lsp.TextDocumentIdentifier(uri)
        context = lsp.CodeActionContext([diagnostic], only=[lsp.CodeActionKind.QuickFix])
        params = lsp.CodeActionParams(document, diagnostic.range, context)
        offered = await self.client.text_document_code_action_async(params) or []
        actions = [a for a in offered if isinstance(a, lsp.CodeAction) and diagnostic.code in str(a.diagnostics)]
        actions.sort(key=lambda action: not action.is_preferred)
        return await self.client.code_action_resolve_async(actions[0]) if actions else None

    async def stop(self) -> None:
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()


def path_of(uri: str) -> str:
    return Path(to_fs_path(uri) or uri).as_posix()


def span_of(lines: Lines, where: lsp.Range) -> Span:
    """Positions are in UTF-32, as agreed with the server: columns are code points."""
    start, end = where.start, where.end
    return Span(lines.offset(start.line, start.character), lines.offset(end.line, end.character))


def finding_of(diagnostic: lsp.Diagnostic, lines: Lines, lines_at: dict[str, Lines]) -> Finding:
    nowhere = Place("", "")
    related = tuple(
        Related(nowhere, r.message, path_of(r.location.uri), span_of(lines_at[r.location.uri], r.location.range))
        for r in diagnostic.related_information or ()
    )
    severity = Severity(int(diagnostic.severity or 1))
    return Finding(
        span_of(lines, diagnostic.range), diagnostic.message, severity, (), related, rule=str(diagnostic.code)
    )


def show(editor: Editor) -> int:
    """Print every diagnostic with its code frame; returns how many there are."""
    lines_at = {uri: Lines(text) for uri, text in editor.texts.items()}
    frames = Frames(
        {path_of(uri): lines for uri, lines in lines_at.items()}.__getitem__,
        lambda path: Path(path).relative_to(editor.folder).as_posix(),
        color=wants_color(sys.stdout, os.environ),
        width=width_of(sys.stdout),
    )
    count = 0
    for uri, said in sorted(editor.published.items()):
        for diagnostic in said.diagnostics:
            print(frames.finding(path_of(uri), finding_of(diagnostic, lines_at[uri], lines_at)), end="\n\n")
            count += 1
    return count


async def fix(editor: Editor) -> int:
    """Apply quick fixes, one diagnostic after the other, until none is offered; returns how many were applied."""
    applied = 0
    while True:
        for uri, said in sorted(editor.published.items()):
            action = None
            for diagnostic in said.diagnostics:
                action = await editor.quick_fix(uri, diagnostic)
                if action is not None and action.edit is not None:
                    break
            if action is not None and action.edit is not None:
                await apply_edit(editor, action.edit)
                print(f"  {Path(path_of(uri)).relative_to(editor.folder).as_posix()}: {action.title}")
                applied += 1
                break
        else:
            return applied


async def apply_edit(editor: Editor, edit: lsp.WorkspaceEdit) -> None:
    for change in edit.document_changes or ():
        assert isinstance(change, lsp.TextDocumentEdit), "the fixes of the demo change files that are open"
        uri = change.text_document.uri
        lines = Lines(editor.texts[uri])
        edits = [Edit(uri, span_of(lines, e.range), e.new_text) for e in change.edits if isinstance(e, lsp.TextEdit)]
        await editor.change(uri, apply(editor.texts[uri], combine([edits])[0]))


async def repair(folder: Path) -> int:
    """Show and repair the shop in a folder, as an editor does, and save it; returns how many findings are left."""
    editor = Editor(folder)
    await editor.start()
    before = {path: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py"))}
    for path in before:
        await editor.open(path)
    found = show(editor)
    print(f"{found} findings in {len(before)} files. The quick fixes, applied to a copy:\n")
    applied = await fix(editor)
    print("\nWhat they changed:\n")
    for path, text in before.items():
        name = path.relative_to(folder).as_posix()
        after = editor.texts[path.as_uri()]
        path.write_text(after, encoding="utf-8", newline="")
        sys.stdout.writelines(difflib.unified_diff(text.splitlines(True), after.splitlines(True), name, name))
    left = sum(len(said.diagnostics) for said in editor.published.values())
    print(f"\n{applied} fixes applied, {left} findings left.")
    await editor.stop()
    return left if found else 1


async def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch).resolve() / "demo"
        shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("__pycache__", "*.db"))
        if await repair(folder):
            sys.exit("the demo should find pitfalls and leave none")
        print("Both versions of the shop, started and asked the same:\n", flush=True)
        if problems := await demo_run.show(SHOP, folder):
            sys.exit("\n".join(problems))


if __name__ == "__main__":
    asyncio.run(main())
