"""The answers of the command line: findings as JSON and as text, and changes as a diff."""

from __future__ import annotations

import difflib
import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from apitfall.frames import Frames, position
from apitfall.rule import Finding, Fix, Severity
from apitfall.text import Lines, Span

log = logging.getLogger("apitfall")

Json = dict[str, object]
LINE = re.compile(rb"[^\n]*\n|[^\n]+")
NO_NEWLINE = b"\n\\ No newline at end of file\n"


@dataclass(frozen=True)
class Found:
    """A finding of the file at `path`, with the project's answers that its output needs."""

    path: str
    finding: Finding
    project: Sources


@dataclass(frozen=True)
class Sources:
    """What one project's findings are written with.

    `lines_of` gives the lines of a file by its absolute path, `name_of` the path as it is written, `url_of` the address
    of a rule's page.
    """

    lines_of: Callable[[str], Lines]
    name_of: Callable[[str], str]
    url_of: Callable[[str], str]

    def place(self, path: str, span: Span) -> Json:
        lines = self.lines_of(path)
        line, column = position(lines, span.start)
        end_line, end_column = position(lines, span.end)
        return {
            "path": self.name_of(path),
            "line": line,
            "column": column,
            "end_line": end_line,
            "end_column": end_column,
        }

    def entry(self, path: str, finding: Finding, *, edits: bool) -> Json:
        """A finding in the shape of the JSON; without `edits` no fix is asked for what it changes."""
        return {
            "rule": finding.rule,
            "message": finding.message,
            "severity": finding.severity.name,
            **self.place(path, finding.span),
            "function": finding.place.function.partition(":")[2],
            "fingerprint": finding.fingerprint,
            "related": [{**self.place(r.path, r.span), "message": r.message} for r in finding.related if r.path],
            "fixes": [fix for fix in (self.fix(f, edits=edits) for f in finding.fixes) if fix is not None],
            "url": self.url_of(finding.rule),
        }

    def fix(self, fix: Fix, *, edits: bool) -> Json | None:
        """A fix in the shape of the JSON; None where it turns out that it cannot be made."""
        head: Json = {"name": fix.name, "title": fix.title, "safe": fix.safe, "preferred": fix.preferred}
        if not edits:
            return head
        try:
            made = fix.edits()
        except Exception:
            log.exception("the fix `%s` failed", fix.name)
            return None
        if made is None:
            return None
        return head | {
            "edits": [{**self.place(e.path, e.span), "text": e.text} for e in made.changes],
            "creates": [{"path": self.name_of(path), "text": text} for path, text in made.creates],
        }


def in_order(found: Iterable[Found]) -> list[Found]:
    """By path as it is written, line, column and rule."""
    return sorted(found, key=lambda f: (f.project.name_of(f.path), f.finding.span.start, f.finding.rule))


def as_json(found: Sequence[Found], *, edits: bool) -> str:
    """One array with a line for each finding. It is ASCII, so that no encoding of a terminal or pipe can harm it."""
    if not found:
        return "[]\n"
    entries = (json.dumps(f.project.entry(f.path, f.finding, edits=edits)) for f in found)
    return "[\n" + ",\n".join(entries) + "\n]\n"


def as_text(found: Sequence[Found], files: int, *, hints: bool, color: bool, width: int) -> str:
    """The findings with their code and a closing line; `files` is how many files were checked."""
    shown = [f for f in found if hints or f.finding.severity < Severity.hint]
    frames = (
        Frames(f.project.lines_of, f.project.name_of, color=color, width=width).finding(f.path, f.finding)
        for f in shown
    )
    return "".join(f"{frame}\n\n" for frame in frames) + summary(found, shown, files) + "\n"


def summary(found: Sequence[Found], shown: Sequence[Found], files: int) -> str:
    """``3 errors, 2 warnings in 2 of 14 files``, and how many hints were not shown."""
    severities = [f.finding.severity for f in shown]
    counts = [count(severities.count(s), s.name) for s in Severity if s in severities]
    text = f"{', '.join(counts)} in {len({f.path for f in shown})} of {count(files, 'file')}"
    if not shown:
        text = f"no findings in {count(files, 'file')}"
    hidden = len(found) - len(shown)
    return f"{text}; {count(hidden, 'hint')} not shown, see --hints" if hidden else text


def count(number: int, word: str) -> str:
    plural = word if number == 1 or word == "information" else f"{word}s"
    return f"{number} {plural}"


def as_diff(name: str, before: bytes | None, after: bytes) -> bytes:
    """A unified diff of a file, as `patch -p0` takes it, in the file's own encoding; `before` of None: it is made."""
    # A tab ends a name that has spaces in it.
    new = os.fsencode(f"{name}\t" if " " in name else name)
    old = b"/dev/null" if before is None else new
    lines = [[] if text is None else LINE.findall(text) for text in (before, after)]
    diff = difflib.diff_bytes(difflib.unified_diff, *lines, fromfile=old, tofile=new)
    return b"".join(line if line.endswith(b"\n") else line + NO_NEWLINE for line in diff)


def listed(numbers: Mapping[str, int]) -> str:
    """``3 missing-await, 1 mutable-default``, the most frequent first."""
    return ", ".join(f"{n} {name}" for name, n in sorted(numbers.items(), key=lambda item: (-item[1], item[0])))
