"""What one file says: source on one side, facts on the other.

One thing in one file: it is one table of Python's constructs.
"""

import dataclasses
import json
from collections.abc import Mapping

import pytest
from apitfall.facts import FunctionFacts, Import, ModuleFacts, Parameter, Step, Value, Variable, extract, value_of
from apitfall.syntax import read
from apitfall.text import Place
from hypothesis import given, settings
from hypothesis import strategies as st
from libcst import parse_expression


def facts(source: str) -> ModuleFacts:
    return extract(read(source))


def show(value: Value | None) -> str:
    """A value as short text: names and calls as in Python, everything else as ``kind(parts)``."""
    if value is None:
        return "-"
    inner = show(value.of) if value.of is not None else ""
    parts = ", ".join(f"{key}={show(v)}" if key else show(v) for key, v in value.args)
    match value.kind:
        case "name":
            return value.name
        case "attribute":
            return f"{inner}.{value.name}"
        case "call":
            return f"{inner}({parts})"
        case "item":
            return f"{inner}[{parts}]"
        case "constant":
            return f"'{value.text}'" if value.name == "str" else value.text or value.name
        case "other":
            return value.name or "?"
        case "function":
            return value.name
        case _:
            return f"{value.kind}{value.name and ':' + value.name}({inner or parts})"


def branch(step: Step) -> str:
    return "/".join(f"{statement}:{arm}" for statement, arm in step.branch)


def line(step: Step) -> str:
    """A step as text: kind, what it is about, its use, its branch."""
    match step.kind:
        case "assign":
            note = "".join(f": {show(v)}" for _, v in step.args)
            said = f"{show(step.target)}{note} = {show(step.value)}"
        case "call":
            said = show(step.result)
        case "attribute" | "await" | "return" | "raise" | "yield":
            said = show(step.value if step.value is not None else step.target)
        case _:
            said = show(step.target)
    use = "" if step.kind in ("assign", "return", "raise", "delete") else step.use
    return " ".join(filter(None, (step.kind, said, use and f"<{use}>", branch(step) and f"@{branch(step)}")))


def flow(source: str, function: str = "f") -> list[str]:
    return [line(step) for step in facts(source).functions[function].flow]


def body(source: str) -> list[str]:
    """The flow of statements in an async function."""
    return flow("async def f(x, y, z):\n" + "".join(f"    {line}\n" for line in source.splitlines()))


def test_comprehensions_over_something_else_change_nothing_in_another() -> None:
    before, after = body("a([w for w in b()])"), body("{u: u for u in c()}\na([w for w in b()])\na([w for w in b()])")
    assert before == after[2:5]
    assert after[5:] != before != []


@pytest.mark.parametrize(
    ("source", "imports"),
    [
        ("import a", {"a": Import("a")}),
        ("import a.b.c", {"a": Import("a")}),
        ("import a.b as c", {"c": Import("a.b")}),
        ("import a, b.c as d", {"a": Import("a"), "d": Import("b.c")}),
        ("from a.b import c, d as e", {"c": Import("a.b", "c"), "e": Import("a.b", "d")}),
        ("from . import a", {"a": Import("", "a", 1)}),
        ("from ..b import (\n    c,\n)", {"c": Import("b", "c", 2)}),
        ("from .... import a", {"a": Import("", "a", 4)}),
        ("if TYPE_CHECKING:\n    from a import b", {"b": Import("a", "b", typing=True)}),
        (
            "if typing.TYPE_CHECKING:\n    import a\nelse:\n    import b",
            {"a": Import("a", typing=True), "b": Import("b")},
        ),
        ("if TYPE_CHECKING:\n    from a import x\nelse:\n    from b import x", {"x": Import("b", "x")}),
        ("from a import x\nif TYPE_CHECKING:\n    from b import x", {"x": Import("a", "x")}),
        ("try:\n    import a\nexcept ImportError:\n    import b as a", {"a": Import("a")}),
        ("with c:\n    import a", {"a": Import("a")}),
    ],
)
def test_imports(source: str, imports: Mapping[str, Import]) -> None:
    assert facts(source + "\n").imports == imports


def test_stars_are_apart() -> None:
    assert facts("from a import *\nfrom .b import *\n").stars == (Import("a", "*"), Import("b", "*", 1))


