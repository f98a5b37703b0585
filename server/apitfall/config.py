"""The settings of a project: ``[tool.apitfall]`` of its pyproject.toml, or apitfall.toml in the same shape.

Knows the settings' names and types; does not read files, and does not know which rules there are until it is told.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Option = str | int | bool | tuple[str, ...]


class ConfigError(Exception):
    """A setting that cannot be taken; the message names it, and what was meant if that can be guessed."""


@dataclass(frozen=True)
class Config:
    """`select` empty means every rule. `environment` is a folder, absolute or relative to the project's root.

    `exclude` of None means the default; `docs_url` replaces the folder of a rule's page in links.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    environment: str | None = None
    docs_url: str | None = None
    rules: Mapping[str, Mapping[str, Option]] = field(default_factory=dict[str, Mapping[str, Option]])

    def selects(self, rule: str) -> bool:
        return (not self.select or rule in self.select) and rule not in self.ignore

    def option(self, rule: str, name: str, default: Option) -> Option:
        return self.rules.get(rule, {}).get(name, default)


def read(text: str, where: str, rules: Mapping[str, Mapping[str, Option]]) -> Config | None:
    """The settings in the text of a pyproject.toml or, if `where` ends so, an apitfall.toml; None if it has none.

    `rules` gives each rule's options with their defaults, whose types are the options' types.
    """
    try:
        table: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: {error}") from error
    if not where.endswith("apitfall.toml"):
        tool = table.get("tool", {})
        table = tool.get("apitfall") if isinstance(tool, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if table is None:
        return None
    return from_table(table, where, rules)  # pyright: ignore[reportUnknownArgumentType]


def from_table(table: object, where: str, rules: Mapping[str, Mapping[str, Option]]) -> Config:
    """The same from a table that was read already."""
    keys = mapping(table, where, "[tool.apitfall]")
    known = ("select", "ignore", "exclude", "extend-exclude", "environment", "docs-url", "rules")
    for key in keys:
        if key not in known:
            raise ConfigError(f"{where}: unknown setting `{key}`{guess(key, known)}")
    for key in ("select", "ignore"):
        for name in strings(keys.get(key, ()), where, key):
            if name not in rules:
                raise ConfigError(f"{where}: `{key}` names an unknown rule `{name}`{guess(name, rules)}")
    return Config(
        select=strings(keys.get("select", ()), where, "select"),
        ignore=strings(keys.get("ignore", ()), where, "ignore"),
        exclude=strings(keys["exclude"], where, "exclude") if "exclude" in keys else None,
        extend_exclude=strings(keys.get("extend-exclude", ()), where, "extend-exclude"),
        environment=string(keys["environment"], where, "environment") if "environment" in keys else None,
        docs_url=string(keys["docs-url"], where, "docs-url") if "docs-url" in keys else None,
        rules=options(keys.get("rules", {}), where, rules),
    )


def options(table: object, where: str, rules: Mapping[str, Mapping[str, Option]]) -> Mapping[str, Mapping[str, Option]]:
    out: dict[str, Mapping[str, Option]] = {}
    for rule, given in mapping(table, where, "rules").items():
        if rule not in rules:
            raise ConfigError(f"{where}: `rules.{rule}`: unknown rule{guess(rule, rules)}")
        values: dict[str, Option] = {}
        for key, value in mapping(given, where, f"rules.{rule}").items():
            name = key.replace("-", "_")
            if name not in rules[rule] or "_" in key:
                names = [n.replace("_", "-") for n in rules[rule]]
                raise ConfigError(f"{where}: `rules.{rule}` has no option `{key}`{guess(key, names)}")
            values[name] = typed(value, rules[rule][name], where, f"rules.{rule}.{key}")
        out[rule] = values
    return out


def typed(value: object, default: Option, where: str, key: str) -> Option:
    if isinstance(default, tuple):
        return strings(value, where, key)
    if type(value) is not type(default):
        raise ConfigError(f"{where}: `{key}` must be {WORDS[type(default)]}, not {value!r}")
    return value  # pyright: ignore[reportReturnType]


WORDS: Mapping[type, str] = {str: "a string", int: "a number", bool: "true or false"}


def mapping(value: object, where: str, key: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: `{key}` must be a table, not {value!r}")
    return value  # pyright: ignore[reportUnknownVariableType]


def strings(value: object, where: str, key: str) -> tuple[str, ...]:
    items: list[object] = list(value) if isinstance(value, (list, tuple)) else [None]  # pyright: ignore[reportUnknownArgumentType]
    if not all(isinstance(v, str) for v in items):
        raise ConfigError(f"{where}: `{key}` must be a list of strings, not {value!r}")
    return tuple(str(v) for v in items)


def string(value: object, where: str, key: str) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"{where}: `{key}` must be a string, not {value!r}")
    return value


def guess(word: str, among: object) -> str:
    close = difflib.get_close_matches(word, list(among), n=1)  # pyright: ignore[reportArgumentType, reportUnknownArgumentType, reportUnknownVariableType, reportCallIssue]
    return f"; did you mean `{close[0]}`?" if close else ""
