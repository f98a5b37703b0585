"""What is in a node, remembered statement by statement: of a body in which a line changes the others are not read again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst
from apitfall.rule import RuleContext

Nodes = Sequence[cst.CSTNode]


def nodes_in(*kinds: type[cst.CSTNode]) -> Callable[[cst.CSTNode, RuleContext], Nodes]:
    """What gives the nodes of some classes in a node, each before what it holds; bodies of functions and classes in it
    are left out."""
    wanted = frozenset(kinds)

    def found(node: cst.CSTNode, ctx: RuleContext) -> Nodes:
        return ctx.kept(look, node)

    def look(node: cst.CSTNode, ctx: RuleContext) -> Nodes:
        nodes: list[cst.CSTNode] = []
        stack = ctx.below(node)
        stack.reverse()
        while stack:
            one = stack.pop()
            if one.__class__ in wanted:
                nodes.append(one)
            if isinstance(one, cst.BaseStatement):
                nodes += found(one, ctx)
            else:
                stack += reversed(ctx.below(one))
        return nodes

    return found
