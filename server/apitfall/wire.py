"""What the server and the process that runs jedi say to each other: JSON, each message behind its length.

To the process go questions, `Ask`, and for each come answers, until one says that it is over; whatever else is sent
meanwhile ends it early. A text is sent as the blocks in which it differs from the last one of the same path.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from apitfall.types import Type

HEAD = struct.Struct(">I")


@dataclass(frozen=True)
class Sources:
    """Where jedi looks: the `root` of a project, its `site_packages`, and the folders that it imports from itself."""

    root: str
    site_packages: tuple[str, ...]
    roots: tuple[str, ...]


@dataclass(frozen=True)
class Ask:
    """What the types are of what ends at some offsets of a text.

    `blocks` stand between the first and the last ones, `kept` of each, of the text that was last sent, if that was of
    this path. With `forget` other files are read again. `ahead` are names, ``package.module:Class.method``, that are
    looked up for nothing but to have the files parsed that they lead to.
    """

    number: int
    sources: Sources
    path: str = ""
    kept: tuple[int, int] = (0, 0)
    blocks: tuple[str, ...] = ()
    ends: tuple[int, ...] = ()
    forget: bool = False
    ahead: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """The answers to the next questions of an `Ask`; `memory` is what the process has, in MiB, 0 where it cannot tell."""

    number: int
    types: tuple[Type | None, ...]
    is_over: bool
    memory: int


def packed(message: Ask | Told | None) -> bytes:
    """A message with its length; None is one that says nothing."""
    data = json.dumps(None if message is None else asdict(message), separators=(",", ":")).encode()
    return HEAD.pack(len(data)) + data


def read_ask(data: bytes) -> Ask | None:
    found: Any = json.loads(data)
    if found is None:
        return None
    root, site_packages, roots = found["sources"].values()
    return Ask(
        found["number"],
        Sources(root, tuple(site_packages), tuple(roots)),
        found["path"],
        (found["kept"][0], found["kept"][1]),
        tuple(found["blocks"]),
        tuple(found["ends"]),
        found["forget"],
        tuple(found["ahead"]),
    )


def read_told(data: bytes) -> Told:
    """ValueError, KeyError or TypeError for what is no answer."""
    found: Any = json.loads(data)
    types = tuple(None if each is None else type_of(each) for each in found["types"])
    return Told(found["number"], types, found["is_over"], found["memory"])


def type_of(data: Any) -> Type:
    return Type(data["name"], tuple(map(type_of, data["args"])))


def difference(old: Sequence[str], new: Sequence[str]) -> tuple[tuple[int, int], tuple[str, ...]]:
    """How many of the first and of the last blocks of an older text stay, and what stands between them now."""
    most, first, last = min(len(old), len(new)), 0, 0
    while first < most and old[first] is new[first]:
        first += 1
    while last < most - first and old[-1 - last] is new[-1 - last]:
        last += 1
    return (first, last), tuple(new[first : len(new) - last])


def together(old: Sequence[str], kept: tuple[int, int], blocks: Sequence[str]) -> tuple[str, ...]:
    """The inverse of `difference`."""
    return (*old[: kept[0]], *blocks, *old[len(old) - kept[1] :])
