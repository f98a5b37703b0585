"""The process that is asked for types: what is published before and after its answers, and what becomes of it.

Not over a connection, but with a process that does on demand what the real one seldom does.
"""

import asyncio
import sys
from pathlib import Path

import pytest
from apitfall import registry
from apitfall.lsp.client import Client
from apitfall.lsp.process import Process
from apitfall.lsp.session import Session
from apitfall.wire import Sources
from lsprotocol import types

HERE = Path(__file__).parent
URI = "untitled:Untitled-1"
TYPED = "import lsptest\nimport things\nbad()\nthings.thing().typed()\n"
FIRST, BOTH = {"bad-call"}, {"bad-call", "typed-call"}


@pytest.fixture
def packages(monkeypatch):
    monkeypatch.syspath_prepend(HERE / "plugin")
    return [registry.load_package("lsptest_rules")]


class Ear:
    """A connection to nobody. `published` are the versions, each with the rules that spoke and all that was said."""

    def __init__(self):
        self.published = []
        self.complain = pytest.fail
        self.news = asyncio.Event()

    def publish(self, uri, version, diagnostics):
        self.published.append(
            (version, {d["code"] for d in diagnostics}, {(d["code"], d["data"]) for d in diagnostics})
        )
        self.news.set()

    def start(self, work):
        return asyncio.ensure_future(work)

    def trace(self, message, verbose):
        pass

    def has_news(self):
        return True

    async def until(self, is_it):
        while not is_it():
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 20)


class Run:
    """A session with one document, and a process that behaves as told."""

    def __init__(self, packages, starts, how, text=TYPED):
        self.ear = Ear()
        self.session = Session(Client(diagnostic_data=True), packages, self.ear)
        self.checks = self.session.checks
        self.checks.quiet = 0
        self.oracle = self.checks.oracle
        self.oracle.command = [sys.executable, str(HERE / "fake_worker.py"), how, str(starts)]
        self.oracle.delay = 0
        self.text = text

    async def __aenter__(self):
        self.session.open(types.TextDocumentItem(URI, "python", 1, self.text))
        (self.project,) = self.session.projects.values()
        await self.project.task
        self.project.found.__dict__["sources"] = Sources("/", (), ())  # as with an environment
        self.running = asyncio.ensure_future(self.session.run())
        return self

    async def __aexit__(self, *_):
        self.running.cancel()
        await asyncio.wait([self.running])

    def edit(self, version, line, text):
        """Put a text at the beginning of a line."""
        range_ = types.Range(types.Position(line, 0), types.Position(line, 0))
        document = types.VersionedTextDocumentIdentifier(version, URI)
        change = types.TextDocumentContentChangePartial(range_, text)
        self.session.change(types.DidChangeTextDocumentParams(document, [change]))

    def rules(self):
        return [(version, rules) for version, rules, _ in self.ear.published]

    async def until(self, version, rules):
        await self.ear.until(lambda: self.rules()[-1:] == [(version, rules)])


@pytest.fixture
def starts(tmp_path):
    return tmp_path / "starts"


async def test_what_needs_no_type_is_said_first_and_again_with_the_rest(packages, starts):
    async with Run(packages, starts, "well") as run:
        await run.until(1, BOTH)
        assert run.rules() == [(1, FIRST), (1, BOTH)]
        first, second = (said for _, _, said in run.ear.published)
        assert first < second


async def test_an_answer_holds_for_what_it_depends_on(packages, starts):
    """The first publish after a change in the same chunk has it already; after one in what it depends on it has not."""
    async with Run(packages, starts, "well") as run:
        await run.until(1, BOTH)
        run.edit(2, 2, "print(1); ")
        await run.until(2, BOTH)
        run.edit(3, 0, "import unrelated\n")
        await run.until(3, BOTH)
        assert run.rules()[2:] == [(2, BOTH), (3, BOTH)]
        run.edit(4, 2, "import other as things  # ")
        await run.until(4, BOTH)
        assert run.rules()[4:] == [(4, FIRST), (4, BOTH)]


async def test_what_answers_mean_something_to_is_checked_as_they_come(packages, starts):
    """Then the next check, which may be that of a key, finds nothing left to do."""
    async with Run(packages, starts, "well") as run:
        workspace, left = run.project.workspace, []
        renew = workspace.renew

        def counted(path, **kind):
            steps = [*renew(path, **kind)]
            left.append(("check" if kind else "answers", bool(steps)))
            return steps

        workspace.renew = counted
        await run.until(1, BOTH)
        assert left[left.index(("answers", True)) + 1] == ("check", False)


