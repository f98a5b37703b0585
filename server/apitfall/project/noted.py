"""Facts whose readers are noted: what is made of a part of them rests on that part, and on no other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from dataclasses import fields
from functools import partial
from typing import Any, TypeVar

from apitfall.facts import (
    ClassFacts,
    ExceptClause,
    FunctionFacts,
    Import,
    ModuleFacts,
    Parameter,
    Step,
    Value,
    Variable,
)
from apitfall.project.answers import Answers

T = TypeVar("T")
Key = tuple[Hashable, ...]


class Noted(Mapping[str, T]):
    """A mapping whose readers are noted: for one name, for the names that there are, or for all of it.

    Whether a name is there is read under the key `there`, if what stands under a name changes more often than that.
    """

    __slots__ = ("_answers", "_found", "_key", "_there")

    def __init__(self, answers: Answers, key: Key, found: Mapping[str, T], there: Key | None = None) -> None:
        self._answers, self._key, self._found, self._there = answers, key, found, there or key

    def __getitem__(self, name: str) -> T:
        self._answers.read((*self._key, name))
        return self._found[name]

    def get(self, key: str, default: Any = None, /) -> Any:
        self._answers.read((*self._key, key))
        return self._found.get(key, default)

    def __contains__(self, name: object) -> bool:
        self._answers.read((*self._there, name))
        return name in self._found

    def __iter__(self) -> Iterator[str]:
        self._answers.read((*self._key, None))
        return iter(self._found)

    def __len__(self) -> int:
        self._answers.read((*self._key, None))
        return len(self._found)

    def keys(self) -> KeysView[str]:
        self._answers.read((*self._key, None))
        return self._found.keys()

    def values(self) -> ValuesView[T]:
        self._answers.read(self._key)
        return self._found.values()

    def items(self) -> ItemsView[str, T]:
        self._answers.read(self._key)
        return self._found.items()


NOTED = frozenset(("parameters", "decorators", "returns", "flow", "handlers", "imports"))
SIGNATURE = tuple([field.name for field in fields(FunctionFacts) if field.name not in NOTED])


class Function(FunctionFacts):
    """The facts of one function; that its `parameters` or one of them, its `decorators`, what it `returns`, its `flow`,
    `handlers` or `imports` are read is noted, and they are those that there are then.

    It is equal to itself alone, and there is another where its signature is another.
    """

    __slots__ = ("_functions", "_key")

    __eq__ = object.__eq__  # pyright: ignore[reportAssignmentType]
    __hash__ = object.__hash__

    _functions: Functions
    _key: tuple[str, str]

    def __init__(self, facts: FunctionFacts, functions: Functions, key: tuple[str, str]) -> None:
        for name in SIGNATURE:
            object.__setattr__(self, name, getattr(facts, name))
        object.__setattr__(self, "_functions", functions)
        object.__setattr__(self, "_key", key)

    @property
    def parameters(self) -> tuple[Parameter, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._functions.parameters(*self._key)

    def parameter(self, name: str) -> Parameter | None:
        return self._functions.parameter(*self._key, name)

    @property
    def receiver(self) -> Parameter | None:
        return self._functions.receiver(*self._key)

    @property
    def decorators(self) -> tuple[Value, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._functions.decorators(*self._key)

    @property
    def returns(self) -> Value | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._functions.returns(*self._key)

    @property
    def flow(self) -> tuple[Step, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._functions.flow(*self._key)

    @property
    def handlers(self) -> tuple[ExceptClause, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._functions.handlers(*self._key)

    @property
    def imports(self) -> Mapping[str, Import]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._functions.imports(*self._key)


class Functions:
    """The functions of a project's modules; what is read of one is its signature, and its flow where that is asked for."""

    def __init__(self, answers: Answers, modules: Mapping[str, ModuleFacts]) -> None:
        self._answers = answers
        self._modules = modules
        self._made: dict[Key, Function] = {}
        self._imports: dict[Key, Noted[Import]] = {}

    def get(self, module: str, name: str) -> FunctionFacts | None:
        self._answers.read(("signature", module, name))
        found = self._made.get((module, name))
        if found is None and (facts := self.bare(module, name)) is not None:
            found = self._made[module, name] = Function(facts, self, (module, name))
        return found

    def parameters(self, module: str, name: str) -> tuple[Parameter, ...]:
        self._answers.read(("parameters", module, name))
        facts = self.bare(module, name)
        return facts.parameters if facts is not None else ()

    def parameter(self, module: str, name: str, parameter: str) -> Parameter | None:
        self._answers.read(("parameter", module, name, parameter))
        facts = self.bare(module, name)
        return facts.parameter(parameter) if facts is not None else None

    def receiver(self, module: str, name: str) -> Parameter | None:
        self._answers.read(("receiver", module, name))
        facts = self.bare(module, name)
        return facts.receiver if facts is not None else None

    def decorators(self, module: str, name: str) -> tuple[Value, ...]:
        self._answers.read(("decorators", module, name))
        facts = self.bare(module, name)
        return facts.decorators if facts is not None else ()

    def returns(self, module: str, name: str) -> Value | None:
        self._answers.read(("returns", module, name))
        facts = self.bare(module, name)
        return facts.returns if facts is not None else None

    def flow(self, module: str, name: str) -> tuple[Step, ...]:
        self._answers.read(("functions", module, name))
        facts = self.bare(module, name)
        return facts.flow if facts is not None else ()

    def handlers(self, module: str, name: str) -> tuple[ExceptClause, ...]:
        self._answers.read(("functions", module, name))
        facts = self.bare(module, name)
        return facts.handlers if facts is not None else ()

    def imports(self, module: str, name: str) -> Mapping[str, Import]:
        """What is imported in its body."""
        found = self._imports.get((module, name))
        if found is None:
            facts = self.bare(module, name)
            imports: Mapping[str, Import] = facts.imports if facts is not None else {}
            found = self._imports[module, name] = Noted(self._answers, ("imports in", module, name), imports)
        return found

    def exits(self, module: str, name: str) -> tuple[Step, ...]:
        """The steps with which it gives something, or ends."""
        self._answers.read(("exits", module, name))
        facts = self.bare(module, name)
        return exits_in(facts.flow) if facts is not None else ()

    def bare(self, module: str, name: str) -> FunctionFacts | None:
        """The facts themselves; what is read of them is not noted."""
        facts = self._modules.get(module)
        return facts.functions.get(name) if facts is not None else None

    def change(self, parts: Iterable[Key]) -> None:
        """Parts are another now."""
        for part in parts:
            if part[0] == "signature":
                self._made.pop(part[1:], None)
            if part[0] in ("signature", "imports in"):
                self._imports.pop(part[1:3], None)


