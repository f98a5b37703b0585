"""The two readers of facts say the same: of a table of odd things, of what is made of them, and of some real files."""

import sys

import pytest
from apitfall.facts import extract
from apitfall.facts.quick import quick_facts
from apitfall.syntax import read
from apitfall.syntax.outline import Unsure
from both_readers import check, check_file, compare, difference
from changes import FUNCTIONS, STATEMENTS
from hypothesis import given, settings
from hypothesis import strategies as st
from real_files import Figures, is_python, real_files
from sources import FILES

SHORT = 8_000  # bytes

ODD = [
    # Parentheses that are those of a node, of its neighbours or of none
    "for (a, b) in x: (a, b)\nfor a, b in x: (a, b); (  a, b )\nfor a, b, in x: pass\nfor (a), (b) in x: pass\nfor ((a), b) in x: pass\n",
    "for (a,  # one\n     b) in x: pass\nfor (\n    a, b,\n) in x: pass\nfor [a, b] in x: [a, b]\nfor a, b in x: y[a, b], y[(a, b)]\n",
    "(a).b\n((a).b)\n(a or b)(c)(d)\n(a.b).c\n(a)[0].b()\n(await_(a)).b\n",
    "x = (a())\n(x) = a()\nx = (  # why\n    a()\n)\nx = y = (a, b)\n(x, y) = a, b\n[x, y] = (a), (b)\n",
    "f(x for x in y)\nf((x for x in y))\nf(*(x for x in y), k=(1))\nf(a, )\nf(\n    a,  # one\n    b\n)\n",
    "with (a as b, c as d): pass\nwith (a, b): pass\nwith (a): pass\nwith (a) as b: pass\nwith a as (b, c), d as [e]: pass\nwith a as b.c, d as e[f()]: pass\n",
    "del (a)\ndel a,\ndel (a, b)\ndel a, b[0]\ndel (a), b\n", "return_ = lambda: (a, b)\ng = lambda: (yield)\nh = lambda: (x for x in y)\ni = lambda: (  a  )\n",
    "a[b, c]\na[(b, c)]\na[(b), (c)]\na[b,]\na[1:2, ::3]\na[(b):c]\na[f():g(), h()]\na[lambda: 1]\na[()]\n",
    "print((yield_), (a := b()), [(c := d)])\nif (n := f()) and (n := g()): n\n",
    "try: a()\nexcept E :\n    b()\nexcept (F) as g  : h(g)\nexcept :\n    i()\nx = 'except E :'\n",
    # Names
    "def f(x, k=1):\n    f(k=k)\n    for k in x.k: k\n    for k in k: pass\n    with k as k: k\n",
    "import a.b.c, a.b as d\nfrom a.b import c\na.b.c\nx = a.b\nfor a in b: pass\nfor c in b: pass\nfor b in c: pass\n",
    "try: e\nexcept e as e: e\nexcept (A, e) as e: raise e\nfor e in e: pass\n", "None\nx = [None for None_ in y]\nfor True_ in (True, False): True\n",
    "match a:\n    case C(d, e=e, f=f) if e: d\n    case {'k': k, 'l': {'m': m}, **r}: r\n    case [x, *y] | (x, *y): x\n    case None | True | -1 | a.b: pass\n    case [1, _] as w: w\n    case str() as s: s\n    case _: _\n",
    "def f():\n    global a, b\n    nonlocal_ = a\n    for a in b: pass\n    class a:\n        a = a\n        def a(self, a=a): a\n",
    "[x for x in x]\n[x.y for x in y for z in x if z]\n{a: b for a, (b, *c) in d}\n{x for x in y if (z := x)}\n[a.b for a.b in c]\n[x async for x in y]\n",
    "class A(k=1, *b): c()\n",
    # Definitions and how they are counted
    "def f(): f()\nf()\ndef f(): f()\nf()\nclass A:\n    def f(self): f()\n    def f(self): f()\n    f()\nclass A:\n    def f(self): f()\n    x = f()\n",
    "class A(B[lambda: 1], *c, metaclass=lambda: 2, **d):\n    x = lambda: 1\n    @d(lambda: 3)\n    def f(self, y=lambda: 4): return lambda: 5\n    z = lambda: 6\n\n    class B(A):\n        x = 1\n\n        def g(self): ...\n        y = 2\n",
    "@d(lambda: 1)\n@e\ndef f(a=lambda: 2, /, b=lambda: 3, *c, d=lambda: 4, e, **g) -> h(lambda: 5): return lambda: 6\nx = lambda a=lambda: 1, /, b=lambda: 2, *, c=lambda: 3: 0\n",
    "f(k=lambda: 1, *g(lambda: 2), m=1, **h)\nf(a, *b, c, d=1, *e, **g)\n{(lambda: 1): (lambda: 2), **(lambda: 3)}\n(lambda: 1) if (lambda: 2) else (lambda: 3)\n",
    "if a:\n    class A:\n        def f(self): return g()\n        x = g()\n    g()\nelse:\n    class A: y = g()\n    g()\n",
    "def f():\n    class A(g()):\n        x = g()\n        def h(self): return g()\n    g()\n    return A\ng()\n",
    "for x in y: f()\nfor x in y: f()\nclass A:\n    if x: f()\n    for a in b: f()\n\n    def g(self): ...\n    if x: f()\n    for a in b: f()\n",
    "class A: pass\nclass B: x = f(); y = f()\nclass C:\n    pass; x = f()\nclass D:\n    # why\n\n    def f(self): ...\n    # why not\nx = 1; y = f(); f()\n",
    "def f(): ...\ndef g(): 'doc'\ndef h(): 'a' 'b'\ndef i(): b'a'; pass\ndef j(): None\ndef k(): 1\ndef l(): raise NotImplementedError\ndef m(): raise a.NotImplementedError()\ndef n(): raise NotImplementedError('x') from y\n",
    "def f(): f'a'\n", "def f(): f'{a()}' 'b'\n", "async def f():\n    async with a as b, c: await b\n    async for d in await e: yield d\n    return [await x async for x in y]\n",
    # Strings and numbers
    "x = f('a', \"b\", r'\\c', u'd', 'e\\'f', '''g'h''', '''i\\'''j''', 'k' 'l', b'm', b'n' b'o', '', '''''', rb'p', Rb'q', 'a''b', '\\\\')\n",
    "x = f(1, 0x1F, 1_000, 1.0, 1e5, 1j, .5, 0o17, -1, +1.5, not 1, ..., None, True)\n", "x = 'a\\\n b'\ny = ('a'\n  # why\n  'b')\nz = \"\"\"a\n'b'\n\"\"\"\n",
    "x = f'{a()}'\ny = f'{a()!r:>{b()}} {{c()}} {d()=} {e() == f()} {g!s}'\nz = f'a{b.c}' 'd{e.f}' rf'\\{g.h}' f''\n",
    "x = f'''{\n  a(b,\n    c.d)\n} {e()}\n{f()}'''\ny = (f'{a()}'\n     f'{a()}'  # {b()}\n     'c' f'{a()}')\n", "x = f'\\N{DIGIT ONE}{a()}{\"b\".c()}'\ny = f'{a[\"b\"]}{ {1: c()}[1] }{(lambda: 1)()}{x:{y}.{z()}}'\n",
    "x = f'{f\"{a()}\"}{b.c}'\ny = f'{a, b}'\nfor a, b in c: pass\nz = f'{a!r}{b:=5}{c<=d}{e!=g()}'\n", "x = [f'{x.y}' for x in f'{z()}']\nf'é{a()}é{b.c}'; f('é', a())\n",
    # Letters of more than one byte, line breaks
    "é = ü(ñ.ö, 'ä')\nfor ß in é: ü(ñ.ö, k=ß)\nx = '🐍'; y = a('🐍', b.c('é').d)\n", "x = 'ﬁ'; y = a()\n", "ﬁ = a()\n", "x = 'ﬁ'  # ﬁ\ny = b()\n", "x = f'{ﬁ()}'; y = 'ﬁ'\n", "x = rb'a', Rf'{ﬁ.a}'\n", "x = a(\r\n    b,\r\n    'c'\r\n)\r\ndef f():\r\n    '''d\r\n    e'''\r\n    return x\r\n",
    "x = '\u2028'; y = a('\u00a0 ', b)\n", "x = a()\n\f\ny = b()\n", "x = a()\ry = b()\r", "\ufeffx = a()\n", "x = a('\ufeff')  # \ufeff\ndef f():\n    \"\"\"b\ufeff\n    \ufeffc\"\"\"\n    d()\n", "def f():\n    \"\"\"b\ufeff\n    c \ufeff\"\"\"\n    d(e.f)\n", "if a:\n\tb()\n\tif c:\n\t\td()\n", "if a:\n        b()\n\tc()\n", "if a:\n  \tb()\n", "x = a()", "", "# why\n", "\n\n", "x = a()  \n   ",
    # Annotations
    "x: int\ny: 'A' = f()\nz.a: 'list[\"B\"]' = 1\nw[0]: C | 'D' = g()\nv: Literal['e'] = h()\n", "(x): int = 1\n", "def f(a: 'b.c', *d: 'e', f: 'not python(' = 1, **g: '') -> 'h | None': ...\n",
    "def f(a: \"x[\\\"y\\\"]\", b: '# c', c: 'a + b', d: 'f(1)', e: 'a\\nb', g: 'é', h: Annotated['A', 'some words'], i: ' j '): ...\n", "def f(*a: *T): ...\nx[*a]\nx[*a, b]\ny: tuple[*T] = z[1, *a]\n",
    # What is newer than some Python
    "try: f()\nexcept* A as e: g(e)\nexcept* B: raise\n", "type X[T: f(), *Ts, **P] = dict['T', X]\ndef f[T](x: T) -> T: return x\nclass A[T: (int, g())](B):\n    x = T\n\n    def m[S](self, y: S): return y\nfor T in x: pass\n",
    "type X[T = int] = T\n", "x = f'{a['b']}{'\\n'.join(c())}'\n", "x = t'{a()}'\n", "match = case = type = 1\nmatch(x)\ntype(x)\nfor match in type: match\n_ = match[case]\n",
    # Chunks
    "x = a()\n    # why\n  \n", "x = a(\n    b)\n    # why\n    # why not\n", "for x in y: a()\n    # why\n    # why not\n", "for x in y: a()\n  \n    # why\n", "def f():\n    a()\n  \n    # why\n  \n# b\nx = a()\n  # c\n\n",
    "\\\nfor (a, b) in x: (a, b)\nfor a, b in x: (a, b); (  a, b )\n",
    "x = [\n1,\nclass_(2),\n]\ny = (\n'''\ndef f(): pass\n'''\n)\n", "if a: b()\n\n\n# why\nelif c: d()\nelse:\n    e()\n    # at the end\n# after\nb()\n", "@a\n# why\n@b\ndef f(): ...\n\n@c\nclass A:\n\n    @d\n    def g(self): ...\n",
    "def f():\n    return a\\\n        .b()\nx = a \\\n  ()\n", "class A:\n    x = 1\n    def f(self): ...\n    x = f()\n    x = f()\n\n    class B: ...\n    x = f()\n", "while a():\n    break\nelse: b()\n",
    "assert a() \\\n    # why\nx = a()\n", "assert a() \\\n\nx = a()\n", "async \\\ndef f(): a()\nx = a()\n", "class \\\nA: x = a()\nx = a()\n", "x = f'{a['#(']}'\ny = a()\n\ndef f(): ...\n", "x = f\"{a[\"'''(\"]}\"\ny = a()\n\ndef f(): ...\n", "x = (1,\n 2); y = (a(),\n b)\nif a(\n): x = a(); y = (\n b)\nclass A(\n  B,\n): x = a()\nclass C(B,  # why\n):\n\n  # why\n  @d\n  # why\n  def f(self): ...\n", "match = a()\nx = 1\nclass A:\n    match = a()\n    x = 1\n    async_ = a()\n\n\n# why\n",
    "x = a; \nx = a;y = a\nassert a(), b()\nassert (a(), b())\nraise a() from b()\n", "x += a()\nx.y -= b()\nx[a()] *= c()\n(x) = (y) = z\n", "__all__ = ['a', 'b']\n", "__all__ = ('a', *b)\n__all__ += ['c']\n",
    "if TYPE_CHECKING:\n    import a\n    from b import *\n    def f():\n        import c\nelif d:\n    import a\nfrom . import (e, f as g,)\nfrom .... import h\nfrom .i.j import k\n",
]  # fmt: skip


