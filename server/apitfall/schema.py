"""The settings as a JSON Schema, made from their declaration and from the options of the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apitfall import registry
from apitfall.config import LEVELS, SETTINGS, Option, Setting
from apitfall.registry import RulePackage

Json = dict[str, Any]


def schema(packages: Sequence[RulePackage]) -> Json:
    """The JSON Schema (draft 7) of the table ``[tool.apitfall]`` and of an apitfall.toml."""
    options = registry.options(packages)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Settings of apitfall",
        "type": "object",
        "additionalProperties": False,
        "properties": {setting.name: {"description": setting.says, **value(setting, options)} for setting in SETTINGS},
    }


def value(setting: Setting, options: Mapping[str, Mapping[str, Option]]) -> Json:
    """What a setting may hold."""
    rules: Json = {"type": "array", "items": {"enum": sorted(options)}, "uniqueItems": True}
    match setting.kind:
        case "rules":
            return rules
        case "globs":
            return {"type": "array", "items": {"type": "string"}}
        case "rules by glob":
            return {"type": "object", "additionalProperties": rules}
        case "level by rule":
            level: Json = {"enum": list(LEVELS)}
            return table(dict.fromkeys(sorted(options), level))
        case "options":
            return table({rule: table(own(found)) for rule, found in sorted(options.items()) if found})
        case kind:
            return {"type": kind}


def table(properties: Mapping[str, Json]) -> Json:
    return {"type": "object", "additionalProperties": False, "properties": dict(properties)}


def own(options: Mapping[str, Option]) -> dict[str, Json]:
    """The options of one rule with their defaults."""
    return {name.replace("_", "-"): {**option(default), "default": plain(default)} for name, default in options.items()}


def option(default: Option) -> Json:
    if isinstance(default, tuple):
        return {"type": "array", "items": {"type": "string"}}
    return {"type": {bool: "boolean", int: "integer", str: "string"}[type(default)]}


def plain(default: Option) -> object:
    return list(default) if isinstance(default, tuple) else default
