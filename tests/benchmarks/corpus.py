"""The real files that are edited, out of a wheel of the package index, each in a project of its own."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import edits
import snippets
from servers import BUILD

REQUIREMENT = "litellm==1.109.1"
PACKAGE = "litellm/proxy"
SETTINGS = """\
[project]
name = "benchmark"
version = "1"
requires-python = ">=3.10"
dependencies = ["fastapi", "requests"]

[tool.ruff]
"""
PARSED = "utils.py"  # what is parsed to tell how fast the machine is
WIDE, FAULTS = 12, 4


@dataclass(frozen=True)
class File:
    """`name` says about how many lines it has. In a `tree` it stands in a copy of the whole folder."""

    name: str
    path: str
    is_in_tree: bool = False


FILES = (
    File("200", "logging_endpoints/callback_logs_endpoints.py"),
    File("1000", "management_endpoints/customer_endpoints.py"),
    File("3000", "management_endpoints/internal_user_endpoints.py"),
    File("10000", "utils.py"),
    File("22000", "proxy_server.py"),
    File("tree", "utils.py", is_in_tree=True),
)


def fetch() -> Path:
    """The folder with the files, which is downloaded the first time."""
    folder = BUILD / f"{REQUIREMENT}-sources"
    if not folder.exists():
        downloads = BUILD / "downloads"
        print(f"downloading {REQUIREMENT}", file=sys.stderr)
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
        subprocess.run([*pip, "--no-deps", "--only-binary", ":all:", "-d", downloads, REQUIREMENT], check=True)
        wheel = next(downloads.glob(f"{REQUIREMENT.replace('==', '-')}-*.whl"))
        unpacked = downloads / "unpacked"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unpacked, [name for name in archive.namelist() if is_source(name)])
        unpacked.rename(folder)
        shutil.rmtree(downloads)
    return folder / PACKAGE


def is_source(name: str) -> bool:
    return name.startswith(f"{PACKAGE.partition('/')[0]}/") and name.endswith(".py")


def project(file: File, source: Path, folder: Path, select: Sequence[str] = ()) -> Path:
    """Make the project of a file in a folder; returns the path of the file. `select` are the rules of ours that run."""
    rules = ", ".join(f'"{rule}"' for rule in select)
    folder.mkdir()
    settings = SETTINGS + (f"\n[tool.apitfall]\nselect = [{rules}]\n" if select else "")
    (folder / "pyproject.toml").write_text(settings, encoding="utf-8")
    path = folder / Path(file.path).name
    if file.is_in_tree:
        shutil.copytree(source, folder / PACKAGE)
        path = folder / PACKAGE / file.path
    path.write_text(prepared((source / file.path).read_text(encoding="utf-8")), encoding="utf-8")
    return path


def prepared(text: str) -> str:
    """A file with an import, some functions that linters speak of and some lines that are not ASCII, spread over it."""
    lines = text.splitlines(keepends=True)
    body = ast.parse(text).body
    start = next(edits.first_line(node) for node in body if not opens_module(node))
    lines.insert(start, snippets.IMPORT)
    document = edits.Text("".join(lines), "prepared")
    for number, row in enumerate(spread(document, FAULTS, lambda line: line.definition == ""), start=1):
        document.insert_lines(row, snippets.FAULT.format(n=number))
    for number, row in enumerate(spread(document, WIDE, lambda line: line.statement is not None), start=1):
        document.insert_lines(row, (document.lines[row].statement or "") + snippets.WIDE.format(n=number))
    return str(document)


def opens_module(node: ast.stmt) -> bool:
    """Whether a statement has to stand first: the docstring, or an import of the future."""
    is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
    return is_future or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def spread(document: edits.Text, count: int, is_place: Callable[[edits.Line], bool]) -> list[int]:
    """Rows in even distances among those that are a place, the last one first, so that lines put there move none."""
    rows = [row for row, line in enumerate(document.lines) if is_place(line)]
    return sorted({rows[index * len(rows) // count] for index in range(count)}, reverse=True)
