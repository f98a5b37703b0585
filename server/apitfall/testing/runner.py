"""Runs the cases of a page through the engine, with and without types, and says where the page is not true."""

from __future__ import annotations

import ast
import difflib
import logging
import sysconfig
import tempfile
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from apitfall import loading, repair
from apitfall.config import ConfigError
from apitfall.engine import Workspace
from apitfall.inference import JediOracle
from apitfall.registry import RulePackage
from apitfall.rule import Finding, Fix
from apitfall.testing.marks import LEVELS, RELATED, Mark
from apitfall.testing.pages import Case, File, marks_of
from apitfall.text import Lines


class CaseError(Exception):
    """A case that cannot be run at all; the message says why."""


@contextmanager
def project(files: Mapping[str, str], package: RulePackage, types: bool = True) -> Generator[Workspace]:
    """A workspace over the files, which lie in a folder of their own. CaseError for what the engine has to log."""
    log = ErrorLog()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = Path(folder).resolve()
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8", newline="")
        try:
            settings, _ = loading.settings(root, [package])
        except ConfigError as error:
            raise CaseError(str(error)) from error
        workspace = loading.load(root, [package], settings, {}).workspace
        workspace.oracle = JediOracle(root.as_posix(), site_packages()) if types else None
        logging.getLogger("apitfall").addHandler(log)
        try:
            yield workspace
        except CaseError:
            # What a rule that raised did not find is often what is missed next.
            if not log.lines:
                raise
        finally:
            logging.getLogger("apitfall").removeHandler(log)
    if log.lines:
        raise CaseError("\n".join(log.lines))


class ErrorLog(logging.Handler):
    """Keeps the errors that are logged, with their tracebacks: a rule that raises costs a user no more than that line."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def site_packages() -> list[str]:
    """Those of the running interpreter."""
    return list(dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib")))


def found_in(workspace: Workspace, files: Iterable[str], types: bool = True) -> list[tuple[str, Finding]]:
    """The findings of every rule with the paths of their files, in the order of the files and of their text."""
    paths = [path for path in files if workspace.document(f"{workspace.root}/{path}") is not None]
    return [(p, finding) for p in paths for finding in workspace.check(f"{workspace.root}/{p}", types=types).findings]


def problems(case: Case, package: RulePackage, rule: str) -> list[str]:
    """Everything in which a case is not true of its rule, in words with the page's lines; empty if it is true."""
    try:
        out = wrong_marks(case, case.files, (), package, rule)
        for variant in case.fixed:
            out += wrong_fix(case, variant, package, rule)
    except CaseError as error:
        return [f"{case.page}:{case.line}: {error}"]
    return out


def wrong_marks(
    case: Case, files: Mapping[str, File], hidden: Collection[str], package: RulePackage, rule: str
) -> list[str]:
    """Where the findings in `files` and their marks differ, without and with types.

    `hidden` are files that a fixed block left out, being unchanged: a related mark in one may be from before the fix.
    """
    with project(texts(files), package) as workspace:
        without = found_in(workspace, files, types=False)
        typed = found_in(workspace, files)
        documents = {path: Lines(file.text) for path, file in files.items()}
        guesses = compare(case, files, hidden, spoken(workspace, documents, without, rule), types=False)
        truths = compare(case, files, hidden, spoken(workspace, documents, typed, rule), types=True)
    kept = {(path, finding.rule, finding.fingerprint) for path, finding in typed}
    lost = [(path, f) for path, f in without if (path, f.rule, f.fingerprint) not in kept]
    out = [f"{case.page}:{case.line}: {path}: found only without types: {f.rule}: {f.message}" for path, f in lost]
    out += [problem for problem in truths if problem in guesses]
    out += [f"{problem} (without types)" for problem in guesses if problem not in truths]
    out += [f"{problem} (with types)" for problem in truths if problem not in guesses]
    return out


# What starts on a line, as (path, 0-based line): pairs of a severity's name or `related`, and a message.
Spoken = dict[tuple[str, int], list[tuple[str, str]]]


def spoken(
    workspace: Workspace, documents: Mapping[str, Lines], findings: Iterable[tuple[str, Finding]], rule: str
) -> Spoken:
    """What a rule says of which lines."""
    out: Spoken = {}
    for path, finding in findings:
        if finding.rule != rule:
            continue
        line = documents[path].position(finding.span.start)[0]
        out.setdefault((path, line), []).append((finding.severity.name, finding.message))
        for related in finding.related:
            other = related.path.removeprefix(f"{workspace.root}/")
            line = documents[other].position(related.span.start)[0] if other in documents else -1
            out.setdefault((other, line), []).append((RELATED, related.message))
    return out


def compare(case: Case, files: Mapping[str, File], hidden: Collection[str], said: Spoken, types: bool) -> list[str]:
    out = [f"{case.page}:{case.line}: a related place lies in {path or 'no file'}" for path, line in said if line < 0]
    # Which finding a related mark belongs to is not said, so it may be that of a finding which needs types.
    maybe = not types and any(mark.types for mark in marks_of(files))
    for path, file in files.items():
        numbers = {line for where, line in said if where == path and line >= 0}
        for number in sorted(numbers | set(file.marks)):
            marks = [mark for mark in file.marks.get(number, ()) if types or not mark.types]
            here = said.get((path, number), [])
            missing, extra = unmatched(marks, here, related_optional=maybe or path in hidden)
            if missing or extra:
                where = f"{case.page}:{file.line + number}: {path}:{number + 1}"
                expected = "; ".join(map(str, missing)) or "nothing more"
                found = "; ".join(f'{word}: "{message}"' for word, message in extra) or "nothing more"
                out.append(f"{where}: expected {expected}, found {found}")
    return out


