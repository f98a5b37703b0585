"""What a server may send to a client that declared so much and no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

# a request of the server's, and the capability without which a client does not know it
REQUESTS = {
    "workspace/applyEdit": "workspace.applyEdit",
    "workspace/configuration": "workspace.configuration",
    "workspace/workspaceFolders": "workspace.workspaceFolders",
    "workspace/codeLens/refresh": "workspace.codeLens.refreshSupport",
    "workspace/diagnostic/refresh": "workspace.diagnostics.refreshSupport",
    "workspace/inlayHint/refresh": "workspace.inlayHint.refreshSupport",
    "workspace/semanticTokens/refresh": "workspace.semanticTokens.refreshSupport",
    "window/workDoneProgress/create": "window.workDoneProgress",
    "window/showDocument": "window.showDocument.support",
}

# a property of a diagnostic or code action, and the capability without which a client does not read it
DIAGNOSTIC = {
    "codeDescription": "codeDescriptionSupport",
    "data": "dataSupport",
    "relatedInformation": "relatedInformation",
    "tags": "tagSupport",
}
ACTION = {
    "data": "dataSupport",
    "disabled": "disabledSupport",
    "isPreferred": "isPreferredSupport",
    "tags": "tagSupport",
}

# what is registered, and the capability that says so, where its name is another
REGISTRATIONS = {
    **{
        f"textDocument/{name}": "textDocument.synchronization"
        for name in ("didOpen", "didChange", "didClose", "didSave", "willSave", "willSaveWaitUntil")
    },
    **{
        f"workspace/{when}{what}Files": "workspace.fileOperations"
        for when in ("did", "will")
        for what in ("Create", "Rename", "Delete")
    },
}


class Declared:
    """The capabilities of one client."""

    def __init__(self, capabilities: Json) -> None:
        self.capabilities = capabilities

    def get(self, path: str) -> Any:
        value: Any = self.capabilities
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def has(self, path: str) -> bool:
        """Whether it is there and not false; an empty object says yes."""
        return self.get(path) not in (None, False)

    def excess(self, method: str, part: str, value: Any) -> Iterator[str]:
        """What the client did not ask for, in the params of what a server sends or in the result of what it answers."""
        if part == "params" and method in REQUESTS and not self.has(REQUESTS[method]):
            yield f"{method} without {REQUESTS[method]}"
        match (method, value):
            case ("textDocument/publishDiagnostics", {"diagnostics": list(diagnostics)}):
                for diagnostic in diagnostics:
                    yield from self.diagnostic(diagnostic)
            case ("textDocument/diagnostic", {"items": list(diagnostics)}):
                for diagnostic in diagnostics:
                    yield from self.diagnostic(diagnostic)
            case ("workspace/diagnostic", {"items": list(reports)}):
                for diagnostic in (diagnostic for report in reports for diagnostic in report.get("items", ())):
                    yield from self.diagnostic(diagnostic)
            case ("client/registerCapability", {"registrations": list(registrations)}):
                for registration in registrations:
                    yield from self.registration(registration["method"])
            case ("textDocument/codeAction", list(actions)):
                for action in actions:
                    yield from self.action(action)
            case ("codeAction/resolve", dict()):
                yield from self.edit(value.get("edit"))
            case ("workspace/applyEdit", {"edit": edit}):
                yield from self.edit(edit)
            case ("workspace/willRenameFiles", dict()):
                yield from self.edit(value)
            case ("textDocument/hover", {"contents": {"kind": kind}}):
                if kind not in (self.get("textDocument.hover.contentFormat") or ["plaintext"]):
                    yield f"a hover in {kind}"
            case ("initialize", {"capabilities": dict(capabilities)}):
                if "diagnosticProvider" in capabilities and not self.has("textDocument.diagnostic"):
                    yield "diagnostics to ask for, without textDocument.diagnostic"
                encoding = capabilities.get("positionEncoding", "utf-16")
                if encoding not in (self.get("general.positionEncodings") or ["utf-16"]):
                    yield f"positions in {encoding}"
            case _:
                pass

    def without(self, path: str, properties: dict[str, str], value: Json) -> Iterator[str]:
        for name, capability in properties.items():
            if name in value and not self.has(f"{path}.{capability}"):
                yield f"{name} without {path}.{capability}"

    def diagnostic(self, diagnostic: Json) -> Iterator[str]:
        """Since 3.18 a client that asks for diagnostics says there as well what it reads of one."""
        read = {name for name, capability in DIAGNOSTIC.items() if self.has(f"textDocument.diagnostic.{capability}")}
        of = {name: capability for name, capability in DIAGNOSTIC.items() if name not in read}
        yield from self.without("textDocument.publishDiagnostics", of, diagnostic)

    def registration(self, method: str) -> Iterator[str]:
        path = REGISTRATIONS.get(method, method.replace("/", "."))
        if not self.has(f"{path}.dynamicRegistration"):
            yield f"{method} registered without {path}.dynamicRegistration"

    def action(self, action: Json) -> Iterator[str]:
        if isinstance(action.get("command"), str):  # a command, which every client knows
            return
        path = "textDocument.codeAction"
        if not self.has(f"{path}.codeActionLiteralSupport"):
            yield f"a code action that is no command, without {path}.codeActionLiteralSupport"
        yield from self.without(path, ACTION, action)
        resolved = self.get(f"{path}.resolveSupport.properties") or ()
        if not {"edit", "command", "disabled"} & {*action, *resolved}:
            yield f"a code action that does nothing before it is resolved, without {path}.resolveSupport"
        yield from self.edit(action.get("edit"))

    def edit(self, edit: Json | None) -> Iterator[str]:
        """What is in a workspace edit. A client that takes operations on files takes them among documentChanges."""
        path = "workspace.workspaceEdit"
        changes: list[Json] = (edit or {}).get("documentChanges", [])
        operations = {change["kind"] for change in changes if "kind" in change}
        if changes and not operations and not self.has(f"{path}.documentChanges"):
            yield f"documentChanges without {path}.documentChanges"
        for operation in sorted(operations - set(self.get(f"{path}.resourceOperations") or ())):
            yield f"an operation {operation} without {path}.resourceOperations"
        if "changeAnnotations" in (edit or {}) and not self.has(f"{path}.changeAnnotationSupport"):
            yield f"changeAnnotations without {path}.changeAnnotationSupport"
