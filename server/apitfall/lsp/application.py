"""The application of a project, which its pyproject.toml names, and where that is made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from apitfall import loading
from apitfall.engine import Workspace
from apitfall.registry import RulePackage
from apitfall.syntax import line_states
from apitfall.text import Span, split_lines


@dataclass(frozen=True)
class Application:
    """`name` is written ``module:variable``; `path` and `span` are of the variable, which may be imported there."""

    name: str
    path: str
    span: Span


def application(workspace: Workspace, packages: Sequence[RulePackage]) -> Application | None:
    """None where nothing is named, or what is named is no variable of the project that is assigned at a line's start."""
    name = loading.application(workspace.root, packages)
    if name is None:
        return None
    index = workspace.index()
    module, _, variable = name.partition(":")
    symbol = index.member(index.named(f"{module}.{variable}").partition(":")[0], variable) or ""
    path = index.path(symbol)
    document = workspace.document(path) if path is not None else None
    span = assignment(document.text, symbol.partition(":")[2]) if document is not None else None
    return Application(name, document.path, span) if document is not None and span is not None else None


def assignment(text: str, variable: str) -> Span | None:
    """The name where a module first assigns it, not counting what is inside of strings, brackets and blocks."""
    assigns = re.compile(rf"{re.escape(variable)}(?=[ \t]*(?::[^=]*)?=(?!=))")
    lines = split_lines(text)
    states, _ = line_states(lines)
    start = 0
    for line, state in zip(lines, states, strict=False):
        if not state and (found := assigns.match(line)):
            return Span(start, start + found.end())
        start += len(line)
    return None
