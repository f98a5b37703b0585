"""The facts of a project's files, joined lazily by name. Every answer about the world is given, and recorded, here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from apitfall.facts import ClassFacts, FunctionFacts, Import, ModuleFacts, Place, Step, Value
from apitfall.project.evaluate import Evaluator
from apitfall.project.names import ModuleNames, module_name
from apitfall.project.scope import Scope
from apitfall.project.summaries import Summaries
from apitfall.project.version import Version
from apitfall.types import CLASS, Type

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
Asked = dict[Hashable, tuple[Any, Callable[["ProjectIndex"], Any]]]
NOTHING = ModuleFacts()


class ProjectIndex:
    """One state of a project.

    A symbol is ``module:qualified.name`` for what the project defines (``module:`` for a module itself) and a dotted
    name for everything else. `modules` are the facts by module name, `types` the rule packages' tables.
    """

    def __init__(
        self,
        modules: Mapping[str, ModuleFacts],
        names: ModuleNames,
        paths: Mapping[str, str],
        types: Mapping[str, Type],
        versions: Mapping[str, Version],
    ) -> None:
        self._modules = modules
        self._names = names
        self._paths = paths
        self._versions = versions
        self.types = types
        self.summaries = Summaries()
        self._evaluator = Evaluator(self)
        self._asked: Asked | None = None
        self._busy = False

    # What was asked

    @contextmanager
    def recording(self) -> Generator[Asked]:
        """Collect what is asked of this index meanwhile: key → (answer, how to ask another index the same)."""
        before, self._asked = self._asked, {}
        try:
            yield self._asked
        finally:
            self._asked = before

    def answer(self, key: Hashable, ask: Callable[[ProjectIndex], T]) -> T:
        """Ask, and note question and answer; what is asked on the way to an answer is not noted for itself."""
        if self._asked is None or self._busy:
            return ask(self)
        self._busy = True
        try:
            found = ask(self)
        finally:
            self._busy = False
        self._asked[key] = (found, ask)
        return found

    # Names

    def module(self, name: str) -> ModuleFacts | None:
        """The facts of a module, None if there is no such file in the project."""
        return self.answer(("facts", name), lambda index: index._modules.get(name))

    def facts(self, name: str) -> ModuleFacts:
        """The facts of a module, empty if there is no such file in the project."""
        return self.module(name) or NOTHING

    def is_local(self, top: str) -> bool:
        """Whether a top-level import name is one of the project's own."""
        return self.answer(("local", top), lambda index: index._names.is_local(top))

    def scope_of(self, symbol: str) -> Scope:
        """Where the names in the body of a function of the project are looked up."""
        module, _, name = symbol.partition(":")
        return Scope(module, name)

    def runs_body(self, symbol: str) -> bool:
        """Whether calling a function of the project runs its body there and then: its decorators keep it as it is."""
        return self.answer(("runs body", symbol), lambda index: index._runs_body(symbol))

    def _runs_body(self, symbol: str) -> bool:
        function = self.function(symbol)
        return function is not None and self._evaluator.keeps(function, self.scope_of(symbol)) == "same"

    def path(self, symbol: str) -> str | None:
        """The absolute path of the file that a symbol of the project stands in."""
        return self.answer(("path", symbol), lambda index: index._paths.get(symbol.partition(":")[0]))

    def is_test(self, module: str) -> bool:
        """Whether a module is pytest's: ``test_x``, ``x_test``, ``conftest``, or in a folder called ``tests``."""
        parts = module.split(".")
        last = parts[-1]
        return (
            last.startswith("test_")
            or last.endswith("_test")
            or last == "conftest"
            or bool({"tests", "test"} & set(parts))
        )

    def version(self, distribution: str) -> Version | None:
        """The project's version of a distribution, by its normalized name; None if nothing tells it."""
        return self.answer(("version", distribution), lambda index: index._versions.get(distribution))

    def function(self, symbol: str) -> FunctionFacts | None:
        """The function or method that a symbol of the project stands for."""
        module, _, name = symbol.partition(":")
        return self.answer(("function", symbol), lambda index: index._facts(module).functions.get(name))

    def cls(self, symbol: str) -> ClassFacts | None:
        """The class that a symbol of the project stands for."""
        module, _, name = symbol.partition(":")
        return self.answer(("class", symbol), lambda index: index._facts(module).classes.get(name))

    def _facts(self, module: str) -> ModuleFacts:
        return self._modules.get(module, NOTHING)

    def functions(self) -> tuple[str, ...]:
        """The symbols of all functions of the project."""
        return self.answer(
            ("functions",),
            lambda index: tuple(f"{module}:{name}" for module, f in index._modules.items() for name in f.functions),
        )

    def member(self, module: str, name: str) -> str | None:
        """The symbol of a name in a module of the project, followed through imports; None if there is no such name."""
        return self.answer(("member", module, name), lambda index: index._member(module, name, set()))

    def _member(self, module: str, name: str, seen: set[tuple[str, str]]) -> str | None:
        if (module, name) in seen:
            return None
        seen.add((module, name))
        facts = self._modules.get(module)
        if facts is not None:
            if name in facts.functions:
                last = max((n for n in range(2, 100) if f"{name}@{n}" in facts.functions), default=1)
                return f"{module}:{name}@{last}" if last > 1 else f"{module}:{name}"
            if name in facts.classes or (name in facts.variables and name not in facts.imports):
                return f"{module}:{name}"
            if name in facts.imports:
                found = self._imported(module, facts.imports[name], seen)
                if found is not None:
                    return found
            for star in facts.stars:
                source = self._source(module, star)
                if source is not None and not source.startswith("!"):
                    origin = self._modules.get(source)
                    public = (
                        not name.startswith("_") if origin is None or origin.exports is None else name in origin.exports
                    )
                    found = self._member(source, name, seen) if public else None
                    if found is not None:
                        return found
        below = f"{module}.{name}" if module else name
        return f"{below}:" if self._names.known(below) else None

    def imported(self, module: str, found: Import) -> str | None:
        """The symbol that an import in `module` binds."""
        return self.answer(("import", module, found), lambda index: index._imported(module, found, set()))

    def _source(self, module: str, found: Import) -> str | None:
        """The project's module that an import names, or ``!name`` for one from elsewhere."""
        if found.level:
            return self._names.relative(module, found.module, found.level)
        name = self._names.absolute(module, found.module)
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
            found = self._names.absolute("", module)
            if found is not None and found in self._modules:
                return f"{found}:{rest}"
            module, _, last = module.rpartition(".")
            rest = f"{last}.{rest}"
        return self.canonical(dotted)

    def symbol(self, value: Value, scope: Scope, place: Place | None = None) -> str | None:
        """What a chain of names stands for, methods of a receiver of known type included."""
        return self.answer(("symbol", value, scope, place), lambda i: i._evaluator.symbol(value, scope, place))

    # Classes

    def mro(self, symbol: str) -> tuple[str, ...]:
        """The class and its bases, nearest first; ``?`` stands for a base that cannot be told."""
        return self.answer(("mro", symbol), lambda index: tuple(dict.fromkeys(index._bases(symbol, set()))))

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
        facts = self._modules.get(module)
        found = facts.classes.get(name) if facts else None
        for base in found.bases if found else ():
            base = base.of if base.kind == "item" and base.of is not None else base
            resolved = self._evaluator.symbol(base, Scope(module, "", name.rpartition(".")[0]), None)
            if resolved is None or (":" in resolved and not self.is_class(resolved)):
                yield "?"
            else:
                yield from self._bases(resolved.removeprefix("builtins."), seen)

    def is_class(self, symbol: str) -> bool:
        module, _, name = symbol.partition(":")
        return self.answer(("is class", symbol), lambda index: name in index._facts(module).classes)

    def method(self, cls: str, name: str) -> str | None:
        """The symbol of a method or attribute, looked up along `mro`; None if none of the known classes has it.

        An attribute of a class from outside the project is given only if a table knows it.
        """
        return self.answer(("method", cls, name), lambda index: index._method(cls, name))

    def _method(self, cls: str, name: str) -> str | None:
        for owner in self.mro(cls):
            if ":" not in owner:
                if f"{owner}.{name}" in self.types:
                    return f"{owner}.{name}"
                continue
            module, _, qualified = owner.partition(":")
            facts = self._modules.get(module)
            if facts is None:
                continue
            if f"{qualified}.{name}" in facts.functions:
                last = max((n for n in range(2, 20) if f"{qualified}.{name}@{n}" in facts.functions), default=1)
                return f"{owner}.{name}" + (f"@{last}" if last > 1 else "")
            if f"{qualified}.{name}" in facts.classes or name in facts.classes[qualified].variables:
                return f"{owner}.{name}"
        return None

    def subclasses(self, symbol: str) -> tuple[str, ...]:
        """The project's classes that have this one among their bases."""
        return self.answer(("subclasses", symbol), lambda index: tuple(index._subclasses.get(symbol, ())))

    @cached_property
    def _subclasses(self) -> Mapping[str, list[str]]:
        below: defaultdict[str, list[str]] = defaultdict(list)
        for module, facts in self._modules.items():
            for name in facts.classes:
                for base in dict.fromkeys(self._bases(f"{module}:{name}", set())):
                    if base != f"{module}:{name}":
                        below[base].append(f"{module}:{name}")
        return below

    def overrides(self, symbol: str) -> tuple[str, ...]:
        """The methods of subclasses that replace this one."""
        owner, _, name = symbol.rpartition(".")
        return tuple(f"{sub}.{name}" for sub in self.subclasses(owner) if self.function(f"{sub}.{name}") is not None)

    # Calls

    def callers(self, symbol: str) -> tuple[tuple[str, Step], ...]:
        """The calls of a function in the project: the symbol of the function (or ``module:``) they stand in, and the step."""
        return self.answer(("callers", symbol), lambda index: tuple(index._callers(symbol)))

    def _callers(self, symbol: str) -> Iterator[tuple[str, Step]]:
        last = symbol.rpartition(":")[2].rpartition(".")[2].partition("@")[0]
        for scope, step in self._calls.get(last, ()):
            if step.target is not None and self._evaluator.symbol(step.target, scope, step.place) == symbol:
                yield scope.symbol, step

    def calls_named(self, name: str) -> tuple[tuple[str, str | None], ...]:
        """Every call in the project of something with this last name: where it stands, and the symbol of what is called."""
        return self.answer(("calls named", name), lambda index: tuple(index._calls_named(name)))

    def _calls_named(self, name: str) -> Iterator[tuple[str, str | None]]:
        for scope, step in self._calls.get(name, ()):
            if step.target is not None:
                yield scope.symbol, self._evaluator.symbol(step.target, scope, step.place)

    @cached_property
    def _calls(self) -> Mapping[str, Sequence[tuple[Scope, Step]]]:
        """Every call of the project by the last name of what it calls."""
        calls: defaultdict[str, list[tuple[Scope, Step]]] = defaultdict(list)
        for scope, flow in self.flows():
            for step in flow:
                if step.kind == "call" and step.target is not None and step.target.name:
                    calls[step.target.name].append((scope, step))
        return calls

    def flows(self) -> tuple[tuple[Scope, tuple[Step, ...]], ...]:
        """The bodies of the project: functions, classes and modules, each with the scope its names are looked up in."""
        return self.answer(("flows",), lambda index: tuple(index._flows()))

    def _flows(self) -> Iterator[tuple[Scope, tuple[Step, ...]]]:
        for module, facts in self._modules.items():
            yield Scope(module), facts.flow
            for name, cls in facts.classes.items():
                yield Scope(module, "", name), cls.flow
            for name, function in facts.functions.items():
                yield Scope(module, name), function.flow

    def mentions(self, name: str) -> int:
        """How often a name stands in the project's code other than as what is called, defined or imported."""
        return self.answer(("mentions", name), lambda index: index._mentions.get(name, 0))

    @cached_property
    def _mentions(self) -> Mapping[str, int]:
        counts: defaultdict[str, int] = defaultdict(int)

        def count(value: Value | None, called: bool = False) -> None:
            if value is None:
                return
            if value.kind in ("name", "attribute") and not called:
                counts[value.name] += 1
            for inner in (v for _, v in value.args):
                count(inner)
            count(value.of, value.kind == "call")

        for _, flow in self.flows():
            for step in flow:
                count(step.target, step.kind in ("call", "assign"))
                count(step.value)
                for _, value in step.args:
                    count(value)
        for facts in self._modules.values():
            for function in facts.functions.values():
                for value in function.decorators:
                    count(value)
                for parameter in function.parameters:
                    count(parameter.default)
                    count(parameter.annotation)
        return counts

    # Values

    def type_of(self, value: Value, scope: Scope, place: Place | None = None) -> Type | None:
        """The type of a value, from facts and tables alone. `place` says where a local name is read."""
        return self.answer(("type", value, scope, place), lambda i: i._evaluator.type_of(value, scope, place))

    def reaching(self, value: Value, scope: Scope, place: Place | None = None) -> tuple[Value, ...]:
        """What a local name can hold at a place: the values of the assignments that may reach it."""
        return self.answer(("reaching", value, scope, place), lambda i: i._reaching(value.name, scope, place))

    def _reaching(self, name: str, scope: Scope, place: Place | None) -> tuple[Value, ...]:
        steps = self._evaluator.reaching(name, scope, place)
        return tuple(step.value for step in steps if step.value is not None)

    def returned(self, symbol: str) -> Type | None:
        """What calling a function of the project gives, a coroutine for an ``async def``; None if it is not known."""
        return self.answer(("returned", symbol), lambda index: index._evaluator.returned(symbol))

    def annotated(self, annotation: Value | None, scope: Scope) -> Type | None:
        """The type that an annotation stands for."""
        return self.answer(("annotation", annotation, scope), lambda i: i._evaluator.annotation(annotation, scope))


def relative_name(path: str, root: str) -> str:
    """The module name of a file of the project."""
    return module_name(path.removeprefix(root).lstrip("/"))[0]


__all__ = ["ProjectIndex", "relative_name"]
