"""Comments that ignore findings: which lines they are about, and the edits that put them there and take them out."""

import pytest
from apitfall.engine import Workspace
from apitfall.registry import load
from apitfall.suppress import ignore_in_file, ignore_on_line, ignores_in, judged
from apitfall.suppress.states import block_states, states_of
from apitfall.syntax import line_states
from apitfall.text import BLOCK, Document, Lines, Span, apply, split_lines
from hypothesis import given
from hypothesis import strategies as st

PACKAGES = load()
HEAD = "import asyncio\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"


def findings(text: str, config=None) -> list[tuple[str, int]]:
    workspace = Workspace("/p", PACKAGES, config)
    workspace.update(Document("/p/main.py", None, text))
    report = workspace.check("/p/main.py")
    return [(f.rule, text[: f.span.start].count("\n")) for f in report.findings]


# A comment (`I` for `apitfall: ignore`) in a text, and the 0-based lines that it is about; None for the whole file.
LINES = [
    ("x = 1  # I[a]\n", {0}),
    ("# I[a]\nx = 1\n", {1}),
    ("# I[a]\n# another\n\nx = 1\n", {2}),
    ("# I[a]\n# another\nx = 1\n", {2}),
    ("x = [\n    1,  # I[a]\n    2,\n]\n", {1}),
    ("x = [\n    # I[a]\n    2,\n]\n", {2}),
    ("x = 1  # noqa: E501  # I[a] -- why\n", {0}),
    ("x = 1  # I[a]  # noqa: E501\n", {0}),
    ("#I[a]\r\nx = 1\r\n", {1}),
    ("# I-file[a]\n", None),
    ("\ufeff# I[a]\nx = 1\n", {1}),
]


@pytest.mark.parametrize(("text", "lines"), LINES, ids=[text for text, _ in LINES])
def test_the_lines_of_a_comment(text, lines):
    (ignore,) = ignores_in(Lines(text.replace("I", "apitfall: ignore")))
    assert ignore.lines == (None if lines is None else frozenset(lines))
    assert ignore.rules == ("a",)


@pytest.mark.parametrize(
    "text",
    [
        'x = "# apitfall: ignore[a]"\n',
        '"""\n# apitfall: ignore[a]\n"""\n',
        "x = '''# apitfall: ignore[a]\n'''\n",
        "# about apitfall: it ignores nothing\n",
        "# apitfall: see the page\n",
    ],
)
def test_what_is_no_comment_of_this_kind(text):
    assert ignores_in(Lines(text)) == ()


# A text with one finding of missing-await, whose call is `asyncio.sleep(1)`, and the text after it is ignored there.
ON_LINE = [
    ("    asyncio.sleep(1)\n", "    asyncio.sleep(1)  # apitfall: ignore[missing-await]\n"),
    ("    asyncio.sleep(1)   \n", "    asyncio.sleep(1)  # apitfall: ignore[missing-await]\n"),
    ("    asyncio.sleep(1)", "    asyncio.sleep(1)  # apitfall: ignore[missing-await]"),
    ("    asyncio.sleep(1)\r\n", "    asyncio.sleep(1)  # apitfall: ignore[missing-await]\r\n"),
    ("    asyncio.sleep(1)  # noqa\n", "    asyncio.sleep(1)  # noqa  # apitfall: ignore[missing-await]\n"),
    (
        "    asyncio.sleep(1)  # apitfall: ignore[blocking-http-call]\n",
        "    asyncio.sleep(1)  # apitfall: ignore[blocking-http-call, missing-await]\n",
    ),
    (
        "    # apitfall: ignore[blocking-http-call] -- why\n    asyncio.sleep(1)\n",
        "    # apitfall: ignore[blocking-http-call, missing-await] -- why\n    asyncio.sleep(1)\n",
    ),
    (
        "    asyncio.sleep(\n        1\n    )\n",
        "    asyncio.sleep(  # apitfall: ignore[missing-await]\n        1\n    )\n",
    ),
    (
        "    asyncio.sleep(1); \\\n    x = 1\n",
        "    # apitfall: ignore[missing-await]\n    asyncio.sleep(1); \\\n    x = 1\n",
    ),
    (
        '    asyncio.sleep(1); x = """\n    """\n',
        '    # apitfall: ignore[missing-await]\n    asyncio.sleep(1); x = """\n    """\n',
    ),
]


@pytest.mark.parametrize(("before", "after"), ON_LINE, ids=[before for before, _ in ON_LINE])
def test_a_finding_is_ignored_on_its_line(before, after):
    text = HEAD + '@app.get("/")\nasync def slow():\n' + before
    assert "missing-await" in [rule for rule, _ in findings(text)]
    edit = ignore_on_line(Document("/p/main.py", None, text), "missing-await", text.index("asyncio.sleep"))
    assert edit is not None
    result = apply(text, [edit])
    assert result.removeprefix(text.removesuffix(before)) == after
    assert "missing-await" not in [rule for rule, _ in findings(result)]


def test_a_line_that_takes_no_comment_gets_none():
    text = 'x = """\nasyncio.sleep(1)\n"""\n'
    assert ignore_on_line(Document("/p/main.py", None, text), "missing-await", text.index("asyncio")) is None