def unlike(text: str) -> str | None:
    """How the two differ; nothing where the one is not sure."""
    figures = Figures()
    compare("", text, figures)
    return figures.wrong[0] if figures.wrong else None


@pytest.mark.parametrize("text", ODD)
def test_odd_things_are_read_alike(text: str) -> None:
    assert unlike(text) is None
    indented = "".join(f"    {line}" if line.strip() else line for line in text.splitlines(keepends=True))
    assert unlike(f"async def outer(self):\n{indented}\n    a(); f(); x\n") is None
    assert unlike(f"class Outer:\n{indented}\n    a(); f(); x\n\n    def last(self): ...\n") is None
    assert unlike(f"if a:\n{indented}\na(); f(); x\n{text}") is None


def test_most_odd_things_are_sure() -> None:
    sure = [text for text in ODD if is_python(text) and not isinstance(read_quickly(text), Unsure)]
    assert len(sure) > 0.7 * len(ODD)


def read_quickly(text: str) -> object:
    try:
        return quick_facts(text)
    except Unsure as why:
        return why


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([*ODD, *STATEMENTS, *FUNCTIONS, *FILES.values()]), min_size=2, max_size=5))
def test_what_is_made_of_them_is_read_alike(parts: list[str]) -> None:
    assert unlike("".join(part if part.endswith("\n") else f"{part}\n" for part in parts)) is None


