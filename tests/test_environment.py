"""Which environment is found, and which versions are read from a project's files."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from apitfall import dependencies, environment
from apitfall.config import Config
from apitfall.environment import Environment
from apitfall.facts import Value
from apitfall.loading import load
from apitfall.project import Scope
from apitfall.project.version import Version

NOTHING: Mapping[str, str] = {"HOME": "/nowhere"}


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def venv(folder: Path, python: str = "3.12.4", **settings: str) -> Path:
    """A virtual environment as `python -m venv` leaves it; its site-packages."""
    home = settings.pop("home", str(folder))
    lines = {"home": home, "include-system-site-packages": "false", "version": python, **settings}
    write(folder / "pyvenv.cfg", "".join(f"{key} = {value}\n" for key, value in lines.items()))
    site = folder / "lib" / f"python{python.rpartition('.')[0]}" / "site-packages"
    site.mkdir(parents=True)
    return site


def install(site: Path, name: str, version: str) -> None:
    write(
        site / f"{name}-{version}.dist-info" / "METADATA",
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: other\nVersion: 0\n",
    )


def found(root: Path, environ: Mapping[str, str] = NOTHING, configured: str | None = None) -> Environment:
    return environment.find(root, configured, environ)


def test_the_environment_in_the_project_comes_first(tmp_path: Path) -> None:
    site = venv(tmp_path / ".venv")
    venv(tmp_path / "venv")
    venv(tmp_path / "active")
    assert found(tmp_path, {"VIRTUAL_ENV": str(tmp_path / "active")}) == Environment(
        tmp_path / ".venv", (site,), "3.12.4", "`.venv` in the project"
    )


@pytest.mark.parametrize("name", ["venv", "env"])
def test_other_names_need_a_pyvenv_cfg(tmp_path: Path, name: str) -> None:
    (tmp_path / name / "lib" / "python3.12" / "site-packages").mkdir(parents=True)
    assert found(tmp_path).source == "none found"
    (tmp_path / name / "pyvenv.cfg").write_text("version_info = 3.11.2.final.0\n")
    assert (found(tmp_path).source, found(tmp_path).python) == (f"`{name}` in the project", "3.11.2")


def test_a_project_in_a_repository_has_the_environment_of_the_folders_around_it(tmp_path: Path) -> None:
    venv(tmp_path / ".venv")
    repository = tmp_path / "shop"
    (repository / ".git").mkdir(parents=True)
    (repository / "backend").mkdir()
    assert found(repository / "backend").folder is None
    venv(repository / ".venv")
    assert found(repository / "backend").source == "`.venv` in `shop` above the project"


@pytest.mark.parametrize(
    "configured",
    [
        "envs/api",
        "{root}/envs/api",
        "envs/api/bin/python",
        "envs/api/bin/python3.12",
        "envs/api/Scripts/python.exe",
        "~/envs/api",
    ],
)
def test_the_configured_environment_is_a_folder_or_its_interpreter(tmp_path: Path, configured: str) -> None:
    venv(tmp_path / ".venv")
    site = venv(tmp_path / "envs" / "api")
    (tmp_path / "envs" / "api" / "bin").mkdir()
    (tmp_path / "envs" / "api" / "bin" / "python").symlink_to("/usr/bin/python3")
    path = configured.format(root=tmp_path)
    got = found(tmp_path, {"HOME": str(tmp_path)}, path)
    assert (got.site_packages, got.source) == ((site,), f"`{path}`, as configured")


def test_a_configured_environment_that_is_none_is_not_replaced_by_another(tmp_path: Path) -> None:
    venv(tmp_path / ".venv")
    (tmp_path / "empty").mkdir()
    assert found(tmp_path, configured="gone") == Environment(None, (), None, "`gone`, as configured, is no folder")
    assert found(tmp_path, configured="empty").source == "`empty`, as configured, has no site-packages"


def test_a_broken_environment_is_passed_over_and_said(tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(tmp_path / "gone")
    write(tmp_path / "venv" / "pyvenv.cfg", "home = /usr/bin\n")
    assert found(tmp_path).source == (
        "none found: `.venv` in the project is no folder; `venv` in the project has no site-packages"
    )
    venv(tmp_path / "active")
    assert found(tmp_path, {"VIRTUAL_ENV": str(tmp_path / "active")}).source == "`VIRTUAL_ENV`"


def test_an_environment_whose_interpreter_is_gone_has_its_packages_still(tmp_path: Path) -> None:
    site = venv(tmp_path / ".venv", home="/nowhere/bin")
    got = found(tmp_path)
    assert got.site_packages == (site,)
    assert got.source == "`.venv` in the project, whose interpreter is gone"


def test_a_file_in_place_of_the_environment_names_it(tmp_path: Path) -> None:
    site = venv(tmp_path / "elsewhere" / "shop-1")
    write(tmp_path / ".venv", f"{tmp_path / 'elsewhere' / 'shop-1'}\n")
    assert found(tmp_path).site_packages == (site,)


def test_active_environments_in_their_order(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    sites = {name: venv(tmp_path / name) for name in ("active", "uv", "conda")}
    environ = {
        "HOME": str(tmp_path),
        "VIRTUAL_ENV": str(tmp_path / "active"),
        "UV_PROJECT_ENVIRONMENT": "../uv",
        "CONDA_PREFIX": str(tmp_path / "conda"),
    }
    for variable, name in (("VIRTUAL_ENV", "active"), ("UV_PROJECT_ENVIRONMENT", "uv"), ("CONDA_PREFIX", "conda")):
        got = found(root, environ)
        assert got.source == f"`{variable}`"
        assert [os.path.realpath(path) for path in got.site_packages] == [str(sites[name])]
        del environ[variable]
    assert found(root, environ).source == "none found"


def test_conda_has_its_python_in_conda_meta(tmp_path: Path) -> None:
    (tmp_path / "conda" / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    write(tmp_path / "conda" / "conda-meta" / "python-3.11.9-h955ad1f_0.json", "{}")
    (tmp_path / "project").mkdir()
    got = found(tmp_path / "project", {"CONDA_PREFIX": str(tmp_path / "conda")})
    assert (got.python, got.source) == ("3.11.9", "`CONDA_PREFIX`")


def poetry_name(root: Path, name: str) -> str:
    digest = hashlib.sha256(os.path.normcase(os.path.realpath(root)).encode()).digest()
    return f"{name}-{base64.urlsafe_b64encode(digest).decode()[:8]}"


@pytest.mark.parametrize(
    "where", ["default", "POETRY_CACHE_DIR", "POETRY_VIRTUALENVS_PATH", "poetry.toml", "config.toml"]
)
def test_poetry_keeps_environments_in_its_cache(tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    root = tmp_path / "project"
    write(root / "pyproject.toml", '[tool.poetry]\nname = "My_Shop"\n')
    environ = {"HOME": str(tmp_path)}
    cache = tmp_path / ".cache" / "pypoetry" / "virtualenvs"
    if where == "POETRY_CACHE_DIR":
        cache, environ[where] = tmp_path / "cache" / "virtualenvs", str(tmp_path / "cache")
    elif where == "POETRY_VIRTUALENVS_PATH":
        cache, environ[where] = tmp_path / "envs", str(tmp_path / "envs")
    elif where == "poetry.toml":
        cache = tmp_path / ".cache" / "pypoetry" / "own"
        write(root / "poetry.toml", '[virtualenvs]\npath = "{cache-dir}/own"\n')
    elif where == "config.toml":
        cache = tmp_path / "mine" / "virtualenvs"
        write(tmp_path / ".config" / "pypoetry" / "config.toml", 'cache-dir = "~/mine"\n')
    base = poetry_name(root, "my-shop")
    venv(cache / "my-shop-AAAAAAAA-py3.13", "3.13.1")
    older, newer = venv(cache / f"{base}-py3.9", "3.9.1"), venv(cache / f"{base}-py3.12")
    got = found(root, environ)
    assert (got.site_packages, got.source) == ((newer,), f"Poetry's `{base}-py3.12`")
    write(cache / "envs.toml", f'["{base}"]\nminor = "3.9"\npatch = "3.9.1"\n')
    assert found(root, environ).site_packages == (older,)


def test_pipenv_names_an_environment_by_the_path_of_the_pipfile(tmp_path: Path) -> None:
    root = tmp_path / "my shop"
    pipfile = write(root / "Pipfile", "")
    digest = hashlib.sha256(str(pipfile).encode()).digest()[:6]
    name = f"my_shop-{base64.urlsafe_b64encode(digest).decode()}"
    site = venv(tmp_path / "workon" / name)
    got = found(root, {"WORKON_HOME": str(tmp_path / "workon")})
    assert (got.site_packages, got.source) == ((site,), f"Pipenv's `{name}`")


def test_windows_and_lib64(tmp_path: Path) -> None:
    windows = tmp_path / "one" / ".venv" / "Lib" / "site-packages"
    windows.mkdir(parents=True)
    assert found(tmp_path / "one").site_packages == (windows,)
    site = venv(tmp_path / "two" / ".venv")
    (tmp_path / "two" / ".venv" / "lib64").symlink_to("lib")
    assert found(tmp_path / "two").site_packages == (site,)
    other = venv(tmp_path / "three" / ".venv")
    extra = tmp_path / "three" / ".venv" / "lib64" / "python3.12" / "site-packages"
    extra.mkdir(parents=True)
    assert found(tmp_path / "three").site_packages == (other, extra)


def test_the_site_packages_of_the_right_python_are_taken(tmp_path: Path) -> None:
    venv(tmp_path / ".venv", "3.10.2")
    right = venv(tmp_path / ".venv", "3.9.7")
    (tmp_path / ".venv" / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    assert found(tmp_path).site_packages == (right,)
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("")
    assert found(tmp_path).python == "3.11"


def test_pth_files_add_folders_and_run_nothing(tmp_path: Path) -> None:
    site = venv(tmp_path / ".venv")
    (tmp_path / "src").mkdir()
    (site / "vendored").mkdir()
    ran = tmp_path / "ran"
    write(site / "b.pth", f"\ufeff# a comment\n\n{tmp_path / 'src'}\nvendored\nnowhere\n\0\n")
    write(site / "a.pth", f"import pathlib; pathlib.Path({str(ran)!r}).touch()\nimport\tos\n")
    os.mkfifo(site / "c.pth")
    assert found(tmp_path).site_packages == (site, tmp_path / "src", site / "vendored")
    assert not ran.exists()


def test_system_site_packages_are_those_beside_the_home_interpreter(tmp_path: Path) -> None:
    places = ["lib/python3.12/site-packages", "local/lib/python3.12/dist-packages", "lib/python3/dist-packages"]
    for place in places:
        (tmp_path / "usr" / place).mkdir(parents=True)
    (tmp_path / "usr" / "bin").mkdir()
    settings = {"home": str(tmp_path / "usr" / "bin"), "include-system-site-packages": "True"}
    site = venv(tmp_path / ".venv", **settings)
    assert found(tmp_path).site_packages == (site, *(tmp_path / "usr" / place for place in places))


def test_nothing_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"started {args}")

    for module, name in ((subprocess, "Popen"), (os, "posix_spawn"), (os, "fork"), (os, "system"), (os, "execv")):
        monkeypatch.setattr(module, name, refuse)
    site = venv(tmp_path / ".venv")
    write(tmp_path / ".venv" / "bin" / "python", "#!/bin/sh\n").chmod(0o755)
    install(site, "fastapi", "0.165.0")
    assert environment.versions(tmp_path, found(tmp_path)) == {"fastapi": Version("0.165.0", "installed")}


def test_a_folder_that_may_not_be_looked_into_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = Path.stat

    def refuse(self: Path, **options: bool) -> os.stat_result:
        if "closed" in self.parts:
            raise PermissionError(13, "Permission denied", str(self))
        return stat(self, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    assert found(tmp_path, {"VIRTUAL_ENV": str(tmp_path / "closed")}).source == "none found"
    assert found(tmp_path, configured="closed/env/bin/python").source == (
        "`closed/env/bin/python`, as configured, is no folder"
    )


# Versions


def test_installed_versions(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    install(first, "FastAPI", "0.165.0")
    install(first, "broken.upgrade", "1.0")
    install(first, "broken.upgrade", "1.10")
    write(first / "no_metadata-2.0.1.dist-info" / "RECORD", "")
    write(first / "~astapi-0.1.dist-info" / "METADATA", "Name: astapi\nVersion: 0.1\n")
    write(first / "old-1.2-py3.12.egg-info", "Name: Old\nVersion: 1.2\n")
    write(first / "Linked.egg-info" / "PKG-INFO", "Name: Linked\nVersion: 3.0\n")
    write(first / "named-only.dist-info" / "METADATA", "Name: named-only\n")
    install(second, "fastapi", "0.1")
    install(second, "starlette", "1.10.0")
    assert dependencies.installed([tmp_path / "gone", first, second]) == {
        "fastapi": "0.165.0",
        "broken-upgrade": "1.10",
        "no-metadata": "2.0.1",
        "old": "1.2",
        "linked": "3.0",
        "starlette": "1.10.0",
    }


UV = """
version = 1
[[package]]
name = "SQLAlchemy"
version = "2.1.9"
[[package]]
name = "numpy"
version = "2.10"
[[package]]
name = "numpy"
version = "2.9"
[[package]]
name = "app"
source = { editable = "." }
"""
PIPFILE = {
    "_meta": {},
    "default": {"FastAPI": {"version": "==0.100.1"}, "local": {"path": "."}, "odd": 3, "loose": {"version": "*"}},
    "develop": {"pytest": {"version": "==9.2.0"}},
}
LOCKED = {
    "uv.lock": (UV, {"sqlalchemy": "2.1.9", "numpy": "2.9"}),
    "poetry.lock": ('[[package]]\nname = "fastapi"\nversion = "0.1"\ndescription = ""\n', {"fastapi": "0.1"}),
    "pdm.lock": ('[[package]]\nname = "fastapi"\nversion = "0.2"\n', {"fastapi": "0.2"}),
    "pylock.toml": ('lock-version = "1.0"\n[[packages]]\nname = "fastapi"\nversion = "0.3"\n', {"fastapi": "0.3"}),
    "Pipfile.lock": (json.dumps(PIPFILE), {"fastapi": "0.100.1", "pytest": "9.2.0"}),
    "requirements.txt": (
        "# comment\nFastAPI[all] == 0.110.0 ; python_version >= '3.8'  # why\n"
        "uvicorn==0.30 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "httpx>=0.20\nstarlette==1.*\nsix==1.0; python_version < '3'\n-e .\n--index-url x\n@@@\n",
        {"fastapi": "0.110.0", "uvicorn": "0.30"},
    ),
    "requirements-dev.txt": ("pytest===9.0\n", {"pytest": "9.0"}),
    "requirements/base.txt": ("pytest==9.1\n", {"pytest": "9.1"}),
}


@pytest.mark.parametrize("name", LOCKED)
def test_locked_versions(tmp_path: Path, name: str) -> None:
    text, want = LOCKED[name]
    write(tmp_path / name, text)
    assert dependencies.locked(tmp_path) == want


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("uv.lock", 'source = { virtual = "." }'),
        ("uv.lock", 'source = { editable = "packages/shop" }'),
        ("uv.lock", 'source = { directory = "../shop" }'),
        ("poetry.lock", '[package.source]\ntype = "directory"\nurl = "../shop"'),
        ("pdm.lock", 'editable = true\npath = "./shop"'),
    ],
)
def test_a_locked_folder_is_no_release(tmp_path: Path, name: str, folder: str) -> None:
    fastapi = '[[package]]\nname = "fastapi"\nversion = "0.120"\nsource = { registry = "https://example.org/simple" }\n'
    write(tmp_path / name, f'[[package]]\nname = "shop"\nversion = "0.1"\n{folder}\n{fastapi}')
    assert dependencies.locked(tmp_path) == {"fastapi": "0.120"}


def test_a_project_that_is_locked_under_its_packages_name_imports_that_package(tmp_path: Path) -> None:
    write(tmp_path / "uv.lock", '[[package]]\nname = "shop"\nversion = "0.1"\nsource = { virtual = "." }\n')
    write(tmp_path / "backend" / "shop" / "__init__.py", "")
    write(tmp_path / "backend" / "shop" / "stock.py", "def count(): ...\n")
    write(tmp_path / "backend" / "shop" / "main.py", "from shop.stock import count\n")
    workspace = load(tmp_path, (), Config(), {}).workspace
    workspace.read((tmp_path / "backend" / "shop" / "main.py").as_posix())
    index = workspace.index()
    assert index.symbol(Value("name", "count"), Scope("backend.shop.main")) == "backend.shop.stock:count"


@pytest.mark.parametrize("name", LOCKED)
@pytest.mark.parametrize(
    "text", ["[[", '{"default": [', "package = 3", '{"default": 3}', "[]", "\0", "[[package]]\nname = 1"]
)
def test_a_broken_lock_file_says_nothing(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path / name, text)
    assert dependencies.locked(tmp_path) == {}
    (tmp_path / name).write_bytes(b"\xff\xfe\x00")
    assert dependencies.locked(tmp_path) == {}


def test_a_lock_file_of_the_workspace_around_holds_where_the_project_has_none(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path / "uv.lock", UV)
    write(tmp_path / "backend" / "requirements.txt", "sqlalchemy==1.0\nhttpx==0.28\n")
    assert dependencies.locked(tmp_path / "backend") == {"sqlalchemy": "2.1.9", "numpy": "2.9", "httpx": "0.28"}
    write(tmp_path / "backend" / "poetry.lock", '[[package]]\nname = "numpy"\nversion = "1.0"\n')
    assert dependencies.locked(tmp_path / "backend") == {"numpy": "1.0", "sqlalchemy": "1.0", "httpx": "0.28"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_requirements_may_be_written_by_powershell(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "requirements.txt").write_bytes("fastapi==0.110.0\r\nhttpx==0.28.1\r\n".encode(encoding))
    assert dependencies.locked(tmp_path) == {"fastapi": "0.110.0", "httpx": "0.28.1"}


def test_requirements_include_each_other_in_a_loop(tmp_path: Path) -> None:
    write(tmp_path / "requirements.txt", "-r requirements/base.txt\n--constraint=pins.txt\na==1\n")
    write(tmp_path / "requirements" / "base.txt", "-r ../requirements.txt\n-r base.txt\n-r gone.txt\nb==2\n")
    write(tmp_path / "pins.txt", "c==3\n")
    assert dependencies.locked(tmp_path) == {"a": "1", "b": "2", "c": "3"}


ALLOWED = {
    "PEP 621": (
        "pyproject.toml",
        '[project]\nrequires-python = "<4,>=3.9"\ndependencies = ["FastAPI>=0.100,<1,!=0.101", "starlette", "pydantic~=2.4", "httpx<1", "six>1.0"]\n'
        '[project.optional-dependencies]\ndb = ["sqlalchemy==2.0.*"]\nall = ["fastapi>=0.120"]\n'
        '[dependency-groups]\ndev = ["pytest>=8", {include-group = "lint"}]\nlint = ["ruff==0.5"]\n',
        {
            "python": "3.9",
            "fastapi": "0.100",
            "pydantic": "2.4",
            "six": "1.0",
            "sqlalchemy": "2.0",
            "pytest": "8",
            "ruff": "0.5",
        },
    ),
    "Poetry": (
        "pyproject.toml",
        '[tool.poetry.dependencies]\npython = "^3.10"\nfastapi = "^0.110"\nuvicorn = {version = "~0.29.1", extras = ["x"]}\n'
        'pydantic = ">=1.8,<3.0,!=2.0"\nhttpx = "*"\nanyio = "3.7.1"\nnumpy = "1.26.*"\nlocal = {path = "."}\nodd = 3\n'
        'redis = [{version = "^5", python = ">=3.11"}, {version = "^4.2", python = "<3.11"}]\nboto = "^1.3 || ^1.2"\n'
        'loose = "<2 || ^3"\n[tool.poetry.group.dev.dependencies]\npytest = "^8.1"\n'
        '[tool.poetry.dev-dependencies]\nblack = "^24.1"\n',
        {
            "python": "3.10",
            "fastapi": "0.110",
            "uvicorn": "0.29.1",
            "pydantic": "1.8",
            "anyio": "3.7.1",
            "numpy": "1.26",
            "redis": "4.2",
            "boto": "1.2",
            "pytest": "8.1",
            "black": "24.1",
        },
    ),
    "setup.cfg": (
        "setup.cfg",
        "[options]\npython_requires = >=3.8\ninstall_requires =\n    fastapi>=0.90\n    %bad\n[options.extras_require]\ndb =\n    sqlalchemy>=1.4\n",
        {"python": "3.8", "fastapi": "0.90", "sqlalchemy": "1.4"},
    ),
    "requirements.txt": ("requirements.txt", "fastapi>=0.99\nuvicorn\n", {"fastapi": "0.99"}),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_allowed_versions(tmp_path: Path, case: str) -> None:
    name, text, want = ALLOWED[case]
    write(tmp_path / name, text)
    assert dependencies.allowed(tmp_path) == want


@pytest.mark.parametrize("name", ["pyproject.toml", "setup.cfg", "requirements.txt"])
@pytest.mark.parametrize(
    "text",
    [
        "[",
        "x",
        "[project]\ndependencies = 3",
        "[project]\nrequires-python = 3",
        "[project]\nrequires-python = 'new'",
        "[tool]\npoetry = 3",
        "[options]\nx",
        "a>=1; odd == 'x'",
        "[a]\n[a]\n= 3",
    ],
)
def test_broken_settings_allow_nothing(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path / name, text)
    assert dependencies.allowed(tmp_path) == {}


def test_installed_comes_before_locked_before_allowed(tmp_path: Path) -> None:
    write(
        tmp_path / "pyproject.toml", '[project]\ndependencies = ["fastapi>=0.1", "starlette>=0.2", "pydantic>=0.3"]\n'
    )
    write(
        tmp_path / "uv.lock", "".join(f'[[package]]\nname = "{n}"\nversion = "1"\n' for n in ("fastapi", "starlette"))
    )
    install(venv(tmp_path / ".venv"), "fastapi", "2")
    assert environment.versions(tmp_path, found(tmp_path)) == {
        "fastapi": Version("2", "installed"),
        "starlette": Version("1", "locked"),
        "pydantic": Version("0.3", "allowed"),
    }


@pytest.mark.parametrize(
    ("text", "release", "other", "at_least"),
    [
        ("0.118.2", (0, 118, 2), "0.118", True),
        ("0.118", (0, 118), "0.118.0", True),
        ("0.99", (0, 99), "0.118", False),
        ("2.1.0b1", (2, 1, 0), "2.1", False),
        ("2.1.0b1", (2, 1, 0), "2.0", True),
        ("1.0.post1", (1, 0), "1.0", True),
        ("2004d", (2004,), "2003", True),
        ("v1.2-custom+x", (1, 2), "1.3", False),
        ("unknown", (), "0.1", False),
    ],
)
def test_version(text: str, release: tuple[int, ...], other: str, at_least: bool) -> None:
    version = Version(text, "installed")
    assert version.release == release
    assert version.at_least(other) is at_least