def test_an_import_in_a_function_is_the_functions_own() -> None:
    found = facts("def f():\n    from a import b\n    def g():\n        import c\n")
    assert (found.imports, found.functions["f"].imports, found.functions["f.g"].imports) == (
        {},
        {"b": Import("a", "b")},
        {"c": Import("c")},
    )


@pytest.mark.parametrize(
    ("source", "exports"),
    [
        ("x = 1", None),
        ("__all__ = ['a', 'b']", ("a", "b")),
        ("__all__ = ('a',)", ("a",)),
        ("__all__ = []", ()),
        ("__all__ = a.__all__ + ['b']", None),
        ("__all__ = ['a']\n__all__ += ['b']", None),
        ("__all__ = [*a.__all__, 'b']", None),
        ("__all__: list[str] = ['a']", ("a",)),
    ],
)
def test_exports(source: str, exports: tuple[str, ...] | None) -> None:
    assert facts(source + "\n").exports == exports


@pytest.mark.parametrize(
    ("source", "variables"),
    [
        ("x = 1", {"x": (Variable(Value("constant", "int", text="1")),)}),
        ("x = None\nx = a", {"x": (Variable(Value("constant", "None", text="None")), Variable(Value("name", "a")))}),
        ("x: A", {"x": (Variable(None, Value("name", "A")),)}),
        ("x: 'A' = b", {"x": (Variable(Value("name", "b"), Value("name", "A")),)}),
        ("x, y = a, b", {"x": (Variable(Value("name", "a")),), "y": (Variable(Value("name", "b")),)}),
        ("x = y = a", {"x": (Variable(Value("name", "a")),), "y": (Variable(Value("name", "a")),)}),
        (
            "type X = list[int]",
            {"X": (Variable(Value("item", of=Value("name", "list"), args=(("", Value("name", "int")),))),)},
        ),
        ("a.x = 1", {}),
    ],
)
def test_variables(source: str, variables: Mapping[str, tuple[Variable, ...]]) -> None:
    assert facts(source + "\n").variables == variables


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("a.b.c", "a.b.c"),
        ("select(X).where(a == b, c=1)", "select(X).where(?, c=1)"),
        ("f(*a, **b)", "f(*=a, **=b)"),
        ("a[b, 1:2]", "a[b, slice]"),
        ("'x' 'y'", "''"),
        ("b'x'", "bytes"),
        ("r'x'", "'x'"),
        ("f'{x}'", "''"),
        ("...", "ellipsis"),
        ("1j", "complex"),
        ("None", "None"),
        ("True", "True"),
        ("not a", "bool"),
        ("a is None", "bool"),
        ("a in b", "bool"),
        ("a < b", "?"),
        ("a == b", "?"),
        ("-a", "?"),
        ("a + b", "?"),
        ("a | b", "choice:|(a, b)"),
        ("a or b", "choice:or(a, b)"),
        ("a and b", "choice:and(a, b)"),
        ("a if b else c", "choice(a, c)"),
        ("(n := a)", "a"),
        ("[a, *b]", "list(a, star(b))"),
        ("(a, b)", "tuple(a, b)"),
        ("{a}", "set(a)"),
        ("{'k': a, b: c, **d}", "dict(k=a, *=c, **=d)"),
        ("[a for b in c]", "comprehension:list(a)"),
        ("(a for b in c)", "comprehension:generator(a)"),
        ("{a: b for c in d}", "comprehension:dict(a, b)"),
        ("await a.b()", "await(a.b())"),
        ("lambda: 1", "?"),
    ],
)
def test_values(source: str, value: str) -> None:
    assert show(value_of(parse_expression(source))) == value


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("A", "A"),
        ("'a.B'", "a.B"),
        ("list['A']", "list[A]"),
        ("'list[\"A\"]'", "list[A]"),
        ("A | None", "choice:|(A, None)"),
        ("'A' | None", "choice:|(A, None)"),
        ("Literal['A']", "Literal['A']"),
        ("t.Literal['A', 1]", "t.Literal['A', 1]"),
        ("Annotated[A, Depends(b)]", "Annotated[A, Depends(b)]"),
        ("'not python('", "?"),
        ("''", "?"),
        ("Callable[['A'], 'B']", "Callable[list(A), B]"),
    ],
)
def test_annotations_in_strings_are_read(annotation: str, value: str) -> None:
    assert show(facts(f"def f(x: {annotation}): ...\n").functions["f"].parameters[0].annotation) == value


