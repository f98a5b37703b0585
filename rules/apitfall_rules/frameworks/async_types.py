"""The types of asynchronous libraries beside those of `types`: database drivers, mail, queues.

Read off the sources of asyncpg 0.32.0, arq 0.28.0, aiosmtplib 5.1.3, fastapi-mail 1.6.8, fastcrud 0.23.0, Motor 3.7.1,
FastAPI 0.165.0, anyio 4.16.0 and Jinja2 3.1.6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apitfall.rule import ANY, NONE, Type, callable_, coroutine

from apitfall_rules.frameworks.types import BOOL, BYTES, INT, STR, alias, attributes, cls, managed, methods


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


def language_models() -> Iterator[tuple[str, Type]]:
    for library, client in (("openai", "AsyncOpenAI"), ("openai", "AsyncAzureOpenAI"), ("groq", "AsyncGroq")):
        chat, completions = f"{library}.resources.chat.AsyncChat", f"{library}.resources.chat.AsyncCompletions"
        owner = f"{library}.{client}"
        yield from cls(owner)
        yield from attributes(owner, chat=Type(chat), embeddings=Type(f"{library}.resources.AsyncEmbeddings"))
        yield from attributes(chat, completions=Type(completions))
        yield from methods(completions, coroutine(ANY), "create")
        yield from methods(f"{library}.resources.AsyncEmbeddings", coroutine(ANY), "create")
    yield from attributes("openai.AsyncOpenAI", responses=Type("openai.resources.AsyncResponses"))
    yield from methods("openai.resources.AsyncResponses", coroutine(ANY), "create")
    yield from cls("anthropic.AsyncAnthropic")
    yield from attributes("anthropic.AsyncAnthropic", messages=Type("anthropic.resources.AsyncMessages"))
    yield from methods("anthropic.resources.AsyncMessages", coroutine(ANY), "create")


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


def files() -> Iterator[tuple[str, Type]]:
    path, handle = "anyio.Path", "anyio.AsyncFile"
    yield from cls(path)
    yield from methods(path, coroutine(Type(path)), "absolute cwd expanduser home readlink rename replace resolve")
    yield from methods(
        path,
        coroutine(BOOL),
        "exists is_block_device is_char_device is_dir is_fifo is_file is_mount is_socket is_symlink",
    )
    yield from methods(path, coroutine(NONE), "chmod hardlink_to lchmod mkdir rmdir symlink_to touch unlink")
    yield from methods(path, coroutine(STR), "group owner read_text")
    yield from methods(path, coroutine(BYTES), "read_bytes")
    yield from methods(path, coroutine(INT), "write_bytes write_text")
    yield from methods(path, coroutine(ANY), "lstat stat samefile")
    yield from methods(path, coroutine(Type(handle)), "open")
    yield from methods(path, Type(path), "joinpath relative_to with_name with_stem with_suffix __truediv__")
    yield from attributes(path, parent=Type(path), name=STR, stem=STR, suffix=STR)
    yield from cls(handle)
    yield "anyio.open_file", callable_(coroutine(Type(handle)))
    yield from managed(handle, asynchronous=True)
    yield from methods(
        handle,
        coroutine(ANY),
        "aclose read read1 readline readlines readinto readinto1 write writelines truncate seek tell flush",
    )


def templates() -> Iterator[tuple[str, Type]]:
    yield from cls("jinja2.Template")
    yield from alias("jinja2.Template", "jinja2.environment.Template")
    yield "jinja2.Template.render_async", callable_(coroutine(STR))
    yield "jinja2.Template.make_module_async", callable_(coroutine(ANY))
    yield from cls("jinja2.Environment")
    yield from alias("jinja2.Environment", "jinja2.environment.Environment")
    yield from methods(
        "jinja2.Environment", Type("jinja2.Template"), "get_template select_template get_or_select_template from_string"
    )


TYPES: Mapping[str, Type] = {
    **dict(drivers()), **dict(services()), **dict(language_models()), **dict(security()), **dict(files()),
    **dict(templates()),
}  # fmt: skip
