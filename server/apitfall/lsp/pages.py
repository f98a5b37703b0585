"""The pages of rules, as a hover shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lsprotocol import types

from apitfall.rule import Finding

PROSE = ("why", "fix safety", "when not to use it")
FENCE = re.compile(r" {0,3}(```+|~~~+)")


def prose(page: str) -> str:
    """The summary of a page and its sections in prose, without its title and its cases."""
    kept: list[str] = []
    fence = ""
    keeps = True
    for line in page.splitlines():
        mark = FENCE.match(line)
        if mark and not fence:
            fence = mark.group(1)
        elif mark and line.strip() == fence:
            fence = ""
        elif not fence and line.startswith("#"):
            title = line.lstrip("#").strip().lower()
            keeps = line.startswith("# ") or title in PROSE
            if line.startswith("# "):
                continue
        if keeps:
            kept.append(line)
    return "\n".join(kept).strip()


def markup(entries: Iterable[tuple[Finding, str, str]], *, markdown: bool) -> types.MarkupContent:
    """Findings, each with its rule's page and the address of that, one below the other."""
    texts: list[str] = []
    for finding, page, href in entries:
        link = f"[{finding.rule}]({href})" if markdown else f"{finding.rule}: {href}"
        texts.append("\n\n".join((finding.message, prose(page), link)))
    kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
    return types.MarkupContent(kind, "\n\n---\n\n".join(texts))


def innermost(findings: Sequence[Finding], offset: int) -> list[Finding]:
    """Of the findings around an offset those with the shortest span; the offset behind the last character counts."""
    around = [f for f in findings if f.span.start <= offset <= f.span.end]
    shortest = min((f.span.end - f.span.start for f in around), default=0)
    return [f for f in around if f.span.end - f.span.start == shortest]