class Class(ClassFacts):
    """The facts of one class; that its `variables`, `methods` or `flow` are read is noted, and they are those there are then.

    It is equal to itself alone: what is made of it is the same as long as its head is.
    """

    __slots__ = ("_answers", "_bare", "_key")

    __eq__ = object.__eq__  # pyright: ignore[reportAssignmentType]
    __hash__ = object.__hash__

    _answers: Answers
    _key: Key
    _bare: Callable[[], ClassFacts]

    def __init__(self, answers: Answers, key: Key, facts: ClassFacts, bare: Callable[[], ClassFacts]) -> None:
        for name in ("name", "bases", "keywords", "decorators"):
            object.__setattr__(self, name, getattr(facts, name))
        for name, value in (("_answers", answers), ("_key", key), ("_bare", bare)):
            object.__setattr__(self, name, value)

    @property
    def variables(self) -> Mapping[str, tuple[Variable, ...]]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return Noted(self._answers, ("class variables", *self._key), self._bare().variables)

    @property
    def methods(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._answers.read(("methods", *self._key))
        return self._bare().methods

    @property
    def flow(self) -> tuple[Step, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._answers.read(("class flow", *self._key))
        return self._bare().flow


class Classes:
    """The classes of a project's modules; what is read of one is its head, and the rest where that is asked for."""

    def __init__(self, answers: Answers, modules: Mapping[str, ModuleFacts]) -> None:
        self._answers = answers
        self._modules = modules
        self._made: dict[Key, Class] = {}

    def of(self, module: str, name: str) -> ClassFacts | None:
        """The class; that it is read is to be noted by whoever asks."""
        found = self._made.get((module, name))
        if found is None and name in (known := self._modules[module].classes):
            bare = partial(self.bare, module, name)
            found = self._made[module, name] = Class(self._answers, (module, name), known[name], bare)
        return found

    def bare(self, module: str, name: str) -> ClassFacts:
        return self._modules[module].classes[name]

    def change(self, parts: Iterable[Key]) -> None:
        """Parts are another now."""
        for part in parts:
            if part[0] == "classes":
                self._made.pop(part[1:], None)


class ClassesOf(Noted[ClassFacts]):
    """The classes of one module by name."""

    __slots__ = ("_classes", "_module")

    def __init__(self, answers: Answers, module: str, found: Mapping[str, ClassFacts], classes: Classes) -> None:
        super().__init__(answers, ("classes", module), found)
        self._classes, self._module = classes, module

    def __getitem__(self, name: str) -> ClassFacts:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, key: str, default: Any = None, /) -> Any:
        found = super().get(key)
        return default if found is None else self._classes.of(self._module, key)


EXITS = ("return", "yield", "raise")


def exits_in(steps: Iterable[Step]) -> tuple[Step, ...]:
    return tuple([step for step in steps if step.kind in EXITS])
