"""The chunks of a document with their trees; those of the last version are used again where the text is the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apitfall.syntax.cut import Piece, cut
from apitfall.syntax.limits import refusal
from apitfall.syntax.tree import Tree, parse
from apitfall.text import Span


@dataclass(frozen=True, slots=True)
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


def read(text: str, before: Sequence[Chunk] = ()) -> list[Chunk]:
    """The chunks of a text. Trees of `before` are taken over, each once and in order, and must not be used there longer."""
    pool: defaultdict[tuple[str, tuple[str, ...], str], list[Chunk]] = defaultdict(list)
    for chunk in reversed(before):
        pool[chunk.key].append(chunk)
    chunks: list[Chunk] = []
    for piece in cut(text):
        chunks.extend(read_piece(piece, pool))
    seen: Counter[str] = Counter()
    for chunk in chunks:
        if chunk.tree is not None:
            chunk.tree.name_functions(seen)
    return chunks


def read_piece(piece: Piece, pool: defaultdict[tuple[str, tuple[str, ...], str], list[Chunk]]) -> Iterator[Chunk]:
    """One chunk, or where a run of statements does not parse, one for each of them."""
    same = pool[piece.text, piece.headers, piece.tail]
    if same:
        old = same.pop()
        if old.tree is not None:
            old.tree.start = piece.start
        yield Chunk(piece, old.tree, old.refusal)
        return
    why = refusal(piece.text, len(piece.headers))
    tree = None if why else parse(piece)
    if tree is None and piece.statements:
        ends = (*piece.statements[1:], len(piece.text))
        for begin, end in zip(piece.statements, ends, strict=True):
            part = Piece(piece.start + begin, piece.text[begin:end], piece.headers, piece.owner)
            yield from read_piece(part, pool)
    else:
        yield Chunk(piece, tree, why)
