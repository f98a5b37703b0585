"""What a fault is: one repair taken out of an application, and where a rule has to say so."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from module import Edit, Function, Module, changed, is_endpoint, is_test, line_after, read

LOOP = (
    "sync-session-in-async",
    "blocking-http-call",
    "blocking-call",
    "blocking-file-io",
    "cpu-bound-in-async",
)
# What runs before and after the requests, by the names that are usual for it.
BESIDE = re.compile(r"lifespan|start_?up|on_start|shut_?down|^main$|^init_|^create_(all|tables|first)", re.IGNORECASE)


@dataclass(frozen=True)
class Mutant:
    """A fault in an application.

    `changes` are the edits of each file that is another. One of `rules` has to speak on one of the `lines` of `path`,
    and did not speak on the lines `before` of the unchanged file. Where the fault is that of a whole function, `others`
    are rules that may speak there too, of what else it does.
    """

    kind: str
    path: str
    changes: tuple[tuple[Module, tuple[Edit, ...]], ...]
    rules: tuple[str, ...]
    lines: range
    before: range
    others: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """By which it is found again at the same commit."""
        return f"{self.path}:{self.before.start} {self.kind}"

    @property
    def texts(self) -> dict[str, str]:
        """The new texts by path."""
        return {module.path: changed(module.text, edits) for module, edits in self.changes}


@dataclass(eq=False)
class Project:
    """The files of an application that are Python and no tests, by path."""

    modules: Mapping[str, Module]
    _found: dict[tuple[str, str], str | None] = field(default_factory=dict[tuple[str, str], str | None])

    def find(self, importer: str, dotted: str) -> str | None:
        """The file of a module as an import in another one names it, seen from the nearest folder around that."""
        key = (importer, dotted)
        if key not in self._found:
            self._found[key] = self._search(PurePosixPath(importer), dotted)
        return self._found[key]

    def _search(self, importer: PurePosixPath, dotted: str) -> str | None:
        name = dotted.lstrip(".")
        level = len(dotted) - len(name)
        folders = [importer.parents[level - 1]] if 0 < level <= len(importer.parents) else list(importer.parents)
        for folder in folders:
            place = folder.joinpath(*filter(None, name.split(".")))
            for path in (f"{place}.py", f"{place}/__init__.py"):
                if path in self.modules:
                    return path
        return None

    @cached_property
    def serving(self) -> frozenset[str]:
        """The modules that make an application, and all that they import, at once or not."""
        waiting = [path for path, module in self.modules.items() if re.search(r"\bFastAPI\(", module.text)]
        found: set[str] = set()
        while waiting:
            path = waiting.pop()
            if path not in found:
                found.add(path)
                waiting += self.imported(path)
        return frozenset(found)

    def imported(self, path: str) -> Iterator[str]:
        for dotted in imported_names(self.modules[path]):
            for name in (dotted, dotted.rpartition(".")[0]):
                found = self.find(path, name) if name.strip(".") or name else None
                if found is not None:
                    yield found
                    break

    @cached_property
    def calls(self) -> Mapping[str, int]:
        """How often a name is followed by a parenthesis, definitions among them."""
        counts: dict[str, int] = {}
        for module in self.modules.values():
            for name in re.findall(r"(\w+)\s*\(", module.text):
                counts[name] = counts.get(name, 0) + 1
        return counts


Fault = Callable[[Module, Project], Iterator[Mutant]]


def imported_names(module: Module) -> Iterator[str]:
    """What all imports of a module name, those in functions too."""

    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            yield from (f"{start}.{alias.name}" if node.module else f"{start}{alias.name}" for alias in node.names)


def project(texts: Mapping[str, str]) -> Project:

    read_modules = (read(path, text) for path, text in sorted(texts.items()) if not is_test(path))
    return Project({module.path: module for module in read_modules if module is not None})


def serves(function: Function, module: Module, app: Project) -> bool:
    """Whether a coroutine function is one that requests may wait for, as far as its name and its file tell."""
    return module.path in app.serving and not BESIDE.search(function.name)


def at_place(
    kind: str, module: Module, offset: int, end: int, edits: Sequence[Edit], rules: tuple[str, ...],
    *more: tuple[Module, tuple[Edit, ...]],
) -> Mutant:  # fmt: skip
    """A fault of one expression, which stood between two offsets, and whose finding begins on a line of it.

    `more` are the edits of other files.
    """
    first = line_after(module.text, edits, offset)
    before = module.lines(offset, end)
    lines = range(first, first + len(before))
    return Mutant(kind, module.path, ((module, tuple(edits)), *more), rules, lines, before)


def of_function(
    kind: str, module: Module, function: Function, edits: Sequence[Edit], rules: tuple[str, ...],
    others: tuple[str, ...] = (),
) -> Mutant:  # fmt: skip
    """A fault of a whole function."""
    start, end = module.start(function), module.end(function)
    first, last = (line_after(module.text, edits, offset) for offset in (start, end))
    changes = ((module, tuple(edits)),)
    return Mutant(kind, module.path, changes, rules, range(first, last + 1), module.lines(start, end), others)


@dataclass(frozen=True)
class Call:
    """A call that blocks: `callee` with what has to be imported for it, as names and what they mean.

    `setup` is a name with the expression that it is bound to first.
    """

    callee: str
    imports: Mapping[str, str]
    setup: tuple[str, str] | None = None

    def brought(self, module: Module) -> list[Edit] | None:
        """What a module needs for the call; None where one of the names means something else."""
        imports = [module.import_edit(name, dotted) for name, dotted in self.imports.items()]
        if self.setup is not None:
            is_free = self.setup[0] not in module.names
            imports.append(module.at_top(" = ".join(self.setup)) if is_free else None)
        known = [edit for edit in imports if edit is not None]
        return known if len(known) == len(imports) else None


FIRST, SECOND = "load_page", "load_page_now"


def placed(
    kind: str, module: Module, app: Project, span: tuple[int, int], call: Call, arguments: str, rules: tuple[str, ...],
    statement: str = "{}",
) -> Iterator[Mutant]:  # fmt: skip
    """A call that blocks in the place of an expression: itself, and two functions away, in this module and in another.

    Where a statement is put between two others, `statement` is its text with a place for the call.
    """
    start, end = span
    brought = call.brought(module)
    if brought is None or {FIRST, SECOND} & module.names:
        return
    direct = (start, end, statement.format(f"{call.callee}({arguments})"))
    moved = (start, end, statement.format(f"{FIRST}({arguments})"))
    yield at_place(kind, module, start, end, [*brought, direct], rules)
    here = (len(module.text), len(module.text), helpers(call, module))
    yield at_place(f"{kind}, two functions away", module, start, end, [*brought, moved, here], rules)
    for dotted, other in neighbours(module, app):
        there = call.brought(other)
        if there is not None and not {FIRST, SECOND, "__all__"} & other.names:
            far = (*there, (len(other.text), len(other.text), helpers(call, other)))
            edits = [module.at_top(f"from {dotted} import {FIRST}"), moved]
            yield at_place(f"{kind}, in another module", module, start, end, edits, rules, (other, far))
            return


def neighbours(module: Module, app: Project) -> Iterator[tuple[str, Module]]:
    """The modules of the project that a module imports names from, with the names by which it does."""
    for dotted in dict.fromkeys(name.rpartition(".")[0] for name in module.imports.values()):
        path = app.find(module.path, dotted) if dotted.strip(".") else None
        if path is not None and path != module.path and app.modules[path].tree.body:
            yield dotted, app.modules[path]


def helpers(call: Call, module: Module) -> str:
    """Two functions for the end of a module, the one of which calls the other, and that what blocks."""
    lines = (
        "", "",
        f"def {FIRST}(*args, **kwargs):",
        f"    return {SECOND}(*args, **kwargs)",
        "", "",
        f"def {SECOND}(*args, **kwargs):",
        f"    return {call.callee}(*args, **kwargs)",
        "",
    )  # fmt: skip
    return ("" if module.text.endswith("\n") else module.newline) + module.newline.join(lines)


def endpoints(module: Module, *, is_async: bool) -> Iterator[Function]:

    kind = ast.AsyncFunctionDef if is_async else ast.FunctionDef
    yield from (f for f in module.functions if isinstance(f, kind) and is_endpoint(f))
