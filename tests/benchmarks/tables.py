"""The figures as tables, for a terminal and for a page."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from figures import Results, percentile, rounded
from goals import OURS, goals

FEW = 20  # below this a p95 says little, and the number is told
KINDS = {
    "char": "New character → diagnostics",
    "keys": "New character, typed on at once → diagnostics",
    "statement": "New statement → diagnostics",
    "paste-6": "Pasted function of 6 lines → diagnostics",
    "paste-40": "Pasted function of 40 lines → diagnostics",
    "format": "Whole text replaced, little changed → diagnostics",
    "open": "Opened → diagnostics",
    "action": "Code action",
    "hover": "Hover",
}

QUESTIONS = {
    "uncached": "asked for",
    "cached": "known: more than the rest",
    "quiet": "new character",
    "busy": "the same while types are worked out",
}


@dataclass(frozen=True)
class Table:
    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]

    def text(self) -> str:
        """Aligned with spaces."""
        widths = [max(map(width, column)) for column in zip(self.head, *self.rows, strict=True)]
        lines = [
            "  ".join(cell + " " * (size - width(cell)) for cell, size in zip(row, widths, strict=True)).rstrip()
            for row in (self.head, *self.rows)
        ]
        return "\n".join([self.title, *lines]) + "\n"

    def markdown(self) -> str:
        lines = [self.head, ("---",) * len(self.head), *self.rows]
        return "\n".join([f"### {self.title}", "", *(f"| {' | '.join(line)} |" for line in lines)]) + "\n"


def width(text: str) -> int:
    return sum(not unicodedata.combining(character) for character in text)


def tables(results: Results) -> Iterator[Table]:
    """All that there are figures for, the goals first."""
    reached = {True: "yes", False: "**no**", None: "not measured"}
    rows = [(goal.what, goal.wanted, goal.figure or "–", reached[goal.reached]) for goal in goals(results)]
    yield Table("Goals", ("", "goal", "measured", "reached"), rows)
    for kind, title in KINDS.items():
        yield from by_server(results, f"{title}, p50 / p95 / max ms", kind_cell(results, kind))
    yield from of_types(results)
    yield from of_questions(results)
    yield from by_server(results, "Processor time for a new character, p50 ms", cpu_cell(results))
    yield from by_server(results, "Peak of resident memory, MB", memory_cell(results))
    yield from of_initialize(results)
    yield from of_broken(results)
    yield from of_rules(results)
    yield from of_scan(results)


def by_server(results: Results, title: str, cell: Callable[[str, str], str]) -> Iterator[Table]:
    """A row for each server, a column for each file; nothing if all cells are empty."""
    heads = [f"{results.lines(file):,}" + (" in the tree" if file == "tree" else "") for file in results.files()]
    rows = [(server, *(cell(server, file) for file in results.files())) for server in results.servers()]
    if any(any(row[1:]) for row in rows):
        yield Table(title, ("lines", *heads), [tuple(each or "–" for each in row) for row in rows])


def kind_cell(results: Results, kind: str) -> Callable[[str, str], str]:
    def cell(server: str, file: str) -> str:
        samples = results.samples(server, file, kind)
        if not samples.get("first"):
            return samples.get("problem", "")
        return spread(samples["first"]) + (f", then {samples['problem']}" if samples["problem"] else "")

    return cell


def spread(values: list[float]) -> str:
    if len(values) == 1:
        return f"{rounded(values[0])} (once)"
    figures = (percentile(values, 0.5), percentile(values, 0.95), max(values))
    return " / ".join(map(rounded, figures)) + (f" (of {len(values)})" if len(values) < FEW else "")


def cpu_cell(results: Results) -> Callable[[str, str], str]:
    def cell(server: str, file: str) -> str:
        found = results.figure(server, file, "char", 0.5, "cpu")
        return "" if found is None else rounded(found)

    return cell


def memory_cell(results: Results) -> Callable[[str, str], str]:
    def cell(server: str, file: str) -> str:
        session = results.sessions.get((server, file))
        return "" if session is None else f"{session['peak_mb']:,.0f}"

    return cell


def of_types(results: Results) -> Iterator[Table]:
    """Ours speaks twice where types add something; the second time is later."""

    def cell(kind: str, file: str) -> str:
        samples = results.samples(OURS, file, kind)
        return spread(samples["last"]) if samples.get("last") else ""

    rows = [(title, *(cell(kind, file) for file in results.files())) for kind, title in KINDS.items()]
    rows = [row for row in rows if any(row[1:])]
    if rows:
        heads = [f"{results.lines(file):,}" + (" in the tree" if file == "tree" else "") for file in results.files()]
        title = f"{OURS}: the last diagnostics of a version, with types, p50 / p95 / max ms"
        yield Table(title, ("lines", *heads), [tuple(each or "–" for each in row) for row in rows])


def of_questions(results: Results) -> Iterator[Table]:
    rows = [
        (
            f"{results.lines(file):,}",
            *(spread(record[kind]) if record[kind] else record["problem"] for kind in QUESTIONS),
        )
        for file, record in results.data.get("types", {}).items()
    ]
    if rows:
        yield Table(f"{OURS}: what only types show, p50 / p95 / max ms", ("lines", *QUESTIONS.values()), rows)


def of_initialize(results: Results) -> Iterator[Table]:
    rows = [(server, spread(values)) for server, values in results.data["initialize"].items() if values]
    if rows:
        yield Table("Start of the process → `initialize` answered, p50 / p95 / max ms", ("", "ms"), rows)


def of_broken(results: Results) -> Iterator[Table]:
    rows = [
        (
            f"{results.lines(file):,}",
            str(len(record["shares"])),
            f"{record['found']:,} of {record['statements']:,}",
            percent(percentile(record["shares"], 0.5)) if record["shares"] else record["problem"],
            percent(min(record["shares"])) if record["shares"] else record["problem"],
        )
        for file, record in results.data["broken"].items()
    ]
    if rows:
        head = ("lines", "breaks", "statements found without one", "p50", "least")
        yield Table(f"{OURS}: lines still analysed after a syntax break", head, rows)


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def of_rules(results: Results) -> Iterator[Table]:
    found = [(file, record) for file, records in results.data["rules"].items() for record in records]
    rows = [
        (f"{results.lines(file):,}", str(record["rules"]), spread(record["char"]["first"]))
        for file, record in found
        if record["char"]["first"]
    ]
    if rows:
        head = ("lines", "rules", "p50 / p95 / max ms")
        yield Table(f"{OURS}: new character → diagnostics, by the number of rules", head, rows)


def of_scan(results: Results) -> Iterator[Table]:
    scan = results.data.get("scan")
    if not scan:
        return
    rows = [
        (
            f"{OURS}, {what}, {'cold' if kind == 'cold' else 'again'}",
            f"{scan['lines']:,}",
            *each(scan[what][kind], scan["lines"]),
        )
        for what in ("index", "check")
        for kind in ("cold", "kept")
    ]
    rows += [(peer["requirement"], f"{peer['lines']:,}", *each(peer, peer["lines"])) for peer in scan["peers"].values()]
    yield Table(
        "A whole tree; all peers but the best on a part of it",
        ("", "lines", "s", "lines/s", "lines a second of processor time"),
        rows,
    )


def each(taken: Mapping[str, float], lines: int) -> tuple[str, str, str]:
    return rounded(taken["seconds"]), f"{lines / taken['seconds']:,.0f}", f"{lines / taken['cpu']:,.0f}"
