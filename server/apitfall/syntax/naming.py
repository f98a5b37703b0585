"""What the functions and classes of a file are called, those of a name told apart by number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import libcst as cst

from apitfall.syntax.cut import Piece
from apitfall.syntax.nodes import Definition

if TYPE_CHECKING:
    from apitfall.syntax.tree import Tree

# What may be a definition. Each begins with letters that a search finds quickly, and takes nothing of the next one with it:
# a comment may end with such a word, too.
DEFINED = re.compile(r"def[\s\\]+(?=(\w+))"), re.compile(r"class[\s\\]+(?=(\w+))")
LAMBDA = re.compile(r"\blambda\b")
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


class Defined:
    """The names that trees define, without their numbers; of one that was not read yet perhaps more."""

    def __init__(self) -> None:
        self._of: dict[Tree, Collection[str]] = {}
        self._counts: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._counts

    def add(self, tree: Tree) -> None:
        self.remove(tree)
        names = tuple(tree.seen) if tree.is_named else {NUMBER.sub("", name) for name in tree.bodies}
        self._of[tree] = names
        for name in names:
            self._counts[name] = self._counts.get(name, 0) + 1

    def remove(self, tree: Tree) -> None:
        for name in self._of.pop(tree, ()):
            if self._counts[name] > 1:
                self._counts[name] -= 1
            else:
                del self._counts[name]


def rename(before: Sequence[Tree], after: Sequence[Tree], others: Defined) -> bool:
    """Name the functions of new chunks, where none of the `others` is to be named anew for it; else nothing is done.

    So it is where what is defined more or less often than `before` is defined in no other.
    """
    was, now = (Counter(chain.from_iterable(tree.defined for tree in some)) for some in (before, after))
    if any(was[key] != now[key] and key in others for key in was.keys() | now.keys()):
        return False
    seen: Counter[str] = Counter()
    for tree in before:
        for key, count in tree.seen.items():
            seen.setdefault(key, count)
    for tree in after:
        tree.name_functions(seen)
    return True


class Bodies:
    """The functions and classes of a file, by the chunks in which they may be."""

    def __init__(self, names: Iterable[str], classes: Collection[str]) -> None:
        self._by_name: dict[tuple[str, str], list[tuple[str, Sequence[str]]]] = {}
        ambiguous: set[str] = set()
        for name in names:
            around, _, last = name.rpartition(".")
            if not around or around in classes:
                if last.startswith("<"):
                    ambiguous.add("lambda")
                elif "@" in last:
                    ambiguous.add(last.partition("@")[0])
            # The part of the name that is below the class whose member it may be.
            steps = name.split(".")
            words = ["lambda" if step.startswith("<") else step.partition("@")[0] for step in steps]
            for depth, word in enumerate(words):
                owner = ".".join(steps[:depth])
                if depth and owner not in classes:
                    break
                self._by_name.setdefault((owner, word), []).append((name, words[depth + 1 :]))
        self._ambiguous = ambiguous

    def of(self, piece: Piece, words: Collection[str]) -> tuple[str, ...]:
        """Those that a chunk may hold, by the words that stand where something is defined in it."""
        found = [one for word in words for one in self._by_name.get((piece.owner, word), ())]
        return tuple([name for name, inner in found if all(word in words for word in inner)])

    def is_ambiguous(self, piece: Piece, words: Collection[str]) -> bool:
        """Whether a chunk may define what another one does as well, so that they are told apart by number."""
        return any(
            word in words and (word != "lambda" or LAMBDA.search(piece.text) is not None) for word in self._ambiguous
        )


def words_in(text: str) -> Collection[str]:
    """The words that stand where something may be defined in a text; that for functions without a name is `lambda`."""
    words = dict.fromkeys([word for defined in DEFINED for word in defined.findall(text)])
    if "lambda" in text:
        words["lambda"] = None
    return words
