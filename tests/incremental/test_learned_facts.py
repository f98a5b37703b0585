"""Facts that were read elsewhere: nothing of their files is parsed before it is needed, and all is found all the same."""

from pathlib import Path

import pytest
from apitfall.engine import Workspace
from apitfall.facts import unpack
from apitfall.readers import read
from apitfall.registry import load
from apitfall.testing.pages import load_page
from apitfall.text import Document, Revision, change_between
from asking import workspace
from sources import FILES, ROOT
from state import findings, state

RULES = Path(__file__).parents[1] / "rules"
PAGES = sorted([*RULES.glob("*/*.md"), *(page for package in load() for page in package.folder.glob("*.md"))])


def learned(files: dict[str, str]) -> Workspace:
    """The same project, of whose files the facts were packed elsewhere."""
    made = workspace(files)
    for path, text in files.items():
        made.learn(path, unpack(read(text)))
    assert not made.unread()
    return made


def parsed(made: Workspace) -> int:
    return sum(made._sources[path].reader.parsed for path in made.paths())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_the_findings_are_the_same(page):
    for case in load_page(page).cases:
        files = {f"{ROOT}/{path}": file.text for path, file in case.files.items() if path.endswith(".py")}
        assert findings(learned(files), edits=True) == findings(workspace(files), edits=True)


def test_all_is_the_same_whatever_is_looked_at_first():
    made, other = learned(dict(FILES)), workspace(FILES)
    for path in reversed(made.paths()):
        made.check(path, types=False)
    assert state(made) == state(other)


def test_all_is_the_same_after_changes_of_files_that_were_parsed_and_of_others():
    made, other = learned(dict(FILES)), workspace(FILES)
    first, *_, last = sorted(FILES)
    made.check(first, types=False)
    for number, path in enumerate((first, last, first)):
        before = made.document(path)
        assert before is not None
        text = f"{before.text}\n\nasync def added_{number}():\n    return await commit()\n"
        for one in (made, other):
            document = Document(path, number, text)
            one.update(document, [Revision(change_between(before.text, text), document.lines)])
        assert state(made) == state(other)


def test_all_is_the_same_after_what_was_parsed_was_let_go():
    made, other = learned(dict(FILES)), workspace(FILES)
    for path in made.paths():
        made.check(path, types=False)
        made.release(path)
    assert state(made) == state(other)


def test_only_what_is_looked_at_is_parsed():
    made = learned({f"{ROOT}/a.py": "import fastapi\nx = 1\n", f"{ROOT}/b.py": "def f(x=[]):\n    return x\n"})
    made.index()
    assert parsed(made) == 0
    made.check(f"{ROOT}/a.py", types=False)
    assert parsed(made) == 1


def test_what_was_parsed_is_not_replaced_by_what_was_read_elsewhere():
    path = f"{ROOT}/a.py"
    made = workspace({path: "import fastapi\nx = 1\n"})
    made.check(path, types=False)
    made.update(Document(path, 1, "import fastapi\nx = 2\n"))
    made.learn(path, unpack(read("y = 1\n")))
    assert list(made.read(path).variables) == ["x"]
    made.learn(f"{ROOT}/gone.py", unpack(read("y = 1\n")))
    assert made.paths() == [path]
