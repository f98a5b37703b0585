"""The command line, with a rule that finds calls of `error`, `warning`, `information` and `hint`."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import libcst as cst
import pytest
from apitfall import __version__, files, registry
from apitfall.cli import main, summary
from apitfall.registry import RulePackage
from apitfall.rule import Edit, Edits, Finding, Fix, Related, Rule, RuleContext, Severity, Span

HEAD = "import fastapi\n\n"


def check_calls(node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    name = ctx.source(node.func)
    if name == "explode":
        raise ValueError("boom")
    if name in Severity.__members__:
        yield ctx.finding(
            node,
            f"`{name}` is called",
            Severity[name],
            (
                Fix("done", "Call `done`", lambda: Edits((ctx.replace(node.func, "done"),)), safe=True, preferred=True),
                Fix("never", "Cannot be made after all", lambda: None),
                Fix("new-file", "Make a file", lambda: made(ctx)),
                Fix("fails", "Raises", lambda: Edits((Edit("", Span(1 // 0, 0), ""),))),
            ),
            (Related(ctx.place(node.func), "this name"),),
        )


def made(ctx: RuleContext) -> Edits:
    return Edits(creates=((f"{Path(ctx.document.path).parent.as_posix()}/new.py", "x = 1\n"),))


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RulePackage:
    """A rule package in the place of the installed ones, and an empty working directory."""
    pages = tmp_path / "pages"
    pages.mkdir()
    page = "# called\n\nFinds calls that\nare named `x.y`. They\nare bad.\n\n## Why\n\nEnd — of the page.\n"
    (pages / "called.md").write_text(page, encoding="utf-8")
    rule = Rule("called", (cst.Call,), check_calls, {"limit": 3})  # pyright: ignore[reportArgumentType]
    found = RulePackage("test_rules", {"called": rule}, ("fastapi",), ("**/versions/",), {}, pages)
    monkeypatch.setattr(registry, "load", lambda: [found])
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    for variable in ("NO_COLOR", "FORCE_COLOR", "VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(variable, raising=False)
    return found


def write(**texts: str | bytes) -> None:
    """Files in the working directory, ``a__b`` for ``a/b.py``."""
    for name, text in texts.items():
        path = Path(f"{name.replace('__', '/')}.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*args: str) -> tuple[int, str, str]:
        status = main(args)
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.fixture
def found(run: Run) -> Callable[..., list[str]]:
    """What is found in the given paths, as ``path:line severity``; what is said on standard error must be expected."""

    def found(*args: str, says: str = "", status: int = 1) -> list[str]:
        got, out, err = run("check", "--format", "json", "--no-edits", *args)
        assert says in err if says else not err
        assert got == status, err
        return [f"{f['path']}:{f['line']} {f['severity']}" for f in json.loads(out)]

    return found


Run = Callable[..., tuple[int, str, str]]
Find = Callable[..., list[str]]


# The JSON


def test_json(run: Run, package: RulePackage) -> None:
    text = HEAD + "class A:\n    def f(self):\n        x = '🎉', error(1,\n            2)\n"
    write(app__b=text, app__a=HEAD + "hint()\nwarning()\n")
    status, out, err = run("check", "--format", "json", "--no-edits")
    assert (status, err) == (1, "")
    found: list[dict[str, Any]] = json.loads(out)
    assert [(f["path"], f["line"], f["severity"]) for f in found] == [
        ("app/a.py", 3, "hint"),
        ("app/a.py", 4, "warning"),
        ("app/b.py", 5, "error"),
    ]
    fingerprint = found[2].pop("fingerprint")
    assert len(fingerprint) == 16
    assert int(fingerprint, 16) >= 0
    assert found[2] == {
        "rule": "called",
        "message": "`error` is called",
        "severity": "error",
        "path": "app/b.py",
        "line": 5,
        "column": 18,
        "end_line": 6,
        "end_column": 15,
        "function": "A.f",
        "related": [
            {"path": "app/b.py", "line": 5, "column": 18, "end_line": 5, "end_column": 23, "message": "this name"}
        ],
        "fixes": [
            {"name": "done", "title": "Call `done`", "safe": True, "preferred": True},
            {"name": "never", "title": "Cannot be made after all", "safe": False, "preferred": False},
            {"name": "new-file", "title": "Make a file", "safe": False, "preferred": False},
            {"name": "fails", "title": "Raises", "safe": False, "preferred": False},
        ],
        "url": (package.folder / "called.md").as_uri(),
    }
    assert found[0]["function"] == ""


def test_json_holds_the_edits_of_fixes_that_can_be_made(run: Run) -> None:
    write(app__a="\ufeff" + HEAD + "error()\n")
    _, out, err = run("check", "--format", "json")
    place = {"path": "app/a.py", "line": 3, "column": 1, "end_line": 3, "end_column": 6}
    assert json.loads(out)[0]["fixes"] == [
        {
            "name": "done",
            "title": "Call `done`",
            "safe": True,
            "preferred": True,
            "edits": [{**place, "text": "done"}],
            "creates": [],
        },
        {
            "name": "new-file",
            "title": "Make a file",
            "safe": False,
            "preferred": False,
            "edits": [],
            "creates": [{"path": "app/new.py", "text": "x = 1\n"}],
        },
    ]
    assert err.splitlines() == [
        "error: the fix `fails` failed: ZeroDivisionError('integer division or modulo by zero')"
    ]


def test_json_of_nothing_is_an_array(run: Run) -> None:
    assert run("check", "--format", "json") == (0, "[]\n", ".: no Python files to check here\n")


def test_paths_are_relative_to_the_working_directory(found: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    write(app__a=HEAD + "error()\n", lib__b=HEAD + "error()\n")
    Path("pyproject.toml").touch()
    monkeypatch.chdir("lib")
    assert found(".", "../app") == ["../app/a.py:3 error", "b.py:3 error"]


def test_docs_url_replaces_the_folder(run: Run) -> None:
    write(a=HEAD + "error()\n")
    Path("apitfall.toml").write_text('docs-url = "https://docs.example/rules/"\n')
    _, out, _ = run("check", "--format", "json", "--no-edits")
    assert json.loads(out)[0]["url"] == "https://docs.example/rules/called.md"


def test_a_finding_keeps_its_fingerprint_when_lines_move(run: Run) -> None:
    prints: list[str] = []
    for gap in ("", "\n\n# more\n"):
        write(a=f"{HEAD}{gap}def f():\n    error()\n")
        _, out, _ = run("check", "--format", "json", "--no-edits")
        prints += [f["fingerprint"] for f in json.loads(out)]
    assert len(prints) == 2
    assert prints[0] == prints[1]


# Text and exit status


def test_text(run: Run) -> None:
    write(b=HEAD + "error()\n", a=HEAD + "def f():\n    warning()\n", c=HEAD + "hint()\n")
    status, out, err = run("check")
    assert (status, err) == (1, "")
    assert out == (
        "a.py:4:5: warning: `warning` is called [called]\n"
        "    |\n"
        "  3 | def f():\n"
        "  4 |     warning()\n"
        "    |     ~~~~~~~~~\n"
        "  a.py:4:5: this name\n"
        "    |\n"
        "  4 |     warning()\n"
        "    |     ~~~~~~~\n"
        "\n"
        "b.py:3:1: error: `error` is called [called]\n"
        "    |\n"
        "  3 | error()\n"
        "    | ~~~~~~~\n"
        "  b.py:3:1: this name\n"
        "    |\n"
        "  3 | error()\n"
        "    | ~~~~~\n"
        "\n"
        "1 error, 1 warning in 2 of 3 files; 1 hint not shown, see --hints\n"
    )


def test_color(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write(a=HEAD + "error()\n")
    assert "\x1b" not in run("check")[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;31merror\x1b[0m" in run("check")[1]


ALL = "error()\nwarning()\ninformation()\nhint()\n"


@pytest.mark.parametrize(
    ("code", "args", "status", "last"),
    [
        ("", "", 0, "no findings in 1 file"),
        ("hint()", "", 0, "no findings in 1 file; 1 hint not shown, see --hints"),
        ("hint()\nhint()", "--hints", 0, "2 hints in 1 of 1 file"),
        ("hint()", "--fail-on hint", 1, "1 hint in 1 of 1 file"),
        ("information()\ninformation()", "", 0, "2 information in 1 of 1 file"),
        ("information()", "--fail-on information", 1, "1 information in 1 of 1 file"),
        ("warning()", "", 1, "1 warning in 1 of 1 file"),
        ("warning()", "--fail-on error", 0, "1 warning in 1 of 1 file"),
        (ALL, "--fail-on error --hints", 1, "1 error, 1 warning, 1 information, 1 hint in 1 of 1 file"),
        (ALL, "--exit-zero", 0, "1 error, 1 warning, 1 information in 1 of 1 file; 1 hint not shown, see --hints"),
        (ALL, "--exit-zero missing.py a.py", 2, "1 error, 1 warning, 1 information in 1 of 1 file; 1 hint not shown, see --hints"),
    ],
)  # fmt: skip
def test_exit_status_and_closing_line(run: Run, code: str, args: str, status: int, last: str) -> None:
    write(a=f"{HEAD}{code}\n")
    got, out, _ = run("check", *args.split())
    assert (got, out.splitlines()[-1]) == (status, last)


# Which files


def test_only_what_was_asked_for_is_reported(found: Find) -> None:
    Path("pyproject.toml").touch()
    write(app__a=HEAD + "error()\n", app__sub__b=HEAD + "error()\n", application=HEAD + "error()\n")
    assert found("app") == found(f"{Path('app').absolute()}") == ["app/a.py:3 error", "app/sub/b.py:3 error"]
    assert found("app/a.py", "application.py", "./app/a.py") == ["app/a.py:3 error", "application.py:3 error"]
    assert len(found()) == len(found(".", "app")) == 3


def test_several_projects_have_their_own_settings(found: Find) -> None:
    write(one__a=HEAD + "error()\n", two__b=HEAD + "error()\n", two__c="import fastapi\nerror()\n")
    Path("one/apitfall.toml").write_text('ignore = ["called"]\n')
    Path("two/pyproject.toml").write_text('[tool.apitfall]\nexclude = ["c.py"]\n')
    assert found("one", "two") == ["two/b.py:3 error"]


def test_a_folder_around_projects_is_one_project(found: Find) -> None:
    write(one__a=HEAD + "error()\n", two__b=HEAD + "error()\n")
    Path("one/apitfall.toml").write_text('ignore = ["called"]\n')
    Path("pyproject.toml").touch()
    assert found(".") == ["one/a.py:3 error", "two/b.py:3 error"]
    assert found(".", "one") == ["two/b.py:3 error"]


def test_what_is_named_is_checked_even_if_the_project_leaves_it_out(found: Find) -> None:
    Path("pyproject.toml").touch()
    write(main=HEAD, db__versions__a=HEAD + "error()\n", build__b=HEAD + "error()\n")
    assert found(status=0) == []
    assert found("db/versions") == found("db/versions/a.py") == ["db/versions/a.py:3 error"]
    assert found("build", "main.py") == ["build/b.py:3 error"]


def test_a_file_outside_of_any_project_is_read_without_its_neighbours(
    found: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(a=HEAD + "error()\n", b=HEAD + "error()\n", c=HEAD + "error()\n")
    read: list[str] = []
    read_file = files.read
    monkeypatch.setattr(files, "read", lambda path: read.append(path.name) or read_file(path))
    assert found("a.py", "c.py") == ["a.py:3 error", "c.py:3 error"]
    assert read == ["a.py", "c.py"]


def test_excludes_of_the_settings(found: Find) -> None:
    write(db__versions__a=HEAD + "error()\n", old__b=HEAD + "error()\n", c=HEAD + "error()\n")
    Path("apitfall.toml").write_text('extend-exclude = ["old/"]\n')
    assert found() == ["c.py:3 error"]
    Path("apitfall.toml").write_text('exclude = ["c.py"]\n')
    assert found() == ["db/versions/a.py:3 error", "old/b.py:3 error"]


def test_nothing_is_parsed_where_no_file_imports_what_the_rules_are_about(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(a="import flask\nerror()\n", b="x = (\n")
    parsed: list[object] = []
    monkeypatch.setattr("apitfall.engine.read", lambda *args: parsed.append(args))
    status, out, err = run("check", "--verbose")
    assert (status, out, parsed) == (0, "no findings in 2 files\n", [])
    assert "nothing here imports or depends on what the rules are about" in err


def test_verbose(run: Run) -> None:
    write(a=HEAD, versions__b=HEAD, c=HEAD + "def f(:\n    pass\n")
    Path("pyproject.toml").write_text('[project]\ndependencies = ["fastapi==0.117.1", "httpx"]\n[tool.apitfall]\n')
    Path("lib/site-packages").mkdir(parents=True)
    status, out, err = run("check", "--verbose")
    assert (status, out) == (0, "no findings in 2 files\n")
    for line in (
        f"project: {Path.cwd()}",
        "settings: pyproject.toml",
        "environment: none found",
        "versions: fastapi 0.117.1 (allowed)",
        "left out: versions: excluded by `**/versions/`",
        "left out: lib/site-packages: installed packages",
        "c.py:3: does not parse here; the rest of the file was checked",
    ):
        assert line in err.splitlines()
    assert err.splitlines()[-1].startswith("2 files checked in ")


# Standard input


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    return lambda data: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "ascii"))


@pytest.mark.parametrize("args", [(), ("-",), ("app/b.py",)])
def test_standard_input_replaces_a_file(found: Find, stdin: Callable[[bytes], None], args: tuple[str, ...]) -> None:
    write(app__a=HEAD + "error()\n", app__b=b"\xff")
    Path("pyproject.toml").touch()
    stdin(f"{HEAD}# é\n\nwarning()\n".encode())
    assert found("--stdin-filename", "app/b.py", *args) == ["app/b.py:5 warning"]


def test_standard_input_can_be_a_file_that_is_not_there(found: Find, stdin: Callable[[bytes], None]) -> None:
    write(app__a=HEAD + "error()\n")
    stdin(f"# coding: latin-1\n{HEAD}'é'; warning()\n".encode("latin-1"))
    assert found("--stdin-filename", "app/b.py", "-", "app/a.py") == ["app/a.py:3 error", "app/b.py:4 warning"]


def test_standard_input_that_is_not_text(found: Find, stdin: Callable[[bytes], None]) -> None:
    write(a=HEAD + "error()\n")
    stdin(b"\xff\xfe\x00")
    assert found("-", "a.py", "--stdin-filename", "b.py", says="standard input", status=2) == ["a.py:3 error"]


def test_standard_input_needs_a_name(found: Find) -> None:
    write(a=HEAD + "error()\n")
    assert found("-", "a.py", says="`-` needs `--stdin-filename`", status=2) == ["a.py:3 error"]


# Bad input: a clear sentence, and everything else is checked


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"x = '\xff'\n", "is not valid UTF-8"),
        (bytes(range(256)) * 40, "is not valid UTF-8"),
        ("error()".encode("utf-16"), "UTF-16"),
        (b"# coding: nonsense\n", "declares an encoding that Python does not know"),
        (b"\0" * 1000, "nothing in it could be checked"),
        (b"This is prose, and not Python.\n", "nothing in it could be checked"),
    ],
)
def test_a_file_that_cannot_be_checked(found: Find, content: bytes, says: str) -> None:
    write(bad=content, good=HEAD + "error()\n")
    assert found(says="bad.py", status=2) == ["good.py:3 error"]
    assert found("bad.py", says=says, status=2) == []
    assert found("--exit-zero", says=says, status=0) == ["good.py:3 error"]
    assert found("--exit-zero", "bad.py", says=says, status=2) == []
    assert found("good.py") == ["good.py:3 error"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("missing.py",), "missing.py` cannot be read: No such file or directory"),
        (("missing/folder",), "missing/folder` cannot be read: No such file or directory"),
        (("dangling.py",), "dangling.py` cannot be read: No such file or directory"),
    ],
)
def test_a_path_that_does_not_exist(found: Find, args: tuple[str, ...], says: str) -> None:
    write(good=HEAD + "error()\n")
    Path("dangling.py").symlink_to("nowhere.py")
    assert found("good.py", *args, says=says, status=2) == ["good.py:3 error"]


def test_a_file_that_is_deleted_meanwhile(found: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    write(gone=HEAD + "error()\n", good=HEAD + "error()\n")
    list_files = files.python_files

    def then_delete(*args: Any) -> files.Listing:
        listing = list_files(*args)
        Path("gone.py").unlink()
        return listing

    monkeypatch.setattr(files, "python_files", then_delete)
    assert found(says="gone.py` cannot be read: No such file or directory", status=2) == ["good.py:3 error"]


def test_odd_folders_and_empty_files(found: Find) -> None:
    Path("folder.py").mkdir()
    Path("loop").symlink_to(".")
    Path("self.py").symlink_to("self.py")
    write(empty="", folder__inner=HEAD, good=HEAD + "error()\n")
    write(**{"folder.py/x": HEAD + "error()\n"})
    assert found() == ["folder.py/x.py:3 error", "good.py:3 error"]
    assert found("folder.py") == ["folder.py/x.py:3 error"]
    assert found("empty.py", status=0) == []


@pytest.mark.parametrize(
    "line",
    [f"x = '{'a' * 1_000_000}'", f"error() #{'a' * 1_000_000}", "(" * 100_000, "x = " + "[" * 50_000 + "]" * 50_000],
)
def test_a_very_long_line(run: Run, line: str) -> None:
    write(bad=f"{HEAD}def f():\n    {line}\n\ndef g():\n    error()\n", good=HEAD + "error()\n")
    status, out, err = run("check")
    assert status == 1
    assert "bad.py:7:5: error" in out
    assert "good.py:3:1: error" in out
    assert max(map(len, out.splitlines())) <= 120
    refused = r"bad\.py: line \d: more than 200 nested brackets; this part was not checked\n"
    assert re.fullmatch(refused if line.count("[") + line.count("(") > 10 else "", err)


FIRST = """\
@deco(a, b=1)
async def first(x: int = 2, *rest: str) -> dict[str, int]:
    '''A docstring.'''
    for y in rest:
        if x > 3 and not y:
            return {"a": [1, 2], **{"b": f"{y!r}"}}
    error()
