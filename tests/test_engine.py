"""The engine with rules of the tests' own: reports that hold after any edit, fingerprints, and fixes made in rounds.

One thing in one file: one set of rules serves all of it.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import libcst as cst
import pytest
from apitfall.checked import Report
from apitfall.config import Config
from apitfall.engine import Workspace
from apitfall.project import Version
from apitfall.registry import RulePackage
from apitfall.repair import fix
from apitfall.rule import Edits, Finding, Fix, Place, ProjectIndex, Related, Rule, RuleContext, Span, Type, summary
from apitfall.syntax import Reader
from apitfall.syntax.parsed import Parsed, parsed
from apitfall.text import Document
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = "/project"


# Rules: each says something that depends on the file, on other files, or on places elsewhere.


def check_bad(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    """Calls of `bad`, with fixes of several kinds."""
    if ctx.source(node.func) != "bad":
        return

    def call_good() -> Edits:
        _, edits = ctx.import_edit("lib", "good")
        return Edits((ctx.replace(node.func, "good"), *edits))

    def wrapped() -> Edits | None:
        statement = ctx.statement(node)
        return Edits((ctx.wrap(statement, "with made:"),)) if statement is not None else None

    fixes = (
        Fix("good", "Call `good`", call_good, safe=True),
        Fix("wrap", "Wrap", wrapped),
        Fix("note", "Note", lambda: Edits((ctx.replace(node, "noted"),), ((f"{ROOT}/note.py", ctx.source(node)),))),
        Fix("spoil", "Spoil", lambda: Edits((ctx.replace(node, "(("),))),
        Fix("spoil-some", "Spoil some", lambda: Edits((ctx.replace(node, "((" if len(node.args) else "good()"),))),
        Fix("overlap", "Overlap", lambda: Edits((ctx.replace(node, "a"), ctx.replace(node.func, "b")))),
        Fix("raise", "Raise", lambda: Edits((ctx.replace(node.args[5], ""),))),
        Fix("never", "Never", lambda: None),
        Fix("again", "Again", lambda: Edits((ctx.replace(node, f"bad({ctx.source(node)})"),))),
    )
    yield ctx.finding(node, f"`{ctx.source(node)}`", fixes=fixes)


@summary(bottom=False)
def stops(subject: str, index: ProjectIndex) -> bool:
    """Whether a function calls `stop`, itself or by what it calls."""
    function = index.function(subject)
    for step in function.flow if function is not None else ():
        if step.kind == "call" and step.target is not None:
            symbol = index.symbol(step.target, index.scope_of(subject), step.place)
            if step.target.dotted == "stop" or (symbol is not None and ":" in symbol and stops(symbol, index)):
                return True
    return False


def check_stops(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    """Calls of functions that stop, wherever these are, with the place of their first step."""
    symbol = ctx.qualified_name(node.func)
    function = ctx.project.function(symbol) if symbol is not None and ":" in symbol else None
    if symbol is None or function is None or not stops(symbol, ctx.project):
        return
    first = function.flow[0].place
    place = Place(f"{symbol.partition(':')[0]}:{first.function}", first.text, first.nth)

    def mend() -> Edits | None:
        found = ctx.at(place)
        return Edits((found[1].replace(found[0], "go()"),)) if found is not None else None

    yield ctx.finding(node, f"`{symbol}` stops", fixes=(Fix("go", "Go on", mend),), related=(Related(place, "here"),))


def check_names(node: cst.Name, ctx: RuleContext) -> Iterator[Finding]:
    """What names stand for, their types, and who calls the function they are in."""
    if node.value not in ("one", "two", "Row") or isinstance(ctx.parent(node), (cst.ImportAlias, cst.FunctionDef)):
        return
    function = ctx.enclosing_function(node)
    callers = ctx.project.callers(f"{ctx.module}:{function.name}") if function is not None else ()
    values = [v.kind for v in ctx.values(node)]
    parts = (ctx.qualified_name(node), ctx.type_of(node), values, [s for s, _ in callers], sorted(ctx.facts.classes))
    yield ctx.finding(node, " ".join(map(str, parts)))


def check_awkward(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    yield ctx.finding(node, "found before it raised")
    if ctx.source(node.func) == "boom":
        raise RuntimeError("boom")


def check_plain(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    yield ctx.finding(node, "a call")


def check_special(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    if ctx.source(node.func) == "special":
        yield ctx.finding(node, "a special call")


BAD = Rule("bad-call", (cst.Call,), check_bad)  # pyright: ignore[reportArgumentType]
STOPS = Rule("stops", (cst.Call,), check_stops)  # pyright: ignore[reportArgumentType]
NAMES = Rule("names", (cst.Name,), check_names)  # pyright: ignore[reportArgumentType]
AWKWARD = Rule("awkward", (cst.Call,), check_awkward)  # pyright: ignore[reportArgumentType]
PLAIN = Rule("plain", (cst.Call,), check_plain)  # pyright: ignore[reportArgumentType]
SPECIAL = Rule("special", (cst.Call,), check_special, replaces=("plain",))  # pyright: ignore[reportArgumentType]


def workspace(files: Mapping[str, str], *rules: Rule, **more: Any) -> Workspace:
    package = RulePackage("rules", {r.name: r for r in rules}, ("lib",), (), {"lib.x": Type("lib.X")}, Path("/"))
    made = Workspace(ROOT, [package], **{"versions": {"lib": Version("1", "installed")}, **more})
    for path, text in files.items():
        made.update(Document(f"{ROOT}/{path}", None, text))
    return made


def said(report: Report) -> list[tuple[str, str]]:
    """The source of each finding and its message."""
    return [(report.document.text[f.span.start : f.span.end], f.message) for f in report.findings]


def edit(made: Workspace, path: str, old: str, new: str) -> None:
    document = made.document(f"{ROOT}/{path}")
    assert document is not None and old in document.text
    made.update(Document(document.path, None, document.text.replace(old, new)))


def check(made: Workspace, path: str = "a.py", types: bool = True) -> Report:
    return made.check(f"{ROOT}/{path}", types=types)


# Reports


def test_findings_are_sorted_and_have_places_and_rules() -> None:
    report = check(
        workspace({"a.py": "def f():\n    bad(1)\nclass C:\n    def g(self): bad(2); bad(2)\nbad(3)\n"}, PLAIN, BAD)
    )
    assert [(f.rule, f.place) for f in report.findings] == [
        (rule, place)
        for place in (
            Place("a:f", "bad(1)"),
            Place("a:C.g", "bad(2)"),
            Place("a:C.g", "bad(2)", 1),
            Place("a:", "bad(3)"),
        )
        for rule in ("bad-call", "plain")
    ]


def test_nothing_is_said_of_a_stub_and_what_it_says_counts() -> None:
    files = {"made.pyi": "def made(x=stop()) -> None: stop()\n", "a.py": "from made import made\nmade()\n"}
    made = workspace(files, PLAIN, STOPS)
    assert said(check(made, "made.pyi")) == []
    assert said(check(made)) == [("made()", "a call"), ("made()", "`made:made` stops")]


def test_broken_and_refused_chunks_are_told() -> None:
    text = "bad(1)\n\n\ndef f):\n    bad(2)\n\n\nx = " + "[" * 300 + "]" * 300 + "\nbad(3)\n"
    report = check(workspace({"a.py": text}, BAD))
    assert [s for s, _ in said(report)] == ["bad(1)", "bad(3)"]
    assert [text[s.start : s.end].strip()[:8] for s in report.broken] == ["def f):\n", "x = [[[["]
    assert report.refused == ("line 8: more than 200 nested brackets",)


def test_a_rule_that_raises_costs_its_own_findings_and_one_line(caplog: pytest.LogCaptureFixture) -> None:
    made = workspace({"a.py": "def f():\n    bad(1)\n    boom()\n    bad(2)\n\n\ndef g():\n    bad(3)\n"}, AWKWARD, BAD)
    with caplog.at_level(logging.ERROR, "apitfall"):
        report = check(made)
        check(made)
    assert [(s, f.rule) for (s, _), f in zip(said(report), report.findings, strict=True)] == [
        ("bad(1)", "bad-call"),
        ("bad(2)", "bad-call"),
        ("bad(3)", "awkward"),
        ("bad(3)", "bad-call"),
    ]
    assert [r.getMessage() for r in caplog.records] == ["the rule `awkward` failed on /project/a.py"]


def test_a_more_specific_rule_replaces_another_at_the_same_expression() -> None:
    report = check(workspace({"a.py": "special()\n\ndef f(): ...\n\nother()\nspecial()\n"}, PLAIN, SPECIAL))
    assert said(report) == [("special()", "a special call"), ("other()", "a call"), ("special()", "a special call")]


def test_a_rule_that_says_nothing_replaces_nothing_elsewhere() -> None:
    """Two statements with equal text, of which the specific rule speaks of one alone."""

    def first_only(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
        if ctx.span(node).start == 0:
            yield ctx.finding(node, "the first")

    rule = Rule("first", (cst.Call,), first_only, replaces=("plain",))  # pyright: ignore[reportArgumentType]
    report = check(workspace({"a.py": "call()\n\ndef f(): ...\n\ncall()\n"}, PLAIN, rule))
    assert said(report) == [("call()", "the first"), ("call()", "a call")]


def test_rules_and_options_are_configured() -> None:
    made = workspace({"a.py": "bad(1)\n"}, BAD, PLAIN, config=Config(ignore=("plain",)))
    assert (list(made.rules), [f.rule for f in check(made).findings]) == (["bad-call"], ["bad-call"])


def test_settings_that_come_between_a_change_and_its_check() -> None:
    made = workspace({"a.py": "bad(1)\n\n\ndef f():\n    bad(2)\n"}, BAD, PLAIN)
    check(made)
    edit(made, "a.py", "def f", "bad(3)\n\n\ndef g")
    made.index()
    made.configure(Config(ignore=("plain",)))
    assert [source for source, _ in said(check(made))] == ["bad(1)", "bad(3)", "bad(2)"]


def test_a_text_that_does_not_parse_after_all_in_a_project_that_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which comes out when it is looked into, after others were checked that asked about it."""

    def parsed_but_for_one(text: str, headers: Sequence[str], tail: str) -> Parsed | None:
        return None if "def f" in text else parsed(text, headers, tail)

    monkeypatch.setattr("apitfall.syntax.tree.parsed", parsed_but_for_one)
    made = workspace({"a.py": "from b import f\nf()\n", "b.py": "def f():\n    stop()\n"}, STOPS)
    made.freeze()
    assert said(check(made)) == [("f()", "`b:f` stops")]
    assert check(made, "b.py").broken
    assert said(check(made)) == []


