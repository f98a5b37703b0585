"""What the files of a project say together: names, types, classes, calls, and answers that follow from answers.

One thing in one file: one table of files serves all of it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import partial

import pytest
from apitfall.facts import ClassFacts, FunctionFacts, ModuleFacts, Value, extract, value_of
from apitfall.project import ModuleNames, ProjectIndex, Scope, Version, collect, relative_name, summary
from apitfall.project.flow import Assignments, reaching
from apitfall.syntax import read
from apitfall.text import Place, collapse
from apitfall.types import CLASS, Type, callable_, coroutine
from libcst import parse_expression

TYPES = {
    "orm.Session": Type(CLASS, (Type("orm.Session"), Type("orm.Base"))),
    "orm.Base": Type(CLASS, (Type("orm.Base"),)),
    "orm.Session.get": callable_(coroutine(Type("orm.Row"))),
    "orm.Session.query": callable_(Type("orm.Query", (Type("$self"),))),
    "orm.Session.__aenter__": callable_(coroutine(Type("$self"))),
    "orm.Query": Type(CLASS, (Type("orm.Query"),)),
    "orm.Query.filter": callable_(Type("$self")),
    "orm.Row": Type(CLASS, (Type("orm.Row"),)),
    "orm.shared.Session": Type(CLASS, (Type("orm.Session"),)),
    "orm.maker": Type(CLASS, (Type("orm.maker"),)),
    "orm.maker.__call__": callable_(Type("$1")),
    "orm.maker.__class_getitem__": Type("orm.maker", (Type("orm.Session"),)),
    "orm.same": callable_(Type("$decorator")),
    "store.Client": Type(CLASS, (Type("store.Client"),)),
    "store.Client.__getattr__": callable_(Type("store.Table")),
    "store.Client.__getitem__": callable_(Type("store.Table")),
    "store.Table.__truediv__": callable_(Type("$self")),
    "store.Table.__iter__": callable_(Type("orm.Row")),
    "store.Table.rows": callable_(Type("list")),
    "store.Client.__or__": callable_(Type("store.Table")),
}


def project(
    files: Mapping[str, str], types: Mapping[str, Type] = TYPES, versions: Mapping[str, Version] | None = None
) -> ProjectIndex:
    foreign = frozenset(name.partition(".")[0] for name in types)
    index = ProjectIndex(types, versions or {})
    index.update(
        {relative_name(path, ""): file(path, text) for path, text in files.items()}, ModuleNames(files, foreign)
    )
    return index


def file(path: str, text: str) -> tuple[str, ModuleFacts]:
    return f"/root/{path}", extract(read(text))


def expression(source: str) -> Value:
    return value_of(parse_expression(source))


def named(index: ProjectIndex, module: str, source: str, function: str = "", place: str = "") -> str | None:
    where = Place(function, collapse(place)) if place else None
    return index.symbol(expression(source), Scope(module, function), where)


def typed(index: ProjectIndex, module: str, source: str, function: str = "", place: str = "") -> str | None:
    where = Place(function, collapse(place)) if place else None
    found = index.type_of(expression(source), Scope(module, function), where)
    return str(found) if found is not None else None


# Modules


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/r/a.py", "a"),
        ("/r/a/b.py", "a.b"),
        ("/r/a/__init__.py", "a"),
        ("/r/a/b.pyi", "a.b"),
        ("/r/src/a.py", "src.a"),
        ("/r/__init__.py", "__init__"),
    ],
)
def test_a_module_is_named_by_its_path(path: str, name: str) -> None:
    assert relative_name(path, "/r") == name


@pytest.mark.parametrize(
    ("files", "importer", "statement", "name", "symbol"),
    [
        ("a.py b.py", "a", "import b", "b", "b:"),
        ("a.py p/__init__.py p/q.py", "a", "import p.q", "p.q", "p.q:"),
        ("a.py p/__init__.py p/q.py", "a", "import p.q as c", "c", "p.q:"),
        ("a.py p/q.py", "a", "import p.q", "p.q", "p.q:"),
        ("a.py p/q.py", "a", "from p import q", "q", "p.q:"),
        ("a.py p/q/r.py", "a", "from p.q import r", "r", "p.q.r:"),
        ("p/a.py p/b.py", "p.a", "from . import b", "b", "p.b:"),
        ("p/__init__.py p/b.py", "p", "from . import b", "b", "p.b:"),
        ("p/q/a.py p/b.py", "p.q.a", "from .. import b", "b", "p.b:"),
        ("p/q/__init__.py p/b.py", "p.q", "from .. import b", "b", "p.b:"),
        ("p/q/r/a.py p/b/c.py", "p.q.r.a", "from ...b import c", "c", "p.b.c:"),
        ("p/a.py b.py", "p.a", "from ... import b", "b", None),
        ("p/a.py", "p.a", "from .missing import b", "b", None),
        ("src/p/a.py src/p/b.py", "src.p.a", "from p import b", "b", "src.p.b:"),
        ("src/p/b.py tests/t.py", "tests.t", "from p import b", "b", "src.p.b:"),
        ("backend/p/__init__.py backend/p/a.py backend/p/b.py", "backend.p.a", "from p.b import c", "p", None),
        ("backend/p/__init__.py backend/p/a.py backend/p/b.py", "backend.p.a", "import p.b", "p.b", "backend.p.b:"),
        ("backend/p/b.py tools/t.py", "tools.t", "import p.b", "p.b", "backend.p.b:"),
        ("a.py", "a", "import os.path", "os.path", "os.path"),
        ("a.py", "a", "from os import path as q", "q.join", "os.path.join"),
        ("a.py", "a", "from missing import x", "x", "missing.x"),
        ("a.py", "a", "import orm", "orm.Session", "orm.Session"),
        ("a.py", "a", "from orm.shared import Session as S", "S", "orm.Session"),
        # A module of the project that is called like a library is that library's only where Python looks first.
        ("a.py orm.py", "a", "import orm", "orm", "orm:"),
        ("p/a.py p/orm.py", "p.a", "import orm", "orm", "orm"),
        ("p/a.py p/orm.py", "p.a", "from . import orm", "orm", "p.orm:"),
        ("p/a.py orm/notes.py", "p.a", "import orm", "orm", "orm"),
        ("p/a.py p/json.py", "p.a", "import json", "json.loads", "json.loads"),
        ("p/__init__.py p/api/__init__.py p/api/a.py p/crud/b.py", "p.api.a", "from crud import b", "b", "p.crud.b:"),
        ("p/__init__.py p/a.py p/orm.py", "p.a", "import orm", "orm", "orm"),
        ("p/__init__.py p/a.py q/__init__.py q/x.py", "p.a", "import x", "x", "x"),
    ],
)  # fmt: skip
def test_imports_of_modules(files: str, importer: str, statement: str, name: str, symbol: str | None) -> None:
    sources = {path: statement + "\n" if relative_name(path, "") == importer else "" for path in files.split()}
    assert named(project(sources), importer, name) == symbol


def test_each_part_of_a_monorepo_imports_its_own() -> None:
    index = project({
        f"services/{service}/{path}": text
        for service in "ab"
        for path, text in {
            "app/__init__.py": "", "app/x.py": "def y(): ...\n", "app/main.py": "from app.x import y\n", "cli.py": "from app.x import y\n",
            "tests/test_x.py": "from app.x import y\n",
        }.items()
    })  # fmt: skip
    for service in "ab":
        for module in ("app.main", "cli", "tests.test_x"):
            assert named(index, f"services.{service}.{module}", "y") == f"services.{service}.app.x:y"


def test_of_several_places_that_fit_none_is_taken() -> None:
    index = project({"one/app/x.py": "y = 1\n", "two/app/x.py": "y = 1\n", "scripts/s.py": "from app.x import y\n"})
    assert named(index, "scripts.s", "y") == "app.x.y"


FILES = {
    "app/__init__.py": "from app.db import Session as S, get\nfrom .models import *\nfrom .hidden import *\n",
    "app/db.py": "from orm import Session\nfrom .base import get\nlimit = 1\n",
    "app/base.py": "def get(): ...\ndef again(): ...\ndef again(): ...\n",
    "app/models.py": "from .base import again\n__all__ = ['User', '_private', 'again']\nclass User: ...\nclass Other: ...\n_private = 1\n",
    "app/hidden.py": "class Shown: ...\nclass _Hidden: ...\n",
    "app/cycle.py": "from .ring import a, b\nc = 1\n",
    "app/ring.py": "from .cycle import a, c\nfrom .cycle import *\nb = 1\n",
    "app/typing_.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .models import User\n    from app import db\n",
    "app/either.py": "try:\n    from fast import loads\nexcept ImportError:\n    from json import loads\n",
    "app/shadow.py": (
        "import json\nfrom app import get\n\ndef get(): ...\n\n"
        "def f(get):\n    return get()\n\ndef g():\n    get = 1\n    return get\n\ndef h():\n    from app.models import User as get\n    return get()\n\n"
        "def i():\n    global get\n    get = 1\n\ndef j():\n    def get(): ...\n    return get()\n\n"
        "def k():\n    json = load()\n    return json.loads()\n\ndef l():\n    return json.loads()\n\n"
        "def m():\n    for json in x: pass\n    return json\n\ndef n():\n    with x as json: return json.loads()\n\n"
        "def o():\n    return [json.loads() for json in x]\n\ndef p():\n    return lambda json: json.loads()\n\n"
        "class C:\n    json = 1\n    def q(self):\n        return json.loads()\n\ndef r():\n    alias = json.loads\n    return alias()\n\n"
        "def s(c):\n    alias = json.loads\n    if c:\n        alias = c\n    return alias()\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("module", "name", "symbol"),
    [
        ("app", "S", "orm.Session"),
        ("app", "get", "app.base:get"),
        ("app", "User", "app.models:User"),
        ("app", "_private", "app.models:_private"),
        ("app", "again", "app.base:again@2"),
        ("app", "Other", None),
        ("app", "Shown", "app.hidden:Shown"),
        ("app", "_Hidden", None),
        ("app.typing_", "db.get", "app.base:get"),
        ("app.typing_", "db.Session.get", "orm.Session.get"),
        ("app.typing_", "db.nothing", None),
        ("app.cycle", "a", None),
        ("app.cycle", "b", "app.ring:b"),
        ("app.ring", "c", "app.cycle:c"),
        ("app.typing_", "User", "app.models:User"),
        ("app.typing_", "db.limit", "app.db:limit"),
        ("app.either", "loads", "fast.loads"),
        ("app.shadow", "get", "app.shadow:get"),
        ("app.base", "len", "builtins.len"),
        ("app.base", "nothing", None),
        ("app", "len", None),
    ],
)
def test_names_of_modules(module: str, name: str, symbol: str | None) -> None:
    assert named(project(FILES), module, name) == symbol


@pytest.mark.parametrize(
    ("function", "name", "place", "symbol"),
    [
        ("f", "get", "get()", None),
        ("g", "get", "return get", None),
        ("h", "get", "get()", "app.models:User"),
        ("i", "get", "", "app.shadow:get"),
        ("j", "get", "get()", "app.shadow:j.get"),
        ("k", "json.loads", "json.loads()", None),
        ("l", "json.loads", "json.loads()", "json.loads"),
        ("m", "json", "return json", None),
        ("n", "json.loads", "json.loads()", None),
        ("o", "json.loads", "json.loads()", None),
        ("p.<lambda0>", "json.loads", "json.loads()", None),
        ("C.q", "json.loads", "json.loads()", "json.loads"),
        ("r", "alias", "alias()", "json.loads"),
        ("s", "alias", "alias()", None),
    ],
)
def test_names_in_functions(function: str, name: str, place: str, symbol: str | None) -> None:
    assert named(project(FILES), "app.shadow", name, function, place) == symbol


# Classes

CLASSES = {
    "a.py": "from b import B, mixin\nfrom orm import Session\nfrom lib import L\n\n"
            "class A(B[int]):\n    def f(self): ...\n\nclass S(Session, mixin.M): ...\n\nclass U(L): ...\n\nclass R(R2): ...\nclass R2(R): ...\n\n"
            "class N:\n    class I(B):\n        def f(self): ...\n\nclass X(make()): ...\n\nclass E(Exception): ...\n",
    "b.py": "import mixin\nclass C:\n    x = 1\n    def f(self): ...\n    def g(self): ...\nclass B(C):\n    def g(self): ...\n    def g(self): ...\n",
    "mixin.py": "class M:\n    def get(self): ...\n    def h(self): ...\n",
}  # fmt: skip


@pytest.mark.parametrize(
    ("cls", "mro"),
    [
        ("a:A", ("a:A", "b:B", "b:C")),
        ("a:S", ("a:S", "orm.Session", "orm.Base", "mixin:M")),
        ("a:U", ("a:U", "lib.L", "?")),
        ("a:R", ("a:R", "a:R2")),
        ("a:N.I", ("a:N.I", "b:B", "b:C")),
        ("a:X", ("a:X", "?")),
        ("mixin:M", ("mixin:M",)),
    ],
)
def test_the_classes_a_class_is_made_of(cls: str, mro: tuple[str, ...]) -> None:
    assert project(CLASSES).mro(cls) == mro


@pytest.mark.parametrize(
    ("cls", "name", "symbol"),
    [
        ("a:A", "f", "a:A.f"),
        ("a:A", "g", "b:B.g@2"),
        ("a:A", "x", "b:C.x"),
        ("a:A", "h", None),
        ("a:S", "get", "orm.Session.get"),
        ("a:S", "h", "mixin:M.h"),
        ("a:N.I", "f", "a:N.I.f"),
        ("a:N", "I", "a:N.I"),
    ],
)
def test_methods_are_looked_up_along_the_classes(cls: str, name: str, symbol: str | None) -> None:
    assert project(CLASSES).method(cls, name) == symbol


def test_subclasses_and_overrides() -> None:
    index = project(CLASSES)
    assert set(index.subclasses("b:C")) == {"a:A", "a:N.I", "b:B"}
    assert set(index.overrides("b:C.f")) == {"a:A.f", "a:N.I.f"}
    assert index.overrides("a:A.f") == ()


# Types

SHOP = {
    "deps.py": (
        "from typing import Annotated\nfrom orm import Session, maker\n\nSessionDep = Annotated[Session, 1]\nMaybe = Session | None\n"
        "make = maker(Session)\nother = maker[Session]()\nshared: Session = connect()\nlate: Session | None = None\n"
        "async def get_db() -> Session: ...\nasync def stream():\n    async with make() as s:\n        yield s\n"
    ),
    "service.py": (
        "from orm import Session\nimport contextlib\n\nclass Repo:\n    kind: Session\n    limit = 1\n    def __init__(self, db: Session, other=None):\n"
        "        self.db = db\n        self.none = None\n        self.other = other\n        self.twice = 1\n        self.later: Session = other\n\n"
        "    def set(self):\n        self.twice = 'a'\n        self.none = self.db\n\n"
        "    def session(self):\n        return self.db\n\n    @property\n    def prop(self) -> Session: ...\n\n"
        "    @classmethod\n    def make(cls):\n        return cls(1)\n\n    @staticmethod\n    def static(db):\n        return db\n\n"
        "    async def load(self):\n        return await self.db.get(1)\n\n    def __enter__(self): return self\n\n"
        "    @contextlib.asynccontextmanager\n    async def begin(self):\n        yield self.db\n\n"
        "class Service(Repo):\n    def __init__(self, repo: Repo):\n        super().__init__(repo.db)\n        self.repo = repo\n\n"
        "    def run(self):\n        return self.repo.db, super().session()\n"
    ),
    "views.py": (
        "from deps import SessionDep, Maybe, make, other, shared, late, get_db, stream\nimport service\nfrom service import Repo, Service\nimport orm\nimport functools\nfrom typing import Any\n\n"
        "repo = Repo(shared)\nservice_ = Service(repo)\n\n"
        "def a(db: SessionDep, maybe: Maybe, text: 'orm.Session', items: list[orm.Session], pair: tuple[int, orm.Session], table: dict[str, Repo]):\n"
        "    first = items[0]\n    for item in items:\n        use(item)\n    n, second = pair\n    return use(first), use(second)\n\n"
        "async def b():\n    async with make() as s:\n        use(s)\n    async with repo.begin() as t:\n        use(t)\n    with repo as r:\n        use(r)\n    row = await shared.get(1)\n    return row\n\n"
        "def c(x=Repo(1), *args: Repo, **kwargs: Repo): ...\n\n"
        "def d(flag):\n    if flag:\n        x = Repo(1)\n    else:\n        x = Service(1)\n    return use(x)\n\n"
        "def e():\n    x = Repo(1)\n    x = 'a'\n    return use(x)\n\n"
        "def g(n):\n    return 1 if n == 0 else g(n - 1)\n\ndef h(n): return i(n)\ndef i(n): return h(n)\n\n"
        "def j():\n    raise ValueError\n\ndef k(): use(1)\n\ndef l(x):\n    if x: return 1\n    return unknown()\n\n"
        "@orm.same\ndef m(): return 1\n\n@unknown\ndef n(): return 1\n\n@functools.cache\ndef o() -> Repo: ...\n\n"
        "def wrap(f):\n    @functools.wraps(f)\n    async def inner(): ...\n    return inner\n\ndef keep(f):\n    return f\n\n"
        "@wrap\ndef p(): return 1\n\n@keep\ndef q(): return 1\n\ndef r():\n    yield 1\n\n"
        "made = None\nnever = None\n\ndef t():\n    global made, never\n    made = Repo(1)\n    never = unknown()\n    return made\n\n"
        "def around(f):\n    def inner(*args):\n        return f(*args)\n    return inner\n\n@around\ndef u(): return 1\n\n"
        "class Left:\n    def __init__(self, repo=None, given: Any = None, again=None):\n        self.repo = repo or Repo(1)\n"
        "        self.given = given or Repo(1)\n        again = unknown()\n        self.again = again or Repo(1)\n\n"
        "left = Left(given=unknown())\n\n"
        "def v() -> Any:\n    found: Any = Repo(1)\n    return found\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("source", "function", "place", "expected"),
    [
        ("db", "a", "", "orm.Session"),
        ("db.get", "a", "", "typing.Callable[typing.Coroutine[orm.Row]]"),
        ("db.get(1)", "a", "", "typing.Coroutine[orm.Row]"),
        ("maybe", "a", "", "orm.Session | None"),
        ("text", "a", "", "orm.Session"),
        ("items", "a", "", "list[orm.Session]"),
        ("first", "a", "use(first)", "orm.Session"),
        ("item", "a", "use(item)", "orm.Session"),
        ("second", "a", "use(second)", "orm.Session"),
        ("table['x']", "a", "", "service:Repo"),
        ("table['x'].db", "a", "", "orm.Session"),
        ("s", "b", "use(s)", "orm.Session"),
        ("t", "b", "use(t)", "orm.Session"),
        ("r", "b", "use(r)", "service:Repo"),
        ("row", "b", "return row", "orm.Row"),
        ("x", "c", "", "service:Repo"),
        ("args", "c", "", "tuple"),
        ("kwargs", "c", "", "dict"),
        ("x", "d", "use(x)", "service:Repo | service:Service"),
        ("x", "e", "use(x)", "str"),
        ("shared", "", "", "orm.Session"),
        ("late", "", "", "orm.Session | None"),
        ("make", "", "", "orm.maker[orm.Session]"),
        ("make()", "", "", "orm.Session"),
        ("orm.Query[int]", "", "", "type[orm.Query]"),
        ("maybe.get(1)", "a", "", "typing.Coroutine[orm.Row]"),
        ("other", "", "", None),
        ("repo", "", "", "service:Repo"),
        ("repo.db", "", "", "orm.Session"),
        ("repo.kind", "", "", "orm.Session"),
        ("repo.limit", "", "", "int"),
        ("repo.none", "", "", "orm.Session"),
        ("repo.other", "", "", None),
        ("repo.twice", "", "", "int | str"),
        ("repo.later", "", "", "orm.Session"),
        ("repo.missing", "", "", None),
        ("repo.session()", "", "", "orm.Session"),
        ("repo.prop", "", "", "orm.Session"),
        ("repo.prop.get(1)", "", "", "typing.Coroutine[orm.Row]"),
        ("Repo.make()", "", "", "service:Repo"),
        (
            "Service.make()",
            "",
            "",
            "service:Repo",
        ),  # FIXME: `cls` is the class that the method stands in; it is a Service
        ("repo.static(1)", "", "", None),
        ("repo.load()", "", "", "typing.Coroutine[orm.Row]"),
        ("service_.repo.db", "", "", "orm.Session"),
        ("service_.db", "", "", "orm.Session"),
        ("service_.run()", "", "", "tuple[orm.Session, orm.Session]"),
        ("service.Repo(1).db", "", "", "orm.Session"),
        ("Repo", "", "", "type[service:Repo]"),
        ("get_db()", "", "", "typing.Coroutine[orm.Session]"),
        ("stream()", "", "", "typing.AsyncGenerator[orm.Session]"),
        ("shared.query().filter(1).filter(2)", "", "", "orm.Query[orm.Session]"),
        ("orm.shared.Session()", "", "", "orm.Session"),
        ("g(1)", "", "", None),
        ("h(1)", "", "", None),
        ("j()", "", "", None),
        ("k()", "", "", "None"),
        ("l(1)", "", "", None),
        ("m()", "", "", "int"),
        ("n()", "", "", None),
        ("o()", "", "", "service:Repo"),
        ("p()", "", "", "typing.Coroutine[typing.Any]"),
        ("q()", "", "", "int"),
        ("r()", "", "", "typing.Generator[int]"),
        ("made", "", "", "service:Repo"),
        ("t()", "", "", "service:Repo"),
        ("never", "", "", None),
        ("u()", "", "", None),
        ("v()", "", "", "service:Repo"),
        ("left.repo", "", "", "None | service:Repo"),
        ("left.given", "", "", None),
        ("left.again", "", "", None),
        ("(lambda: 1)()", "", "", None),
        ("[Repo(1)]", "", "", "list[service:Repo]"),
        ("[unknown, Repo(1)]", "", "", "list"),
        ("{'a': 1}", "", "", "dict"),
        ("1 if unknown else 'a'", "", "", "int | str"),
        ("1 if unknown else unknown", "", "", None),
        ("len(unknown)", "", "", "int"),
        ("str(unknown)", "", "", "str"),
        ("unknown.x.y()", "", "", None),
    ],
)
def test_types(source: str, function: str, place: str, expected: str | None) -> None:
    assert typed(project(SHOP), "views", source, function, place) == expected


@pytest.mark.parametrize(
    ("function", "source", "symbol"),
    [
        ("a", "db.get", "orm.Session.get"),
        ("a", "db.missing", "orm.Session.missing"),
        ("a", "maybe.get", "orm.Session.get"),
        ("d", "x.load", "service:Repo.load"),
        ("d", "x.run", None),
        ("", "repo.load", "service:Repo.load"),
        ("", "service_.load", "service:Repo.load"),
        ("", "service_.repo.load", "service:Repo.load"),
        ("", "Repo(1).db.get", "orm.Session.get"),
        ("", "make().get", "orm.Session.get"),
    ],
)
def test_methods_by_the_receivers_type(function: str, source: str, symbol: str | None) -> None:
    assert named(project(SHOP), "views", source, function) == symbol


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("client.users", "store.Table"),
        ("client['users']", "store.Table"),
        ("client['users'] / 'a' / 'b'", "store.Table"),
        ("client.users.rows()", "list"),
        ("users", "store.Table"),
        ("users.rows()", "list"),
        ("client | unknown", "store.Table"),
        ("unknown | client", "store.Table"),
        ("client / 'a'", None),
        ("users['a']", None),
        ("users | unknown", None),
    ],
)
def test_special_methods_that_a_table_knows(source: str, expected: str | None) -> None:
    index = project({"db.py": "from store import Client\n\nclient = Client()\nusers = client.users\n"})
    assert typed(index, "db", source) == expected


def test_elements_of_a_class_that_a_table_knows() -> None:
    index = project(
        {"db.py": "from store import Client\n\ndef f():\n    for row in Client().users:\n        use(row)\n"}
    )
    assert typed(index, "db", "row", "f", "use(row)") == "orm.Row"


def test_self_is_the_class_and_super_its_base() -> None:
    index = project(SHOP)
    assert named(index, "service", "self.session", "Service.run") == "service:Repo.session"
    assert named(index, "service", "super().session", "Service.run") == "service:Repo.session"
    assert typed(index, "service", "cls", "Repo.make") == "type[service:Repo]"
    assert typed(index, "service", "db", "Repo.static") is None


def test_super_by_another_name_is_of_no_known_class() -> None:
    code = "import builtins\nclass A:\n    def f(self):\n        builtins.super(A, self).f()\n"
    assert named(project({"a.py": code}), "a", "builtins.super(A, self).f", "A.f") is None


def test_a_type_alias_of_python_3_12() -> None:
    index = project({"a.py": "from orm import Session\ntype Dep = Session | None\ndef f(x: Dep): ...\n"})
    assert typed(index, "a", "x", "f") == "orm.Session | None"


# Assignments that reach a place


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        ("v = 1\nuse(v)", "1"),
        ("v = 1\nv = 2\nuse(v)", "2"),
        ("use(v)\nv = 1", ""),
        ("if a:\n    v = 1\nelse:\n    v = 2\nuse(v)", "1 2"),
        ("v = 0\nif a:\n    v = 1\nuse(v)", "0 1"),
        ("v = 0\nif a:\n    v = 1\n    use(v)", "1"),
        ("v = 0\nif a:\n    v = 1\nelse:\n    use(v)", "0"),
        ("if a:\n    v = 1\nelif b:\n    use(v)", ""),
        ("for a in b:\n    use(v)\n    v = 1", "1"),
        ("v = 0\nfor a in b:\n    use(v)\n    v = 1", "0 1"),
        ("v = 0\nfor a in b:\n    v = 1\nuse(v)", "0 1"),
        ("v = 0\nfor a in b:\n    v = 1\n    use(v)\n    v = 2", "1"),
        ("v = 0\nfor a in b:\n    if a:\n        v = 1\n    else:\n        use(v)", "0 1"),
        ("for a in b:\n    v = 0\n    if a:\n        v = 1\n    else:\n        use(v)", "0"),
        ("v = 0\nfor a in b:\n    for c in a:\n        use(v)\n    v = 1", "0 1"),
        ("v = 0\nwhile a:\n    use(v)\n    v = 1\nelse:\n    pass", "0 1"),
        ("v = 0\ntry:\n    v = 1\nexcept A:\n    use(v)", "0 1"),
        ("v = 0\ntry:\n    v = 1\n    use(v)\nexcept A:\n    pass", "1"),
        ("v = 0\ntry:\n    v = 1\nexcept A:\n    v = 2\nuse(v)", "0 1 2"),
        ("v = 0\ntry:\n    v = 1\nfinally:\n    use(v)", "0 1"),
        ("v = 0\nmatch a:\n    case 1:\n        v = 1\n    case 2:\n        use(v)", "0"),
        ("v = 0\nwith a:\n    v = 1\nuse(v)", "0 1"),
        ("with a as v:\n    use(v)", "enter"),
        ("for v in a:\n    use(v)", "iterate"),
        ("v = 0\n[v for v in a]\nuse(v)", "0"),
        ("[use(v) for v in a]", "iterate"),
        ("v = 0\n[w for w in a if (v := 1)]\nuse(v)", "0 1"),
        ("if (v := 1):\n    use(v)", "1"),
        ("v += 1\nuse(v)", "other"),
        ("v: int\nuse(v)", ""),
        ("v: int = 1\nuse(v)", "1"),
        ("v, w = 1, 2\nuse(v)", "1"),
        ("use(p)", ""),
        ("if a:\n    p = 1\nuse(p)", "parameter 1"),
        ("p = 1\nuse(p)", "1"),
    ],
)
def test_reaching_assignments(lines: str, values: str) -> None:
    name = "p" if "use(p)" in lines else "v"
    source = "def f(p):\n" + "".join(f"    {line}\n" for line in lines.splitlines())
    (function,) = extract(read(source)).functions.values()
    steps = reaching(name, Assignments(function), Place("f", f"use({name})"))
    found = [
        "parameter" if s.kind == "parameter" else (s.value.text or s.value.kind) if s.value else "-" for s in steps
    ]
    assert " ".join(found) == (values or ("parameter" if name == "p" else ""))


def test_a_place_that_is_not_there_sees_every_assignment() -> None:
    function = extract(read("def f(v):\n    v = 1\n    v = 2\n")).functions["f"]
    assert [s.kind for s in reaching("v", Assignments(function), None)] == ["parameter", "assign", "assign"]
    assert len(reaching("v", Assignments(function), Place("f", "gone()"))) == 3


# Calls

CALLS = {
    "a.py": "def f(): ...\ndef caller(): f(); f()\nf()\nclass C:\n    x = f()\n    def m(self): self.n()\n    def n(self): ...\n",
    "b.py": "import a\nfrom a import f as g, C\ndef other(): a.f()\ndef alias(): g()\ndef local(f): f()\ndef method(c: C): c.n()\nh = a.f\n",
    "c.py": "from a import f\nx = [f, lambda: f()]\n",
}


def test_callers_in_the_project() -> None:
    index = project(CALLS)
    assert sorted(scope for scope, _ in index.callers("a:f")) == [
        "a:",
        "a:",
        "a:caller",
        "a:caller",
        "b:alias",
        "b:other",
        "c:<lambda0>",
    ]
    assert sorted(scope for scope, _ in index.callers("a:C.n")) == ["a:C.m", "b:method"]
    assert [step.place.nth for scope, step in index.callers("a:f") if scope == "a:caller"] == [0, 1]


def test_calls_by_name_and_mentions() -> None:
    index = project(CALLS)
    assert dict(index.calls_named("n")) == {"a:C.m": "a:C.n", "b:method": "a:C.n"}
    assert (index.mentions("f"), index.mentions("n"), index.mentions("nobody")) == (True, False, False)


# Answers that follow from answers

Sets = frozenset[str]
COUNT: dict[str, int] = {}


@summary(bottom=frozenset[str]())
def reached(subject: str, index: ProjectIndex) -> Sets:
    """What a function can reach by calls."""
    COUNT[subject] = COUNT.get(subject, 0) + 1
    function = index.function(subject)
    found: set[str] = set()
    for step in function.flow if function is not None else ():
        symbol = (
            index.symbol(step.target, index.scope_of(subject))
            if step.kind == "call" and step.target is not None
            else None
        )
        if symbol is not None and ":" in symbol:
            found |= {symbol, *reached(symbol, index)}
    return frozenset(found)


def calling(graph: Mapping[str, str]) -> ProjectIndex:
    """Functions that call each other: ``{"a": "b c"}`` is an `a` that calls `b` and `c`."""
    COUNT.clear()
    return project(
        {
            "m.py": "".join(
                f"def {f}():\n    pass\n" + "".join(f"    {g}()\n" for g in to.split()) for f, to in graph.items()
            )
        }
    )


GRAPHS = [
    {"a": "b", "b": "c", "c": ""},
    {"a": "a"},
    {"a": "b", "b": "a"},
    {"a": "b", "b": "c d", "c": "a", "d": ""},
    {"a": "b", "b": "c", "c": "b d", "d": "e", "e": "d a"},
    {"a": "b c", "b": "d", "c": "d", "d": "b", "e": "a"},
    {"a": "b", "b": "a c", "c": "d", "d": "c"},
    {"a": "c b", "b": "c", "c": "b a"},
]


def closure(graph: Mapping[str, str], start: str) -> set[str]:
    found: set[str] = set()
    left = graph[start].split()
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += graph[name].split()
    return {f"m:{name}" for name in found}


@pytest.mark.parametrize("graph", GRAPHS, ids=str)
def test_summaries_reach_the_fixpoint_whoever_is_asked_first(graph: Mapping[str, str]) -> None:
    for first in graph:
        index = calling(graph)
        for name in (first, *graph):
            assert reached(f"m:{name}", index) == closure(graph, name), (first, name)


@pytest.mark.parametrize("graph", GRAPHS, ids=str)
def test_summaries_are_remembered(graph: Mapping[str, str]) -> None:
    index = calling(graph)
    for name in graph:
        reached(f"m:{name}", index)
    once = dict(COUNT)
    for name in graph:
        reached(f"m:{name}", index)
    assert once == COUNT


def test_functions_that_all_call_each_other_are_answered_in_few_rounds() -> None:
    graph = {f"f{n}": " ".join(f"f{m}" for m in range(25)) for n in range(25)}
    assert reached("m:f0", calling(graph)) == closure(graph, "f0")
    assert max(COUNT.values()) < 10


def test_a_long_chain_of_calls() -> None:
    graph = {f"f{n}": f"f{n + 1}" for n in range(500)} | {"f500": ""}
    assert len(reached("m:f0", calling(graph))) == 500
    assert set(COUNT.values()) == {1}


def test_a_summary_that_raises_leaves_the_others_right() -> None:
    @summary(bottom=0)
    def raises(subject: str, index: ProjectIndex) -> int:
        if subject == "m:b":
            raise RuntimeError(subject)
        return raises("m:b", index)

    graph = {"a": "b", "b": "a c", "c": "c"}
    index = calling(graph)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            raises("m:a", index)
    assert reached("m:a", index) == closure(graph, "a")


# What was asked


def answers_of(index: ProjectIndex) -> dict[str, object]:
    """An answer of each kind."""
    return {
        "function": said_of(index.function("views:a")),
        "class": said_of(index.cls("service:Repo")),
        "exits": index.exits_of(Scope("views", "a")),
        "member": index.member("views", "Repo"),
        "mro": index.mro("service:Service"),
        "method": index.method("service:Service", "load"),
        "subclasses": index.subclasses("service:Repo"),
        "overrides": index.overrides("service:Repo.session"),
        "callers": index.callers("service:Repo.session"),
        "calls named": index.calls_named("use"),
        "mentions": index.mentions("Repo"),
        "version": index.version("orm"),
        "local": index.is_local("deps"),
        "path": index.path("views:"),
        "flow": index.flow_of(Scope("views", "a")),
        "is class": index.is_class("service:Repo"),
        "returned": index.returned("deps:get_db"),
        "runs body": index.runs_body("views:m"),
        "runs inside": index.runs_inside("views:u"),
        "assigned to a global": index.assigned_to_global("views", "made"),
        "given": index.type_of(expression("left.repo"), Scope("views")),
        "symbol": index.symbol(expression("repo.load"), Scope("views")),
        "type": index.type_of(expression("service_.run()"), Scope("views")),
        "annotation": index.annotated(expression("SessionDep"), Scope("views")),
        "reaching": index.reaching(expression("x"), Scope("views", "d"), Place("d", "use(x)")),
        "summary": reached("views:a", index),
        "collected": dict(called(index)),
    }


def said_of(facts: FunctionFacts | ClassFacts | None) -> dict[str, object] | None:
    """All parts, each of them read."""
    if facts is None:
        return None
    parts = {field.name: getattr(facts, field.name) for field in fields(facts)}
    return {name: dict(part) if isinstance(part, Mapping) else part for name, part in parts.items()}


@collect
def called(scope: Scope, index: ProjectIndex) -> Iterator[tuple[str, str]]:
    """The symbols of what a body calls, with its own."""
    for step in index.flow_of(scope):
        symbol = index.symbol(step.target, scope, step.place) if step.kind == "call" and step.target else None
        if symbol is not None:
            yield symbol, scope.symbol


CHANGES = [
    ("service.py", "return await self.db.get(1)", "return 1"),
    ("service.py", "class Service(Repo)", "class Service"),
    ("deps.py", "-> Session", "-> int"),
    ("views.py", "x = Service(1)", "x = 1"),
    ("views.py", "@orm.same", "@unknown"),
    ("views.py", "made = Repo(1)", "made = 1"),
    ("views.py", "left = Left(given=unknown())", "left = Left(given=unknown(), repo=unknown())"),
    ("views.py", "return f(*args)", "return f"),
]


@pytest.mark.parametrize(("path", "old", "new"), CHANGES, ids=[new for _, _, new in CHANGES])
def test_after_a_change_and_back_every_answer_is_as_from_scratch(path: str, old: str, new: str) -> None:
    """Asked inside an answer that somebody keeps, as the engine asks."""
    index = project(SHOP)
    kept = index.answers.record("all", lambda: answers_of(index), inside=False, watch=None)
    first = kept.value
    assert old in SHOP[path]
    changed = SHOP[path].replace(old, new)
    index.update({relative_name(path, ""): file(path, changed)})
    index.answers.freshen(kept)
    assert kept.value == answers_of(project({**SHOP, path: changed}))
    assert kept.value != first
    index.update({relative_name(path, ""): file(path, SHOP[path])})
    index.answers.freshen(kept)
    assert kept.value == first == answers_of(project(SHOP))


def test_files_come_and_go() -> None:
    index = project(SHOP)
    kept = index.answers.record("all", lambda: answers_of(index), inside=False, watch=None)
    first = kept.value
    rest = {path: text for path, text in SHOP.items() if path != "service.py"}
    foreign = frozenset(name.partition(".")[0] for name in TYPES)
    index.update({"service": None}, ModuleNames(rest, foreign))
    index.answers.freshen(kept)
    assert kept.value == answers_of(project(rest)) != first
    index.update({"service": file("service.py", SHOP["service.py"])}, ModuleNames(SHOP, foreign))
    index.answers.freshen(kept)
    assert kept.value == first


def test_a_change_that_no_question_is_about_makes_no_answer_anew() -> None:
    index = project(SHOP | {"other.py": "def f():\n    return 1\n"})
    questions = [
        index.answers.record(n, partial(ask, index), inside=False, watch=None)
        for n, ask in enumerate([lambda i: i.returned("deps:get_db"), lambda i: reached("views:a", i)])
    ]
    made = index.answers.made
    index.update({"other": file("other.py", "def f():\n    return 2\n")})
    for question in questions:
        index.answers.freshen(question)
    assert index.answers.made == made
    assert not any(question.stale for question in questions)


def test_an_answer_that_comes_out_equal_stops_a_change() -> None:
    index = project({"a.py": "def f() -> int:\n    return 1\n", "b.py": "import a\nx = a.f()\n"})
    runs: list[object] = []

    def look() -> object:
        runs.append(index.type_of(expression("x"), Scope("b")))
        return runs[-1]

    question = index.answers.record("x", look, inside=False, watch=None)
    index.update({"a": file("a.py", "def f() -> int:\n    global other\n    return 1\n")})
    assert question.stale
    index.answers.freshen(question)
    assert runs == [Type("int")]
    index.update({"a": file("a.py", "def f() -> str:\n    return ''\n")})
    index.answers.freshen(question)
    assert runs == [Type("int"), Type("str")]


PARTS = """\
import orm

