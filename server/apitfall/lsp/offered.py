"""What the answer to `initialize` names: it is given before the modules are imported that do these things."""

from __future__ import annotations

from lsprotocol import types

QUICK_FIX = types.CodeActionKind.QuickFix.value
FIX_ALL = "source.fixAll.apitfall"
KINDS = (QUICK_FIX, FIX_ALL)

APPLY = "apitfall.apply"  # the command that makes an action for a client that knows only commands
COMMANDS = (
    APPLY,
    "apitfall.fixFile",
    "apitfall.fixWorkspace",
    "apitfall.checkWorkspace",
    "apitfall.explain",
    "apitfall.application",
)

DIAGNOSTICS = types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=True, identifier="apitfall")

OPERATIONS = types.FileOperationRegistrationOptions(
    [
        types.FileOperationFilter(
            types.FileOperationPattern("**/*.{py,pyi}", types.FileOperationPatternKind.File), "file"
        ),
        types.FileOperationFilter(types.FileOperationPattern("**", types.FileOperationPatternKind.Folder), "file"),
    ]
)
