"""What the functions and classes of a file are called, those of a name told apart by number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import libcst as cst

from apitfall.syntax.nodes import Definition

if TYPE_CHECKING:
    from apitfall.syntax.tree import Tree

NUMBER = re.compile(r"@\d+$|(?<=<lambda)\d+(?=>$)")


def names_of(
    definitions: Iterable[Definition],
    around: Callable[[cst.CSTNode], Definition | None],
    owner: str,
    seen: Counter[str],
) -> tuple[dict[cst.CSTNode, str], list[str], dict[str, int]]:
    """The names of the definitions of a chunk in the class `owner`, what they are called without their numbers, and how
    often each of these had been `seen` before, where the chunk's are counted as well."""
    names: dict[cst.CSTNode, str] = {}
    defined: list[str] = []
    before: dict[str, int] = {}
    for node in definitions:
        outer = around(node)
        prefix = names.get(outer, owner) if outer is not None else ""
        if isinstance(node, cst.Lambda):
            key = f"{prefix}.<lambda>" if prefix else "<lambda>"
            names[node] = f"{key[:-1]}{seen[key]}>"
        else:
            key = f"{prefix}.{node.name.value}" if prefix else node.name.value
            again = seen[key] and isinstance(node, cst.FunctionDef)
            names[node] = f"{key}@{seen[key] + 1}" if again else key
        before.setdefault(key, seen[key])
        defined.append(key)
        seen[key] += 1
    return names, defined, before


def rename(before: Sequence[Tree], after: Sequence[Tree], trees: Iterable[Tree]) -> bool:
    """Name the functions of new chunks, where no other of all `trees` is to be named anew for it; else nothing is done.

    So it is where what is defined more or less often than `before` is defined in no other.
    """
    was, now = (Counter(chain.from_iterable(tree.defined for tree in some)) for some in (before, after))
    others = {key for key in was.keys() | now.keys() if was[key] != now[key]}
    if others and any(may_define(tree, others) for tree in trees if tree not in before and tree not in after):
        return False
    seen: Counter[str] = Counter()
    for tree in before:
        for key, count in tree.seen.items():
            seen.setdefault(key, count)
    for tree in after:
        tree.name_functions(seen)
    return True


def may_define(tree: Tree, names: Collection[str]) -> bool:
    """Whether a tree has something of one of these names, without their numbers; before it was read perhaps not."""
    if tree.is_named:
        return not tree.seen.keys().isdisjoint(names)
    return any(NUMBER.sub("", name) in names for name in tree.bodies)