def test_parameters() -> None:
    found = facts("def f(a, /, b: int = 1, *c, d, e='x', **g): ...\n").functions["f"].parameters
    assert found == (
        Parameter("a", "positional"),
        Parameter("b", "any", Value("name", "int"), Value("constant", "int", text="1")),
        Parameter("c", "args"),
        Parameter("d", "keyword"),
        Parameter("e", "keyword", None, Value("constant", "str", text="x")),
        Parameter("g", "kwargs"),
    )
    assert [p.kind for p in facts("def f(*, a): ...\n").functions["f"].parameters] == ["keyword"]


def test_functions_and_classes() -> None:
    found = facts(
        "@a.b(1)\nasync def f() -> C: yield 1\n"
        "class D(E, F[G], metaclass=H, table=True):\n    x: int = 1\n    @property\n    def g(self): return self.x\n"
        "    y = 2\n    class I(J):\n        def k(self): ...\n    async def g(self): ...\n"
    )
    assert list(found.functions) == ["f", "D.g", "D.I.k", "D.g@2"]
    f, method = found.functions["f"], found.functions["D.g"]
    assert (f.is_async, f.is_generator, show(f.returns), [show(d) for d in f.decorators]) == (
        True,
        True,
        "C",
        ["a.b(1)"],
    )
    assert (method.owner, method.short_name, method.is_async, [show(d) for d in method.decorators]) == (
        "D",
        "g",
        False,
        ["property"],
    )
    assert (found.functions["D.I.k"].owner, found.functions["f"].owner) == ("D.I", "")
    cls = found.classes["D"]
    assert [show(b) for b in cls.bases] == ["E", "F[G]"]
    assert [(k, show(v)) for k, v in cls.keywords] == [("metaclass", "H"), ("table", "True")]
    assert {name: show(v[0].value) for name, v in cls.variables.items()} == {"x": "1", "y": "2"}
    assert cls.methods == ("g", "g@2")
    assert (list(found.classes), [show(b) for b in found.classes["D.I"].bases]) == (["D", "D.I"], ["J"])


def test_equal_names_are_counted() -> None:
    found = facts("def f(): a()\nif x:\n    def f():\n        def g(): b()\nclass C: ...\nclass C: ...\n")
    assert list(found.functions) == ["f", "f@2.g", "f@2"]
    assert found.functions["f@2.g"].flow[0].place == Place("f@2.g", "b()")


@pytest.mark.parametrize(
    ("source", "trivial"),
    [
        ("def f(): ...", True),
        ("def f(): pass", True),
        ("def f():\n    '''doc'''", True),
        ("def f():\n    '''doc'''\n    raise NotImplementedError", True),
        ("def f():\n    raise NotImplementedError('later')", True),
        ("def f():\n    raise ValueError", False),
        ("def f():\n    raise", False),
        ("def f(): return", False),
        ("def f():\n    if x: pass", False),
    ],
)
def test_trivial_functions(source: str, trivial: bool) -> None:
    assert facts(source + "\n").functions["f"].trivial is trivial


