"""What cannot be brought about from outside: something that comes in just while a document is checked."""

import asyncio
from pathlib import Path

import pytest
from apitfall import registry
from apitfall.lsp.client import Client
from apitfall.lsp.session import Session
from lsprotocol import types

PLUGIN = Path(__file__).parent / "plugin"

CLEAN, BAD = "import lsptest\n", "import lsptest\nbad()\n"
URI = "untitled:Untitled-1"
CHANGED = types.VersionedTextDocumentIdentifier(2, URI)


@pytest.fixture
def packages(monkeypatch):
    monkeypatch.syspath_prepend(PLUGIN)
    return [registry.load_package("lsptest_rules")]


# what comes in during the first check of version 1, and all that is published
MEANWHILE = {
    "nothing": (lambda session: None, [(1, 1)]),
    "a change": (
        lambda session: session.change(CHANGED, [types.TextDocumentContentChangeWholeDocument(CLEAN)]),
        [(2, 0)],
    ),
    "the end": (lambda session: session.close(URI), [(None, 0)]),
    "the end, and a new beginning": (
        lambda session: (session.close(URI), session.open(types.TextDocumentItem(URI, "python", 1, CLEAN))),
        [(None, 0), (1, 0)],
    ),
}


@pytest.mark.parametrize(("come_in", "expected"), MEANWHILE.values(), ids=MEANWHILE)
async def test_no_outdated_version_is_published(packages, come_in, expected):
    published = []

    def publish(uri, version, diagnostics):
        published.append((version, len(diagnostics)))

    session = Session(Client(), packages, publish, pytest.fail)
    session.open(types.TextDocumentItem(URI, "python", 1, BAD))
    workspace = session.find(URI).project.workspace
    check, left = workspace.check, [come_in]

    def check_while_it_comes_in(path, *, types):
        if left:
            asyncio.get_running_loop().call_soon(left.pop(), session)
        return check(path, types=types)

    workspace.check = check_while_it_comes_in
    checks = asyncio.create_task(session.run())

    async def nothing_is_left():
        while session.plain or session.typed or left or session.wanted.is_set():
            await asyncio.sleep(0)

    await asyncio.wait_for(nothing_is_left(), timeout=60)
    checks.cancel()
    await asyncio.wait([checks])
    assert published == expected
