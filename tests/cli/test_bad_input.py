"""Bad input to `apitfall check`: a clear sentence, and everything else is checked."""

from __future__ import annotations

import io
import re
import tokenize
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from apitfall import files
from calls import HEAD, Find, Run, write


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
    Path("pyproject.toml").touch()
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
    assert found(says="environment: `env-3`, as configured, ") == ["a.py:3 error"]


def test_a_rule_that_raises_costs_one_line(found: Find) -> None:
    write(a=HEAD + "def f():\n    explode()\n\ndef g():\n    error()\n")
    path = Path("a.py").absolute().as_posix()
    says = f"error: the rule `called` failed on {path}: ValueError('boom')\n"
    assert found(says=says) == ["a.py:7 error"]
