"""Every entry of the table of library types is true of the installed libraries."""

from __future__ import annotations

import asyncio
import importlib
import inspect
from typing import Any
from unittest.mock import AsyncMock

import aiofiles
import httpx
import httpx2
import pytest
import redis.asyncio
import requests
from aiofiles.threadpool.binary import AsyncBufferedIOBase
from apitfall.types import CALLABLE, CLASS, NONE, Type
from apitfall_rules.frameworks.types import TYPES
from sqlalchemy import CursorResult, MetaData, Result
from sqlalchemy.orm import DeclarativeBase
from sqlmodel import SQLModel

COROUTINE = "typing.Coroutine"


class Declared(DeclarativeBase):
    pass


RESPONSES: dict[str, Any] = {
    "sqlalchemy.orm.DeclarativeBase": Declared,
    "sqlmodel.SQLModel": SQLModel,
    "httpx.Response": httpx.Response(200, text="a"),
    "httpx2.Response": httpx2.Response(200, text="a"),
    "requests.Response": requests.Response(),
}
# Files of aiofiles have classes by their mode, and one name in the table.
STAND_INS: dict[str, Any] = {"aiofiles.AsyncFile": AsyncBufferedIOBase}
# What redis.asyncio was before it became part of redis; nothing has it beside a current redis.
GONE = {"aioredis.Redis"}
# Proxies and subclasses that the table takes for the class whose methods they have.
LIKE = {
    "sqlalchemy.CursorResult": "a subclass of Result",
    "sqlalchemy.orm.scoped_session": "a proxy of Session",
    "sqlalchemy.ext.asyncio.async_scoped_session": "a proxy of AsyncSession",
    "sqlalchemy.ext.asyncio.scoping.async_scoped_session": "a proxy of AsyncSession",
}


def found(name: str) -> Any:
    """What stands under a qualified name."""
    for stand_in, value in STAND_INS.items():
        if name == stand_in or name.startswith(f"{stand_in}."):
            return attribute(value, name[len(stand_in) + 1 :])
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        return attribute(module, ".".join(parts[length:]))
    raise AssertionError(f"no module for {name}")


def attribute(value: Any, path: str) -> Any:
    for part in filter(None, path.split(".")):
        value = getattr(value, part)
    return value


def entries(kind: str) -> list[str]:
    """The names of one kind: classes, callables, or attributes of instances."""
    kinds = {name: known.name if known.name in (CLASS, CALLABLE) else "other" for name, known in TYPES.items()}
    return [name for name in TYPES if kinds[name] == kind and name not in GONE and "__class_getitem__" not in name]


def owner(name: str) -> str:
    return name.rpartition(".")[0]


@pytest.mark.parametrize("name", entries(CLASS))
def test_class(name: str) -> None:
    assert inspect.isclass(found(name))


@pytest.mark.parametrize("name", [n for n in entries(CLASS) if TYPES[n].args[0].name != n and n not in LIKE])
def test_other_name_of_a_class(name: str) -> None:
    assert found(name) is found(TYPES[name].args[0].name)


@pytest.mark.parametrize("name", [n for n in entries(CLASS) if len(TYPES[n].args) > 1 and n not in LIKE])
def test_bases(name: str) -> None:
    for base in TYPES[name].args[1:]:
        assert issubclass(found(name), found(base.name))


def test_a_cursor_result_is_a_result() -> None:
    assert issubclass(CursorResult, Result)


@pytest.mark.parametrize(
    ("proxy", "methods"),
    [
        ("sqlalchemy.orm.scoped_session", "sqlalchemy.orm.Session"),
        ("sqlalchemy.ext.asyncio.async_scoped_session", "sqlalchemy.ext.asyncio.AsyncSession"),
    ],
)
def test_a_proxy_has_the_methods_of_what_it_is_taken_for(proxy: str, methods: str) -> None:
    for name in entries(CALLABLE):
        method = name.rpartition(".")[2]
        if owner(name) == methods and not method.startswith("__") and hasattr(found(proxy), method):
            assert inspect.iscoroutinefunction(getattr(found(proxy), method)) == gives_coroutine(name), name


@pytest.mark.parametrize("name", [n for n in entries(CLASS) if n not in LIKE])
def test_only_what_is_declared_awaitable_can_be_awaited(name: str) -> None:
    known = TYPES[name].args
    declared = any(f"{one.name}.__await__" in TYPES for one in known)
    assert hasattr(found(name), "__await__") == declared


def gives_coroutine(name: str) -> bool:
    result = TYPES[name].args[0]
    return result.name == COROUTINE


@pytest.mark.parametrize("name", [n for n in entries(CALLABLE) if owner(n) != "redis.asyncio.Redis"])
def test_coroutine_functions(name: str) -> None:
    value = found(name)
    assert callable(value)
    assert inspect.iscoroutinefunction(value) == gives_coroutine(name)


@pytest.mark.parametrize("name", [n for n in entries(CALLABLE) if TYPES[n].args[0] == NONE])
def test_what_gives_none_says_so(name: str) -> None:
    assert inspect.signature(found(name)).return_annotation in (None, "None", inspect.Signature.empty)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", [n for n in entries(CALLABLE) if owner(n) == "redis.asyncio.Redis"])
def test_commands_of_redis_are_awaited(name: str) -> None:
    """Its commands are plain functions, shared with the client that blocks, whose results are awaited here."""
    if not gives_coroutine(name):
        assert not inspect.iscoroutinefunction(found(name))
        return

    async def call() -> bool:
        client = redis.asyncio.Redis()
        client.execute_command = AsyncMock(return_value=[])
        method = getattr(client, name.rpartition(".")[2])
        result = method(*arguments(method))
        awaitable = inspect.isawaitable(result)
        await result
        return awaitable

    assert asyncio.run(call())


def arguments(command: Any) -> list[Any]:
    """Something for each argument that a command needs; a mapping where it takes one."""
    if command.__name__ == "hset":
        return ["name", "key", "value"]
    return [
        {"a": "b"} if p.name in ("fields", "mapping", "streams") else "1"
        for p in inspect.signature(command).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]


@pytest.mark.parametrize("name", entries("other"))
def test_attributes_of_responses(name: str) -> None:
    response = RESPONSES[owner(name)]
    if isinstance(response, requests.Response):
        response.status_code, response._content = 200, b"a"
    kind = {"int": int, "str": str, "bool": bool, "bytes": bytes, "sqlalchemy.MetaData": MetaData}[TYPES[name].name]
    assert isinstance(getattr(response, name.rpartition(".")[2]), kind)


def test_an_open_file_of_aiofiles_is_entered(tmp_path: Any) -> None:
    async def enter() -> bool:
        async with aiofiles.open(tmp_path / "a", "wb") as file:
            return isinstance(file, AsyncBufferedIOBase)

    assert TYPES["aiofiles.open"].args[0] == Type("contextlib.ContextManager", (Type("aiofiles.AsyncFile"),))
    assert asyncio.run(enter())