def test_changed_files_are_read_alike() -> None:
    for name, text in FILES.items():
        assert check(name, text, changes=10).wrong == []


def test_real_files_are_read_alike() -> None:
    total = Figures()
    short = [path for path in real_files(240) if 0 < path.stat().st_size < SHORT]
    for path in short[:60]:
        total.add(check_file(path, changes=1))
    assert total.wrong == []
    assert total.counts["texts that were left to libcst"] < 0.1 * total.counts["files"]


@pytest.mark.parametrize(
    "text", ["x = (\n", "x = 1\n\f\n", "\ufeff\ufeffx = 1\n", "x = 1\ry = 2\n", "(x): int = 1\n", "ﬁ = 1\n", "x = " + "(" * 201 + ")" * 201]
)  # fmt: skip
def test_what_is_read_otherwise_is_left_to_libcst(text: str) -> None:
    assert isinstance(read_quickly(text), Unsure)


@pytest.mark.parametrize(
    "text", ["x = [\n    a for a in (  # why\n        b\n    )\n]\n", "x = {(a, b) for (a, b) in (c())}\n"]
)
def test_what_nobody_asks_the_text_of_is_sure(text: str) -> None:
    assert not isinstance(read_quickly(text), Unsure)
    assert unlike(text) is None


def test_deep_nesting_does_no_harm() -> None:
    for text in ("x = " + "+".join("a" * 900) + "\n", "x = a" + ".b" * 900 + "\n", "x = " + "not " * 900 + "a\n"):
        assert unlike(text) is None
    assert sys.getrecursionlimit() >= 10_000


def test_differences_are_told() -> None:
    one, other = quick_facts("x = a()\n"), extract(read("x = b()\n"))
    assert difference(one, one) is None
    assert difference(one, other) is not None
