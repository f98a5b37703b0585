"""What libcst cannot be given: it crashes or hangs on small hostile input, so such text is refused before it.

1,500 nested brackets end the process, a sum of 4,000 terms takes seconds and 20,000 attribute steps half a minute
with the interpreter's lock held (libcst 1.9.0). No real code comes near the bounds.
"""

from __future__ import annotations

import re

BRACKETS, INDENTS, OPERATORS = 200, 100, 1000

OPERATOR = re.compile(
    r"[-+*/%@&|^~.<>=!]+|\b(?:and|or|not|in|is|if|else|elif|for|lambda|await|yield|from)\b|[\"'({\[]"
)
TOKEN = re.compile(
    r"#[^\r\n]*"
    r"|(?P<string>\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*(?:\"\"\"|\Z)|'''(?:[^'\\]|\\.|'(?!''))*(?:'''|\Z)"
    r"|\"(?:\\.|[^\"\\\r\n])*[\"\r\n]?|'(?:\\.|[^'\\\r\n])*['\r\n]?)"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<end>[,;:](?!=))|(?P<line>\r\n|\r|\n)|(?P<joined>\\(?:\r\n|\r|\n))"
    r"|(?P<run>[-+~]{2,})"
    r"|(?P<operator>\*\*|//|<<|>>|[-+*/%@&|^~.<>!]=?|:=|==|\b(?:and|or|not|in|is|if|else|elif|for|lambda|await)\b)",
    re.S,
)
INDENT = re.compile(r"^([ \t\f]*)(?=[^ \t\f\r\n#])", re.M)


def refusal(text: str) -> str | None:
    """Why this text must not be parsed; None if it may."""
    if len(text) < OPERATORS and sum(map(text.count, "([{")) <= BRACKETS:
        return None
    if indents(text) > INDENTS:
        return f"more than {INDENTS} indents"
    if len(OPERATOR.findall(text)) <= BRACKETS and not re.search(r"[-+~]{100}", text):
        return None
    return nesting(text)


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
    elifs = 0
    for found in TOKEN.finditer(text):
        kind = found.lastgroup
        if kind == "open":
            counts[-1] += 1
            counts.append(0)
            if len(counts) - 1 > BRACKETS:
                return f"more than {BRACKETS} nested brackets"
        elif kind == "close":
            if len(counts) > 1:
                counts.pop()
        elif kind == "end" or (kind == "line" and len(counts) == 1):
            counts[-1] = 0
        elif kind == "run":
            counts[-1] += len(found.group())
        elif kind in ("string", "operator"):
            counts[-1] += 1
            if found.group() == "elif":
                elifs += 1
        if counts[-1] > OPERATORS or elifs > OPERATORS:
            return f"more than {OPERATORS} operators or steps in one expression"
    return None
