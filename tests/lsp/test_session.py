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
CHANGED = types.DidChangeTextDocumentParams(
    types.VersionedTextDocumentIdentifier(2, URI), [types.TextDocumentContentChangeWholeDocument(CLEAN)]
)


@pytest.fixture
def packages(monkeypatch):
    monkeypatch.syspath_prepend(PLUGIN)
    return [registry.load_package("lsptest_rules")]


# what comes in during the first check of version 1, and all that is published
MEANWHILE = {
    "nothing": (lambda session: None, [(1, 1)]),
    "a change": (
        lambda session: session.change(CHANGED),
        [(2, 0)],
    ),
    "the end": (lambda session: session.close(URI), [(None, 0)]),
    "the end, and a new beginning": (
        lambda session: (session.close(URI), session.open(types.TextDocumentItem(URI, "python", 1, CLEAN))),
        [(None, 0), (1, 0)],
    ),
}


class Ear:
    """A connection to nobody, with what was published over it."""

    def __init__(self):
        self.published = []
        self.complain = pytest.fail

    def publish(self, uri, version, diagnostics):
        self.published.append((version, len(diagnostics)))

    def start(self, work):
        return asyncio.create_task(work)

    def trace(self, message, verbose):
        pass


@pytest.mark.parametrize(("come_in", "expected"), MEANWHILE.values(), ids=MEANWHILE)
async def test_no_outdated_version_is_published(packages, come_in, expected):
    ear = Ear()
    session = Session(Client(), packages, ear)
    session.open(types.TextDocumentItem(URI, "python", 1, BAD))
    (project,) = session.projects.values()
    await project.task
    check, left = project.workspace.check, [come_in]

    def check_while_it_comes_in(path, *, types):
        if left:
            asyncio.get_running_loop().call_soon(left.pop(), session)
        return check(path, types=types)

    project.workspace.check = check_while_it_comes_in
    running = asyncio.create_task(session.run())

    async def nothing_is_left():
        checks = session.checks
        while checks.plain or checks.typed or left or checks.wanted.is_set() or is_reading(session):
            await asyncio.sleep(0)

    await asyncio.wait_for(nothing_is_left(), timeout=60)
    running.cancel()
    await asyncio.wait([running])
    assert ear.published == expected


def is_reading(session):
    return any(not project.task.done() for project in session.projects.values())
