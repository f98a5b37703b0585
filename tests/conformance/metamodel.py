"""The protocol as its official meta model says it (metaModel.json, version 3.18)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conformance.grammar import Message, Part

Json = dict[str, Any]
TEXTS = {"string", "URI", "DocumentUri", "RegExp"}
RANGES = {"integer": (-(2**31), 2**31 - 1), "uinteger": (0, 2**31 - 1)}
FREE = {"LSPAny", "LSPObject", "LSPArray"}  # defined by each other: any JSON
PARTS: dict[Part, str] = {"params": "params", "result": "result", "registration": "registrationOptions"}


class MetaModel:
    name = "meta model"

    def __init__(self, path: Path) -> None:
        model = json.loads(path.read_text(encoding="utf-8"))
        self.structures: dict[str, Json] = {s["name"]: s for s in model["structures"]}
        self.enumerations: dict[str, Json] = {e["name"]: e for e in model["enumerations"]}
        self.aliases: dict[str, Json] = {a["name"]: a["type"] for a in model["typeAliases"]}
        self.messages: dict[str, tuple[Json, bool]] = {m["method"]: (m, False) for m in model["notifications"]}
        self.messages |= {m["method"]: (m, True) for m in model["requests"]}

    def message(self, method: str) -> Message | None:
        if method not in self.messages:
            return None
        said, is_request = self.messages[method]
        return Message(said["messageDirection"], is_request, "params" in said)

    def faults(self, method: str, part: Part, value: Any) -> list[str]:
        said, _ = self.messages[method]
        kind = said.get(PARTS[part])
        return [] if kind is None else self.check(value, kind, part)

    def check(self, value: Any, kind: Json, at: str) -> list[str]:
        """What of a value is not of a type, `kind` being the meta model's word for one."""
        match kind:
            case {"kind": "base", "name": name}:
                return [] if is_base(value, name) else [f"{at}: {value!r} is no {name}"]
            case {"kind": "stringLiteral", "value": text}:
                return [] if value == text else [f"{at}: {value!r} is not {text!r}"]
            case {"kind": "reference", "name": name}:
                return self.check_named(value, name, at)
            case {"kind": "array", "element": element}:
                if not isinstance(value, list):
                    return [f"{at}: {value!r} is no array"]
                return [f for i, item in enumerate(value) for f in self.check(item, element, f"{at}[{i}]")]
            case {"kind": "tuple", "items": items}:
                if not isinstance(value, list) or len(value) != len(items):
                    return [f"{at}: {value!r} is no tuple of {len(items)}"]
                pairs = enumerate(zip(value, items, strict=True))
                return [f for i, (item, of) in pairs for f in self.check(item, of, f"{at}[{i}]")]
            case {"kind": "map", "key": _, "value": of}:
                if not isinstance(value, dict):
                    return [f"{at}: {value!r} is no object"]
                return [f for key, item in value.items() for f in self.check(item, of, f"{at}.{key}")]
            case {"kind": "or", "items": items}:
                attempts = [self.check(value, item, at) for item in items]
                return min(attempts, key=len)
            case {"kind": "and", "items": items}:
                return self.check_object(value, [p for item in items for p in self.properties(item["name"])], at)
            case {"kind": "literal", "value": {"properties": properties}}:
                return self.check_object(value, properties, at)
            case _:
                raise AssertionError(f"a kind of type that is not known: {kind}")

    def check_named(self, value: Any, name: str, at: str) -> list[str]:
        if name in FREE:
            return []
        if name in self.structures:
            return self.check_object(value, self.properties(name), at)
        if name in self.aliases:
            return self.check(value, self.aliases[name], at)
        enumeration = self.enumerations[name]
        is_open = enumeration.get("supportsCustomValues", False)
        if is_open or value in [v["value"] for v in enumeration["values"]]:
            return self.check(value, enumeration["type"], at)
        return [f"{at}: {value!r} is no {name}"]

    def check_object(self, value: Any, properties: list[Json], at: str) -> list[str]:
        if not isinstance(value, dict):
            return [f"{at}: {value!r} is no object"]
        known = {p["name"]: p for p in properties}
        missing = [f"{at}: no {n}" for n, p in known.items() if n not in value and not p.get("optional")]
        unknown = [f"{at}: unknown property {n}" for n in value if n not in known]
        wrong = [f for n, v in value.items() if n in known for f in self.check(v, known[n]["type"], f"{at}.{n}")]
        return missing + unknown + wrong

    def properties(self, name: str) -> list[Json]:
        """Those of a structure; what it inherits comes first, for it may say the same name more narrowly."""
        structure = self.structures[name]
        above = structure.get("extends", []) + structure.get("mixins", [])
        return [p for parent in above for p in self.properties(parent["name"])] + structure["properties"]


def is_base(value: Any, name: str) -> bool:
    if name in TEXTS:
        return isinstance(value, str)
    if name == "null":
        return value is None
    if name == "boolean":
        return isinstance(value, bool)
    if name == "decimal":
        return isinstance(value, int | float) and not isinstance(value, bool)
    low, high = RANGES[name]
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
