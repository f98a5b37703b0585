"""Writes the figures of a run into docs/performance.md, between its marks, and the plots beside it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from corpus import PARSED
from figures import Results
from goals import goals
from plots import plots
from servers import ROOT
from tables import tables

PAGE = ROOT / "docs" / "performance.md"
BUSY = 2.0  # a load average; the benchmark itself makes about 1
BEGIN, END = "<!-- figures: written by tests/benchmarks/page.py -->", "<!-- end of the figures -->"


def with_figures(page: str, results: Results) -> str:
    """The page with other figures between the marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([before + BEGIN, *figures(results), END]) + after


def figures(results: Results) -> Iterator[str]:
    yield "\n## Figures\n"
    yield from machine(results)
    goal, *others = tables(results)
    yield goal.markdown()
    yield from shortfall(results)
    yield from agreement(results)
    for name, _ in plots(results):
        yield f"![{name}](performance-{name}.svg)\n"
    for table in others:
        yield table.markdown()


def machine(results: Results) -> Iterator[str]:
    data, machine = results.data, results.data["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in data["versions"].items())
    peers = ", ".join(server["requirement"] for server in data["servers"].values() if server["requirement"])
    yield (
        f"{data['began']}, {data['seconds'] / 60:.0f} minutes, on {machine['processors']} processors "
        f"({machine['processor']}), {machine['memory_gb']} GB, {machine['system']}; load average at the start "
        f"{', '.join(f'{load:.1f}' for load in data['load'])}.\n"
    )
    yield f"Ours: {versions}. Peers: {peers}.\n"
    before, after = data["parse_ms"]
    yield (
        f"To compare with runs elsewhere, for the machine is not always as fast: libcst alone parses `proxy/{PARSED}` in "
        f"{before:,.0f} ms before all this and in {after:,.0f} ms after it.\n"
    )
    allowed = data["seconds_allowed"]
    yield (
        f"At most {data['repeat']} repetitions of everything; {allowed['peer']:g} s for a peer on a file and "
        f"{allowed['ours']:g} s for ours, divided among what is measured; {allowed['answer']:g} s for an answer, "
        f"{allowed['open']:g} s for the first one, {allowed['open in the tree']:g} s for that in the tree.\n"
    )


def shortfall(results: Results) -> Iterator[str]:
    missed = [goal.what for goal in goals(results) if goal.reached is False]
    unmeasured = [goal.what for goal in goals(results) if goal.reached is None]
    if missed:
        yield f"Not reached: {'; '.join(missed)}.\n"
    if unmeasured:
        yield f"Not measured: {'; '.join(unmeasured)}.\n"
    load = max(session["load"][0] for session in results.data["sessions"])
    if load > BUSY:
        yield (
            f"The load average rose to {load:.1f}: the machine was busy with other things, so that the times are longer "
            "than they would be on a quiet one.\n"
        )


def agreement(results: Results) -> Iterator[str]:
    """Whether what was said after all changes was what is said of the same text when it is opened."""
    checked = {
        file: session["as_if_opened"] for (_, file), session in results.sessions.items() if "as_if_opened" in session
    }
    wrong = [f"{results.lines(file):,}" for file, agrees in checked.items() if not agrees]
    if wrong:
        yield f"After all changes ours did **not** say the same as of a fresh open, in the file of {', '.join(wrong)} lines.\n"
    elif checked:
        yield f"After all changes ours said the same as of a fresh open, in {len(checked)} of {len(checked)} runs.\n"


def main() -> None:
    results = Results(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    PAGE.write_text(with_figures(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
    for name, image in plots(results):
        PAGE.with_name(f"performance-{name}.svg").write_text(image, encoding="utf-8")


if __name__ == "__main__":
    main()
