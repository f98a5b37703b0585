"""The command `apitfall check`."""

from __future__ import annotations

import logging
import os
import sys
import time
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from io import BytesIO
from pathlib import Path

from apitfall import files, loading, registry
from apitfall.config import ConfigError
from apitfall.engine import Report, Workspace
from apitfall.frames import wants_color, width_of
from apitfall.loading import Loaded
from apitfall.output import Found, Sources, as_json, as_text, count, in_order
from apitfall.rule import Severity
from apitfall.text import Lines, Span


@dataclass(frozen=True)
class Options:
    """The arguments of the command. `stdin_filename` names the file whose text is on standard input."""

    paths: tuple[str, ...]
    stdin_filename: str | None
    json: bool
    edits: bool
    hints: bool
    fail_on: Severity
    exit_zero: bool
    verbose: bool


def check(options: Options) -> int:
    """Check what was asked for and write what was found; the answer is the exit status."""
    return Check(options).run()


class Check:
    """One run. What cannot be checked is said on standard error, and the rest is checked all the same."""

    def __init__(self, options: Options) -> None:
        self.options = options
        log_to_stderr(verbose=options.verbose)
        self.packages = registry.load()
        self.cwd = Path.cwd()
        self.named: set[str] = set()
        self.checked: set[str] = set()
        self.failed = False

    def run(self) -> int:
        started = time.perf_counter()
        texts = self.stdin()
        given = list(self.given())
        self.named = {path.as_posix() for path in given}
        projects = loading.projects(given)
        found: list[Found] = []
        # Where one of the projects lies in another, its files are checked as its own.
        for root in sorted(projects, key=lambda root: len(root.parts), reverse=True):
            found += self.project(root, projects[root], texts)
        self.write(in_order(found))
        self.note(f"{count(len(self.checked), 'file')} checked in {time.perf_counter() - started:.2f} s")
        if self.failed:
            return 2
        worst = min((f.finding.severity for f in found), default=None)
        return int(worst is not None and worst <= self.options.fail_on and not self.options.exit_zero)

    def given(self) -> Iterator[Path]:
        """The files and folders to check, absolute."""
        stdin = self.options.stdin_filename
        for name in self.options.paths or ("." if stdin is None else "-",):
            if name != "-":
                yield files.absolute(Path(name))
            elif stdin is not None:
                yield files.absolute(Path(stdin))
            else:
                self.error("`-` needs `--stdin-filename`, the file whose text is on standard input")

    def stdin(self) -> dict[Path, str]:
        """The text that replaces that of a file."""
        name = self.options.stdin_filename
        if name is None:
            return {}
        data = sys.stdin.buffer.read()
        try:
            encoding = tokenize.detect_encoding(BytesIO(data).readline)[0]
            text = data.decode("utf-8" if encoding == "utf-8-sig" else encoding)
        except (SyntaxError, ValueError) as error:
            self.error(f"standard input cannot be read: {error}")
            text = ""
        return {files.absolute(Path(name)): text}

    def project(self, root: Path, given: Sequence[Path], texts: dict[Path, str]) -> Iterator[Found]:
        """What is found in the given files and folders of the project at `root`."""
        try:
            config, source = loading.settings(root, self.packages)
            loaded = loading.load(root, self.packages, config, os.environ, given, texts)
        except ConfigError as error:
            folder = self.name_of(root.as_posix())
            self.error(str(error) if folder == "." else f"{folder}/{error}")
            return
        except files.Unreadable as error:
            self.error(str(error))
            return
        self.describe(root, source, loaded)
        is_wanted = within(given)
        for path, sentence in loaded.unreadable.items():
            if is_wanted(path.as_posix()):
                self.unchecked(path.as_posix(), sentence)
            else:
                self.note(sentence)
        workspace = loaded.workspace
        for folder in filter(Path.is_dir, given):
            if not any(map(within([folder]), workspace.paths())):
                self.say(f"{self.name_of(folder.as_posix())}: no Python files to check here")
        sources = self.sources(workspace)
        for path in filter(is_wanted, workspace.paths()):
            if path not in self.checked:
                self.checked.add(path)
                report = workspace.check(path)
                self.say_gaps(report)
                for finding in report.findings:
                    yield Found(path, finding, sources)

    def sources(self, workspace: Workspace) -> Sources:
        @cache
        def lines_of(path: str) -> Lines:
            document = workspace.document(path)
            assert document is not None, "findings and edits stand in files of their workspace"
            return Lines(document.text)

        return Sources(lines_of, cache(self.name_of), cache(partial(loading.page_url, self.packages, workspace.config)))

    def name_of(self, path: str) -> str:
        """The path relative to the working directory, with slashes; absolute where it is on another drive."""
        try:
            return Path(os.path.relpath(path, self.cwd)).as_posix()
        except ValueError:
            return path

    # What is said

    def write(self, found: Sequence[Found]) -> None:
        if self.options.json:
            sys.stdout.write(as_json(found, edits=self.options.edits))
            return
        hints = self.options.hints or self.options.fail_on == Severity.hint
        color, width = wants_color(sys.stdout, os.environ), width_of(sys.stdout)
        sys.stdout.write(as_text(found, len(self.checked), hints=hints, color=color, width=width))

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
            self.unchecked(report.document.path, f"{name}: nothing in it could be checked{why}")
            return
        for span in report.broken:
            line = lines.position(span.start)[0] + 1
            if not any(sentence.startswith(f"line {line}:") for sentence in report.refused):
                first = next(code_lines(lines, span), line)
                self.say(f"{name}:{first}: does not parse here; the rest of the file was checked")

    def describe(self, root: Path, source: str, loaded: Loaded) -> None:
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
        """Something that was asked for could not be checked."""
        self.failed = True
        self.say(f"error: {sentence}")

    def unchecked(self, path: str, sentence: str) -> None:
        """A file could not be checked. With `--exit-zero` that is an error only if the file was named."""
        self.say(f"error: {sentence}")
        self.failed |= path in self.named or not self.options.exit_zero

    def note(self, sentence: str) -> None:
        if self.options.verbose:
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
