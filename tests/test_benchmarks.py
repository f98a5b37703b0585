"""What the benchmark computes and which edits it makes; nothing is timed."""

import ast
import importlib
from pathlib import Path

import pytest
from apitfall.lsp.buffer import Buffer
from apitfall.lsp.client import Encoding
from lsprotocol import types

BENCHMARKS = Path(__file__).resolve().parent / "benchmarks"
SOURCE = '''\
"""A module."""

from fastapi import FastAPI

app = FastAPI()
label = "größer 😀"


class Store:
    def find(self, name):
        mark = "é 😀"; size = len(name)
        if size:
            return mark
        elif name:
            return f"{name}"
        return None


@app.get("/")
async def index(name: str):
    return Store().find(name)
'''


@pytest.fixture(scope="module")
def modules():
    names = ("corpus", "edits", "figures", "goals", "page", "plots", "tables")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield {name: importlib.import_module(name) for name in names}


def samples(*values: float) -> dict:
    values = values * 10
    return {"first": list(values), "last": list(values), "cpu": list(values), "problem": ""}


def kinds(value: float) -> dict:
    return {"char": samples(value), "keys": samples(value)}


def run(**figures: dict[str, float]) -> dict:
    """The JSON of a run with these figures for a new character, by server and file."""
    return {
        "began": "2026-01-01 00:00 UTC",
        "seconds": 60,
        "repeat": 40,
        "seconds_allowed": {"answer": 20, "open": 30, "open in the tree": 120, "ours": 25, "peer": 8},
        "load": [0.5, 0.5, 0.5],
        "parse_ms": [700.0, 812.3],
        "machine": {"processor": "a processor", "processors": 2, "memory_gb": 8, "system": "Linux"},
        "versions": {"python": "3.13"},
        "servers": {server: {"requirement": "", "says": ""} for server in figures},
        "files": {"1000": {"lines": 1020}, "10000": {"lines": 10280}},
        "sessions": [
            {"server": server, "file": file, "peak_mb": 50, "load": [1.5, 1, 1], "kinds": kinds(value)}
            for server, values in figures.items()
            for file, value in values.items()
        ],
        "initialize": {},
        "broken": {"1000": {"statements": 50, "found": 50, "shares": [1.0, 0.98, 1.0], "problem": ""}},
        "rules": {},
    }


FAST = {"1000": 1.0, "10000": 1.25}
RUFF = {"1000": 2.0, "10000": 9.0}


@pytest.mark.parametrize(
    ("values", "share", "expected"), [([3, 1, 2], 0.5, 2), ([1, 2], 0.5, 1.5), ([4], 0.95, 4), (range(101), 0.95, 95)]
)
def test_percentiles(modules, values, share, expected):
    assert modules["figures"].percentile(list(values), share) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "text"), [(0.456, "0.46"), (9.996, "10.0"), (12.34, "12.3"), (99.96, "100"), (8179.2, "8,179")]
)
def test_rounding(modules, value, text):
    assert modules["figures"].rounded(value) == text


@pytest.mark.parametrize("seed", range(5))
def test_changes_are_valid_and_leave_the_same_text_in_a_client_and_a_server(modules, seed):
    text = modules["edits"].Text(modules["corpus"].prepared(SOURCE), str(seed))
    buffer = Buffer(str(text), Encoding(types.PositionEncodingKind.Utf16))
    seen = {str(text)}
    for _ in range(10):
        for change in (
            text.character,
            text.statement,
            lambda: text.function(6),
            lambda: text.function(40),
            text.format,
        ):
            made = change()
            if "range" in made:
                start, end = (types.Position(**made["range"][side]) for side in ("start", "end"))
                buffer.apply([types.TextDocumentContentChangePartial(types.Range(start, end), made["text"])])
            else:
                buffer = Buffer(made["text"], buffer.encoding)
            assert buffer.text == str(text)
            assert str(text) not in seen
            seen.add(str(text))
            ast.parse(str(text))


