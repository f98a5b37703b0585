"""What a file asks about types can be worked out behind what is found without them: nothing is lost by that."""

import textwrap

import pytest
from apitfall.checked import Report
from apitfall.engine import Workspace
from apitfall.registry import load
from apitfall.text import Document, Lines
from asking import workspace
from sources import FILES
from state import finding_row


def found(report: Report):
    return [finding_row(finding, edits=True) for finding in report.findings]


def test_what_was_put_off_is_made_up_for_when_there_is_time():
    made, plain = workspace(FILES), workspace(FILES)
    asked = 0
    for path in made.paths():
        made.put_off_types(path)
        first, whole = made.check(path, types=False), plain.check(path, types=False)
        assert (found(first), first.questions) == (found(whole), ())
        second = made.check(path)
        assert (found(second), {*second.questions}) == (found(whole), {*whole.questions})
        asked += len(second.questions)
    assert asked


def test_what_is_known_of_types_is_said_at_once():
    made, plain = workspace(FILES), workspace(FILES)
    for one in (made, plain):
        questions = [question for path in one.paths() for question in one.check(path).questions]
        one.answer([(question, None) for question in questions[:1]])
    for path in made.paths():
        made.release(path)
        made.put_off_types(path)
        assert {*made.check(path, types=False).questions} == {*plain.check(path, types=False).questions}


TYPED = """\
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

app = FastAPI()


@app.post("/")
async def undo(db: AsyncSession):
    db.get_transaction().rollback()
"""


def test_nothing_is_parsed_before_types_are_asked_for_where_only_these_could_show_something():
    made = Workspace("/p", load())
    made.update(Document("/p/a.py", 1, Lines(TYPED)))
    made.put_off_types("/p/a.py")
    first = made.check("/p/a.py", types=False)
    source = made.source("/p/a.py")
    assert source is not None
    assert (first.findings, first.questions, source.reader.parsed) == ((), (), 0)
    assert made.take_up_types("/p/a.py")
    assert made.check("/p/a.py", types=False).questions
    assert source.reader.parsed == 1


def test_a_comment_is_not_judged_before_types_are_known():
    made = Workspace("/p", load())
    ignored = TYPED.replace("rollback()", "rollback()  # apitfall: ignore[missing-await]")
    made.update(Document("/p/a.py", 1, Lines(ignored)))
    made.put_off_types("/p/a.py")
    first = made.check("/p/a.py", types=False)
    assert (first.findings, first.questions) == ((), ())
    assert made.take_up_types("/p/a.py")
    assert made.check("/p/a.py", types=False).questions


@pytest.mark.parametrize("around", ["", "if True:\n    class Held:\n"])
def test_what_is_put_where_nothing_was_asks_about_types_behind_what_is_found_without_them(around: str):
    """As a chunk of its own, and inside another."""
    made = Workspace("/p", load())
    more = TYPED.partition("\n\n\n")[2].replace("undo", "undo_all").replace("get_transaction", "get_nested_transaction")
    both = f"{TYPED}\n\n{more}"

    def check(version: int, text: str) -> int:
        if around:
            head, _, functions = text.partition("\n\n\n")
            text = f"{head}\n\n\n{around}{textwrap.indent(functions, ' ' * 8)}        x = 1\n"
        made.update(Document("/p/a.py", version, Lines(text)))
        return len(made.check("/p/a.py", types=False).questions)

    before = check(1, TYPED)
    assert check(2, both) == before
    assert made.take_up_types("/p/a.py")
    after = check(2, both)
    assert after > before
    assert not made.take_up_types("/p/a.py")
    # What was there may have had answers, and what these show is not to go and come again.
    assert check(3, both.replace("undo_all", "undo_some").replace("get_nested", "get_next")) == after
    assert check(4, TYPED) == before
    assert not made.take_up_types("/p/a.py")