"""
SECOND = """\
def second():
    with open("x") as f:
        error()
"""


@pytest.mark.parametrize("junk", ["$", "?", "(", ")", "[", "'", '"', '"""', "'''", "\\", "def", ":", "\n", "\x00"])
def test_a_syntax_error_at_every_token(run: Run, junk: str) -> None:
    """Whatever is put between two tokens of a function, the finding of the other one stays."""
    starts = [0, *accumulate(map(len, FIRST.splitlines(keepends=True)))]
    lost: list[str] = []
    for token in tokenize.generate_tokens(io.StringIO(FIRST).readline):
        at = starts[token.start[0] - 1] + token.start[1]
        broken = f"{FIRST[:at]}{junk}{FIRST[at:]}"
        for before, after in ((broken, ""), ("", broken)):
            text = f"{HEAD}{before}\n\n{SECOND}\n\n{after}"
            line = text[: text.index(SECOND)].count("\n") + 3
            write(a=text)
            status, out, err = run("check")
            if f"a.py:{line}:9: error: `error` is called [called]" not in out or status != 1:
                lost.append(f"{text}\n{out}\n{err}")
    assert lost == []


def test_settings_that_cannot_be_taken(found: Find) -> None:
    write(one__a=HEAD + "error()\n", two__b=HEAD + "error()\n")
    Path("one/apitfall.toml").write_text("excludes = []\n")
    Path("two/apitfall.toml").write_text("")
    says = "error: one/apitfall.toml: unknown setting `excludes`; did you mean `exclude`?\n"
    assert found("one", "two", says=says, status=2) == ["two/b.py:3 error"]
    Path("one/apitfall.toml").write_bytes(b"\xff")
    assert found("one", "two", says="one/apitfall.toml` is not valid UTF-8", status=2) == ["two/b.py:3 error"]


