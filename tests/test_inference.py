"""What jedi is asked, how its answers are told, and that asking it runs nothing."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

import jedi.api.environment
import jedi.inference.compiled.subprocess
import parso.cache
import pytest
from apitfall.inference import JediOracle, Source
from apitfall.types import ANY, NONE, Type, callable_, coroutine, union

SITE = sysconfig.get_path("purelib")
INT, STR = Type("int"), Type("str")
SESSION = Type("sqlalchemy.ext.asyncio.session.AsyncSession")
RESULT = Type("sqlalchemy.engine.result.Result")


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def at_mark(text: str) -> tuple[str, int]:
    """The text without its mark ``$``, and where that stood."""
    offset = text.index("$")
    return text[:offset] + text[offset + 1 :], offset


@pytest.fixture
def ask(tmp_path: Path) -> Callable[[str], Type | None]:
    """The type of what ends at the mark in the text of app/main.py."""
    write(tmp_path, {"app/__init__.py": "", "app/main.py": ""})
    oracle = JediOracle(str(tmp_path), [SITE])
    return lambda text: oracle.type_of(str(tmp_path / "app" / "main.py"), *at_mark(text))


FRAMEWORKS = """
import httpx, requests, asyncio, time
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session
async def f(db: AsyncSession, sync: Session, x):
    got = await db.execute(x)
    answer = await httpx.AsyncClient().get("")
    async with httpx.AsyncClient() as client:
        {expression}$
