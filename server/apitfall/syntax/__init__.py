"""Text to syntax. Alone parses; a text that does not parse has no tree, and nothing here raises because of it.

What needs libcst is imported when it is first asked for: a process that reads files seldom does.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from apitfall.syntax.cut import Piece
from apitfall.syntax.known import KnownPiece
from apitfall.syntax.lexer import comment_start, line_states, takes_comment

if TYPE_CHECKING:
    from apitfall.syntax.change import Splice, Standing, functions_put_in
    from apitfall.syntax.chunks import Chunk, Reader, read
    from apitfall.syntax.imports import import_edit
    from apitfall.syntax.nodes import DEFINING, HOLDING, STATEMENTS, children
    from apitfall.syntax.tree import Tree

__all__ = [
    "DEFINING",
    "HOLDING",
    "STATEMENTS",
    "Chunk",
    "KnownPiece",
    "Piece",
    "Reader",
    "Splice",
    "Standing",
    "Tree",
    "children",
    "comment_start",
    "functions_put_in",
    "import_edit",
    "line_states",
    "read",
    "takes_comment",
]
LATER = {
    "Chunk": "chunks",
    "DEFINING": "nodes",
    "HOLDING": "nodes",
    "Reader": "chunks",
    "STATEMENTS": "nodes",
    "Splice": "change",
    "Standing": "change",
    "Tree": "tree",
    "children": "nodes",
    "functions_put_in": "change",
    "import_edit": "imports",
    "read": "chunks",
}


def __getattr__(name: str) -> object:
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{LATER[name]}"), name)
    return found