def test_a_configured_environment_that_is_not_there_is_said(found: Find) -> None:
    write(a=HEAD + "error()\n")
    Path("apitfall.toml").write_text('environment = "env-3"\n')
    assert found(says="environment: `env-3`, as configured, is not there\n") == ["a.py:3 error"]


def test_a_rule_that_raises_costs_one_line(found: Find) -> None:
    write(a=HEAD + "def f():\n    explode()\n\ndef g():\n    error()\n")
    path = Path("a.py").absolute().as_posix()
    says = f"error: the rule `called` failed on {path}: ValueError('boom')\n"
    assert found(says=says) == ["a.py:7 error"]


# The other commands


def test_rules(run: Run, package: RulePackage) -> None:
    assert run("rules") == (0, "called  Finds calls that are named `x.y`.\n", "")
    status, out, _ = run("rules", "--format", "json")
    url = (package.folder / "called.md").as_uri()
    assert (status, json.loads(out)) == (
        0,
        [{"name": "called", "summary": "Finds calls that are named `x.y`.", "url": url}],
    )


def test_explain(run: Run, package: RulePackage) -> None:
    assert run("explain", "called") == (0, (package.folder / "called.md").read_text(encoding="utf-8"), "")
    assert run("explain", "caled") == (2, "", "error: there is no rule `caled`; did you mean `called`?\n")
    assert run("explain", "zzz") == (2, "", "error: there is no rule `zzz`\n")


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("# a\n\nOne. Two.\n", "One."),
        ("One `a.b` and\n1.5 times e.g. this! And that.", "One `a.b` and 1.5 times e.g. this!"),
        ("\n\nNo end", "No end"),
        ("One. `x` two.", "One."),
        ("# only a title\n", ""),
    ],
)
def test_summary(page: str, expected: str) -> None:
    assert summary(page) == expected


