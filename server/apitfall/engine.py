"""The files of one project and what the rules say of them. Reads no file and knows no protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial

from apitfall.asked import Asked, Question, TypeOracle, named
from apitfall.checked import NOTHING, Remembered, Report, refusals
from apitfall.chosen import Choice
from apitfall.config import Config
from apitfall.contexts import Contexts
from apitfall.facts import ModuleFacts, Place
from apitfall.finished import Around, Located, in_order
from apitfall.held import Held
from apitfall.project import ModuleNames, ProjectIndex, Version, relative_name
from apitfall.registry import RulePackage, waking
from apitfall.rule import Finding, Related, Rule
from apitfall.source import Source, Spot
from apitfall.statements import RulesByNode, Statements
from apitfall.suppress import ignores_in, judged
from apitfall.syntax import Tree
from apitfall.text import Document, Revision
from apitfall.types import Type


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
        *,
        prefilter: bool = True,
    ) -> None:
        self.root = root.rstrip("/") or "/"
        self.packages = packages
        self.config = config or Config()
        self.versions = versions or {}
        self.oracle = oracle
        self.asked = Asked()
        self.put_off: dict[str, bool] = {}  # modules of which nobody yet asks about types; True: nor where they may
        self._sources: dict[str, Source] = {}
        self._names_of: dict[str, str] = {}  # the modules of files
        self._modules: dict[str, set[str]] = {}  # the files that are a module
        self._index: ProjectIndex | None = None
        self._changed: set[str] = set()  # the files that the index has not read
        self._has_other_files, self._is_frozen = True, False
        self._awake: bool | None = None
        self._choice = Choice(prefilter=prefilter)
        self._contexts = Contexts(self)
        self._held = Held()

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """The rules that are selected, by name."""
        found = {name: rule for package in self.packages for name, rule in package.rules.items()}
        return {name: rule for name, rule in sorted(found.items()) if self.config.selects(name)}

    @cached_property
    def _replaces(self) -> Mapping[str, Sequence[str]]:
        return {name: rule.replaces for name, rule in self.rules.items() if rule.replaces}

    @cached_property
    def _usual(self) -> frozenset[str]:
        """The rules that tell where they may speak, and have the options that they have by default."""
        given = self.config.rules
        return frozenset(name for name, rule in self.rules.items() if rule.where is not None and not given.get(name))

    @cached_property
    def _types(self) -> Mapping[str, Type]:
        return {name: known for package in self.packages for name, known in package.types.items()}

    def configure(self, config: Config) -> None:
        """Take other settings; everything is checked again when it is asked for, and nothing is read again."""
        self.config = config
        for made in ("rules", "_replaces", "_usual"):
            self.__dict__.pop(made, None)
        self._choice.forget()
        for source in self._sources.values():
            self._forget_answers(source)

    def depend_on(self, versions: Mapping[str, Version]) -> None:
        """Take other versions of the dependencies, whose types nobody knows until there is another oracle."""
        self.versions, self.oracle, self._awake, self.asked = versions, None, None, Asked()
        self._ask_again()

    def _ask_again(self) -> None:
        """Forget all answers, for everything may be another."""
        self._index, self._changed, self._has_other_files = None, set(self._sources), True
        for source in self._sources.values():
            source.forget_findings()

    @property
    def awake(self) -> bool:
        """Whether the project is about what the rules are about; nothing is parsed as long as it is not.

        By an import in some file, or by a dependency of the project.
        """
        if self._awake is None:
            wakes = waking(self.packages)
            self._awake = any(name in self.versions for p in self.packages for name in p.packages) or any(
                wakes.search(source.document.text) for source in self._sources.values()
            )
        return self._awake

    def paths(self) -> list[str]:
        return sorted(self._sources)

    def document(self, path: str) -> Document | None:
        return source.document if (source := self._sources.get(path)) is not None else None

    def digest(self, path: str) -> str:
        return self._sources[path].digest

    def is_untyped(self, path: str) -> bool:
        """Whether what was found in a file would be the same if no oracle had said anything."""
        return not any(self._sources[path].checked.questions(self.asked.types.__contains__))

    def update(self, document: Document, revisions: Sequence[Revision] | None = None) -> None:
        """A file, new or changed, to be read when it is needed; `revisions` lead from the text before to it, if known."""
        source = self._sources.get(document.path)
        if source is None:
            source = self._sources[document.path] = Source(document)
            self._modules.setdefault(self.module(document.path), set()).add(document.path)
            self._has_other_files = True
        elif not revisions and source.document.text == document.text:
            source.document = document
            return
        else:
            source.take(document, revisions)
        self._changed.add(document.path)
        self._awake = self._awake or None

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
        if self.may_learn(path):
            self._sources[path].known = facts

    def may_learn(self, path: str) -> bool:
        """Whether there is anything to learn about a file."""
        source = self._sources.get(path)
        return source is not None and source.known is None and not source.is_cut

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
            asking = None
            if self._is_frozen and self.oracle is None:
                # A comment that ignores rules is judged by what is not known as well.
                asking = {self.module(path) for path, s in self._sources.items() if ignores_in(s.document.lines)}
            self._index = ProjectIndex(self._types, self.versions, asking, self.put_off, frozen=self._is_frozen)
        if self._changed:
            read = {name: self._read(name) for name in {*map(self.module, self._changed)}}
            others = {name: self._sources[found[0]].take_others() for name, found in read.items() if found}
            sources = [source for path in self._changed if (source := self._sources.get(path)) is not None]
            lines = [part for source in sources for part in source.changed_lines()]
            self._index.update(read, self._names(), others, lines)
            self._changed.clear()
        return self._index

    def _read(self, module: str) -> tuple[str, ModuleFacts] | None:
        """The path and facts of a module. Of two files for one the later counts: a package, a module before its stub."""
        paths = sorted(self._modules[module], key=lambda p: (not p.endswith(".pyi"), "/__init__." in p, p))
        return (paths[-1], self._sources[paths[-1]].facts) if paths else None

    def _names(self) -> ModuleNames | None:
        """The names of the modules, if there are others than the last time."""
        if not self._has_other_files:
            return None
        self._has_other_files = False
        libraries = {name.partition(".")[0] for name in self._types} | {n.replace("-", "_") for n in self.versions}
        return ModuleNames(map(self._relative, self._sources), frozenset(libraries))

    def module(self, path: str) -> str:
        name = self._names_of.get(path)
        if name is None:
            name = self._names_of[path] = relative_name(path, self.root)
        return name

    def source(self, path: str | None) -> Source | None:
        """A file with what was read from it."""
        return self._sources.get(path) if path is not None else None

    def symbol(self, dotted: str) -> str:
        """The symbol of what is known elsewhere by a dotted name, ``app.models.User`` or a library's own."""
        return self.index().named(dotted)

    # Findings

    def check(self, path: str, *, types: bool = True) -> Report:
        """What the rules say of a file; without `types` the oracle is not asked, and what did not parse is not cut again.
        KeyError for an unknown path."""
        *_, report = self.steps(path, types=types)
        assert report is not None, "the last step gives it"
        return report

    def steps(self, path: str, *, types: bool = True) -> Iterator[Report | None]:
        """The same by chunks, the report in the end. Between two steps all may change; what was found until then is kept."""
        source = self._sources[path]
        facts = source.told if self._is_frozen and self.awake else None  # else a text is cut in any case
        if facts is not None and not self._chosen(path, ("", *facts.functions, *facts.classes), source.document.text):
            yield Report(source.document, tuple(self._finished(source)))
            return
        if types:
            self.take_up_types(path)
            if source.settle():
                self._changed.add(path)
        asks = types and self.oracle is not None
        if asks and self.awake:
            source.want_unsure(self.index().answers)
        yield from self.renew(path, types=asks)
        source = self._sources[path]
        if not self.awake:
            yield Report(source.document, ())
        elif source.reader.is_lost:
            self._forget_answers(source)
            source.read_anew()
            self._changed.add(path)
            if self._is_frozen:
                self._ask_again()
            yield from self.steps(path, types=types)
        else:
            yield Report(
                source.document,
                tuple(self._finished(source)),
                tuple(part for chunk in source.reader.broken for part in chunk.broken),
                tuple(refusals(source.document.lines, source.reader.broken)),
                tuple(source.questions(self.asked, settled=types).values()),
            )

    def put_off_types(self, path: str) -> None:
        """Leave for later what a file asks about types, if nobody told any; and where it may, if no comment is judged by it."""
        if self.awake and not self.asked.types:
            self.put_off[self.module(path)] = not ignores_in(self._sources[path].document.lines)

    def take_up_types(self, path: str) -> bool:
        """Have that worked out when the file is checked next; whether anything was put off."""
        module, known = self.module(path), self._sources[path].checked
        if parts := [*known.take_put_off(), *([module] if self.put_off.pop(module, None) is not None else ())]:
            self.index().answers.change(("types in", part) for part in parts)
        return bool(known.stale)

    def renew(self, path: str, *, types: bool = False) -> Iterator[None]:
        """The steps to where all that is remembered of a file is right; nothing is said of it."""
        while self.awake and self._recheck(self._sources[path], types=types):
            yield

    def answer(self, found: Iterable[tuple[Question, Type | None]]) -> None:
        """Take what an oracle said that nobody waited for; the chunks that asked are checked again when they are next."""
        others = [asked.key for asked, answer in found if self.asked.keep(asked, named(answer, self.symbol))]
        self.index().answers.change(("type of", key) for key in others)

    def _recheck(self, source: Source, *, types: bool) -> bool:
        """See to it that what is remembered of one more chunk is right; whether there may be others of which it is not."""
        answers, known = self.index().answers, source.checked
        source.note_news(answers)
        if known.stale:
            source.freshen(answers)
        elif known.wanted:
            tree = next(iter(known.wanted))
            check = partial(self._check_chunk, tree, source.document.path, types)
            answer = answers.record(tree, check, inside=False, watch=known.stale)
            known.take(tree, answer)
            source.watch(tree, answer)
        else:
            answers.sweep()
            self._held.take(source)
            # Somebody waits for what is said of an open file: what is too much is put down when it is read ahead.
            return (source.document.version is None or self._held.is_overfull) and self._held.trim(answers)
        return True

    def _forget_answers(self, source: Source) -> None:
        source.forget_answers(self.index().answers if source.checked.answers else None)

    def _check_chunk(self, tree: Tree, path: str, types: bool) -> Remembered:
        source = self._sources[path]
        is_open = source.document.version is not None
        statements = source.statements.pop(tree.origin, None)
        if is_open and statements is not None and statements.is_whole:
            rules = self._choice.all(self._rules_for(path))
        else:
            rules = self._chosen(path, (tree.owner_name, *tree.bodies), tree.text)
        if statements is not None and not (is_open and rules):
            statements.drop(self.index().answers)
        if not rules:
            return NOTHING
        if statements is None or not is_open:
            statements = Statements()
        if is_open:
            source.statements[tree.origin] = statements
        make_context = partial(self._contexts.make, source, tree, types)
        return statements.check(tree, rules, make_context, self.index().answers, types=types, keep=is_open)

    def _chosen(self, path: str, names: Iterable[str], text: str) -> RulesByNode:
        """The rules that may say something of a text in a file, by the names of the body around it and of those in it."""
        bodies = [f"{self.module(path)}:{name}" for name in names]
        return self._choice.rules(self._rules_for(path), self._usual, text, bodies, self.index())

    def read_ahead(self, path: str) -> bool:
        """Parse one more chunk of a file that is open, and show it to all rules, so that the next change takes less time,
        or put one down where there are too many; in the end look at what was found. Whether there was anything."""
        source = self._sources.get(path)
        if source is None or not self.awake:
            return False
        if self._held.trim(self.index().answers):
            return True
        tree = source.read_ahead() if not self._held.is_full else None
        if tree is None:
            if is_news := bool(source.checked.news):
                self._finished(source)
            return is_news
        self._held.take(source)
        answers, known = self.index().answers, source.checked
        source.statements.setdefault(tree.origin, Statements()).is_whole = True
        answer = known.answers.get(tree)
        if answer is not None and known.named[tree] == tree.named:
            answers.doubt(answer)
            source.make_right(tree, answer, answers)
            answers.sweep()
        return True

    def _rules_for(self, path: str) -> Mapping[str, Rule]:
        """The rules that run in a file; none in a stub, which never runs itself."""
        if path.endswith(".pyi"):
            return {}
        if not self.config.per_file_ignores:
            return self.rules
        ignored = self.config.ignored_in(self._relative(path))
        return {name: rule for name, rule in self.rules.items() if name not in ignored}

    def _relative(self, path: str) -> str:
        return path.removeprefix(self.root).lstrip("/")

    def find(self, place: Place) -> Spot | None:
        """Where a place is; of several nodes that stand there the outermost is given."""
        module, _, function = place.function.partition(":")
        source = self.source(self.index().path(place.function))
        if source is None or self.module(source.document.path) != module:
            return None
        return source.find(Place(function, place.text, place.nth))

    def _finished(self, source: Source) -> Sequence[Finding]:
        """The findings in order and with fingerprints, without those that a comment takes away."""
        path, finished, known = source.document.path, source.finished, source.checked
        around = Around(self._relative(path), self._replaces, self.config.severity, self._located)
        finished.update(known.news, known.speaking, around)
        known.news.clear()
        all_rules = {name for package in self.packages for name in package.rules}
        kept = judged(source.document, finished.findings, all_rules, self._rules_for(path), source.unsure)
        return kept if kept is finished.findings and finished.is_ordered else in_order(kept, around)

    def _located(self, given: Related, before: Located | None) -> Located:
        """Where a related place is; what was said `before` where nothing of that is another."""
        source = self.source(self.index().path(given.place.function))
        spot = before.spot if before is not None else None
        if not isinstance(spot, Spot) or not spot.holds(source):
            spot = self.find(given.place)
        return Located.at(given, before, spot, (spot.source.document.path, spot.span) if spot is not None else None)
