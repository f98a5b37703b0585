"""Which of the equal nodes of a function one is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from apitfall.syntax.tree import Tree

Key = tuple[type[cst.CSTNode], str, str]  # a class of nodes, their function and their text


class Counts(dict[type[cst.CSTNode], dict[cst.CSTNode, int]]):
    """For each node class, made when asked for: each node's count among those with its text in its function, if not 0."""

    def __init__(self, tree: Tree) -> None:
        super().__init__()
        self.tree = tree
        self.equal: dict[Key, list[cst.CSTNode]] = {}
        self.touched: set[Key] = set()  # what others are equal to than when they were counted

    def __missing__(self, kind: type[cst.CSTNode]) -> dict[cst.CSTNode, int]:
        self[kind] = {}
        self.tree.placed.add(kind)
        self.add(self.tree, [node for node in self.tree.nodes if node.__class__ is kind])
        return self[kind]

    def key(self, node: cst.CSTNode) -> Key:
        return node.__class__, self.tree.function(node), self.tree.collapsed(node)

    def remove(self, nodes: Iterable[cst.CSTNode]) -> None:
        """Nodes go; what is equal to them is counted when others come."""
        for node in nodes:
            if node.__class__ in self:
                key = self.key(node)
                self.equal[key].remove(node)
                self[node.__class__].pop(node, None)
                self.touched.add(key)

    def add(self, tree: Tree, nodes: Iterable[cst.CSTNode]) -> None:
        """The nodes of these classes that are new in a tree, which is what the one before has become."""
        self.tree = tree
        for node in nodes:
            if node.__class__ in self:
                key = self.key(node)
                self.equal.setdefault(key, []).append(node)
                self.touched.add(key)
        for key in self.touched:
            nodes, counts = self.equal[key], self[key[0]]
            if len(nodes) > 1:
                nodes.sort(key=lambda node: tree.within(node)[0])
                counts.update({node: number for number, node in enumerate(nodes)})
            if nodes:
                counts.pop(nodes[0], None)
            else:
                del self.equal[key]
        self.touched.clear()
