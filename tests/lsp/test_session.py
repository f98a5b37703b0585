"""What cannot be brought about from outside: something that comes in just while a document is checked."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from apitfall import registry
from apitfall.lsp.client import Client
from apitfall.lsp.session import Session
from apitfall.text import Change, Document
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

    def has_news(self):
        return True


@pytest.mark.parametrize(("come_in", "expected"), MEANWHILE.values(), ids=MEANWHILE)
async def test_no_outdated_version_is_published(packages, come_in, expected):
    session, project = await opened(packages)
    steps, left = project.workspace.steps, [come_in]

    def steps_while_it_comes_in(path, *, types):
        if left:
            asyncio.get_running_loop().call_soon(left.pop(), session)
        return steps(path, types=types)

    project.workspace.steps = steps_while_it_comes_in
    await until_rest(session, lambda: not left)
    assert session.connection.published == expected


async def opened(packages):
    """A session with a document, of a project that was read; nothing is checked yet."""
    session = Session(Client(), packages, Ear())
    session.checks.quiet = 0
    session.open(types.TextDocumentItem(URI, "python", 1, BAD))
    (project,) = session.projects.values()
    await project.task
    return session, project


async def until_rest(session, is_over=lambda: True):
    """Let the session work until it has nothing left to do."""
    rest = asyncio.Event()
    session.checks.at_rest = lambda: rest.set() if is_over() and not is_reading(session) else None
    running = asyncio.create_task(session.run())
    await asyncio.wait_for(rest.wait(), timeout=60)
    running.cancel()
    await asyncio.wait([running])


def is_reading(session):
    return any(not project.task.done() for project in session.projects.values())


def typed(version, text, uri=URI):
    """A change that puts a text at the end of the first line."""
    range_ = types.Range(types.Position(0, 99), types.Position(0, 99))
    document = types.VersionedTextDocumentIdentifier(version, uri)
    return types.DidChangeTextDocumentParams(document, [types.TextDocumentContentChangePartial(range_, text)])


def recorded(project):
    """The checks of a project's files from now on: whether each was to settle what did not parse."""
    steps, checks = project.workspace.steps, []

    def record(path, *, types):
        checks.append(types)
        return steps(path, types=types)

    project.workspace.steps = record
    return checks


async def test_changes_that_come_together_are_checked_once(packages):
    session, project = await opened(packages)
    await until_rest(session)
    checks = recorded(project)
    for version in range(2, 52):
        session.change(typed(version, "#"))
    await until_rest(session)
    assert checks == [False, True]
    assert [version for version, _ in session.connection.published] == [1, 51]


async def test_what_does_not_parse_is_cut_again_when_nobody_is_typing(packages):
    session, project = await opened(packages)
    await until_rest(session)
    session.checks.quiet = 3600
    checks, published = recorded(project), session.connection.published
    running = asyncio.create_task(session.run())
    for version in (2, 3):
        session.change(typed(version, "#"))
        while published[-1][0] != version:
            await asyncio.sleep(0)
    assert checks == [False, False]
    assert (session.checks.timer is not None, list(session.checks.unsettled)) == (True, [*project.open.values()])
    session.checks.quiet_from = 0
    session.checks.wanted.set()  # as the timer does
    while len(checks) < 3:
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running])
    assert checks == [False, False, True]


async def test_the_workspace_is_told_where_a_text_was_changed(packages):
    session, project = await opened(packages)
    told, update = [], project.workspace.update

    def record(document, revisions=None):
        told.append(revisions and [revision.change for revision in revisions])
        update(document, revisions)

    project.workspace.update = record
    session.change(typed(2, "  # a"))
    session.change(types.DidChangeTextDocumentParams(
        types.VersionedTextDocumentIdentifier(3, URI),
        [types.TextDocumentContentChangeWholeDocument(BAD), *typed(3, " ").content_changes],
    ))  # fmt: skip
    end = len(BAD.partition("\n")[0])
    assert told == [[Change(end, end, end + 5)], [Change(end, end + 5, end + 1)]]
    # What the client shows counts again, but nobody knows how it differs from what was there meanwhile.
    update(Document(next(iter(project.open)), None, ""))
    session.change(typed(4, "#"))
    assert told[2:] == [None]


async def test_a_key_is_answered_before_a_check_at_rest_is_over(packages, tmp_path, monkeypatch):
    """What was checked until then is not checked again. A slice is one step here."""
    monkeypatch.setattr("apitfall.lsp.projects.SLICE", -1)
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    uris = [(tmp_path / name).as_uri() for name in ("typed.py", "long.py")]
    session = Session(Client(), packages, Ear())
    session.checks.quiet = 0
    for uri, text in zip(uris, (CLEAN, CLEAN + "def f():\n    bad()\n\n\n" * 50), strict=True):
        session.open(types.TextDocumentItem(uri, "python", 1, text))
    (project,) = session.projects.values()
    await project.task
    await until_rest(session)
    workspace, path = project.workspace, session.documents[str(tmp_path / "long.py")].path
    happened, steps = session.connection.published, workspace.steps

    def steps_with_a_key_between(path_, *, types):
        for number, step in enumerate(steps(path_, types=types)):
            if path_ == path:
                happened.append("step")
                if number == 2 and happened.count("step") == 3:
                    session.change(typed(2, "#", uris[0]))
            yield step

    workspace.steps = steps_with_a_key_between
    workspace.configure(replace(workspace.config, severity={"bad-call": "hint"}))
    session.checks.unsettled[session.documents[path]] = None
    happened.clear()
    session.checks.wanted.set()
    await until_rest(session)
    key = happened.index((2, 0))
    assert happened[:key].count("step") == 3
    assert 50 < happened.count("step") < 60, "no chunk is checked twice"
    assert (1, 50) in happened[key:]
