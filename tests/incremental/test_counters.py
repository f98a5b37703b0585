"""What is done for one change: it does not grow with the file, and stays below bounds that are named here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
import pytest
from apitfall.engine import Workspace
from apitfall.registry import RulePackage, load
from apitfall.rule import Finding, Rule, RuleContext
from apitfall.syntax import Reader
from apitfall.text import Document
from asking import workspace
from sources import FILES, ROOT, long_source
from state import agree

PATH = f"{ROOT}/app/long.py"
LINES = (300, 3_000, 12_000)


@dataclass(frozen=True)
class Work:
    """`parsed` texts were given to the parser, of `cut` characters; `made` answers were made, and `run` nodes looked at."""

    parsed: int
    cut: int
    made: int
    run: int

    def __sub__(self, other: "Work") -> "Work":
        return Work(self.parsed - other.parsed, self.cut - other.cut, self.made - other.made, self.run - other.run)


class Counted:
    """A workspace with one long file, all rules, and one more that counts the nodes that it is shown."""

    def __init__(self, lines: int) -> None:
        self.run = 0
        rule = Rule("counting", (cst.SimpleStatementLine, cst.FunctionDef), self.count)  # pyright: ignore[reportArgumentType]
        packages = [*load(), RulePackage("counting", {rule.name: rule}, ("fastapi",), (), {}, Path("/"))]
        self.text = long_source(lines)
        self.workspace: Workspace = workspace({**FILES, PATH: self.text}, packages)
        self.check()
        self.rest()
        # A table of all bodies is made once, when it is first asked; from then on a change costs its own body.
        index = self.workspace.index()
        index.assigned_to_self("", "")
        index.callers("app.long:no")

    def count(self, node: cst.CSTNode, ctx: RuleContext) -> Iterator[Finding]:
        self.run += 1
        yield from ()

    def check(self) -> None:
        self.workspace.check(PATH, types=False)

    def rest(self) -> None:
        """What a server does when nobody types."""
        while self.workspace.read_ahead(PATH):
            pass

    @property
    def work(self) -> Work:
        reader = self.workspace._sources[PATH].reader
        return Work(reader.parsed, reader.cut, self.workspace.index().answers.made, self.run)

    def after(self, text: str) -> Work:
        """What is done for another text."""
        before = self.work
        self.workspace.update(Document(PATH, 1, text))
        self.check()
        work = self.work - before
        self.rest()
        return work


@pytest.fixture(scope="module")
def counted() -> list[Counted]:
    """The same file in each of its lengths."""
    return [Counted(lines) for lines in LINES]


FUNCTION = """\
async def pasted(db: Session, page: int = 1):
    \"\"\"What was copied elsewhere.\"\"\"
    rows = await db.scalars(select(Item).limit(20))
    for row in rows:
        row.seen = True
    return [row.name for row in rows]