def test_a_pasted_function_has_the_lines_that_are_told(modules):
    snippets = importlib.import_module("snippets")
    for lines in (6, 40):
        assert len(snippets.function(lines, 1, "    ").strip().splitlines()) == lines


def test_goals_say_what_is_reached_and_what_is_not(modules):
    results = modules["figures"].Results(run(apitfall={"1000": 1.0, "10000": 3.0}, ruff=RUFF))
    goals = {goal.what: goal.reached for goal in modules["goals"].goals(results)}
    assert goals["new character, 1,000 lines, p50 / p95"] is True
    assert goals["new character, 10,000 lines, p50 / p95"] is False
    assert goals["new character, 10,000 lines, p50 beside ruff's"] is True
    assert goals["new character, growth of p50 from 1,000 to 10,000 lines"] is False
    assert goals["lines still analysed after a syntax break, worst p50 from 1,000 lines on"] is True
    assert goals["hover, worst p95 of all sizes"] is None
    assert goals["first index of 400,000 lines"] is None


def test_goals_of_a_whole_tree(modules):
    taken = {"cold": {"seconds": 10.0, "cpu": 30.0}, "kept": {"seconds": 0.4, "cpu": 0.8}}
    peers = {"slow": {"lines": 5_000, "cpu": 5.0, "seconds": 6.0, "requirement": "slow==1"}}
    scan = {"lines": 400_000, "index": taken, "check": taken, "peers": peers}
    kept = {"1000": {"cold": [70.0], "kept": [10.0]}, "10000": {"cold": [600.0], "kept": [200.0]}}
    data = run(apitfall=FAST) | {"scan": scan, "kept": kept, "memory": {"1": 300.0, "10": 900.0}}
    results = modules["figures"].Results(data)
    goals = {goal.what: (goal.figure, goal.reached) for goal in modules["goals"].goals(results)}
    assert goals["opened → diagnostics cold, 1,000 / 10,000 lines"] == ("70.0 / 600 ms", True)
    assert goals["opened → diagnostics with what is kept, 1,000 / 10,000 lines"] == ("10.0 / 200 ms", False)
    assert goals["first index of 400,000 lines"] == ("40,000 lines/s", True)
    assert goals["first index of 400,000 lines, again"] == ("1,000,000 lines/s", True)
    what = "by lines a second of processor time, beside the best peer's"
    assert goals[f"`check` cold, {what}"] == ("13.3 ×", True)
    assert goals[f"`check` again, {what}"] == ("500 ×", True)
    assert goals["memory with 10 files of 10,000 lines open"] == ("900 MB", False)
    table = next(table for table in modules["tables"].tables(results) if table.title.startswith("A whole tree"))
    assert table.rows[-1] == ("slow==1", "5,000", "6.00", "833", "1,000")


def test_figures_take_the_place_of_older_ones(modules):
    page = modules["page"]
    text = f"# Before\n\n{page.BEGIN}\n{page.END}\n\nAfter\n"
    old = page.with_figures(text, modules["figures"].Results(run(apitfall=FAST)))
    new = page.with_figures(old, modules["figures"].Results(run(apitfall={"1000": 77.5}, ruff=RUFF)))
    assert new == page.with_figures(text, modules["figures"].Results(run(apitfall={"1000": 77.5}, ruff=RUFF)))
    assert new.startswith("# Before\n") and new.endswith("\n\nAfter\n")
    assert (
        "Not reached: new character, 1,000 lines, p50 / p95; new character, typed on at once, 1,000 lines, p50 / p95.\n"
        in new
    )
    assert "| apitfall | 77.5 / 77.5 / 77.5 (of 10) | – |" in new


def test_plots_are_images(modules):
    from xml.etree import ElementTree

    plotted = dict(modules["plots"].plots(modules["figures"].Results(run(apitfall=FAST, ruff=RUFF))))
    assert list(plotted) == ["size"]
    circles = ElementTree.fromstring(plotted["size"]).findall("{http://www.w3.org/2000/svg}circle")
    assert len(circles) == 4
    assert all(0 < float(circle.get("cy")) < modules["plots"].HEIGHT for circle in circles)