IN_FILE = [
    ("x = 1\n", "# apitfall: ignore-file[a]\nx = 1\n"),
    ('"""Doc."""\r\n', '# apitfall: ignore-file[a]\r\n"""Doc."""\r\n'),
    ("#!/usr/bin/env python\nx = 1\n", "#!/usr/bin/env python\n# apitfall: ignore-file[a]\nx = 1\n"),
    (
        "#!/usr/bin/python\n# -*- coding: latin-1 -*-\nx = 1\n",
        "#!/usr/bin/python\n# -*- coding: latin-1 -*-\n# apitfall: ignore-file[a]\nx = 1\n",
    ),
    ("\ufeffx = 1\n", "\ufeff# apitfall: ignore-file[a]\nx = 1\n"),
    ("# apitfall: ignore-file[b] -- why\nx = 1\n", "# apitfall: ignore-file[b, a] -- why\nx = 1\n"),
    ("#!/usr/bin/python", "#!/usr/bin/python\n# apitfall: ignore-file[a]\n"),
    ("", "# apitfall: ignore-file[a]\n"),
]


@pytest.mark.parametrize(("before", "after"), IN_FILE, ids=[before for before, _ in IN_FILE])
def test_a_rule_is_ignored_in_a_file(before, after):
    assert apply(before, [ignore_in_file(Document("/p/main.py", None, before), "a")]) == after


# A comment with nothing to ignore, and the text after it was removed; of two rules, one is found.
REMOVED = [
    ("x = 1  # apitfall: ignore[missing-await]\n", "x = 1\n"),
    ("x = 1  # apitfall: ignore[missing-await] -- see the note #3\n", "x = 1\n"),
    ("x = 1  # noqa  # apitfall: ignore[missing-await]\n", "x = 1  # noqa\n"),
    ("x = 1  # apitfall: ignore[missing-await]  # noqa\n", "x = 1  # noqa\n"),
    ("# apitfall: ignore[missing-await]\r\nx = 1\r\n", "x = 1\r\n"),
    ("if x:\n    # apitfall: ignore[missing-await]\n    x = 1\n", "if x:\n    x = 1\n"),
    ("# apitfall: ignore-file[missing-await]\n", ""),
]


@pytest.mark.parametrize(("before", "after"), REMOVED, ids=[before for before, _ in REMOVED])
def test_a_comment_with_nothing_to_ignore_is_taken_out(before, after):
    text = before + "\nimport fastapi\n"
    workspace = Workspace("/p", PACKAGES)
    workspace.update(Document("/p/main.py", None, text))
    (finding,) = workspace.check("/p/main.py").findings
    edits = finding.fixes[0].edits()
    assert finding.rule == "unused-ignore"
    assert edits is not None
    assert apply(text, edits.changes) == after + "\nimport fastapi\n"


def test_a_comment_about_comments_is_taken():
    assert (
        findings("# apitfall: ignore-file[unused-ignore]\nx = 1  # apitfall: ignore[missing-await]\nimport fastapi\n")
        == []
    )


# Of these a text is put together, so that comments, strings and brackets come to stand in all ways to each other.
PARTS = (
    *("# apitfall: ignore[a]", "# apitfall: ignore-file[a]", "# another", "x = 1", "def f(", "class A:", "    "),
    *('"""', "'''", '"', "(", ")", "\\", "\r\n", "\r", *("\n",) * 5),
)
TEXTS = st.lists(st.sampled_from(PARTS), max_size=30).map("".join)


@given(TEXTS, st.lists(st.tuples(st.integers(0), st.integers(0, 12), TEXTS), max_size=4))
def test_the_comments_of_edited_lines_are_those_of_the_edited_text(text, edits):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apitfall.text.BLOCK", 2)
        lines = Lines(text)
        for at, size, new in edits:
            start = at % (len(text) + 1)
            end = min(start + size, len(text))
            lines, text = lines.edited(Span(start, end), new), text[:start] + new + text[end:]
        assert list(states_of(lines)) == line_states(split_lines(text))[0]
        ignores = ignores_in(lines)
    assert ignores == ignores_in(Lines(text))


def test_of_an_edit_only_what_it_touches_is_lexed(monkeypatch):
    part = "def f():\n" + "    g()\n" * BLOCK + "    g()  # apitfall: ignore[missing-await]\n"
    lines = Lines(part * 20)
    rules = {"missing-await"}

    def ask(lines: Lines) -> int:
        """How many blocks were lexed."""
        before = block_states.cache_info().misses
        document = Document("/p/main.py", None, lines)
        assert len(judged(document, (), rules, rules, tuple)) == 20
        assert ignore_on_line(document, "missing-await", lines.start(1)) is not None
        assert ignore_in_file(document, "missing-await") is not None
        return block_states.cache_info().misses - before

    ask(lines)
    monkeypatch.setattr(Lines, "text", property(lambda lines: pytest.fail("the text was joined")))
    for number in (1, 1000, 2001):
        for text in ("x", "\n", "("):
            at = lines.start(number)
            lines = lines.edited(Span(at, at), text)
            assert ask(lines) <= 2
