"""What is hard to read again around a change alone: one text becomes the other, and that one again."""

import pytest
from apitfall.facts import Extraction
from apitfall.syntax import Reader
from state import Row, chunk_rows, facts_rows

CHANGES = {
    "a broken statement leaves its run": ("def f(): ...\nx = = 1\npass\ny = 2\n", "def f(): ...\npass\ny = 2\n"),
    "a broken statement goes to the one before": ("try:\n}\ncall(x)\ny = 1\n", "try:\nexcept (A as e:\n}\ncall(x)\ny = 1\n"),
    "a decorator gets its function": ("x = = 1\ny = 2\nz = 3\n@d\n", "y = 2\nz = 3\n@d\ndef f(): ...\n"),
    "a definition that ended a bracket is none": ("x = 1\ny = (\nclass A(B): ...\n", "x = 1\ny = (\nclass A=(B): ...\n"),
    "a definition that ended a bracket is there twice": ("x = 1\ny = (\nasync def f(): ...\n", "x = 1\ny = (\nasync async def f(): ...\n"),
    "a tab is eight spaces": ("class A:\n\n\tdef f(self): ...\n", "class A:\n\n        def f(self): ...\n"),
    "a broken text is cut elsewhere": (
        "class A(B): ...\n    try:\n    )\n        call(1); call(1)\n",
        "class A(B): ...\n        try:\n    )\n        call(1); call(1)\n",
    ),
    "two statements become one": ("x = 1\ny = 2\n", "x = 1\\\ny = 2\n"),
    "a run is divided": ("x = 1\ny = 2\n", "x = 1\ndef f(): ...\ny = 2\n"),
    "runs come together": ("x = 1\ndef f(): ...\ny = 2\n", "x = 1\ny = 2\n"),
    "an else without an if": ("if a:\n    f(1)\nelse:\n    f(1)\n", "else:\n    f(1)\n"),
    "an else gets another if": ("if a: f(1)\nx = 1\nelse: f(1)\n", "if a: f(1)\nelse: f(1)\n"),
    "equal statements change places": ("if a:\n    f(1)\nelse:\n    f(1)\nf(1)\n", "f(1)\nif a:\n    f(1)\nelse:\n    f(1)\n"),
    "a decorator at the end of a class": ("class A:\n    x = 1\n    @d\n\ndef f(): ...\n", "class A:\n    x = 1\n    @d\n    def f(self): ...\n"),
    "a decorator alone at the end": ("@d\ndef f(): ...\n", "@d\n"),
    "a class gets its members": ("class A:\ndef f(self): ...\n", "class A:\n    def f(self): ...\n"),
    "a class loses its head": ("class A:\n    x = 1\n    def f(self): ...\n", "    x = 1\n    def f(self): ...\n"),
    "members move in": ("class A:\n  x = 1\n  def f(self): ...\n", "class A:\n    x = 1\n    def f(self): ...\n"),
    "the last line break": ("def f(): ...\nx = 1\n", "def f(): ...\nx = 1"),
    "half of a line break": ("x = 1\r\ny = 2\r\n", "x = 1\ry = 2\r\n"),
    "the other half of a line break": ("def f(): ...\r\ndef g(): ...\n", "def f(): ...\n\ndef g(): ...\n"),
    "a byte order mark": ("def f(): ...\n", "\ufeffdef f(): ...\n"),
    "a byte order mark further down": ("def f(): ...\ndef g(): ...\n", "def f(): ...\n\ufeffdef g(): ...\n"),
    "a form feed sets back": ("class A:\n    x = 1\n    def f(self): ...\n", "class A:\n    x = 1\n    \fdef f(self): ...\n"),
    "quotes open a string": ("def f():\n    return 1\n\ndef g():\n    '''x'''\n", "def f():\n    '''\n    return 1\n\ndef g():\n    '''x'''\n"),
    "quotes close a string": ("x = '''\ndef f(): ...\n'''\ny = 1\n", "x = ''''''\ndef f(): ...\n'''\ny = 1\n"),
    "a name is there a second time": ("def f(): ...\ndef g(): return lambda: 1\n", "def f(): ...\ndef g(): ...\ndef g(): return lambda: 1\n"),
    "a comment goes to the next function": ("def f(): ...\n\n# why\n\ndef g(): ...\n", "def f(): ...\n# why\n\n\ndef g(): ...\n"),
    "a comment goes in": ("def f():\n    f(1)\n# why\ndef g(): ...\n", "def f():\n    f(1)\n    # why\ndef g(): ...\n"),
    "empty lines before a class of methods": (
        "x = 1\n\n\nclass A(B):\n    def f(self): ...\n\n    def g(self): ...\n\n\ndef h(): ...\n",
        "x = 1\n\n\n\nclass A(B):\n    def f(self): ...\n\n    def g(self): ...\n\n\ndef h(): ...\n",
    ),
    "an empty line in a class of methods": ("def h(): ...\nclass A(B):\n    def f(self): ...\n", "def h(): ...\nclass A(B):\n\n    def f(self): ...\n"),
    "a class of methods in a class": (
        "class A:\n    class B:\n        def f(self): ...\n    def g(self): ...\nx = 1\n",
        "class A:\n    # why\n    class B:\n        def f(self): ...\n    def g(self): ...\nx = 1\n",
    ),
    "a class of methods gets a variable": ("x = 1\nclass A:\n    def f(self): ...\nx = 1\n", "x = 1\nclass A:\n    y = 1\n    def f(self): ...\nx = 1\n"),
    "the end of a class of methods is that of the module": ("class A:\n    def f(self): ...\n    y = 1\nx = 1\n", "class A:\n    def f(self): ...\ny = 1\nx = 1\n"),
    "a comment before a decorator goes": ("x = 1\n\n# why\n@d(\n    1,\n)\ndef f(a): return a\n", "x = 1\n\n@d(\n    1,\n)\ndef f(a): return a\n"),
    "a comment before a function is code": ("x = 1\n\n# f(1)\ndef f(a): return a\n", "x = 1\n\nf(1)\ndef f(a): return a\n"),
    "a comment before a method moves out": ("class A:\n    x = 1\n\n    # why\n    def f(self): ...\n", "class A:\n    x = 1\n# why\n\n    def f(self): ...\n"),
    "a function comes before a class of methods": (
        "def h(): ...\n\n\n# why\n@d\nclass A(B):\n    def f(self): ...\n    def g(self): ...\n",
        "def h(): ...\n\n\ndef f(): return lambda: 1\n\n\n# why\n@d\nclass A(B):\n    def f(self): ...\n    def g(self): ...\n",
    ),
    "a function comes before a class with a docstring": (
        "def h(): ...\n\nclass A:\n    'what'\n    x = 1\n    def f(self): ...\n",
        "def h(): ...\n\ndef f(): ...\n\nclass A:\n    'what'\n    x = 1\n    def f(self): ...\n",
    ),
    "a decorator comes before a class of methods": ("x = 1\nclass A:\n    def f(self): ...\n", "x = 1\n@d\nclass A:\n    def f(self): ...\n"),
    "an if comes before a class of methods": ("x = 1\nclass A:\n    def f(self): ...\n", "x = 1\nif a:\nclass A:\n    def f(self): ...\n"),
    "a bracket comes before a class of methods": ("x = 1\nclass A:\n    def f(self): ...\n", "x = 1\ny = (\nclass A:\n    def f(self): ...\n"),
    "a method comes first": ("class A:\n    def f(self): ...\n    def g(self): ...\n", "class A:\n    def e(self): ...\n    def f(self): ...\n    def g(self): ...\n"),
    "a method comes between": ("class A:\n    def f(self): ...\n    def g(self): ...\n", "class A:\n    def f(self): ...\n    def e(self): ...\n    def g(self): ...\n"),
    "a method comes to the second class of a name": (
        "class A:\n    def f(self): ...\nclass A:\n    def f(self): ...\n    def g(self): ...\n",
        "class A:\n    def f(self): ...\nclass A:\n    def e(self): ...\n    def f(self): ...\n    def g(self): ...\n",
    ),
    "a method of a class with a broken head goes": (
        "x = 1\nclass A(:\n    def f(self): ...\ndef h(): ...\n",
        "x = 1\nclass A(:\n    y = 1\ndef h(): ...\n",
    ),
    "a function comes between others": (
        "def f():\n    def g(): ...\n\ndef h(): return lambda: 1\n",
        "def f():\n    def g(): ...\n\ndef e():\n    def g(): return lambda: 2\n\ndef h(): return lambda: 1\n",
    ),
    "a function comes before one with a class in it": (
        "def f():\n    class A:\n        def g(self): ...\n",
        "def e(): ...\ndef f():\n    class A:\n        def g(self): ...\n",
    ),
    "nothing is left": ("x = 1\n", ""),
    "something begins": ("", "x = 1\n"),
}  # fmt: skip
KEEPING = {"quotes open a string", "two statements become one"}  # what does not parse keeps what it had


