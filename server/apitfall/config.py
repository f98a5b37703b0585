"""The settings of a project: ``[tool.apitfall]`` of its pyproject.toml, or apitfall.toml in the same shape.

Knows the settings' names and types; does not read files, and does not know which rules there are until it is told.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError

from apitfall.text import Lines, Span

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Option = str | int | bool | tuple[str, ...]
Rules = Mapping[str, Mapping[str, Option]]
LEVELS = ("error", "warning", "information", "hint")


@dataclass(frozen=True)
class Setting:
    """A setting as it is written. `kind` says what it may hold, in the words of `KINDS`; `says` is its documentation."""

    name: str
    kind: str
    says: str


SETTINGS = (
    Setting("select", "rules", "The rules that run. Empty, or left out: all of them."),
    Setting("ignore", "rules", "Rules that do not run."),
    Setting(
        "exclude", "globs", "Files and folders that are left out, in place of the default, in .gitignore's syntax."
    ),
    Setting("extend-exclude", "globs", "Files and folders that are left out beside these."),
    Setting("per-file-ignores", "rules by glob", "Rules that do not run in the files that a glob matches."),
    Setting("severity", "level by rule", "The severity of a rule's findings, in place of the rule's own."),
    Setting("environment", "string", "The folder of the virtual environment, absolute or relative to the project."),
    Setting("workspace-diagnostics", "boolean", "Whether an editor is told of findings in files that are not open."),
    Setting("docs-url", "string", "The address of the folder of the rules' pages, in place of the installed pages."),
    Setting("rules", "options", "The options of rules: a table for each rule."),
)
KINDS = {
    "rules": "a list of rules",
    "globs": "a list of globs",
    "string": "a string",
    "boolean": "true or false",
    "rules by glob": "a table of glob = list of rules",
    "level by rule": "a table of rule = level",
    "options": "a table of rule = table of options",
}
WORDS: Mapping[type, str] = {str: "a string", int: "a number", bool: "true or false", tuple: "a list of strings"}


@dataclass(frozen=True)
class Problem:
    """Something in the settings that cannot be taken.

    `key` is the path of keys to it in the table, empty where the text is no TOML; `word` the item of a list that is
    wrong. `line` and `column` are 0-based, and given where there is no key.
    """

    key: tuple[str, ...]
    message: str
    word: str = ""
    line: int = 0
    column: int = 0


class ConfigError(Exception):
    """Settings that cannot be taken: a sentence for each problem, with the nearest name if one is close."""

    def __init__(self, where: str, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{where}: {problem.message}" for problem in self.problems))


@dataclass(frozen=True)
class Config:
    """`select` empty means every rule. `environment` is a folder, absolute or relative to the project's root.

    `exclude` of None means the default; `docs_url` replaces the folder of a rule's page in links. `severity` gives the
    name of a level by rule. `below` leads, with a slash at its end, from the folder of the settings to the project's
    root, and is empty where they are the same.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    severity: Mapping[str, str] = field(default_factory=dict[str, str])
    environment: str | None = None
    workspace_diagnostics: bool = False
    docs_url: str | None = None
    rules: Rules = field(default_factory=dict[str, Mapping[str, Option]])
    below: str = ""

    def selects(self, rule: str) -> bool:
        return (not self.select or rule in self.select) and rule not in self.ignore

    def ignored_in(self, path: str) -> frozenset[str]:
        """The rules that do not run in a file, by its path relative to the project's root."""
        return frozenset(
            rule for globs, rules in self._ignores if globs.match_file(self.below + path) for rule in rules
        )

    @cached_property
    def _ignores(self) -> tuple[tuple[GitIgnoreSpec, tuple[str, ...]], ...]:
        return tuple((GitIgnoreSpec.from_lines([glob]), rules) for glob, rules in self.per_file_ignores.items())

    def option(self, rule: str, name: str, default: Option) -> Option:
        return self.rules.get(rule, {}).get(name, default)


def read(text: str, where: str, rules: Rules) -> Config | None:
    """The settings in the text of a pyproject.toml or, if `where` ends so, an apitfall.toml; None if it has none.

    `rules` gives each rule's options with their defaults, whose types are the options' types. Raises `ConfigError`.
    """
    try:
        table: Any = tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line, column = (int(at[1]) - 1, int(at[2]) - 1) if at else (len(Lines(text)) - 1, 0)
        raise ConfigError(where, [Problem((), str(error), line=line, column=column)]) from error
    if not is_own(where):
        tool = table.get("tool", {})
        table = cast("dict[str, object]", tool).get("apitfall") if isinstance(tool, dict) else None
    return None if table is None else from_table(table, where, rules)


def is_own(where: str) -> bool:
    """Whether a settings file is all ours, so that its tables have no ``tool.apitfall`` before their names."""
    return where.endswith("apitfall.toml")


def from_table(table: object, where: str, rules: Rules) -> Config:
    """The same from a table that was read already."""
    reader = Reader(rules)
    taken = reader.settings(table)
    if reader.problems:
        raise ConfigError(where, reader.problems)
    return Config(**taken)


