"""The pages of rules, as a hover and the command that explains a rule show them."""

from __future__ import annotations

import re

FENCE = re.compile(r" {0,3}(```+|~~~+)")
HEADING = re.compile(r"(#+)[ \t]+(.*)")


def paragraphs(page: str, title: str = "") -> list[str]:
    """The paragraphs in the section of a page with this title; without one, those before the first section.

    What is in code fences is left out.
    """
    found: list[str] = [""]
    fence = ""
    is_there = not title
    for line in page.splitlines():
        mark, heading = FENCE.match(line), HEADING.match(line)
        if fence:
            fence = "" if line.strip() == fence else fence
        elif mark:
            fence = mark[1]
        elif heading and len(heading[1]) > 1:
            is_there = heading[2].strip().lower() == title.lower()
        elif is_there and not heading:
            if line.strip():
                found[-1] = f"{found[-1]}\n{line}".lstrip("\n")
            elif found[-1]:
                found.append("")
    return [text for text in found if text]


def first_paragraph(page: str, title: str = "") -> str:
    return next(iter(paragraphs(page, title)), "")


def link(rule: str, address: str, *, markdown: bool) -> str:
    """A rule's name with the address of its page, for a person to follow."""
    return f"[{rule}]({address})" if markdown else f"{rule}: {address}"
