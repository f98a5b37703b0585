"""The text of an open document, as the client's changes build it up."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from apitfall.lsp.client import Encoding
from apitfall.lsp.convert import span_of
from apitfall.text import Change, Lines, Span, change_between


class Buffer:
    """A text with its lines, of which a change costs what it touches and not the length of the document.

    pygls' own document is not used: it reads the whole text for each change, and it also ends a line at form feeds and
    at U+2028, where editors do not.
    """

    def __init__(self, text: str, encoding: Encoding) -> None:
        self.lines = Lines(text)
        self.encoding = encoding
        self.base = self.lines
        self.change: Change | None = None  # what is different from `base`; None: nothing

    @property
    def text(self) -> str:
        return self.lines.text

    def apply(self, changes: Iterable[types.TextDocumentContentChangeEvent]) -> None:
        """Each change speaks of the text that the one before it left."""
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                span = span_of(self.lines, change.range, self.encoding)
                span = Span(span.start, max(span.start, span.end))
                self.lines = self.lines.edited(span, change.text)
                made = Change(span.start, span.end, span.start + len(change.text))
            else:
                made = change_between(self.text, change.text)
                self.lines = self.lines.edited(Span(made.start, made.old_end), change.text[made.start : made.new_end])
            self.change = made if self.change is None else self.change.then(made)

    def take_change(self, known: Lines | None) -> Change | None:
        """What was changed since this was last asked; None unless `known` are the very lines of that time."""
        change = self.change if known is self.base else None
        self.base, self.change = self.lines, None
        return change
