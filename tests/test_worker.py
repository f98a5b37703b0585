"""The process that runs jedi, on its own: what it answers, that it ends with its input, and what is sent to it."""

import os
import signal
import subprocess
import sys
import sysconfig

import pytest
from apitfall import wire, worker
from apitfall.lsp.process import command
from apitfall.text import Lines, Span
from apitfall.types import Type, coroutine, union
from apitfall.wire import HEAD, Ask, Sources, Told, difference, packed, read_ask, read_told, together

TEXT = "async def f() -> int: ...\nf()\nf\nunknown\n"


@pytest.fixture
def process():
    with subprocess.Popen(command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def sources(tmp_path):
    return Sources(str(tmp_path), (sysconfig.get_path("purelib"),), ())


def say(process, ask):
    process.stdin.write(packed(ask))
    process.stdin.flush()


def hear(process):
    """All that is told until it is over."""
    told = []
    while not told or not told[-1].is_over:
        told.append(read_told(process.stdout.read(*HEAD.unpack(process.stdout.read(HEAD.size)))))
    return told


def ends(text, *words):
    return tuple(text.index(word) + len(word) for word in words)


def test_answers(process, tmp_path):
    say(process, Ask(1, sources(tmp_path), "/a.py", (0, 0), (TEXT,), ends(TEXT, "\nf()", "unknown")))
    told = hear(process)
    assert [each for one in told for each in one.types] == [coroutine(Type("int")), None]
    assert {one.number for one in told} == {1}
    if sys.platform == "linux":
        assert 10 < told[-1].memory < 400
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == min(os.getpriority(os.PRIO_PROCESS, 0) + 10, 19)


def test_a_text_is_sent_in_parts(process, tmp_path):
    """Of another path, or of one that was asked about before the last, it is sent whole."""
    first = Lines("".join(f"x{n} = {n}\n" for n in range(1000)) + "x1\n")
    second = first.edited(Span(12, 12), "''  # ")
    where = sources(tmp_path)
    kept, blocks = difference(first.blocks, second.blocks)
    assert len(blocks) == 1 < len(first.blocks)
    for ask, answer in [
        (Ask(1, where, "/a.py", (0, 0), first.blocks, (len(first.text) - 1,)), "int"),
        (Ask(2, where, "/a.py", kept, blocks, (len(second.text) - 1,)), "str"),
        (Ask(3, where, "/b.py", (0, 0), ("y = 1.0\ny\n",), (9,)), "float"),
    ]:
        say(process, ask)
        told = hear(process)
        assert ({one.number for one in told}, [each for one in told for each in one.types]) == (
            {ask.number},
            [Type(answer)],
        )


def test_names_that_are_looked_at_ahead(process, tmp_path):
    say(process, Ask(1, sources(tmp_path), ahead=("asyncio:sleep", "no.such:Thing.method")))
    known, unknown = (found for told in hear(process) for found in told.types)
    assert (known is None, unknown) == (False, None)


def test_another_message_ends_what_is_being_answered(process, tmp_path):
    """It is over before all of many questions have an answer, or the message came too late for that."""
    text = "import asyncio\n" + "asyncio.sleep(1)\n" * 20_000
    places = tuple(range(len("import asyncio\nasyncio.sleep(1)"), len(text), len("asyncio.sleep(1)\n")))
    say(process, Ask(1, sources(tmp_path), "/a.py", (0, 0), (text,), places))
    say(process, None)
    assert sum(len(told.types) for told in hear(process)) < len(places)


@pytest.mark.parametrize("is_busy", [False, True])
def test_it_ends_with_its_input(process, tmp_path, is_busy):
    text = "import asyncio\n" + "asyncio.sleep(1)\n" * 20_000
    places = tuple(range(len("import asyncio\nasyncio.sleep(1)"), len(text), len("asyncio.sleep(1)\n")))
    say(process, Ask(1, sources(tmp_path), "/a.py", (0, 0), (text,), places if is_busy else places[:1]))
    process.stdout.read(HEAD.size)
    process.stdin.close()
    assert process.wait(60) == 0


def test_nothing_of_the_folder_is_imported(tmp_path):
    ran = tmp_path / "ran"
    for name in ("apitfall", "jedi", "json", "queue", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(f"open({str(ran)!r}, 'w')\n", encoding="utf-8")
    done = subprocess.run(command(), cwd=tmp_path, input=b"", check=False)
    assert (done.returncode, ran.exists()) == (0, False)


# Messages


ASK = Ask(7, Sources("/p", ("/a", "/b"), ("/p/src",)), "/p/ü.py", (1, 2), ("x = '\ud800😀'\n",), (3, 4), True, ("a:b",))
TOLD = Told(7, (None, union([Type("int"), coroutine(Type("a.B", (Type("str"),)))])), False, 99)


def test_a_message_is_read_as_it_was_written():
    assert read_ask(packed(ASK)[HEAD.size :]) == ASK
    assert read_ask(packed(None)[HEAD.size :]) is None
    assert read_told(packed(TOLD)[HEAD.size :]) == TOLD


@pytest.mark.parametrize("data", [b"", b"{}", b"null", b"[]", b'{"types": [3], "number": 1}', b"\x80"])
def test_what_is_no_answer_is_known_for_that(data):
    with pytest.raises((ValueError, KeyError, TypeError)):
        wire.read_told(data)


@pytest.mark.parametrize(
    ("old", "new", "kept", "between"),
    [
        ("", "", (0, 0), ""),
        ("abc", "abc", (3, 0), ""),
        ("abc", "axc", (1, 1), "x"),
        ("abc", "abxc", (2, 1), "x"),
        ("abc", "ac", (1, 1), ""),
        ("", "a", (0, 0), "a"),
        ("aa", "a", (1, 0), ""),
        ("abc", "xyz", (0, 0), "xyz"),
    ],
)
def test_the_difference_of_two_texts(old, new, kept, between):
    assert difference(old, new) == (kept, tuple(between))
    assert "".join(together(old, kept, between)) == new


@pytest.mark.skipif(not hasattr(os, "sched_yield"), reason="the platform has nothing of the kind")
def test_others_have_their_turn_while_it_works(monkeypatch):
    turns: list[None] = []
    monkeypatch.setattr(os, "sched_yield", lambda: turns.append(None))
    with worker.giving_way():
        while len(turns) < 3:
            pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
