"""The rule packages that are installed, found through the entry-point group ``apitfall.rules``."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path

from apitfall.config import Option
from apitfall.rule import InlayRule, LensRule, Rule
from apitfall.types import Type

API = 1
log = logging.getLogger("apitfall")


@dataclass(frozen=True)
class RulePackage:
    """What a rule package holds and declares.

    `packages` are the top import names that wake it at all, `exclude` globs of files left out by default, `types` what
    the server needs to know of its libraries. `folder` holds the pages. `application` are the keys below ``tool`` of a
    pyproject.toml under which a project names its application, ``module:variable``, if there are such. `ahead` are
    names, ``package.module:Class.method``, whose files an editor's types are likely to need.
    """

    name: str
    rules: Mapping[str, Rule]
    packages: tuple[str, ...]
    exclude: tuple[str, ...]
    types: Mapping[str, Type]
    folder: Path
    lenses: Mapping[str, LensRule] = field(default_factory=dict[str, LensRule])
    inlays: Mapping[str, InlayRule] = field(default_factory=dict[str, InlayRule])
    application: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()


def load() -> list[RulePackage]:
    """All rule packages; one that cannot be loaded, or was written for another API, is left out and named in the log."""
    packages: list[RulePackage] = []
    for point in sorted(entry_points(group="apitfall.rules"), key=lambda p: p.value):
        if any(p.name == point.value for p in packages):
            continue
        try:
            packages.append(load_package(point.value))
        except Exception:
            log.exception("the rule package `%s` cannot be loaded", point.value)
    return packages


def load_package(name: str) -> RulePackage:
    """The rule package that can be imported under this name; ImportError and ValueError say what is wrong with it."""
    package = importlib.import_module(name)
    if getattr(package, "API", None) != API:
        raise ValueError(f"`{name}` is written for API {getattr(package, 'API', 'unknown')}; this is API {API}")
    folder = Path(next(iter(package.__path__)))
    rules: dict[str, Rule] = {}
    lenses: dict[str, LensRule] = {}
    inlays: dict[str, InlayRule] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.ispkg or module.name.startswith("_"):
            continue
        for value in vars(importlib.import_module(f"{name}.{module.name}")).values():
            if isinstance(value, Rule):
                rules[value.name] = value
            elif isinstance(value, LensRule):
                lenses[value.name] = value
            elif isinstance(value, InlayRule):
                inlays[value.name] = value
    for rule in rules:
        if not (folder / f"{rule}.md").is_file():
            raise ValueError(f"`{name}`: the rule `{rule}` has no page `{rule}.md`")
    return RulePackage(
        name,
        rules,
        tuple(package.PACKAGES),
        tuple(package.EXCLUDE),
        dict(package.TYPES),
        folder,
        lenses,
        inlays,
        tuple(getattr(package, "APPLICATION", ())),
        tuple(getattr(package, "AHEAD", ())),
    )


def page(packages: Sequence[RulePackage], rule: str) -> Path:
    """The page of a rule; KeyError if no package has the rule."""
    for package in packages:
        if rule in package.rules:
            return package.folder / f"{rule}.md"
    raise KeyError(rule)


def options(packages: Sequence[RulePackage]) -> Mapping[str, Mapping[str, Option]]:
    """The options of every rule with their defaults, as `config.read` wants them."""
    return {name: rule.options for package in packages for name, rule in package.rules.items()}


def waking(packages: Sequence[RulePackage]) -> re.Pattern[str]:
    """An import of something that the packages are about."""
    tops = [re.escape(name) for package in packages for name in package.packages]
    return re.compile(rf"^[ \t\ufeff]*(?:import|from)[ \t]+(?:{'|'.join(tops)})\b", re.M)
