"""Whether a handler swallows something may rest on statements beside its `try`, around it, and in other functions."""

import pytest
from apitfall.engine import Workspace
from apitfall.registry import load
from apitfall.text import Document, Lines

CANCELLED = """\
from fastapi import Request


async def end(task):
    task.cancel()
    print(task)
    try:
        await task
    except Exception:
        pass
"""

RAISED = """\
from fastapi import Request


def fetch(urls):
    for url in urls:
        try:
            return url.load()
        except Exception:
            print(url)
    raise LookupError(urls)
"""

ENDLESS = """\
from fastapi import Request


def follow(event, logger):
    while not event.is_stopped():
        try:
            event.load()
        except Exception as e:
            logger.error(e)
"""

INSTEAD = """\
from fastapi import Request


def rows(page):
    try:
        found = page.select()
    except Exception:
        found = page.find()
    return found
"""

MIDDLEWARE = """\
from fastapi import HTTPException


async def run(request, call_next):
    check(request)


def check(request):
    try:
        request.load()
    except Exception:
        raise HTTPException(500)
"""


@pytest.mark.parametrize(
    ("text", "part", "other"),
    [
        (CANCELLED, "task.cancel()", "task.result()"),
        (RAISED, "    raise LookupError(urls)", "    print(urls)"),
        (ENDLESS, "not event.is_stopped()", "event"),
        (INSTEAD, "found = page.select()", "other = page.select()"),
        (MIDDLEWARE, "call_next", "other"),
    ],
)
def test_other_statements_are_typed(text: str, part: str, other: str) -> None:
    texts = [text, text.replace(part, other)]
    expected = [findings(Workspace("/p", load()), 0, one) for one in texts]
    assert expected[0] != expected[1]
    made = Workspace("/p", load())
    for version, which in enumerate([0, 1, 0, 1, 1, 0]):
        assert findings(made, version, texts[which]) == expected[which]
        while made.read_ahead("/p/part.py"):
            pass


def findings(made: Workspace, version: int, text: str) -> list[tuple[str, str]]:
    made.update(Document("/p/part.py", version, Lines(text)))
    return [(str(found.severity), found.message) for found in made.check("/p/part.py", types=False).findings]
