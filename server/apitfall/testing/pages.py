"""Pages as data: the prose, the cases with their files, marks, fixed files and proofs. Runs nothing."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from apitfall.testing.marks import LEVELS, Mark, MarkError, strip_marks

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROSE = ("Why", "Fix safety", "When not to use it")
SETTINGS = "pyproject.toml"
PROOF_FUNCTIONS = ("fault", "mended", "same")

HEADING = re.compile(r"(#{1,6})\s+(.*?)(?:\s+#+)?\s*")
FENCE = re.compile(r"(`{3,})\s*([^`]*)")
NAME = re.compile(r"`([^`\s]+\.\w+)`:\s*")
NO_PROOF = re.compile(r"No proof: *(.*)")


class PageError(Exception):
    """A page that does not follow the grammar. `line` is 1-based."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = path
        self.line = line


@dataclass(frozen=True)
class File:
    """A file of a case, its marks stripped. `line` is the page's line of its first one; `marks` are by 0-based line."""

    text: str
    line: int
    marks: Mapping[int, tuple[Mark, ...]] = field(default_factory=dict[int, tuple[Mark, ...]])


@dataclass(frozen=True)
class Proof:
    """`functions` are those of `fault`, `mended` and `same` that the block defines; `line` is the page's of its first."""

    source: str
    line: int
    functions: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """The blocks under one heading: one project.

    `files` are by path, a pyproject.toml among them. `fixed` and `proofs` are by the name of a fix, which is empty for
    the first fix of the case's first finding that has one. `pins` are the requirements of the pyproject.toml.
    """

    page: Path
    heading: str
    line: int
    files: Mapping[str, File]
    fixed: Mapping[str, Mapping[str, File]]
    proofs: Mapping[str, Proof]
    pins: tuple[str, ...] = ()

    @property
    def bad(self) -> bool:
        """Whether a finding is marked in it."""
        return any(mark.word in LEVELS for mark in marks_of(self.files))


@dataclass(frozen=True)
class Section:
    """A heading and the lines under it, as written. `level` counts the ``#``; `line` is the heading's."""

    title: str
    level: int
    line: int
    text: str


@dataclass(frozen=True)
class Page:
    """`summary` is the first paragraph, on one line; `no_proof` holds the reasons of the lines ``No proof: …``."""

    path: Path
    title: str
    summary: str
    sections: tuple[Section, ...]
    cases: tuple[Case, ...]
    no_proof: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """A fenced block: the words behind its fence, the name before it, and the page's line of its first line."""

    words: tuple[str, ...]
    name: str
    code: str
    line: int


@dataclass
class Part:
    """A heading with what stands under it."""

    title: str
    level: int
    line: int
    lines: list[str] = field(default_factory=list[str])
    paragraphs: list[str] = field(default_factory=list[str])
    blocks: list[Block] = field(default_factory=list[Block])


def load_page(path: Path) -> Page:
    return parse_page(path.read_text(encoding="utf-8"), path)


def parse_page(text: str, path: Path) -> Page:
    parts = list(split_parts(text.split("\n"), path))
    if not parts or parts[0].level != 1:
        raise PageError(path, 1, "a page begins with its title, `# …`")
    head = parts[0]
    if not head.paragraphs:
        raise PageError(path, head.line, "the first paragraph under the title is the summary; there is none")
    no_proof: list[str] = []
    for part in parts:
        for paragraph in part.paragraphs:
            found = NO_PROOF.fullmatch(paragraph)
            if found:
                if not found[1]:
                    raise PageError(path, part.line, "`No proof:` needs a reason")
                no_proof.append(found[1])
    sections = tuple(Section(p.title, p.level, p.line, "\n".join(p.lines).strip("\n")) for p in parts)
    cases = tuple(case for part in parts if (case := make_case(part, path)) is not None)
    return Page(path, head.title, head.paragraphs[0], sections, cases, tuple(no_proof))


def split_parts(lines: list[str], path: Path) -> Iterator[Part]:
    """The headings with their blocks and paragraphs; what stands before the first heading belongs to none."""
    part: Part | None = None
    paragraph: list[str] = []
    name = ""
    number = 0
    while number <= len(lines):
        line = lines[number] if number < len(lines) else ""
        number += 1
        heading, fence, named = HEADING.fullmatch(line), FENCE.fullmatch(line), NAME.fullmatch(line)
        if paragraph and (not line.strip() or heading or fence or named):
            if part is not None:
                part.paragraphs.append(" ".join(paragraph))
            paragraph = []
        if name and line.strip() and not fence:
            raise PageError(path, number, f"no block follows the name `{name}`")
        if part is not None and not heading:
            part.lines.append(line)
        if heading:
            if part is not None:
                yield part
            part = Part(heading[2], len(heading[1]), number)
        elif fence:
            stop = next((n for n in range(number, len(lines)) if closes(lines[n], fence[1])), None)
            if stop is None:
                raise PageError(path, number, "the block is not closed")
            code = "".join(f"{text}\n" for text in lines[number:stop])
            if part is not None:
                part.lines += lines[number : stop + 1]
                part.blocks.append(Block(tuple(fence[2].split()), name, code, number + 1))
            name, number = "", stop + 1
        elif named:
            name = named[1]
        elif line.strip():
            paragraph.append(line.strip())
    if name:
        raise PageError(path, len(lines), f"no block follows the name `{name}`")
    if part is not None:
        yield part


