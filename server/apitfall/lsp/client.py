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
    `creates_files`: a workspace edit may create a file. `change_annotations`: it may say what is to be confirmed.
    `action_literals`: an answer may hold code actions, and not only commands. `applies_edits`: it can be asked to make a
    workspace edit. `configuration`: it can be asked for its settings. `watches_files` and `tells_settings`: it can be
    asked to tell of changes of files, and of its settings. `pulls`: it asks for diagnostics, and can be asked to ask again.
    """

    encoding: Encoding = Encoding.Utf16
    pulls: bool = False
    code_description: bool = False
    diagnostic_data: bool = False
    related_information: bool = False
    document_changes: bool = False
    creates_files: bool = False
    change_annotations: bool = False
    applies_edits: bool = False
    action_literals: bool = False
    preferred_actions: bool = False
    resolves_edits: bool = False
    markdown: bool = False
    progress: bool = False
    configuration: bool = False
    tells_settings: bool = False
    watches_files: bool = False


def client_of(capabilities: types.ClientCapabilities, encoding: Encoding) -> Client:
    def has(*fields: str) -> bool:
        return all(get_capability(capabilities, field) for field in fields)  # pyright: ignore[reportCallIssue, reportArgumentType]

    pulls = "text_document.diagnostic"
    shows = ["text_document.publish_diagnostics", *([pulls] if has(pulls) else [])]
    action = "text_document.code_action"
    resolved = get_capability(capabilities, "text_document.code_action.resolve_support.properties", [])
    operations = get_capability(capabilities, "workspace.workspace_edit.resource_operations", [])
    formats = get_capability(capabilities, "text_document.hover.content_format", [])
    return Client(
        encoding=encoding,
        pulls=has(pulls, "workspace.diagnostics.refresh_support"),
        code_description=any(has(f"{path}.code_description_support") for path in shows),
        diagnostic_data=any(has(f"{path}.data_support") for path in shows),
        related_information=any(has(f"{path}.related_information") for path in shows),
        document_changes=has("workspace.workspace_edit.document_changes"),
        creates_files=types.ResourceOperationKind.Create in operations,
        change_annotations=has("workspace.workspace_edit.change_annotation_support"),
        applies_edits=has("workspace.apply_edit"),
        action_literals=has(f"{action}.code_action_literal_support"),
        preferred_actions=has(f"{action}.is_preferred_support"),
        resolves_edits="edit" in resolved and has(f"{action}.data_support"),
        markdown=types.MarkupKind.Markdown in formats,
        progress=has("window.work_done_progress"),
        configuration=has("workspace.configuration"),
        tells_settings=has("workspace.did_change_configuration.dynamic_registration"),
        watches_files=has("workspace.did_change_watched_files.dynamic_registration"),
    )
