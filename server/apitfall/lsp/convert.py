"""From offsets to the protocol's positions and back, and from findings and edits to its messages.

A position counts the code units of the negotiated encoding. Only the one line that it is on is ever encoded, and not
even that where the line is ASCII or the unit is the code point.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from apitfall.lsp.client import Client, Encoding
from apitfall.lsp.item import Item
from apitfall.rule import Finding
from apitfall.text import Edits, Lines, Span
from apitfall.wire import difference

ANNOTATION = "apitfall"
RELATED = "relatedInformation"


class Files(Protocol):
    """The texts that a message speaks of."""

    def lines(self, path: str) -> Lines | None: ...

    def uri(self, path: str) -> str: ...

    def version(self, path: str) -> int | None:
        """The editor's number for an open document, None for any other file."""
        ...


@lru_cache(maxsize=256)
def path_of(uri: str) -> str:
    """The path of a ``file:`` URI, with ``/`` between its parts; for a text without a file, one that there is not."""
    path = to_fs_path(uri)
    return Path(path).as_posix() if path else f"/{quote(uri, safe='')}"


def uri_of(path: str) -> str:
    return from_fs_path(path) or path


def size(text: str, encoding: Encoding) -> int:
    """The number of code units that a text takes."""
    if encoding is Encoding.Utf32 or text.isascii():
        return len(text)
    if encoding is Encoding.Utf8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def column_of(line: str, units: int, encoding: Encoding) -> int:
    """The column in code points behind so many code units: the line's end if there are fewer.

    Units that end inside a character count up to that character.
    """
    if encoding is Encoding.Utf32 or line.isascii():
        return min(units, len(line))
    columns = range(min(units, len(line)) + 1)
    return bisect_right(columns, units, key=lambda column: size(line[:column], encoding)) - 1


def character_of(lines: Lines, offset: int, encoding: Encoding) -> tuple[int, int]:
    """The line and the code units before an offset in it."""
    line, column = lines.position(offset)
    if encoding is Encoding.Utf32:
        return line, column
    return line, size(lines.between(offset - column, offset), encoding)


def position_of(lines: Lines, offset: int, encoding: Encoding) -> types.Position:
    return types.Position(*character_of(lines, offset, encoding))


def range_of(lines: Lines, span: Span, encoding: Encoding) -> types.Range:
    return types.Range(position_of(lines, span.start, encoding), position_of(lines, span.end, encoding))


def offset_of(lines: Lines, position: types.Position, encoding: Encoding) -> int:
    """The inverse of `position_of`; what lies outside is taken to the end of its line or of the text."""
    if position.line >= len(lines):
        return lines.size
    return lines.start(position.line) + column_of(lines.line(position.line), position.character, encoding)


def span_of(lines: Lines, range_: types.Range, encoding: Encoding) -> Span:
    return Span(offset_of(lines, range_.start, encoding), offset_of(lines, range_.end, encoding))


def plain_range(lines: Lines, span: Span, encoding: Encoding) -> dict[str, Any]:
    (line, character), (end_line, end) = (character_of(lines, at, encoding) for at in (span.start, span.end))
    return {"start": {"line": line, "character": character}, "end": {"line": end_line, "character": end}}


def diagnostic(finding: Finding, lines: Lines, href: str, client: Client, files: Files) -> Item:
    """A finding as a Diagnostic, in plain JSON: made of lsprotocol's classes, 200 of them take 5 ms more to send."""
    message: dict[str, Any] = {
        "severity": int(finding.severity),
        "code": finding.rule,
        "source": "apitfall",
        "message": finding.message,
    }
    if client.diagnostic_data:
        message["data"] = finding.fingerprint
    if client.code_description:
        message["codeDescription"] = {"href": href}
    if related := related_information(finding, client, files):
        message[RELATED] = related
    return Item(plain_range(lines, finding.span, client.encoding), message, json.dumps(message)[1:])


def related_information(finding: Finding, client: Client, files: Files) -> list[dict[str, Any]]:
    """The other places of a finding, for a client that shows them."""
    if not client.related_information:
        return []
    return [
        {
            "location": {"uri": files.uri(r.path), "range": plain_range(there, r.span, client.encoding)},
            "message": r.message,
        }
        for r in finding.related
        if (there := files.lines(r.path)) is not None
    ]


