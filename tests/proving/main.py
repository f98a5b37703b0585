"""An app that does one thing of each kind that a proof can ask about."""

import asyncio
import http.client
import json
import logging
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import httpx2
import requests
import urllib3
from fastapi import BackgroundTasks, FastAPI, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

URL = "http://upstream.test/things?of=all"

engine = create_async_engine("sqlite+aiosqlite:///shop.db")
sessions = async_sessionmaker(engine)
ended: list[str] = []


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT)"))
    yield {"started": "yes"}
    ended.append("yes")


app = FastAPI(lifespan=lifespan)


@app.get("/started")
async def started(request: Request) -> str:
    return request.state.started


@app.get("/blocking")
async def blocking() -> Any:
    return requests.get(URL).json()


@app.get("/threaded")
def threaded() -> Any:
    return requests.get(URL).json()


@app.get("/awaiting")
async def awaiting() -> Any:
    async with httpx.AsyncClient() as client:
        return (await client.get(URL)).json()


@app.post("/echo")
async def echo(request: Request) -> Any:
    return {"body": (await request.body()).decode(), "header": request.headers.get("x-from")}


@app.get("/save")
async def save(name: str) -> None:
    async with sessions() as session:
        await session.execute(text("INSERT INTO thing (name) VALUES (:name)"), {"name": name})
        await session.commit()


@app.get("/lose")
async def lose() -> None:
    async with sessions() as session:
        await session.execute(text("INSERT INTO thing (name) VALUES ('lost')"))
        session.commit()


@app.get("/fail")
async def fail() -> None:
    raise LookupError("nothing there")


@app.get("/fail-late")
async def fail_late(tasks: BackgroundTasks) -> str:
    tasks.add_task(fail)
    return "done"


@app.get("/log")
async def log() -> None:
    try:
        await fail()
    except LookupError:
        logging.getLogger("shop").exception("it failed")


async def twice(number: int, seconds: float = 0) -> int:
    await asyncio.sleep(seconds)
    return 2 * number


async def asynchronous_httpx(url: str) -> Any:
    async with httpx.AsyncClient() as client:
        return (await client.get(url)).json()


async def asynchronous_httpx2(url: str) -> Any:
    async with httpx2.AsyncClient() as client:
        return (await client.get(url)).json()


def by_http_client(url: str) -> Any:
    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host)
    connection.request("GET", f"/{path}")
    return json.load(connection.getresponse())


def by_urllib(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


CLIENTS = {
    "requests": lambda url: requests.get(url).json(),
    "httpx": lambda url: httpx.get(url).json(),
    "httpx2": lambda url: httpx2.get(url).json(),
    "urllib3": lambda url: urllib3.PoolManager().request("GET", url, retries=False).json(),
    "urllib": by_urllib,
    "http.client": by_http_client,
    "asynchronous httpx": asynchronous_httpx,
    "asynchronous httpx2": asynchronous_httpx2,
}
