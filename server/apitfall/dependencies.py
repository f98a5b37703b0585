"""What a project depends on, read from its files: what is installed, what is locked, and what is allowed.

Every function gives version texts by normalized distribution name. A file that is missing, cannot be read or is broken
says nothing.
"""

from __future__ import annotations

import codecs
import configparser
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from apitfall import files

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Table = Mapping[str, Any]


def read_text(path: Path) -> str | None:
    try:
        data = files.read_bytes(path)
    except files.Unreadable:
        return None
    # PowerShell's `pip freeze > requirements.txt` writes UTF-16, which pip reads.
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_utf16 else "utf-8-sig", errors="replace")


def read_toml(path: Path) -> Table:
    try:
        return tomllib.loads(read_text(path) or "")
    except (ValueError, RecursionError):
        return {}


def read_json(path: Path) -> Table:
    try:
        return as_table(json.loads(read_text(path) or "{}"))
    except (ValueError, RecursionError):
        return {}


def as_table(value: object) -> Table:
    """An empty one for what is none."""
    return cast("Table", value) if isinstance(value, dict) else {}


def table(found: Table, *keys: str) -> Table:
    """The table under a path of keys; an empty one where something else stands there."""
    for key in keys:
        found = as_table(found.get(key))
    return found


def tables(value: object) -> list[Table]:
    return [as_table(item) for item in cast("list[object]", value)] if isinstance(value, list) else []


def strings(value: object) -> list[str]:
    return [v for v in cast("list[object]", value) if isinstance(v, str)] if isinstance(value, list) else []


def walk_up(root: Path) -> list[Path]:
    """The root and the folders around it up to the top of the git work tree; the root alone where there is none."""
    top = files.git_root(root)
    return [root, *(f for f in root.parents if f.is_relative_to(top))] if top else [root]


