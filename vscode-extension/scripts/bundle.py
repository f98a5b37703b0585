"""Fills bundled/libs with the server and all that it needs on one platform: ``bundle.py TARGET``.

The target is one of vsce's, or `universal`: then there is only the server's wheel, for the user to install, because
libcst is compiled and has no wheel for every platform.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

EXTENSION = Path(__file__).resolve().parents[1]
ROOT = EXTENSION.parent
LIBRARIES = EXTENSION / "bundled" / "libs"
WHEELS = ROOT / "build" / "vscode" / "wheels"

LIBCST = "libcst==1.9.0"
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
PLATFORMS = {
    "alpine-arm64": "musllinux_1_2_aarch64",
    "alpine-x64": "musllinux_1_2_x86_64",
    "darwin-arm64": "macosx_11_0_arm64",
    "linux-arm64": "manylinux_2_28_aarch64",
    "linux-x64": "manylinux_2_28_x86_64",
    "win32-arm64": "win_arm64",
    "win32-x64": "win_amd64",
}
UNIVERSAL = "universal"


def main(target: str) -> None:
    shutil.rmtree(LIBRARIES, ignore_errors=True)
    for old in EXTENSION.glob("bundled/*.whl"):
        old.unlink()
    server = build_server()
    if target == UNIVERSAL:
        shutil.copy(server, EXTENSION / "bundled")
        return
    for wheel in [server, *pure(), *(parser(PLATFORMS[target], python) for python in PYTHONS)]:
        with ZipFile(wheel) as file:
            file.extractall(LIBRARIES, [name for name in file.namelist() if is_needed(name)])


def is_needed(name: str) -> bool:
    """Not tests, nor jedi's stubs of Django."""
    return "/tests/" not in name and "/django-stubs/" not in name


def build_server() -> Path:
    folder = WHEELS / "server"
    shutil.rmtree(folder, ignore_errors=True)
    pip("wheel", "--no-deps", "--wheel-dir", folder, ROOT)
    return next(folder.glob("*.whl"))


def pure() -> list[Path]:
    """The wheels of requirements.txt, which run on every Python and every platform."""
    folder = WHEELS / "pure"
    requirements = EXTENSION / "bundled" / "requirements.txt"
    if not folder.is_dir() or folder.stat().st_mtime < requirements.stat().st_mtime:
        shutil.rmtree(folder, ignore_errors=True)
        any_python = ("--platform", "any", "--implementation", "py", "--abi", "none", "--python-version", PYTHONS[0])
        download(folder, "--requirement", requirements, *any_python)
    return sorted(folder.iterdir())


def parser(platform: str, python: str) -> Path:
    """libcst's wheel for one Python."""
    folder = WHEELS / LIBCST / platform / python
    if not folder.is_dir():
        download(folder, LIBCST, "--platform", platform, "--implementation", "cp", "--python-version", python)
    return next(folder.iterdir())


def download(folder: Path, *what: str | Path) -> None:
    part = folder.with_name(f"{folder.name}.part")
    pip("download", "--no-deps", "--only-binary=:all:", "--dest", part, *what)
    part.rename(folder)


def pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *map(os.fspath, arguments)]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in (*PLATFORMS, UNIVERSAL):
        sys.exit(f"usage: bundle.py {'|'.join((*PLATFORMS, UNIVERSAL))}")
    main(sys.argv[1])
