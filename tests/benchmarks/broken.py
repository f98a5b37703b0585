"""How many lines are still analysed while something does not parse, as a client can see it.

Harmless statements are spread over a file before it is opened, and one of its lines is broken. Then all these statements
are made wrong at once, in words that no statement had before: the share that is spoken of is analysed now, and not only
remembered. Both changes are taken back before the next line is broken, so that the file is opened once.
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

HARMLESS, WRONG = "len(", "asyncio.sleep("
RULE = "missing-await"
DISTANCE = 4  # lines between two of the statements, at least
MOST = 300  # statements; more would tell no more, and take a server longer
BREAKS = ("(", '"', '"""', ".", " = [", " if")


async def live_lines(
    server: Server, path: Path, repeat: int, seconds: float, log: Path, env: dict[str, str]
) -> dict[str, Any]:
    """The share that is still analysed, for each break."""
    session = Session(server, path, env, log)
    text, rows = with_statements(session.text)
    document, chance = edits.Text(text, "breaks"), random.Random("breaks")
    record: dict[str, Any] = {"statements": len(rows), "found": 0, "shares": [], "problem": ""}
    try:
        await session.start()
        session.text = edits.Text(text, "")
        await session.open()
        everywhere = await spoken_of(session, text, rows, 1)
        record["found"] = len(everywhere)
        if not everywhere:
            raise Failure("none of the statements was found")
        over = time.perf_counter() + seconds
        for number in range(repeat):
            # One of each kind, however long it takes.
            if number >= len(BREAKS) and time.perf_counter() > over:
                record["problem"] = "no time left"
                break
            broken, mended = broken_line(document, rows, BREAKS[number % len(BREAKS)], chance)
            await session.change(Samples(), [broken])
            found = await spoken_of(session, text, rows, number + 2)
            await session.change(Samples(), [mended])
            record["shares"].append(len(found & everywhere) / len(everywhere))
    except Failure as failure:
        record["problem"] = str(failure)
    finally:
        await session.stop()
    return record


def with_statements(document: edits.Text) -> tuple[str, list[int]]:
    """A text with the statements in it, and the rows where they stand."""
    rows: list[int] = []
    distance = max(DISTANCE, len(document.lines) // MOST)
    for row, line in enumerate(document.lines):
        if line.statement is not None and row >= (rows[-1] if rows else 0) + distance:
            rows.append(row)
    for row in reversed(rows):
        document.insert_lines(row, f"{document.lines[row].statement}{HARMLESS}{row})\n")
    return str(document), [row + index for index, row in enumerate(rows)]


def broken_line(
    document: edits.Text, rows: list[int], what: str, chance: random.Random
) -> tuple[edits.Change, edits.Change]:
    """A change after which the text does not parse, and the one that takes it back."""
    taken = set(rows)
    while True:
        row = chance.choice([row for row in document.rows_with_names() if row not in taken])
        line = document.lines[row]
        document.lines[row] = edits.Line(line.text, [*line.names])
        change = document.insert_at_name(row, what)
        text, document.lines[row] = str(document), line
        try:
            ast.parse(text)
        except SyntaxError:
            column = change["range"]["start"]["character"]
            return change, edits.replacement(row, column, column + edits.utf16(what), "")


async def spoken_of(session: Session, text: str, rows: list[int], number: int) -> set[int]:
    """The rows of the statements that are found wrong, once they are; they are harmless again after it."""
    lines, wrong = text.splitlines(), f"{WRONG}{number}"
    columns = [(row, lines[row].index(HARMLESS)) for row in rows]
    spoiled = [edits.replacement(row, column, column + len(HARMLESS), wrong) for row, column in columns]
    publish = await session.change(Samples(), spoiled, LIMIT_OPEN)
    mended = [edits.replacement(row, column, column + len(wrong), HARMLESS) for row, column in columns]
    await session.change(Samples(), mended, LIMIT_OPEN)
    return {d["range"]["start"]["line"] for d in publish.diagnostics if d.get("code") == RULE} & set(rows)
