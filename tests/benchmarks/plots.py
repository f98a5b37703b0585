"""Line plots as SVG, with logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from figures import SIZES, Results, percentile
from goals import OURS

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 130, 40, 50
COLORS = ("#c2185b", "#1565c0", "#2e7d32", "#ef6c00", "#6a1b9a", "#455a64")
STEPS = (1, 2, 5)
LETTERS = 14  # the height of a line of text
Series = Mapping[str, Sequence[tuple[float, float]]]


def by_size(results: Results) -> Series:
    """For each server the p50 of a new character by the lines of the file."""
    return {
        server: [
            (results.lines(file), figure)
            for file in SIZES
            if file in results.files() and (figure := results.figure(server, file, "char", 0.5)) is not None
        ]
        for server in results.servers()
    }


def by_rules(results: Results) -> Series:
    """For each file the p50 of a new character by the number of rules."""
    return {
        f"{results.lines(file):,} lines": [
            (record["rules"], percentile(record["char"]["first"], 0.5)) for record in records if record["char"]["first"]
        ]
        for file, records in results.data["rules"].items()
    }


def plots(results: Results) -> Iterator[tuple[str, str]]:
    """The names of the plots there are figures for, and their SVG."""
    for name, series, title, label in (
        ("size", by_size(results), "New character → diagnostics, p50", "lines of the file"),
        ("rules", by_rules(results), f"{OURS}: new character → diagnostics, p50", "rules"),
    ):
        if any(series.values()):
            yield name, svg(series, title, label)


def svg(series: Series, title: str, label: str) -> str:
    points = [point for line in series.values() for point in line]
    xs, ys = ticks([x for x, _ in points]), ticks([y for _, y in points])

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return (
            LEFT + position(point[0], xs) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - position(point[1], ys) * (HEIGHT - TOP - BOTTOM),
        )

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        text(LEFT, 22, title, 'font-size="14"'),
        text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, label, 'text-anchor="middle"'),
        text(LEFT - 8, TOP - 8, "ms", 'text-anchor="end"'),
    ]
    for x in xs:
        left, bottom = place((x, ys[0]))
        out.append(line([(left, bottom), (left, TOP)], "#ddd", 1))
        out.append(text(left, bottom + 18, f"{x:,g}", 'text-anchor="middle"'))
    for y in ys:
        left, bottom = place((xs[0], y))
        out.append(line([(left, bottom), (WIDTH - RIGHT, bottom)], "#ddd", 1))
        out.append(text(left - 8, bottom + 4, f"{y:,g}", 'text-anchor="end"'))
    lines = [
        (color, name, [place(value) for value in values])
        for color, (name, values) in zip(COLORS, series.items(), strict=False)
        if values
    ]
    below = 0.0
    for color, name, placed in sorted(lines, key=lambda each: each[2][-1][1]):
        out.append(line(placed, color, 2))
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>' for x, y in placed]
        below = max(below + LETTERS, placed[-1][1] + 4)
        out.append(text(placed[-1][0] + 8, below, name, f'fill="{color}"'))
    return "\n".join([*out, "</svg>"]) + "\n"


def ticks(values: Sequence[float]) -> list[float]:
    """The round numbers from the one below all values to the one above."""
    rounds = [step * 10.0**power for power in range(-4, 8) for step in STEPS]
    first = max(index for index, number in enumerate(rounds) if number <= min(values))
    last = min(index for index, number in enumerate(rounds) if number >= max(values))
    return rounds[first : max(last, first + 1) + 1]


def position(value: float, marks: Sequence[float]) -> float:
    return math.log(value / marks[0]) / math.log(marks[-1] / marks[0])


def line(points: Sequence[tuple[float, float]], color: str, width: float) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width:g}"/>'


def text(x: float, y: float, says: str, attributes: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(says)}</text>'
