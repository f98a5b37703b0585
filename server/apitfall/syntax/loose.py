"""Comments that libcst loses: a chunk that has some is not given back as it is, and has no tree."""

from __future__ import annotations

import re

from apitfall.syntax.cut import Piece, is_simple

BLOCK = re.compile(r":[ \t]*(?:#[^\n]*)?\r?$", re.M)


def loses_comments(piece: Piece) -> bool:
    """Whether libcst may lose what stands behind the last statement: indented comments among lines of white space.

    It keeps them in the block of a compound statement, and in a class.
    """
    if piece.headers:
        return False
    chunk, comments, lines, line = piece.text, 0, 0, ""
    end = len(chunk)
    while end:
        start = chunk.rfind("\n", 0, end - 1) + 1
        line = chunk[start:end].rstrip("\r\n")
        code = line.strip()
        if code and code[0] != "#":
            break
        lines += line[:1] in (" ", "\t")
        comments += bool(code) and line[0] != "#"
        end = start
    if lines < 2 or not comments:
        return False
    return line[:1] not in (" ", "\t") or is_simple(piece) or not BLOCK.search(chunk)
