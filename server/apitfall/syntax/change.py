"""A change of a tree, what it is to become and what became of it, and one of the chunks of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from apitfall.syntax.parsed import Hole

Standing = tuple[str, str]  # a text in a function, by the name of that


@dataclass(frozen=True, slots=True)
class Change:
    """What a tree becomes: its `text`, in which something else stands in a `part` of the text before.

    The statements `new` stand for `old`; `spans` are the offsets in `text` of the new nodes. The nodes `kept`, blocks or
    statements, are in both.
    """

    text: str
    part: tuple[int, int]
    holes: tuple[Hole, ...]
    old: Sequence[cst.CSTNode]
    new: Sequence[cst.CSTNode]
    spans: Mapping[cst.CSTNode, tuple[int, int]]
    kept: Sequence[cst.CSTNode]


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of a tree: the nodes that are `gone`, the statements that are `new`, in nodes `around` them that stay,
    and the texts that stand another number of times in their function."""

    gone: Sequence[cst.CSTNode]
    new: Sequence[cst.CSTNode]
    around: Sequence[cst.CSTNode]
    texts: frozenset[Standing]


def functions_put_in(changes: Iterable[Changed]) -> list[cst.FunctionDef]:
    """The functions that were put where nothing was."""
    new = [node for change in changes if not change.gone for node in change.new]
    return [node for node in new if isinstance(node, cst.FunctionDef)]


@dataclass(frozen=True, slots=True)
class Splice:
    """Of the chunks those from the number `first` up to `last` gave way to `count` others."""

    first: int
    last: int
    count: int
