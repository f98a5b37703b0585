"""What the repairs change when the shop runs: the same requests to the shop as it is and to the repaired one.

Each version is served on a local port by docs/demo_serve.py, with a database of its own. The supplier that both ask is a
server in this process that takes its time. Every figure is measured while it runs.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import sqlite3
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import httpx

SERVE = Path(__file__).with_name("demo_serve.py")
SUPPLIER_DELAY = 0.5
SUPPLIER_FAILURE = 503
PATIENCE = 30  # seconds until the demo gives up; nothing in it is as slow
OTHERS = 10
NEW_ORDERS = 2_000
MANY = 1_000_000
ADA, BEN, CLEO = 1, 2, 3  # Cleo is blocked.

# What a step shows, by name; floats are seconds, and are not the same in two runs.
Figures = dict[str, int | float | str]


class NotShown(Exception):
    """A version of the shop did not start, or did not answer."""


class Supplier(ThreadingHTTPServer):
    """The supplier and its payments; `asked` is set by a request, and `waiting` is true until its answer is sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), SupplierAnswers)
        self.asked = threading.Event()
        self.waiting = False
        self.status = 200

    def server_bind(self) -> None:
        # HTTPServer would look its own name up, which may ask a name server.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class SupplierAnswers(BaseHTTPRequestHandler):
    def answer(self) -> None:
        supplier = cast(Supplier, self.server)
        self.rfile.read(int(self.headers.get("content-length", 0)))
        supplier.waiting = True
        supplier.asked.set()
        time.sleep(SUPPLIER_DELAY)
        supplier.waiting = False
        path, _, _ = self.path.partition("?")
        kind, _, sku = path[1:].partition("/")
        content: dict[str, Any] | list[dict[str, Any]] = {"price_cents": 44900, "receipt": "R-1"}
        if kind == "offers":
            content = [{"sku": sku, "supplier": "Oak & Sons", "price_cents": 39900}]
        body = json.dumps(content).encode()
        self.send_response(supplier.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the tables are for the reader."""


class Shop:
    """A version of the shop that runs. `errors` are the requests that it answered with a 5xx."""

    def __init__(self, client: httpx.AsyncClient, database: Path, supplier: Supplier) -> None:
        self.client = client
        self.database = database
        self.supplier = supplier
        self.errors: list[str] = []

    async def request(self, method: str, path: str, user: int = ADA, **keywords: Any) -> httpx.Response:
        try:
            answer = await self.client.request(method, path, headers={"X-User-Id": str(user)}, **keywords)
        except httpx.HTTPError as error:
            raise NotShown(f"{method} {path} got no answer: {error!r}") from error
        if answer.status_code >= 500:
            self.errors.append(f"{method} {path}: {answer.status_code}")
        return answer

    async def get(self, path: str, user: int = ADA) -> httpx.Response:
        return await self.request("GET", path, user)

    async def post(self, path: str, json: Any = None, user: int = ADA) -> httpx.Response:
        return await self.request("POST", path, user, json=json)

    async def measures(self) -> dict[str, Any]:
        """The `statements` sent, the longest `stall` in seconds and the `logs`, since this was last asked."""
        return (await self.get("/-/measures")).json()

    async def sent(self) -> int:
        return len((await self.measures())["statements"])

    async def stall(self) -> float:
        return (await self.measures())["stall"]

    def stored(self, query: str) -> Any:
        """The first value that a query gives, as another connection to the database sees it."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(query).fetchone()[0]

    def store(self, statement: str) -> None:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute(statement)

    async def answered_meanwhile(self, method: str, path: str) -> tuple[int, httpx.Response]:
        """How many others get an answer while this request waits for the supplier; and its own answer."""
        self.supplier.asked.clear()
        slow = asyncio.ensure_future(self.request(method, path))
        if not await asyncio.to_thread(self.supplier.asked.wait, PATIENCE):
            raise NotShown(f"{method} {path} did not ask the supplier")

        async def other() -> bool:
            await self.get("/health")
            return self.supplier.waiting

        others = await asyncio.gather(*(other() for _ in range(OTHERS)))
        return sum(others), await slow


async def slow_supplier(shop: Shop) -> Figures:
    figures: Figures = {}
    statuses: list[str] = []
    for method, path in [
        ("GET", "/health/supplier"),
        ("GET", "/products/desk-oak/offer"),
        ("POST", "/products/desk-oak/reprice"),
        ("POST", "/orders/1/pay"),
    ]:
        answered, answer = await shop.answered_meanwhile(method, path)
        figures[f"during {method} {path}"] = answered
        statuses.append(str(answer.status_code))
    statuses_shown: Figures = {"statuses of the slow requests": " ".join(statuses)}
    return {**statuses_shown, **figures, "longest stall of the event loop": await shop.stall()}


async def own_orders(shop: Shop) -> Figures:
    answer = await shop.get("/users/me/orders")
    return {
        "status": answer.status_code,
        "orders in the answer": items(answer),
        "SQL statements sent": await shop.sent(),
    }


async def new_product(shop: Shop) -> Figures:
    answer = await shop.post("/products", {"sku": "shelf-elm", "name": "Elm shelf", "price_cents": 9900})
    return {
        "status": answer.status_code,
        "rows of that product": shop.stored("SELECT count(*) FROM products WHERE sku = 'shelf-elm'"),
        "SQL statements sent": await shop.sent(),
    }


async def unknown_order(shop: Shop) -> Figures:
    answer = await shop.post("/orders/999/pay")
    said = answer.json()
    return {"status": answer.status_code, "the answer says": said.get("status") or said["detail"]}


async def failed_payment(shop: Shop) -> Figures:
    shop.supplier.status = SUPPLIER_FAILURE
    answer = await shop.post("/orders/3/pay")
    shop.supplier.status = 200
    logs = (await shop.measures())["logs"]
    return {
        "status": answer.status_code,
        "the answer says": answer.json()["status"],
        "tracebacks in the log": sum("Traceback" in record for record in logs),
    }


async def huge_page(shop: Shop) -> Figures:
    shop.store(
        f"WITH RECURSIVE year(day) AS (SELECT 1 UNION ALL SELECT day + 1 FROM year WHERE day < {NEW_ORDERS}) "
        "INSERT INTO orders (user_id, status, total_cents, created_at) "
        "SELECT user_id, 'paid', total_cents, created_at FROM year, orders WHERE orders.id = 1"
    )
    answer = await shop.get(f"/orders?per_page={MANY}")
    return {
        "status": answer.status_code,
        "orders in the answer": items(answer),
        "bytes of the answer": f"{len(answer.content):,}",
        "SQL statements sent": await shop.sent(),
    }


async def blocked_customer(shop: Shop) -> Figures:
    answer = await shop.post("/orders", {"lines": [{"sku": "chair-ash", "quantity": 1}]}, CLEO)
    return {
        "status": answer.status_code,
        "her orders in the database": shop.stored(f"SELECT count(*) FROM orders WHERE user_id = {CLEO}"),
        "SQL statements sent": await shop.sent(),
    }


async def order_mail(shop: Shop) -> Figures:
    answer = await shop.post("/orders", {"lines": [{"sku": "lamp-brass", "quantity": 1}]}, BEN)
    return {
        "status": answer.status_code,
        "his mails in the outbox": shop.stored(f"SELECT count(*) FROM outbox WHERE user_id = {BEN}"),
        "SQL statements sent": await shop.sent(),
    }


async def cancelled_order(shop: Shop) -> Figures:
    answer = await shop.post("/orders/2/cancel", user=BEN)
    return {
        "status": answer.status_code,
        "the order in the answer": answer.json()["status"],
        "the order in the database": shop.stored("SELECT status FROM orders WHERE id = 2"),
        "rows in the audit log": shop.stored("SELECT count(*) FROM events WHERE kind = 'order.cancelled'"),
        "SQL statements sent": await shop.sent(),
    }


async def restocked(shop: Shop) -> Figures:
    answer = await shop.post("/products/chair-ash/restock", {"quantity": 5})
    # The address of an object would be another one in each process.
    message = re.sub(" at 0x[0-9A-Fa-f]+", "", answer.json()["message"])
    return {
        "status": answer.status_code,
        "end of the message": message.partition(", ")[2],
        "SQL statements sent": await shop.sent(),
    }


async def registrations(shop: Shop) -> Figures:
    answers = [
        await shop.post("/users", {"email": f"{name}@shop.example", "name": name, "password": "tables and chairs"})
        for name in ("Dora", "Elsa")
    ]
    sent = await shop.sent()
    mails = (await shop.get("/users/me/mails", answers[1].json()["id"])).json()
    return {
        "statuses": " ".join(str(answer.status_code) for answer in answers),
        "rows in the audit log": shop.stored("SELECT count(*) FROM events WHERE kind = 'user.registered'"),
        "greetings at the end of the second mail": mails[0]["text"].count("Yours, the shop"),
        "SQL statements sent": sent,
    }


# In this order, a step finds the same in both databases, but for what another step has shown to differ.
STEPS: dict[str, Callable[[Shop], Awaitable[Figures]]] = {
    f"{OTHERS} others ask for /health while the supplier takes its time: how many get an answer": slow_supplier,
    "Ada looks at her orders: GET /users/me/orders": own_orders,
    "A product is added: POST /products": new_product,
    "Ada pays an order that is not there: POST /orders/999/pay": unknown_order,
    f"Ada pays while the supplier answers {SUPPLIER_FAILURE}: POST /orders/3/pay": failed_payment,
    f"With {NEW_ORDERS:,} orders more, somebody asks for all at once: GET /orders?per_page={MANY}": huge_page,
    "Cleo, who is blocked, orders a chair: POST /orders": blocked_customer,
    "Ben orders a lamp and should get a mail: POST /orders": order_mail,
    "Ben cancels his first order: POST /orders/2/cancel": cancelled_order,
    "Chairs arrive: POST /products/chair-ash/restock": restocked,
    "Two customers register, and each gets a mail: POST /users, twice": registrations,
}


def items(answer: httpx.Response) -> int:
    return len(answer.json()) if answer.is_success else 0


async def figures_of(step: Callable[[Shop], Awaitable[Figures]], shop: Shop) -> Figures:
    """What a step gives, of a shop whose measures begin with it."""
    await shop.measures()
    try:
        return await step(shop)
    except (LookupError, TypeError, ValueError) as error:
        said = "; ".join([repr(error), *shop.errors])
        raise NotShown(f"{step.__name__} got an answer that it cannot read: {said}") from error


@asynccontextmanager
async def serving(folder: Path, name: str, supplier: Supplier, scratch: Path) -> AsyncIterator[Shop]:
    database, log = scratch / f"{name}.db", scratch / f"{name}.log"
    env = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")} | {
        "NO_PROXY": "*",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SHOP_DATABASE_URL": f"sqlite+aiosqlite:///{database.as_posix()}",
        "SHOP_SUPPLIER_URL": supplier.url,
    }
    env.pop("SHOP_PAYMENTS_URL", None)
    pipe = asyncio.subprocess.PIPE
    with log.open("w", encoding="utf-8") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(SERVE), str(folder), stdin=pipe, stdout=pipe, stderr=errors, env=env
        )
    assert process.stdin is not None and process.stdout is not None
    try:
        try:
            port = (await asyncio.wait_for(process.stdout.readline(), PATIENCE)).decode().strip()
        except asyncio.TimeoutError:
            port = ""
        if not port:
            said = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
            raise NotShown("\n".join([f"the shop did not start ({name} the repair):", *said]))
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False) as client:
            yield Shop(client, database, supplier)
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()