@pytest.mark.parametrize(
    ("source", "steps"),
    [
        ("a()", ["call a() <discarded>"]),
        ("await a()", ["call a() <awaited>", "await a() <discarded>"]),
        ("return await a.b(c())", ["call c() <argument>", "call a.b(c()) <awaited>", "await a.b(c()) <returned>", "return await(a.b(c()))"]),
        ("return", ["return -"]),
        ("v = a()", ["call a() <bound>", "assign v = a()"]),
        ("v: T = a()", ["call a() <bound>", "assign v: T = a()"]),
        ("v: T", ["assign v: T = -"]),
        ("v += a()", ["call a() <operand>", "assign v = ?"]),
        ("v = w = a.b", ["attribute a.b <bound>", "assign v = a.b", "assign w = a.b"]),
        ("v, (w, *u) = a", ["assign v = a[0]", "assign w = a[1][0]", "assign u = ?"]),
        ("v, w = w, v", ["assign v = w", "assign w = v"]),
        ("a.b.c = d", ["attribute a.b <attribute>", "assign a.b.c = d"]),
        ("a().b = d", ["call a() <attribute>", "assign a().b = d"]),
        ("a[b()] = c", ["call b() <argument>", "assign a[b()] = c"]),
        ("a.b.c.d", ["attribute a.b.c.d <discarded>"]),
        ("a.b().c", ["call a.b() <attribute>", "attribute a.b().c <discarded>"]),
        ("a().b().c()", ["call a() <attribute>", "call a().b() <attribute>", "call a().b().c() <discarded>"]),
        ("a(b)(c)", ["call a(b) <called>", "call a(b)(c) <discarded>"]),
        ("a(b.c, *d(), **e(), k=g())", ["attribute b.c <argument>", "call d() <iterated>", "call e() <iterated>", "call g() <argument>", "call a(b.c, *=d(), **=e(), k=g()) <discarded>"]),
        ("a[b()].c", ["call b() <argument>", "attribute a[b()].c <discarded>"]),
        ("a()[0]", ["call a() <item>"]),
        ("v = [a(), *b()]", ["call a() <element>", "call b() <iterated>", "assign v = list(a(), star(b()))"]),
        ("v = {a(): b(), **c()}", ["call a() <element>", "call b() <element>", "call c() <element>", "assign v = dict(*=b(), **=c())"]),
        ("v = f'{a()!r:>{b()}}'", ["call a() <formatted>", "call b() <formatted>", "assign v = ''"]),
        ("v = a() + b()", ["call a() <operand>", "call b() <operand>", "assign v = ?"]),
        ("v = not a()", ["call a() <tested>", "assign v = bool"]),
        ("v = a() or b()", ["call a() <tested>", "call b() <bound>", "assign v = choice:or(a(), b())"]),
        ("v = a() if b() else c()", ["call b() <tested>", "call a() <bound>", "call c() <bound>", "assign v = choice(a(), c())"]),
        ("v = a() < b()", ["call a() <operand>", "call b() <operand>", "assign v = ?"]),
        ("if (n := a()) and b(n): pass", ["call a() <bound>", "assign n = a()", "call b(n) <tested>"]),
        ("yield", ["yield - <discarded>"]),
        ("v = yield a()", ["call a() <yielded>", "yield a() <bound>", "assign v = ?"]),
        ("assert a(), b()", ["call a() <tested>", "call b() <operand>"]),
        ("raise a(b()) from c()", ["call b() <argument>", "call a(b()) <raised>", "raise a(b())"]),
        ("raise", ["raise -"]),
        ("del v, w[0], u.t", ["delete tuple(v, w[0], u.t)"]),
        ("if a():\n    b()\nelif c():\n    d()\nelse:\n    e()", ["call a() <tested>", "call b() <discarded> @if1:body", "call c() <tested> @if1:else", "call d() <discarded> @if1:else/if2:body", "call e() <discarded> @if1:else/if2:else"]),
        ("for v in a():\n    b(v)\nelse:\n    c()", ["call a() <iterated>", "assign v = iterate(a()) @for1:body", "call b(v) <discarded> @for1:body", "call c() <discarded> @for1:else"]),
        ("async for v, w in a():\n    pass", ["call a() <iterated>", "assign v = iterate(a())[0] @for1:body", "assign w = iterate(a())[1] @for1:body"]),
        ("while a:\n    if b:\n        break", ["break - <discarded> @while1:body/if1:body"]),
        ("while a():\n    b()", ["call a() <tested> @while1:body", "call b() <discarded> @while1:body"]),
        ("with a() as v, b():\n    c()", ["call a() <entered> @with1:body", "assign v = enter(a()) @with1:body", "call b() <entered> @with1:body", "call c() <discarded> @with1:body"]),
        ("async with a() as (v, w):\n    c()", ["call a() <entered> @async with1:body", "assign v = enter(a())[0] @async with1:body", "assign w = enter(a())[1] @async with1:body", "call c() <discarded> @async with1:body"]),
        ("try:\n    a()\nexcept B as e:\n    c()\nexcept D:\n    pass\nelse:\n    g()\nfinally:\n    h()", ["call a() <discarded> @try1:body", "assign e = ? @try1:except0", "call c() <discarded> @try1:except0", "call g() <discarded> @try1:else", "call h() <discarded> @try1:finally"]),
        ("match a():\n    case B(c=d, e=[g, *h]) if i(d):\n        j()\n    case {'k': k, **l} | m:\n        pass\n    case o.p as q:\n        pass", ["call a() <operand>", "assign d = ? @match1:case0", "assign g = ? @match1:case0", "assign h = ? @match1:case0", "call i(d) <tested> @match1:case0", "call j() <discarded> @match1:case0", "assign k = ? @match1:case1", "assign l = ? @match1:case1", "assign m = ? @match1:case1", "assign q = ? @match1:case2"]),
        ("v = [a(w) for w in b() if c(w)]", ["call b() <iterated>", "assign w = iterate(b()) @comprehension.b7330cd7.1:body", "call c(w) <tested> @comprehension.b7330cd7.1:body", "call a(w) <element> @comprehension.b7330cd7.1:body", "assign v = comprehension:list(a(w))"]),
        ("v = {a: b() for w in x async for u in w.t}", ["assign w = iterate(x) @comprehension.b7061ee3.1:body", "attribute w.t <iterated> @comprehension.b7061ee3.1:body", "assign u = iterate(w.t) @comprehension.b7061ee3.1:body", "call b() <element> @comprehension.b7061ee3.1:body", "assign v = comprehension:dict(a, b())"]),
        ("a(lambda v: b(v), k=lambda: c())", ["call a(f.<lambda0>, k=f.<lambda1>) <discarded>"]),
        ("v = lambda w=a(): w", ["call a() <argument>", "assign v = f.<lambda0>"]),
        ("if a: b()\nif c: d()", ["call b() <discarded> @if1:body", "call d() <discarded> @if2:body"]),
        ("@a(1)\ndef g(v=b()): c()", ["call a(1) <decorator>", "call b() <argument>"]),
        ("class G(a(), k=b()):\n    v = c()", ["call a() <argument>", "call b() <argument>"]),
        ("global v; v = 1", ["assign v = 1"]),
    ],
)  # fmt: skip
def test_flow(source: str, steps: list[str]) -> None:
    assert body(source) == steps


