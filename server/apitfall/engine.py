"""The files of one project and what the rules say of them. Alone calls rules; reads no file and knows no protocol."""

from __future__ import annotations

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import libcst as cst

from apitfall.config import Config
from apitfall.facts import ModuleFacts, Place, extract
from apitfall.inference import TypeOracle
from apitfall.project import ModuleNames, ProjectIndex, Version, relative_name
from apitfall.registry import RulePackage
from apitfall.rule import Edits, Finding, Fix, Related, Rule, RuleContext
from apitfall.syntax import Chunk, read
from apitfall.text import Document, Lines, Span, apply, combine
from apitfall.types import Type

log = logging.getLogger("apitfall")


@dataclass(frozen=True)
class Report:
    """What was found in one document. `broken` are the chunks that do not parse; `refused` says why some were not tried."""

    document: Document
    findings: tuple[Finding, ...]
    broken: tuple[Span, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass
class Source:
    """A file with what was read from it, which holds as long as its text does."""

    document: Document
    chunks: list[Chunk] = field(default_factory=list[Chunk])
    facts: ModuleFacts | None = None


@dataclass(frozen=True)
class Remembered:
    """The findings of a chunk, relative to its start, with what was asked for them and the contexts they were made in."""

    findings: tuple[Finding, ...]
    start: int
    contexts: tuple[RuleContext, ...]
    asked: Mapping[Hashable, tuple[Any, Callable[[ProjectIndex], Any]]]


class Workspace:
    """One project: its files as they are on disk or in an editor, and what was found in them.

    `root` and all paths are absolute, with forward slashes.
    """

    def __init__(
        self,
        root: str,
        packages: Sequence[RulePackage],
        config: Config | None = None,
        versions: Mapping[str, Version] | None = None,
        oracle: TypeOracle | None = None,
    ) -> None:
        self.root = root.rstrip("/") or "/"
        self.packages = packages
        self.config = config or Config()
        self.versions = versions or {}
        self.oracle = oracle
        self._sources: dict[str, Source] = {}
        self._index: ProjectIndex | None = None
        self._names: ModuleNames | None = None
        self._remembered: dict[tuple[str, bool], dict[Hashable, Remembered]] = {}
        self._awake: bool | None = None

    def rules(self) -> Mapping[str, Rule]:
        """The rules that are selected, by name."""
        return self._rules

    @cached_property
    def _rules(self) -> Mapping[str, Rule]:
        found = {name: rule for package in self.packages for name, rule in package.rules.items()}
        return {name: rule for name, rule in sorted(found.items()) if self.config.selects(name)}

    @cached_property
    def _types(self) -> Mapping[str, Type]:
        return {name: known for package in self.packages for name, known in package.types.items()}

    @property
    def awake(self) -> bool:
        """Whether the project is about what the rules are about; nothing is parsed as long as it is not.

        By an import in some file, or by a dependency of the project.
        """
        if self._awake is None:
            tops = [re.escape(name) for package in self.packages for name in package.packages]
            wakes = re.compile(rf"^[ \t\ufeff]*(?:import|from)[ \t]+(?:{'|'.join(tops)})\b", re.M)
            self._awake = any(name in self.versions for p in self.packages for name in p.packages) or any(
                wakes.search(source.document.text) for source in self._sources.values()
            )
        return self._awake

    def paths(self) -> list[str]:
        return sorted(self._sources)

    def document(self, path: str) -> Document | None:
        source = self._sources.get(path)
        return source.document if source is not None else None

    def update(self, document: Document) -> None:
        """A file, new or changed. It is read when it is needed."""
        before = self._sources.get(document.path)
        if before is None:
            self._names = None
        elif before.document.text == document.text:
            before.document = document
            return
        self._sources[document.path] = Source(document, before.chunks if before is not None else [])
        self._index = None
        if not self._awake:
            self._awake = None

    def forget(self, path: str) -> None:
        """A file is gone."""
        if self._sources.pop(path, None) is not None:
            self._index = self._names = self._awake = None
            self._remembered.pop((path, False), None)
            self._remembered.pop((path, True), None)

    def index(self) -> ProjectIndex:
        """The project as its files are now."""
        if self._index is None:
            modules: dict[str, ModuleFacts] = {}
            paths: dict[str, str] = {}
            # Of two files for one module the later counts: a package, and a module rather than its stub.
            for path in sorted(self._sources, key=lambda p: (not p.endswith(".pyi"), "/__init__." in p, p)):
                name, source = self.module(path), self._sources[path]
                modules[name] = self._facts(source)
                paths[name] = path
            if self._names is None:
                libraries = {name.partition(".")[0] for name in self._types} | {
                    n.replace("-", "_") for n in self.versions
                }
                relative = (path.removeprefix(self.root).lstrip("/") for path in self._sources)
                self._names = ModuleNames(relative, frozenset(libraries))
            self._index = ProjectIndex(modules, self._names, paths, self._types, self.versions)
        return self._index

    def module(self, path: str) -> str:
        return relative_name(path, self.root)

    def symbol(self, dotted: str) -> str:
        """The symbol of what is known elsewhere by a dotted name, ``app.models.User`` or a library's own."""
        return self.index().named(dotted)

    def _facts(self, source: Source) -> ModuleFacts:
        if source.facts is None:
            source.chunks = read(source.document.text, source.chunks)
            source.facts = extract(source.chunks)
        return source.facts

    # Findings

    def check(self, path: str, *, types: bool = True) -> Report:
        """What the rules say of a file; without `types` the oracle is not asked. KeyError for an unknown path."""
        source = self._sources[path]
        if not self.awake:
            return Report(source.document, ())
        project = self.index()
        remembered = self._remembered.get((path, True), {})
        if not types:  # what a type showed stays as long as nothing that was asked for it changes
            remembered = {**self._remembered.get((path, False), {}), **remembered}
        imports = source.facts.imports.items() if source.facts is not None else ()
        kept: dict[Hashable, Remembered] = {}
        findings: list[Finding] = []
        for chunk in source.chunks:
            if chunk.tree is None:
                continue
            # The oracle is not asked again, so what it said holds for the imports that it was said under.
            key = (chunk.tree, tuple(chunk.tree.names.values()), frozenset(imports))
            known = remembered.get(key)
            if known is None or not holds(known, project):
                known = self._check_chunk(chunk, source, project, types)
            for context in known.contexts:  # fixes are made later, in the document as it is then
                context.renew(source.document, source.chunks, project)
            kept[key] = known
            findings += [shifted(f, chunk.piece.start - known.start) for f in known.findings]
        self._remembered[path, types] = kept
        lines = Lines(source.document.text)
        return Report(
            source.document,
            tuple(self._finished(findings, source)),
            tuple(Span(c.first, c.span.end) for c in source.chunks if c.tree is None),
            tuple(f"line {lines.position(c.first)[0] + 1}: {c.refusal}" for c in source.chunks if c.refusal),
        )

    def _check_chunk(self, chunk: Chunk, source: Source, project: ProjectIndex, types: bool) -> Remembered:
        by_class: dict[type[cst.CSTNode], list[cst.CSTNode]] = {}
        tree = chunk.tree
        assert tree is not None
        for node in tree.nodes:
            by_class.setdefault(node.__class__, []).append(node)
        findings: list[Finding] = []
        contexts: list[RuleContext] = []
        with project.recording() as asked:
            for name, rule in self._rules.items():
                context = self._context(source, chunk, project, rule, types)
                contexts.append(context)
                try:
                    for kind in rule.nodes:
                        for node in by_class.get(kind, ()):
                            findings += [replace(f, rule=name) for f in rule.check(node, context)]
                except Exception:
                    findings = [f for f in findings if f.rule != name]
                    log.exception("the rule `%s` failed on %s", name, source.document.path)
        return Remembered(tuple(findings), chunk.piece.start, tuple(contexts), asked)

    def _context(self, source: Source, chunk: Chunk, project: ProjectIndex, rule: Rule, types: bool) -> RuleContext:
        assert chunk.tree is not None
        oracle, document = self.oracle if types else None, source.document

        def type_at(offset: int) -> Type | None:
            now = self._sources[document.path].document
            return oracle.type_of(now.path, now.text, offset) if oracle is not None else None

        def look_up(place: Place) -> tuple[cst.CSTNode, RuleContext] | None:
            found = self._find(place)
            if found is None:
                return None
            other, other_chunk, node = found
            return node, self._context(other, other_chunk, self.index(), rule, types)

        def define(symbol: str) -> tuple[cst.CSTNode, RuleContext] | None:
            path = self.index().path(symbol)
            other = self._sources.get(path) if path is not None else None
            for other_chunk in other.chunks if other is not None else ():
                if other is not None and other_chunk.tree is not None:
                    for node, name in other_chunk.tree.names.items():
                        if name == symbol.partition(":")[2]:
                            return node, self._context(other, other_chunk, self.index(), rule, types)
            return None

        options = {name: self.config.option(rule.name, name, default) for name, default in rule.options.items()}
        module = self.module(document.path)
        return RuleContext(document, source.chunks, chunk.tree, module, project, options, type_at, look_up, define)

    def _find(self, place: Place) -> tuple[Source, Chunk, cst.CSTNode] | None:
        """The file, chunk and node of a place; several nodes may stand there, and the outermost is given."""
        module, _, function = place.function.partition(":")
        path = self.index().path(place.function)
        source = self._sources.get(path) if path is not None else None
        if source is None or self.module(source.document.path) != module:
            return None
        local = Place(function, place.text, place.nth)
        for chunk in source.chunks:
            if chunk.tree is not None and (not function or function.startswith(chunk.piece.owner)):
                node = chunk.tree.find(local)
                if node is not None:
                    return source, chunk, node
        return None

    def _finished(self, findings: Iterable[Finding], source: Source) -> list[Finding]:
        """The findings in order, those left out that a more specific rule replaces, with places and fingerprints."""
        said = {(f.rule, f.span) for f in findings}
        replaced = {(name, span) for rule, span in said for name in self._rules[rule].replaces}
        relative = source.document.path.removeprefix(self.root).lstrip("/")
        next_nth: Counter[tuple[str, str, str]] = Counter()
        out: list[Finding] = []
        for found in sorted(findings, key=lambda f: (f.span, f.rule, f.message)):
            if (found.rule, found.span) in replaced:
                continue
            function = found.place.function.partition(":")[2]
            nth = max(found.place.nth, next_nth[found.rule, function, found.place.text])
            next_nth[found.rule, function, found.place.text] = nth + 1
            parts = (found.rule, relative, function, found.place.text, str(nth))
            digest = hashlib.blake2b("\0".join(parts).encode(errors="replace"), digest_size=8).hexdigest()
            related = tuple(self._located(r) for r in found.related)
            out.append(replace(found, fingerprint=digest, related=tuple(r for r in related if r is not None)))
        return out

    def _located(self, related: Related) -> Related | None:
        found = self._find(related.place)
        if found is None:
            return None
        source, chunk, node = found
        assert chunk.tree is not None
        return replace(related, path=source.document.path, span=chunk.tree.span(node))


def holds(known: Remembered, project: ProjectIndex) -> bool:
    """Whether everything that was asked for these findings would be answered as before."""
    return all(ask(project) == answer for answer, ask in known.asked.values())


def shifted(finding: Finding, by: int) -> Finding:
    return replace(finding, span=finding.span.shift(by)) if by else finding


def fix(
    workspace: Workspace,
    paths: Iterable[str],
    choose: Callable[[Finding], Fix | None],
    *,
    types: bool = True,
    rounds: int = 10,
) -> dict[str, str]:
    """Apply the fixes that `choose` takes, in rounds, until none is left; returns the new texts by path.

    The workspace is changed. Of two fixes that touch, the one with the smaller (path, start, rule) is made first and
    the other in the next round, if its finding is still there. A fix after which a file has more broken chunks than
    before is not made.
    """
    paths = list(paths)
    before = {p: workspace.document(p) for p in workspace.paths()}
    spoiled: set[tuple[str, str]] = set()
    for _ in range(rounds):
        groups: list[tuple[tuple[str, str], Edits]] = []
        for path in paths:
            for finding in workspace.check(path, types=types).findings:
                chosen = choose(finding)
                key = (finding.fingerprint, chosen.name) if chosen is not None else ("", "")
                edits = made(chosen, finding) if chosen is not None and key not in spoiled else None
                if edits is not None:
                    groups.append((key, edits))
        if not groups or not make(workspace, groups, spoiled):
            break
    after = {p: workspace.document(p) for p in workspace.paths()}
    return {
        p: d.text
        for p, d in after.items()
        if d is not None and (old := before.get(p)) != d and (old is None or old.text != d.text)
    }


def made(chosen: Fix, finding: Finding) -> Edits | None:
    """The edits of a fix; None where it cannot be made, or raises."""
    try:
        return chosen.edits()
    except Exception:
        log.exception("the fix `%s` of the rule `%s` failed", chosen.name, finding.rule)
        return None


def make(workspace: Workspace, groups: Sequence[tuple[tuple[str, str], Edits]], spoiled: set[tuple[str, str]]) -> bool:
    """Apply one round of edits; where a file would not parse as it did, the first fix alone that leaves it parsing."""
    if apply_to(workspace, [edits for _, edits in groups]):
        return True
    for key, edits in groups:
        if len(groups) > 1 and apply_to(workspace, [edits]):
            return True
        spoiled.add(key)
    return False


def apply_to(workspace: Workspace, fixes: Sequence[Edits]) -> bool:
    """Make the edits; False, and nothing is made, if some file then has more broken chunks than before."""
    edits, left = combine([e.changes for e in fixes])
    creates = {
        path: text
        for e in fixes
        if e.changes not in left
        for path, text in e.creates
        if workspace.document(path) is None
    }
    old = {e.path: d for e in edits if (d := workspace.document(e.path)) is not None}
    counts = {path: len(workspace.check(path, types=False).broken) for path in old}
    for path, document in old.items():
        text = apply(document.text, [e for e in edits if e.path == path])
        workspace.update(Document(path, document.version, text))
    for path, text in creates.items():
        workspace.update(Document(path, None, text))
    if all(len(workspace.check(path, types=False).broken) <= count for path, count in counts.items()):
        return bool(edits or creates)
    for document in old.values():
        workspace.update(document)
    for path in creates:
        workspace.forget(path)
    return False


__all__ = ["Report", "Workspace", "fix"]
