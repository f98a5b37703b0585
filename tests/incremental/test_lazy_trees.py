"""What is not parsed, or was put down, makes no difference to what is found: of pages, of real code, after changes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import apitfall.held as held
import libcst as cst
import pytest
from apitfall.config import Config
from apitfall.engine import Workspace
from apitfall.facts import unpack
from apitfall.readers import read
from apitfall.registry import RulePackage, load
from apitfall.rule import Finding, ProjectIndex, Rule, RuleContext
from apitfall.syntax import read as parse
from apitfall.syntax.chunks import trees_of
from apitfall.syntax.cut import cut
from apitfall.testing.pages import load_page
from apitfall.text import Document, Revision, change_between
from asking import PACKAGES
from changes import KINDS, change
from sources import FILES, ROOT, long_source
from state import agree, findings, state

RULES = Path(__file__).parents[1] / "rules"
PAGES = sorted([*RULES.glob("*/*.md"), *(page for package in load() for page in package.folder.glob("*.md"))])


def calls_commit(body: str, project: ProjectIndex) -> bool:
    """Whether a body commits; classes and modules are not looked at."""
    function = project.function(body)
    return function is not None and any(s.target is not None and s.target.name == "commit" for s in function.flow)


def check_commits(node: cst.Call, ctx: RuleContext):
    function = ctx.enclosing_function(node)
    if function is not None and calls_commit(f"{ctx.module}:{function.name}", ctx.project):
        yield Finding(
            ctx.span(node), f"called in {function.name}", ctx.finding(node, "").severity, place=ctx.place(node)
        )


COMMITS = Rule("commits", (cst.Call,), check_commits, where=calls_commit)  # pyright: ignore[reportArgumentType]
SELECTIVE = [RulePackage("selective", {"commits": COMMITS}, ("fastapi",), (), {}, Path("/"))]


def project(files: dict[str, str], packages=SELECTIVE, *, lazy: bool, prefilter: bool = True, version: int | None = 1):
    """A workspace; a lazy one has learned the facts of its files."""
    made = Workspace(ROOT, packages, prefilter=prefilter)
    for path, text in files.items():
        made.update(Document(path, version, text))
        made._sources[path].is_lazy = lazy
        if lazy:
            made.learn(path, unpack(read(text)))
    return made


def parsed(made: Workspace) -> int:
    return sum(made._sources[path].reader.parsed for path in made.paths())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_pages_say_the_same_without_the_prefilter(page):
    for case in load_page(page).cases:
        files = {f"{ROOT}/{path}": file.text for path, file in case.files.items() if path.endswith(".py")}
        plain = findings(project(files, load(), lazy=False, prefilter=False), edits=True)
        assert findings(project(files, load(), lazy=True), edits=True) == plain
        assert findings(project(files, load(), lazy=True, version=None), edits=True) == plain
        frozen = project(files, load(), lazy=True, version=None)
        frozen.freeze()
        assert findings(frozen, edits=True) == plain


def test_only_chunks_are_parsed_in_which_a_rule_wants_a_body():
    path = f"{ROOT}/long.py"
    text = long_source(600) + "\n\nasync def one(db):\n    await db.commit()\n"
    made = project({path: text}, lazy=True)
    report = made.check(path, types=False)
    whole = project({path: text}, lazy=False, prefilter=False)
    assert [f.fingerprint for f in report.findings] == [f.fingerprint for f in whole.check(path, types=False).findings]
    assert 0 < parsed(made) < len(made._sources[path].chunks)


@pytest.mark.parametrize("around", ["async def read_item_3(", "class Repository3("])
def test_a_function_of_another_name_lets_nothing_else_be_parsed(around: str):
    path, before = f"{ROOT}/long.py", long_source(600)
    at = before.index("def ", before.index(around)) + len("def ")
    after = f"{before[:at]}other_{before[at:]}"
    made = project({path: before}, lazy=True)
    made.check(path, types=False)
    was, document = parsed(made), Document(path, 2, after)
    made.update(document, [Revision(change_between(before, after), document.lines)])
    made.check(path, types=False)
    assert parsed(made) - was <= 3
    agree(made, project({path: after}, lazy=False))


def test_a_function_is_looked_into_behind_a_comment_that_ends_with_the_word_for_a_class():
    path = f"{ROOT}/a.py"
    text = "import fastapi\n\n\n# not a class\ndef f(db):\n    # nor a class\n    def g():\n        db.commit()\n"
    made = project({path: text}, lazy=True)
    assert [f.message for f in made.check(path, types=False).findings] == ["called in f.g"]


def test_a_text_is_not_parsed_in_which_no_rule_wants_anything():
    asked: list[str] = []

    def has_commit(text: str, bodies: Sequence[str], index: ProjectIndex) -> bool:
        asked.extend(bodies)
        if "fail" in text:
            raise ValueError
        return "commit" in text

    rule = replace(COMMITS, where=lambda body, index: True, text=has_commit)
    package = RulePackage("texts", {"commits": rule}, ("fastapi",), (), {}, Path("/"))
    path = f"{ROOT}/a.py"
    text = "import fastapi\n\n\ndef f():\n    return 1\n\n\ndef g(db):\n    db.commit()\n"
    made = project({path: text}, [package], lazy=True)
    assert [f.message for f in made.check(path, types=False).findings] == ["called in g"]
    assert (parsed(made), asked) == (1, ["a:f", "a:g"])
    failing = project({path: text.replace("return 1", "fail()")}, [package], lazy=True)
    failing.check(path, types=False)
    assert parsed(failing) == 2


def test_a_rule_that_is_given_options_is_shown_everything():
    rule = replace(COMMITS, where=lambda body, index: False)
    package = RulePackage("options", {"commits": rule}, ("fastapi",), (), {}, Path("/"))
    path = f"{ROOT}/a.py"
    made = project({path: "import fastapi\n\n\ndef g(db):\n    db.commit()\n"}, [package], lazy=True)
    assert not made.check(path, types=False).findings
    made.configure(Config(rules={"commits": {"some": 1}}))
    assert [f.message for f in made.check(path, types=False).findings] == ["called in g"]


def test_a_file_of_which_no_rule_has_anything_to_say_is_not_cut_if_nothing_changes():
    quiet, loud = f"{ROOT}/a.py", f"{ROOT}/b.py"
    ignored = "def f(x):  # apitfall: ignore[missing-await]\n    return x\n"
    files = {quiet: "import fastapi\n" + ignored, loud: "import fastapi\n\n\ndef f(x: list = []):\n    x.append(1)\n"}
    frozen = project(files, load(), lazy=True, version=None)
    frozen.freeze()
    found = {path: frozen.check(path) for path in files}
    assert found[loud].findings
    assert [finding.rule for finding in found[quiet].findings] == ["unused-ignore"]
    files[quiet] = "import fastapi\n\n\ndef f(x):\n    return x\n"
    frozen = project(files, load(), lazy=True, version=None)
    frozen.freeze()
    assert not frozen.check(quiet).findings
    assert not frozen._sources[quiet].is_cut
    assert frozen.check(loud).findings
    assert frozen._sources[loud].is_cut


def test_types_may_be_asked_for_where_somebody_tells_them_or_a_comment_is_judged():
    files = {f"{ROOT}/a.py": "import fastapi\n", f"{ROOT}/b.py": "x = 1  # apitfall: ignore[commits]\n"}
    assert project(files, lazy=True).index().may_ask("a:f")
    frozen = project(files, lazy=True)
    frozen.freeze()
    assert (frozen.index().may_ask("a:f"), frozen.index().may_ask("b:f")) == (False, True)


def test_a_chunk_is_parsed_when_a_rule_comes_to_want_it():
    path, other = f"{ROOT}/a.py", f"{ROOT}/b.py"
    files = {
        path: "import fastapi\nfrom b import work\n\n\ndef f():\n    return work()\n",
        other: "def work():\n    pass\n",
    }

    def calls_what_commits(body: str, index: ProjectIndex) -> bool:
        function = index.function(body)
        steps = function.flow if function is not None else ()
        symbols = [index.symbol(s.target, index.scope_of(body), s.place) for s in steps if s.target is not None]
        return any(symbol is not None and calls_commit(symbol, index) for symbol in symbols)

    rule = Rule("far", (cst.Call,), lambda n, c: iter((c.finding(n, "far"),)), where=calls_what_commits)
    made = project(files, [RulePackage("far", {"far": rule}, ("fastapi",), (), {}, Path("/"))], lazy=True)
    assert not made.check(path, types=False).findings
    assert parsed(made) == 0
    made.update(Document(other, 2, "def work(db):\n    db.commit()\n"))
    assert [f.message for f in made.check(path, types=False).findings] == ["far"]
    made.update(Document(other, 3, "def work(db):\n    db.rollback()\n"))
    assert not made.check(path, types=False).findings


NAMES = """\
import fastapi

