"""Which files a project has, and what stands in them. Reads the disk; writes nothing and starts nothing."""

from __future__ import annotations

import codecs
import os
import re
import stat
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import cast

from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

DEFAULT_EXCLUDE = {
    ".git/": "a version control folder",
    ".hg/": "a version control folder",
    ".svn/": "a version control folder",
    ".venv/": "a virtual environment",
    "venv/": "a virtual environment",
    "env/": "a virtual environment",
    ".conda/": "a conda environment",
    ".pixi/": "a conda environment",
    "site-packages/": "installed packages",
    "dist-packages/": "installed packages",
    "__pypackages__/": "installed packages",
    "node_modules/": "installed packages",
    ".tox/": "environments of a test runner",
    ".nox/": "environments of a test runner",
    "build/": "a build's output",
    "dist/": "a build's output",
    "_build/": "a build's output",
    "*.egg-info/": "a build's output",
    ".eggs/": "a build's output",
    "__pycache__/": "a cache",
    ".mypy_cache/": "a cache",
    ".pytest_cache/": "a cache",
    ".ruff_cache/": "a cache",
    ".pytype/": "a cache",
    ".hypothesis/": "a cache",
    ".ipynb_checkpoints/": "copies that an editor keeps",
    ".idea/": "an editor's settings",
    ".vscode/": "an editor's settings",
}
"""The globs that are left out where no exclude takes them back, each with the reason that `--verbose` gives."""

ROOT_MARKS = ("apitfall.toml", "pyproject.toml", "setup.py", "setup.cfg", ".git")
SETTINGS = ("apitfall.toml", "pyproject.toml")
SUFFIXES = (".py", ".pyi")
NOTHING = r"(?!)"


class Unreadable(Exception):
    """A file that cannot be read as Python text; the message is a sentence that names it and says why."""


@dataclass(frozen=True)
class Listing:
    """`files` are sorted. `left_out` are the folders and Python files that were not taken, each with the reason."""

    files: tuple[Path, ...]
    left_out: tuple[tuple[Path, str], ...]


def read(path: Path) -> str:
    """The text of a Python file, decoded as Python does it; line breaks and a byte order mark are kept."""
    return decode(read_bytes(path), f"`{path}`")[0]


def decode(data: bytes, where: str) -> tuple[str, str]:
    """The text of a Python file and the encoding that gives its bytes again. `where` names it in what Unreadable says."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable(f"{where} is UTF-16 or UTF-32 text, which Python does not read; save it as UTF-8.")
    try:
        encoding = tokenize.detect_encoding(BytesIO(data).readline)[0] if may_declare(data) else "utf-8"
    except SyntaxError as error:
        # Without a declaration, what is wrong is a byte of the first two lines, which decoding names.
        if "unknown encoding" in str(error) or "encoding problem" in str(error):
            raise Unreadable(
                f"{where} declares an encoding that Python does not know or that contradicts its byte order mark."
            ) from error
        encoding = "utf-8"
    # The codec utf-8-sig would drop the mark.
    encoding = "utf-8" if encoding == "utf-8-sig" else encoding
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(
            f"{where} is not valid {encoding.upper()}: byte {error.start} (0x{data[error.start]:02x}), in line {line}."
        ) from error
    except (LookupError, ValueError) as error:
        raise Unreadable(f"{where} declares the encoding {encoding}, which is no encoding of text.") from error


def may_declare(data: bytes) -> bool:
    """Whether the first two lines may say an encoding, or there is a byte order mark."""
    return b"coding" in data[: data.find(b"\n", data.find(b"\n") + 1)] or data.startswith(codecs.BOM_UTF8)


def read_bytes(path: Path) -> bytes:
    """The content of a regular file. Anything else, as a pipe or a device, is not opened: that could block for ever."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unreadable(f"`{path}` is not a file." if path.is_dir() else f"`{path}` is not a regular file.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise Unreadable(f"`{path}` cannot be read: {reason(error)}.") from error


def reason(error: Exception) -> str:
    """The system's words for an error, without the path that it adds."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def project_root(start: Path) -> Path:
    """The nearest folder, `start` or one around it, that has a project's settings or a repository; else `start`."""
    start = absolute(start)
    folder = start if is_folder(start) else start.parent
    for candidate in (folder, *folder.parents):
        if any(os.path.lexists(candidate / mark) for mark in ROOT_MARKS):
            return candidate
    return folder


def settings(root: Path) -> tuple[str, str] | None:
    """The name and text of the file that may hold the project's settings; Unreadable if it cannot be read."""
    for name in SETTINGS:
        if os.path.lexists(root / name):
            return name, read(root / name)
    return None


def folders_above(root: Path) -> Iterator[Path]:
    """The folders around a project, innermost first, up to the top of its git work tree; none if it lies in none."""
    top = git_root(root)
    if top is not None and top != root:
        yield from (folder for folder in root.parents if folder == top or folder.is_relative_to(top))


