"""A project in an empty working directory, checked with the rule of calls.py alone."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import libcst as cst
import pytest
from apitfall import registry
from apitfall.cli import main
from apitfall.registry import RulePackage
from apitfall.rule import Rule
from calls import Run, check_calls


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


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    return lambda data: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "ascii"))