def test_a_name_is_read_in_the_function_that_it_stands_in() -> None:
    def moments(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
        for arg in node.args:
            yield ctx.finding(node, str(ctx.moment(arg.value) is not None))

    rule = Rule("moments", (cst.Call,), moments)  # pyright: ignore[reportArgumentType]
    report = check(workspace({"a.py": "def f():\n    x = 1\n    return g(x) and (lambda: h(x))\n"}, rule))
    assert said(report) == [("g(x)", "True"), ("h(x)", "False")]


def test_related_places_stand_in_other_files() -> None:
    made = workspace({"a.py": "from b import f\nf()\n", "b.py": "def f():\n    stop()\n"}, STOPS)
    (finding,) = check(made).findings
    (related,) = finding.related
    assert (related.path, related.span, related.message) == ("/project/b.py", Span(13, 19), "here")
    edit(made, "b.py", "def f", "# one line more\n\ndef f")
    assert check(made).findings[0].related[0].span == Span(13 + 17, 19 + 17)


def test_a_related_place_is_in_the_function_that_has_the_name_now() -> None:
    one, other = "def one(): stop()\n", "def one(): ...\n"
    made = workspace({"a.py": "from b import one\none()\n", "b.py": one * 2 + other + one}, STOPS)
    check(made)
    for text in (one + other + one, one + other + one * 2):
        made.update(Document(f"{ROOT}/b.py", None, text))
        (found,) = check(made).findings
        assert found.related[0].span.end == len(text) - 1


def test_a_related_place_that_is_gone_is_left_out() -> None:
    nowhere = Rule(
        "nowhere",
        (cst.Call,),
        lambda node, ctx: iter(
            [ctx.finding(node, "x", related=(Related(Place("a:f", "gone()"), "gone"), Related(Place("z:", "z"), "")))]
        ),
    )
    assert check(workspace({"a.py": "f()\n"}, nowhere)).findings[0].related == ()


def test_places_outside_of_functions_are_counted_in_their_chunk_only() -> None:
    """FIXME: equal statements at module level that a function parts have one place, and the first of them is found."""

    def last(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
        yield ctx.finding(node, "x", related=(Related(ctx.place(node), "itself"),))

    rule = Rule("last", (cst.Call,), last)  # pyright: ignore[reportArgumentType]
    report = check(workspace({"a.py": "call()\n\ndef f(): ...\n\ncall()\n"}, rule))
    assert [f.related[0].span.start for f in report.findings] == [0, 0]


# Fingerprints

EQUALS = "bad(1); bad(1)\n\ndef f():\n    bad(1)\n    bad(1)\n\ndef f():\n    bad(1)\n\nbad(1)\nbad(2)\n\nclass C:\n    bad(1)\n    def f(self): bad(1)\n\nbad(1); bad(1)\n"


def test_equal_expressions_have_fingerprints_of_their_own() -> None:
    made = workspace({"a.py": EQUALS, "b.py": EQUALS}, BAD, PLAIN)
    prints = [f.fingerprint for path in ("a.py", "b.py") for f in check(made, path).findings]
    assert len(set(prints)) == len(prints) == 2 * 2 * 11
    assert all(len(p) == 16 and set(p) <= set("0123456789abcdef") for p in prints)


def test_fingerprints_stay_when_lines_move() -> None:
    made = workspace({"a.py": EQUALS}, BAD)
    before = [f.fingerprint for f in check(made).findings]
    moved = "# why\n\n\n" + EQUALS.replace("\ndef f", "\n\n# more\ndef f").replace("    bad(1)", "    bad(1)  # here")
    edit(made, "a.py", EQUALS, moved)
    assert [f.fingerprint for f in check(made).findings] == before


def test_white_space_in_an_expression_is_one_space_in_its_fingerprint() -> None:
    one, other = (check(workspace({"a.py": f"bad(1,{gap}2)\n"}, BAD)).findings[0] for gap in (" ", "\n     "))
    assert one.fingerprint == other.fingerprint


# Sleep


def test_a_sleeping_workspace_parses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(reader: Reader, text: str) -> None:
        raise AssertionError(text)

    monkeypatch.setattr(Reader, "read", parse)
    made = workspace({"a.py": "bad(1)\nimport library\nx = 'import lib'\n"}, BAD, versions={})
    assert (made.awake, check(made)) == (
        False,
        Report(Document("/project/a.py", None, "bad(1)\nimport library\nx = 'import lib'\n"), ()),
    )
    monkeypatch.undo()
    for text in ("import lib\n", "from lib.x import y\n", "def f():\n\timport lib as z\n", "\ufeffimport lib\n"):
        made.update(Document("/project/b.py", None, text))
        assert (made.awake, len(check(made).findings)) == (True, 1)
        made.forget("/project/b.py")
        assert not made.awake


def test_a_dependency_wakes_as_well() -> None:
    assert workspace({"a.py": ""}, BAD).awake
    assert not workspace({"a.py": ""}, BAD, versions={"other": Version("1", "locked")}).awake


# Changes


def test_a_change_in_one_file_checks_those_that_asked_about_it() -> None:
    made = workspace(
        {"a.py": "from b import f\nf()\n", "b.py": "from c import g\ndef f():\n    g()\n", "c.py": "def g(): stop()\n"},
        STOPS,
    )
    assert said(check(made)) == [("f()", "`b:f` stops")]
    edit(made, "c.py", "stop()", "go()")
    assert said(check(made)) == []
    edit(made, "c.py", "go()", "stop()")
    assert said(check(made)) == [("f()", "`b:f` stops")]
    made.forget("/project/c.py")
    assert said(check(made)) == []


def test_a_chunk_is_run_again_only_if_an_answer_changed() -> None:
    runs: list[str] = []

    def count(node: cst.FunctionDef, ctx: RuleContext) -> Iterator[Finding]:
        runs.append(node.name.value)
        if node.name.value in ("asks", "knows"):
            found = ctx.project.function("b:g")
            assert found is not None
            assert node.name.value == "knows" or found.flow
        return
        yield

    rule = Rule("count", (cst.FunctionDef,), count)  # pyright: ignore[reportArgumentType]
    made = workspace(
        {"a.py": "def asks(): ...\ndef knows(): ...\ndef other(): ...\n", "b.py": "def g(): x()\ndef h(): ...\n"}, rule
    )
    for old, new, again in [
        ("h():", "h(): y();", []),
        ("def g", "\n\ndef g", []),
        ("x()", "z()", ["asks"]),
    ]:
        check(made)
        runs.clear()
        edit(made, "b.py", old, new)
        check(made)
        assert runs == again, (old, new)
    edit(made, "a.py", "def other(): ...", "def other(): pass")
    runs.clear()
    check(made)
    assert runs == ["other"]


def test_a_change_in_a_body_is_shown_to_the_rules_that_look_at_it() -> None:
    """A rule that was given a `def` may look into it, and one that went up from a parameter as well; one that asked what
    takes the parameter cannot."""
    runs: list[str] = []

    def looking(name: str, ask: Callable[[cst.Param, RuleContext], object]) -> Rule:
        def check(node: cst.Param, ctx: RuleContext) -> Iterator[Finding]:
            runs.append(name)
            assert ask(node, ctx)
            yield from ()

        return Rule(name, (cst.Param,), check)  # pyright: ignore[reportArgumentType]

    def given(node: cst.FunctionDef, ctx: RuleContext) -> Iterator[Finding]:
        runs.append("given")
        yield from ()

    def takes(node: cst.Param, ctx: RuleContext) -> bool:
        found = ctx.taken_by(node)
        return found is not None and found.name == "C.f" and found.parameters[-1].name == "x"

    text = "class C:\n    @d(1)\n    def f(self, x=1):\n        if x:\n            y()\n        return x\n"
    for rule, again in [
        (looking("below", takes), []),
        (looking("above", lambda node, ctx: [*ctx.ancestors(node)]), ["above"] * 2),
        (Rule("given", (cst.FunctionDef,), given), ["given"]),  # pyright: ignore[reportArgumentType]
    ]:
        made = workspace({}, rule)
        for version, body in enumerate(("y()", "yy()")):
            runs.clear()
            made.update(Document(f"{ROOT}/a.py", version, text.replace("y()", body)))
            check(made)
        assert runs == again, rule.name


def test_who_asks_what_is_around_a_node_is_asked_again_where_that_is_another_kind() -> None:
    """Not where something changes in it; who looks into what is around a node is asked then as well."""
    runs: list[str] = []

    def kinds(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
        runs.append("kinds")
        if cst.While in ctx.kinds_around(node):
            yield ctx.finding(node, "said")

    def ancestors(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
        runs.append("ancestors")
        if any(isinstance(parent, cst.While) for parent in ctx.ancestors(node)):
            yield ctx.finding(node, "said")

    for name, check_call, again in [
        ("kinds", kinds, [0, 0, 1, 1]),
        ("ancestors", ancestors, [1, 1, 1, 1]),
    ]:
        made = workspace({}, Rule(name, (cst.Call,), check_call))  # pyright: ignore[reportArgumentType]
        text = "def f():\n    x = 1\n    if a:\n        x = 2\n        if b:\n            y()\n"
        made.update(Document(f"{ROOT}/a.py", 1, text))
        check(made)
        asked: list[int] = []
        found: list[int] = []
        for version, (old, new) in enumerate(
            [("x = 1", "x = 10"), ("x = 2", "x = 20"), ("if a", "while a"), ("while a", "if a")]
        ):
            text = text.replace(old, new)
            runs.clear()
            made.update(Document(f"{ROOT}/a.py", version + 2, text))
            found.append(len(check(made).findings))
            asked.append(len(runs))
        assert found == [0, 0, 1, 0], name
        assert asked == again, name


def test_a_rule_that_asks_how_lines_begin_is_asked_again_where_that_is_another() -> None:
    runs: list[str] = []

    def call(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
        runs.append(ctx.source(node))
        if not ctx.has_line("if DEBUG"):
            yield ctx.finding(node, "said")

    made = workspace({}, Rule("calls", (cst.Call,), call))  # pyright: ignore[reportArgumentType]
    for version, (line, again, found) in enumerate(
        [
            ("if X:", ["a()", "b()"], 2),
            ("if XY:", [], 2),
            ("if DEBUG:", ["a()", "b()"], 0),
            ("if DEBUG and X:", [], 0),
            ("x = 1 if DEBUG else 2\nif X:", ["a()", "b()"], 2),
        ]
    ):
        runs.clear()
        text = f"def f():\n    a()\n\n\ndef g():\n    b()\n\n\n{line}\n    pass\n"
        made.update(Document(f"{ROOT}/a.py", version, text))
        assert len(check(made).findings) == found, line
        assert sorted(runs) == again, line


def test_fixes_of_findings_that_moved_are_made_where_they_are_now() -> None:
    made = workspace({"a.py": "import lib\n\n\ndef f():\n    bad(1)\n"}, BAD)
    check(made)
    for old, new in [("def f", "x = 1\n\n\ndef f"), ("import lib\n", "from lib import good\n")]:
        edit(made, "a.py", old, new)
        check(made)
    (finding,) = check(made).findings
    edits = {f.name: f.edits() for f in finding.fixes if f.name in ("good", "wrap", "note")}
    assert edits["good"] is not None and len(edits["good"].changes) == 1  # `good` is imported by now
    assert edits["wrap"] is not None and edits["wrap"].changes[0].text == "with made:\n        bad(1)"
    assert edits["note"] is not None and edits["note"].creates == (("/project/note.py", "bad(1)"),)
    assert {e.span.start for e in (edits["good"].changes[0], edits["wrap"].changes[0], edits["note"].changes[0])} == {
        finding.span.start
    }


def test_fixes_of_equal_chunks_are_made_at_their_own() -> None:
    made = workspace({"a.py": "bad(1)\n\ndef f(): ...\n\nbad(1)\n\ndef g(): ...\n\nbad(1)\n"}, BAD)
    for old, new in [("def f", "def f2"), ("bad(1)\n\ndef f2", "def f3"), ("def f3", "bad(1)\n\ndef f4")]:
        check(made)
        edit(made, "a.py", old, new)
        for finding in check(made).findings:
            edits = finding.fixes[0].edits()
            assert edits is not None and edits.changes[0].span == Span(finding.span.start, finding.span.start + 3)


def test_of_a_module_and_its_stub_the_module_counts() -> None:
    for paths in (["b.py", "b.pyi"], ["b.pyi", "b.py"]):
        texts = {"b.py": "def f(): stop()\n", "b.pyi": "def f(): ...\n"}
        assert said(check(workspace({"a.py": "import b\nb.f()\n", **{p: texts[p] for p in paths}}, STOPS))) == [
            ("b.f()", "`b:f` stops")
        ]


# Any edits

PIECES = {
    "a.py": ["from b import one\n", "import b\n", "from b import *\n", "one()\n", "bad(1)\n", "x = b.two()\n", "def f():\n    one()\n    bad(1)\n",
             "def f():\n    y = one\n    return y()\n", "class C(b.Row):\n    def m(self): return self.two()\n    bad(1)\n", "f()\n",
             "def two(one):\n    return one()\n", "def broken(:\n    one()\n", "\n", "# one\n", "for one in b.two(): bad(2)\n", "bad(1)\n"],
    "b.py": ["def one(): stop()\n", "def one(): ...\n", "def two():\n    from a import f\n    f()\n", "def two() -> 'Row': ...\n",
             "class Row:\n    def two(self): return one()\n", "from a import two\n", "one = 1\n", "__all__ = ['one']\n", "\n", "two()\n", "x = (\n",
             "bad(3)\n", "def stop(): one()\n"],
}  # fmt: skip


class Oracle:
    """Knows the types of names by the file they are in alone, as jedi would at its simplest."""

    def type_of(self, path: str, text: str, offset: int) -> Type | None:
        return Type("str") if text[:offset].endswith("one") and "Row" not in text else None


def everything(report: Report) -> tuple[object, ...]:
    """A report as values; fixes by the edits they make."""
    return (
        report.document,
        [
            (
                f.rule,
                f.span,
                f.message,
                f.place,
                f.fingerprint,
                f.related,
                [(x.name, x.edits()) for x in f.fixes if x.name not in ("raise",)],
            )
            for f in report.findings
        ],
        report.broken,
        report.refused,
    )


Files = dict[str, list[str]]


@st.composite
def edits_of_two_files(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Texts to be set one after the other; each differs by a piece from the one before it in its file."""
    files: Files = {path: draw(st.lists(st.sampled_from(pieces), max_size=6)) for path, pieces in PIECES.items()}
    steps = [(path, "".join(pieces)) for path, pieces in files.items()]
    for _ in range(draw(st.integers(1, 6))):
        path = draw(st.sampled_from(["a.py", "b.py"]))
        at = draw(st.integers(0, len(files[path])))
        if at < len(files[path]) and draw(st.booleans()):
            del files[path][at]
        else:
            files[path].insert(at, draw(st.sampled_from(PIECES[path])))
        steps.append((path, "".join(files[path])))
    return steps


@settings(max_examples=80, deadline=None)
@given(edits_of_two_files(), st.lists(st.sampled_from(["a.py", "b.py", None]), min_size=8, max_size=8))
def test_after_any_edits_a_report_is_what_it_is_from_scratch(
    steps: list[tuple[str, str]], looks: list[str | None]
) -> None:
    rules = (BAD, STOPS, NAMES, PLAIN)
    made = workspace({}, *rules)
    now: dict[str, str] = {}
    for (path, text), look in zip(steps, looks, strict=False):
        now[path] = text
        made.update(Document(f"{ROOT}/{path}", None, text))
        if look in now:
            check(made, look)
    fresh = workspace(now, *rules)
    for path in now:
        made.check(f"{ROOT}/{path}", types=True)  # what was kept of a broken text is settled then
    broken = [path for path in now if check(fresh, path).broken]
    assert bool(broken) == any(check(made, path).broken for path in now)
    for path in sorted(now) if not broken else ():  # what does not parse may keep what it had
        assert everything(check(made, path)) == everything(check(fresh, path))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(PIECES["a.py"]), max_size=8), st.lists(st.sampled_from(PIECES["b.py"]), max_size=8))
def test_a_type_may_only_add(a: list[str], b: list[str]) -> None:
    files = {"a.py": "".join(a), "b.py": "".join(b)}
    known = {f.fingerprint for f in check(workspace(files, BAD, STOPS, oracle=Oracle()), types=False).findings}
    assert known <= {f.fingerprint for f in check(workspace(files, BAD, STOPS, oracle=Oracle())).findings}


def test_the_oracle_is_asked_only_with_types() -> None:
    made = workspace({"a.py": "def f(x):\n    return x.one\n    one\n"}, NAMES, oracle=Oracle())
    assert [" str " in m for _, m in said(check(made, types=False))] == [False, False]
    assert [" str " in m for _, m in said(check(made))] == [True, True]


# Fixes


def fixed(made: Workspace, name: str, **more: Any) -> dict[str, str]:
    repaired = fix(made, iter(made.paths()), lambda f: next((x for x in f.fixes if x.name == name), None), **more)
    return dict(repaired.texts)


def test_all_fixes_of_a_round_are_made_at_once() -> None:
    made = workspace({"a.py": "bad(1); bad(2)\n\n\ndef f():\n    bad(3)\n", "b.py": "bad(4)\n", "c.py": "x\n"}, BAD)
    assert fixed(made, "good") == {
        "/project/a.py": "from lib import good\n\n\ngood(1); good(2)\n\n\ndef f():\n    good(3)\n",
        "/project/b.py": "from lib import good\n\n\ngood(4)\n",
    }
    assert check(made).findings == ()


def test_of_fixes_that_touch_one_is_made_and_the_other_in_the_next_round() -> None:
    made = workspace({"a.py": "from lib import good\nbad(bad(bad(1)))\n"}, BAD)
    assert fixed(made, "good") == {"/project/a.py": "from lib import good\ngood(good(good(1)))\n"}
    made = workspace({"a.py": "bad(1); bad(2)\n"}, BAD)
    assert fixed(made, "wrap", rounds=1) == {"/project/a.py": "with made:\n    bad(1); bad(2)\n"}


def test_rounds_end() -> None:
    made = workspace({"a.py": "bad(1)\n"}, BAD)
    assert fixed(made, "again", rounds=3)["/project/a.py"].count("bad(") > 1
    made = workspace({"a.py": "bad(1)\n"}, BAD)
    assert fixed(made, "again", rounds=0) == {}


def test_a_fix_after_which_a_file_does_not_parse_is_not_made() -> None:
    made = workspace({"a.py": "bad(1)\n"}, BAD)
    assert fixed(made, "spoil") == {}
    document = made.document("/project/a.py")
    assert document is not None and document.text == "bad(1)\n"
    made = workspace({"a.py": "bad(1)\n\n\ndef f():\n    bad()\n    bad(2)\n    bad()\n"}, BAD)
    assert fixed(made, "spoil-some") == {"/project/a.py": "bad(1)\n\n\ndef f():\n    good()\n    bad(2)\n    good()\n"}


def test_a_file_that_was_broken_before_is_still_fixed() -> None:
    made = workspace({"a.py": "from lib import good\ndef f):\n\nbad(1)\n"}, BAD)
    assert fixed(made, "good") == {"/project/a.py": "from lib import good\ndef f):\n\ngood(1)\n"}


@pytest.mark.parametrize("name", ["never", "overlap", "unknown"])
def test_a_fix_that_cannot_be_made_changes_nothing(name: str) -> None:
    assert fixed(workspace({"a.py": "bad(1)\n"}, BAD), name) == {}


def test_a_fix_that_raises_costs_itself_and_a_line(caplog: pytest.LogCaptureFixture) -> None:
    made = workspace({"a.py": "bad(1)\n", "b.py": "bad(1, 2, 3, 4, 5, k)\n"}, BAD)
    with caplog.at_level(logging.ERROR, "apitfall"):
        assert fixed(made, "raise") == {"/project/b.py": "bad(1, 2, 3, 4, 5, )\n"}
    assert {r.getMessage() for r in caplog.records} == {"the fix `raise` of the rule `bad-call` failed"}


def test_a_fix_may_make_a_file_and_change_another() -> None:
    made = workspace({"a.py": "bad(1)\n"}, BAD)
    assert fixed(made, "note") == {"/project/a.py": "noted\n", "/project/note.py": "bad(1)"}
    made = workspace({"a.py": "from b import f\nf()\n", "b.py": "def f():\n    stop()\n"}, STOPS)
    assert fixed(made, "go") == {"/project/b.py": "def f():\n    go()\n"}


def test_a_file_is_made_only_with_the_change_it_belongs_to() -> None:
    """Of two fixes that touch, the second's file is not made in the first's round."""

    def inner_first(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
        name = ctx.source(node.func)
        created = ((f"{ROOT}/{name}.py", ""),)
        yield ctx.finding(node, "x", fixes=(Fix("gone", "", lambda: Edits((ctx.replace(node, "gone"),), created)),))

    rule = Rule("gone", (cst.Call,), inner_first)  # pyright: ignore[reportArgumentType]
    assert fixed(workspace({"a.py": "outer(inner())\n"}, rule), "gone") == {
        "/project/a.py": "gone\n",
        "/project/outer.py": "",
    }
