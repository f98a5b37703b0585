"""A file of a project with what was read from its text, and what was found in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from apitfall.checked import Checked
from apitfall.facts import Extraction, ModuleFacts
from apitfall.statements import Statements
from apitfall.syntax import Chunk, Reader, Tree
from apitfall.text import Change, Document


@dataclass(eq=False)
class Source:
    """A file with what was read from its text as it is now; `facts` and `chunks` are made when they are asked for.

    The facts may be such as were read elsewhere: then there are no chunks before something is looked for in them.
    """

    document: Document
    known: ModuleFacts | None = None
    is_cut: bool = False  # whether its chunks are those of its text as it is now, or of the one before
    change: Change | None = None  # what is another since it was cut, if that is known
    reader: Reader = field(default_factory=Reader)
    extraction: Extraction = field(default_factory=Extraction)
    checked: Checked = field(default_factory=Checked)
    statements: dict[Tree, Statements] = field(default_factory=dict[Tree, Statements])

    def take(self, document: Document, change: Change | None) -> None:
        """Take a newer text."""
        if self.known is not None:
            self.change = change if self.is_cut else None
        elif self.change is not None:
            self.change = self.change.then(change) if change is not None else None
        self.document, self.known = document, None

    @property
    def facts(self) -> ModuleFacts:
        if self.known is None:
            self.known = self.extraction.update(self._read())
        return self.known

    @property
    def chunks(self) -> list[Chunk]:
        if self.known is None:
            _ = self.facts
        elif not self.is_cut:
            chunks = self._read()
            if self.document.version is not None:
                # An editor has it open: the facts of its next text are made of these, as far as they stay.
                self.extraction.update(chunks)
        return self.reader.chunks

    def _read(self) -> list[Chunk]:
        self.is_cut = True
        return self.reader.read(self.document.lines, self.change)

    def settle(self) -> bool:
        """Cut again what did not parse; whether that gave other chunks, whose facts are to be read."""
        chunks = self.reader.chunks
        if self.known is None or self.reader.settle() is chunks:
            return False
        self.known, self.change = None, Change(0, 0, 0)
        return True

    def release(self) -> None:
        """Forget what was parsed; what it says stays known."""
        if self.known is not None:
            self.is_cut, self.change = False, None
            self.reader.release()
            self.reader, self.extraction = Reader(), Extraction()