def git_root(folder: Path) -> Path | None:
    """The nearest folder, itself or one around it, that is the top of a git work tree."""
    return next((f for f in (folder, *folder.parents) if os.path.lexists(f / ".git")), None)


def is_folder(path: Path) -> bool:
    """False as well where that cannot be told."""
    try:
        return path.is_dir()
    except OSError:
        return False


def absolute(path: Path) -> Path:
    """Without ``..``, and without following symbolic links."""
    return Path(os.path.abspath(path))  # noqa: PTH100


def python_files(root: Path, exclude: Sequence[str], below: str = "") -> Listing:
    """The Python files below `root` that neither git ignores nor DEFAULT_EXCLUDE or `exclude` names.

    `exclude` are patterns in the syntax of a .gitignore that stands in the root, or in the folder around it from which
    `below`, with a slash at its end, leads to the root. They are read behind the default ones: ``!build/`` takes
    ``build/`` back. They do not bring back what git ignores. A folder that is left out is not looked
    into. A virtual environment is left out whatever it is called.
    """
    return Walk(absolute(root), exclude, below).run()


@dataclass(frozen=True)
class Pattern:
    """A line of a .gitignore with its number. `ignores` is False where it takes paths back."""

    number: int
    ignores: bool
    regex: re.Pattern[str]

    def names(self, path: str) -> bool:
        """Whether it names this very path, not a folder around it, whose own answer is known already."""
        if self.regex.groups:
            # The group is the slash that ends what the pattern names.
            return any(m.end() == len(path) for m in self.regex.finditer(path))
        # ``a/**`` and ``*`` name what is in a folder.
        return bool(self.regex.search(path.rstrip("/")))


@dataclass(frozen=True)
class Ignore:
    """The patterns of one file, last first; paths are matched from its folder on, `depth` characters down."""

    patterns: tuple[Pattern, ...]
    depth: int
    any_of_them: re.Pattern[str]

    def match(self, path: str) -> Pattern | None:
        """The pattern that decides about a path; a folder's ends in a slash."""
        path = path[self.depth :]
        if not self.any_of_them.search(path):
            return None
        return next((pattern for pattern in self.patterns if pattern.names(path)), None)


@dataclass(frozen=True)
class Folder:
    """A folder on the way. `path` is relative to the walk's top and ends in a slash; `real` has no links in it."""

    shown: str
    real: str
    path: str
    ignores: tuple[Ignore, ...]


class Walk:
    """One walk over the folders below a root; links are followed last, so that a file is listed by its own name."""

    def __init__(self, root: Path, exclude: Sequence[str], below: str) -> None:
        top = git_root(root) or root
        self.root = str(root)
        self.real_root = os.path.realpath(root)
        self.path = "".join(f"{part}/" for part in root.relative_to(top).parts)
        self.exclude = (*DEFAULT_EXCLUDE, *exclude)
        self.excluded = parse(self.exclude, len(self.path) - len(below))
        self.inherited = around(top, root)
        self.files: list[str] = []
        self.left_out: list[tuple[str, str]] = []
        self.seen: set[str] = set()
        self.links: list[tuple[os.DirEntry[str], Folder]] = []

    def run(self) -> Listing:
        self.walk(Folder(self.root, self.real_root, self.path, self.inherited))
        while self.links:
            links, self.links = self.links, []
            for entry, folder in links:
                self.follow(entry, folder)
        return Listing(tuple(map(Path, sorted(self.files))), tuple((Path(p), why) for p, why in sorted(self.left_out)))

    def walk(self, start: Folder) -> None:
        pending = [start]
        while pending:
            folder = pending.pop()
            if folder.real in self.seen:
                continue
            self.seen.add(folder.real)
            try:
                with os.scandir(folder.shown) as found:
                    entries = list(found)
            except OSError as error:
                self.left_out.append((folder.shown, f"cannot be listed: {reason(error)}"))
                continue
            names = {entry.name for entry in entries}
            if "pyvenv.cfg" in names and folder.shown != self.root:
                self.left_out.append((folder.shown, "a virtual environment"))
                continue
            if ".gitignore" in names:
                own = read_ignore(Path(folder.shown, ".gitignore"), len(folder.path))
                folder = Folder(folder.shown, folder.real, folder.path, (*own, *folder.ignores))
            pending += self.enter(folder, entries)

    def enter(self, folder: Folder, entries: Sequence[os.DirEntry[str]]) -> Iterator[Folder]:
        """Take the files of a folder and give the folders in it that are to be walked."""
        for entry in entries:
            name = entry.name
            if entry.is_symlink():
                self.links.append((entry, folder))
            elif entry.is_dir(follow_symlinks=False):
                path = f"{folder.path}{name}/"
                if not self.is_left_out(entry, path, folder):
                    yield Folder(entry.path, os.path.join(folder.real, name), path, folder.ignores)  # noqa: PTH118
            elif name.endswith(SUFFIXES) and not self.is_left_out(entry, folder.path + name, folder):
                if entry.is_file(follow_symlinks=False):
                    self.seen.add(os.path.join(folder.real, name))  # noqa: PTH118
                    self.files.append(entry.path)
                else:
                    self.left_out.append((entry.path, "not a regular file"))

    def follow(self, entry: os.DirEntry[str], folder: Folder) -> None:
        is_python = entry.name.endswith(SUFFIXES)
        try:
            mode = entry.stat().st_mode
            real = os.path.realpath(entry.path)
        except OSError as error:
            if is_python:
                self.left_out.append((entry.path, f"a broken symbolic link: {reason(error)}"))
            return
        if stat.S_ISDIR(mode):
            path = f"{folder.path}{entry.name}/"
            if self.is_left_out(entry, path, folder):
                return
            if real in self.seen or is_inside(real, self.real_root) or is_inside(self.real_root, real):
                self.left_out.append((entry.path, "a symbolic link to a folder that is reached by its own name"))
            else:
                self.walk(Folder(entry.path, real, path, folder.ignores))
        elif is_python and not self.is_left_out(entry, folder.path + entry.name, folder):
            if real in self.seen:
                self.left_out.append((entry.path, "a symbolic link to a file that is listed by its own name"))
            elif stat.S_ISREG(mode):
                self.seen.add(real)
                self.files.append(entry.path)
            else:
                self.left_out.append((entry.path, "not a regular file"))

    def is_left_out(self, entry: os.DirEntry[str], path: str, folder: Folder) -> bool:
        why = self.why(path, folder.ignores)
        if why:
            self.left_out.append((entry.path, why))
        return bool(why)

    def why(self, path: str, ignores: Sequence[Ignore]) -> str | None:
        found = self.excluded.match(path)
        if found and found.ignores:
            glob = self.exclude[found.number]
            return DEFAULT_EXCLUDE.get(glob, f"excluded by `{glob}`")
        if not is_text(path):
            return "its name is not text"
        return "ignored by git" if is_ignored(path, ignores) else None