@dataclass(frozen=True)
class Said:
    """The diagnostics of a text, which serve those of a later one. `under` is what else they were made of."""

    under: object
    lines: Lines
    findings: Sequence[Finding]
    items: list[Item]

    def later(
        self,
        lines: Lines,
        findings: Sequence[Finding],
        make: Callable[[Finding], Item],
        related: Callable[[Finding], list[dict[str, Any]]],
    ) -> list[Item]:
        """The diagnostics of a later text: of findings before and behind what was changed, those that there were.

        `related` tells where other places of a finding are, which may be others though the finding is where it was.
        """

        def serves(item: Item, finding: Finding) -> bool:
            return not finding.related or item.get(RELATED, []) == related(finding)

        old, there = self.findings, self.items
        first, last = same_blocks(self.lines, lines)
        by, down = lines.size - self.lines.size, len(lines) - len(self.lines)
        most, before = min(len(old), len(findings)), 0
        while before < most and findings[before].span.end < first and is_same(old[before], findings[before], 0):
            before += 1
        behind, end = 0, self.lines.size - last if first < self.lines.size else 0
        while behind < most - before and old[-1 - behind].span.start >= end:
            if not is_same(old[-1 - behind], findings[-1 - behind], by):
                break
            behind += 1
        ahead = [
            item if serves(item, f) else make(f) for f, item in zip(findings[:before], there[:before], strict=True)
        ]
        rest = zip(findings[len(findings) - behind :], there[len(old) - behind :], strict=True)
        left = [make(f) if not serves(item, f) else item.moved(down) if down else item for f, item in rest]
        return [*ahead, *map(make, findings[before : len(findings) - behind]), *left]


def is_same(old: Finding, new: Finding, by: int) -> bool:
    """Whether a finding is one that there was, so many characters further on. Its related places are not looked at."""
    return (
        old.span.start + by == new.span.start
        and old.span.end + by == new.span.end
        and old.fingerprint == new.fingerprint
        and old.message == new.message
        and old.severity is new.severity
        and old.rule == new.rule
        and bool(old.related) == bool(new.related)
    )


def same_blocks(old: Lines, new: Lines) -> tuple[int, int]:
    """How many characters are the same at the beginning and at the end of two texts, by whole blocks that are."""
    (first, last), _ = difference(was := old.blocks, new.blocks)
    return sum(map(len, was[:first])), sum(map(len, was[len(was) - last :]))


def workspace_edit(parts: Iterable[tuple[Edits, Files]], client: Client, confirm: str = "") -> types.WorkspaceEdit:
    """The edits, with the version of each open document; None for a file that is not open.

    A file can only be created among `documentChanges`, so these are used for that even where the client did not
    declare them. A client that can shows the edits first, under the words in `confirm`, and asks.
    """
    creates: dict[str, str] = {}
    edits: dict[str, list[types.TextEdit]] = {}
    versions: dict[str, int | None] = {}
    for part, files in parts:
        creates |= {files.uri(path): text for path, text in part.creates}
        for edit in part.changes:
            lines, uri = files.lines(edit.path), files.uri(edit.path)
            assert lines is not None, f"an edit of {edit.path}, which is not in the project"
            versions[uri] = files.version(edit.path)
            edits.setdefault(uri, []).append(types.TextEdit(range_of(lines, edit.span, client.encoding), edit.text))
    if not client.document_changes and not creates:
        return types.WorkspaceEdit(changes=edits)
    asks = bool(confirm) and client.change_annotations
    changes: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    top = types.Position(0, 0)
    for uri, text in creates.items():
        changes.append(types.CreateFile(uri=uri))
        changes.append(document_edit(uri, None, [types.TextEdit(types.Range(top, top), text)]))
    changes += [document_edit(uri, versions[uri], made, asks=asks) for uri, made in edits.items()]
    annotations = {ANNOTATION: types.ChangeAnnotation(confirm, needs_confirmation=True)} if asks else None
    return types.WorkspaceEdit(document_changes=changes, change_annotations=annotations)


def document_edit(
    uri: str, version: int | None, edits: list[types.TextEdit], *, asks: bool = False
) -> types.TextDocumentEdit:
    return types.TextDocumentEdit(
        types.OptionalVersionedTextDocumentIdentifier(uri, version),
        [types.AnnotatedTextEdit(ANNOTATION, edit.range, edit.new_text) for edit in edits] if asks else edits,
    )
