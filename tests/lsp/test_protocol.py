"""What goes on between the messages: how they are taken, and what is done in a moment of rest."""

import asyncio
import gc
import os
import subprocess
import sys

import pytest
from apitfall.lsp import commands, offered, stdio
from apitfall.lsp.memory import MANY, YOUNG, Memory
from apitfall.lsp.messages import Bodies
from apitfall.lsp.projects import breathe
from apitfall.lsp.server import server
from lsprotocol import types

MESSAGE = b"Content-Length: 2\r\n\r\n{}"


@pytest.mark.parametrize("size", [1, 2, 7, len(MESSAGE), 50 * len(MESSAGE)])
def test_messages_come_in_pieces(size):
    bodies, sent = Bodies(), 50 * MESSAGE
    pieces = [sent[start : start + size] for start in range(0, len(sent), size)]
    assert [body for piece in pieces for body in bodies.feed(piece)] == [b"{}"] * 50


@pytest.fixture
def pipe(monkeypatch):
    """Both ends of what is standard input here."""
    source, target = os.pipe()
    monkeypatch.setattr(stdio, "INPUT", source)
    yield source, target
    os.close(source)


async def test_all_that_has_come_is_taken_at_once_before_anything_else_is_done(pipe):
    taken = []
    source = stdio.Input(taken.append)
    reading = asyncio.create_task(source.until_ended())
    await asyncio.sleep(0)
    assert not source.has_news()
    for _ in range(50):
        os.write(pipe[1], MESSAGE)
    assert source.has_news()
    await breathe()
    assert (taken, source.has_news()) == ([50 * MESSAGE], False)
    os.close(pipe[1])
    await reading
    assert taken == [50 * MESSAGE]


def test_what_is_offered_is_there():
    assert list(commands.COMMANDS) == list(offered.COMMANDS)


def test_what_is_asked_for_most_can_be_read_and_written_ahead():
    assert not any(server.protocol.steps_to_warm())


def test_the_texts_of_documents_are_kept_once():
    builtin = server.protocol.fm.builtin_features
    assert not builtin.keys() & {
        types.TEXT_DOCUMENT_DID_OPEN,
        types.TEXT_DOCUMENT_DID_CHANGE,
        types.TEXT_DOCUMENT_DID_CLOSE,
    }


@pytest.fixture
def collector():
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


class Node:
    """Something that only the collector can find when it is lost."""

    lost = 0

    def __init__(self):
        self.me = self

    def __del__(self):
        Node.lost += 1


@pytest.mark.usefixtures("collector")
def test_garbage_is_found_in_a_moment_of_rest_even_if_it_was_frozen():
    memory, nodes, Node.lost = Memory(), [Node() for _ in range(3)], 0
    memory.tidy()
    nodes.clear()
    gc.collect(1)  # as the collector does of itself
    memory.tidy()
    assert (Node.lost, gc.get_freeze_count() >= memory.kept) == (0, True)
    more = [[] for _ in range(memory.kept // 2)]
    for _ in range(2):
        gc.collect(1)
        memory.tidy()
    assert (Node.lost, len(more) > 0) == (3, True)


@pytest.mark.usefixtures("collector")
def test_garbage_of_some_keys_is_found_at_rest_and_that_of_much_reading_later():
    memory, nodes, Node.lost = Memory(), [Node() for _ in range(3)], 0
    memory.begin()
    memory.tidy()
    nodes.clear()
    made: list[list[list[int]]] = []
    for count, lost in ((100, 0), (MANY + 1, 0), (YOUNG + 1, 1)):
        node = Node()
        made.append([[] for _ in range(count)])
        del node
        memory.rest()
        assert Node.lost == lost


@pytest.mark.usefixtures("collector")
def test_what_is_made_without_rest_is_put_aside_and_not_looked_at():
    looks: list[str] = []
    Memory().begin()
    gc.callbacks.append(lambda phase, _: looks.append(phase))
    made: list[list[list[int]]] = []
    for _ in range(15):
        made.append([[] for _ in range(MANY)])
        asyncio.run(breathe())
    frozen = gc.get_freeze_count()
    gc.callbacks.pop()
    assert (looks, frozen >= 15 * MANY) == ([], True)


@pytest.mark.usefixtures("collector")
def test_what_a_collection_looked_at_that_came_by_itself_is_not_looked_at_again_at_rest():
    memory, Node.lost = Memory(), 0
    memory.begin()
    node = Node()
    gc.collect(0)
    made = [[] for _ in range(2 * YOUNG)]
    del node
    memory.rest()
    assert (Node.lost, len(made)) == (0, 2 * YOUNG)


def test_what_reads_code_is_not_imported_before_the_server_is_initialized():
    code = (
        "import sys, apitfall.lsp.server; print([name for name in ('libcst', 'jedi', 'parso') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


FAULTS = """
import gc, resource
from apitfall.lsp.memory import Memory

def taken():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    kept.append([[None] * 20 for _ in range(5_000)])
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

kept, memory = [], Memory()
memory.begin()
counts = [taken()]
for take in (memory.rest, memory.refill, memory.refill, memory.rest):
    take()
    counts.append(taken())
print(*counts)
"""


def test_memory_that_was_taken_before_it_is_used_is_not_asked_of_the_system_then():
    """Of a megabyte each page is, where none was taken; where it was, at rest or behind diagnostics, few are."""
    run = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    without, *ready = map(int, run.stdout.split())
    assert without > 150
    assert max(ready) < without / 3
