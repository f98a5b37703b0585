"""What libcst cannot be given: it crashes or hangs on small hostile input, so such text is refused before it.

1,500 nested brackets end the process, a sum of 4,000 terms takes seconds and 20,000 attribute steps half a minute
with the interpreter's lock held, as does a list of half a million numbers (libcst 1.9.0). No real code comes near the
bounds, but for tables of data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

BRACKETS, INDENTS, OPERATORS, ITEMS = 200, 100, 1000, 20_000

OPERATOR = re.compile(r"[-+*/%@&|^~.<>=!]+|\b(?:and|or|not|in|is|if|else|elif|for|lambda|await|yield|from)\b|[\"'({\[]")
TOKEN = re.compile(
    r"#[^\r\n]*"
    r"|(?P<string>\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*(?:\"\"\"|\Z)|'''(?:[^'\\]|\\.|'(?!''))*(?:'''|\Z)"
    r"|\"(?:\\.|[^\"\\\r\n])*[\"\r\n]?|'(?:\\.|[^'\\\r\n])*['\r\n]?)"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<colon>:(?!=))|(?P<end>[,;])|(?P<line>\r\n|\r|\n)|(?P<joined>\\(?:\r\n|\r|\n))"
    r"|(?P<run>[-+~]{2,})"
    r"|(?P<operator>\*\*|//|<<|>>|[-+*/%@&|^~.<>!=]=?|:=|\b(?:and|or|not|in|is|if|else|elif|for|lambda|await)\b)",
    re.S,
)
FORMATTED = re.compile(r"[fF][rR]?\Z")
BRACES = re.compile(r"\{+|\}+|[^{}]+")
INDENT = re.compile(r"^([ \t\f]*)(?=[^ \t\f\r\n#])", re.M)


def refusal(text: str, depth: int = 0) -> str | None:
    """Why this text, which stands in `depth` classes, must not be parsed; None if it may."""
    if len(text) < OPERATORS and sum(map(text.count, "([{")) <= BRACKETS and depth < INDENTS:
        return None
    if may_indent(text, INDENTS - depth) and depth + indents(text) > INDENTS:
        return f"more than {INDENTS} indents"
    # What nests, and what is strung together, is no more than there is in all.
    if sum(map(text.count, "([{")) > BRACKETS or len("".join(OPERATOR.findall(text))) > OPERATORS:
        why = nesting(text)
        if why is not None:
            return why
    if text.count(",") + text.count(";") > ITEMS:
        return f"more than {ITEMS:,} items in one statement"
    return None


def may_indent(text: str, most: int) -> bool:
    """Whether some line may stand in more blocks than this: each is at least a column further in than the one around."""
    return " " * most in text or "\t" in text or "\f" in text


def refuses_nothing(text: str, starts: Sequence[int]) -> bool:
    """Whether no part of a text is refused, as far as its logical lines tell, which begin at these offsets.

    It takes a tenth of the time: nothing but a long line can hold much of what is counted.
    """
    if text.count(",") + text.count(";") > ITEMS or text.count("elif") > OPERATORS:
        return False
    # What is indented half as much may stand in as many classes, whose indents are counted with it.
    if may_indent(text, INDENTS // 2):
        return False
    for start, end in pairwise((*starts, len(text))):
        if end - start > BRACKETS:
            line = text[start:end]
            if sum(map(line.count, "([{")) > BRACKETS or (len(line) > OPERATORS and nesting(line) is not None):
                return False
    return True


def indents(text: str) -> int:
    """The deepest nesting of blocks, as the count of different indents that are open at once."""
    widths, deepest = [0], 0
    for found in INDENT.finditer(text):
        width = len(found.group(1).expandtabs(8))
        while widths[-1] > width:
            widths.pop()
        if width > widths[-1]:
            widths.append(width)
            deepest = max(deepest, len(widths) - 1)
    return deepest


def nesting(text: str) -> str | None:
    """Whether brackets nest too deep, or one expression strings too many operators, steps or literals together."""
    counts = [0]
    lambdas = [0]  # those of each bracket whose colon is still to come
    elifs = 0
    for found in TOKEN.finditer(text):
        kind = found.lastgroup
        if kind == "open":
            counts[-1] += 1
            counts.append(0)
            lambdas.append(0)
            if len(counts) - 1 > BRACKETS:
                return f"more than {BRACKETS} nested brackets"
        elif kind == "close":
            if len(counts) > 1:
                counts.pop()
                lambdas.pop()
        elif kind == "line":
            if len(counts) == 1:
                counts, lambdas = [0], [0]
        elif kind in ("end", "colon"):
            if not lambdas[-1]:
                counts[-1] = 0
            elif kind == "colon":
                lambdas[-1] -= 1
        elif kind == "run":
            counts[-1] += len(found.group())
        elif kind in ("string", "operator"):
            counts[-1] += 1
            lambdas[-1] += found.group() == "lambda"
            elifs += found.group() == "elif"
            if kind == "string" and FORMATTED.search(text, max(found.start() - 2, 0), found.start()):
                why = nesting(fields(found.group()))
                if why is not None:
                    return why
        if counts[-1] > OPERATORS or elifs > OPERATORS:
            return f"more than {OPERATORS} operators or steps in one expression"
    return None


def fields(literal: str) -> str:
    """What stands in braces in a formatted string, without the quotes in it."""
    out: list[str] = []
    depth = 0
    for found in BRACES.finditer(literal):
        part = found.group()
        if part[0] == "{":
            opened = len(part) if depth else len(part) % 2  # doubled ones outside of a field are text
            depth += opened
            out.append("{" * opened)
        elif part[0] == "}":
            closed = min(len(part), depth)
            depth -= closed
            out.append("}" * closed)
        elif depth:
            out.append(re.sub(r"[\"'#\\]", " ", part))
    return "".join(out)
