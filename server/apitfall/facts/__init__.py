"""What one file says, read without any other file."""

from apitfall.facts.model import (
    UNKNOWN,
    ClassFacts,
    FunctionFacts,
    Import,
    ModuleFacts,
    Parameter,
    Step,
    Value,
    Variable,
)
from apitfall.facts.packed import pack, unpack
from apitfall.facts.quick import Unsure, quick_facts
from apitfall.facts.values import value_of
from apitfall.facts.whole import Extraction, extract
from apitfall.text import Place

__all__ = [
    "UNKNOWN",
    "ClassFacts",
    "Extraction",
    "FunctionFacts",
    "Import",
    "ModuleFacts",
    "Parameter",
    "Place",
    "Step",
    "Unsure",
    "Value",
    "Variable",
    "extract",
    "pack",
    "quick_facts",
    "unpack",
    "value_of",
]
