"""What it takes to say what only types show, and what a change takes while types are worked out for another file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import edits
from client import Failure, Publish
from servers import Server
from session import LIMIT, LIMIT_OPEN, PAUSE, Session

RULE = "missing-await"
IMPORT = "from sqlalchemy.ext.asyncio import AsyncSession\n"
HEAD = "\n\nasync def typed_{n}(db: AsyncSession):\n"
SPEAKS = "    db.get_transaction().rollback({n})\n"
"""Nothing but the types of the library tells that this is not awaited, and each number makes it another question."""
KINDS = ("uncached", "cached", "quiet", "busy")
FILES, FUNCTIONS, EACH = 4, 60, 20  # with so many of these, in the files that are worked on
KEYS = 60  # characters, of which the dearest three have no say in the p95


async def measure(
    server: Server, path: Path, repeat: int, seconds: float, log: Path, env: dict[str, str]
) -> dict[str, Any]:
    """The ms to what types show, for questions that are new and for those that are not, and to a change beside them."""
    record: dict[str, Any] = {"uncached": [], "cached": [], "quiet": [], "busy": [], "problem": ""}
    try:
        async with opened(server, path, log, env) as session:
            await ask(session, record, repeat, seconds)
        # The same characters at the same places, each time from the same text on.
        async with opened(server, path, log, env) as session:
            await asyncio.sleep(PAUSE)
            record["quiet"] = await typed(session)
        async with opened(server, path, log, env) as session:
            others = [path.with_name(f"worked_on_{number}.py") for number in range(FILES)]
            for number, other in enumerate(others):
                await work_on(session, other, number)
            await asyncio.sleep(PAUSE)  # nobody types within milliseconds of opening four files
            record["busy"] = await typed(session)
            done = {publish.uri for publish in session.client.published if publish.diagnostics}
            if done.issuperset(other.as_uri() for other in others):
                record["problem"] = "the other files were done too soon"
    except Failure as failure:
        record["problem"] = str(failure)
    return record


@asynccontextmanager
async def opened(server: Server, path: Path, log: Path, env: dict[str, str]) -> AsyncIterator[Session]:
    """A session in which the document is open, with a function in which only types tell what is wrong."""
    session = Session(server, path, env, log)
    session.text = edits.Text(str(session.text) + "\n\n" + IMPORT + HEAD.format(n=0) + SPEAKS.format(n=0), "types")
    try:
        await session.start()
        await session.open()
        yield session
    finally:
        await session.stop()


async def ask(session: Session, record: dict[str, Any], repeat: int, seconds: float) -> None:
    """Ask questions that are new, and each once more."""
    over = time.perf_counter() + seconds
    row = len(session.text.lines) - 1
    for number in range(1, repeat + 1):
        if time.perf_counter() > over:
            break
        line = str(session.text).splitlines()[row]
        new = SPEAKS.format(n=number).rstrip("\n")
        _, shown = await until_shown(session, row, edits.replacement(row, 0, len(line), new), new)
        record["uncached"].append(shown)
        more = edits.replacement(row, len(new), len(new), "  # x")
        first, shown = await until_shown(session, row, more, f"{new}  # x")
        record["cached"].append(shown - first)


async def until_shown(session: Session, row: int, change: edits.Change, line: str) -> tuple[float, float]:
    """The ms to the first publish, and to that which says what is wrong in a row."""
    client, since = session.client, len(session.client.published)
    rows = str(session.text).splitlines(keepends=True)
    rows[row] = line + "\n"
    session.text = edits.Text("".join(rows), "types")
    session.version += 1
    document = {"uri": session.uri, "version": session.version}
    began = client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
    first = await client.publish(session.uri, session.version, since, LIMIT)
    shown = first
    while not speaks(shown, row):
        since = client.published.index(shown, since) + 1
        shown = await client.publish(session.uri, session.version, since, LIMIT)
    await client.settle(LIMIT)
    return (first.at - began) * 1000, (shown.at - began) * 1000


def speaks(publish: Publish, row: int) -> bool:
    return any(d["range"]["start"]["line"] == row and d.get("code") == RULE for d in publish.diagnostics)


async def typed(session: Session) -> list[float]:
    """The ms to the diagnostics of new characters, typed without waiting for rest."""
    taken: list[float] = []
    for _ in range(KEYS):
        client, since = session.client, len(session.client.published)
        session.version += 1
        document = {"uri": session.uri, "version": session.version}
        changes = [session.text.character()]
        began = client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
        publish = await client.publish(session.uri, session.version, since, LIMIT)
        taken.append((publish.at - began) * 1000)
    return taken


async def work_on(session: Session, path: Path, which: int) -> None:
    """Open another file, about whose types there is much to find out."""
    text = IMPORT
    for number in range(FUNCTIONS):
        text += HEAD.format(n=number) + "".join(
            SPEAKS.format(n=1000 * (1000 * which + number) + each) for each in range(EACH)
        )
    item = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
    since = len(session.client.published)
    session.client.notify("textDocument/didOpen", {"textDocument": item})
    await session.client.publish(path.as_uri(), 1, since, LIMIT_OPEN)
