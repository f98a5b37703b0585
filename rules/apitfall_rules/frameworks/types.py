"""The types of library names that rules ask about, so that they are known in a folder that has no environment.

Read off the installed sources of SQLAlchemy 2.1.9, httpx 0.28.1, httpx2 2.14.0, Starlette 1.10.0, FastAPI 0.165.0,
redis 8, aiofiles 25 and CPython 3.13. A name that is missing here is unknown, and nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apitfall.rule import ANY, NONE, Type, callable_, coroutine

from apitfall_rules.frameworks.session_io import QUERIES

SELF, FIRST, RESULT, DECORATOR = Type("$self"), Type("$1"), Type("$result"), Type("$decorator")


def cls(name: str, *bases: str, default: Type | None = None) -> Iterator[tuple[str, Type]]:
    """A class with its bases; `default` makes it one with a type parameter, and is that where nothing says it."""
    yield name, Type("type", (Type(name), *map(Type, bases)))
    if default is not None:
        yield f"{name}.__class_getitem__", Type("$parameter", (default,))


def alias(name: str, *others: str) -> Iterator[tuple[str, Type]]:
    """Other names under which a class can be imported."""
    for other in others:
        yield other, Type("type", (Type(name),))


def methods(owner: str, result: Type, names: str) -> Iterator[tuple[str, Type]]:
    for name in names.split():
        yield f"{owner}.{name}", callable_(result)


def managed(owner: str, *, asynchronous: bool = False) -> Iterator[tuple[str, Type]]:
    """A context manager that gives itself."""
    enter = "__aenter__" if asynchronous else "__enter__"
    yield f"{owner}.{enter}", callable_(coroutine(SELF) if asynchronous else SELF)


def attributes(owner: str, **types: Type) -> Iterator[tuple[str, Type]]:
    for name, known in types.items():
        yield f"{owner}.{name}", known


STR, INT, BOOL, BYTES = map(Type, ("str", "int", "bool", "bytes"))


def sqlalchemy() -> Iterator[tuple[str, Type]]:
    result, scalars = "sqlalchemy.Result", "sqlalchemy.ScalarResult"
    yield from cls(result)
    yield from alias(result, "sqlalchemy.engine.Result", "sqlalchemy.engine.result.Result", "sqlalchemy.CursorResult")
    yield from cls(scalars)
    yield from alias(scalars, "sqlalchemy.engine.ScalarResult", "sqlalchemy.engine.result.ScalarResult")
    for owner in (result, scalars):
        yield from methods(owner, Type("list"), "all fetchall fetchmany")
        yield from methods(owner, Type(owner), "unique yield_per")
        yield from methods(owner, NONE, "close")
    yield from methods(result, Type(scalars), "scalars")
    yield from methods(result, Type("sqlalchemy.MappingResult"), "mappings")
    yield from cls("sqlalchemy.MappingResult")
    # What a row or an entity is, and whether there is one, cannot be told; that it is nothing to await, can.
    for owner in (result, scalars):
        yield from methods(owner, Type("object"), "first one one_or_none")
    yield from methods(result, Type("object"), "scalar scalar_one scalar_one_or_none")

    session, async_session = "sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio.AsyncSession"
    yield from cls(session)
    yield from alias(session, "sqlalchemy.orm.session.Session")
    yield from cls("sqlalchemy.orm.scoped_session", session)
    yield from alias("sqlalchemy.orm.scoped_session", "sqlalchemy.orm.scoping.scoped_session")
    yield "sqlalchemy.orm.scoped_session.__call__", callable_(Type(session))
    yield from methods("sqlalchemy.orm.scoped_session", NONE, "remove")
    yield from cls("sqlmodel.Session", session)
    yield from alias("sqlmodel.Session", "sqlmodel.orm.session.Session")
    yield "sqlmodel.Session.exec", callable_(Type(result))
    yield from managed(session)
    yield from methods(session, Type(result), "execute")
    yield from methods(session, Type(scalars), "scalars")
    yield from methods(session, Type("object"), "scalar get get_one merge")
    yield from methods(
        session,
        NONE,
        """
        add add_all commit flush refresh rollback close delete expire expire_all expunge expunge_all reset
        bulk_save_objects bulk_insert_mappings bulk_update_mappings
        """,
    )
    query = "sqlalchemy.orm.Query"
    yield from cls(query)
    yield from alias(query, "sqlalchemy.orm.query.Query")
    yield from methods(session, Type(query), "query")
    yield from methods(query, SELF, " ".join(QUERIES - {"query"}))
    yield from methods(query, Type("list"), "all")
    yield from methods(query, INT, "count delete update")
    yield from methods(query, Type("object"), "first one one_or_none scalar get")

    engine, connection = "sqlalchemy.Engine", "sqlalchemy.Connection"
    yield from cls(engine)
    yield from alias(engine, "sqlalchemy.engine.Engine", "sqlalchemy.engine.base.Engine")
    for module in ("sqlalchemy", "sqlalchemy.engine", "sqlmodel"):
        yield f"{module}.create_engine", callable_(Type(engine))
    yield from cls(connection)
    yield from alias(connection, "sqlalchemy.engine.Connection", "sqlalchemy.engine.base.Connection")
    yield from managed(connection)
    yield from methods(engine, Type(connection), "connect")
    yield from methods(engine, Type("contextlib.ContextManager", (Type(connection),)), "begin")
    yield from methods(connection, Type(result), "execute exec_driver_sql")
    yield from methods(connection, Type(scalars), "scalars")
    yield from methods(connection, Type("object"), "scalar")
    yield from methods(connection, NONE, "commit rollback close")
    metadata = "sqlalchemy.MetaData"
    yield from cls(metadata)
    yield from alias(metadata, "sqlalchemy.schema.MetaData", "sqlalchemy.sql.schema.MetaData")
    yield from methods(metadata, NONE, "create_all drop_all reflect")
    declarative = "sqlalchemy.orm.DeclarativeBase"
    yield from cls(declarative, "sqlalchemy.inspection.Inspectable")
    yield from cls("sqlmodel.SQLModel", "pydantic.BaseModel")
    yield from alias("sqlmodel.SQLModel", "sqlmodel.main.SQLModel")
    for owner in (declarative, "sqlmodel.SQLModel"):
        yield from attributes(owner, metadata=Type(metadata))
    for module in ("sqlalchemy.orm", "sqlalchemy.ext.declarative"):
        yield f"{module}.declarative_base", callable_(Type("type", (Type(declarative),)))

    yield from cls(async_session)
    yield from alias(async_session, "sqlalchemy.ext.asyncio.session.AsyncSession")
    scoped = "sqlalchemy.ext.asyncio.async_scoped_session"
    yield from cls(scoped, async_session)
    yield from alias(scoped, "sqlalchemy.ext.asyncio.scoping.async_scoped_session")
    yield f"{scoped}.__call__", callable_(Type(async_session))
    model_session = "sqlmodel.ext.asyncio.session.AsyncSession"
    yield from cls(model_session, async_session)
    yield f"{model_session}.exec", callable_(coroutine(Type(result)))
    yield from managed(async_session, asynchronous=True)
    yield from methods(async_session, coroutine(Type(result)), "execute")
    yield from methods(async_session, coroutine(Type(scalars)), "scalars")
    yield from methods(async_session, coroutine(Type("sqlalchemy.ext.asyncio.AsyncResult")), "stream stream_scalars")
    yield from methods(async_session, coroutine(ANY), "scalar get get_one merge run_sync connection")
    yield from methods(
        async_session, coroutine(NONE), "commit rollback flush refresh delete close aclose reset invalidate close_all"
    )
    yield from methods(async_session, NONE, "add add_all expire expire_all expunge expunge_all")
    yield from methods(async_session, BOOL, "in_transaction in_nested_transaction is_modified")
    transaction = "sqlalchemy.ext.asyncio.AsyncSessionTransaction"
    yield from cls(transaction)
    yield f"{transaction}.__await__", callable_(Type(transaction))
    yield from managed(transaction, asynchronous=True)
    yield from methods(transaction, coroutine(NONE), "commit rollback")
    yield from methods(async_session, Type(transaction), "begin begin_nested")

    for maker, made in (
        ("sqlalchemy.orm.sessionmaker", session),
        ("sqlalchemy.ext.asyncio.async_sessionmaker", async_session),
    ):
        yield from cls(maker, default=Type(made))
        yield f"{maker}.__call__", callable_(FIRST)
        yield f"{maker}.begin", callable_(Type("contextlib.ContextManager", (FIRST,)))
    yield from alias("sqlalchemy.orm.sessionmaker", "sqlalchemy.orm.session.sessionmaker")
    yield from alias("sqlalchemy.ext.asyncio.async_sessionmaker", "sqlalchemy.ext.asyncio.session.async_sessionmaker")

    engine, connection = "sqlalchemy.ext.asyncio.AsyncEngine", "sqlalchemy.ext.asyncio.AsyncConnection"
    yield from cls(engine)
    yield from alias(engine, "sqlalchemy.ext.asyncio.engine.AsyncEngine")
    yield "sqlalchemy.ext.asyncio.create_async_engine", callable_(Type(engine))
    yield f"{engine}.dispose", callable_(coroutine(NONE))
    yield from cls(connection)
    yield from alias(connection, "sqlalchemy.ext.asyncio.engine.AsyncConnection")
    yield f"{connection}.__await__", callable_(Type(connection))
    yield from managed(connection, asynchronous=True)
    yield from methods(engine, Type("contextlib.ContextManager", (Type(connection),)), "begin connect")
    yield from methods(connection, coroutine(Type(result)), "execute")
    yield from methods(connection, coroutine(Type(scalars)), "scalars")
    yield from methods(connection, coroutine(ANY), "scalar run_sync exec_driver_sql")
    yield from methods(connection, coroutine(NONE), "commit rollback close")


def http() -> Iterator[tuple[str, Type]]:
    for library in ("httpx", "httpx2"):
        response = f"{library}.Response"
        yield from cls(response)
        # Each attribute is set when the answer is made, or is a property.
        yield from attributes(response, status_code=INT, text=STR, content=BYTES, is_success=BOOL)
        yield from methods(response, coroutine(BYTES), "aread")
        yield from methods(response, coroutine(NONE), "aclose")
        yield from methods(response, Type(response), "raise_for_status")
        verbs = "get post put patch delete head options request send"
        client, async_client = f"{library}.Client", f"{library}.AsyncClient"
        yield from cls(client)
        yield from managed(client)
        yield from methods(client, Type(response), verbs)
        yield from cls(async_client)
        yield from managed(async_client, asynchronous=True)
        yield from methods(async_client, coroutine(Type(response)), verbs)
        yield from methods(async_client, coroutine(NONE), "aclose")
        yield from methods(library, Type(response), "get post put patch delete head options request")
    yield from cls("requests.Response")
    yield from attributes("requests.Response", status_code=INT, text=STR, content=BYTES, ok=BOOL)
    yield from methods("requests.Response", NONE, "raise_for_status")
    session = "requests.Session"
    yield from cls(session)
    yield from alias(session, "requests.sessions.Session")
    yield "requests.session", callable_(Type(session))
    yield from managed(session)
    yield from methods(session, Type("requests.Response"), "get post put patch delete head options request send")
    yield from methods("requests", Type("requests.Response"), "get post put patch delete head options request")
    for pool in (
        "urllib3.PoolManager",
        "urllib3.ProxyManager",
        "urllib3.HTTPConnectionPool",
        "urllib3.HTTPSConnectionPool",
    ):
        yield from cls(pool)
        yield from managed(pool)
    for name in ("HTTPConnection", "HTTPSConnection"):
        yield from cls(f"http.client.{name}")


def web() -> Iterator[tuple[str, Type]]:
    request, websocket, upload = (
        "starlette.requests.Request",
        "starlette.websockets.WebSocket",
        "starlette.datastructures.UploadFile",
    )
    yield from cls(request)
    yield from alias(request, "fastapi.Request", "fastapi.requests.Request")
    yield from methods(request, coroutine(ANY), "json")
    yield from methods(request, coroutine(BYTES), "body")
    yield from methods(request, coroutine(BOOL), "is_disconnected")
    yield from methods(request, coroutine(NONE), "close")
    yield from cls(websocket)
    yield from alias(websocket, "fastapi.WebSocket", "fastapi.websockets.WebSocket")
    yield from methods(websocket, coroutine(NONE), "accept close send send_text send_bytes send_json")
    yield from methods(websocket, coroutine(STR), "receive_text")
    yield from methods(websocket, coroutine(BYTES), "receive_bytes")
    yield from methods(websocket, coroutine(ANY), "receive_json receive")
    yield from cls("fastapi.UploadFile", upload)
    yield from alias("fastapi.UploadFile", "fastapi.datastructures.UploadFile")
    yield from cls(upload)
    yield from methods(upload, coroutine(BYTES), "read")
    yield from methods(upload, coroutine(NONE), "write seek close")
    yield from methods("starlette.concurrency", coroutine(ANY), "run_in_threadpool")
    yield from methods("fastapi.concurrency", coroutine(ANY), "run_in_threadpool")
    yield "fastapi.Depends", callable_(RESULT)
    yield "fastapi.Security", callable_(RESULT)
    verbs = "get post put patch delete head options trace api_route websocket on_event"
    for owner in ("fastapi.FastAPI", "fastapi.APIRouter"):
        yield from cls(owner)
        yield from methods(owner, DECORATOR, verbs)
    yield from methods("fastapi.FastAPI", DECORATOR, "exception_handler middleware")
    yield from alias("fastapi.FastAPI", "fastapi.applications.FastAPI")
    yield from alias("fastapi.APIRouter", "fastapi.routing.APIRouter")
    tasks = "starlette.background.BackgroundTasks"
    yield from cls(tasks)
    yield from cls("fastapi.BackgroundTasks", tasks)
    yield from alias("fastapi.BackgroundTasks", "fastapi.background.BackgroundTasks")
    yield f"{tasks}.add_task", callable_(NONE)


def standard() -> Iterator[tuple[str, Type]]:
    yield "json.dumps", callable_(STR)
    yield from methods("asyncio", coroutine(NONE), "sleep")
    yield from methods("asyncio", coroutine(ANY), "to_thread wait wait_for open_connection start_server")
    yield from methods(
        "asyncio", coroutine(Type("asyncio.subprocess.Process")), "create_subprocess_exec create_subprocess_shell"
    )
    for name in ("Lock", "Event", "Semaphore", "BoundedSemaphore", "Condition", "Queue"):
        yield from cls(f"asyncio.{name}")
    yield from methods("asyncio.Lock", coroutine(BOOL), "acquire")
    yield from methods("asyncio.Semaphore", coroutine(BOOL), "acquire")
    yield from methods("asyncio.Event", coroutine(BOOL), "wait")
    yield from methods("asyncio.Queue", coroutine(ANY), "get")
    yield from methods("asyncio.Queue", coroutine(NONE), "put join")
    yield from methods("asyncio.Event", NONE, "set clear")
    yield from methods("anyio", coroutine(NONE), "sleep")
    yield from methods("anyio.to_thread", coroutine(ANY), "run_sync")


def redis() -> Iterator[tuple[str, Type]]:
    client = "redis.asyncio.Redis"
    yield from cls(client)
    yield f"{client}.__await__", callable_(Type(client))  # opens the connection, and gives the client
    yield from alias(client, "redis.asyncio.client.Redis", "redis.asyncio.StrictRedis", "aioredis.Redis")
    yield "redis.asyncio.from_url", callable_(Type(client))
    yield f"{client}.from_url", callable_(Type(client))
    commands = """
        append decr delete exists expire expireat flushall flushdb get getdel getset hdel hexists hget hgetall hincrby
        hkeys hlen hmget hset hvals incr incrby keys lindex llen lpop lpush lrange lrem ltrim mget mset persist pexpire ping
        publish rename rpop rpush sadd scard set setex setnx sismember smembers srem ttl type zadd zcard zincrby zrange
        zrangebyscore zrank zrem zremrangebyscore zscore xadd xlen xread close aclose
    """
    yield from methods(client, coroutine(ANY), commands)


def aiofiles() -> Iterator[tuple[str, Type]]:
    handle = "aiofiles.AsyncFile"
    yield from cls(handle)
    yield "aiofiles.open", callable_(Type("contextlib.ContextManager", (Type(handle),)))
    yield from methods(
        handle, coroutine(ANY), "read readline readlines write writelines seek tell flush close truncate"
    )


TYPES: Mapping[str, Type] = {
    **dict(sqlalchemy()), **dict(http()), **dict(web()), **dict(standard()), **dict(redis()), **dict(aiofiles()),
}  # fmt: skip

__all__ = ["TYPES"]
