"""The chunks of a document with their trees; those of the last version are used again where the text is the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from apitfall.syntax.cut import Piece, cut, cut_again
from apitfall.syntax.limits import refusal
from apitfall.syntax.tree import Tree, parse
from apitfall.text import Span


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """A function, method, class head or run of statements. `refusal` says why it was not given to the parser."""

    piece: Piece
    tree: Tree | None
    refusal: str | None = None

    @property
    def span(self) -> Span:
        return Span(self.piece.start, self.piece.start + len(self.piece.text))

    @property
    def first(self) -> int:
        """The offset in the document of the first thing in it, blank lines left out."""
        return self.piece.start + len(self.piece.text) - len(self.piece.text.lstrip())

    @property
    def key(self) -> tuple[str, tuple[str, ...], str]:
        """What a tree depends on; chunks of one key have equal trees."""
        return self.piece.text, self.piece.headers, self.piece.tail

    def move(self, by: int) -> None:
        """Stand so much later in the document."""
        self.piece.start += by
        if self.tree is not None:
            self.tree.start += by


def read(text: str) -> list[Chunk]:
    """The chunks of a text."""
    return Reader().read(text)


Key = tuple[str, tuple[str, ...], str]


class Reader:
    """Reads one file through its versions. Chunks that a change does not touch stay what they are, and move.

    `parsed` counts the pieces that were given to the parser, `cut` the characters that were cut.
    """

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []
        self.parsed = 0
        self.cut = 0
        self._size = 0
        self._is_open = False  # whether a triple-quoted string is not closed

    def read(self, text: str) -> list[Chunk]:
        """The chunks of the newest text; those given out before must not be used any longer."""
        before = self.chunks
        found = None if self._is_open else cut_again(text, [chunk.piece for chunk in before])
        if found is None:
            pieces, self._is_open = cut(text)
            first, last = 0, len(before)
        else:
            first, last, pieces = found
        self.cut += sum(len(piece.text) for piece in pieces)
        by = len(text) - self._size
        for chunk in before[last:] if by else ():
            chunk.move(by)
        gone = before[first:last]
        new = self._chunks(pieces, gone)
        self.chunks = [*before[:first], *new, *before[last:]]
        self._size = len(text)
        if not rename(gone, new):
            seen: Counter[str] = Counter()
            for chunk in self.chunks:
                if chunk.tree is not None:
                    chunk.tree.name_functions(seen)
        return self.chunks

    def _chunks(self, pieces: Iterable[Piece], gone: Iterable[Chunk]) -> list[Chunk]:
        """The pieces parsed; a tree of what is gone is taken over, once and in order, where the text is the same."""
        pool: defaultdict[Key, list[Chunk]] = defaultdict(list)
        for chunk in reversed(list(gone)):
            pool[chunk.key].append(chunk)
        return [chunk for piece in pieces for chunk in self._read_piece(piece, pool)]

    def _read_piece(self, piece: Piece, pool: defaultdict[Key, list[Chunk]]) -> Iterator[Chunk]:
        """One chunk, or where a run of statements does not parse, one for each of them."""
        same = pool[piece.text, piece.headers, piece.tail]
        if same:
            old = same.pop()
            if old.tree is not None:
                old.tree.start = piece.start
            yield Chunk(piece, old.tree, old.refusal)
            return
        why = refusal(piece.text, len(piece.headers))
        self.parsed += not why
        tree = None if why else parse(piece)
        if tree is None and piece.statements:
            ends = (*piece.statements[1:], len(piece.text))
            for begin, end in zip(piece.statements, ends, strict=True):
                text = piece.text[begin:end]
                part = Piece(piece.start + begin, text, piece.headers, piece.owner, width=piece.width)
                yield from self._read_piece(part, pool)
        else:
            yield Chunk(piece, tree, why)


def rename(gone: Sequence[Chunk], new: Sequence[Chunk]) -> bool:
    """Name the functions of new chunks, where they define what those did that they replace; else nothing is done."""
    before = [tree for chunk in gone if (tree := chunk.tree) is not None]
    after = [tree for chunk in new if (tree := chunk.tree) is not None]
    if [key for tree in before for key in tree.defined] != [key for tree in after for key in tree.defined]:
        return False
    seen: Counter[str] = Counter()
    for tree in before:
        for key, count in tree.seen.items():
            seen.setdefault(key, count)
    for tree in after:
        tree.name_functions(seen)
    return True
