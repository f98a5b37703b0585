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
    "Value",
    "Variable",
    "extract",
    "pack",
    "unpack",
    "value_of",
]
