"""The descriptions of the protocol that there are on this machine."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from conformance.grammar import Grammar
from conformance.metamodel import MetaModel
from conformance.schema import Schema

ROOT = Path(__file__).resolve().parents[2]
META_MODEL = ROOT.parent / "shared" / "editors" / "conformance" / "metaModel.json"
SCHEMA = ROOT / "build" / "conformance" / "lsp-schema.json"
ABSENT = "no description of the protocol is here: tests/conformance/make-schema.sh makes one with npm"


@cache
def grammars() -> tuple[Grammar, ...]:
    """The official meta model if it lies beside the repository, and the schema if it was made.

    Where the environment variable `APITFALL_LSP_SCHEMA` names the schema, it has to be there.
    """
    found: list[Grammar] = [MetaModel(META_MODEL)] if META_MODEL.is_file() else []
    demanded = os.environ.get("APITFALL_LSP_SCHEMA")
    if demanded or SCHEMA.is_file():
        found.append(Schema(Path(demanded) if demanded else SCHEMA))
    return tuple(found)