key = lambda x: x.commit()


class C:
    value = lambda self: self.commit()

    @property
    def x(self):
        return self.db.commit()

    @x.setter
    def x(self, value):
        self.db.commit()


def f(db):
    db.commit()


class C:
    other = lambda self: self.commit()

    def x(self):
        def inner():
            return self.db.commit()
        return inner


if key:
    def f(db):
        db.commit(lambda: db.commit())
else:
    def f(db, key=lambda: db.commit()):
        return [db.commit() for _ in sorted(db, key=lambda x: x)]


def f(db):
    return db
"""


@pytest.mark.parametrize("first", range(12))
def test_functions_have_their_names_whichever_chunk_is_looked_into_first(first):
    files = {f"{ROOT}/a.py": NAMES}
    made, other = project(files, lazy=True), project(files, lazy=False)
    chunks = made._sources[f"{ROOT}/a.py"].chunks
    tree = chunks[first % len(chunks)].tree
    assert tree is not None and tree.nodes
    assert state(made) == state(other)


def test_what_stands_in_the_pieces_of_a_text_that_was_read_elsewhere_is_known_before_they_are_parsed():
    path = f"{ROOT}/a.py"
    for text in (NAMES, *FILES.values()):
        reader = (made := project({path: text}, lazy=True))._sources[path].reader
        assert [chunk.piece for chunk in made._sources[path].chunks] == cut(text)[0]
        assert (reader.parsed, reader.cut) == (0, 0)
        trees = [*reader.trees]
        told = [{*tree.bodies} for tree in trees]
        assert all(tree.nodes is not None for tree in reversed(trees))
        assert [{*tree.bodies} for tree in trees] == told
        assert [dict(tree.seen) for tree in trees] == [dict(tree.seen) for tree in trees_of(parse(text))]


@pytest.mark.parametrize("seed", range(40))
def test_changes_lead_to_what_a_fresh_check_finds(seed, monkeypatch):
    """Facts were learned, few trees are held, some chunks are parsed ahead, and files are closed and opened."""
    monkeypatch.setattr(held, "MOST", 1500)
    monkeypatch.setattr(held, "OFTEN", 1)
    random = Random(seed)
    files = {**FILES, f"{ROOT}/app/names.py": NAMES}
    made = project(files, (PACKAGES, SELECTIVE, PACKAGES[-1:])[seed % 3], lazy=True)
    done: list[tuple[str, str, int]] = []
    for version in range(2, 12):
        path = random.choice(list(files))
        kind, number = random.choice(list(KINDS)), random.randrange(10**6)
        text = change(files[path], kind, number)
        done.append((path, kind, number))
        document = Document(path, version if random.random() < 0.7 else None, text)
        known = [Revision(change_between(files[path], text), document.lines)] if random.random() < 0.5 else None
        made.update(document, known)
        files[path] = text
        made.check(random.choice(list(files)), types=False)
        if random.random() < 0.3:
            made.read_ahead(random.choice(list(files)))
        if random.random() < 0.5:
            agree(made, project(files, made.packages, lazy=False, prefilter=False), f"after {done}", findings)
    agree(made, project(files, made.packages, lazy=False, prefilter=False), f"after {done}")


@pytest.mark.parametrize("version", [3, None])
def test_what_was_found_in_a_file_stays_when_it_is_closed_and_something_in_it_is_another(version):
    path = f"{ROOT}/closed.py"
    text = "import fastapi\n\n\ndef helper():\n    pass\n\n\ndef f(db):\n    helper()\n    db.commit()\n"
    made = project({path: text}, PACKAGES[-1:], lazy=False)
    made.check(path, types=False)
    later = text.replace("    pass\n", "    return 1\n")
    made.update(Document(path, version, later))
    agree(made, project({path: later}, made.packages, lazy=False), "closed")


def test_what_is_long_is_parsed_ahead_of_what_is_short():
    path = f"{ROOT}/mixed.py"
    text = "import fastapi\n" + "".join(f"def f{n}(db):\n" + "    db.add(1)\n" * n for n in (3, 9, 1, 7, 5))
    made = project({path: text}, lazy=True)
    trees = [chunk.tree for chunk in made._sources[path].chunks]
    order: list[int] = []
    while made.read_ahead(path):
        order += [len(tree.text) for tree in trees if tree is not None and tree.is_read and len(tree.text) not in order]
    assert len(order) == 6
    assert order == sorted(order, reverse=True)


def test_nobody_who_types_waits_until_what_is_too_much_is_put_down(monkeypatch):
    monkeypatch.setattr(held, "MOST", 6000)
    monkeypatch.setattr(held, "OFTEN", 1000)
    path, text = f"{ROOT}/long.py", long_source(300)
    made = project({path: text}, load(), lazy=False)
    trees = [chunk.tree for chunk in made._sources[path].chunks if chunk.tree is not None]
    assert sum(len(tree.text) for tree in trees) > 6500
    for version, now in enumerate((text, text + "x = 1\n"), 2):
        made.update(Document(path, version, now))
        made.check(path, types=False)
        assert all(tree.is_read for tree in trees[:-1])  # the last one is another then
    steps = 0
    while made.read_ahead(path):
        steps += 1
    assert steps < 2 * len(trees)
    assert sum(len(tree.text) for tree in trees[:-1] if tree.is_read) < 5500  # the last one put in goes a bit too far


def test_what_is_long_or_was_just_looked_into_is_not_put_down(monkeypatch):
    monkeypatch.setattr(held, "MOST", 6000)
    monkeypatch.setattr(held, "OFTEN", 1000)
    path = f"{ROOT}/mixed.py"
    sizes = [1 + 7 * n % 60 for n in range(40)]
    text = "import fastapi\n" + "".join(f"def f{n}(db):\n" + "    db.add(1)\n" * size for n, size in enumerate(sizes))
    made = project({path: text}, load(), lazy=False)
    trees = [chunk.tree for chunk in made._sources[path].chunks if chunk.tree is not None]
    assert sum(len(tree.text) for tree in trees) > 10_000
    while made.read_ahead(path):
        pass
    kept = [len(tree.text) for tree in trees if tree.is_read]
    gone = [len(tree.text) for tree in trees if not tree.is_read]
    assert 4000 < sum(kept) < 6000
    assert sorted(kept)[len(kept) // 2] > max(gone)
    late = [tree for tree in trees if tree.is_read and len(tree.text) < max(gone)]
    assert 0 < sum(len(tree.text) for tree in late) <= 1000


def test_typing_in_a_long_function_is_not_counted_again_and_again(monkeypatch):
    monkeypatch.setattr(held, "MOST", 6000)
    monkeypatch.setattr(held, "OFTEN", 1000)
    path = f"{ROOT}/mixed.py"
    text = "import fastapi\n" + "".join(f"def f{n}(db):\n" + "    db.add(1)\n" * 60 for n in range(5))
    made = project({path: text}, load(), lazy=False)
    made.check(path, types=False)
    before = made._sources[path].reader.parsed
    for version in range(2, 40):
        text = text.replace("db.add(1", "db.add(11", 1)
        made.update(Document(path, version, text))
        made.check(path, types=False)
        while made.read_ahead(path):
            pass
    assert made._sources[path].reader.parsed - before == 38
