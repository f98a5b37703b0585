"""The text of an open document, as the client's changes build it up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lsprotocol import types

from apitfall.lsp.client import Encoding
from apitfall.lsp.convert import span_of
from apitfall.lsp.replaced import differences
from apitfall.text import Change, Lines, Revision, Span

MOST = 1_000  # steps; to read the text anew takes less time than so many


class Buffer:
    """A text with its lines, of which a change costs what it touches and not the length of the document.

    pygls' own document is not used: it reads the whole text for each change, and it also ends a line at form feeds and
    at U+2028, where editors do not.
    """

    def __init__(self, text: str, encoding: Encoding) -> None:
        self.lines = Lines(text)
        self.encoding = encoding
        self.base = self.lines
        self.revisions: list[Revision] | None = []  # from `base` to `lines`; None: they are too many to be kept

    @property
    def text(self) -> str:
        return self.lines.text

    def apply(self, changes: Iterable[types.TextDocumentContentChangeEvent]) -> None:
        """Each change speaks of the text that the one before it left."""
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                span = span_of(self.lines, change.range, self.encoding)
                self.edit(Span(span.start, max(span.start, span.end)), change.text)
            else:
                # From the end, so that what is yet to be changed stands where it stood.
                for old, new in reversed(differences(self.text, change.text)):
                    self.edit(old, change.text[new.start : new.end])

    def edit(self, span: Span, text: str) -> None:
        self.lines = self.lines.edited(span, text)
        revisions, made = self.revisions, Change(span.start, span.end, span.start + len(text))
        if revisions and (last := revisions[-1].change).start <= span.end and span.start <= last.new_end:
            revisions[-1] = Revision(last.then(made), self.lines)
        elif revisions is not None and len(revisions) < MOST:
            revisions.append(Revision(made, self.lines))
        else:
            self.revisions = None

    def take_revisions(self, known: Lines | None) -> Sequence[Revision] | None:
        """What was changed since this was last asked, step by step; None unless `known` are the very lines of that time.

        Changes that touch each other are one step.
        """
        revisions = self.revisions if known is self.base else None
        self.base, self.revisions = self.lines, []
        return revisions