def is_inside(path: str, folder: str) -> bool:
    return f"{path}{os.sep}".startswith(f"{folder.rstrip(os.sep)}{os.sep}")


def is_text(name: str) -> bool:
    """Whether a file's name can be printed: one with bytes that are no text cannot."""
    try:
        return name.isascii() or bool(name.encode())
    except UnicodeEncodeError:
        return False


def is_ignored(path: str, ignores: Sequence[Ignore]) -> bool:
    """Whether git leaves out a path whose folder it does not leave out; the innermost file with a say decides."""
    for ignore in ignores:
        found = ignore.match(path)
        if found:
            return found.ignores
    return False


def around(top: Path, root: Path) -> tuple[Ignore, ...]:
    """The patterns that hold in `root` from the folders around it, up to the top of the git work tree.

    Where they ignore the root itself, whoever named it wants it nevertheless: then they do not hold.
    """
    ignores = read_ignore(git_folder(top) / "info" / "exclude", 0)
    folder, path = top, ""
    for part in root.relative_to(top).parts:
        ignores = (*read_ignore(folder / ".gitignore", len(path)), *ignores)
        folder, path = folder / part, f"{path}{part}/"
        if is_ignored(path, ignores):
            return ()
    return ignores


def git_folder(top: Path) -> Path:
    """Where git keeps what all work trees of a repository share; in a second work tree ``.git`` is a file."""
    folder = top / ".git"
    if not is_folder(folder):
        try:
            named = read_bytes(folder).decode(errors="surrogateescape").removeprefix("gitdir:").strip()
            folder = top / named
            common = read_bytes(folder / "commondir").decode(errors="surrogateescape").strip()
        except Unreadable:
            return folder
        return folder / common
    return folder


def read_ignore(path: Path, depth: int) -> tuple[Ignore, ...]:
    """The patterns of a .gitignore; none where there is no such file or it cannot be read."""
    try:
        lines = read_bytes(path).decode(errors="surrogateescape").removeprefix("\ufeff").splitlines()
    except Unreadable:
        return ()
    return (parse(lines, depth),)


def parse(lines: Sequence[str], depth: int) -> Ignore:
    """The patterns in the lines of a .gitignore; a line that is none is passed over, as git does it."""
    found: list[Pattern] = []
    for number, line in enumerate(lines):
        # What ``a/**/`` names are the folders in `a`; the library reads it as `a`.
        line = f"{line}*/" if line.endswith("/**/") else line
        try:
            pattern = GitIgnoreSpecPattern(line)
        except (GitIgnorePatternError, re.error):
            continue
        regex = cast("re.Pattern[str] | None", pattern.regex)  # pyright: ignore[reportUnknownMemberType]
        if pattern.include is not None and regex is not None:
            found.append(Pattern(number, pattern.include, regex))
    together = "|".join(re.sub(r"\?P<\w+>", "?:", pattern.regex.pattern) for pattern in found)
    return Ignore(tuple(reversed(found)), depth, re.compile(together or NOTHING))