class C(orm.Base):
    size = 1
    other = 2
    def used(self):
        return self.size

def f(db: orm.Session):
    import json
    x = db.query()
    return x

def g(c: C):
    return c.used()
"""
METHOD = "    def unused(self):\n        return 1\n"


@pytest.mark.parametrize(
    ("ask", "old", "new", "is_stale"),
    [
        (lambda i: i.cls("m:C").bases, "    def used", METHOD + "    def used", False),
        (lambda i: i.cls("m:C").bases, "(orm.Base)", "(orm.Session)", True),
        (lambda i: i.cls("m:C").variables["size"], "other = 2", "other = 3", False),
        (lambda i: i.cls("m:C").variables["size"], "size = 1", "size = 3", True),
        (lambda i: i.cls("m:C").methods, "other = 2", "other = 3", False),
        (lambda i: i.cls("m:C").methods, "    def used", METHOD + "    def used", True),
        (lambda i: i.exits_of(Scope("m", "f")), "x = db", "x = y = db", False),
        (lambda i: i.exits_of(Scope("m", "f")), "return x", "return db", True),
        (lambda i: i.function("m:f").imports.get("json"), "x = db", "x = y = db", False),
        (lambda i: i.function("m:f").imports.get("json"), "import json", "import yaml", True),
        (lambda i: i.function("m:f").parameters, "import json", "import yaml", False),
        (lambda i: i.function("m:f").parameters, "db: orm", "db, c: orm", True),
        (lambda i: i.function("m:f").parameters, "def f", "@orm.wrap\ndef f", False),
        (lambda i: i.function("m:f").decorators, "def f", "@orm.wrap\ndef f", True),
        (lambda i: i.function("m:f").decorators, "db: orm", "db, c: orm", False),
        (lambda i: i.function("m:f").parameter("db"), "db: orm.Session", "db: orm.Session, c: int", False),
        (lambda i: i.function("m:f").parameter("db"), "db: orm.Session", "db: orm.AsyncSession", True),
        (lambda i: i.function("m:C.used").receiver, "used(self", "used(self, other", False),
        (lambda i: i.function("m:C.used").receiver, "used(self", "used(this", True),
        (lambda i: i.symbol(expression("db"), Scope("m", "f")), "x = db", "x = y = db", False),
        (lambda i: i.symbol(expression("db"), Scope("m", "f")), "x = db", "db = x = db", True),
    ],
)
def test_what_is_read_of_a_class_or_function_is_a_part_of_it(
    ask: Callable[[ProjectIndex], object], old: str, new: str, is_stale: bool
) -> None:
    index = project({"m.py": PARTS})
    question = index.answers.record("q", lambda: ask(index), inside=False, watch=None)
    assert old in PARTS
    index.update({"m": file("m.py", PARTS.replace(old, new, 1))})
    assert question.stale == is_stale
    index.answers.freshen(question)
    assert question.value == ask(project({"m.py": PARTS.replace(old, new, 1)}))


@pytest.mark.parametrize(
    ("new", "is_other"),
    [
        (METHOD, False),
        ("    def __call__(self):\n        return 1\n", True),
        ("    def query(self):\n        return 1\n", True),  # that something has this name is enough
        ("    def unused(self):\n        return getattr(self, 'unused')\n", True),
        ("    def used(self):\n        return 1\n", True),
    ],
)
def test_of_a_class_those_methods_matter_to_a_type_that_somebody_uses(new: str, is_other: bool) -> None:
    def key(text: str) -> str:
        return project({"m.py": text}).binding(expression("c"), Scope("m", "g")).key

    assert (key(PARTS) != key(PARTS.replace("    def used", new + "    def used", 1))) == is_other


def test_answers_that_nobody_holds_are_forgotten() -> None:
    index = project(SHOP)
    called(index)  # a table keeps what was made for it
    before = len(index.answers)
    kept = index.answers.record("all", lambda: answers_of(index), inside=False, watch=None)
    assert len(index.answers) > before
    index.answers.drop(kept)
    index.answers.sweep()
    assert len(index.answers) == before


def test_what_is_asked_again_after_its_answers_were_forgotten_is_told_of_a_change() -> None:
    index = project({"a.py": "def f(): ...\n", "b.py": "from a import f\n"})
    for number in range(2):
        kept = index.answers.record(number, lambda: index.symbol(expression("f"), Scope("b")), inside=False, watch=None)
        assert kept.value == "a:f"
        if not number:
            index.answers.drop(kept)
            index.answers.sweep()
    index.update({"a": file("a.py", "x = 1\n")})
    index.answers.freshen(kept)
    assert kept.value is None


# Bounds


def test_long_chains_are_followed_at_once() -> None:
    lines = "".join("    q = q.filter(q, q)\n" for _ in range(200))
    index = project({"a.py": f"import orm\ndef f(db: orm.Session):\n    q = db.query()\n{lines}    return use(q)\n"})
    typed(index, "a", "q", "f", "use(q)")
    short = "".join("    q = q.filter(q, q)\n" for _ in range(15))
    index = project({"a.py": f"import orm\ndef f(db: orm.Session):\n    q = db.query()\n{short}    return use(q)\n"})
    assert typed(index, "a", "q", "f", "use(q)") == "orm.Query[orm.Session]"


def test_a_chain_past_the_bound_is_known_once_its_parts_were_asked_for() -> None:
    """FIXME: how far a value is followed depends on what was asked before, so a chain of 200 steps has a type or none."""
    lines = "".join(f"    q{n + 1} = q{n}.filter(1)\n" for n in range(200))
    source = {"a.py": f"import orm\ndef f(db: orm.Session):\n    q0 = db.query()\n{lines}    return use(q200)\n"}
    assert typed(project(source), "a", "q200", "f") is None
    index = project(source)
    for n in range(0, 200, 20):
        typed(index, "a", f"q{n}", "f")
    assert typed(index, "a", "q200", "f") == "orm.Query[orm.Session]"


def test_loops_that_hand_values_round_end() -> None:
    lines = "".join(f"        q{n} = q{(n + 1) % 12}.filter(q{(n + 5) % 12}, q{(n + 7) % 12})\n" for n in range(12))
    index = project(
        {
            "a.py": f"import orm\ndef f(db: orm.Session):\n    q0 = db.query()\n    while q0:\n{lines}    return use(q0)\n"
        }
    )
    assert typed(index, "a", "q0", "f", "use(q0)") in (None, "orm.Query[orm.Session]")


def test_classes_whose_attributes_are_each_other_end() -> None:
    source = "".join(
        f"class C{n}:\n    def __init__(self):\n        self.x = C{(n + 1) % 30}().x\n        self.y = self.x.y\n"
        for n in range(30)
    )
    assert typed(project({"a.py": source}), "a", "C0().x.y.x") is None


# Versions


@pytest.mark.parametrize(
    ("text", "release", "other", "at_least"),
    [
        ("0.118.2", (0, 118, 2), "0.118", True),
        ("0.118.0rc1", (0, 118, 0), "0.118", False),
        ("0.118", (0, 118), "0.118.0", True),
        ("2", (2,), "10", False),
        ("v2.1-weird!", (2, 1), "2.0", True),
        ("unknown", (), "0.1", False),
        ("1!0.5", (0, 5), "9", True),
    ],
)
def test_versions(text: str, release: tuple[int, ...], other: str, at_least: bool) -> None:
    version = Version(text, "locked")
    assert (version.release, version.at_least(other)) == (release, at_least)
    assert project({}, versions={"lib": version}).version("lib") == version


def test_a_new_module_makes_no_answer_anew_but_about_names_like_its_own() -> None:
    index, foreign = project(SHOP), frozenset(name.partition(".")[0] for name in TYPES)
    kept = index.answers.record("all", lambda: answers_of(index), inside=False, watch=None)
    index.update({"other.new": file("other/new.py", "")}, ModuleNames([*SHOP, "other/new.py"], foreign))
    made = index.answers.made
    index.answers.freshen(kept)
    assert index.answers.made == made


@pytest.mark.parametrize(
    "path", ["orm.py", "orm/__init__.py", "src/orm.py", "lib/deps.py", "src/deps.py", "deps/x.py", "deps/__init__.py", "__init__.py"]
)  # fmt: skip
def test_a_module_with_a_known_name_comes_and_goes(path: str) -> None:
    index, foreign = project(SHOP), frozenset(name.partition(".")[0] for name in TYPES)
    kept = index.answers.record("all", lambda: answers_of(index), inside=False, watch=None)
    first, module = kept.value, relative_name(path, "")
    index.update({module: file(path, "Session = None\n")}, ModuleNames([*SHOP, path], foreign))
    index.answers.freshen(kept)
    assert kept.value == answers_of(project({**SHOP, path: "Session = None\n"}))
    index.update({module: file("deps.py", SHOP["deps.py"]) if module == "deps" else None}, ModuleNames(SHOP, foreign))
    index.answers.freshen(kept)
    assert kept.value == first
