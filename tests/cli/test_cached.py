"""The findings of a project that is as it was: the same as before, without a look at it, and never of another one."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from apitfall.cache import digest_of_code
from apitfall.engine import Workspace
from calls import HEAD, check_calls, write

TEXT = f"{HEAD}error()\n\n\ndef f():\n    warning()\n    hint()\n"


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.delenv("APITFALL_NO_CACHE")
    monkeypatch.setenv("APITFALL_CACHE_DIR", str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were checked."""
    found: list[str] = []
    check = Workspace.check

    def noting(self: Workspace, path: str, *, types: bool = True):
        found.append(Path(path).name)
        return check(self, path, types=types)

    monkeypatch.setattr(Workspace, "check", noting)
    return found


def again(run, checked: list[str], *args: str) -> bool:
    """Whether a second run checks anything."""
    run("check", *args)
    checked.clear()
    run("check", *args)
    return bool(checked)


@pytest.mark.parametrize("args", [(), ("--hints",), ("--format", "json", "--no-edits"), ("a.py",)])
def test_the_answer_is_the_same(run, checked, args):
    write(a=TEXT, b="error(", c=f"{HEAD}x = (\n", d=f"{HEAD}def g():\n    error()\n")
    first = run("check", *args)
    assert checked
    assert not again(run, checked, *args)
    assert run("check", *args) == first
    assert run("check", "--no-cache", *args) == first
    assert checked


def use_version(number: int) -> None:
    Path("pyproject.toml").write_text(f'[project]\nname = "p"\nversion = "1"\ndependencies = ["fastapi==0.{number}"]\n')


CHANGES = {
    "a text": lambda: write(a=f"{TEXT}\n"),
    "another file": lambda: write(new=TEXT),
    "a file less": lambda: Path("b.py").unlink(),
    "a name": lambda: Path("b.py").rename("d.py"),
    "a setting": lambda: Path("apitfall.toml").write_text("[severity]\ncalled = 'hint'\n", encoding="utf-8"),
    "a dependency": lambda: use_version(100),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_is_seen(run, checked, change):
    write(a=TEXT, b=HEAD)
    use_version(99)
    assert not again(run, checked)
    change()
    changed = run("check", "--format", "json")
    assert checked
    assert changed == run("check", "--format", "json", "--no-cache")


def test_other_rules_are_seen(run, checked, package):
    write(a=TEXT)
    assert not again(run, checked)
    (package.folder / "called.py").write_text("another = True\n", encoding="utf-8")
    digest_of_code.cache_clear()  # a process reads its own code once
    run("check")
    assert checked


def test_edits_are_kept_where_they_are_asked_for(run, checked, package):
    def check(node, ctx):
        for found in check_calls(node, ctx):
            yield replace(found, fixes=found.fixes[:3])  # without the one that fails

    package.rules["called"] = replace(package.rules["called"], check=check)
    write(a=TEXT)
    run("check", "--format", "json", "--no-edits")
    first = run("check", "--format", "json")
    checked.clear()
    assert run("check", "--format", "json") == first
    assert not checked
    assert first == run("check", "--format", "json", "--no-cache")
    fixes = [fix for finding in json.loads(first[1]) for fix in finding["fixes"]]
    assert [fix["name"] for fix in fixes] == ["done", "new-file"] * 3
    assert fixes[0]["edits"][0]["text"] == "done"
    assert fixes[1]["creates"][0]["path"] == "new.py"


def test_what_was_logged_is_logged_again(run, checked):
    write(a=f"{HEAD}explode()\n")
    assert again(run, checked)
    assert "the rule `called` failed" in run("check")[2]


@pytest.mark.parametrize("harm", [lambda data: data[:-1], lambda data: b""], ids=["cut off", "empty"])
def test_what_is_damaged_is_made_again(run, checked, kept, harm):
    write(a=TEXT)
    first = run("check")
    for path in kept.glob("??/*"):
        path.write_bytes(harm(path.read_bytes()))
    checked.clear()
    assert run("check") == first
    assert checked


def test_standard_input_is_checked_each_time(run, checked, stdin):
    write(a=HEAD)
    for _ in range(2):
        stdin(TEXT.encode())
        checked.clear()
        assert run("check", "-", "--stdin-filename", "a.py")[0] == 1
        assert checked


@pytest.fixture
def library() -> Path:
    """A module of the project's environment, as it was installed long ago."""
    folder = Path(".venv/lib/python3.12/site-packages")
    folder.mkdir(parents=True)
    Path(".venv/pyvenv.cfg").write_text("version = 3.12\n", encoding="utf-8")
    module = folder / "library.py"
    module.write_text("x = 1\n", encoding="utf-8")
    os.utime(module, (1_000_000, 1_000_000))
    return module


@pytest.mark.parametrize("where", ["of the environment", "of a folder that is left out"])
def test_with_types_other_files_are_looked_at(run, checked, library, where):
    write(a=TEXT, build__made="x = 1\n")
    made = library if where == "of the environment" else Path("build/made.py")
    os.utime("build/made.py", (1_000_000, 1_000_000))
    assert not again(run, checked)
    os.utime(made, (1_000_001, 1_000_001))
    run("check")
    assert checked


@pytest.mark.parametrize(
    "text", ["import sys\nsys.path.append('..')\n", "from sys import path\n", "from .. import x\n", "import fastapi\n"]
)
def test_with_types_code_that_leads_elsewhere_is_checked_each_time(run, checked, library, text):
    write(a=TEXT, b=text)
    assert again(run, checked) == (text != "import fastapi\n")


def test_with_types_what_was_just_written_is_not_trusted(run, checked, library):
    write(a=TEXT)
    library.touch()
    assert again(run, checked)


# The command


def test_what_is_kept_is_told_and_removed(run, kept):
    assert run("cache") == (0, f"{kept}: 0 entries, 0.0 MB\n", "")
    write(a=TEXT)
    run("check")
    status, out, err = run("cache", "--info")
    assert (status, out.partition(" ")[2], err) == (0, "2 entries, 0.0 MB\n", "")
    assert run("cache", "--clear") == (0, "", "")
    assert run("cache") == (0, f"{kept}: 0 entries, 0.0 MB\n", "")


def test_nothing_is_kept_if_nobody_wants_that(run, kept, monkeypatch):
    write(a=TEXT)
    run("check", "--no-cache")
    run("fix", "--diff", "--no-cache")
    monkeypatch.setenv("APITFALL_NO_CACHE", "1")
    run("check")
    assert not kept.exists()
