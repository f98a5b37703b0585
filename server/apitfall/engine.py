"""The files of one project and what the rules say of them. Reads no file and knows no protocol."""

from __future__ import annotations

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial

import libcst as cst

from apitfall.asked import Asked, Question, TypeOracle, named, question
from apitfall.checked import Checked, Remembered, Report, refusals, shown
from apitfall.config import Config
from apitfall.facts import ModuleFacts, Place
from apitfall.project import Binding, ModuleNames, ProjectIndex, Version, relative_name
from apitfall.registry import RulePackage
from apitfall.rule import Finding, Looks, Related, Rule, RuleContext, Severity
from apitfall.source import Source
from apitfall.statements import RulesByNode, Statements, by_node
from apitfall.suppress import judged
from apitfall.syntax import Tree
from apitfall.text import Change, Document, Span
from apitfall.types import Type

log = logging.getLogger("apitfall")


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
        self.asked = Asked()
        self._sources: dict[str, Source] = {}
        self._modules: dict[str, set[str]] = {}  # the files that are a module
        self._index: ProjectIndex | None = None
        self._changed: set[str] = set()  # the files that the index has not read
        self._has_other_files = True
        self._awake: bool | None = None
        self._is_frozen = False

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """The rules that are selected, by name."""
        found = {name: rule for package in self.packages for name, rule in package.rules.items()}
        return {name: rule for name, rule in sorted(found.items()) if self.config.selects(name)}

    @cached_property
    def _by_node(self) -> RulesByNode:
        return by_node(self.rules)

    @cached_property
    def _all_rules(self) -> frozenset[str]:
        return frozenset(name for package in self.packages for name in package.rules)

    @cached_property
    def _types(self) -> Mapping[str, Type]:
        return {name: known for package in self.packages for name, known in package.types.items()}

    def configure(self, config: Config) -> None:
        """Take other settings; everything is checked again when it is asked for, and nothing is read again."""
        self.config = config
        self.__dict__.pop("rules", None)
        self.__dict__.pop("_by_node", None)
        for source in self._sources.values():
            self._forget_answers(source)

    def depend_on(self, versions: Mapping[str, Version]) -> None:
        """Take other versions of the dependencies, whose types nobody knows until there is another oracle."""
        self.versions = versions
        self.oracle = self._index = self._awake = None
        self.asked = Asked()
        self._changed, self._has_other_files = set(self._sources), True
        for source in self._sources.values():
            source.checked, source.statements = Checked(), {}

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

    def update(self, document: Document, change: Change | None = None) -> None:
        """A file, new or changed; `change` is what is another since it was last given, if that is known.

        It is read when it is needed.
        """
        source = self._sources.get(document.path)
        if source is None:
            source = self._sources[document.path] = Source(document)
            self._modules.setdefault(self.module(document.path), set()).add(document.path)
            self._has_other_files = True
        elif change is None and source.document.text == document.text:
            source.document = document
            return
        else:
            source.take(document, change)
        self._changed.add(document.path)
        if not self._awake:
            self._awake = None

    def forget(self, path: str) -> None:
        """A file is gone."""
        source = self._sources.pop(path, None)
        if source is not None:
            self._modules[self.module(path)].discard(path)
            self._changed.add(path)
            self._has_other_files, self._awake = True, None
            self._forget_answers(source)

    def unread(self) -> list[str]:
        """The files that `index` would have to read; none as long as nothing is parsed."""
        if not self.awake:
            return []
        changed = ((path, self._sources.get(path)) for path in sorted(self._changed))
        return [path for path, source in changed if source is not None and source.known is None]

    def read(self, path: str) -> ModuleFacts:
        """What a file says; to ask ahead of the question that needs it makes that one short."""
        return self._sources[path].facts

    def learn(self, path: str, facts: ModuleFacts) -> None:
        """Take the facts of a file's text as it is now, which were read elsewhere.

        Nothing of the file is parsed before rules run on it, something in it is looked up, or it changes. A file that
        was parsed before, or is gone, is left as it is: its facts are made of what is there, at less cost.
        """
        source = self._sources.get(path)
        if source is not None and source.known is None and not source.is_cut:
            source.known = facts

    def release(self, path: str) -> None:
        """Forget what was parsed of a file and found in it; what it says stays known."""
        self._forget_answers(self._sources[path])
        self._sources[path].release()

    def freeze(self) -> None:
        """Nothing of the project changes from now on: less has to be remembered. To be said before anything is asked."""
        assert self._index is None, "what was asked is remembered with what it was made of"
        self._is_frozen = True

    def index(self) -> ProjectIndex:
        """The project as its files are now."""
        if self._index is None:
            self._index = ProjectIndex(self._types, self.versions, frozen=self._is_frozen)
        if self._changed:
            self._index.update({name: self._read(name) for name in {*map(self.module, self._changed)}}, self._names())
            self._changed.clear()
        return self._index

    def _read(self, module: str) -> tuple[str, ModuleFacts] | None:
        """The path and facts of a module. Of two files for one the later counts: a package, a module before its stub."""
        paths = self._modules[module]
        if not paths:
            return None
        path = max(paths, key=lambda p: (not p.endswith(".pyi"), "/__init__." in p, p))
        return path, self._sources[path].facts

    def _names(self) -> ModuleNames | None:
        """The names of the modules, if there are others than the last time."""
        if not self._has_other_files:
            return None
        self._has_other_files = False
        libraries = {name.partition(".")[0] for name in self._types} | {n.replace("-", "_") for n in self.versions}
        return ModuleNames(map(self._relative, self._sources), frozenset(libraries))

    def module(self, path: str) -> str:
        return relative_name(path, self.root)

    def symbol(self, dotted: str) -> str:
        """The symbol of what is known elsewhere by a dotted name, ``app.models.User`` or a library's own."""
        return self.index().named(dotted)

    # Findings

    def check(self, path: str, *, types: bool = True) -> Report:
        """What the rules say of a file; without `types` the oracle is not asked. KeyError for an unknown path.

        With types there is time to cut again what did not parse.
        """
        source = self._sources[path]
        if types and source.settle():
            self._changed.add(path)
        if not self.awake:
            return Report(source.document, ())
        self.index()
        self._recheck(source, types=types and self.oracle is not None)
        known, chunks = source.checked, source.chunks
        findings = [shown(f, tree) for tree, said in known.speaking.items() for f in said.findings]
        broken = [chunk for chunk in chunks if chunk.tree is None or chunk.tree.holes]

        return Report(
            source.document,
            tuple(self._finished(findings, source, partial(known.unsure, chunks))),
            tuple(part for chunk in broken for part in chunk.broken),
            tuple(refusals(source.document.lines, broken)),
            tuple(self.asked.unanswered(known.questions(settled=types), doubted=types).values()),
        )

    def answer(self, found: Iterable[tuple[Question, Type | None]]) -> None:
        """Take what an oracle said that nobody waited for; the chunks that asked are checked again when they are next."""
        others = [asked.key for asked, answer in found if self.asked.keep(asked, named(answer, self.symbol))]
        self.index().answers.change(("type of", key) for key in others)

    def _recheck(self, source: Source, *, types: bool) -> None:
        """See to it that what is remembered of a file is right."""
        answers, known = self.index().answers, source.checked
        trees = {chunk.tree: None for chunk in source.chunks if chunk.tree is not None}
        gone = [tree for tree, named in known.named.items() if tree.named != named or tree not in trees]
        for tree in gone:
            answers.drop(known.drop(tree))
        while known.stale:
            answer = known.stale.pop()
            statements = source.statements.get(answer.key.origin)  # pyright: ignore[reportAttributeAccessIssue]
            if statements is not None and not statements.are_right(answers):
                answers.doubt(answer)
            answers.freshen(answer)
            known.note(answer.key, answer)  # pyright: ignore[reportArgumentType]
        wanted = [tree for tree in trees if tree not in known.answers]
        if types:
            asked = [tree for tree, said in known.speaking.items() if said.unsure and said.questions]
            for tree in asked:
                answers.drop(known.drop(tree))
            wanted += asked
        for tree in wanted:
            check = partial(self._check_chunk, tree, source.document.path, types)
            answer = answers.record(tree, check, inside=False, watch=known.stale)
            known.take(tree, answer)
            if (statements := source.statements.get(tree.origin)) is not None:
                statements.wake = partial(known.stale.add, answer)
        left = {tree.origin for tree in wanted}
        for tree in gone:
            if tree.origin not in left and (statements := source.statements.pop(tree.origin, None)) is not None:
                statements.drop(answers)
        answers.sweep()

    def _forget_answers(self, source: Source) -> None:
        known, statements, source.checked, source.statements = source.checked, source.statements, Checked(), {}
        if known.answers:
            answers = self.index().answers
            for answer in known.answers.values():
                answers.drop(answer)
            for said in statements.values():
                said.drop(answers)
            answers.sweep()

    def _check_chunk(self, tree: Tree, path: str, types: bool) -> Remembered:
        source = self._sources[path]
        is_open = source.document.version is not None
        statements = source.statements.get(tree.origin) or Statements()
        if is_open:
            source.statements[tree.origin] = statements

        def make_context(rule: Rule, looks: Looks) -> RuleContext:
            return self._context(source, tree, rule, types, looks)

        rules = by_node(self._rules_for(path)) if self.config.per_file_ignores else self._by_node
        return statements.check(tree, rules, make_context, self.index().answers, types=types, keep=is_open)

    def _rules_for(self, path: str) -> Mapping[str, Rule]:
        """The rules that run in a file."""
        if not self.config.per_file_ignores:
            return self.rules
        ignored = self.config.ignored_in(self._relative(path))
        return {name: rule for name, rule in self.rules.items() if name not in ignored}

    def _relative(self, path: str) -> str:
        return path.removeprefix(self.root).lstrip("/")

    def _context(self, source: Source, tree: Tree, rule: Rule, types: bool, looks: Looks) -> RuleContext:
        """A rule's context, with `types` also of those that the oracle is yet to be asked for; what it looks at is noted
        in `looks`."""

        def ask_type(binding: Binding, tree: Tree, end: int) -> Type | None:
            asked = question(binding, tree, end)
            self.index().answers.read(("type of", asked.key))
            if asked.key not in self.asked.types and types and self.oracle is not None:
                self.asked.keep(asked, self.oracle.type_of(source.document.path, source.document.text, end))
            looks.questions[asked.key] = asked
            looks.everything = looks.everything or binding.is_vague
            if asked.key not in self.asked.types:
                looks.unsure.add(rule.name)
            return self.asked.types.get(asked.key)

        def look_up(place: Place) -> tuple[cst.CSTNode, RuleContext] | None:
            found = self._find(place)
            if found is None:
                return None
            other, other_tree, node = found
            return node, self._context(other, other_tree, rule, types, Looks())

        def define(symbol: str) -> tuple[cst.CSTNode, RuleContext] | None:
            path = self.index().path(symbol)
            other = self._sources.get(path) if path is not None else None
            for chunk in other.chunks if other is not None else ():
                if other is not None and chunk.tree is not None:
                    for node, name in chunk.tree.names.items():
                        if name == symbol.partition(":")[2]:
                            return node, self._context(other, chunk.tree, rule, types, Looks())
            return None

        options = {name: self.config.option(rule.name, name, default) for name, default in rule.options.items()}
        module = self.module(source.document.path)
        return RuleContext(source, tree, module, self.index(), options, ask_type, look_up, define, looks)

    def _find(self, place: Place) -> tuple[Source, Tree, cst.CSTNode] | None:
        """The file, tree and node of a place; several nodes may stand there, and the outermost is given."""
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
                    return source, chunk.tree, node
        return None

    def _finished(
        self,
        findings: Iterable[Finding],
        source: Source,
        unsure: Callable[[], Iterable[tuple[Span, frozenset[str] | None]]],
    ) -> list[Finding]:
        """The findings in order and with fingerprints, without those that a more specific rule or a comment takes away.

        `unsure` are parts of the text of which not all is known: by the rules named, or, with None, by any.
        """
        path = source.document.path
        findings = judged(
            source.document,
            self._unreplaced(findings),
            self._all_rules,
            self._rules_for(path),
            unsure,
        )
        relative = self._relative(path)
        next_nth: Counter[tuple[str, str, str]] = Counter()
        out: list[Finding] = []
        for found in sorted(findings, key=lambda f: (f.span, f.rule, f.message)):
            function = found.place.function.partition(":")[2]
            nth = max(found.place.nth, next_nth[found.rule, function, found.place.text])
            next_nth[found.rule, function, found.place.text] = nth + 1
            parts = (found.rule, relative, function, found.place.text, str(nth))
            digest = hashlib.blake2b("\0".join(parts).encode(errors="replace"), digest_size=8).hexdigest()
            related = tuple(r for r in map(self._located, found.related) if r is not None)
            severity = self.config.severity.get(found.rule)
            level = found.severity if severity is None else Severity[severity]
            out.append(replace(found, fingerprint=digest, related=related, severity=level))
        return out

    def _unreplaced(self, findings: Iterable[Finding]) -> list[Finding]:
        """Those that no more specific rule replaces at the same place."""
        findings = list(findings)
        said = {(f.rule, f.span) for f in findings}
        replaced = {(name, span) for rule, span in said for name in self.rules[rule].replaces}
        return [f for f in findings if (f.rule, f.span) not in replaced]

    def _located(self, related: Related) -> Related | None:
        found = self._find(related.place)
        if found is None:
            return None
        source, tree, node = found
        return replace(related, path=source.document.path, span=tree.span(node))
