"""Text to syntax. Alone parses; a text that does not parse has no tree, and nothing here raises because of it."""

from apitfall.syntax.chunks import Chunk, Reader, read
from apitfall.syntax.imports import import_edit
from apitfall.syntax.lexer import comment_start, line_states, takes_comment
from apitfall.syntax.nodes import DEFINING, children
from apitfall.syntax.tree import Tree

__all__ = [
    "DEFINING",
    "Chunk",
    "Reader",
    "Tree",
    "children",
    "comment_start",
    "import_edit",
    "line_states",
    "read",
    "takes_comment",
]
