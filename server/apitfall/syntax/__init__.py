"""Text to syntax. Alone parses; a text that does not parse has no tree, and nothing here raises because of it."""

from apitfall.syntax.chunks import Chunk, read
from apitfall.syntax.imports import import_edit
from apitfall.syntax.tree import Tree, children

__all__ = ["Chunk", "Tree", "children", "import_edit", "read"]
