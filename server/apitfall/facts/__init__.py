"""What one file says, read without any other file.

What needs libcst is imported when it is first asked for: a process that reads files seldom does.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from apitfall.facts.model import (
    UNKNOWN,
    ClassFacts,
    ExceptClause,
    FunctionFacts,
    Import,
    ModuleFacts,
    Parameter,
    Step,
    Value,
    Variable,
)
from apitfall.facts.packed import Unpacked, pack, pack_rows, unpack
from apitfall.facts.quick import facts_and_pieces, quick_facts, rows_and_pieces
from apitfall.syntax.outline import Unsure
from apitfall.text import Place

if TYPE_CHECKING:
    from apitfall.facts.values import value_of
    from apitfall.facts.whole import Extraction, extract

__all__ = [
    "UNKNOWN",
    "ClassFacts",
    "ExceptClause",
    "Extraction",
    "FunctionFacts",
    "Import",
    "ModuleFacts",
    "Parameter",
    "Place",
    "Step",
    "Unpacked",
    "Unsure",
    "Value",
    "Variable",
    "extract",
    "facts_and_pieces",
    "pack",
    "pack_rows",
    "quick_facts",
    "rows_and_pieces",
    "unpack",
    "value_of",
]
LATER = {"Extraction": "whole", "extract": "whole", "value_of": "values"}


def __getattr__(name: str) -> object:
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # All at once: the module `extract`, which `whole` imports, would hide the function.
    modules = {module: import_module(f"{__name__}.{module}") for module in LATER.values()}
    globals().update({each: getattr(modules[module], each) for each, module in LATER.items()})
    return globals()[name]