def lowest(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By name; of several versions (a lock file may hold one for each platform) the lowest, which all others reach."""
    out: dict[str, str] = {}
    for name, text in pairs:
        key = canonicalize_name(name)
        if key not in out or order(text) < order(out[key]):
            out[key] = text
    return out


def order(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


# Installed


def installed(site_packages: Iterable[Path]) -> dict[str, str]:
    """As a Python that looks through these folders in their order finds them."""
    out: dict[str, str] = {}
    for site in site_packages:
        here: dict[str, str] = {}
        for name, version in distributions(site):
            # An upgrade that was broken off may leave the older one's folder behind.
            if name not in here or order(here[name]) < order(version):
                here[name] = version
        out = here | out
    return out


def distributions(site: Path) -> Iterator[tuple[str, str]]:
    try:
        entries = sorted(site.iterdir())
    except OSError:
        return
    for entry in entries:
        stem, _, suffix = entry.name.rpartition(".")
        if suffix not in ("dist-info", "egg-info") or stem.startswith("~"):
            continue
        if suffix == "dist-info":
            name, version = header(entry / "METADATA")
        else:
            name, version = header(entry / "PKG-INFO")
            if not name:
                name, version = header(entry)
        guess = re.match(r"(.+?)-(\d[^-]*)", stem)
        if guess:
            name, version = name or guess[1], version or guess[2]
        if name and version:
            yield canonicalize_name(name), version


def header(path: Path) -> tuple[str, str]:
    """The name and version in a distribution's metadata; empty where they are missing."""
    head = (read_text(path) or "").partition("\n\n")[0]
    fields = dict(re.findall(r"^(Name|Version):[ \t]*(\S+)", head, re.MULTILINE))
    return fields.get("Name", ""), fields.get("Version", "")


# Locked


def locked(root: Path) -> dict[str, str]:
    """The pins of the lock file nearest to the root, in it or around it, and of the root's requirements."""
    pins = lowest((name, v) for name, specifier in requirement_files(root) if (v := pinned(specifier)))
    for folder in walk_up(root):
        found = lowest(lock_files(folder))
        if found:
            return pins | found
    return pins


def lock_files(folder: Path) -> Iterator[tuple[str, str]]:
    for name, key in (
        ("uv.lock", "package"),
        ("poetry.lock", "package"),
        ("pdm.lock", "package"),
        ("pylock.toml", "packages"),
    ):
        for package in tables(read_toml(folder / name).get(key)):
            is_named = isinstance(package.get("name"), str) and isinstance(package.get("version"), str)
            if is_named and not is_folder(package):
                yield package["name"], package["version"]
    pipfile = read_json(folder / "Pipfile.lock")
    for group in ("default", "develop"):
        for name in table(pipfile, group):
            text = table(pipfile, group, name).get("version")
            if isinstance(text, str) and (version := pinned(specifiers(text))):
                yield name, version


def is_folder(package: Table) -> bool:
    """Whether what is locked is no release but a folder, as the project itself is in its own lock file."""
    source = table(package, "source")
    if not source.keys().isdisjoint(("virtual", "editable", "directory")) or source.get("type") == "directory":
        return True
    return "directory" in package or package.get("editable") is True


def pinned(specifier: SpecifierSet) -> str | None:
    for part in specifier:
        if part.operator in ("==", "===") and not part.version.endswith(".*"):
            return part.version
    return None


# Allowed


def allowed(root: Path) -> dict[str, str]:
    """The lowest version that the constraints let through, also of `python`; what has no lower bound is left out."""
    out: dict[str, str] = {}
    for name, bound in (*pyproject(root), *poetry(root), *setup_cfg(root), *bounds(requirement_files(root))):
        if bound:
            out.setdefault(canonicalize_name(name), bound)
    return out


def bounds(requirements: Iterable[tuple[str, SpecifierSet]]) -> Iterator[tuple[str, str | None]]:
    for name, specifier in requirements:
        yield name, lower_bound(specifier)


def lower_bound(specifier: SpecifierSet) -> str | None:
    low = [part.version.removesuffix(".*") for part in specifier if part.operator in ("==", "===", ">=", "~=", ">")]
    return max(low, key=order, default=None)


def pyproject(root: Path) -> Iterator[tuple[str, str | None]]:
    """Of PEP 621 and PEP 735: what the project needs, then its extras and groups."""
    found = read_toml(root / "pyproject.toml")
    python = table(found, "project").get("requires-python")
    yield "python", lower_bound(specifiers(python)) if isinstance(python, str) else None
    extras = table(found, "project", "optional-dependencies")
    groups = table(found, "dependency-groups")
    lines = strings(table(found, "project").get("dependencies"))
    for group in (*extras.values(), *groups.values()):
        lines += strings(group)
    yield from bounds(requirements(lines))


def poetry(root: Path) -> Iterator[tuple[str, str | None]]:
    found = table(read_toml(root / "pyproject.toml"), "tool", "poetry")
    groups = [table(found, "group", name, "dependencies") for name in table(found, "group")]
    for group in (table(found, "dependencies"), *groups, table(found, "dev-dependencies")):
        for name, value in group.items():
            texts = [c["version"] for c in (as_table(value), *tables(value)) if isinstance(c.get("version"), str)]
            yield name, poetry_bound([value] if isinstance(value, str) else texts)


def poetry_bound(constraints: Iterable[str]) -> str | None:
    """The lowest version of constraints of which one must hold: ``^1.2``, ``~1.2``, ``1.2.*``, ``>=1,<2 || ^3``."""
    found: list[str] = []
    for alternative in (a for constraint in constraints for a in constraint.split("||")):
        low = [
            m[1]
            for part in alternative.split(",")
            if (m := re.fullmatch(r"\s*(?:\^|~=?|>=?|={1,3})?\s*v?(\d[^\s*]*?)(?:\.\*)?\s*", part))
        ]
        if not low:
            return None
        found.append(max(low, key=order))
    return min(found, key=order, default=None)


def setup_cfg(root: Path) -> Iterator[tuple[str, str | None]]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(read_text(root / "setup.cfg") or "")
    except configparser.Error:
        return
    yield "python", lower_bound(specifiers(parser.get("options", "python_requires", fallback="")))
    lines = parser.get("options", "install_requires", fallback="").splitlines()
    if parser.has_section("options.extras_require"):
        lines += [line for _, value in parser.items("options.extras_require") for line in value.splitlines()]
    yield from bounds(requirements(lines))


# Requirements


def requirement_files(root: Path) -> list[tuple[str, SpecifierSet]]:
    """What the root's requirements files ask for, those that they include among it; requirements.txt comes first."""
    found = [
        root / "requirements.txt",
        *sorted(root.glob("requirements*.txt")),
        *sorted(root.glob("requirements/*.txt")),
    ]
    seen: set[Path] = set()
    return list(requirements(line for path in found for line in requirement_lines(path, seen)))


def requirement_lines(path: Path, seen: set[Path]) -> Iterator[str]:
    path = Path(os.path.realpath(path))
    if path in seen:
        return
    seen.add(path)
    text = re.sub(r"\\\r?\n", " ", read_text(path) or "")
    for line in text.splitlines():
        included = re.match(r"\s*(?:-r|-c|--requirement|--constraint)[\s=]*([^\s#]+)", line)
        if included:
            yield from requirement_lines(path.parent / included[1], seen)
        else:
            yield line


def requirements(lines: Iterable[str]) -> Iterator[tuple[str, SpecifierSet]]:
    """Those whose markers hold for this interpreter: what is asked of other platforms and Pythons is passed over."""
    for line in lines:
        # Behind a requirement pip takes a comment and options of its own.
        text = re.split(r"(?:^|\s)#|\s--", line)[0].strip()
        try:
            requirement = Requirement(text)
            holds = requirement.marker is None or requirement.marker.evaluate()
        except ValueError:
            continue
        if holds:
            yield requirement.name, requirement.specifier


def specifiers(text: str) -> SpecifierSet:
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return SpecifierSet()
