"""The protocol as a JSON schema says it that `make-schema.sh` makes of the official typings."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError, best_match

from conformance.grammar import Message, Part


class Schema:
    name = "JSON schema"

    def __init__(self, path: Path) -> None:
        schema = json.loads(path.read_text(encoding="utf-8"))
        self.methods: dict[str, dict[str, Any]] = schema["methods"]
        self.definitions = schema["definitions"]
        self.validator = lru_cache(maxsize=None)(self.make_validator)

    def make_validator(self, name: str) -> Draft7Validator:
        return Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": self.definitions})

    def message(self, method: str) -> Message | None:
        if method not in self.methods:
            return None
        said = self.methods[method]
        return Message(said["direction"], said["request"], "params" in said)

    def faults(self, method: str, part: Part, value: Any) -> list[str]:
        name = self.methods[method].get(part)
        if name is None:
            return [f"{part}: {value!r} is not null"] if part == "result" and value is not None else []
        return [f"{part}: {sentence(error)}" for error in self.validator(name).iter_errors(value)]


def sentence(error: ValidationError) -> str:
    """The innermost reason, and where it is; of several alternatives the one that came closest."""
    inner = best_match([error]) or error
    at = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in inner.absolute_path)
    return f"{at.lstrip('.')}: {inner.message[:300]}"
