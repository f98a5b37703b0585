"""Environments with other versions than those installed here: made once, and kept in the user's cache folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version


class EnvironmentFailure(Exception):
    """An environment could not be made; the message holds the words of what failed."""


def interpreter(requirements: Sequence[str], pins: Sequence[str], environ: Mapping[str, str] = os.environ) -> Path:
    """The Python of an environment with `requirements` and `pins`, a pin taking the place of what has its name.

    That is the running one if the pins are installed here. A new environment takes a minute or so, and the network.
    """
    if all(installed(pin) for pin in pins):
        return Path(sys.executable)
    wanted = pinned(requirements, pins)
    key = "\n".join((sys.version, sys.base_prefix, *wanted))
    folder = cache(environ) / hashlib.blake2b(key.encode(), digest_size=12).hexdigest()
    python = python_of(folder)
    if python.exists():
        return python
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.with_suffix(".lock")):
        # Another process may have made it while this one waited; and what stands there without a Python is of no use.
        if not python.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder, wanted)
    return python


def installed(pin: str) -> bool:
    requirement = Requirement(pin)
    try:
        return requirement.specifier.contains(Version(version(requirement.name)), prereleases=True)
    except PackageNotFoundError:
        return False


def pinned(requirements: Sequence[str], pins: Sequence[str]) -> list[str]:
    names = {canonicalize_name(Requirement(pin).name) for pin in pins}
    others = [text for text in requirements if canonicalize_name(Requirement(text).name) not in names]
    return sorted((*others, *pins))


def cache(environ: Mapping[str, str]) -> Path:
    folder = environ.get("XDG_CACHE_HOME", "")
    # The specification of that variable has a relative path ignored.
    base = Path(folder) if Path(folder).is_absolute() else Path.home() / ".cache"
    return base / "apitfall" / "environments"


def python_of(folder: Path) -> Path:
    return folder / "Scripts" / "python.exe" if os.name == "nt" else folder / "bin" / "python"


def make(folder: Path, requirements: Sequence[str]) -> None:
    """Make the environment under another name, so that `folder` is there only when all of it is."""
    made = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    try:
        command(sys.executable, "-m", "venv", str(made))
        pip = ("-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet")
        command(str(python_of(made)), *pip, "install", *requirements)
        made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def command(*words: str) -> None:
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise EnvironmentFailure(
            f"`{' '.join(words)}` ended with {done.returncode}:\n{done.stdout}{done.stderr}".rstrip()
        )


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Holds a lock that the operating system lets go when the process ends, however it ends."""
    with path.open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            while True:
                try:
                    # This waits for ten seconds, and then raises.
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    break
                except OSError:
                    continue
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield
