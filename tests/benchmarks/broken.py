"""How many lines are still analysed while something does not parse, as a client can see it.

Harmless statements are spread over a file, and one of its lines is broken. Then all these statements are made wrong at
once: the share that is spoken of is analysed now, and not only remembered from before.
"""

from __future__ import annotations

import ast
import random
import time
from pathlib import Path
from typing import Any

import edits
from client import Failure
from servers import Server
from session import LIMIT_OPEN, Samples, Session

HARMLESS, WRONG = "len", "asyncio.sleep"
RULE = "missing-await"
DISTANCE = 4  # lines between two of the statements, at least
BREAKS = ("(", '"', '"""', ".", " = [", " if")


async def live_lines(
    server: Server, path: Path, repeat: int, seconds: float, log: Path, env: dict[str, str]
) -> dict[str, Any]:
    """The share that is still analysed, for each break."""
    session = Session(server, path, env, log)
    text, rows = with_statements(session.text)
    chance = random.Random("breaks")
    over = time.perf_counter() + seconds
    record: dict[str, Any] = {"statements": len(rows), "found": 0, "shares": [], "problem": ""}
    try:
        await session.start()
        everywhere = await spoken_of(session, text, rows, None)
        record["found"] = len(everywhere)
        if not everywhere:
            raise Failure("none of the statements was found")
        for number in range(repeat):
            if time.perf_counter() > over:
                record["problem"] = "no time left"
                break
            broken = broken_line(text, rows, BREAKS[number % len(BREAKS)], chance)
            found = await spoken_of(session, text, rows, broken)
            record["shares"].append(len(found & everywhere) / len(everywhere))
    except Failure as failure:
        record["problem"] = str(failure)
    finally:
        await session.stop()
    return record


def with_statements(document: edits.Text) -> tuple[str, list[int]]:
    """A text with the statements in it, and the rows where they stand."""
    rows: list[int] = []
    for row, line in enumerate(document.lines):
        if line.statement is not None and row >= (rows[-1] if rows else 0) + DISTANCE:
            rows.append(row)
    for row in reversed(rows):
        document.insert_lines(row, f"{document.lines[row].statement}{HARMLESS}({row})\n")
    return str(document), [row + index for index, row in enumerate(rows)]


def broken_line(text: str, rows: list[int], what: str, chance: random.Random) -> edits.Change:
    """A change after which the text does not parse."""
    while True:
        document = edits.Text(text, str(chance.random()))
        row = chance.choice([row for row in document.rows_with_names() if row not in rows])
        change = document.insert_at_name(row, what)
        try:
            ast.parse(str(document))
        except SyntaxError:
            return change


async def spoken_of(session: Session, text: str, rows: list[int], broken: edits.Change | None) -> set[int]:
    """The rows of the statements that are found wrong, once they are."""
    session.text = edits.Text(text, "")
    await session.open()
    if broken is not None:
        await session.change(Samples(), [broken])
    lines = text.splitlines()
    columns = [lines[row].index(HARMLESS) for row in rows]
    wrong = [
        edits.replacement(row, column, column + len(HARMLESS), WRONG) for row, column in zip(rows, columns, strict=True)
    ]
    publish = await session.change(Samples(), wrong, LIMIT_OPEN)
    await session.close()
    return {d["range"]["start"]["line"] for d in publish.diagnostics if d.get("code") == RULE} & set(rows)
