"""One run of a command over files and folders: the projects they lie in, and what is said of them on standard error."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from apitfall import cache, files, loading, registry
from apitfall.checked import Report
from apitfall.config import ConfigError
from apitfall.engine import Workspace
from apitfall.loading import Loaded
from apitfall.text import Lines, Span


@dataclass(frozen=True)
class Project:
    """A project that was read, with the paths of those of its files that the run is about."""

    loaded: Loaded
    paths: tuple[str, ...]

    @property
    def workspace(self) -> Workspace:
        return self.loaded.workspace


class Run:
    """What cannot be looked at is said on standard error and makes the run `failed`; the rest is looked at all the same.

    `names` are files and folders; ``-`` is standard input, the text of the file `stdin_filename`. If the run is
    `lenient`, only what was named has to be readable, not all that is in a folder.
    """

    def __init__(
        self,
        names: Sequence[str],
        stdin_filename: str | None,
        *,
        verbose: bool,
        lenient: bool = False,
        use_cache: bool = True,
    ) -> None:
        log_to_stderr(verbose=verbose)
        self.verbose = verbose
        self.lenient = lenient
        self.failed = False
        self.cache = cache.find(os.environ) if use_cache else None
        self.cwd = Path.cwd()
        self.packages = registry.load()
        self.stdin = files.absolute(Path(stdin_filename)) if stdin_filename is not None else None
        self.stdin_data = sys.stdin.buffer.read() if self.stdin is not None else b""
        self.texts = dict(self._texts())
        self.given = tuple(self._given(names))
        self.seen: set[str] = set()

    def _given(self, names: Sequence[str]) -> Iterator[Path]:
        for name in names or ("." if self.stdin is None else "-",):
            if name != "-":
                yield files.absolute(Path(name))
            elif self.stdin is not None:
                yield self.stdin
            else:
                self.error("`-` needs `--stdin-filename`, the file whose text is on standard input")

    def _texts(self) -> Iterator[tuple[Path, str]]:
        """The text that replaces that of a file."""
        if self.stdin is not None:
            try:
                yield self.stdin, files.decode(self.stdin_data, "standard input")[0]
            except files.Unreadable as error:
                self.error(str(error))
                yield self.stdin, ""

    def projects(self) -> Iterator[Project]:
        """The projects that the given files and folders lie in, each read when its turn comes.

        Where one of them lies in another, it comes first, and its files are its own.
        """
        by_root = loading.projects(self.given)
        for root in sorted(by_root, key=lambda root: len(root.parts), reverse=True):
            loaded = self._load(root, by_root[root])
            if loaded is not None:
                is_given = within(by_root[root])
                paths = [path for path in loaded.workspace.paths() if is_given(path) and path not in self.seen]
                self.seen.update(paths)
                yield Project(loaded, tuple(paths))

    def _load(self, root: Path, given: Sequence[Path]) -> Loaded | None:
        try:
            config, source = loading.settings(root, self.packages)
            loaded = loading.load(root, self.packages, config, os.environ, given, self.texts)
        except ConfigError as error:
            folder = self.name_of(root.as_posix())
            for sentence in str(error).splitlines():
                self.error(sentence if folder == "." else f"{folder}/{sentence}")
            return None
        except files.Unreadable as error:
            self.error(str(error))
            return None
        self._describe(root, source, loaded)
        is_given = within(given)
        for path, sentence in loaded.unreadable.items():
            if is_given(path.as_posix()):
                self._unchecked(path.as_posix(), sentence)
            else:
                self.note(sentence)
        for folder in filter(Path.is_dir, given):
            if not any(map(within([folder]), loaded.workspace.paths())):
                self.say(f"{self.name_of(folder.as_posix())}: no Python files to check here")
        return loaded

    def name_of(self, path: str) -> str:
        """The path relative to the working directory, with slashes; absolute where it is on another drive."""
        try:
            return Path(os.path.relpath(path, self.cwd)).as_posix()
        except ValueError:
            return path

    # What is said

    def say_gaps(self, report: Report) -> None:
        """What of a file was not checked. A file of which nothing could be checked is an error, as if it was unreadable."""
        if not report.broken:
            return
        name, lines = self.name_of(report.document.path), Lines(report.document.text)
        for sentence in report.refused:
            self.say(f"{name}: {sentence}; this part was not checked")
        left_out = {number for span in report.broken for number in code_lines(lines, span)}
        if left_out.issuperset(code_lines(lines, Span(0, len(lines.text)))):
            why = "" if report.refused else ", for none of it parses as Python"
            self._unchecked(report.document.path, f"{name}: nothing in it could be checked{why}")
            return
        for span in report.broken:
            line = lines.position(span.start)[0] + 1
            if not any(sentence.startswith(f"line {line}:") for sentence in report.refused):
                first = next(code_lines(lines, span), line)
                self.say(f"{name}:{first}: does not parse here; the rest of the file was checked")

    def _describe(self, root: Path, source: str, loaded: Loaded) -> None:
        """What `--verbose` tells of a project."""
        found = loaded.environment
        self.note(f"project: {root}")
        self.note(f"settings: {source or 'none'}")
        python = f", Python {found.python}" if found.python else ""
        is_missed = loaded.workspace.config.environment is not None and found.folder is None
        (self.say if is_missed else self.note)(f"environment: {found.source}{python}")
        names = sorted({name for package in self.packages for name in package.packages} & loaded.versions.keys())
        versions = (f"{name} {loaded.versions[name].text} ({loaded.versions[name].source})" for name in names)
        self.note(f"versions: {', '.join(versions) or 'none known'}")
        for path, reason in loaded.left_out:
            self.note(f"left out: {self.name_of(path.as_posix())}: {reason}")
        if not loaded.workspace.awake:
            self.note("nothing here imports or depends on what the rules are about, so nothing is parsed")

    def error(self, sentence: str) -> None:
        """Something that was asked for could not be done."""
        self.failed = True
        self.say(f"error: {sentence}")

    def _unchecked(self, path: str, sentence: str) -> None:
        self.say(f"error: {sentence}")
        self.failed |= not self.lenient or path in {given.as_posix() for given in self.given}

    def note(self, sentence: str) -> None:
        """Something for `--verbose`."""
        if self.verbose:
            self.say(sentence)

    def say(self, sentence: str) -> None:
        print(sentence, file=sys.stderr)


def within(given: Sequence[Path]) -> Callable[[str], bool]:
    """Whether a path is, or lies in, one of the given ones."""
    names = {path.as_posix() for path in given}
    folders = tuple(f"{name.rstrip('/')}/" for name in names)
    return lambda path: path in names or path.startswith(folders)


def code_lines(lines: Lines, span: Span) -> Iterator[int]:
    """The 1-based numbers of the lines in a span that are neither blank nor a comment."""
    first, last = lines.position(span.start)[0], lines.position(max(span.end - 1, span.start))[0]
    for number in range(first, last + 1):
        if lines.line(number).strip("\ufeff \t\f")[:1] not in ("", "#"):
            yield number + 1


class OneLine(logging.Formatter):
    """A log record in one line; the error that it tells of is named, without its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        return f"{record.levelname.lower()}: {record.getMessage()}" + (f": {error!r}" if error else "")


def log_to_stderr(*, verbose: bool) -> None:
    """Let the log say on standard error what went wrong in a rule, with the traceback if `verbose`."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s") if verbose else OneLine())
    logging.getLogger("apitfall").handlers = [handler]
