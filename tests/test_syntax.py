"""Chunks and trees: nothing is lost, what Python parses has trees, and offsets are those that libcst's providers give.

One thing in one file: each text of its tables is read in each way that a file can be written.
"""

import ast
import json
import random
import re
import subprocess
import sys
import sysconfig
import tokenize
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import libcst as cst
import pytest
from apitfall.facts import extract
from apitfall.syntax import Chunk, Reader, Tree, children, read
from apitfall.syntax.cut import cut_lines
from apitfall.syntax.limits import refuses_nothing
from apitfall.text import Lines, Place
from hypothesis import given, settings
from hypothesis import strategies as st
from libcst.metadata import MetadataWrapper, PositionProvider

NODES = (
    cst.Call, cst.Attribute, cst.Await, cst.FunctionDef, cst.Param, cst.Arg, cst.ExceptHandler, cst.Lambda,
    cst.SimpleStatementLine, cst.If, cst.With, cst.Name, cst.SimpleString, cst.BinaryOperation, cst.Comparison, cst.MatchCase,
)  # fmt: skip
STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))


def is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def positions(text: str) -> list[tuple[int, int, str]]:
    """Start, end and class of each node by libcst's own provider."""
    wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    lines = Lines(text)
    return sorted(
        (
            lines.offset(p.start.line - 1, p.start.column),
            lines.offset(p.end.line - 1, p.end.column),
            type(node).__name__,
        )
        for node, p in wrapper.resolve(PositionProvider).items()
        if isinstance(node, NODES)
    )


def spans(chunks: list[Chunk]) -> list[tuple[int, int, str]]:
    return sorted(
        (span.start, span.end, type(node).__name__)
        for chunk in chunks
        if chunk.tree is not None
        for node in chunk.tree.nodes
        if isinstance(node, NODES)
        for span in (chunk.tree.span(node),)
    )


def joined(chunks: list[Chunk]) -> str:
    return "".join(c.piece.text for c in chunks)


def trees(chunks: list[Chunk]) -> list[Tree]:
    return [c.tree for c in chunks if c.tree is not None]


def names(chunks: list[Chunk]) -> list[str]:
    return [name for tree in trees(chunks) for name in tree.names.values()]


# Real files


def library_files(count: int) -> list[Path]:
    """The same files each time; those of libcst's parser that are slow to compare are left out by size."""
    found = [p for p in sorted(STANDARD_LIBRARY.rglob("*.py")) if not {"site-packages", "lib2to3"} & set(p.parts)]
    small = [p for p in found if 0 < p.stat().st_size < 20_000]
    return random.Random(7).sample(small, count)


def source_of(path: Path) -> str | None:
    try:
        with tokenize.open(path) as file:
            encoding = file.encoding
        return path.read_bytes().decode(encoding)
    except (SyntaxError, UnicodeDecodeError):
        return None


def test_chunks_of_the_standard_library_have_the_positions_of_its_files() -> None:
    seen = 0
    for path in library_files(150):
        text = source_of(path)
        if text is None or not is_python(text) or "\f" in text:
            continue
        chunks = read(text)
        assert joined(chunks) == text, path
        if any(chunk.tree is None for chunk in chunks):
            # Some Python that libcst does not take, such as a target with an annotation in parentheses.
            with pytest.raises(cst.ParserSyntaxError):
                cst.parse_module(text)
            continue
        assert spans(chunks) == positions(text), path
        seen += 1
    assert seen > 120


def crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def test_line_breaks_of_windows_move_nothing_but_offsets() -> None:
    for path in library_files(12):
        text = source_of(path)
        if text is None or not is_python(text) or "\f" in text or "\r" in text:
            continue
        chunks = read(crlf(text))
        assert joined(chunks) == crlf(text), path
        assert spans(chunks) == positions(crlf(text)), path


def test_form_feeds_change_no_tree() -> None:
    """libcst does not give back a form feed that opens a line; the nodes are those of the file without it."""
    for path in library_files(12):
        plain = source_of(path)
        if plain is None or not is_python(plain) or "\f" in plain or "\r" in plain:
            continue
        text = re.sub(r"^(?=def |class |import |from )", "\f", plain, flags=re.M)
        try:
            same = ast.dump(ast.parse(text)) == ast.dump(ast.parse(plain))
        except SyntaxError:
            same = False
        if not same:  # a line of a string began like a statement
            continue
        chunks = read(text)
        assert joined(chunks) == text, path
        moved = [offset for offset, c in enumerate(text) if c != "\f"]
        assert [(start, kind) for start, _, kind in spans(chunks)] == [
            (moved[a], kind) for a, _, kind in positions(plain)
        ], path


