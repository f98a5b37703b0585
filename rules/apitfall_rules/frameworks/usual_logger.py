"""How the modules of a project come by their loggers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from apitfall.rule import Import, ProjectIndex, Scope, Value, collect_imports

from apitfall_rules.frameworks.logging import LOGGER_NAME, logger_library


class Way(NamedTuple):
    """What a module imports for its logger, and what is written behind that name to make one; empty where it is one.

    ``(Import("logging"), ".getLogger(__name__)")``, ``(Import("app.log", "logger"), "")``
    """

    found: Import
    made: str = ""


MOST = 20  # modules that are looked at
USUAL = Way(Import("logging"), ".getLogger(__name__)")


@collect_imports
def loggers(scope: Scope, project: ProjectIndex) -> Iterator[tuple[Way, str]]:
    """The loggers that modules import and make, by how another module would do it, by their symbols."""
    facts = project.module(scope.module) if not scope.function and not scope.owner else None
    if facts is None:
        return
    imports = {name: found for name, found in facts.imports.items() if not found.level and not found.typing}
    for name, found in imports.items():
        if LOGGER_NAME.search(found.name):
            yield Way(found), f"{scope.module}:{name}"
    for name, assigned in facts.variables.items():
        value = assigned[0].value
        way = way_of(value, imports) if value is not None and LOGGER_NAME.search(name) else None
        if way is not None:
            yield way, f"{scope.module}:{name}"


def way_of(value: Value, imports: Mapping[str, Import]) -> Way | None:
    """How a module makes its logger: by a call that another module can make as well."""
    callee = value.of if value.kind == "call" else None
    dotted = callee.dotted if callee is not None else None
    if dotted is None or any(key or arg != Value("name", "__name__") for key, arg in value.args):
        return None
    first, dot, rest = dotted.partition(".")
    given = "__name__" if value.args else ""
    return Way(imports[first], f"{dot}{rest}({given})") if first in imports else None


def usual_way(module: str, project: ProjectIndex) -> Way:
    """How most modules of the project come by a logger, if this one can do the same; that of the standard library where
    nothing is known.

    Where as many make one it is imported: whoever made that which they share did make one.
    """
    known = loggers(project)
    for way in sorted(known, key=lambda way: (-len(known[way]), way.made, way)):
        other, _, name = known[way][0].partition(":")
        if project.imported(module, way.found) != project.imported(other, way.found):
            continue
        if logger_library(Value("name", name), Scope(other), project) is None or (not way.made and is_class(way.found)):
            continue
        users = {symbol.partition(":")[0] for symbol in known[way]}
        if leads_to(module, users, project) or not leads_back(way.found, module, project):
            return way
    return USUAL


def is_class(found: Import) -> bool:
    """Whether what is imported is a class, which annotations name, by how it is written."""
    return found.name[:1].isupper() and not found.name.isupper()


def imported_by(module: str, project: ProjectIndex) -> set[str]:
    """The modules of the project that a module imports itself."""
    symbols = [project.imported(module, found) or "" for found in project.facts(module).imports.values()]
    return {symbol.partition(":")[0] for symbol in symbols if ":" in symbol}


def leads_to(module: str, others: Collection[str], project: ProjectIndex) -> bool:
    """Whether to import a module imports one of some others, so that what these import is there already."""
    return not imported_by(module, project).isdisjoint(others)


def leads_back(found: Import, module: str, project: ProjectIndex) -> bool:
    """Whether what is imported may import a module in turn, itself or through others; not looked for very far."""
    where, colon, _ = project.named(f"{found.module}.{found.name}").partition(":")
    seen: set[str] = set()
    waiting = [where] if colon else []
    while waiting:
        inside = waiting.pop()
        if inside == module or len(seen) == MOST:
            return True
        # Of the packages around a module those around the other are there already.
        if inside not in seen and not module.startswith(f"{inside}."):
            seen.add(inside)
            waiting += [inside.rpartition(".")[0], *imported_by(inside, project)]
    return False
