"""What is another in a text that is sent whole, and several places in one message."""

import random

import pytest
from apitfall.lsp.buffer import MOST, Buffer
from apitfall.lsp.client import Encoding
from apitfall.lsp.replaced import differences
from apitfall.syntax import Reader
from apitfall.text import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "\n", "d", "\x0c\n", "e\u2028", "\r"]), max_size=40)
SOURCE = "import fastapi\n" + "".join(
    f"\n\nasync def f{n}(db):\n    first = {n}\n    await db.run(first)\n    return first\n" for n in range(50)
)


@settings(max_examples=300, deadline=None)
@given(LINES, LINES)
def test_the_parts_make_the_one_text_the_other(old: list[str], new: list[str]) -> None:
    made = before = "".join(old)
    after = "".join(new)
    for ours, theirs in reversed(differences(before, after)):
        made = made[: ours.start] + after[theirs.start : theirs.end] + made[ours.end :]
    assert made == after


def test_lines_that_are_others_here_and_there_are_parts_of_their_own() -> None:
    lines = [f"line {number}\n" for number in range(10_000)]
    other = [*lines]
    for row in (100, 3_000, 7_777):
        other[row] += "\n"
    other[5_000:5_010] = ["five thousand\n"]
    found = differences("".join(lines), "".join(other))
    assert len(found) == 4
    assert sum(old.end - old.start for old, _ in found) < 200


def test_a_text_of_which_most_is_another_is_one_part() -> None:
    old = "".join(f"line {number}\nnext\nafter\nit\n" for number in range(500))
    assert len(differences(old, old.replace("line", "row"))) == 1


def changes(text: str, edits: list[tuple[str, str]]) -> list[types.TextDocumentContentChangePartial]:
    """Each text put before the mark, on one line with it."""
    made: list[types.TextDocumentContentChangePartial] = []
    for mark, new in edits:
        row = text[: text.index(mark)].count("\n")
        column = text.splitlines(keepends=True)[row].index(mark)
        at = types.Position(row, column)
        made.append(types.TextDocumentContentChangePartial(types.Range(at, at), new))
        text = text.replace(mark, new + mark)
    return made


def test_several_places_in_one_message_are_steps_of_their_own() -> None:
    buffer, reader = Buffer(SOURCE, Encoding("utf-16")), Reader()
    before = buffer.lines
    reader.read(before)
    parsed = reader.parsed
    buffer.apply(changes(SOURCE, [(f"first = {n}\n", "x = ") for n in range(0, 50, 5)]))
    revisions = buffer.take_revisions(before)
    assert revisions is not None and len(revisions) == 10
    for revision in revisions:
        reader.read(revision.lines, revision.change)
    assert reader.parsed - parsed == 10
    assert "".join(chunk.piece.text for chunk in reader.chunks) == buffer.text
    assert buffer.text.count("x = first") == 10


@pytest.mark.parametrize("what", ["(", '"', '"""', ".", " = [", " if"])
def test_what_is_typed_elsewhere_in_the_same_message_is_read_beside_a_break(what: str) -> None:
    text = "import fastapi\n\n\ndef long(db):\n" + "".join(f"    first_{n} = call(db)\n" for n in range(50))
    buffer, reader = Buffer(text, Encoding("utf-16")), Reader()
    before = buffer.lines
    reader.read(before)
    buffer.apply(changes(text, [("20 = call(", what), *((f"first_{n} ", "x = ") for n in (2, 35, 48))]))
    for revision in buffer.take_revisions(before) or ():
        reader.read(revision.lines, revision.change)
    broken = [buffer.text[span.start : span.end] for chunk in reader.broken for span in chunk.broken]
    assert len(broken) == 1
    assert broken[0].count("\n") <= 2
    trees = [chunk.tree for chunk in reader.chunks if chunk.tree is not None]
    assert sum(tree.text.count("x = first") for tree in trees) == 3


def test_more_steps_than_are_kept_are_not_known() -> None:
    text = "x\n" * 5_000
    buffer = Buffer(text, Encoding("utf-16"))
    before = buffer.lines
    for row in range(0, 2 * MOST + 2, 2):
        at = types.Position(row, 0)
        buffer.apply([types.TextDocumentContentChangePartial(types.Range(at, at), "y")])
    assert buffer.take_revisions(before) is None
    known = buffer.lines
    at = types.Position(0, 0)
    buffer.apply([types.TextDocumentContentChangePartial(types.Range(at, at), "z")])
    assert len(buffer.take_revisions(known) or ()) == 1


def test_what_is_typed_in_one_place_is_one_step() -> None:
    buffer = Buffer(SOURCE, Encoding("utf-16"))
    before, chance = buffer.lines, random.Random(3)
    row = SOURCE[: SOURCE.index("first = 7")].count("\n")
    for column in range(4, 14):
        at = types.Position(row, column)
        buffer.apply([types.TextDocumentContentChangePartial(types.Range(at, at), chance.choice("abc"))])
    (revision,) = buffer.take_revisions(before) or ()
    assert revision.lines is buffer.lines
    assert revision.change.new_end - revision.change.start == 10
    assert Document("/p/a.py", 1, buffer.lines).text == buffer.text
