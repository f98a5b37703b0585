"""Marks: what a page says, in comments at the ends of lines, will be found there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

LEVELS = ("error", "warning", "information", "hint")
RELATED = "related"
WORDS = (*LEVELS, RELATED)

TEXT = r'(?:\s*:\s*"(?P<text>(?:[^"\\]|\\.)*)")?'
ITEM = re.compile(rf"\s*(?P<word>\w+)(?:\s+x(?P<count>[1-9]\d*))?(?:\s+\((?P<types>\w+)\))?{TEXT}\s*(?:;|$)")
COMMENT = re.compile(r"\s*#\s*")


class MarkError(ValueError):
    """A comment that is meant as a mark and is none."""


@dataclass(frozen=True)
class Mark:
    """`count` findings of this rule with severity `word` start on the line, each message holding `text`.

    With `types` they are found only where jedi is asked. `word` may be ``related`` instead: a related place starts here.
    """

    word: str
    count: int = 1
    types: bool = False
    text: str = ""

    def __str__(self) -> str:
        return f'{self.word}: "{self.text}"' if self.text else self.word


def strip_marks(code: str) -> tuple[str, Mapping[int, tuple[Mark, ...]]]:
    """The code without its marks, and the marks by 0-based line; a MarkError's second argument is the line."""
    lines: list[str] = []
    marks: dict[int, tuple[Mark, ...]] = {}
    for number, line in enumerate(code.split("\n")):
        try:
            line, found = strip_line(line)
        except MarkError as error:
            raise MarkError(str(error), number) from None
        lines.append(line)
        if found:
            marks[number] = found
    return "\n".join(lines), marks


def strip_line(line: str) -> tuple[str, tuple[Mark, ...]]:
    """The line without the comment that is marks, from its first ``#`` whose rest reads as marks; other comments stay."""
    doubt: MarkError | None = None
    for comment in COMMENT.finditer(line):
        try:
            found = read_marks(line[comment.end() :])
        except MarkError as error:
            doubt = doubt or error
            continue
        if found:
            if not line[: comment.start()].strip():
                raise MarkError("a mark stands behind the code of its line")
            return line[: comment.start()], found
    if doubt is not None:
        raise doubt
    return line, ()


def read_marks(comment: str) -> tuple[Mark, ...]:
    """The marks that a comment consists of; none if it is an ordinary comment."""
    marks: list[Mark] = []
    at = 0
    while at < len(comment):
        item = ITEM.match(comment, at)
        if item is None:
            first = comment[at:].split(None, 1)[0]
            if marks or re.fullmatch(rf"(?:{'|'.join(WORDS)})[:;]?", first):
                raise MarkError(f"`# {comment}` begins as a mark but is none; an ordinary comment begins otherwise")
            return ()
        word = item["word"]
        if word not in WORDS:
            close = difflib.get_close_matches(word, WORDS, n=1, cutoff=0.75)
            if marks or close or item["text"] is not None:
                guess = f"; did you mean `{close[0]}`?" if close else f"; a mark is one of {', '.join(WORDS)}"
                raise MarkError(f"unknown mark `{word}`{guess}")
            return ()
        if item["types"] not in (None, "types"):
            raise MarkError(f"unknown condition `({item['types']})`; there is only `(types)`")
        if word == RELATED and (item["count"] or item["types"]):
            raise MarkError("`related` takes a text and nothing else")
        text = re.sub(r"\\(.)", r"\1", item["text"] or "")
        marks.append(Mark(word, int(item["count"] or 1), item["types"] is not None, text))
        at = item.end()
    return tuple(marks)
