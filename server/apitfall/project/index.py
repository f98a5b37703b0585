"""The facts of a project's files, joined lazily by name. Every answer about the world is given, and recorded, here.

One thing in one file: it is all that can be asked of a project.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from functools import partial
from itertools import takewhile
from types import MappingProxyType
from typing import Any, TypeVar

from apitfall.facts import ClassFacts, FunctionFacts, Import, ModuleFacts, Place, Step, Value
from apitfall.project.answers import Answers
from apitfall.project.binding import Binding, Bindings
from apitfall.project.bodies import Calls, Mentions, assigned_to_globals, assigned_to_self, bodies_in_one
from apitfall.project.collected import Table
from apitfall.project.evaluate import Evaluator
from apitfall.project.frozen import FrozenCalls, FrozenClasses, FrozenEvaluator, FrozenFunctions, FrozenMentions
from apitfall.project.modules import NOTHING, Module, parts_changed
from apitfall.project.names import PACKAGES, ModuleNames, module_name
from apitfall.project.noted import Classes, Functions
from apitfall.project.scope import Scope
from apitfall.project.summaries import Summaries
from apitfall.project.version import Version
from apitfall.types import CLASS, Type

T = TypeVar("T")


class ProjectIndex:
    """A project as its files are now.

    A symbol is ``module:qualified.name`` for what the project defines (``module:`` for a module itself) and a dotted
    name for everything else. `types` are the rule packages' tables, `asking` the modules in which other
    types may be asked for, None for all, and `put_off` those of them in which not yet. Of a `frozen` project nothing
    changes any more.
    """

    def __init__(
        self,
        types: Mapping[str, Type],
        versions: Mapping[str, Version],
        asking: Collection[str] | None = None,
        put_off: Mapping[str, bool] = MappingProxyType({}),
        *,
        frozen: bool = False,
    ) -> None:
        self.types = types
        self.answers = Answers(frozen=frozen)
        self.summaries = Summaries(self.answers)
        self._versions = versions
        self._asking = asking
        self._put_off = put_off
        self._bare: dict[str, ModuleFacts] = {}  # what the modules say, and the same for readers who are noted
        self._modules: dict[str, ModuleFacts] = {} if not frozen else self._bare
        self._paths: dict[str, str] = {}
        self._module_names = ModuleNames((), frozenset())
        self._bodies: dict[Scope, None] = {}
        self._functions = Functions(self.answers, self._bare)
        self._classes = Classes(self.answers, self._bare)
        self._tables: dict[str, Table] = {}
        self._calls_in = Calls(self.answers)
        self._mentions = Mentions()
        self._evaluator = Evaluator(self) if not frozen else FrozenEvaluator(self)
        self.is_assigned = self._evaluator.is_assigned
        self._bindings = Bindings(self, self._evaluator, self._calls)
        if frozen:  # nobody notes what is read, and these are asked most
            function, classes, evaluator = (
                FrozenFunctions(self._bare).__getitem__,
                FrozenClasses(self._bare),
                self._evaluator,
            )
            self.__dict__.update(module=self._bare.get, function=function, signature=function)
            self.__dict__.update(mentions=FrozenMentions(self._bare).has)
            self.__dict__.update(cls=classes.get, is_class=classes.has, calls_in=FrozenCalls(self._all_calls).named)
            self.__dict__.update(symbol=evaluator.symbol, type_of=evaluator.type_of, returned=evaluator.returned)

    # What the files say

    def update(
        self,
        modules: Mapping[str, tuple[str, ModuleFacts] | None],
        names: ModuleNames | None = None,
        functions: Mapping[str, Collection[str] | None] = MappingProxyType({}),
        others: Iterable[Hashable] = (),
    ) -> None:
        """Take what is another: for each module the path of its file and its facts, or None where it is gone.

        `names` is given where there are other modules than before; for a module the `functions` where nothing but these is
        another than it was in the same file. `others` are parts of something else that are another.
        """
        parts = [*others]
        if names is not None:
            parts += (("names", name) for name in names.others(self._module_names))
            self._module_names = names
        gone: list[Scope] = []
        new: list[Scope] = []
        for name, found in modules.items():
            before, after = self._bare.pop(name, None), found[1] if found is not None else None
            among = functions.get(name) if before is not None else None
            self._modules.pop(name, None)
            if self._paths.pop(name, None) != (path := found[0] if found is not None else None):
                parts.append(("path", name))
                among = None
            if path is not None and after is not None:
                self._bare[name], self._paths[name] = after, path
                if not self.answers.frozen:
                    self._modules[name] = Module(self.answers, name, after, self._classes)
            is_known = before is not None or self.answers.has_parts
            changed = [*parts_changed(name, before, after, among)] if is_known else []
            self._functions.change(changed)
            self._classes.change(changed)
            parts += changed
            if among is None:
                gone += bodies_in_one(name, before, after)
                new += bodies_in_one(name, after, before)
        self._calls_in.forget(gone)
        self._mentions.forget(gone)
        for scope in gone:
            del self._bodies[scope]
        self._bodies.update(dict.fromkeys(new))
        self.answers.change(parts)
        parts = [part for table in self._tables.values() for scope in gone for part in table.remove(scope)]
        for table in tuple(self._tables.values()):
            parts += [part for scope in new for part in table.add(scope)]
        # What one table holds may rest on another.
        while parts or any(table.stale for table in self._tables.values()):
            self.answers.change(parts)
            parts = [part for table in tuple(self._tables.values()) for part in table.freshen()]

    def answer(self, key: Hashable, ask: Callable[[], T]) -> T:
        """Ask a question and remember its answer; what is asked on the way to an answer is part of that one."""
        if (self.answers.inside or self.answers.reading is None) and not self.answers.frozen:
            return ask()
        return self.answers.ask(key, ask)

    def collected(
        self,
        name: str,
        look: Callable[[Scope], Mapping[Any, tuple[Any, ...]]],
        among: Callable[[ProjectIndex], Collection[Scope] | None] = lambda project: None,
    ) -> Mapping[Any, tuple[Any, ...]]:
        """For each item what the bodies say of it, by what `look` finds in one; `name` stands for `look`.

        It finds something `among` some bodies alone; where these may be others, all are kept right.
        """
        table = self._tables.get(name)
        if table is None:
            table = Table(name, look, self.answers)
            if self.answers.frozen:
                scopes = among(self)
                table.fill(self._bodies if scopes is None else scopes)
            else:
                for scope in self._bodies:
                    table.add(scope)
            self._tables[name] = table
        return table.noted

    def calling(self, names: Iterable[str]) -> Collection[Scope]:
        """The bodies in which something with one of these last names is called."""
        return dict.fromkeys([scope for name in names for scope in self._calling(name)])

    def importing(self) -> Collection[Scope]:
        """The bodies that import something: modules, and functions of a project that does not change."""
        return self.collected("importing", self._imports_in).get(None, ())

    def _imports_in(self, scope: Scope) -> Mapping[None, tuple[Scope]]:
        facts = self.signature(scope.symbol) if scope.function else self.module(scope.module)
        return {None: (scope,)} if facts is not None and not scope.owner and facts.imports else {}

    def flow_of(self, scope: Scope) -> tuple[Step, ...]:
        """What the body of a function, class or module does."""
        facts = self.facts(scope.module)
        if scope.function:
            return facts.functions[scope.function].flow
        return facts.classes[scope.owner].flow if scope.owner else facts.flow

    def exits_of(self, scope: Scope) -> tuple[Step, ...]:
        """The steps with which a function gives something or ends: returns, yields and raises."""
        return self._functions.exits(scope.module, scope.function)

    def calls_in(self, scope: Scope, name: str) -> tuple[Step, ...]:
        """The calls in a body of what has this last name."""
        return self._calls_in.named(scope, self._bare_flow(scope), name)

    def _bare_flow(self, scope: Scope) -> tuple[Step, ...]:
        """What a body does; that this is read is not noted."""
        facts = self._bare[scope.module]
        if scope.function:
            return facts.functions[scope.function].flow
        return facts.classes[scope.owner].flow if scope.owner else facts.flow

    # Names

    def module(self, name: str) -> ModuleFacts | None:
        """The facts of a module, None if there is no such file in the project; what is read of them is noted."""
        self.answers.read(("module", name))
        return self._modules.get(name)

    def facts(self, name: str) -> ModuleFacts:
        """The facts of a module, empty if there is no such file in the project."""
        return self.module(name) or NOTHING

    def is_local(self, top: str) -> bool:
        """Whether a top-level import name is one of the project's own."""
        return self.answer(("local", top), lambda: self._names(top).is_local(top))

    def scope_of(self, symbol: str) -> Scope:
        """Where the names in the body of a function of the project are looked up."""
        module, _, name = symbol.partition(":")
        return Scope(module, name)

    def runs_body(self, symbol: str) -> bool:
        """Whether calling a function of the project runs its body there and then: its decorators keep it as it is."""
        return self.answer(("runs body", symbol), lambda: self._runs_body(symbol))

    def _runs_body(self, symbol: str) -> bool:
        function = self.signature(symbol)
        return function is not None and self._evaluator.decorators.keeps(function, self.scope_of(symbol)) == "same"

    def runs_inside(self, symbol: str) -> bool:
        """The same, or its decorators put a plain function around it that calls it."""
        return self.answer(("runs inside", symbol), lambda: self._runs_inside(symbol))

    def _runs_inside(self, symbol: str) -> bool:
        function = self.signature(symbol)
        return function is not None and self._evaluator.decorators.runs(function, self.scope_of(symbol))

    def path(self, symbol: str) -> str | None:
        """The absolute path of the file that a symbol of the project stands in."""
        module = symbol.partition(":")[0]
        self.answers.read(("path", module))
        return self._paths.get(module)

    def is_test(self, module: str) -> bool:
        """Whether a module is pytest's: ``test_x``, ``x_test``, ``conftest``, or in a folder called ``tests``."""
        *folders, last = module.split(".")
        is_named = last.startswith("test_") or last.endswith("_test") or last == "conftest"
        return is_named or not {"tests", "test"}.isdisjoint((*folders, last))

    def version(self, distribution: str) -> Version | None:
        """The project's version of a distribution, by its normalized name; None if nothing tells it."""
        return self._versions.get(distribution)

    def function(self, symbol: str) -> FunctionFacts | None:
        """The function or method that a symbol of the project stands for.

        What is made of this rests on what the function does or imports only if it reads its `flow` or `imports`.
        """
        module, _, name = symbol.partition(":")
        return self._functions.get(module, name)

    signature = function

    def body(self, scope: Scope) -> FunctionFacts | None:
        """The function whose body a scope is; what is read of it is not noted."""
        return self._functions.bare(scope.module, scope.function)

    def cls(self, symbol: str) -> ClassFacts | None:
        """The class that a symbol of the project stands for."""
        module, _, name = symbol.partition(":")
        return self.answer(("class", symbol), lambda: self._facts(module).classes.get(name))

    def _facts(self, module: str) -> ModuleFacts:
        return self.module(module) or NOTHING

    def _names(self, dotted: str) -> ModuleNames:
        """The names of the modules, to be asked about one name: another module is another answer only if it has the first
        part of that in its own."""
        self.answers.read(("names", PACKAGES))
        self.answers.read(("names", dotted.partition(".")[0]))
        return self._module_names

    def member(self, module: str, name: str) -> str | None:
        """The symbol of a name in a module of the project, followed through imports; None if there is no such name."""
        return self.answer(("member", module, name), lambda: self._member(module, name, set()))

    def _member(self, module: str, name: str, seen: set[tuple[str, str]]) -> str | None:
        if (module, name) in seen:
            return None
        seen.add((module, name))
        facts = self.module(module)
        if facts is not None:
            if name in facts.functions:
                return f"{module}:{last_of(name, facts)}"
            if name in facts.classes or (name in facts.variables and name not in facts.imports):
                return f"{module}:{name}"
            if name in facts.imports:
                found = self._imported(module, facts.imports[name], seen)
                if found is not None:
                    return found
            for star in facts.stars:
                source = self._source(module, star)
                if source is not None and not source.startswith("!"):
                    origin = self.module(source)
                    public = (
                        not name.startswith("_") if origin is None or origin.exports is None else name in origin.exports
                    )
                    found = self._member(source, name, seen) if public else None
                    if found is not None:
                        return found
        below = f"{module}.{name}" if module else name
        return f"{below}:" if self._names(name).known(below) else None

    def imported(self, module: str, found: Import) -> str | None:
        """The symbol that an import in `module` binds."""
        return self.answer(("import", module, found), lambda: self._imported(module, found, set()))

    def _source(self, module: str, found: Import) -> str | None:
        """The project's module that an import names, or ``!name`` for one from elsewhere."""
        if found.level:
            return self._names(found.module or module).relative(module, found.module, found.level)
        name = self._names(found.module).absolute(module, found.module)
        return f"!{found.module}" if name is None else name

    def _imported(self, module: str, found: Import, seen: set[tuple[str, str]]) -> str | None:
        source = self._source(module, found)
        if source is None:
            return None
        if source.startswith("!"):
            return self.canonical(f"{source[1:]}.{found.name}" if found.name else source[1:])
        return self._member(source, found.name, seen) if found.name else f"{source}:"

    def canonical(self, name: str) -> str:
        """The name under which the tables know a class or function from outside the project."""
        known = self.types.get(name)
        return known.args[0].name if known is not None and known.name == CLASS and known.args else name

    def named(self, dotted: str) -> str:
        """The symbol of a class by its dotted name, as Python itself would give it."""
        module, _, rest = dotted.rpartition(".")
        while module:
            found = self._names(module).absolute("", module)
            if found is not None and self.module(found) is not None:
                return f"{found}:{rest}"
            module, _, last = module.rpartition(".")
            rest = f"{last}.{rest}"
        return self.canonical(dotted)

    def symbol(self, value: Value, scope: Scope, place: Place | None = None) -> str | None:
        """What a chain of names stands for, methods of a receiver of known type included."""
        return self.answer(("symbol", value, scope, place), lambda: self._evaluator.symbol(value, scope, place))

    # Classes

    def mro(self, symbol: str) -> tuple[str, ...]:
        """The class and its bases, nearest first; ``?`` stands for a base that cannot be told."""
        return self.answer(("mro", symbol), lambda: tuple(dict.fromkeys(self._bases(symbol, set()))))

    def _bases(self, symbol: str, seen: set[str]) -> Iterator[str]:
        if symbol in seen:
            return
        seen.add(symbol)
        yield symbol
        if ":" not in symbol:
            known = self.types.get(symbol)
            if known is None or known.name != CLASS:
                if symbol.partition(".")[0] not in ("object", "abc", "typing", "enum", "builtins"):
                    yield "?"
            else:
                for base in known.args[1:]:
                    yield from self._bases(base.name, seen)
            return
        module, _, name = symbol.partition(":")
        for base in self._bases_of(module, name):
            base = base.of if base.kind == "item" and base.of is not None else base
            resolved = self._evaluator.symbol(base, Scope(module, "", name.rpartition(".")[0]), None)
            if resolved is None or (":" in resolved and not self.is_class(resolved)):
                yield "?"
            else:
                yield from self._bases(resolved.removeprefix("builtins."), seen)

    def _bases_of(self, module: str, cls: str) -> tuple[Value, ...]:
        self.answers.read(("bases", module, cls))
        facts = self._bare.get(module)
        found = facts.classes.get(cls) if facts is not None else None
        return found.bases if found is not None else ()

    def is_class(self, symbol: str) -> bool:
        module, _, name = symbol.partition(":")
        return self.answer(("is class", symbol), lambda: name in self._facts(module).classes)

    def method(self, cls: str, name: str) -> str | None:
        """The symbol of a method or attribute, looked up along `mro`; None if none of the known classes has it.

        An attribute of a class from outside the project is given only if a table knows it.
        """
        return self.answer(("method", cls, name), lambda: self._method(cls, name))

    def _method(self, cls: str, name: str) -> str | None:
        for owner in self.mro(cls):
            if ":" not in owner:
                if f"{owner}.{name}" in self.types:
                    return f"{owner}.{name}"
                continue
            module, _, qualified = owner.partition(":")
            facts = self.module(module)
            if facts is None:
                continue
            if f"{qualified}.{name}" in facts.functions:
                return f"{module}:{last_of(f'{qualified}.{name}', facts)}"
            if f"{qualified}.{name}" in facts.classes or name in facts.classes[qualified].variables:
                return f"{owner}.{name}"
        return None

    def subclasses(self, symbol: str) -> tuple[str, ...]:
        """The project's classes that have this one among their bases."""
        return self.collected("subclasses", self._bases_in).get(symbol, ())

    def _bases_in(self, scope: Scope) -> Mapping[str, tuple[str, ...]]:
        """All bases of the class whose body this is."""
        cls = f"{scope.module}:{scope.owner}"
        return {base: (cls,) for base in self._bases(cls, set()) if base != cls} if scope.owner else {}

    def assigned_to_self(self, cls: str, name: str) -> tuple[tuple[Scope, Step], ...]:
        """The assignments to ``self.name`` in the methods of a class, each with the method."""
        return self.collected("assigned to self", self._assigned_in).get((cls, name), ())

    def _assigned_in(self, scope: Scope) -> Mapping[tuple[str, str], tuple[tuple[Scope, Step], ...]]:
        function = self.facts(scope.module).functions.get(scope.function) if scope.function else None
        return assigned_to_self(scope, function) if function is not None and function.owner else {}

    def assigned_to_global(self, module: str, name: str) -> tuple[tuple[Scope, Step], ...]:
        """The assignments to a module's name in functions that declare it ``global``, each with the function."""
        return self.collected("assigned to globals", self._assigned_globally).get((module, name), ())

    def _assigned_globally(self, scope: Scope) -> Mapping[tuple[str, str], tuple[tuple[Scope, Step], ...]]:
        function = self.facts(scope.module).functions.get(scope.function) if scope.function else None
        return assigned_to_globals(scope, function) if function is not None and function.globals else {}

    def overrides(self, symbol: str) -> tuple[str, ...]:
        """The methods of subclasses that replace this one."""
        owner, _, name = symbol.rpartition(".")
        return tuple(f"{sub}.{name}" for sub in self.subclasses(owner) if self.function(f"{sub}.{name}") is not None)

    # Calls

    def callers(self, symbol: str) -> tuple[tuple[str, Step], ...]:
        """The calls of a function in the project: the symbol of the function (or ``module:``) they stand in, and the step."""
        return self.answer(("callers", symbol), lambda: tuple(self._callers(symbol)))

    def _callers(self, symbol: str) -> Iterator[tuple[str, Step]]:
        last = symbol.rpartition(":")[2].rpartition(".")[2].partition("@")[0]
        renamed = self.collected("renamed", self._renamed_in, ProjectIndex.importing).get(last, ())
        for name in dict.fromkeys((last, *renamed)):
            for scope in self._calling(name):
                for found, step in self._resolved(scope, name):
                    if found == symbol:
                        yield scope.symbol, step

    def _renamed_in(self, scope: Scope) -> Mapping[str, tuple[str, ...]]:
        """What is imported under another name, with that name."""
        facts = self.signature(scope.symbol) if scope.function else self.module(scope.module)
        names: dict[str, tuple[str, ...]] = {}
        for local, found in facts.imports.items() if facts is not None and not scope.owner else ():
            if found.name and found.name != local:
                names[found.name] = (*names.get(found.name, ()), local)
        return names

    def is_given(self, symbol: str, function: FunctionFacts, parameter: str) -> bool:
        """Whether some call outside tests may give a function this parameter: one of its name, or of its class's and of
        those that inherit from it, or one that is given any of these."""
        return self.answer(("given", symbol, parameter), lambda: self._is_given(symbol, function, parameter))

    def _is_given(self, symbol: str, function: FunctionFacts, parameter: str) -> bool:
        owner = symbol.rpartition(".")[0]
        is_made = function.short_name == "__init__"
        classes = (owner, *self.subclasses(owner)) if is_made else ()
        names = {cls.rpartition(":")[2].rpartition(".")[2] for cls in classes} or {function.short_name}
        inside = ("__init__", "cls") if is_made else ()
        position = [p.name for p in function.parameters].index(parameter) - bool(function.owner)
        for name in (*sorted(names), *inside):
            for scope in self._calling(name):
                around = scope.symbol.rpartition(".")[0]
                if self.is_test(scope.module) or (name in inside and around not in classes):
                    continue
                for step in self.calls_in(scope, name):
                    positional = [value for key, value in step.args if not key]
                    if len(positional) > position or any(key in (parameter, "*", "**") for key, _ in step.args):
                        return True
        return any(self.mentions(name) for name in names)

    def calls_named(self, name: str) -> tuple[tuple[str, str | None], ...]:
        """Every call in the project of something with this last name: where it stands, and the symbol of what is called."""
        return self.answer(("calls named", name), lambda: tuple(self._calls_named(name)))

    def _calls_named(self, name: str) -> Iterator[tuple[str, str | None]]:
        for scope in self._calling(name):
            for found, _ in self._resolved(scope, name):
                yield scope.symbol, found

    def _resolved(self, scope: Scope, name: str) -> tuple[tuple[str | None, Step], ...]:
        """The calls in a body of what has this last name, each with the symbol of what is called."""

        def found() -> tuple[tuple[str | None, Step], ...]:
            calls = [(step.target, step) for step in self.calls_in(scope, name)]
            return tuple(
                [(self._evaluator.symbol(to, scope, step.place), step) for to, step in calls if to is not None]
            )

        # An answer of its own: where a call changes, those in all other bodies need not be looked at again.
        return self.answers.ask(("calls resolved", scope, name), found)

    def _calls(self, name: str) -> tuple[tuple[Scope, Step], ...]:
        """Every call of the project by the last name of what it calls."""
        return tuple([(scope, step) for scope in self._calling(name) for step in self.calls_in(scope, name)])

    def _calling(self, name: str) -> tuple[Scope, ...]:
        """The bodies in which something with this last name is called."""
        return self.collected("calling", self._names_called).get(name, ())

    def _names_called(self, scope: Scope) -> Mapping[str, tuple[Scope]]:
        return dict.fromkeys(self._all_calls(scope), (scope,))

    def _all_calls(self, scope: Scope) -> Mapping[str, tuple[Step, ...]]:
        return self._calls_in.all(scope, self.flow_of(scope))

    def mentions(self, name: str) -> bool:
        """Whether a name stands in the project's code other than as what is called, defined or imported."""
        return name in self.collected("mentions", self._mentions_in)

    def is_used(self, name: str) -> bool:
        """Whether something is called by this name, read, or got with `getattr`, anywhere in the project."""
        got = partial(self.collected, "got", self._names_got, lambda project: project.calling(("getattr",)))
        return self.answer(("used", name), lambda: bool(self._calling(name) or self.mentions(name) or name in got()))

    def _names_got(self, scope: Scope) -> Mapping[str, tuple[Scope]]:
        names = [step.args[1][1] for step in self.calls_in(scope, "getattr") if len(step.args) > 1]
        return {name.text: (scope,) for name in names if name.kind == "constant"}

    def _mentions_in(self, scope: Scope) -> Mapping[str, tuple[Scope]]:
        function = self.function(scope.symbol) if scope.function else None
        return dict.fromkeys(self._mentions.of(scope, self.flow_of(scope), function), (scope,))

    # Values

    def type_of(self, value: Value, scope: Scope, place: Place | None = None) -> Type | None:
        """The type of a value, from facts and tables alone. `place` says where a local name is read."""
        return self.answer(("type", value, scope, place), lambda: self._evaluator.type_of(value, scope, place))

    def binding(self, value: Value, scope: Scope, place: Place | None = None) -> Binding:
        """What the type of a value depends on, where facts and tables do not tell it."""
        return self.answer(("binding", value, scope, place), lambda: self._bindings.of(value, scope, place))

    def reaching(self, value: Value, scope: Scope, place: Place | None = None) -> tuple[Value, ...]:
        """What a local name can hold at a place: the values of the assignments that may reach it."""
        return self.answer(("reaching", value, scope, place), lambda: self._reaching(value.name, scope, place))

    def _reaching(self, name: str, scope: Scope, place: Place | None) -> tuple[Value, ...]:
        steps = self._evaluator.reaching(name, scope, place)
        return tuple(step.value for step in steps if step.value is not None)

    def may_ask(self, body: str) -> bool:
        """Whether types that facts and tables do not tell may be asked for in a body; else they make no difference."""
        module = body.partition(":")[0]
        if self._put_off.get(module):
            self.answers.read(("types in", module))
            return False
        return self._asking is None or module in self._asking

    def returned(self, symbol: str) -> Type | None:
        """What calling a function of the project gives, a coroutine for an ``async def``; None if it is not known."""
        return self.answer(("returned", symbol), lambda: self._evaluator.returned(symbol))

    def annotated(self, annotation: Value | None, scope: Scope) -> Type | None:
        """The type that an annotation stands for."""
        return self.answer(("annotation", annotation, scope), lambda: self._evaluator.annotation(annotation, scope))


def last_of(name: str, facts: ModuleFacts) -> str:
    """The last of the functions that are defined under one name; they are counted together with classes."""
    others = (f"{name}@{number}" for number in range(2, 100))
    functions, is_class = facts.functions, name in facts.classes
    found = filter(functions.__contains__, others) if is_class else takewhile(functions.__contains__, others)
    return [name, *found][-1]


def relative_name(path: str, root: str) -> str:
    """The module name of a file of the project."""
    return module_name(path.removeprefix(root).lstrip("/"))[0]
