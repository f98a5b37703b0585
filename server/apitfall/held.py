"""What was parsed, of which only so much is held: of the rest text, facts and findings stay, and it is parsed again."""

from __future__ import annotations

from dataclasses import dataclass

from apitfall.project import Answers
from apitfall.source import Source
from apitfall.syntax import Tree

MOST = 1_125_000  # characters of which the trees are held, some 27,000 lines
OFTEN = MOST // 10  # characters that are parsed until it is looked again whether there is too much


@dataclass(frozen=True)
class Parsed:
    """A tree that is parsed, its file, and how many characters it had when somebody looked into it."""

    tree: Tree
    source: Source
    size: int

    @property
    def is_there(self) -> bool:
        """Whether it is a tree of its file, and no other stands for it by now."""
        return self.tree in self.source.reader.trees


class Held:
    """The trees of a project that are parsed, the one that was looked into for the longest time not first.

    Where there is too much the shortest are put down, for to parse one of these again takes the least, but for those
    that somebody looked into the last.
    """

    def __init__(self) -> None:
        self._trees: dict[Tree, Parsed] = {}  # by the trees that they were grafted on
        self._size = 0  # of the trees, of which some may be gone
        self._looked = 0
        self._excess: list[Tree] = []  # the same keys, to be put down as far as there is too much, from the last one on

    @property
    def is_full(self) -> bool:
        """Whether nothing is to be parsed ahead: so much is left when there was too much."""
        return self._size >= MOST - OFTEN

    @property
    def is_overfull(self) -> bool:
        """Whether even somebody who waits has to wait until there is less."""
        return self._size >= MOST + OFTEN

    def take(self, source: Source) -> None:
        """Take note of what was parsed of a file."""
        for tree in source.reader.held:
            if "text" in vars(tree):  # else it was released
                before = self._trees.pop(tree.origin, None)
                found = self._trees[tree.origin] = Parsed(tree, source, len(tree.text))
                self._size += found.size - (before.size if before is not None else 0)
        source.reader.held.clear()

    def trim(self, answers: Answers) -> bool:
        """Put down one more tree, if there is too much and it is not needed for a fix; whether there may be others."""
        if not self._excess:
            if self._size < MOST or self._size - self._looked < OFTEN:
                return False
            self._trees = {
                origin: found for origin, found in self._trees.items() if found.is_there and found.tree.is_read
            }
            self._size = sum(found.size for found in self._trees.values())
            if self._size < MOST:
                self._looked = self._size
                return False
            self._excess = self._shortest()
        origin = self._excess.pop()
        found = self._trees.get(origin)
        if found is not None and found.is_there and found.source.put_down(found.tree, answers):
            del self._trees[origin]
            self._size -= found.size
        if self._size < MOST - OFTEN:
            self._excess.clear()
        if not self._excess:
            self._looked = self._size
        return bool(self._excess)

    def _shortest(self) -> list[Tree]:
        """What may be put down, the shortest last."""
        early: list[Tree] = []
        lately = 0
        for origin in reversed(self._trees):
            lately += self._trees[origin].size
            if lately > OFTEN:
                early.append(origin)
        return sorted(early, key=lambda origin: self._trees[origin].size, reverse=True)
