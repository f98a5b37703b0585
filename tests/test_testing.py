"""The page grammar: marks, blocks, and what is said of a page that does not follow it."""

from __future__ import annotations

from pathlib import Path

import pytest
from apitfall.testing import PageError
from apitfall.testing.marks import Mark, strip_marks
from apitfall.testing.pages import parse_page

# Marks


@pytest.mark.parametrize(
    ("line", "code", "marks"),
    [
        ("x()  # error", "x()", [Mark("error")]),
        ("x()  # warning x2", "x()", [Mark("warning", 2)]),
        ('x()  # hint: "is loud"', "x()", [Mark("hint", text="is loud")]),
        ('x()  # information x3 (types): "a"', "x()", [Mark("information", 3, True, "a")]),
        ('x()  # error; related: "a; b # c"', "x()", [Mark("error"), Mark("related", text="a; b # c")]),
        ('x()  # error: "say \\"x\\""', "x()", [Mark("error", text='say "x"')]),
        ("x()  # noqa  # error", "x()  # noqa", [Mark("error")]),
        ("x('#')  # related", "x('#')", [Mark("related")]),
        ("x()  # TODO", "x()  # TODO", []),
        ("# Errors are raised here.", "# Errors are raised here.", []),
        ("x()  # apitfall: ignore[loud-call]", "x()  # apitfall: ignore[loud-call]", []),
    ],
)
def test_marks(line: str, code: str, marks: list[Mark]) -> None:
    text, found = strip_marks(f"{line}\n")
    assert (text, list(found.get(0, ()))) == (f"{code}\n", marks)


# Pages that do not follow the grammar, as what stands under a title and a summary, with the line of the error


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("```python\nx()  # eror\n```", 8, "unknown mark `eror`; did you mean `error`?"),
        ('```python\nx()  # oops: "a"\n```', 8, "unknown mark `oops`; a mark is one of error, warning"),
        ("```python\n\nx()  # error handling\n```", 9, "`# error handling` begins as a mark but is none"),
        ("```python\nx()  # error: unquoted\n```", 8, "begins as a mark but is none"),
        ("```python\nx()  # error (jedi)\n```", 8, "unknown condition `(jedi)`"),
        ("```python\nx()  # related x2\n```", 8, "`related` takes a text and nothing else"),
        ("```python\n# error\nx()\n```", 8, "a mark stands behind the code of its line"),
        ("```python\nx()\n```\n\n```python\ny()\n```", 12, "two files of one name: `main.py`"),
        ("`a.py`:\n```python\nx()\n```\n`a.py`:\n\n```python\ny()\n```", 14, "two files of one name: `a.py`"),
        ("`../a.py`:\n```python\nx()\n```", 9, "`../a.py` does not lie in the project"),
        ("`a.py`:\n\nprose", 9, "no block follows the name `a.py`"),
        ("`a.py`:", 7, "no block follows the name `a.py`"),
        ("```python\nx()", 7, "the block is not closed"),
        ("````python\nx()\n```", 7, "the block is not closed"),
        ("```python fixd\nx()\n```", 8, "unknown block `python fixd`"),
        ("```python fixed a b\nx()\n```", 8, "unknown block `python fixed a b`"),
        ("```python\nx()\n```\n```python fixed\ny()\n```", 5, "needs a finding marked"),
        ("```python fixed\ny()\n```", 5, "needs a finding marked"),
        (
            "```python\nx()  # error\n```\n```python fixed a\ny()\n```\n```python fixed a\ny()\n```",
            14,
            "two files of one name: `main.py`",
        ),
        ("```python\nx()  # error\n```\n```python proof\npass\n```", 11, "the proof has no function `fault(run)`"),
        (
            "```python\nx()  # error\n```\n```python proof\ndef fault(run): pass\n```",
            11,
            "the proof has no function `mended(run)`",
        ),
        (
            "```python\nx()  # error\n```\n```python proof\ndef fault(run): pass\ndef mended(): pass\n```",
            12,
            "`mended` takes one argument, the run",
        ),
        ("```python\nx()  # error\n```\n```python proof\n\ndef fault(:\n```", 12, "the proof does not parse"),
        ("```toml\n[project]\ndependencies = ['a>=1']\n```", 8, "`a>=1` is no exact pin"),
        ("```toml\n[project]\ndependencies = ['a==1.*']\n```", 8, "`a==1.*` is no exact pin"),
        ("```toml\n[project]\ndependencies = ['a']\n```", 8, "`a` is no exact pin"),
        ("```toml\n[project\n```", 8, "the pyproject.toml does not parse"),
        ("No proof:\n", 5, "`No proof:` needs a reason"),
    ],
)
def test_page_errors(body: str, line: int, message: str) -> None:
    with pytest.raises(PageError) as caught:
        parse_page(f"# title\n\nSummary.\n\n## Case\n\n{body}", Path("page.md"))
    assert (caught.value.line, message in str(caught.value)) == (line, True), str(caught.value)


@pytest.mark.parametrize(("text", "message"), [("text", "begins with its title"), ("# a\n\n## b", "there is none")])
def test_page_without_head(text: str, message: str) -> None:
    with pytest.raises(PageError, match=message):
        parse_page(text, Path("page.md"))


def test_prose_is_no_case() -> None:
    text = "# a\n\nOne\nline.\n\n## Why\n\n```python\nx()  # error\n```\n\n## Shell\n\n```console\n$ x\n```\n"
    page = parse_page(text, Path("page.md"))
    assert (page.summary, page.cases) == ("One line.", ())
    assert [(s.title, s.level, s.line) for s in page.sections] == [("a", 1, 1), ("Why", 2, 6), ("Shell", 2, 12)]