# Small texts of every kind

SMALL = {
    "empty": "",
    "blank": "\n\n",
    "comment": "# only a comment",
    "no final line break": "def f():\n    return g(1)",
    "spaces at the end": "x = f(1)\n    \n  ",
    "comment at the end of a block": "class A:\n    def f(self):\n        return 1\n    # of the class\n# of the module\nx = 1\n",
    "tabs": "class A:\n\tdef f(self):\n\t\treturn g(self.x)\n\n\ty = f(2)\n",
    "tabs and spaces": "if a:\n\tf(1)\nelse:\n        f(2)\n",
    "beyond the first plane": "name = '\U0001f40d'; f('\U0001f40d', name.x)\ndef g(): return h('\U0001f40d').y\n",
    "names that are no ASCII": "class Größe:\n    def maß(self, ä): return ä.ß(ä)\n",
    "decorators": "@a.b(1)\n# between\n@c\n\n@d\nasync def f(x: int = g(2)) -> h.i: ...\n@k\nclass C(D, m=E()):\n    @n\n    def o(self): ...\n",
    "nested classes": "class A(B):\n  '''doc'''\n  x = f(1)\n  class C(D):\n\n    def g(self): return self.h(1)\n    y = f(2)\n  def i(self): ...\n  z = f(3)\n",
    "class of one line": "class A: x = f(1)\nclass B(A): pass; y = 2\n",
    "class on several lines": "class A(\n    B,\n    m=f(1),\n):\n    # why\n\n    def g(self): ...\n",
    "class with a comment behind": "class A:  # why: because\n    def g(self): return a.b\n",
    "class whose body is a backslash away": "class A: \\\n    pass\nclass B:\n    x = \\\n        f(1)\n    def g(self): ...\n",
    "class with deeper comments": "class A:\n        # deep\n    # less\n    def f(self): ...\n  # odd\n    def g(self): return a(1)\n",
    "match": "match f(x):\n    case A(y=1, z=[b, *c]) if g(b): h(c)\n    case {'k': v, **rest} | None: pass\n    case _:\n        i(1)\nmatch = f(match)\n",
    "parameters of types": "class A[T: int, *Ts, **P](B[T]):\n    def f[S](self, x: S) -> S: return g(x)\ntype X[T] = list[T]\n",
    "exception groups": "try:\n    f(1)\nexcept* (A, b.C) as e:\n    g(e)\nelse:\n    h(1)\nfinally:\n    i(2)\n",
    "several on a line": "f(1); g(2) ;h(3);\nx = 1; \\\ny = f(2)\n",
    "brackets over lines": "x = f(\n1,\n  g(2),\n)\nwith (a(1) as b, c(2) as d): e(f)\nfrom a import (\n    b,  # c\n    d as e,\n)\n",
    "parentheses": "x = ((f)(((1))) . y)\nawait_ = (\n  a  .b\n  .c( 1 )\n)\n(yield_)\n",
    "strings over lines": "x = '''\ndef no(): pass\nclass No:\n'''\ny = f(\"\"\"a\n)]}\"\"\")\nz = 'a\\\n  b'\ndef g(): return h('''\n''')\n",
    "strings with quotes": "a = '\\''; b = \"'\"; c = '''\\''''; d = r'\\'; e = '#'\nf(rb'\\\\', u'x')\n".replace("; d = r'\\'", ""),
    "formatted strings": "a = f'{b(1)!r:>{c(2)}} {{d}} {e.g=}'\nf'''{\nh(1)\n}'''\nrf\"\\d{i(2)}\"\n",
    "async": "async def f():\n    async with a(1) as b, c(2): await d.e\n    async for x in y(3):\n        yield [await z async for z in w(4) if z.v]\n    return_ = await (await g(5))\n",
    "lambdas": "x = lambda a, /, b=f(1), *c, d, **e: g(a)(lambda: h(2))\n",
    "if at the top": "if a(1):\n    def f(): return b(2)\nelif c:\n    class D:\n        def g(self): return e(3)\nelse:\n    x = h(4)\n",
    "slices": "x[f(1):g(2):h(3), ..., *y] = a.b[c(4)]\ndel x[i(5)], j.k\n",
    "global": "def f():\n    global a, b\n    def g():\n        nonlocal c\n        return d.e(1)\n    return g\n",
    "star": "print(*a(1), **b(2))\nfirst, *rest = c(3)\nx = [*d.e, *f]\ny = {**g(4)}\n",
    "walrus": "if (n := len(a)) > 1 and (m := b.c): d(n)\n",
    "semicolons in a class": "class A: a = f(1); b = g(2)\nclass B:\n    a = f(1); b = g(2)\n    def c(self): d(3); e(4)\n",
    "continued by a backslash": "if a and \\\n   b(1): c(2)\nassert d(3), \\\n  e(4)\n",
    "unicode line separators": "x = 'a\u2028b\x85c'; y = f(1)\n# a\u2028b\ndef g(): return h(2)\n",
    "vertical tab in a string": "x = 'a\vb'\ny = f(1)\n",
}  # fmt: skip


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("text", SMALL.values(), ids=SMALL.keys())
def test_positions_equal_those_of_libcst(text: str, newline: str) -> None:
    text = text.replace("\n", newline)
    cst.parse_module(text)
    chunks = read(text)
    assert joined(chunks) == text
    assert [c.piece.text for c in chunks if c.tree is None] == []
    assert spans(chunks) == positions(text)


