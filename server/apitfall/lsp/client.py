"""What the client at the other end can take."""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol import types
from pygls.capabilities import get_capability

Encoding = types.PositionEncodingKind


@dataclass(frozen=True)
class Client:
    """What a client declared, as far as an answer depends on it.

    `encoding` is the unit of a position's character. `resolves_edits`: a code action may come without its edit.
    `creates_files`: a workspace edit may create a file.
    """

    encoding: Encoding = Encoding.Utf16
    code_description: bool = False
    related_information: bool = False
    document_changes: bool = False
    creates_files: bool = False
    resolves_edits: bool = False
    markdown: bool = False


def client_of(capabilities: types.ClientCapabilities, encoding: Encoding) -> Client:
    def has(*fields: str) -> bool:
        return all(get_capability(capabilities, field) for field in fields)  # pyright: ignore[reportCallIssue, reportArgumentType]

    action = "text_document.code_action"
    resolved = get_capability(capabilities, "text_document.code_action.resolve_support.properties", [])
    operations = get_capability(capabilities, "workspace.workspace_edit.resource_operations", [])
    formats = get_capability(capabilities, "text_document.hover.content_format", [])
    return Client(
        encoding=encoding,
        code_description=has("text_document.publish_diagnostics.code_description_support"),
        related_information=has("text_document.publish_diagnostics.related_information"),
        document_changes=has("workspace.workspace_edit.document_changes"),
        creates_files=types.ResourceOperationKind.Create in operations,
        resolves_edits="edit" in resolved and has(f"{action}.data_support"),
        markdown=types.MarkupKind.Markdown in formats,
    )
