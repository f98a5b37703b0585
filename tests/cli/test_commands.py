"""The other commands, and the command line as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import jsonschema
import pytest
from apitfall import __version__, files
from apitfall.cli import main, summary
from apitfall.registry import RulePackage
from calls import Run, write


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


def test_schema(run: Run) -> None:
    status, out, _ = run("schema")
    schema = json.loads(out)
    assert status == 0
    assert schema["properties"]["select"]["items"] == {"enum": ["called"]}
    assert schema["properties"]["workspace-diagnostics"]["type"] == "boolean"
    jsonschema.Draft7Validator.check_schema(schema)
    settings = {"severity": {"called": "hint"}, "per-file-ignores": {"a/*": ["called"]}}
    jsonschema.validate(settings, schema)
    for wrong in ({"selct": []}, {"select": ["nope"]}, {"severity": {"called": "bad"}}, {"docs-url": 3}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


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