def test_a_formatted_string_may_hold_its_own_quotes() -> None:
    """Python 3.12 and later take this; libcst 1.9 does not."""
    chunks = read("def f():\n    return 1\n\nx = f'{a['b']}'\n\ndef g():\n    return 2\n")
    assert {"f", "g"} <= set(names(chunks))


@pytest.mark.parametrize("text", SMALL.values(), ids=SMALL.keys())
def test_a_byte_order_mark_moves_everything_by_one(text: str) -> None:
    if text.strip():
        chunks = read("\ufeff" + text)
        assert joined(chunks) == "\ufeff" + text
        assert [c.piece.text for c in chunks if c.tree is None] == []
        assert spans(chunks) == [(start + 1, end + 1, kind) for start, end, kind in positions(text)]


@pytest.mark.parametrize("text", SMALL.values(), ids=SMALL.keys())
def test_a_lone_carriage_return_is_a_line_break(text: str) -> None:
    chunks = read(text.replace("\n", "\r"))
    assert joined(chunks) == text.replace("\n", "\r")
    assert [c.piece.text for c in chunks if c.tree is None] == []
    assert spans(chunks) == positions(text)


@pytest.mark.parametrize(
    "text",
    [
        "\fdef f():\n    return g(1)\n",
        "x = f(1)\n\f\ndef g():\n    return h(2)\n",
        "class A:\n    x = f(1)\n\f\n    def g(self):\n        return h(2)\n\f\n    y = 1\n",
        "x = 1\n  \f\n \f \f\ny = f(2)\n",
        "\ufeff\f\nx = f(1)\n",
        "x = 'a\fb' + \ff(1)\n",
        "x = '''\n\fa\n'''\ny = f(1)\n",
    ],
)
def test_a_form_feed_is_white_space(text: str) -> None:
    chunks = read(text)
    assert joined(chunks) == text
    assert [c.piece.text for c in chunks if c.tree is None] == []
    for start, end, kind in spans(chunks):
        if kind == "Call":
            assert text[start:end] in ("f(1)", "g(1)", "h(2)", "f(2)")
        if kind == "FunctionDef":
            assert text[start:].startswith("def ")
    assert any(kind == "Call" for _, _, kind in spans(chunks))


@pytest.mark.parametrize("end", ["\n    \n     ", "\n\n        \n", "    \n\n\n", "\t\n ", " # a \n   \n"])
@pytest.mark.parametrize("behind", ["", "y = f(2)\n"])
def test_lines_of_white_space_behind_a_block_are_nothing(end: str, behind: str) -> None:
    text = f"def f():\n        for x in y:\n            if x:\n                f(1)\n{end}\n{behind}"
    chunks = read(text)
    assert joined(chunks) == text
    assert [c.piece.text for c in chunks if c.tree is None or c.broken] == []
    assert [text[a:b] for a, b, kind in spans(chunks) if kind == "Call"] == ["f(1)", *(["f(2)"] if behind else [])]


def test_lone_surrogates_are_taken_as_they_are() -> None:
    text = "x = f('\ud800')\ndef g(): return h('a\udfff', i)\n"
    chunks = read(text)
    assert joined(chunks) == text
    assert [text[a:b] for a, b, kind in spans(chunks) if kind == "Call"] == ["f('\ud800')", "h('a\udfff', i)"]


