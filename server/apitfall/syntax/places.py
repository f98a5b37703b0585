"""Where nodes stand: those that places stand for, and the lines of strings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from apitfall.syntax.nodes import children
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


def string_lines(tree: Tree, node: cst.CSTNode) -> frozenset[int]:
    """The lines of a node's source, counted from 0, that begin inside a string."""
    inside: set[int] = set()
    source, begin = tree.source(node), tree.span(node).start
    stack = [node]
    while stack:
        found = stack.pop()
        if isinstance(found, (cst.SimpleString, cst.FormattedString)):
            span = tree.span(found)
            first = len(LINE_BREAK.findall(source[: span.start - begin]))
            count = len(LINE_BREAK.findall(source[span.start - begin : span.end - begin]))
            inside.update(range(first + 1, first + count + 1))
        else:
            stack.extend(children(found))
    return frozenset(inside)


LINE_BREAK = re.compile(r"\r\n|\r|\n")