@asynccontextmanager
async def both(before: Path, after: Path) -> AsyncIterator[tuple[Shop, Shop]]:
    """Both versions of the shop, from their folders; stopped when this is left."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Supplier() as supplier:
        scratch = Path(folder)
        threading.Thread(target=supplier.serve_forever, args=(0.01,), daemon=True).start()
        try:
            async with (
                serving(before, "before", supplier, scratch) as first,
                serving(after, "after", supplier, scratch) as second,
            ):
                yield first, second
        finally:
            supplier.shutdown()


def table(title: str, before: Figures, after: Figures) -> str:
    widths = (40, 24, 24)
    lines = [title]
    for row in [("", "before", "after"), *((name, shown(before[name]), shown(after[name])) for name in before)]:
        cells = [textwrap.wrap(text, width) for text, width in zip(row, widths, strict=True)]
        for parts in itertools.zip_longest(*cells, fillvalue=""):
            line = " | ".join(part.ljust(width) for part, width in zip(parts, widths, strict=True))
            lines.append(f"  {line}".rstrip())
    return "\n".join(lines)


def shown(value: int | float | str) -> str:
    return f"{value * 1000:.0f} ms" if isinstance(value, float) else str(value)


def differ(before: Figures, after: Figures) -> bool:
    return any(value != after[name] for name, value in before.items() if not isinstance(value, float))


async def show(before: Path, after: Path) -> list[str]:
    """Print a table for each step; returns what is wrong with what they show."""
    problems: list[str] = []
    try:
        async with both(before, after) as shops:
            for title, step in STEPS.items():
                first, second = [await figures_of(step, shop) for shop in shops]
                print(table(title, first, second), end="\n\n", flush=True)
                if not differ(first, second):
                    problems.append(f"nothing changed: {title}")
            problems += [f"the repaired shop answered {error}" for error in shops[1].errors]
    except NotShown as problem:
        problems.append(str(problem))
    return problems
