"""The Python environment that a project runs in, found by reading files alone.

No interpreter is started and no code of the workspace or of the environment is run: a repository that somebody just
cloned must not get to run anything because it was opened.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from apitfall import dependencies
from apitfall.dependencies import read_text, read_toml, table, walk_up
from apitfall.files import absolute, is_folder
from apitfall.project.version import Version

NAMES = (".venv", "venv", "env", ".conda")
INTERPRETER_FOLDERS = ("bin", "Scripts")


@dataclass(frozen=True)
class Environment:
    """`site_packages` are the folders that imports are looked up in, in their order.

    `python` is the version, ``3.12.4`` or ``3.12``; `source` says in a few words how the environment was found, or
    what is wrong where there is none (`folder` is None then).
    """

    folder: Path | None
    site_packages: tuple[Path, ...]
    python: str | None
    source: str


def find(root: Path, configured: str | None, environ: Mapping[str, str]) -> Environment:
    """The environment that the settings name; else that of the project; else the active one."""
    root = absolute(root)
    if configured is not None:
        folder = of_interpreter(expand(root, configured, environ))
        return look(folder, f"`{configured}`, as configured") or none(f"`{configured}`, as configured, {wrong(folder)}")
    broken: list[str] = []
    for folder, source in candidates(root, environ):
        found = look(folder, source)
        if found:
            return found
        if os.path.lexists(folder):
            broken.append(f"{source} {wrong(folder)}")
    return none(f"none found: {'; '.join(broken)}" if broken else "none found")


def versions(root: Path, environment: Environment) -> dict[str, Version]:
    """The version of each distribution by its normalized name: installed, else locked, else the lowest allowed."""
    out = {name: Version(text, "allowed") for name, text in dependencies.allowed(root).items()}
    out |= {name: Version(text, "locked") for name, text in dependencies.locked(root).items()}
    out |= {
        name: Version(text, "installed") for name, text in dependencies.installed(environment.site_packages).items()
    }
    return out


def none(source: str) -> Environment:
    return Environment(None, (), None, source)


def wrong(folder: Path) -> str:
    return "has no site-packages" if is_folder(folder) else "is no folder"


def candidates(root: Path, environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """The folders where an environment of the project may be, the likeliest first, each with its source."""
    for around in walk_up(root):
        where = "the project" if around == root else f"`{around.name}` above the project"
        for name in NAMES:
            folder = around / name
            if text := read_text(folder):
                # Pipenv lets a file of this name hold the environment's path.
                folder = around / text.strip()
            if is_environment(folder) or (name == ".venv" and os.path.lexists(folder)):
                yield folder, f"`{name}` in {where}"
    for variable in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"):
        if environ.get(variable):
            yield expand(root, environ[variable], environ), f"`{variable}`"
    for around in walk_up(root):
        yield from poetry(around, environ)
        yield from pipenv(around, environ)
    if environ.get("CONDA_PREFIX"):
        yield expand(root, environ["CONDA_PREFIX"], environ), "`CONDA_PREFIX`"


def is_environment(folder: Path) -> bool:
    return bool(read_text(folder / "pyvenv.cfg")) or is_folder(folder / "conda-meta")


def expand(root: Path, path: str, environ: Mapping[str, str]) -> Path:
    if path == "~" or path.startswith(("~/", "~\\")):
        return home(environ) / path[2:]
    return root / path


def home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or environ.get("USERPROFILE") or os.sep)


def of_interpreter(path: Path) -> Path:
    """The environment that an interpreter's path belongs to; any other path is the environment's own.

    The interpreter of a virtual environment is a link to another one, which must not be followed.
    """
    if not re.fullmatch(r"python[\d.]*(\.exe)?", path.name.lower()) or is_folder(path):
        return path
    return path.parent.parent if path.parent.name in INTERPRETER_FOLDERS else path.parent


def look(folder: Path, source: str) -> Environment | None:
    """The environment in a folder; None where it has no site-packages."""
    config = pyvenv(folder)
    own = site_packages(folder, config.get("version") or config.get("version_info"))
    if not own:
        return None
    paths = list(own)
    if config.get("include-system-site-packages", "").lower() == "true" and config.get("home"):
        paths += system_site_packages(Path(config["home"]), own[0])
    every = [path for site in paths for path in (site, *named_by_pth(site))]
    if config.get("home") and not is_folder(Path(config["home"])):
        source += ", whose interpreter is gone"
    return Environment(folder, tuple(dict.fromkeys(every)), python_version(folder, config, own[0]), source)


def pyvenv(folder: Path) -> dict[str, str]:
    """The settings in pyvenv.cfg, as `venv`, virtualenv and uv write them."""
    lines = (read_text(folder / "pyvenv.cfg") or "").splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def site_packages(folder: Path, version: str | None) -> list[Path]:
    """The folders that hold the installed packages; those of the given Python where there are several Pythons'."""
    windows = folder / "Lib" / "site-packages"
    found = [windows] if is_folder(windows) else []
    for library in ("lib", "lib64"):
        found += sorted(glob(folder / library, "python3.*/site-packages"), key=minor, reverse=True)
        found += glob(folder / library, "pypy3.*/site-packages")
    if found:
        wanted = re.match(r"3\.\d+", version or "")
        same = [path for path in found if wanted and path.parent.name.endswith(wanted[0])]
        found = [path for path in found if path.parent.name == (same or found)[0].parent.name]
    # lib64 is mostly a link to lib.
    return list({os.path.realpath(path): path for path in reversed(found)}.values())[::-1]