def test_null_characters_break_their_chunk_alone() -> None:
    chunks = read("def f(): pass\nx = '\0'\ndef g(): pass\n")
    assert {"f", "g"} <= set(names(chunks))


def test_each_definition_is_a_chunk_of_its_own() -> None:
    text = "import a\nx = 1\n\n# of f\n@d\ndef f(): ...\nclass A:\n    y = 1\n    def g(self): ...\n    z = 2\n    class B:\n        def h(self): ...\nw = 3\n"
    chunks = read(text)
    assert [(c.piece.owner, c.piece.text.strip()) for c in chunks] == [
        ("", "import a\nx = 1"),
        ("", "# of f\n@d\ndef f(): ..."),
        ("", "class A:\n    y = 1"),
        ("A", "def g(self): ..."),
        ("A", "z = 2"),
        ("A", "class B:"),
        ("A.B", "def h(self): ..."),
        ("", "w = 3"),
    ]


def test_functions_are_named_by_where_they_stand() -> None:
    text = (
        "def f(): ...\nclass A:\n    def g(self):\n        def h(): return lambda: lambda: 1\n"
        "        class C:\n            def i(self): ...\n    def g(self): ...\ndef f():\n    def h(): ...\n"
        "if x:\n    def f(): ...\ny = lambda: 1\nz = lambda: 2\n"
    )
    assert names(read(text)) == [
        "f", "A", "A.g", "A.g.h", "A.g.h.<lambda0>", "A.g.h.<lambda0>.<lambda0>", "A.g.C", "A.g.C.i", "A.g@2", "f@2", "f@2.h",
        "f@3", "<lambda0>", "<lambda1>",
    ]  # fmt: skip


def test_a_decorator_a_default_and_an_annotation_are_not_in_the_function() -> None:
    (tree,) = trees(read("@d(1)\ndef f(x: a(2) = b(3)) -> c(4):\n    return e(5)\n"))
    calls = [node for node in tree.nodes if isinstance(node, cst.Call)]
    assert {tree.source(node): tree.function(node) for node in calls} == {
        "d(1)": "",
        "a(2)": "",
        "b(3)": "",
        "c(4)": "",
        "e(5)": "f",
    }


def test_places_are_found_again() -> None:
    text = "def f():\n    g(1); g( 1 )\n    return g(1)\ng(1)\n"
    for tree in trees(read(text)):
        for node in tree.nodes:
            if isinstance(node, (cst.Call, cst.Return, cst.FunctionDef)):
                assert tree.find(tree.place(node)) is node
    function = trees(read(text))[0]
    assert function.find(Place("f", "g(1)", 3)) is None
    assert [function.place(n).nth for n in function.nodes if isinstance(n, cst.Call)] == [0, 0, 1]


def test_parents_lead_to_the_stub_around_the_chunk() -> None:
    for tree in trees(read("x = [f(1)]\nclass A:\n    def g(self): return h(2)\n")):
        for node in tree.nodes:
            for child in children(node):
                assert tree.parents.get(child, node) is node
        assert all(statement in tree.parents for statement in tree.statements)


# Texts that are no Python

BROKEN = (
    "import a\nx = a.b(1)\n\n\ndef f(a, *, b=2):\n    if a:\n        return [b, c(a)]\n    return {'k': 1}\n\n\n"
    "class A(B):\n    y: int = 1\n\n    def g(self):\n        with d('x') as e:\n            return e\n\n"
    "    @property\n    async def h(self):\n        return '''long'''\n\n\ndef i():\n    return 2\n"
)
FUNCTIONS = {"f", "A.g", "A.h", "i"}


def tokens(text: str) -> list[tuple[int, int]]:
    """Where each token begins and, with the spaces behind it, ends."""
    lines = Lines(text)
    blank = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    return [
        (start, end + len(text[end:]) - len(text[end:].lstrip(" ")))
        for t in tokenize.generate_tokens(StringIO(text).readline)
        if t.type not in blank
        for start, end in ((lines.offset(t.start[0] - 1, t.start[1]), lines.offset(t.end[0] - 1, t.end[1])),)
    ]


def own_function(offset: int) -> str:
    for chunk in read(BROKEN):
        if chunk.span.start <= offset < chunk.span.end and chunk.tree is not None:
            return next(iter(chunk.tree.names.values()), "")
    return ""


