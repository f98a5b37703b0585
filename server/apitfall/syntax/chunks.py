"""The chunks of a document with their trees; those of the last version are used again where the text is the same."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from apitfall.syntax.change import Splice
from apitfall.syntax.cut import Key, Piece, cut, cut_again, statements_in
from apitfall.syntax.differences import difference, shared
from apitfall.syntax.graft import MANY, graft
from apitfall.syntax.known import KnownPiece
from apitfall.syntax.limits import refusal
from apitfall.syntax.naming import Bodies, Defined, rename, words_in
from apitfall.syntax.tree import Tree, parse
from apitfall.text import Change, Lines, Span


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
    def is_broken(self) -> bool:
        """Whether not all of it parses."""
        return self.tree is None or bool(self.tree.holes)

    @property
    def broken(self) -> tuple[Span, ...]:
        """The parts that do not parse: all of it, or the holes of its tree."""
        if self.tree is None:
            return (Span(self.first, self.span.end),)
        return tuple(self.tree.outward(Span(hole.start, hole.end)) for hole in self.tree.holes)


def read(text: str) -> list[Chunk]:
    """The chunks of a text."""
    return Reader().read(text)


DEFINES = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+\w+", re.M)


class Reader:
    """Reads one file through its versions. Chunks that a change does not touch stay what they are, and move.

    `parsed` counts the pieces that were given to the parser, `cut` the characters that were cut. Of the `trees` that
    there are, each with its chunk, those in `fresh` have come since somebody last took `news`; `gone` are those that
    went. `revision` counts the texts that were read. To `held` those are added that are parsed. `is_lost`: some text does
    not parse of which it was said that all does. `before_change` is called with a chunk whose tree another is grafted on.
    """

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []
        self.parsed = 0
        self.cut = 0
        self.revision = 0
        self.held: list[Tree] = []
        self.is_lost = False
        self.before_change: Callable[[Chunk], None] = lambda chunk: None
        self.trees: dict[Tree, Chunk] = {}
        self.fresh: dict[Tree, None] = {}
        self.gone: list[Tree] = []
        self._changed: set[int] | Splice | None = None
        self._renamed: dict[Tree, None] = {}  # those that are not fresh, whose functions have other names
        self._defined = Defined()
        self._broken: list[Chunk] | None = None
        self._size = 0
        self._is_open = False  # whether a triple-quoted string is not closed

    def read(self, text: str | Lines, change: Change | None = None) -> list[Chunk]:
        """The chunks of the newest text; those given out before must not be used any longer.

        `change` is what is another since the last text, if that is known.
        """
        lines = Lines(text) if isinstance(text, str) else text
        self.revision += 1
        within = Span(change.start, change.old_end) if change is not None else None
        if not self._graft(lines, within):
            self._cut(lines, within)
        self._size = lines.size
        return self.chunks

    def read_later(
        self, lines: Lines, bodies: Iterable[str], classes: Collection[str], pieces: Sequence[KnownPiece] = ()
    ) -> list[Chunk]:
        """The chunks of a first text of which it is known that all parses, and which `bodies` it defines.

        Each is parsed when it is looked into, or at once where its functions may be told apart from others by number.
        Where the text was cut before, these are its `pieces`, of which none is parsed at once.
        """
        assert not self.chunks
        self.revision += 1
        self._size = lines.size
        if pieces:
            for piece, names, seen in pieces:
                tree = Tree(piece, bodies=names)
                tree.seen = seen
                self.chunks.append(Chunk(piece, tree))
            self._replace((), self.chunks)
        else:
            self._cut_later(lines, bodies, classes)
        return self.chunks

    def _cut_later(self, lines: Lines, bodies: Iterable[str], classes: Collection[str]) -> None:
        pieces, self._is_open = cut(lines.text)
        self.cut += lines.size
        known = Bodies(bodies, classes)
        seen: Counter[str] = Counter()
        ambiguous: list[Tree] = []
        for piece in pieces:
            words = words_in(piece.text)
            tree = Tree(piece, bodies=known.of(piece, words))
            self.chunks.append(Chunk(piece, tree))
            if known.is_ambiguous(piece, words):
                ambiguous.append(tree)
        self._replace((), self.chunks)
        for tree in ambiguous:
            tree.name_functions(seen)

    def _was_read(self, tree: Tree) -> None:
        self.parsed += 1
        self.held.append(tree)
        self.is_lost = self.is_lost or tree.is_lost

    def release(self) -> None:
        """Let go of all chunks, which must not be used any longer; no cycle of theirs is left for the collector."""
        for chunk in self.chunks:
            if chunk.tree is not None:
                chunk.tree.release()
        self.chunks = []

    @property
    def broken(self) -> Sequence[Chunk]:
        """The chunks of which not all parses."""
        if self._broken is None:
            self._broken = [chunk for chunk in self.chunks if chunk.is_broken]
        return self._broken

    def news(self) -> tuple[Sequence[Tree], Sequence[Tree]]:
        """The trees that went, and those that came or were named anew, since this was last asked."""
        gone, fresh = self.gone, [*self.fresh, *self._renamed]
        self.gone, self.fresh, self._renamed = [], {}, {}
        return gone, fresh

    def changed(self) -> Collection[int] | Splice | None:
        """The chunks that are others since this was last asked, by number, or where some gave way to others; None where
        any may be."""
        changed, self._changed = self._changed, set()
        return changed

    def _replace(self, gone: Iterable[Chunk], new: Iterable[Chunk]) -> None:
        """Take note of chunks that are others."""
        before = {chunk.tree: chunk for chunk in gone if chunk.tree is not None}
        now = {chunk.tree: chunk for chunk in new if chunk.tree is not None}
        for tree in [tree for tree in before if tree not in now]:
            del self.trees[tree]
            self._defined.remove(tree)
            if tree in self.fresh:
                del self.fresh[tree]
            else:
                self._renamed.pop(tree, None)
                self.gone.append(tree)
        for tree in now:
            self._defined.add(tree)
            if tree not in before:
                self.fresh[tree], tree.watch = None, self._was_read
                if tree.is_read:
                    self.held.append(tree)
        self.trees.update(now)

    def settle(self) -> list[Chunk]:
        """Cut all of the text again, so that what was kept in holes gives way, if more of the text parses so.

        What opens in one place and closes in another, a string or a bracket, is found so.
        """
        holed = [chunk for chunk in self.chunks if chunk.tree is not None and chunk.tree.holes]
        if not holed:
            return self.chunks
        text = "".join(chunk.piece.text for chunk in self.chunks)
        pieces, is_open = cut(text)
        self.cut += len(text)
        whole = [chunk for chunk in self.chunks if chunk not in holed]
        new = self._chunks(pieces, whole, grafted=False)
        if size_of_broken(new) > size_of_broken(self.chunks):
            # Trees that were taken over stand where they stood.
            for chunk in whole:
                if chunk.tree is not None:
                    chunk.tree.piece = chunk.piece
            return self.chunks
        before, self.chunks, self._is_open = self.chunks, new, is_open
        self.revision += 1
        self._name(before, new)
        return self.chunks

    def renew(self) -> bool:
        """Make those trees anew of which many parts were replaced; whether there were any."""
        is_news = False
        for number, chunk in enumerate(self.chunks):
            tree, piece = chunk.tree, chunk.piece
            if tree is None or not tree.is_read or tree.holes or tree.replaced < MANY:
                continue
            # What was put together part by part may be more than the parser may be given at once.
            made = parse(piece) if refusal(piece.text, len(piece.headers)) is None else None
            if made is not None:
                self.parsed += 1
                self.chunks[number] = new = Chunk(piece, made)
                self._name([chunk], [new])
                is_news = True
        self.revision += is_news
        return is_news

    def _graft(self, lines: Lines, within: Span | None) -> bool:
        """Read a change inside one compound statement; whether it was one, or none at all."""
        chunks, by = self.chunks, lines.size - self._size
        if not chunks:
            return False
        where = within
        if where is None or self._chunk_around(where) is None:
            where = difference(lines, [chunk.piece for chunk in chunks], within)
        if where.start == where.end == lines.size and not by:
            return True
        number = self._chunk_around(where)
        if number is None:
            return False
        chunk = chunks[number]
        piece, tree = chunk.piece, chunk.tree
        if tree is None:
            return False
        now, was_broken = lines.between(piece.start, piece.start + len(piece.text) + by), chunk.is_broken
        self.before_change(chunk)
        found = graft(tree, now, where, by)
        if found is None:
            return False
        other, read = found
        self.cut += read
        self.parsed += 1
        new = Chunk(replace(piece, text=now), other)
        other.piece = new.piece
        move(chunks[number + 1 :], by)
        chunks[number] = new
        if other.is_named:
            self._replace([chunk], [new])
            self._changed = {*self._changed, number} if isinstance(self._changed, set) else None
        else:
            self._name([chunk], [new])
        if was_broken or new.is_broken:
            self._broken = None
        return True

    def _chunk_around(self, where: Span) -> int | None:
        """The number of the chunk that a part of the text lies in, and touches no end of."""
        number = bisect_right(self.chunks, where.start, key=lambda chunk: chunk.piece.start) - 1
        piece = self.chunks[number].piece
        return number if piece.start < where.start and where.end < piece.start + len(piece.text) else None

    def _cut(self, lines: Lines, within: Span | None) -> None:
        before = self.chunks
        found = cut_again(lines, [chunk.piece for chunk in before], within, is_open=self._is_open)
        if found is not None and self._is_open and not found[3]:
            # What else does not parse may have been cut as it is for the string that was open.
            around = before[: found[0]] + before[found[1] :]
            found = None if any(chunk.tree is None for chunk in around) else found
        if found is None:
            pieces, self._is_open = cut(lines.text)
            first, last = 0, len(before)
        else:
            first, last, pieces, self._is_open = found
        self.cut += sum(len(piece.text) for piece in pieces)
        by = lines.size - self._size
        move(before[last:], by)
        gone = before[first:last]
        new = self._chunks(pieces, gone)
        self.chunks = [*before[:first], *new, *before[last:]]
        is_first = self._changed == set()
        if self._name(gone, new) and is_first:
            self._changed = Splice(first, last, len(new))

    def _name(self, gone: Sequence[Chunk], new: Sequence[Chunk]) -> bool:
        """Name the functions of new chunks, and where these define what others define as well, or did, of all; whether
        those of others have the names they had."""
        self._replace(gone, new)
        self._changed = None
        if self._broken or any(chunk.is_broken for chunk in new):
            self._broken = None
        after = trees_of(new)
        for tree in after:
            self._defined.remove(tree)
        named = {tree: tree.named for tree in after}
        is_alone = rename(trees_of(gone), after, self._defined)
        if not is_alone:
            named = {tree: tree.named for tree in self.trees}
            seen: Counter[str] = Counter()
            for chunk in self.chunks:
                if chunk.tree is not None:
                    chunk.tree.name_functions(seen)
        for tree, number in named.items():
            self._defined.add(tree)
            if tree.named != number and tree not in self.fresh:
                self._renamed[tree] = None
        return is_alone

    def _chunks(self, pieces: Sequence[Piece], gone: Sequence[Chunk], *, grafted: bool = True) -> list[Chunk]:
        """The pieces parsed; a tree of what is gone is taken over, once and in order, where the text is the same.

        With `grafted` also where a statement of the same name is another, as far as that can be told of it alone.
        """
        pool: defaultdict[Key, list[Chunk]] = defaultdict(list)
        for chunk in reversed(gone):
            if chunk.tree is not None:
                pool[chunk.piece.key].append(chunk)
        same = [found.pop() if (found := pool.get(piece.key)) else None for piece in pieces]
        left: dict[tuple[tuple[str, ...], str], Chunk] = {}
        for chunk in (chunk for chunks in pool.values() for chunk in chunks if grafted):
            if (name := title(chunk.piece)) is not None:
                left.setdefault(name, chunk)
        new: list[Chunk] = []
        for piece, old in zip(pieces, same, strict=True):
            name = title(piece) if old is None and left else None
            if name is not None and (other := left.pop(name, None)) is not None:
                old = self._grafted(other, piece)
            if old is None:
                new += self._read_piece(piece, pool)
            else:
                assert old.tree is not None, "only trees are taken over"
                old.tree.piece = piece
                new.append(Chunk(piece, old.tree))
        return new

    def _grafted(self, old: Chunk, piece: Piece) -> Chunk | None:
        """A piece with the tree of what it was, if that can be made to fit."""
        before, now = old.piece.text, piece.text
        head = shared(before, now)
        end = len(before) - shared(before[head:][::-1], now[head:][::-1])
        if old.tree is None or not 0 < head <= end < len(before):
            return None
        start = old.tree.start
        self.before_change(old)
        found = graft(old.tree, now, Span(start + head, start + end), len(now) - len(before))
        if found is None:
            return None
        self.parsed += 1
        found[0].piece = piece
        return Chunk(piece, found[0])

    def _read_piece(self, piece: Piece, pool: defaultdict[Key, list[Chunk]]) -> Iterator[Chunk]:
        """One chunk, or where a run of statements does not parse, one for each of them."""
        same = pool[piece.key]
        if same:
            tree = same.pop().tree
            assert tree is not None, "only trees are taken over"
            tree.piece = piece
            yield Chunk(piece, tree)
            return
        why = refusal(piece.text, len(piece.headers))
        self.parsed += not why
        tree = None if why else parse(piece)
        parts = statements_in(piece) if tree is None else ()
        for part in parts:
            yield from self._read_piece(part, pool)
        if not parts:
            yield Chunk(piece, tree, why)


def title(piece: Piece) -> tuple[tuple[str, ...], str] | None:
    """What a piece is known by though its text changes: the first function that it defines, and in which class."""
    found = DEFINES.search(piece.text)
    return (piece.headers, found.group()) if found is not None else None


def move(chunks: Iterable[Chunk], by: int) -> None:
    """Let chunks stand so much later in the document."""
    for chunk in chunks if by else ():
        chunk.piece.start += by


def size_of_broken(chunks: Iterable[Chunk]) -> int:
    """How much of the text has no tree."""
    return sum(len(chunk.piece.text) for chunk in chunks if chunk.tree is None)


def trees_of(chunks: Iterable[Chunk]) -> list[Tree]:
    return [tree for chunk in chunks if (tree := chunk.tree) is not None]