def closes(line: str, fence: str) -> bool:
    ticks = line.strip()
    return len(ticks) >= len(fence) and not ticks.strip("`")


def make_case(part: Part, path: Path) -> Case | None:
    """The case that the blocks under a heading are; None if they are none."""
    files: dict[str, File] = {}
    fixed: dict[str, dict[str, File]] = {}
    proofs: dict[str, Proof] = {}
    for block in part.blocks:
        language, *words = block.words or ("",)
        kind = words[0] if words else ""
        if language == "python" and kind in ("fixed", "proof") and len(words) <= 2:
            variant = words[1] if len(words) == 2 else ""
            if part.title in PROSE:
                raise PageError(
                    path, block.line, f"`{part.title}` is prose: `python {kind}` stands under another heading"
                )
            if kind == "proof":
                add(proofs, variant, make_proof(block, path), path, block.line, "proofs of one fix")
            else:
                file = make_file(block, path)
                add(fixed.setdefault(variant, {}), file_name(block, path), file, path, block.line, "files of one name")
        elif language == "python" and words:
            raise PageError(path, block.line, f"unknown block `{' '.join(block.words)}`")
        elif part.title not in PROSE and (block.name or language in ("python", "toml")):
            file = make_file(block, path) if language == "python" else File(block.code, block.line)
            add(files, file_name(block, path), file, path, block.line, "files of one name")
    if not files and not fixed and not proofs:
        return None
    case = Case(path, part.title, part.line, files, fixed, proofs, pins_of(files.get(SETTINGS), path))
    if (fixed or proofs) and not case.bad:
        raise PageError(path, part.line, "a `fixed` or `proof` block needs a finding marked under the same heading")
    return case


def add(table: dict[str, Any], name: str, value: object, path: Path, line: int, what: str) -> None:
    if name in table:
        raise PageError(path, line, f"two {what}: `{name}`" if name else f"two {what}")
    table[name] = value


def file_name(block: Block, path: Path) -> str:
    name = block.name or (SETTINGS if block.words[:1] == ("toml",) else "main.py")
    if name.startswith("/") or "\\" in name or ".." in name.split("/"):
        raise PageError(path, block.line, f"`{name}` does not lie in the project")
    return name


def make_file(block: Block, path: Path) -> File:
    try:
        text, marks = strip_marks(block.code)
    except MarkError as error:
        raise PageError(path, block.line + error.args[1], error.args[0]) from None
    return File(text, block.line, marks)


def make_proof(block: Block, path: Path) -> Proof:
    try:
        body = ast.parse(block.code).body
    except SyntaxError as error:
        raise PageError(path, block.line + (error.lineno or 1) - 1, f"the proof does not parse: {error.msg}") from None
    defined = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    functions = tuple(name for name in PROOF_FUNCTIONS if name in defined)
    for name in ("fault", "mended"):
        if name not in functions:
            raise PageError(path, block.line, f"the proof has no function `{name}(run)`")
    for name in functions:
        if len(defined[name].args.args) != 1:
            raise PageError(path, block.line + defined[name].lineno - 1, f"`{name}` takes one argument, the run")
    return Proof(block.code, block.line, functions)


def pins_of(settings: File | None, path: Path) -> tuple[str, ...]:
    """The dependencies that a pyproject.toml names, each of which names one version exactly."""
    if settings is None:
        return ()
    try:
        table: dict[str, Any] = tomllib.loads(settings.text)
    except tomllib.TOMLDecodeError as error:
        raise PageError(path, settings.line, f"the {SETTINGS} does not parse: {error}") from None
    pins = table.get("project", {}).get("dependencies", [])
    for pin in pins:
        if not exact(pin):
            raise PageError(path, settings.line, f"`{pin}` is no exact pin, as `name==1.2.3` is")
    return tuple(pins)


def exact(pin: str) -> bool:
    try:
        requirement = Requirement(pin)
    except InvalidRequirement:
        return False
    versions = list(requirement.specifier)
    return (
        requirement.url is None
        and requirement.marker is None
        and len(versions) == 1
        and versions[0].operator == "=="
        and not versions[0].version.endswith(".*")
    )


def marks_of(files: Mapping[str, File]) -> Iterator[Mark]:
    for file in files.values():
        for marks in file.marks.values():
            yield from marks
