"""Which fixes are made without being asked for, where that depends on the code around."""

import pytest
from apitfall.engine import Workspace
from apitfall.registry import load
from apitfall.text import Document

HANDLER = """
import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def {name}(token: str):
    try:
        return requests.get("http://upstream.test/" + token)
    except Exception:
        return None
"""


@pytest.mark.parametrize(("name", "safe"), [("get_user", True), ("get_optional_user", False), ("try_connect", False)])
def test_a_traceback_is_logged_unasked_only_where_nothing_is_planned_to_fail(name, safe):
    made = Workspace("/project", load())
    made.update(Document("/project/main.py", 1, HANDLER.format(name=name)))
    (found,) = [f for f in made.check("/project/main.py", types=False).findings if f.rule == "swallowed-exception"]
    first = found.fixes[0]
    assert (first.name, first.safe) == ("log", safe)
