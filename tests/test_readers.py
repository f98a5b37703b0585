"""Processes that read files: what they give, what becomes of it when they die, and that they end with us."""

import marshal
import os
import subprocess
import sys
from pathlib import Path

import pytest
from apitfall import loading, readers
from apitfall.cache import Cache
from apitfall.engine import Workspace
from apitfall.facts import unpack
from apitfall.readers import ReaderEnded, Readers, read
from apitfall.registry import load
from apitfall.text import Document

TEXTS = [f"import fastapi\n\n\ndef f{number}(x=[]):\n    return g(x, '\ud800')\n" for number in range(12)]
LONG = "a(b)(c)[d].e\n" * 200_000  # some seconds of work


@pytest.fixture
def project(monkeypatch):
    """A project that is read by two processes, four files at a time."""
    monkeypatch.setattr(readers, "WORTH", 1)
    monkeypatch.setattr(readers, "BATCH", 4 * len(TEXTS[0]))
    monkeypatch.setattr(readers, "processors", lambda: 2)
    made = Workspace("/project", load())
    for number, text in enumerate(TEXTS):
        made.update(Document(f"/project/m{number}.py", None, text))
    return made


@pytest.fixture
def started(monkeypatch):
    """The processes that are started."""
    found: list[subprocess.Popen[bytes]] = []
    start = readers.start
    monkeypatch.setattr(readers, "start", lambda nice: found.append(start(nice)) or found[-1])
    return found


def names(project: Workspace) -> list[str]:
    return [name for path in project.paths() for name in project.read(path).functions]


def test_they_give_what_is_read_here():
    others = Readers(1, nice=True)
    try:
        assert [*map(unpack, others.read(TEXTS).result())] == [unpack(read(text)) for text in TEXTS]
    finally:
        others.close()


def test_a_project_is_read_by_them_and_kept(project, started, tmp_path):
    kept = Cache(tmp_path)
    loading.read_all(project, kept)
    assert len(started) == 2
    assert not project.unread()
    assert not any(project._sources[path].is_cut for path in project.paths())
    assert sorted(names(project)) == sorted(f"f{number}" for number in range(len(TEXTS)))
    assert kept.written == len(TEXTS)
    assert all(process.returncode is not None for process in started)


def test_what_is_kept_starts_none(project, started, tmp_path):
    kept = Cache(tmp_path)
    for text in TEXTS:
        kept.put(loading.facts_key(text), read(text))
    loading.read_all(project, kept)
    assert not project.unread()
    assert (kept.read, kept.written, started) == (len(TEXTS), len(TEXTS), [])


def test_few_lines_start_none(project, started, monkeypatch):
    monkeypatch.setattr(readers, "WORTH", 10_000)
    loading.read_all(project, None)
    assert not project.unread()
    assert not started


def cut(project: Workspace) -> list[str]:
    """The files of which there is more than facts."""
    return [path for path in project.paths() if project._sources[path].is_cut]


def test_a_server_parses_only_what_is_open(project, started, monkeypatch):
    monkeypatch.setattr(readers, "WORTH", 10_000)
    project.update(Document("/project/m0.py", 1, TEXTS[0]))
    for _ in loading.read_facts(project, None, nice=True):
        pass
    assert not project.unread()
    assert not started
    assert cut(project) == ["/project/m0.py"]


def test_what_is_parsed_is_held_up_to_a_bound(project, monkeypatch, tmp_path):
    monkeypatch.setattr(readers, "WORTH", 10_000)
    monkeypatch.setattr(loading, "HELD", 0)
    kept = Cache(tmp_path)
    loading.read_all(project, kept)
    assert not project.unread()
    assert len(cut(project)) == 1
    assert kept.written == len(TEXTS)


def test_libcst_is_imported_where_it_is_needed():
    code = "import sys; from apitfall.readers import read; read({!r}); sys.exit('libcst' in sys.modules)"
    for text, needed in (("def f(x: 'A'): return g(x)\n", 0), ("x = (\n", 1)):
        assert subprocess.run([sys.executable, "-c", code.format(text)]).returncode == needed


@pytest.mark.parametrize("dying", [1, 2])
def test_when_they_die_the_rest_is_read_here(project, monkeypatch, caplog, dying):
    start, found = readers.start, []

    def dead(nice: bool) -> subprocess.Popen[bytes]:
        found.append(start(nice))
        if len(found) <= dying:
            found[-1].kill()
            found[-1].wait()
        return found[-1]

    monkeypatch.setattr(readers, "start", dead)
    loading.read_all(project, None)
    assert not project.unread()
    assert sorted(names(project)) == sorted(f"f{number}" for number in range(len(TEXTS)))
    assert len(caplog.records) == 1


def test_they_end_in_the_middle_of_their_work():
    others = Readers(1, nice=False)
    future = others.read([LONG])
    others.close()
    assert others.processes[0].returncode is not None
    with pytest.raises(ReaderEnded):
        future.result()


def test_steps_that_are_closed_early_leave_nothing_running(project, started):
    steps = loading.read_facts(project, None, nice=False)
    assert any(waiting is not None for _, waiting in steps)
    steps.close()
    assert len(started) == 2
    assert all(process.returncode is not None for process in started)


KILLED = """\
import os, signal, sys
from apitfall.readers import Readers
others = Readers(2, nice=False)
others.read(["x = 1"]).result()
print(*[process.pid for process in others.processes], flush=True)
os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
"""


def test_they_end_when_we_are_killed():
    """Their standard error is ours, which is at its end when the last of them is: without that there is no answer."""
    run = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, timeout=60)
    assert run.returncode != 0
    assert len(run.stdout.split()) == 2
    assert not run.stderr


def test_nothing_of_the_folder_that_they_start_in_is_imported(tmp_path: Path, monkeypatch):
    (tmp_path / "libcst.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    others = Readers(1, nice=False)
    try:
        assert [*map(unpack, others.read(["x = 1\n"]).result())] == [unpack(read("x = 1\n"))]
    finally:
        others.close()


def test_a_file_that_changed_meanwhile_is_read_as_it_is_now(project):
    steps = loading.read_facts(project, None, nice=False)
    for _, waiting in steps:
        if waiting is not None:
            project.update(Document("/project/m0.py", None, "def other(): ...\n"))
            project.forget("/project/m1.py")
            waiting.result()
    project.index()
    assert set(names(project)) == {"other", *(f"f{number}" for number in range(2, len(TEXTS)))}
    assert set(project.read("/project/m0.py").functions) == {"other"}


@pytest.mark.skipif(sys.platform == "win32", reason="processes have other priorities there")
def test_beside_an_editor_they_count_less_than_the_server():
    process = readers.start(nice=True)
    try:
        assert process.stdin is not None and process.stdout is not None
        marshal.dump(["x = 1\n"], process.stdin)
        process.stdin.flush()
        marshal.load(process.stdout)
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == os.getpriority(os.PRIO_PROCESS, 0) + readers.NICE
        session = Path(f"/proc/{process.pid}/autogroup")
        if session.exists():
            assert session.read_text(encoding="ascii").split()[-1] == str(readers.NICE)
    finally:
        process.kill()
        process.wait()
