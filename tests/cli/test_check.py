"""What `apitfall check` writes, which files it takes, and how it exits."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from apitfall import files
from apitfall.registry import RulePackage
from apitfall.syntax import Reader
from apitfall.syntax.parsed import Parsed, parsed
from calls import HEAD, Find, Run, write

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


def test_what_python_reads_and_libcst_does_not(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which comes out when the file is looked into, after others were checked that asked about it."""

    def parsed_but_for_one(text: str, headers: Sequence[str], tail: str) -> Parsed | None:
        return None if "def one" in text else parsed(text, headers, tail)

    monkeypatch.setattr("apitfall.syntax.tree.parsed", parsed_but_for_one)
    for name in "aceg":
        write(**{name: HEAD + "from b import one\n\nwarning(one())\n"})
    for name in "bdf":
        write(**{name: HEAD + "def one(two):\n    warning(two)\n\n\nerror(1)\n"})
    status, out, err = run("check", "--format", "json", "--no-edits", "--no-cache")
    assert status == 1
    assert [(f["path"], f["line"]) for f in json.loads(out)] == [(f"{n}.py", 7 if n in "bdf" else 5) for n in "abcdefg"]
    assert [line.split(":")[0] for line in err.splitlines()] == ["b.py", "d.py", "f.py"]


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
    monkeypatch.setattr(Reader, "read", lambda *args: parsed.append(args))
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
