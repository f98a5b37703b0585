"""What was parsed, of which only so much is held: of the rest text, facts and findings stay, and it is parsed again."""

from __future__ import annotations

from apitfall.project import Answers
from apitfall.source import Source
from apitfall.syntax import Tree

MOST = 1_125_000  # characters of which the trees are held, some 27,000 lines
OFTEN = MOST // 10  # characters that are parsed until it is looked again whether there is too much


class Held:
    """The trees of a project that are parsed, the one that was looked into for the longest time not first."""

    def __init__(self) -> None:
        self._trees: dict[Tree, Source] = {}
        self._size = 0  # of the trees, of which some may be gone
        self._looked = 0
        self._excess: list[Tree] = []  # to be put down as far as there is too much, from the last one on

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
            if self._trees.pop(tree, None) is None:
                self._size += len(tree.text) if "text" in vars(tree) else 0
            self._trees[tree] = source
        source.reader.held.clear()

    def trim(self, answers: Answers) -> bool:
        """Put down one more tree, if there is too much and it is not needed for a fix; whether there may be others."""
        if not self._excess:
            if self._size < MOST or self._size - self._looked < OFTEN:
                return False
            self._trees = {
                tree: source for tree, source in self._trees.items() if tree in source.reader.trees and tree.is_read
            }
            self._size = sum(len(tree.text) for tree in self._trees)
            self._excess = [*reversed(self._trees)]
        tree = self._excess.pop()
        source = self._trees.get(tree)
        if source is not None and tree in source.reader.trees and source.put_down(tree, answers):
            del self._trees[tree]
            self._size -= len(tree.text)
        if self._size < MOST - OFTEN:
            self._excess.clear()
        if not self._excess:
            self._looked = self._size
        return bool(self._excess)