def test_a_lambda_is_a_function() -> None:
    found = facts("x = lambda a, b=1: c(a)(lambda: d())\n")
    assert list(found.functions) == ["<lambda0>.<lambda0>", "<lambda0>"]
    assert flow("x = lambda a: c(a)\n", "<lambda0>") == ["call c(a) <returned>", "return c(a)"]
    assert [line(s) for s in found.flow] == ["assign x = <lambda0>"]
    assert [p.name for p in found.functions["<lambda0>"].parameters] == ["a", "b"]


def test_a_generator_yields_in_its_own_body() -> None:
    found = facts("def f():\n    def g():\n        yield 1\n    return lambda: (yield)\ndef h(): x = yield from f()\n")
    assert {name: f.is_generator for name, f in found.functions.items()} == {
        "f": False,
        "f.g": True,
        "f.<lambda0>": True,
        "h": True,
    }


def test_globals_are_those_of_the_function() -> None:
    found = facts("def f():\n    global a, b\n    def g():\n        nonlocal c\n")
    assert (found.functions["f"].globals, found.functions["f.g"].globals) == (("a", "b"), ("c",))


def test_handlers_are_those_of_the_function() -> None:
    found = facts(
        "def f():\n    if x:\n        try: a()\n        except A: pass\n        except (B, c.D) as e:\n"
        "            try: b()\n            except: pass\n    def g():\n        try: c()\n        except E: pass\n"
    )
    shown = [(show(h.caught), h.name, h.branch) for name in ("f", "f.g") for h in found.functions[name].handlers]
    inside = (("if1", "body"), ("try1", "except1"))
    assert shown == [
        ("A", "", (("if1", "body"), ("try1", "except0"))),
        ("tuple(B, c.D)", "e", inside),
        ("-", "", (*inside, ("try2", "except0"))),
        ("E", "", (("try1", "except0"),)),
    ]
    (group,) = facts("def f():\n    try: a()\n    except* A: pass\n").functions["f"].handlers
    assert group.is_group


def test_places_count_equals_in_their_function() -> None:
    steps = facts("def f():\n    a(); a( )\n    def g(): a()\n    a()\n").functions["f"].flow
    assert [s.place for s in steps] == [Place("f", "a()", 0), Place("f", "a( )", 0), Place("f", "a()", 1)]


