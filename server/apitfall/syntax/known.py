"""The pieces of a text of which somebody else has seen what stands in them."""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from apitfall.syntax.cut import Piece


class KnownPiece(NamedTuple):
    """A piece that parses, with the names of the functions and classes in it.

    `seen` says how often what is called like one of them, before they are told apart by number, is defined before the
    piece, where it is.
    """

    piece: Piece
    bodies: list[str]
    seen: dict[str, int]


def pack_pieces(known: Sequence[KnownPiece]) -> bytes:
    """The pieces of a text as bytes, for those who have the text; see `facts.packed`."""
    return marshal.dumps(
        [
            (p.start, p.headers, p.owner, p.tail, p.width, p.is_open, bodies, {k: n for k, n in seen.items() if n})
            for p, bodies, seen in known
        ]
    )


def unpack_pieces(data: bytes, text: str) -> list[KnownPiece]:
    rows: list[tuple[Any, ...]] = marshal.loads(data)
    ends = [*[row[0] for row in rows], len(text)]
    return [
        KnownPiece(Piece(start, text[start:end], *others), bodies, seen)
        for (start, *others, bodies, seen), (_, end) in zip(rows, pairwise(ends), strict=True)
    ]
