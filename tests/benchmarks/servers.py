"""The servers: ours, and its peers as their users install them, each in an environment of its own."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "benchmarks"


@dataclass(frozen=True)
class Server:
    """`requirement` is what pip installs; ours, and what runs in its environment, has none. `says` is for the reader."""

    name: str
    arguments: tuple[str, ...]
    requirement: str = ""
    says: str = ""

    @property
    def is_ours(self) -> bool:
        return self.name == OURS.name

    @property
    def environment(self) -> Path:
        return BUILD / "servers" / self.name

    def command(self) -> list[str]:
        if not self.requirement:
            return [*self.arguments]
        return [str(self.environment / "bin" / self.arguments[0]), *self.arguments[1:]]

    def install(self) -> None:
        done = self.environment / "installed"
        if not self.requirement or (done.exists() and done.read_text(encoding="utf-8") == self.requirement):
            return
        print(f"installing {self.requirement}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", self.environment], check=True)
        pip = [self.environment / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", self.requirement], check=True)
        done.write_text(self.requirement, encoding="utf-8")


OURS = Server("apitfall", (sys.executable, "-m", "apitfall", "server"), says="all rules")
BARE = Server("bare pygls", (sys.executable, str(HERE / "bare.py")))
PEERS = (
    Server("ruff", ("ruff", "server"), "ruff==0.17.6", "its default rules, native code"),
    Server("ty", ("ty", "server"), "ty==0.0.105", "a type checker, native code"),
    Server(
        "pylsp",
        ("pylsp",),
        "python-lsp-server[mccabe,pycodestyle,pyflakes]==1.15.0",
        "pyflakes, pycodestyle and mccabe, which are on by default; waits 0.5 s",
    ),
    Server(
        "jedi",
        ("jedi-language-server",),
        "jedi-language-server==0.47.0",
        "its only diagnostics are syntax errors; waits 1 s",
    ),
    Server("fixit", ("fixit", "lsp"), "fixit[lsp]==2.2.1", "its default rules; pygls and libcst, as ours; waits 0.5 s"),
)
NAMES = (OURS.name, *(peer.name for peer in PEERS))


def chosen(names: Sequence[str], command: str | None) -> list[Server]:
    """The servers of these names; `command` starts ours in place of the one that is installed here."""
    ours = OURS if command is None else Server(OURS.name, tuple(shlex.split(command)), says=OURS.says)
    return [server for server in (ours, *PEERS) if server.name in names]
