"""The applications that faults are put into, at the commits that `applications.json` names.

    python tests/accuracy/applications.py [--mirror DIR] [--only OWNER/NAME] [DEST]

Writes DEST/owner+name, by default below `build/applications`, with what is Python or says which versions of what is
needed. The repositories come from GitHub, or from bare clones of them, DIR/owner+name/repo. Nothing of them is run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory, mkdtemp

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FOLDER = ROOT / "build" / "applications"
SUFFIXES = (".py", ".pyi", ".toml", ".cfg", ".ini", ".lock")
VENDORED = {"site-packages", "node_modules", ".venv", "venv"}


@dataclass(frozen=True)
class Repository:
    """A repository of GitHub, at a commit."""

    name: str
    commit: str

    @property
    def folder(self) -> str:
        return self.name.replace("/", "+")


def repositories() -> list[Repository]:
    """All that the manifest names."""
    manifest = json.loads((HERE / "applications.json").read_text(encoding="utf-8"))
    return [Repository(entry["repository"], entry["commit"]) for entry in manifest]


def is_wanted(path: PurePosixPath) -> bool:
    if VENDORED.intersection(path.parts) or path.is_absolute() or ".." in path.parts:
        return False
    return path.suffix in SUFFIXES or (path.name.startswith("requirements") and path.suffix == ".txt")


def extract(repository: Repository, git: Path, folder: Path) -> int:
    """Write the wanted files of a commit as they are stored there, links left out; returns how many these are.

    Raises `subprocess.CalledProcessError` where the commit or one of its files is not there.
    """
    git_dir = f"--git-dir={git}"
    tree = ["git", git_dir, "ls-tree", "-r", "-z", repository.commit]
    listed = subprocess.run(tree, check=True, capture_output=True).stdout.decode(errors="surrogateescape")
    count = 0
    for row in filter(None, listed.split("\0")):
        described, _, name = row.partition("\t")
        mode, _, blob = described.split()
        if mode.startswith("100") and is_wanted(PurePosixPath(name)):
            content = subprocess.run(["git", git_dir, "cat-file", "blob", blob], check=True, capture_output=True).stdout
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            count += 1
    return count


def clone(repository: Repository, folder: Path) -> Path:
    """A bare repository with the one commit, from GitHub."""
    subprocess.run(["git", "init", "--quiet", "--bare", folder], check=True)
    address = f"https://github.com/{repository.name}.git"
    fetch = ["git", f"--git-dir={folder}", "fetch", "--quiet", "--depth", "1", address, repository.commit]
    subprocess.run(fetch, check=True)
    return folder


def get(repository: Repository, dest: Path, mirror: Path | None) -> int:
    with TemporaryDirectory() as temporary:
        git = mirror / repository.folder / "repo" if mirror else clone(repository, Path(temporary))
        dest.mkdir(parents=True, exist_ok=True)
        partial = Path(mkdtemp(dir=dest))
        count = extract(repository, git, partial)
        partial.rename(dest / repository.folder)
        return count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dest", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--mirror", type=Path, help="a folder with bare clones; GitHub if not said")
    parser.add_argument("--only", action="append", help="one repository; can be repeated")
    given = parser.parse_args()
    failed = False
    for repository in repositories():
        if given.only and repository.name not in given.only:
            continue
        if (given.dest / repository.folder).exists():
            continue
        try:
            print(f"{repository.name}: {get(repository, given.dest, given.mirror)} files")
        except subprocess.CalledProcessError as error:
            print(f"{repository.name}: {error}", file=sys.stderr)
            failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main())
