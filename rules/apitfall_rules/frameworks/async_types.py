"""The types of asynchronous libraries beside those of `types`: database drivers, mail, queues.

Read off the sources of asyncpg 0.32.0, arq 0.28.0, aiosmtplib 5.1.3, fastapi-mail 1.6.8, fastcrud 0.23.0, Motor 3.7.1
and FastAPI 0.165.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apitfall.rule import ANY, NONE, Type, callable_, coroutine

from apitfall_rules.frameworks.types import alias, cls, managed, methods


def drivers() -> Iterator[tuple[str, Type]]:
    for name in ("Connection", "Pool"):
        owner = f"asyncpg.{name}"
        yield from cls(owner)
        yield from methods(owner, coroutine(ANY), "execute fetch fetchrow fetchval")
        yield from methods(owner, coroutine(NONE), "executemany close")
    yield from alias("asyncpg.Connection", "asyncpg.connection.Connection")
    yield from alias("asyncpg.Pool", "asyncpg.pool.Pool")
    yield "asyncpg.Pool.__await__", callable_(Type("asyncpg.Pool"))
    yield "asyncpg.create_pool", callable_(Type("asyncpg.Pool"))
    yield "asyncpg.connect", callable_(coroutine(Type("asyncpg.Connection")))
    yield from managed("asyncpg.Pool", asynchronous=True)
    yield "asyncpg.Pool.acquire", callable_(Type("contextlib.ContextManager", (Type("asyncpg.Connection"),)))
    for module in ("sqlalchemy.ext.asyncio", "sqlalchemy.ext.asyncio.engine"):
        yield f"{module}.async_engine_from_config", callable_(Type("sqlalchemy.ext.asyncio.AsyncEngine"))


def services() -> Iterator[tuple[str, Type]]:
    yield from cls("fastapi_mail.FastMail")
    yield from alias("fastapi_mail.FastMail", "fastapi_mail.fastmail.FastMail")
    yield from methods("fastapi_mail.FastMail", coroutine(NONE), "send_message")
    yield from methods("aiosmtplib", coroutine(ANY), "send")
    yield from cls("arq.ArqRedis", "redis.asyncio.Redis")
    yield from alias("arq.ArqRedis", "arq.connections.ArqRedis")
    yield from methods("arq.ArqRedis", coroutine(ANY), "enqueue_job queued_jobs all_job_results")
    for name in ("arq.create_pool", "arq.connections.create_pool"):
        yield name, callable_(coroutine(Type("arq.ArqRedis")))
    crud = "fastcrud.FastCRUD"
    yield from cls(crud)
    yield from alias(crud, "fastcrud.crud.fast_crud.FastCRUD")
    yield from methods(
        crud,
        coroutine(ANY),
        "count create db_delete delete exists get get_joined get_multi get_multi_by_cursor get_multi_joined select update "
        "upsert upsert_multi",
    )


def security() -> Iterator[tuple[str, Type]]:
    for name in (
        "HTTPBearer",
        "HTTPBasic",
        "HTTPDigest",
        "OAuth2",
        "OAuth2PasswordBearer",
        "APIKeyHeader",
        "APIKeyCookie",
    ):
        yield from cls(f"fastapi.security.{name}")
        yield f"fastapi.security.{name}.__call__", callable_(coroutine(Type("object")))


TYPES: Mapping[str, Type] = {**dict(drivers()), **dict(services()), **dict(security())}
