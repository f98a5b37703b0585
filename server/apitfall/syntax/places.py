"""The nodes that places stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from apitfall.text import Place

if TYPE_CHECKING:
    from apitfall.syntax.tree import Tree

KINDS = (cst.BaseExpression, cst.Param, cst.BaseSmallStatement, cst.BaseStatement)


def node_at(tree: Tree, place: Place) -> cst.CSTNode | None:
    """The node at a place of a tree; of several that have the same text, the first of `KINDS`."""
    if place.function and place.function not in tree.names.values():
        return None
    found: list[cst.CSTNode] = []
    for node in tree.nodes:
        begin, end = tree.within(node)
        # A place's text is never longer than the node's source, and begins alike.
        if end - begin >= len(place.text) and place.text.startswith(tree.text[begin : begin + 1]):
            if tree.place(node) == place:
                found.append(node)
    return next((node for kind in KINDS for node in found if isinstance(node, kind)), None)
