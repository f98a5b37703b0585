"""How findings are drawn: the code in «...» is what a finding flags, in ‹...› what it is related to."""

from __future__ import annotations

import io
import re
from textwrap import dedent

import pytest
from apitfall.frames import Frames, position, wants_color, width_of
from apitfall.rule import Finding, Place, Related, Severity
from apitfall.text import Lines, Span

NOWHERE = Place("", "")


def marked(text: str, opening: str, closing: str) -> Span | None:
    """The span between the two marks, counted without any mark."""
    if opening not in text:
        return None
    plain = [re.sub("[«»‹›]", "", text[: text.index(mark)]) for mark in (opening, closing)]
    return Span(len(plain[0]), len(plain[1]))


def draw(text: str, *, color: bool = False, width: int = 60, severity: Severity = Severity.warning) -> str:
    span, other = marked(text, "«", "»"), marked(text, "‹", "›")
    assert span is not None
    related = (Related(NOWHERE, "because of this", "app/x.py", other),) if other else ()
    lines = Lines(re.sub("[«»‹›]", "", text))
    frames = Frames(lambda path: lines, lambda path: path, color=color, width=width)
    return frames.finding("app/x.py", Finding(span, "it waits", severity, (), related, NOWHERE, "slow"))


CASES = {
    "one line with its neighbours": (
        "import time\nx = 1\n    «time.sleep(1)»\ny = 2\nz = 3\n",
        """\
        app/x.py:3:5: warning: it waits [slow]
            |
          2 | x = 1
          3 |     time.sleep(1)
            |     ~~~~~~~~~~~~~
          4 | y = 2
        """,
    ),
    "blank neighbours are not shown": (
        "x\n\n«y»\n   \nz\n",
        """\
        app/x.py:3:1: warning: it waits [slow]
            |
          3 | y
            | ~
        """,
    ),
    "a related place in the same file": (
        "def f():\n    ‹sleep()›\n\nasync def g():\n    «f()»\n",
        """\
        app/x.py:5:5: warning: it waits [slow]
            |
          4 | async def g():
          5 |     f()
            |     ~~~
          app/x.py:2:5: because of this
            |
          2 |     sleep()
            |     ~~~~~~~
        """,
    ),
    "tabs are spaces, so that the squiggle keeps its place": (
        "if x:\n\ty\t= «f(\t1)»\n",
        """\
        app/x.py:2:6: warning: it waits [slow]
            |
          1 | if x:
          2 |     y   = f(    1)
            |           ~~~~~~~~
        """,
    ),
    "wide characters take two columns": (
        "s = '日本語', «f('한')»\n",
        """\
        app/x.py:1:12: warning: it waits [slow]
            |
          1 | s = '日本語', f('한')
            |               ~~~~~~~
        """,
    ),
    "emoji take two columns and combining characters none": (
        "s = '🎉e\N{COMBINING ACUTE ACCENT}', «f()»\n",
        """\
        app/x.py:1:12: warning: it waits [slow]
            |
          1 | s = '🎉e\N{COMBINING ACUTE ACCENT}', f()
            |            ~~~
        """,
    ),
    "a byte order mark has no column": (
        "\ufeff«f()»\n",
        """\
        app/x.py:1:1: warning: it waits [slow]
            |
          1 | f()
            | ~~~
        """,
    ),
    "what a terminal would act on is made visible": (
        "f = '\x1b[2J\x85\u202e\ud800' + «g»\n",
        """\
        app/x.py:1:17: warning: it waits [slow]
            |
          1 | f = '␛[2J\ufffd\ufffd\ufffd' + g
            |                 ~
        """,
    ),
    "an empty span": (
        "f(«»\n",
        """\
        app/x.py:1:3: warning: it waits [slow]
            |
          1 | f(
            |   ~
        """,
    ),
    "the end of a text without a line break": (
        "x\r\nf«»",
        """\
        app/x.py:2:2: warning: it waits [slow]
            |
          1 | x
          2 | f
            |  ~
        """,
    ),
    "a form feed ends no line, a carriage return does": (
        "a\x0cb\r«c»\r",
        """\
        app/x.py:2:1: warning: it waits [slow]
            |
          1 | a␌b
          2 | c
            | ~
        """,
    ),
    "several lines": (
        "x = «f(\n    1,\n\n)»  # end\n",
        """\
        app/x.py:1:5: warning: it waits [slow]
            |
          1 | x = f(
            |     ~~
          2 |     1,
            |     ~~
          3 |
          4 | )  # end
            | ~
        """,
    ),
    "many lines": (
        "«f(\n  1,\n  2,\n  3,\n  4,\n)»\n",
        """\
        app/x.py:1:1: warning: it waits [slow]
            |
          1 | f(
            | ~~
          2 |   1,
            |   ~~
          3 |   2,
            |   ~~
        ... |
          6 | )
            | ~
        """,
    ),
    "a span that ends with its line": (
        "«x = 1\n»y = 2\n",
        """\
        app/x.py:1:1: warning: it waits [slow]
            |
          1 | x = 1
            | ~~~~~
          2 | y = 2
        """,
    ),
    "a long line, flagged near its start": (
        f"x = «f()», {'a' * 100}\n",
        f"""\
        app/x.py:1:5: warning: it waits [slow]
            |
          1 | x = f(), {"a" * 44}…
            |     ~~~
        """,
    ),
    "a long line, flagged near its end": (
        f"{'a' * 100} + «f()»\n",
        f"""\
        app/x.py:1:104: warning: it waits [slow]
            |
          1 | …{"a" * 10} + f()
            |               ~~~
        """,
    ),
    "a long line, flagged in its middle": (
        f"{'日' * 100}«f()»{'b' * 100}\n",
        f"""\
        app/x.py:1:101: warning: it waits [slow]
            |
          1 | …{"日" * 6}f(){"b" * 37}…
            |              ~~~
        """,
    ),
    "a span that is longer than the room": (
        f"x = «{'a' * 100}»\n",
        f"""\
        app/x.py:1:5: warning: it waits [slow]
            |
          1 | x = {"a" * 49}…
            |     {"~" * 49}
        """,
    ),
    "numbers of several digits": (
        "\n" * 98 + "a\n«b»\n",
        """\
        app/x.py:100:1: warning: it waits [slow]
              |
           99 | a
          100 | b
              | ~
        """,
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_frame(text: str, expected: str) -> None:
    assert draw(text).splitlines() == dedent(expected).splitlines()


def test_a_megabyte_on_one_line_is_drawn_in_one_row() -> None:
    drawn = draw(f"x = '{'日' * 500_000}' + «f()» + '{'b' * 500_000}'\n")
    assert max(map(len, drawn.splitlines())) <= 60
    assert drawn.splitlines()[-1].strip(" |") == "~~~"


@pytest.mark.parametrize("severity", Severity)
def test_color_adds_nothing_but_color(severity: Severity) -> None:
    text = "def f():\n    ‹sleep()›\n\nasync def g():\n    «f()»\n"
    colored = draw(text, color=True, severity=severity)
    plain = draw(text, severity=severity)
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == plain
    assert colored.count("\x1b[") == 2 * colored.count("\x1b[0m")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environ", "expected"),
    [
        (Terminal(), {}, True),
        (io.StringIO(), {}, False),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (io.StringIO(), {"FORCE_COLOR": "0"}, False),
        (io.StringIO(), {"FORCE_COLOR": ""}, False),
        (Terminal(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_when_to_color(stream: io.StringIO, environ: dict[str, str], expected: bool) -> None:
    assert wants_color(stream, environ) is expected


def test_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "77")
    assert width_of(Terminal()) == 77
    assert width_of(io.StringIO()) == 120


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [
        ("ab\ncd", 4, (2, 2)),
        ("🎉b", 1, (1, 2)),
        ("\ufeffa\nb", 0, (1, 1)),
        ("\ufeffa\nb", 1, (1, 1)),
        ("\ufeffa\nb", 2, (1, 2)),
        ("\ufeffa\nb", 3, (2, 1)),
    ],
)
def test_position(text: str, offset: int, expected: tuple[int, int]) -> None:
    assert position(Lines(text), offset) == expected