@pytest.mark.parametrize("args", [(), ("nonsense",), ("check", "--fail-on", "everything"), ("check", "--nonsense")])
def test_wrong_arguments(args: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(args)
    assert stopped.value.code == 2
    assert "usage: apitfall" in capsys.readouterr().err


def test_an_interrupt_ends_quietly(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "python_files", interrupt)
    assert run("check") == (130, "", "")


# As a process of its own, with the installed rules


def start(*args: str, **environ: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "apitfall", *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | environ,
    )


def test_version() -> None:
    out, err = start("--version").communicate()
    assert (out.decode().strip(), err) == (f"apitfall {__version__}", b"")


def test_a_closed_pipe_ends_quietly() -> None:
    process = start("explain", "missing-await", PYTHONUNBUFFERED="1")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 141
    process.stderr.close()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_an_output_that_lacks_a_character(encoding: str) -> None:
    write(a="import asyncio\nimport fastapi\n\n\nasync def f():\n    asyncio.sleep(1)  # 日本語 é\n")
    process = start("check", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    out, err = process.communicate()
    assert (process.returncode, err) == (1, b"")
    shown = "    asyncio.sleep(1)  # 日本語 é".encode(encoding, "replace")
    assert shown in out


def test_what_only_one_command_needs_is_not_imported_for_another() -> None:
    code = "import sys; from apitfall.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    write(a="import fastapi\n")
    process = subprocess.run([sys.executable, "-c", code, "check"], capture_output=True, text=True, check=True)
    assert "libcst" in process.stderr.split()
    assert not {"pygls", "lsprotocol"} & set(process.stderr.split())
