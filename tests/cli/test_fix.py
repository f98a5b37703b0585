"""What `apitfall fix` writes to files and to standard output, what it leaves alone, and how it exits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import libcst as cst
import pytest
from apitfall import registry, writing
from apitfall.cli import main
from apitfall.registry import RulePackage
from apitfall.rule import Edit, Edits, Finding, Fix, Rule, RuleContext, Severity, Span
from apitfall.writing import Change, Draft
from calls import HEAD, Run, write

Outcome = tuple[int, list[str], list[str]]

SAFE = {"old": "new", "legacy": "new", "both": "new", "euro": "'€'", "spoil": "(", "wait": "await x", "again": "again"}
UNSAFE = ("risky", "both", "two_files", "new_file")
NAMES = {"names": (*SAFE, *UNSAFE, "impossible", "unfixable"), "more": ("legacy",)}


def check_names(rule: str, node: cst.Call, ctx: RuleContext) -> Iterator[Finding]:
    """Finds calls by the name of the function, which says what fixes there are."""
    name = ctx.source(node.func)
    if name not in NAMES[rule] or (rule == "names" and name in NAMES["more"]):
        return

    def rename(to: str, *more: Edit, creates: tuple[tuple[str, str], ...] = ()) -> Edits:
        return Edits((ctx.replace(node.func, to), *more), creates)

    folder = Path(ctx.document.path).parent.as_posix()
    fixes: list[Fix] = []
    if name in ("risky", "both"):
        fixes.append(Fix("unsafe", "", partial(rename, "changed")))
    if name == "two_files":
        fixes.append(Fix("two", "", partial(rename, "new", Edit(f"{folder}/lib.py", Span(0, 0), "x = 1\n"))))
    if name == "new_file":
        fixes.append(Fix("file", "", partial(rename, "new", creates=((f"{folder}/made.py", "y = 1\n"),))))
    if name in SAFE:
        fixes.append(Fix("safe", "", partial(rename, SAFE[name]), safe=True))
    if name == "impossible":
        fixes.append(Fix("safe", "", lambda: None, safe=True))
    fixes += [Fix("later", "", partial(rename, "later"), safe=name in SAFE)] if fixes else []
    yield ctx.finding(node, "it is called", Severity.warning, tuple(fixes))


@pytest.fixture(autouse=True)
def rules(package: RulePackage, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {name: Rule(name, (cst.Call,), partial(check_names, name)) for name in NAMES}  # pyright: ignore[reportArgumentType]
    monkeypatch.setattr(registry, "load", lambda: [replace(package, rules=found)])


@pytest.fixture
def fix(run: Run) -> Callable[..., Outcome]:
    def fix(*args: str) -> Outcome:
        status, out, err = run("fix", *args)
        return status, out.splitlines(), err.splitlines()

    return fix


def texts() -> dict[str, str]:
    """The Python files and what is in them behind HEAD."""
    paths = sorted(Path().rglob("*.py"))
    assert not list(Path().rglob(".apitfall-*"))
    return {p.as_posix(): p.read_bytes().decode(errors="replace").removeprefix(HEAD) for p in paths}


# Which fixes


def test_safe_fixes_are_made(fix: Callable[..., Outcome]) -> None:
    write(app__a=HEAD + "old(old(1))\nrisky()\n", app__b=HEAD + "both(); legacy()\n", c=HEAD + "unfixable()\n")
    assert fix() == (
        0,
        [
            "changed app/a.py",
            "changed app/b.py",
            "4 findings fixed in 2 files (3 names, 1 more); 2 remain, 1 with a fix that needs `--unsafe`",
        ],
        [],
    )
    assert texts() == {"app/a.py": "new(new(1))\nrisky()\n", "app/b.py": "new(); new()\n", "c.py": "unfixable()\n"}
    said = "nothing fixed in 3 files; 2 remain, 1 with a fix that needs `--unsafe`"
    assert fix() == (0, [said], [])


def test_unsafe_takes_the_first_fix_where_none_is_safe(fix: Callable[..., Outcome]) -> None:
    write(a=HEAD + "risky(); both()\ntwo_files()\nnew_file()\nimpossible()\nunfixable()\n", lib=HEAD)
    assert fix("--unsafe") == (
        0,
        ["changed a.py", "changed lib.py", "created made.py", "4 findings fixed in 3 files (4 names); 2 remain"],
        [],
    )
    assert texts() == {
        "a.py": "changed(); new()\nnew()\nnew()\nimpossible()\nunfixable()\n",
        "lib.py": "x = 1\n" + HEAD,
        "made.py": "y = 1\n",
    }
    assert fix("--unsafe") == (0, ["nothing fixed in 3 files; 2 remain"], [])


@pytest.mark.parametrize(
    ("args", "text", "last"),
    [
        ("--rule more", "old(); new(); risky()\n", "1 finding fixed in 1 file (1 more); none remain"),
        ("--rule names", "new(); legacy(); risky()\n", "1 finding fixed in 1 file (1 names); 1 remains, 1 with a fix that needs `--unsafe`"),
        ("--rule names --rule more", "new(); new(); risky()\n", "2 findings fixed in 1 file (1 more, 1 names); 1 remains, 1 with a fix that needs `--unsafe`"),
    ],
)  # fmt: skip
def test_only_what_some_rules_find(fix: Callable[..., Outcome], args: str, text: str, last: str) -> None:
    write(a=HEAD + "old(); legacy(); risky()\n")
    assert fix(*args.split()) == (0, ["changed a.py", last], [])
    assert texts() == {"a.py": text}


def test_an_unknown_rule(fix: Callable[..., Outcome]) -> None:
    write(a=HEAD + "old()\n")
    assert fix("--rule", "name") == (2, [], ["error: there is no rule `name`; did you mean `names`?"])
    assert texts() == {"a.py": "old()\n"}


def test_only_what_is_named_is_fixed_and_what_its_fixes_touch(fix: Callable[..., Outcome]) -> None:
    Path("pyproject.toml").touch()
    write(a=HEAD + "two_files()\n", b=HEAD + "old()\n", lib=HEAD + "old()\n")
    assert fix("--unsafe", "a.py")[:2] == (
        0,
        ["changed a.py", "changed lib.py", "1 finding fixed in 2 files (1 names); none remain"],
    )
    assert texts() == {"a.py": "new()\n", "b.py": "old()\n", "lib.py": "x = 1\n" + HEAD + "old()\n"}


def test_a_project_in_a_project_is_fixed_as_its_own(fix: Callable[..., Outcome]) -> None:
    write(a=HEAD + "old()\n", inner__a=HEAD + "two_files()\n", inner__lib=HEAD + "old()\n")
    Path("pyproject.toml").touch()
    Path("inner/apitfall.toml").write_text('ignore = ["names"]\n')
    assert fix(".", "inner") == (0, ["changed a.py", "1 finding fixed in 1 file (1 names); none remain"], [])
    assert texts() == {"a.py": "new()\n", "inner/a.py": "two_files()\n", "inner/lib.py": "old()\n"}


def test_fixes_without_end_stop_after_ten_rounds(fix: Callable[..., Outcome]) -> None:
    write(a=HEAD + "again()\nold()\n")
    status, _, err = fix()
    assert (status, err) == (1, ["after 10 rounds there is still something to fix"])
    assert texts() == {"a.py": "again()\nnew()\n"}


# What is kept


@pytest.mark.parametrize(
    "text",
    [
        "import fastapi\r\n\r\ndef f():\r\n\told()  # é\r\n",
        "import fastapi\r\rdef f():\r    old()\r",
        "import fastapi\r\n\n\x0cold()\na = '''\r\n\r'''\n\n\n",
        "\ufeffimport fastapi\nold()",
        "# coding: utf-8\nimport fastapi  \n\n\n\n(old)(  )\nx=[ 1,2 ]   \n\x0c\nold(  1 )\n# '\u2028\x85'\n   ",
        "import fastapi\nx = (\ndef f():\n    old()\n",
    ],
)
def test_all_other_bytes_stay(fix: Callable[..., Outcome], text: str) -> None:
    write(a=text.encode())
    assert fix()[0] == 0
    assert Path("a.py").read_bytes() == text.replace("old", "new").encode() != text.encode()


def test_the_encoding_stays(fix: Callable[..., Outcome]) -> None:
    text = f"# -*- coding: latin-1 -*-\r\n{HEAD}old('é')\r\n"
    write(a=text.encode("latin-1"))
    assert fix()[0] == 0
    assert Path("a.py").read_bytes() == text.replace("old", "new").encode("latin-1")


def test_a_link_stays_a_link_and_is_named(fix: Callable[..., Outcome], tmp_path: Path) -> None:
    target = tmp_path / "target.py"
    target.write_text(HEAD + "old()\n")
    target.chmod(0o750)
    Path("link.py").symlink_to(target)
    assert fix()[1][0] == "changed link.py"
    assert (Path("link.py").readlink(), target.read_text()) == (target, HEAD + "new()\n")
    assert target.stat().st_mode & 0o7777 == 0o750


# What cannot be written

EURO = b"# coding: latin-1\n" + HEAD.encode() + b"euro()\n"


def test_a_file_that_cannot_be_written_is_left_and_the_others_are_fixed(fix: Callable[..., Outcome]) -> None:
    write(a=HEAD + "old()\n", b=HEAD + "old()\n", c=EURO, d=HEAD + "old()\n")
    Path("b.py").chmod(0o444)
    status, out, err = fix()
    assert (status, out) == (2, ["changed a.py", "changed d.py", "2 findings fixed in 2 files (2 names); 2 remain"])
    assert err == [
        f"error: `{Path('b.py').absolute()}` is read-only.",
        f"error: `{Path('c.py').absolute()}` is ISO-8859-1, which has no `€` for its new text.",
    ]
    assert list(texts().values()) == ["new()\n", "old()\n", EURO.decode(), "new()\n"]
    status, out, again = fix("--diff")
    assert (status, out, again[:-1]) == (2, [], err)


@pytest.mark.parametrize("locked", ["a.py", "lib.py"])
def test_a_fix_over_two_files_is_made_in_both_or_none(fix: Callable[..., Outcome], locked: str) -> None:
    write(a=HEAD + "two_files()\n", b=HEAD + "two_files()\nold()\n", lib=HEAD + "old()\n")
    Path(locked).chmod(0o444)
    status, _, err = fix("--unsafe")
    assert (status, err) == (2, [f"error: `{Path(locked).absolute()}` is read-only."])
    if locked == "a.py":
        assert texts() == {"a.py": "two_files()\n", "b.py": "new()\nnew()\n", "lib.py": "x = 1\n" + HEAD + "new()\n"}
    else:
        assert texts() == {"a.py": "two_files()\n", "b.py": "two_files()\nnew()\n", "lib.py": "old()\n"}


def test_a_file_is_not_made_over_another(fix: Callable[..., Outcome]) -> None:
    Path(".gitignore").write_text("made.py\n")
    Path("pyproject.toml").touch()
    write(a=HEAD + "new_file()\nold()\n", made="mine")
    status, _, err = fix("--unsafe")
    says = f"error: `{Path('made.py').absolute()}` cannot be made: there is such a file already."
    assert (status, err) == (2, [says])
    assert texts() == {"a.py": "new_file()\nnew()\n", "made.py": "mine"}


@pytest.mark.parametrize("step", ["drafts", "write"])
def test_a_file_that_was_saved_meanwhile_is_left(
    fix: Callable[..., Outcome], step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(a=HEAD + "old()\n", b=HEAD + "two_files()\n", lib=HEAD)
    real = getattr(writing, step)

    def save_first(changes: list[Change] | list[Draft]) -> object:
        write(lib=HEAD + "old()  # mine\n")
        return real(changes)

    monkeypatch.setattr(writing, step, save_first)
    status, out, err = fix("--unsafe")
    assert (status, out[:-1]) == (2, ["changed a.py"])
    assert err == [f"error: `{Path('lib.py').absolute()}` has changed since it was read."]
    assert texts() == {"a.py": "new()\n", "b.py": "two_files()\n", "lib.py": "old()  # mine\n"}


@pytest.mark.parametrize("name", ["spoil", "wait"])
def test_a_fix_that_would_not_parse_is_named_and_the_others_are_made(fix: Callable[..., Outcome], name: str) -> None:
    write(a=HEAD + f"old()\ndef f():\n    old()\n    {name}()\n    old()\n", b=HEAD + "old()\n", c=HEAD + f"{name}()\n")
    status, out, err = fix()
    assert (status, out[:-1]) == (2, ["changed a.py", "changed b.py"])
    what = "the fix `safe` of `names` is not made where it would leave code that does not parse"
    assert err == [f"error: a.py: {what}", f"error: c.py: {what}"]
    assert texts() == {
        "a.py": f"new()\ndef f():\n    new()\n    {name}()\n    new()\n",
        "b.py": "new()\n",
        "c.py": f"{name}()\n",
    }


def test_many_fixes_that_would_not_parse_hold_up_no_other(fix: Callable[..., Outcome]) -> None:
    write(a=HEAD + "old()\nspoil()\n" * 12)
    status, out, err = fix()
    assert (status, len(err)) == (2, 1)
    assert out == ["changed a.py", "12 findings fixed in 1 file (12 names); 12 remain"]
    assert texts() == {"a.py": "new()\nspoil()\n" * 12}


def test_what_cannot_be_checked(fix: Callable[..., Outcome]) -> None:
    write(bad=b"\xff", good=HEAD + "old()\n", one__a=HEAD + "old()\n", broken="This is prose.\n")
    Path("one/apitfall.toml").write_text("excludes = []\n")
    status, out, err = fix("bad.py", "missing.py", "broken.py", "good.py", "one")
    assert (status, out) == (2, ["changed good.py", "1 finding fixed in 1 file (1 names); none remain"])
    says = ("unknown setting", "bad.py` is not valid UTF-8", "missing.py` cannot be read", "broken.py: nothing in it")
    assert all(sum(said in line for line in err) == 1 for said in says), err
    assert len(err) == len(says)


# The diff


def test_diff(fix: Callable[..., Outcome]) -> None:
    write(app__a=HEAD + "new_file()\n\n\n\n\n\n\nold()", **{"my file": HEAD + "old()\r\n"})
    before = texts()
    status, out, err = fix("--diff", "--unsafe")
    assert (status, err) == (1, ["3 findings would be fixed in 3 files (3 names); none would remain"])
    assert out == [
        "--- app/a.py",
        "+++ app/a.py",
        "@@ -1,10 +1,10 @@",
        " import fastapi",
        " ",
        "-new_file()",
        "+new()",
        " ",
        " ",
        " ",
        " ",
        " ",
        " ",
        "-old()",
        "\\ No newline at end of file",
        "+new()",
        "\\ No newline at end of file",
        "--- /dev/null",
        "+++ app/made.py",
        "@@ -0,0 +1 @@",
        "+y = 1",
        "--- my file.py\t",
        "+++ my file.py\t",
        "@@ -1,3 +1,3 @@",
        " import fastapi",
        " ",
        "-old()",
        "+new()",
    ]
    assert texts() == before


def test_diff_of_nothing(fix: Callable[..., Outcome]) -> None:
    write(a=HEAD + "risky()\n")
    said = "nothing would be fixed in 1 file; 1 would remain, 1 with a fix that needs `--unsafe`"
    assert fix("--diff") == (0, [], [said])


def test_diff_is_in_the_encoding_and_with_the_line_breaks_of_the_file(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    write(a=f"# coding: latin-1\r\n{HEAD}old('é\x0c\u0085')\r\n".encode("latin-1"), b=f"{HEAD}old()\rx = 1\r".encode())
    assert main(["fix", "--diff"]) == 1
    a, _, b = capsysbinary.readouterr().out.partition(b"--- b.py\n")
    assert a == (
        b"--- a.py\n+++ a.py\n@@ -1,4 +1,4 @@\n # coding: latin-1\r\n import fastapi\n \n"
        b"-old('\xe9\x0c\x85')\r\n+new('\xe9\x0c\x85')\r\n"
    )
    end = b"\n\\ No newline at end of file\n"
    assert b.endswith(b"-old()\rx = 1\r" + end + b"+new()\rx = 1\r" + end)


# Standard input


@pytest.mark.parametrize("args", [(), ("-",), ("app/a.py",)])
def test_standard_input_is_printed_fixed_and_nothing_is_written(
    args: tuple[str, ...], stdin: Callable[[bytes], None], capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    write(app__a=HEAD + "old()\n", app__lib=HEAD + "old()\n")
    before = texts()
    text = f"# coding: latin-1\r\n{HEAD}old('é'); risky(); two_files(); new_file()".encode("latin-1")
    stdin(text)
    assert main(["fix", "--unsafe", "--stdin-filename", "app/a.py", *args]) == 0
    fixed = text.replace(b"old", b"new").replace(b"risky", b"changed")
    assert capsysbinary.readouterr() == (fixed, b"")
    assert texts() == before


@pytest.mark.parametrize(
    ("text", "status", "says"),
    [
        (HEAD.encode() + b"unfixable()\r\n", 0, ""),
        (b"", 0, ""),
        (b"\xff", 2, "error: standard input is not valid UTF-8"),
        (EURO, 2, "error: standard input is ISO-8859-1, which has no `€` for its new text."),
        (HEAD.encode() + b"x = (\n", 0, "a.py:3: does not parse here"),
    ],
)
def test_standard_input_that_is_not_fixed_is_printed_as_it_is(
    stdin: Callable[[bytes], None], capsysbinary: pytest.CaptureFixture[bytes], text: bytes, status: int, says: str
) -> None:
    stdin(text)
    assert main(["fix", "--stdin-filename", "a.py"]) == status
    out, err = capsysbinary.readouterr()
    assert out == text
    assert err.decode().startswith(says) if says else not err


def test_diff_of_standard_input(fix: Callable[..., Outcome], stdin: Callable[[bytes], None]) -> None:
    stdin(HEAD.encode() + b"old()\n")
    status, out, _ = fix("-", "--stdin-filename", "app/a.py", "--diff")
    assert (status, out[:2], out[-2:]) == (1, ["--- app/a.py", "+++ app/a.py"], ["-old()", "+new()"])


def test_standard_input_is_fixed_alone(fix: Callable[..., Outcome], stdin: Callable[[bytes], None]) -> None:
    write(b=HEAD + "old()\n")
    stdin(HEAD.encode())
    says = "error: with `--stdin-filename` nothing but standard input can be fixed"
    assert fix("-", "b.py", "--stdin-filename", "a.py") == (2, [], [says])
    status, _, err = fix("-", "b.py")
    assert (status, err) == (2, ["error: `-` needs `--stdin-filename`, the file whose text is on standard input"])
    assert texts() == {"b.py": "new()\n"}
