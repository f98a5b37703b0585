"""What an import binds."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from apitfall.facts.model import Import
from apitfall.facts.values import value_of


def imported(node: cst.Import | cst.ImportFrom, typing: bool) -> Iterator[tuple[str, Import]]:
    """The local names that an import binds; ``*`` for all of a module."""
    if isinstance(node, cst.Import):
        for alias in node.names:
            module = value_of(alias.name).dotted or ""
            if alias.asname is not None:
                yield value_of(alias.asname.name).name, Import(module, typing=typing)
            else:
                yield module.partition(".")[0], Import(module.partition(".")[0], typing=typing)
        return
    module, level = value_of(node.module).dotted or "" if node.module else "", len(node.relative)
    if isinstance(node.names, cst.ImportStar):
        yield "*", Import(module, "*", level, typing)
        return
    for alias in node.names:
        name = value_of(alias.name).name
        local = value_of(alias.asname.name).name if alias.asname is not None else name
        yield local, Import(module, name, level, typing)
