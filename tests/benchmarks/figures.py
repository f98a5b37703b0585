"""What was measured, and the figures in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

FEWEST = 10  # values that a p95 is taken of
SIZES = ("200", "1000", "3000", "10000", "22000")


def percentile(values: Sequence[float], share: float) -> float:
    """Between two values the share of the way from one to the other."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def rounded(value: float) -> str:
    """Three digits, for more are noise; no more than two of them behind the point."""
    if value < 9.995:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 99.95 else f"{value:,.0f}"


class Results:
    """The JSON of a run. What was not measured is None, or an empty list."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.sessions = {(session["server"], session["file"]): session for session in data["sessions"]}

    def servers(self) -> list[str]:
        return list(self.data["servers"])

    def files(self) -> list[str]:
        return list(self.data["files"])

    def lines(self, file: str) -> int:
        return self.data["files"][file]["lines"]

    def samples(self, server: str, file: str, kind: str) -> dict[str, Any]:
        return self.sessions.get((server, file), {}).get("kinds", {}).get(kind, {})

    def figure(self, server: str, file: str, kind: str, share: float, of: str = "first") -> float | None:
        values = self.samples(server, file, kind).get(of)
        few = FEWEST if share > 0.5 else 1
        return percentile(values, share) if values and len(values) >= few else None

    def worst(self, server: str, kind: str, share: float) -> float | None:
        """The largest of the figures of all sizes; None if one of them is missing."""
        found = [self.figure(server, file, kind, share) for file in SIZES if file in self.files()]
        measured = [figure for figure in found if figure is not None]
        return max(measured) if len(measured) == len(found) and measured else None

    def initialize(self, server: str) -> float | None:
        values = self.data["initialize"].get(server)
        return percentile(values, 0.5) if values else None

    def live(self) -> float | None:
        """Of the p50 of each file the least; in a file of 200 lines one statement is more than a hundredth of it."""
        shares = [record["shares"] for file, record in self.data["broken"].items() if file != SIZES[0]]
        return min(percentile(each, 0.5) for each in shares) if shares and all(shares) else None

    def kept(self, file: str, kind: str) -> float | None:
        """The ms to open a file, `cold` or with what is `kept`."""
        values = self.data.get("kept", {}).get(file, {}).get(kind)
        return percentile(values, 0.5) if values else None

    def memory(self, files: int) -> float | None:
        return self.data.get("memory", {}).get(str(files))

    def lines_a_second(self, what: str, kind: str, of: str) -> float | None:
        """Of the scan: `what` is index or check, `kind` cold or kept, `of` seconds or cpu."""
        scan = self.data.get("scan") or {}
        return scan["lines"] / scan[what][kind][of] if scan else None

    def peers(self) -> dict[str, float]:
        """The lines that each peer on the command line checks in a second of processor time."""
        found = (self.data.get("scan") or {}).get("peers", {})
        return {name: record["lines"] / record["cpu"] for name, record in found.items()}

    def typed(self, kind: str, share: float) -> float | None:
        """The largest of the figures of all sizes for what types show."""
        found = [record[kind] for record in self.data.get("types", {}).values()]
        return max(percentile(each, share) for each in found) if found and all(found) else None