def glob(folder: Path, pattern: str) -> list[Path]:
    try:
        return sorted(folder.glob(pattern))
    except OSError:
        return []


def minor(path: Path) -> int:
    digits = re.search(r"3\.(\d+)", path.parent.name)
    return int(digits[1]) if digits else 0


def system_site_packages(interpreters: Path, own: Path) -> list[Path]:
    """Where the interpreter that a virtual environment was made with has its packages; Debian has names of its own."""
    prefix = interpreters.parent if interpreters.name in INTERPRETER_FOLDERS else interpreters
    name = own.parent.name
    places = (
        f"lib/{name}/site-packages",
        "Lib/site-packages",
        f"local/lib/{name}/dist-packages",
        "lib/python3/dist-packages",
    )
    return [prefix / place for place in places if is_folder(prefix / place)]


def named_by_pth(site: Path) -> list[Path]:
    """The folders that .pth files add to the path, as for editable installs. Their lines of code are passed over."""
    out: list[Path] = []
    for file in glob(site, "*.pth"):
        for line in (read_text(file) or "").splitlines():
            if line.strip() and not line.startswith(("#", "import ", "import\t")) and "\0" not in line:
                out.append(site / line.strip())
    return [path for path in out if is_folder(path)]


def python_version(folder: Path, config: Mapping[str, str], own: Path) -> str | None:
    for text in (config.get("version"), config.get("version_info"), *conda_python(folder), own.parent.name):
        found = re.search(r"3\.\d+(?:\.\d+)?", text or "")
        if found:
            return found[0]
    return None


def conda_python(folder: Path) -> list[str]:
    return [path.name.removeprefix("python-") for path in glob(folder / "conda-meta", "python-3.*.json")]


def poetry(root: Path, environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """The environments that Poetry made for a project in its cache: the active one first, then by Python version.

    Their names are made as `EnvManager.generate_env_name` does it, of the project's name and its folder's path.
    """
    project = read_toml(root / "pyproject.toml")
    if not table(project, "tool", "poetry") and not read_text(root / "poetry.lock"):
        return
    name = table(project, "project").get("name") or table(project, "tool", "poetry").get("name") or "non-package-mode"
    sanitized = re.sub(r'[ $`!*@"\\\r\n\t]', "_", canonicalize_name(str(name)))[:42]
    digest = hashlib.sha256(os.path.normcase(os.path.realpath(root)).encode(errors="surrogateescape")).digest()
    base = f"{sanitized}-{base64.urlsafe_b64encode(digest).decode()[:8]}"
    folder = poetry_folder(root, environ)
    active = table(read_toml(folder / "envs.toml"), base).get("minor")
    found = sorted(
        glob(folder, f"{base}-py3.*"), key=lambda path: (path.name == f"{base}-py{active}", last_number(path))
    )
    for path in reversed(found):
        yield path, f"Poetry's `{path.name}`"


def last_number(path: Path) -> int:
    digits = re.search(r"(\d+)$", path.name)
    return int(digits[1]) if digits else 0


def poetry_folder(root: Path, environ: Mapping[str, str]) -> Path:
    settings = [read_toml(root / "poetry.toml"), read_toml(user_folder(environ, "config") / "config.toml")]
    cache = environ.get("POETRY_CACHE_DIR") or first(settings, "cache-dir") or str(user_folder(environ, "cache"))
    path = environ.get("POETRY_VIRTUALENVS_PATH") or first([table(s, "virtualenvs") for s in settings], "path")
    return expand(root, path.replace("{cache-dir}", cache) if path else f"{cache}/virtualenvs", environ)


def first(tables: list[Mapping[str, Any]], key: str) -> str | None:
    return next((t[key] for t in tables if isinstance(t.get(key), str)), None)


def user_folder(environ: Mapping[str, str], kind: str) -> Path:
    """Poetry's folder of a kind, `cache` or `config`, on this platform."""
    if sys.platform == "win32":
        local = Path(environ.get("LOCALAPPDATA") or home(environ) / "AppData/Local")
        roaming = Path(environ.get("APPDATA") or home(environ) / "AppData/Roaming")
        return local / "pypoetry" / "Cache" if kind == "cache" else roaming / "pypoetry"
    if sys.platform == "darwin":
        return home(environ) / "Library" / ("Caches" if kind == "cache" else "Application Support") / "pypoetry"
    variable, default = ("XDG_CACHE_HOME", ".cache") if kind == "cache" else ("XDG_CONFIG_HOME", ".config")
    return Path(environ.get(variable) or home(environ) / default) / "pypoetry"


def pipenv(root: Path, environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """The environment that Pipenv made for a project outside of it, named of the folder and its Pipfile's path."""
    if read_text(root / "Pipfile") is None:
        return
    default = ".virtualenvs" if sys.platform == "win32" else ".local/share/virtualenvs"
    folder = expand(root, environ.get("WORKON_HOME") or f"~/{default}", environ)
    digest = hashlib.sha256(str(root / "Pipfile").encode(errors="surrogateescape")).digest()[:6]
    sanitized = re.sub(r'[ &$`!*@"()\[\]\\\r\n\t]', "_", root.name)[:42]
    path = folder / f"{sanitized}-{base64.urlsafe_b64encode(digest).decode()[:8]}"
    yield path, f"Pipenv's `{path.name}`"