def read_again(reader: Reader, extraction: Extraction, text: str) -> list[Row]:
    reader.read(text)
    chunks = reader.settle()
    return [*chunk_rows(chunks), *facts_rows(extraction.update(chunks))]


@pytest.mark.parametrize("name", CHANGES)
def test_a_text_that_becomes_another_is_read_as_from_scratch(name: str) -> None:
    before, after = CHANGES[name]
    reader, extraction = Reader(), Extraction()
    for text in (before, after, before, after):
        now, fresh = read_again(reader, extraction, text), read_again(Reader(), Extraction(), text)
        assert now == fresh or (name in KEEPING and text == after)


HELD = '    def {name}(self):\n        """What it does.\n\n        def no():\n        """\n        return 1\n\n'


@pytest.mark.parametrize("at", ["    def b(", "    def c("])
def test_strings_that_hold_definitions_are_read_as_from_scratch_when_one_beside_them_is_closed(at: str) -> None:
    text = "class C:\n" + "".join(HELD.format(name=name) for name in "abcd")
    place = text.index(at)
    reader, extraction = Reader(), Extraction()
    reader.read(text)
    new = "    def new(self):\n        "
    for typed in ("", '"', '""', '"""', '"""W', '"""W"', '"""W""', '"""W"""', '"""W"""\n        return 2'):
        now = text[:place] + new + typed + "\n" + text[place:]
        reader.read(now)
    assert read_again(reader, extraction, now) == read_again(Reader(), Extraction(), now)
