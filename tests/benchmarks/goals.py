"""What we want to reach, and whether a run did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from figures import Results, rounded

OURS, RUFF = "apitfall", "ruff"


@dataclass(frozen=True)
class Goal:
    """`figure` is empty, and `reached` None, where it was not measured."""

    what: str
    wanted: str
    figure: str = ""
    reached: bool | None = None


def goals(results: Results) -> Iterator[Goal]:
    for kind, what in (("char", "new character"), ("keys", "new character, typed on at once")):
        for file, wanted in (("1000", (2.0, 5.0)), ("10000", (2.5, 7.0))):
            found = [results.figure(OURS, file, kind, share) for share in (0.5, 0.95)]
            yield at_most(f"{what}, {int(file):,} lines, p50 / p95", wanted, found)
    for file, times in (("10000", 3), ("22000", 7)):
        ours, ruff = (results.figure(server, file, "char", 0.5) for server in (OURS, RUFF))
        yield ratio(f"new character, {int(file):,} lines, p50 beside ruff's", ours, ruff, 1 / times, f"≤ 1/{times}")
    small, large = (results.figure(OURS, file, "char", 0.5) for file in ("1000", "10000"))
    yield ratio("new character, growth of p50 from 1,000 to 10,000 lines", large, small, 1.5, "≤ 1.5×")
    for kind, what, wanted in (
        ("statement", "a new statement", 7.0),
        ("paste-6", "a pasted function of 6 lines", 9.0),
        ("paste-40", "a pasted function of 40 lines", 25.0),
    ):
        yield at_most(f"{what}, worst p95 of all sizes", (wanted,), [results.worst(OURS, kind, 0.95)])
    yield at_most(
        "a formatter replaces all 10,000 lines, p95", (60.0,), [results.figure(OURS, "10000", "format", 0.95)]
    )
    for kind, what in (("action", "code action"), ("hover", "hover")):
        yield at_most(f"{what}, worst p95 of all sizes", (3.0,), [results.worst(OURS, kind, 0.95)])
    yield at_most("what types show, asked for, worst p50 of all sizes", (70.0,), [results.typed("uncached", 0.5)])
    yield at_most("what types show, known, more than the rest, worst p50", (0.0,), [results.typed("cached", 0.5)])
    busy, quiet = (results.typed(kind, 0.95) for kind in ("busy", "quiet"))
    yield ratio("new character while types are worked out, p95 beside the quiet one", busy, quiet, 1.3, "≤ 1.3×")
    share = results.live()
    yield Goal(
        "lines still analysed after a syntax break, worst p50 from 1,000 lines on",
        "≥ 99 %",
        "" if share is None else f"{100 * share:.1f} %",
        None if share is None else share >= 0.99,
    )
    yield ratio(
        "`initialize` answered, beside a bare pygls server's",
        results.initialize(OURS),
        results.initialize("bare pygls"),
        1.3,
        "≤ 1.3×",
    )
    for kind, what, wanted in (("cold", "cold", (80.0, 700.0)), ("kept", "with what is kept", (20.0, 100.0))):
        found = [results.kept(file, kind) for file in ("1000", "10000")]
        yield at_most(f"opened → diagnostics {what}, 1,000 / 10,000 lines", wanted, found)
    for kind, what, wanted in (("cold", "", 30_000), ("kept", ", again", 800_000)):
        found = results.lines_a_second("index", kind, "seconds")
        yield at_least(f"first index of 400,000 lines{what}", wanted, found, "lines/s")
    peers = results.peers()
    fastest = max(peers.values()) if peers else None
    for kind, what, wanted in (("cold", "cold", 10), ("kept", "again", 200)):
        ours = results.lines_a_second("check", kind, "cpu")
        times = ours / fastest if ours is not None and fastest is not None else None
        yield at_least(
            f"`check` {what}, by lines a second of processor time, beside the best peer's", wanted, times, "×"
        )
    for files, wanted in ((1, 320), (10, 700)):
        what = "one file" if files == 1 else f"{files} files"
        yield at_most(f"memory with {what} of 10,000 lines open", (wanted,), [results.memory(files)], "MB")


def at_least(what: str, wanted: float, found: float | None, unit: str) -> Goal:
    says = f"≥ {wanted:,} {unit}"
    return Goal(what, says) if found is None else Goal(what, says, f"{rounded(found)} {unit}", found >= wanted)


def at_most(what: str, wanted: tuple[float, ...], found: list[float | None], unit: str = "ms") -> Goal:
    says = f"≤ {' / '.join(f'{value:g}' for value in wanted)} {unit}"
    measured = [value for value in found if value is not None]
    if len(measured) < len(wanted):
        return Goal(what, says)
    reached = all(value <= limit for value, limit in zip(measured, wanted, strict=True))
    return Goal(what, says, f"{' / '.join(map(rounded, measured))} {unit}", reached)


def ratio(what: str, value: float | None, other: float | None, wanted: float, says: str) -> Goal:
    if value is None or other is None:
        return Goal(what, says)
    times = value / other
    return Goal(what, says, f"{times:.2f}× ({rounded(value)} and {rounded(other)} ms)", times <= wanted)