def test_a_chunk_without_a_tree_adds_nothing() -> None:
    found = facts("import a\n\ndef f():\n    return (\n\ndef g():\n    return b()\n\nx = = 1\ny = 2\n")
    assert (list(found.imports), list(found.functions), list(found.variables)) == (["a"], ["g"], ["y"])


def test_a_class_whose_head_does_not_parse_has_an_unknown_base() -> None:
    found = facts("class A(B:\n    def f(self): ...\n")
    assert (found.functions["A.f"].owner, found.classes["A"].bases) == ("A", (Value("other"),))


# What facts are made of

SOURCES = [
    "import a\n", "from .b import c\n", "\n", "# why\n", "@d(1)\ndef f(x: 'A' = 1):\n    y = await x.z(1, k='v')\n    return [w(v) for v in y]\n",
    "class A(B[int], k=1):\n    '''doc'''\n    x: int = f(1)\n    def g(self):\n        with self.x as y: yield y\n    z = lambda: 1\n",
    "if a:\n    def f(): ...\nelse:\n    f = None\n", "x = f(1)\ny = x or {**z, 'k': [1]}\n", "try: f()\nexcept A as e: raise\n",
    "match x:\n    case A(b): c(b)\n",
]  # fmt: skip


def made_of(value: object) -> set[type]:
    """The classes of all that a value holds."""
    found: set[type] = {type(value)}
    if isinstance(value, Mapping):
        found.update(*(made_of(v) for pair in value.items() for v in pair))
    elif isinstance(value, tuple):
        found.update(*map(made_of, value))
    elif dataclasses.is_dataclass(value):
        found.update(*(made_of(getattr(value, f.name)) for f in dataclasses.fields(value)))
    return found


def test_facts_are_plain_data() -> None:
    found = facts("".join(SOURCES))
    classes = made_of(found)
    others = {c for c in classes if not dataclasses.is_dataclass(c) and not issubclass(c, tuple)}
    assert others <= {str, int, bool, type(None), dict}
    # That nothing changes a value is seen by the type checker alone: it is made too often for Python to see to it.
    kept = classes - {Value}
    assert all(c.__dataclass_params__.frozen for c in kept if dataclasses.is_dataclass(c))  # pyright: ignore
    assert json.loads(json.dumps(dataclasses.asdict(found)))["imports"]["a"][0] == "a"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(SOURCES), max_size=6),
    st.lists(st.sampled_from(["\n", "# a comment\n", "\n\n\n"]), min_size=7, max_size=7),
)
def test_facts_are_equal_when_lines_move(sources: list[str], between: list[str]) -> None:
    moved = "".join(a + b for a, b in zip(between, [*sources, ""], strict=False))
    assert facts(moved) == facts("".join(sources))


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_facts_do_not_depend_on_line_breaks(newline: str) -> None:
    source = "".join(SOURCES)
    assert facts(source.replace("\n", newline)) == facts(source)


def test_long_constants_are_cut() -> None:
    found = facts(f"x = '{'a' * 1000}'\ny = {'1' * 1000}\n")
    assert [len(found.variables[n][0].value.text) for n in "xy" if found.variables[n][0].value is not None] == [
        200,
        200,
    ]  # type: ignore[union-attr]


def test_short_names() -> None:
    assert [FunctionFacts(name).short_name for name in ("f", "A.g", "f.<lambda0>")] == ["f", "g", "<lambda0>"]


@pytest.mark.parametrize(
    ("position", "keyword", "found"), [(0, "", "a"), (1, "", "b"), (2, "k", "c"), (2, "", "-"), (5, "m", "-")]
)
def test_arguments_by_position_or_keyword(position: int, keyword: str, found: str) -> None:
    call = value_of(parse_expression("f(a, b, k=c)"))
    assert show(call.argument(position, keyword)) == found


def test_a_link_of_a_chain_is_replaced() -> None:
    chain = value_of(parse_expression("a.b(x).c"))
    assert show(chain.with_root(Value("name", "a"), value_of(parse_expression("d()")))) == "d().b(x).c"
    assert (chain.root, chain.dotted, value_of(parse_expression("a.b.c")).dotted) == (Value("name", "a"), None, "a.b.c")