def unmatched(
    marks: Sequence[Mark], said: Sequence[tuple[str, str]], related_optional: bool
) -> tuple[list[Mark], list[tuple[str, str]]]:
    """The marks that nothing found is like, and what was found that no mark is like.

    A mark of a finding stands for as many as it counts, a mark of a related place for any number but none.
    """
    wanted = [replace(mark, count=1) for mark in marks if mark.word in LEVELS for _ in range(mark.count)]
    findings = [item for item in said if item[0] in LEVELS]
    taken: dict[int, int] = {}
    for index in range(len(wanted)):
        assign(index, wanted, findings, taken, set())
    held = set(taken.values())
    missing = [mark for index, mark in enumerate(wanted) if index not in held]
    extra = [item for index, item in enumerate(findings) if index not in taken]
    related = [item for item in said if item[0] == RELATED]
    marked = [mark for mark in marks if mark.word == RELATED]
    if not related_optional:
        missing += [mark for mark in marked if not any(like(mark, item) for item in related)]
    extra += [item for item in related if not any(like(mark, item) for mark in marked)]
    return missing, extra


def assign(
    index: int, wanted: Sequence[Mark], findings: Sequence[tuple[str, str]], taken: dict[int, int], tried: set[int]
) -> bool:
    """Give a mark a finding that is like it, moving other marks to others where that makes room."""
    for number, item in enumerate(findings):
        if number not in tried and like(wanted[index], item):
            tried.add(number)
            if number not in taken or assign(taken[number], wanted, findings, taken, tried):
                taken[number] = index
                return True
    return False


def like(mark: Mark, said: tuple[str, str]) -> bool:
    return mark.word == said[0] and mark.text in said[1]


def wrong_fix(case: Case, variant: str, package: RulePackage, rule: str) -> list[str]:
    """Where the files after a fix, or what is found in them, differ from the page's fixed blocks."""
    shown = case.fixed[variant]
    expected = {**case.files, **shown}
    line = next(iter(shown.values())).line
    # Without types a fix is made only where it was found without them.
    modes = [True] if any(mark.types for mark in marks_of(case.files)) else [True, False]
    out: list[str] = []
    for types in modes:
        try:
            after = fixed(case, variant, package, rule, types)
        except NotOffered as error:
            out.append(f"{case.page}:{line}: {error}")
            continue
        for path in dict.fromkeys((*expected, *after)):
            want, got = expected[path].text if path in expected else None, after.get(path)
            if want != got:
                at = expected[path].line if path in expected else line
                out.append(f"{case.page}:{at}: after the fix, {difference(path, want, got)}")
    out = list(dict.fromkeys(out))
    for path, file in shown.items():
        before = case.files.get(path)
        if path.endswith(".py") and not parses(file.text) and (before is None or parses(before.text)):
            out.append(f"{case.page}:{file.line}: the fixed {path} does not parse")
    return out + wrong_marks(case, expected, set(case.files) - set(shown), package, rule)


class NotOffered(CaseError):
    """A page names a fix that no finding of its case offers."""


def fixed(case: Case, variant: str, package: RulePackage, rule: str, types: bool = True) -> dict[str, str]:
    """The files of a case after rounds of a fix, made for every finding of the rule that offers it."""
    before = texts(case.files)
    with project(before, package, types) as workspace:
        name = fix_name(found_in(workspace, before, types), variant, rule)
        repaired = repair.fix(workspace, workspace.paths(), lambda finding: offered(finding, name, rule), types=types)
        return {**before, **{path.removeprefix(f"{workspace.root}/"): text for path, text in repaired.texts.items()}}


def fix_name(findings: Iterable[tuple[str, Finding]], variant: str, rule: str) -> str:
    """The name of a variant's fix: with no name, that of the first fix of the first finding that has one."""
    names = [fix.name for _, finding in findings if finding.rule == rule for fix in finding.fixes]
    if variant not in ("", *names) or not names:
        raise NotOffered(f"no finding offers the fix `{variant}`" if variant else "no finding offers a fix")
    return variant or names[0]


def offered(finding: Finding, name: str, rule: str) -> Fix | None:
    return next((fix for fix in finding.fixes if fix.name == name), None) if finding.rule == rule else None


def difference(path: str, want: str | None, got: str | None) -> str:
    if want is None:
        return f"{path} is there, which the page does not show:\n{got}"
    if got is None:
        return f"{path} was not created"
    lines = difflib.unified_diff(want.splitlines(), got.splitlines(), "the page", "the fix", lineterm="", n=2)
    return f"{path} is not as the page shows it:\n" + "\n".join(lines)


def parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def texts(files: Mapping[str, File]) -> dict[str, str]:
    return {path: file.text for path, file in files.items()}