@pytest.mark.parametrize("error", ["$", "?!", "(", ")", "]", "'", '"""', "'''", "\\", "def", "\n", ""])
def test_a_syntax_error_costs_its_own_function_only(error: str) -> None:
    for start, end in tokens(BROKEN):
        own = own_function(start)
        for text in (BROKEN[:start] + error + BROKEN[start:], BROKEN[:start] + error + BROKEN[end:]):
            chunks = read(text)
            assert joined(chunks) == text
            lost = FUNCTIONS - set(names(chunks)) - {own}
            # A method that has lost its class, or its `def`, may be known by another name; others stay as they are.
            if own == "A" or own.startswith("A."):
                lost -= {"A.g", "A.h"}
            assert not lost, text


@pytest.mark.parametrize(
    "opened", ["x = (", "x = [1,", "x = {", "x = f(a, (b", "x = '''", 'x = """ a', "x = f'''{", "x = 'a", "x = \\"]
)
def test_what_is_not_closed_ends_before_the_next_definition(opened: str) -> None:
    chunks = read(
        f"def f():\n    return 1\n\n\n{opened}\n\n\ndef g():\n    return 2\n\n\nclass A:\n    def h(self):\n        return 3\n"
    )
    assert {"f", "g", "A", "A.h"} <= set(names(chunks))


@pytest.mark.parametrize("opened", ["return (", "return f([", "x = '''", 'x = """'])
def test_what_is_not_closed_in_a_method_ends_before_the_next(opened: str) -> None:
    chunks = read(
        f"class A:\n    def f(self):\n        {opened}\n\n    def g(self):\n        return 2\n\n    async def h(self): ...\n\ndef i(): ...\n"
    )
    assert {"A", "A.g", "A.h", "i"} <= set(names(chunks))


def test_one_broken_statement_of_a_run_leaves_the_others() -> None:
    chunks = read("a = f(1)\nb = = 2\nc = f(3)\n")
    assert [(c.piece.text, c.tree is not None) for c in chunks] == [
        ("a = f(1)\n", True),
        ("b = = 2\n", False),
        ("c = f(3)\n", True),
    ]


def test_a_broken_class_head_leaves_the_methods() -> None:
    chunks = read("class A(B:\n    x = 1\n    def f(self): ...\n    def g(self): ...\nclass C: ...\n")
    assert {"A.f", "A.g", "C"} <= set(names(chunks))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *"()[]{}'\"\\:=,.@#\n\t\r\f x1",
                "def f",
                "class A:",
                "    ",
                "'''",
                '"""',
                "if",
                "async ",
                "\r\n",
                "\ufeff",
                "é",
            ]
        )
    ).map("".join)
)
def test_any_text_is_cut_without_loss(text: str) -> None:
    assert joined(read(text)) == text


# Chunks of one version and the next


LINES = [
    *BROKEN.splitlines(keepends=True),
    "",
    "\n",
    "(",
    '"""',
    "'",
    "\\\n",
    "@a\n",
    "else:\n",
    "    def m(self):\n",
    "# c\n",
    "\r",
]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(LINES), max_size=25).map("".join),
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 40), st.lists(st.sampled_from(LINES), max_size=2).map("".join)),
        min_size=1,
        max_size=4,
    ),
)
def test_reading_again_equals_reading_anew(text: str, edits: list[tuple[float, int, str]]) -> None:
    reader = Reader()
    reader.read(text)
    for where, removed, added in edits:
        start = round(where * len(text))
        text = text[:start] + added + text[start + removed :]
        again, new = reader.read(text), read(text)
        assert "".join(chunk.piece.text for chunk in again) == text
        if any(chunk.tree is None for chunk in new):
            continue  # what does not parse may keep what it had
        again = reader.settle()
        assert [c.piece for c in again] == [c.piece for c in new]
        assert spans(again) == spans(new)
        assert names(again) == names(new)
        assert extract(again) == extract(new)


def test_a_tree_is_kept_where_its_text_is() -> None:
    reader = Reader()
    before = trees(reader.read("def f(): return 1\n\ndef g(): return 2\n"))
    after = trees(reader.read("# a line more\n\ndef f(): return 3\n\ndef g(): return 2\n"))
    assert [list(tree.names.values()) for tree in after if tree in before] == [["g"]]


def test_equal_chunks_keep_their_trees_in_order() -> None:
    reader = Reader()
    before = trees(reader.read("def f(): ...\n" * 3))
    assert trees(reader.read("def f(): ...\n" * 3 + "x = 1\n"))[:3] == before