"""


@pytest.mark.parametrize(
    ("expression", "want"),
    [
        ("db", SESSION),
        ("db.execute(x)", coroutine(RESULT)),
        ("db.commit()", coroutine(NONE)),
        ("db.add(x)", NONE),
        ("db.execute", callable_(coroutine(RESULT))),
        ("db.sync_session", Type("sqlalchemy.orm.session.Session")),
        ("await db.execute(x)", coroutine(RESULT)),
        ("got", RESULT),
        ("got.scalars()", Type("sqlalchemy.engine.result.ScalarResult")),
        ("sync.execute(x)", RESULT),
        ("sync.commit()", NONE),
        ("AsyncSession", Type("type", (SESSION,))),
        ("httpx.AsyncClient().get('')", coroutine(Type("httpx._models.Response"))),
        ("client.get('')", coroutine(Type("httpx._models.Response"))),
        ("answer", Type("httpx._models.Response")),
        ("httpx.get('')", Type("httpx._models.Response")),
        ("requests.get('')", Type("requests.models.Response")),
        ("requests.Session().post('')", Type("requests.models.Response")),
        ("requests.get", callable_(Type("requests.models.Response"))),
        ("requests", None),
        ("time.sleep(1)", NONE),
        ("time.sleep", callable_(NONE)),
        ("asyncio.sleep(1, 'x')", coroutine(STR)),
        ("asyncio.to_thread(time.sleep, 1)", coroutine(NONE)),
        ("open('')", Type("io.TextIOWrapper")),
        ("undefined", None),
        ("undefined()", None),
        ("x", None),
        ("x.y()", None),
    ],
)
def test_libraries(ask: Callable[[str], Type | None], expression: str, want: Type | None) -> None:
    assert ask(FRAMEWORKS.replace("{expression}", expression)) == want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("class A: ...\nA()$", Type("app.main.A")),
        ("class A:\n  class B: ...\nA.B()$", Type("app.main.A.B")),
        ("class A: ...\nA$", Type("type", (Type("app.main.A"),))),
        ("class A: ...\ndef f(a: type[A]):\n  a$", Type("type", (Type("app.main.A"),))),
        ("async def f() -> list[int]: ...\nf()$", coroutine(Type("list", (INT,)))),
        ("async def f(): return 1\nf()$", coroutine(INT)),
        ("async def f(x): return x.y\nf(1)$", Type("typing.Coroutine")),
        ("async def f() -> None: ...\nf$", callable_(coroutine(NONE))),
        ("class A:\n  async def m(self) -> int: ...\nA().m(1)$", coroutine(INT)),
        ("class A:\n  @staticmethod\n  async def m() -> int: ...\nA.m()$", coroutine(INT)),
        ("class A:\n  @property\n  def p(self) -> int: ...\nA().p$", INT),
        ("from typing import Any, Coroutine\ndef f() -> Coroutine[Any, Any, int]: ...\nf()$", coroutine(INT)),
        ("import collections.abc as c\ndef f() -> c.Coroutine[None, None, int]: ...\nf()$", coroutine(INT)),
        ("from typing import Awaitable\ndef f() -> Awaitable[int]: ...\nf()$", Type("typing.Awaitable", (INT,))),
        ("async def f():\n  yield 1\nf()$", Type("typing.AsyncGenerator", (INT, ANY))),
        ("from typing import Callable\ndef f(c: Callable[[int], str]):\n  c$", callable_(STR)),
        ("from typing import Callable\ndef f(c: Callable[[int], str]):\n  c(1)$", STR),
        ("def f(x: int | None):\n  x$", union([NONE, INT])),
        ("from typing import Optional\ndef f(x: Optional[int]):\n  x$", union([NONE, INT])),
        ("def f(x: 'int | str'):\n  x$", union([INT, STR])),
        (
            "async def a() -> int: ...\nasync def b() -> str: ...\nx = a() if f else b()\nx$",
            union([coroutine(INT), coroutine(STR)]),
        ),
        ("def g():\n  class L: ...\n  return L()\nx = 1 if f else g()\nx$", union([INT, ANY])),
        ("def f() -> tuple[int, str]: ...\nf()$", Type("tuple", (INT, STR))),
        ("from typing import Dict, Any\ndef f() -> Dict[str, Any]: ...\nf()$", Type("dict", (STR, ANY))),
        ("{1: 'a'}$", Type("dict", (INT, STR))),
        ("[1][0]$", INT),
        ("(1 or 2)$", INT),
        ("'a'.upper()$", STR),
        ("x: int\nx$", INT),
        ("import os\nos.path.join('a')$", STR),
        ("def f(): return f\nf$", None),
        ("def g():\n  class L: ...\n  return L()\ng()$", None),
        ("def f(a): return a\nf(1)$", INT),
        ("def f(a):\n  a$\nf(1)", INT),
    ],
)
def test_answers(ask: Callable[[str], Type | None], text: str, want: Type | None) -> None:
    assert ask(text) == want


def test_what_jedi_cannot_follow_is_missing_from_the_answer(ask: Callable[[str], Type | None]) -> None:
    # FIXME: nothing in jedi's answer says that there is more; both of these should be a union with ANY.
    assert ask("def f(x):\n  if x.z:\n    return x.y()\n  return None\nf(g)$") == NONE
    assert ask("from typing import Any, Optional\ndef f() -> Optional[Any]: ...\nf()$") == NONE


@pytest.mark.parametrize(
    "text",
    [
        "from app.main import (\nasync def f() -> int: ...\nclass X(:\nfoo(]\nf()$\n  x = [",
        "async def f() -> int: ...\ndef g(:\n  if f()$",
        "async def f() -> int: ...\nf().$x",
        "\ufeffasync def f() -> int: ...\nf()$",
        "async def f() -> int: ...\rf(1)\r\nf()$\n",
        "async def f() -> int: ...\n\x0c\nf()$",
        "async def f() -> int: ...\ns = '\u2028\x1c'; f()$",
        "async def f() -> int: ...\ns = '𝄞'; f()$",
        "async def f() -> int: ...\ns = '\ud800'; f()$",
    ],
)
def test_odd_texts(ask: Callable[[str], Type | None], text: str) -> None:
    text = text.replace(").$x", ")$.x")
    assert ask(text) == coroutine(INT)


def test_byte_order_mark_in_the_first_line(ask: Callable[[str], Type | None]) -> None:
    assert ask("\ufeffint(3)$") == INT
    assert ask("\ufeffint$(3)") == Type("type", (INT,))


def test_other_files_of_the_project(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "app/__init__.py": "",
            "app/db.py": "from typing import Annotated\nfrom fastapi import Depends\n"
            "from sqlalchemy.ext.asyncio import AsyncSession\nasync def get_db(): ...\n"
            "DB = Annotated[AsyncSession, Depends(get_db)]\n",
            "app/stubbed.py": "def load(): return 1\n",
            "app/stubbed.pyi": "async def load() -> str: ...\n",
        },
    )
    oracle = JediOracle(str(tmp_path), [SITE])
    path = str(tmp_path / "app" / "main.py")
    alias = "from .db import DB as Db\nasync def f(db: Db):\n  db.execute(1)$"
    assert oracle.type_of(path, *at_mark(alias)) == coroutine(RESULT)
    assert oracle.type_of(path, *at_mark("from app.stubbed import load\nload()$")) == coroutine(STR)


def test_roots_outside_the_project_and_roots_that_begin_alike(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "project/src/app/models.py": "class A: ...\n",
            "project/src-old/legacy.py": "class C: ...\n",
            "shared/src/common/base.py": "class B: ...\n",
        },
    )
    project = tmp_path / "project"
    oracle = JediOracle(str(project), [], [str(project / "src"), str(tmp_path / "shared" / "src")])
    path = str(project / "src" / "app" / "main.py")
    assert oracle.type_of(path, *at_mark("from .models import A\nA()$")) == Type("app.models.A")
    assert oracle.type_of(path, *at_mark("from common.base import B\nB()$")) == Type("common.base.B")
    old = str(project / "src-old" / "legacy.py")
    assert oracle.type_of(old, *at_mark("class C: ...\nC()$")) == Type("src-old.legacy.C")


def test_namespace_packages(tmp_path: Path) -> None:
    write(tmp_path, {"one/space/a.py": "class A: ...\n", "two/space/b.py": "class B: ...\n"})
    oracle = JediOracle(str(tmp_path), [], [str(tmp_path / "one"), str(tmp_path / "two")])
    text = "from space.a import A\nfrom space.b import B\nx = A() if f else B()\nx$"
    assert oracle.type_of(str(tmp_path / "main.py"), *at_mark(text)) == union([Type("space.a.A"), Type("space.b.B")])


def test_names_are_renamed_but_those_of_builtins(tmp_path: Path) -> None:
    oracle = JediOracle(str(tmp_path), [], rename=lambda name: name.replace("app.main.", "app.main:"))
    path = str(tmp_path / "app" / "main.py")
    text = "class A: ...\nasync def f(a: A) -> list[A] | None: ...\nf()$"
    assert oracle.type_of(path, *at_mark(text)) == coroutine(union([NONE, Type("list", (Type("app.main:A"),))]) or ANY)


def test_a_text_without_a_file(tmp_path: Path) -> None:
    write(tmp_path, {"app/models.py": "class A: ...\n"})
    oracle = JediOracle(str(tmp_path), [])
    assert oracle.type_of("untitled:1", *at_mark("from app.models import A\nA()$")) == Type("app.models.A")


def test_a_text_is_parsed_once_and_another_one_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    made = Source.__init__

    def counting(self: Source, text: str, *rest: Any) -> None:
        parsed.append(text)
        made(self, text, *rest)

    monkeypatch.setattr(Source, "__init__", counting)
    oracle, path = JediOracle(str(tmp_path), []), str(tmp_path / "main.py")
    assert [oracle.type_of(path, "x = 1\nx", 7), oracle.type_of(path, "x = 1\nx", 5)] == [INT, INT]
    assert oracle.type_of(path, "x = ''\nx", 8) == STR
    assert oracle.type_of(path, "x = 1\nx", 7) == INT
    assert parsed == ["x = 1\nx", "x = ''\nx", "x = 1\nx"]


def test_what_is_found_out_is_kept_for_other_texts(tmp_path: Path) -> None:
    write(tmp_path, {"other.py": "def f() -> int: ...\n"})
    oracle = JediOracle(str(tmp_path), [])
    for number in range(3):
        assert oracle.type_of(str(tmp_path / f"file{number}.py"), *at_mark("from other import f\nf()$")) == INT
    assert oracle.state is not None
    assert oracle.state.texts == 3


@pytest.mark.parametrize("first", ["from back import g\nclass A: x = 1\ng().x$", "import os\nos.path$"])
def test_what_may_be_another_is_found_out_again_for_another_text(tmp_path: Path, first: str) -> None:
    """Of what another file takes from the text, and of what goes round in a circle."""
    write(tmp_path, {"main.py": "", "back.py": "from main import A\ndef g(): return A()\n"})
    oracle, path = JediOracle(str(tmp_path), []), str(tmp_path / "main.py")
    oracle.type_of(path, *at_mark(first))
    before = oracle.state
    assert oracle.type_of(path, *at_mark("from back import g\nclass A: x = ''\ng().x$")) == STR
    assert oracle.state is not before


def test_other_files_are_read_again_when_told(tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text("def f() -> int: ...\n")
    oracle, path = JediOracle(str(tmp_path), []), str(tmp_path / "main.py")
    question = at_mark("from other import f\nf()$")
    assert oracle.type_of(path, *question) == INT
    other.write_text("def f() -> str: ...\n")
    later = other.stat().st_mtime + 10
    os.utime(other, (later, later))
    oracle.forget()
    assert oracle.type_of(path, *question) == STR


def test_jedi_may_throw_away_the_files_that_it_parsed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, {"main.py": ""})
    oracle, path = JediOracle(str(tmp_path), [SITE]), str(tmp_path / "main.py")
    text = "import requests\ndef f(): return requests.get('')\nf()\nf().json()"
    assert oracle.type_of(path, text, text.index("\nf().")) == Type("requests.models.Response")
    parso.cache.parser_cache.clear()
    assert oracle.type_of(path, text, text.index(".json")) == Type("requests.models.Response")
    assert caplog.records == []


def test_many_files_that_are_old_on_disk_are_read_while_others_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    count = 8
    files = {f"m{n}.py": f"from m{n + 1} import f, g\n" for n in range(count)}
    write(tmp_path, files | {f"m{count}.py": "def f(): return 1\ndef g(): return ''\n", "main.py": ""})
    for path in tmp_path.iterdir():
        os.utime(path, (1_600_000_000, 1_600_000_000))
    monkeypatch.setattr(parso.cache, "_CACHED_SIZE_TRIGGER", 2)
    oracle, path = JediOracle(str(tmp_path), []), str(tmp_path / "main.py")
    text = "from m0 import f, g\nclass A:\n    def h(self): return g(f())\ndef i(): return A().h()\ni()"
    assert oracle.type_of(path, text, len(text)) == STR
    assert caplog.records == []


@pytest.mark.parametrize("error", [RecursionError("deep"), KeyError("x"), AssertionError(), MemoryError()])
def test_an_error_in_jedi_is_no_answer_and_one_line_for_a_file(
    tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: object) -> None:
        raise error

    monkeypatch.setattr("apitfall.inference.infer", fail)
    oracle, path = JediOracle(str(tmp_path), []), str(tmp_path / "main.py")
    with caplog.at_level(logging.WARNING, logger="apitfall"):
        assert [oracle.type_of(path, "x = 1\nx", offset) for offset in (1, 5, 7)] == [None, None, None]
        assert oracle.type_of(path, "x = 2\nx", 7) is None
    assert [record.name for record in caplog.records] == ["apitfall"]
    assert caplog.records[0].getMessage().startswith(f"{path}: jedi could not tell a type: {type(error).__name__}")
    monkeypatch.undo()
    assert oracle.type_of(path, "x = 2\nx", 7) == INT


def test_a_file_that_jedi_cannot_parse_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def fail(grammar: object, path: object, text: str, before: object) -> None:
        tried.append(text)
        raise RecursionError

    monkeypatch.setattr("apitfall.inference.parsed", fail)
    oracle = JediOracle(str(tmp_path), [])
    assert [oracle.type_of("/a.py", "x", 1), oracle.type_of("/a.py", "x", 1)] == [None, None]
    assert tried == ["x"]


@pytest.mark.parametrize(
    "text",
    ["(" * 100_000 + "$", "x = " + "[" * 50_000 + "]" * 50_000 + "\nx$", "x" + ".a" * 5_000 + "$", "$", "x $", "(x $)"],
)
def test_hostile_texts_have_no_type(ask: Callable[[str], Type | None], text: str) -> None:
    assert ask(text) is None


def test_long_lines_and_sums_are_no_obstacle(ask: Callable[[str], Type | None]) -> None:
    assert ask("x = '" + "a" * 1_000_000 + "'\nx$") == STR
    assert ask("x = 1" + " + 1" * 3_000 + "\nint()$") == INT


def test_offsets_outside_the_text_have_no_type(ask: Callable[[str], Type | None], tmp_path: Path) -> None:
    oracle = JediOracle(str(tmp_path), [])
    assert [oracle.type_of("/a.py", "x = 1", offset) for offset in (-1, 0, 99)] == [None, None, None]


def test_no_interpreter_is_started(
    ask: Callable[[str], Type | None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started: list[str] = []

    def refuse(name: str) -> Callable[..., None]:
        def start(*args: object, **kwargs: object) -> None:
            started.append(name)
            raise AssertionError(name)

        return start

    for module, name in (
        (subprocess, "Popen"),
        (os, "posix_spawn"),
        (os, "posix_spawnp"),
        (os, "fork"),
        (os, "system"),
        (jedi.inference.compiled.subprocess, "_GeneralizedPopen"),
        (jedi.api.environment, "create_environment"),
        (jedi.api.environment, "get_default_environment"),
        (jedi.api.project, "create_environment"),
        (jedi.api.project, "get_cached_default_environment"),
    ):
        monkeypatch.setattr(module, name, refuse(f"{module.__name__}.{name}"))
    write(tmp_path, {".venv/pyvenv.cfg": "", ".venv/bin/python": "#!/bin/sh\n", "conftest.py": "x = 1\n"})
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / ".venv"))
    assert ask(FRAMEWORKS.replace("{expression}", "db.execute(x)")) == coroutine(RESULT)
    assert ask("import pydantic_core, greenlet, math, sqlite3\nmath.floor(1)$") == INT
    assert ask("import unknown_module\nunknown_module.f()$") is None
    assert ask("import pytest\n@pytest.fixture\ndef a() -> int: ...\ndef test(a, tmp_path):\n  a$") == INT
    assert started == []


def test_nothing_of_the_workspace_is_imported(
    ask: Callable[[str], Type | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    running = f"open({str(ran)!r}, 'w')\nclass A: ...\n"
    native = f"native{EXTENSION_SUFFIXES[0]}"
    write(
        tmp_path,
        {
            "evil/__init__.py": running,
            f"evil/{native}": "",
            native: "",
            "sitecustomize.py": running,
            "setuptools/__init__.py": running,
            "setuptools/_distutils/__init__.py": running,
        },
    )

    class Importing:
        """Imports something else to answer, as the finder that setuptools puts in every environment does."""

        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name == "distutils":
                __import__("setuptools._distutils")

    monkeypatch.setattr(sys, "meta_path", [Importing(), *sys.meta_path])
    for name in ("setuptools", "setuptools._distutils"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    path, modules = list(sys.path), set(sys.modules)
    assert ask("from evil import A\nA()$") == Type("evil.A")
    assert ask("from evil import native\nnative.f()$") is None
    assert ask("import native\nnative.f()$") is None
    assert ask("import distutils\ndistutils.f()$") is None
    assert not ran.exists()
    assert sys.path == path
    assert not {"evil", "native", "evil.native", "setuptools", "distutils"} & (set(sys.modules) - modules)