"""
# What is put before which text, the one nearest to the middle, and the most that may be done for it. Taking it away
# again may cost as much.
CHANGES = {
    "a character in a function": ("x", "db.commit()", Work(1, 450, 25, 10)),
    "a character in a method": ("x", "add(item)", Work(1, 120, 30, 10)),
    "a character in a comment": ("x", "omment ", Work(1, 250, 20, 10)),
    "a statement": ("item.seen = True\n    ", "await db.commit()", Work(1, 500, 20, 10)),
    "a statement of several lines": ("if item.seen:\n        return None\n    ", "await db.commit()", Work(1, 500, 20, 10)),
    "a bracket": ("(", "db.commit()", Work(2, 450, 25, 10)),
    "quotes": ('"""', "item = await", Work(2, 450, 25, 10)),
    "a line break": ("\n    ", "await db.commit()", Work(1, 450, 20, 10)),
    "a line in a class": ("    seen = True\n", "    def save", Work(2, 450, 28, 10)),
    "a comment before a function": ("# why\n\n", "@router.get", Work(1, 20, 20, 10)),
    "a function": (FUNCTION, "@router.get", Work(1, 700, 40, 10)),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_done_for_a_change_does_not_grow_with_the_file(counted: list[Counted], name: str) -> None:
    new, mark, most = CHANGES[name]
    done: list[tuple[Work, Work]] = []
    for file in counted:
        at = file.text.index(mark, len(file.text) // 2)
        made = file.after(file.text[:at] + new + file.text[at:])
        done.append((made, file.after(file.text)))
    for works in zip(*done, strict=True):
        assert len({(work.parsed, work.made, work.run) for work in works}) == 1, works
        for work in works:
            is_below = work.parsed <= most.parsed, work.cut <= most.cut, work.made <= most.made, work.run <= most.run
            assert is_below == (True,) * 4, work


@pytest.mark.parametrize("lines", LINES)
def test_what_is_cut_around_a_class_does_not_grow_with_the_file(lines: int) -> None:
    text = re.sub(r"    limit = .*\n\n", "", long_source(lines))
    at = text.index("\nclass ", len(text) // 2)
    reader = Reader()
    reader.read(text)
    before = reader.cut
    reader.read(text[:at] + "\n" + text[at:])
    assert 0 < reader.cut - before < 800


@pytest.mark.parametrize("head", ["class C:\n", "@d\nclass C(B):\n    'What it is.'\n\n    x = 1\n\n"])
@pytest.mark.parametrize("methods", [10, 1_000])
def test_what_is_cut_for_a_function_before_a_class_does_not_grow_with_that(methods: int, head: str) -> None:
    text = f"x = 1\n\n\n{head}" + "".join(f"    def method_{n}(self):\n        return {n}\n\n" for n in range(methods))
    reader = Reader()
    reader.read(text)
    before = reader.cut
    chunks = reader.read(text.replace(head, FUNCTION + head))
    assert 0 < reader.cut - before < 500
    assert [chunk.piece for chunk in chunks] == [
        chunk.piece for chunk in Reader().read(text.replace(head, FUNCTION + head))
    ]


@pytest.mark.parametrize("statements", [100, 1_000])
@pytest.mark.parametrize(
    ("old", "new", "most"),
    [
        ("call_50(", "call(", 20),
        ("call_50(", "call_50((", 20),
        ("    x = call_50(", "    y = 1\n    x = call_50(", 30),
        ("def long(x)", "def long(x, y)", 40),
        ("    x = call_50(", "    if x:\n        y = 1\n    x = call_50(", 60),
        ("x = other(", "x = another(", 30),
        (" A", " B", 60),
    ],
)
@pytest.mark.parametrize("clause", ["except A:", "except A :"])
def test_what_is_read_in_a_long_function(statements: int, old: str, new: str, most: int, clause: str) -> None:
    text = "import fastapi\n\n\ndef long(x):\n" + "".join(f"    x = call_{n}(x)\n" for n in range(statements))
    text += f"    try:\n        x = call(x)\n    {clause}\n        x = other(x)\n"
    reader = Reader()
    reader.read(text)
    before = reader.cut
    reader.read(text.replace(old, new))
    assert 0 < reader.cut - before <= most
    reader.read(text)
    assert reader.cut - before <= 2 * most


@pytest.mark.parametrize("statements", [100, 1_000])
@pytest.mark.parametrize("around", ["", "class A:\n    def f(self): ...\n"])
@pytest.mark.parametrize(
    ("old", "new", "most"),
    [
        ("x_50 = call_50(", "x_50 = call(", 30),
        ("x_50 = call_50(", "x_50 = = call_50(", 30),
        ("x_50 = call_50(", "y = 1\n{indent}x_50 = call_50(", 40),
    ],
)
def test_what_is_read_in_a_long_run(statements: int, around: str, old: str, new: str, most: int) -> None:
    indent = "    " if around else ""
    text = around + "".join(f"{indent}x_{n} = call_{n}(1)\n" for n in range(statements))
    reader = Reader()
    reader.read(text)
    before = reader.cut
    reader.read(text.replace(old, new.format(indent=indent)))
    assert 0 < reader.cut - before <= most
    reader.read(text)
    assert reader.cut - before <= 2 * most


METHOD = """\
    def method_{n}(self, x):
        \"\"\"What isn't said # elsewhere \'\'\' is here.\"\"\"
        if x:
            call_{n}(x)
        return x  # it's \"\"\"

"""


@pytest.mark.parametrize("methods", [10, 400])
def test_a_docstring_that_is_typed_breaks_its_method_alone(methods: int) -> None:
    """Even where quotes in comments and strings make it look as if all that follow were closed."""
    reader, text = Reader(), "class C:\n" + "".join(METHOD.format(n=n) for n in range(methods))
    new = "    def new(self):\n        "
    at = text.index("    def method_5(")
    text = text[:at] + new + "\n" + text[at:]
    at += len(new)
    reader.read(text)
    others = {chunk.tree for chunk in reader.chunks if chunk.tree is not None}
    for letter in '"""What it is."""':
        before = reader.cut
        text, at = text[:at] + letter + text[at:], at + 1
        reader.read(text)
        assert reader.cut - before < 1_000
        assert len(others - {chunk.tree for chunk in reader.chunks}) <= 1
    assert [chunk.piece for chunk in reader.chunks] == [chunk.piece for chunk in Reader().read(text)]
    assert not reader.broken


@pytest.mark.parametrize("methods", [10, 400])
@pytest.mark.parametrize("before", ["        if x:\n", "            call_5(", "        return x"])
def test_a_function_that_is_pasted_into_a_method_breaks_what_it_stands_before_alone(methods: int, before: str) -> None:
    """Until it is indented, or gone again."""
    reader, text = Reader(), "class C:\n" + "".join(METHOD.format(n=n) for n in range(methods))
    at = text.index(before, text.index("    def method_5("))
    reader.read(text)
    trees = [chunk.tree for chunk in reader.chunks]
    pasted = "def pasted(a, b):\n    for c in a:\n        print(c)\n    return b\n"
    indent = before[: len(before) - len(before.lstrip())]
    for now, is_whole in [
        (pasted, False),
        (pasted.replace("print", "prin"), False),
        ("", True),
        (pasted, False),
        ("".join(indent + line for line in pasted.splitlines(keepends=True)), True),
    ]:
        cut, parsed = reader.cut, reader.parsed
        reader.read(text[:at] + now + text[at:])
        assert (reader.cut - cut < 500, reader.parsed - parsed < 2) == (True, True)
        assert len(reader.broken) == (not is_whole)
        if not now:
            assert [chunk.tree for chunk in reader.chunks] == trees
        if is_whole:
            assert [chunk.piece for chunk in reader.chunks] == [
                chunk.piece for chunk in Reader().read(text[:at] + now + text[at:])
            ]


def test_what_is_read_while_a_name_is_typed_on_and_on() -> None:
    """In a long function it is the statement; at rest the tree is made anew, once many parts of it were replaced."""
    name, head = "", "import fastapi\n\n\ndef long(x):\n" + "".join(f"    x = call_{n}(x)\n" for n in range(60))
    made = workspace({PATH: f"{head}    return {name}\n"})
    reader = made._sources[PATH].reader
    made.check(PATH, types=False)
    for _ in range(40):
        name += "n"
        before = reader.cut
        made.update(Document(PATH, 1, f"{head}    return {name}\n"))
        made.check(PATH, types=False)
        assert 0 < reader.cut - before <= len(name) + 20
    (tree,) = [chunk.tree for chunk in reader.chunks if chunk.tree is not None and "long" in chunk.tree.bodies]
    assert tree.replaced == 40
    agree(made, workspace({PATH: f"{head}    return {name}\n"}))
    made.check(PATH)
    (tree,) = [chunk.tree for chunk in reader.chunks if chunk.tree is not None and "long" in chunk.tree.bodies]
    assert not tree.replaced
    agree(made, workspace({PATH: f"{head}    return {name}\n"}))