async def test_an_answer_for_an_older_version_is_not_published(packages, starts):
    """It comes after the second version, and is taken for that: of the first nothing more is said."""
    async with Run(packages, starts, "late") as run:
        await run.until(1, FIRST)
        while run.oracle.process is None or run.oracle.process.number == 0:
            await asyncio.sleep(0)
        run.edit(2, 3, "things.other().typed(); ")
        await run.ear.until(lambda: (2, BOTH) in run.rules())
        assert (1, BOTH) not in run.rules()
        assert [version for version, _ in run.rules()] == sorted(version for version, _ in run.rules())


# how the process is, what is said of it, how often it is started for one question, and whether that is answered
LOST = {
    "dies once": ("died", 2, True),
    "dies": ("died", 2, False),
    "hangs": ("gave no answer for 0.1 seconds", 2, False),
    "babbles": ("said what is no answer", 2, False),
    "grows": ("has taken 10000 MiB of memory", 1, True),
}


@pytest.mark.parametrize("how", LOST)
async def test_a_process_that_is_lost_has_a_successor(packages, starts, caplog, monkeypatch, how):
    says, times, is_answered = LOST[how]
    started, start = [], Process.start

    async def counted(command, patience):
        started.append(command)
        return await start(command, patience)

    def told():
        return [record.getMessage() for record in caplog.records if "asked for types" in record.getMessage()]

    monkeypatch.setattr(Process, "start", counted)
    async with Run(packages, starts, how) as run:
        if how == "hangs":
            run.oracle.patience = 0.1
        await run.until(1, FIRST if not is_answered else BOTH)
        while run.checks.unsettled or run.oracle.is_busy or not told():
            await asyncio.sleep(0)
        while run.oracle.process is not None and how != "dies once":
            await asyncio.sleep(0)
        assert len(started) == times
        run.edit(2, 2, "x = 1; ")
        await run.until(2, BOTH if is_answered else FIRST)
        assert len(started) == times, "what was answered is not asked again"
    assert [says in sentence for sentence in told()] == [True], "the user is told once"


async def test_findings_from_facts_go_on_without_a_process(packages, starts):
    async with Run(packages, starts, "well") as run:
        run.oracle.command = ["/no/such/program"]
        await run.until(1, FIRST)
        run.edit(2, 2, "bad(1); ")
        await run.ear.until(lambda: (2, FIRST) in run.rules())


async def test_successors_come_later_each_time(packages, starts, monkeypatch):
    waited, sleep = [], asyncio.sleep

    async def wait(delay, *rest):
        waited.extend([delay] if delay else [])
        await sleep(0, *rest)

    monkeypatch.setattr("apitfall.lsp.oracle.asyncio.sleep", wait)
    async with Run(packages, starts, "well") as run:
        run.oracle.command, run.oracle.delay = ["/no/such/program"], 1
        while len(waited) < 8:
            await sleep(0)
    assert waited[:8] == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_what_types_show_in_other_documents_leaves_time_for_keys(packages, starts):
    """As long as answers come in; then, and in the newest document at any time, it is shown at once."""
    async with Run(packages, starts, "well") as run:
        await run.until(1, BOTH)
        checks = run.checks
        checks.rest_until = asyncio.get_running_loop().time() + 100
        assert checks.is_quiet()
        run.oracle.ahead[run.project] = None
        assert not checks.is_quiet()
        run.oracle.ahead.clear()
        assert checks.is_quiet()


async def test_what_is_open_is_parsed_ahead_while_types_are_awaited(packages, starts):
    async with Run(packages, starts, "well", TYPED + "def far():\n    return 1\n") as run:
        await run.until(1, BOTH)
        checks, (document,) = run.checks, run.session.documents.values()
        checks.rest_until = asyncio.get_running_loop().time() + 100
        run.oracle.ahead[run.project] = None
        checks.unparsed[document] = None
        await checks.parse_ahead()
        assert not checks.is_quiet()
        assert not checks.unparsed


async def test_what_a_code_action_asks_for_is_read_at_rest(packages, starts):
    async with Run(packages, starts, "well") as run:
        await run.until(1, BOTH)
        (document,) = run.session.documents.values()
        for version in (1, 2):
            while document.report is None or run.checks.looked_at is not document.report.document.lines:
                await asyncio.sleep(0)
            if version == 1:
                run.edit(2, 0, "# another text\n")
        run.session.close(URI)
        assert run.checks.looked_at is None
