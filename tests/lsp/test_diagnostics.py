"""Diagnostics on their way to a client that asks: what cannot be brought about from outside."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from apitfall import registry
from apitfall.lsp import pulled
from apitfall.lsp.client import Client
from apitfall.lsp.diagnostics import Diagnostics
from apitfall.lsp.session import Session
from lsprotocol import types

PLUGIN = Path(__file__).parent / "plugin"
BAD, CLEAN = "import lsptest\nbad()\n", "import lsptest\n"


class Ear:
    """A connection to nobody, with what was said over it."""

    def __init__(self):
        self.said = []
        self.complain = pytest.fail
        self.answer = asyncio.Event()

    def publish(self, uri, version, items):
        self.said.append((uri, version, len(items)))

    async def refresh_diagnostics(self):
        self.said.append("refresh")
        await self.answer.wait()

    def start(self, work):
        return asyncio.create_task(work)

    def trace(self, message, verbose):
        pass

    def has_news(self):
        return True


MAIN, OTHER = "file:///shop/main.py", "file:///shop/other.py"
ONE, TWO = [{"message": "one"}], [{"message": "one"}, {"message": "two"}]

# what was found in a document of which the client has version 1 with one finding, and whether it is to ask again
FOUND = {
    "the same": (lambda found: found.publish(MAIN, 1, ONE), False),
    "more in the same text": (lambda found: found.publish(MAIN, 1, TWO), True),
    "more in a newer text": (lambda found: found.publish(MAIN, 2, TWO), False),
    "that it is left out": (lambda found: found.publish(MAIN, None, []), True),
    "that it is closed": (lambda found: (found.close(MAIN), found.publish(MAIN, None, [])), False),
    "more in one that it has not": (lambda found: found.publish(OTHER, 1, TWO), False),
    "more, and it has asked": (
        lambda found: (found.publish(MAIN, 1, TWO), found.answer("/shop/main.py", 1, None)),
        False,
    ),
    "more, and it is closed": (lambda found: (found.publish(MAIN, 1, TWO), found.close(MAIN)), False),
}


def answered() -> Diagnostics:
    found = Diagnostics(Client(pulls=True), Ear())
    found.publish(MAIN, 1, ONE)
    found.answer("/shop/main.py", 1, None)
    return found


@pytest.mark.parametrize(("happens", "expected"), FOUND.values(), ids=FOUND)
async def test_when_a_client_is_to_ask_again(happens, expected):
    found = answered()
    happens(found)
    found.refresh()
    await asyncio.sleep(0)
    assert found.connection.said == ["refresh"] * expected


async def test_a_client_is_asked_once_at_a_time():
    found = answered()
    for items in (TWO, ONE[:0], TWO):
        found.publish(MAIN, 1, items)
        found.refresh()
        await asyncio.sleep(0)
    assert found.connection.said == ["refresh"]
    found.connection.answer.set()
    await found.refreshing
    await asyncio.sleep(0)
    assert found.connection.said == ["refresh", "refresh"]


@pytest.fixture
def session(monkeypatch):
    monkeypatch.syspath_prepend(PLUGIN)
    session = Session(Client(pulls=True), [registry.load_package("lsptest_rules")], Ear())
    session.checks.quiet = 0
    return session


UNTITLED = "untitled:Untitled-1"
ASKED = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(UNTITLED))


def open_document(session, text):
    session.open(types.TextDocumentItem(UNTITLED, "python", 1, text))


def change(session):
    document = types.VersionedTextDocumentIdentifier(2, UNTITLED)
    session.change(types.DidChangeTextDocumentParams(document, [types.TextDocumentContentChangeWholeDocument(CLEAN)]))


# what comes in while the answer is waited for, and what that is: the number of findings, or that it is to be asked again
MEANWHILE = {
    "nothing": (lambda session: None, 1),
    "a change": (change, None),
    "the end": (lambda session: session.close(UNTITLED), 0),
    "the end, and a new beginning": (lambda session: (session.close(UNTITLED), open_document(session, CLEAN)), 0),
}


@pytest.mark.parametrize("is_read", [False, True], ids=["while the project is read", "before the check"])
@pytest.mark.parametrize(("come_in", "expected"), MEANWHILE.values(), ids=MEANWHILE)
async def test_what_comes_in_meanwhile(session, come_in, expected, is_read):
    open_document(session, BAD)
    if is_read:
        await next(iter(session.projects.values())).task
    answer = asyncio.create_task(pulled.document(session, ASKED))
    await asyncio.sleep(0)
    assert not answer.done()
    come_in(session)
    running = asyncio.create_task(session.run())
    if expected is None:
        with pytest.raises(pulled.ServerCancelled) as overtaken:
            await answer
        assert (overtaken.value.code, overtaken.value.data) == (-32802, {"retriggerRequest": True})
        assert (await pulled.document(session, ASKED))["items"] == []
    else:
        assert len((await answer)["items"]) == expected
    running.cancel()
    await asyncio.wait([running])


async def test_types_that_come_later(session):
    """They are not waited for, and what they show is asked for again."""
    open_document(session, BAD)
    (project,) = session.projects.values()
    await project.task
    steps = project.workspace.steps
    project.workspace.steps = lambda path, types: steps(path) if types else [replace([*steps(path)][-1], findings=())]
    session.checks.quiet = 3600
    session.checks.put_off()
    running = asyncio.create_task(session.run())
    assert (await pulled.document(session, ASKED))["items"] == []
    session.checks.quiet_from = 0
    session.checks.wanted.set()  # as the timer does
    while session.connection.said != ["refresh"]:
        await asyncio.sleep(0)
    assert len((await pulled.document(session, ASKED))["items"]) == 1
    running.cancel()
    await asyncio.wait([running])


async def test_a_check_that_fails_keeps_nobody_waiting(session, caplog):
    open_document(session, BAD)
    (project,) = session.projects.values()
    await project.task
    project.workspace.steps = lambda path, types: 1 / 0
    running = asyncio.create_task(session.run())
    assert (await pulled.document(session, ASKED))["items"] == []
    assert "could not be checked" in caplog.text
    running.cancel()
    await asyncio.wait([running])
