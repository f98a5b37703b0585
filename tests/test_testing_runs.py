"""Pages that lie: the page of the rule package `loud`, with changes made to it, run as its author would."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from apitfall.registry import load_package
from apitfall.testing import Check, check_page, collect, load_page, problems, proof_problems

LOUD = load_package("loud")
PAGE = (LOUD.folder / "loud-call.md").read_text(encoding="utf-8")


def write(folder: Path, changes: list[tuple[str, str]]) -> Path:
    text = PAGE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "loud-call.md"
    path.write_text(text, encoding="utf-8")
    return path


def all_problems(path: Path) -> str:
    return "\n".join(p for case in load_page(path).cases for p in problems(case, LOUD, "loud-call"))


CALL = '    return shout("hi")  # warning: "is loud"; related: "said"'
TYPED = '  # information (types): "`upper` is loud"'
GOOD = "whisper(text)\n"
SETTINGS = "## Good\n\n```toml\n[tool.apitfall]\n{}\n```\n"

# A lie as changes to the page, and what is said of it; nothing is said of a page as it is.
LIES: dict[str, tuple[list[tuple[str, str]], str]] = {
    "a missing mark": ([(GOOD, "shout()\n")], 'expected nothing more, found warning: "`shout` is loud"'),
    "a finding that is not there": ([(GOOD, "whisper(text)  # error\n")], "expected error, found nothing more"),
    "a wrong level": ([("# warning", "# error")], 'expected error: "is loud", found warning: "`shout` is loud"'),
    "a wrong text": ([("is loud", "is soft")], 'expected warning: "is soft", found warning: "`shout` is loud"'),
    "a wrong count": ([("# warning", "# warning x2")], 'expected warning: "is loud", found nothing more'),
    "a related place without a mark": ([('; related: "said"', "")], 'found related: "said here"'),
    "a mark without a related place": ([("VOICE = 1", "VOICE = 1  # related")], "voice.py:1: expected related"),
    "a wrong related text": ([('"said"', '"sung"')], 'expected related: "sung", found related: "said here"'),
    "types that are needed": ([(TYPED, "  # information")], "expected information, found nothing more (without types)"),
    "types that are not needed": (
        [("# warning", "# warning (types)")],
        'found warning: "`shout` is loud" (without types)',
    ),
    "a typed finding without a mark": ([(TYPED, "")], 'found information: "`upper` is loud" (with types)'),
    "another fixed text": (
        [('whisper("hi")', 'whisper("ho")')],
        '-    return whisper("ho")\n+    return whisper("hi")',
    ),
    "a fix that nobody offers": (
        [("fixed hush", "fixed sing"), ("fixed hush", "fixed sing")],
        "no finding offers the fix `sing`",
    ),
    "a created file not shown": (
        [("`note.py`:\n\n```python fixed hush\nQUIET = True\n```\n", "")],
        "note.py is there, which the page does not show",
    ),
    "a created file of another text": ([("QUIET = True", "QUIET = 1")], "-QUIET = 1\n+QUIET = True"),
    "a file that is not created": ([("`note.py`:", "`notes.py`:")], "notes.py was not created"),
    "a mark of what does not remain": (
        [('whisper("hi")\n', 'whisper("hi")  # warning\n')],
        "expected warning, found nothing more",
    ),
    "a fixed file that does not parse": ([('whisper("hi")\n', "whisper(\n")], "the fixed main.py does not parse"),
    "an unknown setting": ([("## Good\n", SETTINGS.format("colour = 1"))], "unknown setting `colour`"),
    "a rule that is off": (
        [("## Bad\n", SETTINGS.format('ignore = ["loud-call"]').replace("Good", "Bad"))],
        'expected warning: "is loud"',
    ),
    "a rule that raises": ([(GOOD, "crash(text)\n")], "RuntimeError: this rule is broken"),
}


def test_true_page(tmp_path: Path) -> None:
    path = write(tmp_path, [])
    assert all_problems(path) == ""
    assert check_page(path, LOUD, "loud-call") == []


@pytest.mark.parametrize("lie", LIES)
def test_lies_of_cases(lie: str, tmp_path: Path) -> None:
    changes, said = LIES[lie]
    assert said in all_problems(write(tmp_path, changes))


def test_problems_name_the_line_of_the_page(tmp_path: Path) -> None:
    path = write(tmp_path, [("# warning", "# error")])
    line = PAGE.split(CALL)[0].count("\n") + 1
    assert all_problems(path).startswith(f"{path}:{line}: main.py:13: expected error")


def test_files_that_a_fix_leaves_alone_keep_their_related_marks(tmp_path: Path) -> None:
    """A related mark in a file that a fixed block leaves out is that of the finding before the fix."""
    path = write(tmp_path, [("VOICE = 1", "VOICE = 1  # related")])
    assert all_problems(path).count("voice.py") == 1


def test_fix_without_name_is_the_first(tmp_path: Path) -> None:
    assert all_problems(write(tmp_path, [("fixed whisper", "fixed")])) == ""


UNFIXED = PAGE[PAGE.index("```python fixed hush") : PAGE.index("`voice.py`")]
PROOF = PAGE[PAGE.index("```python proof") : PAGE.index("## Good")]

# A duty that the page does not do, as changes to it, and what is said of it.
DUTIES: dict[str, tuple[list[tuple[str, str]], str]] = {
    "no why": ([("## Why", "## Wherefore")], "there is no `## Why` with a text"),
    "no words why": ([("It wakes the neighbours.\n", "")], "there is no `## Why` with a text"),
    "no bad case": ([(PAGE[PAGE.index("## Bad") : PAGE.index("## Good")], ""), (TYPED, "")], "there is no bad case"),
    "no clean case": ([(PAGE[PAGE.index("## Good\n") : PAGE.index("## Good: by")], "")], "there is no clean case"),
    "no fixed block": ([(UNFIXED, "")], "no block `python fixed` shows the fix `hush`"),
    "no proof": ([(PROOF, "")], "there is neither a proof nor a line `No proof: <reason>`"),
    "a proof and none": (
        [("## Why\n", "## Why\n\nNo proof: it is loud.\n")],
        "`No proof:` is said, and there is a proof",
    ),
    "two reasons": ([(PROOF, "No proof: a.\n\nNo proof: b.\n\n")], "`No proof:` is said more than once"),
    "a proof of the other fix": (
        [("proof whisper", "proof hush")],
        "the fix `whisper` is safe, and no proof of it shows it",
    ),
    "no same": ([("def same", "def other")], "the fix `whisper` is safe, and its proof has no `same`"),
}


@pytest.mark.parametrize("duty", DUTIES)
def test_duties(duty: str, tmp_path: Path) -> None:
    changes, said = DUTIES[duty]
    path = write(tmp_path, changes)
    assert said in "\n".join(check_page(path, LOUD, "loud-call"))


def test_no_proof_with_a_reason(tmp_path: Path) -> None:
    assert check_page(write(tmp_path, [(PROOF, "No proof: it is loud.\n\n")]), LOUD, "loud-call") == []


# Proofs

BEFORE, AFTER = "before the fix", "after the fix"

# A proof that does not hold, as changes to the page, and what is said of it.
PROOFS: dict[str, tuple[list[tuple[str, str]], list[str]]] = {
    "true": ([], []),
    "of another module in a folder": ([("`voice.py`", "`voice/__init__.py`")], []),
    "no fault before": ([('== "HI"', '== "HO"')], [f"{BEFORE} `fault` does not hold"]),
    "a fault that stays": ([('assert run.main() == "HI"', "pass")], [f"{AFTER} `fault` holds"]),
    "mended before": ([('assert run.main() == "hi"', "pass")], [f"{BEFORE} `mended` holds"]),
    "not mended after": ([('== "hi"', '== "ho"')], [f"{AFTER} `mended` does not hold"]),
    "not the same before": (
        [("assert len(run.main()) == 2", 'assert run.main() == "hi"')],
        [f"{BEFORE} `same` does not hold"],
    ),
    "not the same after": (
        [("assert len(run.main()) == 2", 'assert run.main() == "HI"')],
        [f"{AFTER} `same` does not hold"],
    ),
    "another exception": (
        [("def fault(run):", "def fault(run):\n    1 / 0")],
        [f"{BEFORE} `fault` raised", "ZeroDivisionError", f"{AFTER} `fault` raised"],
    ),
    "an exit": ([("def fault(run):", "def fault(run):\n    exit(3)")], [f"{BEFORE} `fault` raised", "SystemExit: 3"]),
    "a dead process": (
        [("def fault(run):", "def fault(run):\n    print('last words', flush=True)\n    __import__('os')._exit(3)")],
        [f"{BEFORE} `fault` ended its process with 3\nlast words"],
    ),
    "an example that does not import": (
        [
            ("def main():", "1 / 0\n\n\ndef main():"),
            ("def main():\n    return whisper", "1 / 0\n\n\ndef main():\n    return whisper"),
        ],
        [f"{BEFORE} `fault` raised", "ZeroDivisionError"],
    ),
    "a fix that nobody offers": ([("proof whisper", "proof sing")], ["no finding offers the fix `sing`"]),
    "a rule that raises": (
        [("    return shout", "    crash()\n    return shout")],
        ["RuntimeError: this rule is broken"],
    ),
}


@pytest.mark.parametrize("proof", PROOFS)
def test_proofs(proof: str, tmp_path: Path) -> None:
    changes, said = PROOFS[proof]
    [case] = [case for case in load_page(write(tmp_path, changes)).cases if case.proofs]
    found = "\n".join(proof_problems(case, *case.proofs, LOUD, "loud-call"))
    assert [words for words in said if words not in found] == []
    assert bool(found) == bool(said)


def test_traceback_of_a_proof_shows_the_page(tmp_path: Path) -> None:
    path = write(tmp_path, [('== "HI"', '== "HO"')])
    [case] = [case for case in load_page(path).cases if case.proofs]
    line = PAGE.split("def fault")[0].count("\n") + 2
    [found] = proof_problems(case, "whisper", LOUD, "loud-call")
    assert f'File "{path}", line {line}, in fault\n    assert run.main() == "HO"' in found


def test_a_proof_that_takes_too_long(tmp_path: Path) -> None:
    path = write(
        tmp_path, [("def fault(run):", "def fault(run):\n    print('on and on', flush=True)\n    while True: pass")]
    )
    [case] = [case for case in load_page(path).cases if case.proofs]
    found = proof_problems(case, "whisper", LOUD, "loud-call", timeout=1.5)
    assert [problem.partition(": ")[2] for problem in found] == [
        "before the fix `fault` took longer than 1.5 seconds\non and on\n",
        "after the fix `fault` took longer than 1.5 seconds\non and on\n",
    ]


def test_a_rule_package_without_proving(tmp_path: Path) -> None:
    [case] = [case for case in load_page(write(tmp_path, [])).cases if case.proofs]
    [found] = proof_problems(case, "whisper", replace(LOUD, folder=tmp_path), "loud-call")
    assert "the rule package loud has no package `proving`" in found


# A plug-in author's tests


@pytest.mark.parametrize("check", collect(LOUD), ids=str)
def test_page(check: Check) -> None:
    assert not (report := check()), report


def test_checks_have_names() -> None:
    assert [str(check) for check in collect(LOUD)] == [
        "loud-call: the page",
        "loud-call: Bad",
        "loud-call: Bad, proof whisper",
        "loud-call: Good",
        "loud-call: Good: by its type",
    ]


def test_corner_pages(tmp_path: Path) -> None:
    for rule, name, text in (
        ("loud-call", "good", "# a\n\nb\n\n## A case\n\n```python\nimport voice\n```\n"),
        ("loud-call", "none", "# a\n\nb\n"),
        ("loud-call", "wrong", "# a\n"),
        ("soft-call", "lost", "# a\n\nb\n"),
    ):
        (tmp_path / rule).mkdir(exist_ok=True)
        (tmp_path / rule / f"{name}.md").write_text(text)
    reports = {str(check): check().partition(":1: ")[2] for check in collect(LOUD, corners=tmp_path)[5:]}
    assert reports == {
        "loud-call/good: A case": "",
        "loud-call/none: the cases": "there is no case, a heading with code under it",
        "loud-call/wrong: the cases": "the first paragraph under the title is the summary; there is none",
        "soft-call/lost: the cases": "there is no rule `soft-call`",
    }


def test_missing_page(tmp_path: Path) -> None:
    [check] = collect(replace(LOUD, folder=tmp_path))
    assert check().endswith("the rule `loud-call` has no page")


def test_unknown_package() -> None:
    with pytest.raises(LookupError, match="no rule package `quiet` is installed"):
        collect("quiet")