class Reader:
    """Takes a table apart and collects what is wrong with it."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.problems: list[Problem] = []

    def wrong(self, key: tuple[str, ...], message: str, word: str = "") -> None:
        self.problems.append(Problem(key, message, word))

    def settings(self, table: object) -> dict[str, Any]:
        kinds = {setting.name: setting.kind for setting in SETTINGS}
        taken: dict[str, Any] = {}
        for key, value in self.table(value=table, key=()).items():
            kind = kinds.get(key)
            if kind is None:
                self.wrong((key,), f"unknown setting `{key}`{guess(key, kinds)}")
            else:
                taken[key.replace("-", "_")] = self.value(kind, value, (key,))
        return taken

    def value(self, kind: str, value: object, key: tuple[str, ...]) -> object:
        match kind:
            case "rules":
                return self.rule_names(value, key)
            case "globs":
                return self.globs(value, key)
            case "rules by glob":
                by_glob = self.table(value, key)
                for glob in by_glob:
                    self.check_glob(glob, (*key, glob))
                return {glob: self.rule_names(rules, (*key, glob)) for glob, rules in by_glob.items()}
            case "level by rule":
                return {rule: self.level(level, (*key, rule)) for rule, level in self.by_rule(value, key).items()}
            case "options":
                return {rule: self.options(rule, given) for rule, given in self.by_rule(value, key).items()}
            case _:
                return self.typed(value, bool if kind == "boolean" else str, key)

    def options(self, rule: str, given: object) -> Mapping[str, Option]:
        known = {name.replace("_", "-"): default for name, default in self.rules[rule].items()}
        values: dict[str, Option] = {}
        for name, value in self.table(given, ("rules", rule)).items():
            key = ("rules", rule, name)
            if name not in known:
                self.wrong(key, f"`rules.{rule}` has no option `{name}`{guess(name, known)}")
            else:
                values[name.replace("-", "_")] = self.typed(value, type(known[name]), key)
        return values

    def by_rule(self, value: object, key: tuple[str, ...]) -> dict[str, object]:
        """The entries of a table whose keys are rules."""
        table = self.table(value, key)
        for rule in table.keys() - self.rules.keys():
            self.wrong((*key, rule), f"`{'.'.join(key)}` names an unknown rule `{rule}`{guess(rule, self.rules)}")
        return {rule: found for rule, found in table.items() if rule in self.rules}

    def rule_names(self, value: object, key: tuple[str, ...]) -> tuple[str, ...]:
        names = self.strings(value, key)
        for name in names:
            if name not in self.rules:
                said = f"`{'.'.join(key)}` names an unknown rule `{name}`{guess(name, self.rules)}"
                self.wrong(key, said, name)
        return names

    def globs(self, value: object, key: tuple[str, ...]) -> tuple[str, ...]:
        globs = self.strings(value, key)
        for glob in globs:
            self.check_glob(glob, key)
        return globs

    def check_glob(self, glob: str, key: tuple[str, ...]) -> None:
        try:
            GitIgnoreSpec.from_lines([glob])
        except (GitIgnorePatternError, re.error):
            self.wrong(key, f"`{'.'.join(key)}` has a glob that cannot be read: `{glob}`", glob)

    def level(self, value: object, key: tuple[str, ...]) -> str:
        if value in LEVELS:
            return str(value)
        near = guess(value, LEVELS) if isinstance(value, str) else ""
        names = ", ".join(f"`{level}`" for level in LEVELS)
        self.wrong(key, f"`{'.'.join(key)}` must be one of {names}, not {value!r}{near}")
        return LEVELS[0]

    def table(self, value: object, key: tuple[str, ...]) -> dict[str, object]:
        if isinstance(value, dict):
            return cast("dict[str, object]", value)
        self.wrong(key, f"`{'.'.join(key) or '[tool.apitfall]'}` must be a table, not {value!r}")
        return {}

    def strings(self, value: object, key: tuple[str, ...]) -> tuple[str, ...]:
        items: list[object] = list(cast("list[object]", value)) if isinstance(value, list) else [None]
        if all(isinstance(item, str) for item in items):
            return tuple(str(item) for item in items)
        self.wrong(key, f"`{'.'.join(key)}` must be a list of strings, not {value!r}")
        return ()

    def typed(self, value: object, kind: type, key: tuple[str, ...]) -> Any:
        """A value of an option's or setting's type; a whole number is no truth value here."""
        if kind is tuple:
            return self.strings(value, key)
        if type(value) is not kind:
            self.wrong(key, f"`{'.'.join(key)}` must be {WORDS[kind]}, not {value!r}")
        return value


def guess(word: str, among: Collection[str]) -> str:
    """``; did you mean `x`?``, or nothing if no name is near."""
    close = difflib.get_close_matches(word, list(among), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


# Where a problem stands

NAME = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
DOTTED = rf"{NAME}(?:[ \t]*\.[ \t]*{NAME})*"
KEYS = re.compile(rf"^[ \t]*(?:\[\[?[ \t]*(?P<header>{DOTTED})[ \t]*\]|(?P<entry>{DOTTED})[ \t]*=)", re.M)


def locate(text: str, where: str, problem: Problem) -> Span:
    """The key of a problem in the text of a settings file, or the item of a list that is wrong."""
    if not problem.key:
        lines = Lines(text)
        start = min(lines.start(min(problem.line, len(lines) - 1)) + problem.column, len(text))
        return Span(start, min(start + 1, len(text)))
    wanted = problem.key if is_own(where) else ("tool", "apitfall", *problem.key)
    table: tuple[str, ...] = ()
    best, depth = Span(0, 0), 0
    for found in KEYS.finditer(text):
        kind = "header" if found["header"] else "entry"
        names = tuple(name.strip(" \t\"'") for name in re.findall(NAME, found[kind]))
        path = names if kind == "header" else (*table, *names)
        table = names if kind == "header" else table
        if wanted[: len(path)] == path and len(path) > depth:
            best, depth = Span(*found.span(kind)), len(path)
    word = problem.word if depth == len(wanted) else wanted[-1]
    inside = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])").search(text, best.end) if word else None
    return Span(*inside.span()) if inside else best
