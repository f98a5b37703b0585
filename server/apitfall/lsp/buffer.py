"""The text of an open document, as the client's changes build it up."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from apitfall.lsp.client import Encoding
from apitfall.lsp.convert import column_of
from apitfall.text import split_lines


class Buffer:
    """A text kept as its lines, so that a change costs what it touches and not the length of the document.

    pygls' own document is not used: it also ends a line at form feeds and at U+2028, where editors do not.
    """

    def __init__(self, text: str, encoding: Encoding) -> None:
        self.lines = all_lines(text)
        self.encoding = encoding

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def apply(self, changes: Iterable[types.TextDocumentContentChangeEvent]) -> None:
        """Each change speaks of the text that the one before it left."""
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                self.replace(change.range, change.text)
            else:
                self.lines = all_lines(change.text)

    def replace(self, range_: types.Range, text: str) -> None:
        lines = self.lines
        first, start = self.find(range_.start)
        last, end = self.find(range_.end)
        text = lines[first][:start] + text + lines[last][end:]
        # A CR and the LF that comes to stand next to it become one line break.
        if first and lines[first - 1].endswith("\r"):
            first -= 1
            text = lines[first] + text
        if last + 1 < len(lines) and text.endswith("\r"):
            last += 1
            text += lines[last]
        lines[first : last + 1] = all_lines(text) if last + 1 == len(lines) else split_lines(text)

    def find(self, position: types.Position) -> tuple[int, int]:
        """The line and the column in code points; what lies outside is taken to the nearest end."""
        if position.line >= len(self.lines):
            return len(self.lines) - 1, len(self.lines[-1])
        line = self.lines[position.line].rstrip("\r\n")
        return position.line, column_of(line, position.character, self.encoding)


def all_lines(text: str) -> list[str]:
    """The lines with their line breaks, the last one, which has none and may be empty, among them."""
    lines = split_lines(text)
    if not lines or lines[-1].endswith(("\r", "\n")):
        lines.append("")
    return lines