FUNCTION = "def f{0}(a, b):\n    # a comment\n    x = a(b)\n    return [\n        x,\n        {0},\n    ]\n\n\n"
METHODS = "class C{0}:\n    x = 1\n\n    def m(self):\n        return 1\n\n    def n(self):\n        return {0}\n\n\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [("a(b)", "a(b, 1)"), ("# a comment", "# another"), ("        x,\n", "        x,\n        y,\n")],
    ids=["a character", "a comment", "a line"],
)
def test_what_is_cut_and_parsed_for_a_change_does_not_grow_with_the_file(old: str, new: str) -> None:
    counts: list[tuple[int, int]] = []
    for size in (10, 1000):
        text = "import a\n\n\n" + "".join((FUNCTION + METHODS).format(n) for n in range(size))
        reader = Reader()
        reader.read(text)
        parsed, cut = reader.parsed, reader.cut
        middle = text.index(old, len(text) // 2)
        reader.read(text[:middle] + new + text[middle + len(old) :])
        counts.append((reader.parsed - parsed, reader.cut - cut))
    assert [parsed for parsed, _ in counts] == [1, 1]
    assert all(cut < 2 * len(FUNCTION) for _, cut in counts)


# Hostile texts

HOSTILE: dict[str, tuple[Callable[[], str], str | None]] = {
    "brackets": (lambda: "x = " + "(" * 100_000 + ")" * 100_000, "nested brackets"),
    "brackets that are not closed": (lambda: "x = " + "[" * 100_000, "nested brackets"),
    "brackets over lines": (lambda: "x = " + "(\n" * 5_000 + ")\n" * 5_000, "nested brackets"),
    "calls in calls": (lambda: "x = " + "f(" * 2_000 + ")" * 2_000, "nested brackets"),
    "a sum": (lambda: "x = " + " + ".join(["a"] * 5_000), "operators"),
    "a sum over lines": (lambda: "x = (" + "\n+ ".join(["a"] * 5_000) + ")", "operators"),
    "a sum over continued lines": (lambda: "x = " + " + \\\n".join(["a"] * 5_000), "operators"),
    "attribute steps": (lambda: "x = a" + ".b" * 20_000, "operators"),
    "calls of calls": (lambda: "x = a" + "()" * 5_000, "operators"),
    "chained method calls": (lambda: "x = a" + ".b(1)" * 5_000, "operators"),
    "subscripts": (lambda: "x = a" + "[0]" * 5_000, "operators"),
    "strings": (lambda: "x = " + " 'a'" * 5_000, "operators"),
    "strings over lines": (lambda: "x = (" + "\n 'a'" * 5_000 + ")", "operators"),
    "elif": (lambda: "if a: pass\n" + "elif a: pass\n" * 3_000, "operators"),
    "elif over lines": (lambda: "if a:\n    pass\n" + "elif a:\n    pass\n" * 3_000, "operators"),
    "minus": (lambda: "x = " + "-" * 3_000 + "1", "operators"),
    "minus and space": (lambda: "x = " + "- " * 3_000 + "1", "operators"),
    "tilde": (lambda: "x = " + "~" * 3_000 + "1", "operators"),
    "not": (lambda: "x = " + "not " * 3_000 + "a", "operators"),
    "not over lines": (lambda: "x = (" + "not\n" * 3_000 + "a)", "operators"),
    "await": (lambda: "async def h(): return " + "await " * 3_000 + "a", "operators"),
    "lambdas": (lambda: "x = " + "lambda: " * 3_000 + "a", "operators"),
    "ternaries": (lambda: "x = " + "a if b else " * 3_000 + "c", "operators"),
    "ternaries in brackets": (lambda: "x = " + "(a if b else " * 3_000 + "c" + ")" * 3_000, "nested brackets"),
    "comprehensions": (lambda: "x = " + "[a for a in " * 1_500 + "b" + "]" * 1_500, "nested brackets"),
    "loops of a comprehension": (lambda: "x = [a" + " for a in b" * 3_000 + "]", "operators"),
    "comparisons": (lambda: "x = " + " < ".join(["a"] * 5_000), "operators"),
    "powers": (lambda: "x = " + "**".join(["a"] * 5_000), "operators"),
    "and": (lambda: "x = " + " and ".join(["a"] * 5_000), "operators"),
    "walrus": (lambda: "x = " + "(a := " * 3_000 + "1" + ")" * 3_000, "nested brackets"),
    "chained assignment": (lambda: " = ".join(["a"] * 5_000) + " = 1", "operators"),
    "indents": (lambda: "".join("  " * n + "if a:\n" for n in range(150)) + "  " * 150 + "pass", "indents"),
    "functions in functions": (lambda: "".join("  " * n + "def h():\n" for n in range(150)) + "  " * 150 + "pass", "indents"),
    "classes in classes": (lambda: "".join("  " * n + "class H:\n" for n in range(150)) + "  " * 150 + "pass", "indents"),
    "formatted strings in formatted strings": (lambda: "x = " + "f'{" * 300 + "a" + "}'" * 300, None),
    "braces in a formatted string": (lambda: "x = f'{" + "(" * 2_000 + ")" * 2_000 + "}'", "nested brackets"),
    "a sum in a formatted string": (lambda: "x = f'{" + "+".join(["a"] * 5_000) + "}'", "operators"),
    "steps in a formatted string": (lambda: "x = f'''{a" + ".b" * 20_000 + "}'''", "operators"),
    "fields of a formatted string": (lambda: "x = f'" + "{a}" * 3_000 + "'", None),
    "a dotted import": (lambda: "import a" + ".b" * 20_000, "operators"),
    "a dotted decorator": (lambda: "@a" + ".b" * 20_000 + "\ndef h(): ...", "operators"),
    "pattern alternatives": (lambda: "match a:\n    case " + " | ".join(["1"] * 5_000) + ": pass", "operators"),
    "a long line": (lambda: "x = [" + "1, " * 350_000 + "]", "items"),
    "a long string": (lambda: "x = '" + "a" * 1_000_000 + "'", None),
    "a long comment": (lambda: "#" + "(" * 1_000_000, None),
    "a long name": (lambda: "a" * 1_000_000 + " = 1", None),
    "a string of quotes": (lambda: "x = '''" + "\"'" * 200_000 + " '''", None),
    "quotes": (lambda: "'" * 100_001, None),
    "backslashes": (lambda: "\\\n" * 50_000, None),
    "blank lines": (lambda: "\n \n" * 100_000, None),
    "semicolons": (lambda: "a;" * 350_000, "items"),
    "decorators": (lambda: "@a\n" * 3_000 + "def h(): ...", None),
    "triple quotes": (lambda: ("'''\n" + '"""\n') * 10_001, None),
    "dedents to nowhere": (lambda: "if a:\n" + "".join(" " * n + "x\n" for n in range(2_000, 0, -1)), None),
    "form feeds": (lambda: "\f" * 100_000 + "x = 1", None),
    "form feeds and spaces": (lambda: " \f" * 50_000 + "\nx = 1", None),
    "spaces": (lambda: "if a:\n" + " " * 1_000_000 + "x", None),
    "tabs and plus": (lambda: "x = " + "\t+" * 90, None),
    "an unclosed string in each line": (lambda: "x = '\n" * 20_000, None),
    "with items": (lambda: "with " + ", ".join(["a"] * 3_000) + ": pass", None),
    "global names": (lambda: "global " + ", ".join(["a"] * 3_000), None),
    "colons": (lambda: "a:" * 50_000, None),
    "annotated lambdas": (lambda: "x = lambda a=" * 3_000, "operators"),
    "stars": (lambda: "x = " + "*" * 50_000 + "a", None),
    "commas": (lambda: "x = a" + "," * 100_000, None),
    "slices": (lambda: "x = a[" + ":" * 50_000 + "]", None),
    "from dots": (lambda: "from " + "." * 50_000 + " import a", None),
    "exceptions": (lambda: "try: pass\n" + "except a: pass\n" * 3_000, None),
    "yields": (lambda: "def h(): x = " + "yield " * 3_000, None),
    "arrows": (lambda: "def h()" + " -> a" * 5_000 + ": pass", None),
}  # fmt: skip

READ_HOSTILE = """
import faulthandler, json, sys
faulthandler.dump_traceback_later(float(sys.argv[1]), exit=True)
from apitfall.facts import extract
from apitfall.syntax import Reader, read
for line in sys.stdin:
    name, text = json.loads(line)
    print(json.dumps(name), flush=True)
    around = "def before(): return f(1)\\n\\n\\n" + text + "\\n\\n\\ndef after(): return g(2)\\n"
    chunks = read(around)
    facts = extract(chunks)
    assert "".join(c.piece.text for c in chunks) == around
    print(json.dumps([c.refusal for c in chunks if c.refusal]), flush=True)
    print(json.dumps(sorted({"before", "after"} & set(facts.functions))), flush=True)
"""


@pytest.fixture(scope="module")
def hostile() -> dict[str, tuple[list[str], list[str]]]:
    """What a process of its own made of each hostile text: refusals, and the functions around it that are known.

    A text at which the process ended, or at which it stayed, has no answer; the rest is read by another process.
    """
    left = {name: make() for name, (make, _) in HOSTILE.items()}
    found: dict[str, tuple[list[str], list[str]]] = {}
    while left:
        given = "".join(json.dumps([name, text]) + "\n" for name, text in left.items())
        run = subprocess.run(
            [sys.executable, "-c", READ_HOSTILE, "60"],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            encoding="utf-8",
        )
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        for at in range(0, len(lines), 3):
            name, *answer = lines[at : at + 3]
            del left[name]
            if len(answer) == 2:
                found[name] = (answer[0], answer[1])
        if not lines:
            raise AssertionError(run.stderr)
    return found


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_and_its_neighbours_live(
    name: str, hostile: dict[str, tuple[list[str], list[str]]]
) -> None:
    assert name in hostile, "the process that read this text died, or did not come back"
    refusals, neighbours = hostile[name]
    why = HOSTILE[name][1]
    if why is not None:
        assert any(why in refusal for refusal in refusals), refusals
    assert neighbours == ["after", "before"]


@pytest.mark.parametrize("name", [name for name, (_, why) in HOSTILE.items() if why is not None])
def test_the_quick_look_at_a_text_sees_that_some_of_it_is_refused(name: str) -> None:
    text = HOSTILE[name][0]()
    assert not refuses_nothing(text, cut_lines(text)[2])


LARGE = {
    "a sum": "x = " + " + ".join(["f(a)"] * 450),
    "operators": "x = " + " + ".join(["a"] * 999),
    "steps": "x = a" + ".b" * 990,
    "and": "x = " + " and ".join(["a.b"] * 450),
    "not": "x = " + "not " * 900 + "a",
    "strings": "x = " + " 'a'" * 990,
    "a chain of calls": "x = a" + ".b(1)" * 330,
    "elif": "if a(): pass\n" + "elif a(): pass\n" * 900,
    "brackets": "x = " + "[" * 190 + "]" * 190,
    "ternaries": "x = " + "a if b else " * 450 + "c",
    "lambdas": "x = " + "lambda: " * 900 + "a",
    "a list of sums": "x = [" + "a + b, " * 3_000 + "]",
    "a dict of calls": "x = {" + "'k': f(a.b, c=1), " * 3_000 + "}",
    "a function of sums": "def f():\n" + "    x = a + b * c - d.e\n" * 2_000,
    "a table of strings": "x = [\n" + "    'a' 'b',\n" * 2_000 + "]",
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE.keys())
def test_large_expressions_below_the_bounds_are_read_with_facts(text: str) -> None:
    chunks = read(text + "\n")
    assert [(c.refusal, c.tree is None) for c in chunks] == [(None, False)]
    assert extract(chunks).flow or "def" in text
    for tree in trees(chunks):
        assert all(tree.place(node).text for node in tree.nodes if isinstance(node, cst.BaseExpression))


@pytest.mark.parametrize("clause", ["except A :", "except (A, b()) as c  :", "except* A\t:", "except :"])
def test_what_libcst_loses_before_a_colon_moves_nothing(clause: str) -> None:
    text = f"def f():\n    try:\n        b()\n    {clause}\n        '''except A :'''\n        b()\n    return b()\n"
    (chunk,) = read(text)
    assert chunk.tree is not None
    sources = [chunk.tree.source(node) for node in chunk.tree.nodes if isinstance(node, (cst.Call, cst.ExceptHandler))]
    assert {source for source in sources if not source.startswith("except")} == {"b()"}
    assert all(source.startswith(clause) for source in sources if source.startswith("except"))


@pytest.mark.parametrize("end", ["  \n  \n  \n", "  \n\n  \n", "\n\t\n \t", "    # why\n      \n", "  \r\n \r\n\t\r\n"])
def test_lines_of_white_space_at_the_end_break_nothing(end: str) -> None:
    text = f"x = a()\n{end}"
    (chunk,) = read(text)
    assert chunk.tree is not None
    assert chunk.piece.text == text
    assert [chunk.tree.source(node) for node in chunk.tree.nodes if isinstance(node, cst.Call)] == ["a()"]
