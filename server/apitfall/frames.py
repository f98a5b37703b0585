"""Findings as text for people: where, what, and the code with a squiggle under it."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import TextIO

from apitfall.rule import Finding, Severity
from apitfall.text import Lines, Span

TAB = 4
WIDTH = 120
FIRST_LINES, LAST_LINES = 3, 1  # of a place that is longer, what lies between is left out

DIRECTIONS = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))

BOLD, DIM, BLUE = "1", "2", "34"
COLORS = {Severity.error: "31", Severity.warning: "33", Severity.information: "36", Severity.hint: "32"}


def wants_color(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether to colour what goes to a stream: NO_COLOR says no, FORCE_COLOR yes, else a terminal is coloured."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR") not in (None, "", "0"):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"


def width_of(stream: TextIO) -> int:
    """The columns of a terminal; of anything else, `WIDTH`."""
    return shutil.get_terminal_size((WIDTH, 0)).columns if stream.isatty() else WIDTH


class Frames:
    """Draws findings.

    `lines_of` gives the lines of a file by its path, `name_of` how the path is written. `width` is the number of columns
    that a line of code may take, its number included.
    """

    def __init__(
        self,
        lines_of: Callable[[str], Lines],
        name_of: Callable[[str], str] = os.path.relpath,
        *,
        color: bool = False,
        width: int = WIDTH,
    ) -> None:
        self.lines_of, self.name_of = lines_of, name_of
        self.color, self.width = color, width

    def finding(self, path: str, finding: Finding) -> str:
        """The finding of a file with its code and its related places, several lines without a line break at the end."""
        color = COLORS[finding.severity]
        word = self.paint(finding.severity.name, f"{BOLD};{color}")
        message = self.paint(visible(finding.message), BOLD)
        rule = self.paint(f"[{finding.rule}]", DIM)
        out = [f"{self.where(path, finding.span)}: {word}: {message} {rule}", *self.code(path, finding.span, color, 1)]
        for related in finding.related:
            if related.path:
                out.append(f"  {self.where(related.path, related.span)}: {visible(related.message)}")
                out += self.code(related.path, related.span, BLUE, 0)
        return "\n".join(out)

    def where(self, path: str, span: Span) -> str:
        """``path:line:column`` of the start of a span, 1-based."""
        line, column = position(self.lines_of(path), span.start)
        return self.paint(f"{visible(self.name_of(path))}:{line}:{column}", BOLD)

    def code(self, path: str, span: Span, color: str, context: int) -> Iterator[str]:
        """The lines of a span with a squiggle under each, and `context` lines around them where those are not blank."""
        lines = self.lines_of(path)
        first, start = lines.position(span.start)
        last, end = lines.position(span.end)
        if last > first and end == 0:
            last, end = last - 1, len(lines.line(last - 1))

        def is_shown(number: int) -> bool:
            if first <= number <= last:
                return number < first + FIRST_LINES or number > last - LAST_LINES
            return bool(lines.line(number).strip())

        numbers = [n for n in range(max(first - context, 0), min(last + context + 1, len(lines))) if is_shown(n)]
        gutter = len(str(numbers[-1] + 1)) + 2
        room = max(self.width - gutter - 3, 20)
        bar = self.paint("|", DIM)
        yield f"{'':{gutter}} {bar}"
        for before, number in zip([numbers[0], *numbers], numbers, strict=False):
            if first < number <= last and number > before + 1:
                yield f"{self.paint('...'.rjust(gutter), DIM)} {bar}"
            text = lines.line(number)
            here = start if number == first else len(text) - len(text.lstrip())
            there = end if number == last else len(text.rstrip())
            if not first <= number <= last:
                here = there = 0
            code, squiggle = cut(text, here, max(there, here), room)
            yield f"{self.paint(str(number + 1).rjust(gutter), DIM)} {bar} {code}".rstrip()
            if number == first or (first < number <= last and here < there):
                indent = len(squiggle) - len(squiggle.lstrip())
                yield f"{'':{gutter}} {bar} {squiggle[:indent]}{self.paint(squiggle[indent:], color)}"

    def paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.color else text


def position(lines: Lines, offset: int) -> tuple[int, int]:
    """The 1-based line and column in code points. A byte order mark has no column, as editors do not show it."""
    line, column = lines.position(offset)
    return line + 1, column + (0 if line == 0 and column and lines.text.startswith("\ufeff") else 1)


def cut(line: str, start: int, end: int, room: int) -> tuple[str, str]:
    """The part of a line around ``line[start:end]`` that fits in `room` columns, and the squiggle that goes under it.

    Tabs become spaces, and what a terminal would act on is made visible. What was cut off is shown as an ellipsis.
    """
    # A line of a megabyte is cut in code points first, so that only what may be seen is measured.
    left, right = max(0, start - room), start + 2 * room
    cells = list(measure(line[left:right]))
    start, end = start - left, min(end - left, len(cells))
    columns = [0]
    for _, width in cells:
        columns.append(columns[-1] + width)
    cut_left, cut_right = left > 0, right < len(line)
    first, last = 0, len(cells)
    if columns[-1] > room or cut_left or cut_right:
        # The line's start is kept where the span fits beside it; else the span stands a quarter into the room.
        if cut_left or columns[end] > room - 1:
            target = columns[start] - room // 4
            while first < start and columns[first] < target:
                first += 1
        cut_left = cut_left or first > 0
        space = room - cut_left
        if cut_right or columns[-1] - columns[first] > space:
            cut_right = True
            while last > first and columns[last] - columns[first] > space - 1:
                last -= 1
    code = "".join(shown for shown, _ in cells[first:last])
    code = f"{'…' * cut_left}{code}{'…' * cut_right}"
    here, there = max(start, first), min(end, last)
    length = columns[max(there, here)] - columns[here]
    return code, " " * (cut_left + columns[here] - columns[first]) + "~" * max(length, 1)


def measure(text: str) -> Iterator[tuple[str, int]]:
    """Each character as it is shown, and the columns that it takes in a terminal."""
    column = 0
    for character in text:
        if character == "\t":
            width = TAB - column % TAB
            yield " " * width, width
        elif " " <= character <= "~":
            width = 1
            yield character, 1
        else:
            shown = visible(character)
            width = sum(map(columns_of, shown))
            yield shown, width
        column += width


def columns_of(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def visible(text: str) -> str:
    """The text with control characters as their pictures, and with nothing that turns the direction of writing."""
    return text if text.isascii() and text.isprintable() else "".join(map(visible_character, text))


def visible_character(character: str) -> str:
    if character < " ":
        return chr(0x2400 + ord(character))
    if character in DIRECTIONS or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
        return "\ufffd"
    return "" if character == "\ufeff" else character
