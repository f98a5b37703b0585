"""The facts of a project's modules; what is read of them is noted part by part."""

from __future__ import annotations

from collections.abc import Hashable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any, TypeVar

from apitfall.facts import ClassFacts, FunctionFacts, Import, ModuleFacts, Step, Variable
from apitfall.project.answers import Answers

T = TypeVar("T")
Key = tuple[Hashable, ...]
KINDS = ("imports", "variables", "functions", "classes")


class Noted(Mapping[str, T]):
    """A mapping whose readers are noted: for one name, for the names that there are, or for all of it."""

    __slots__ = ("_answers", "_found", "_key")

    def __init__(self, answers: Answers, key: Key, found: Mapping[str, T]) -> None:
        self._answers, self._key, self._found = answers, key, found

    def __getitem__(self, name: str) -> T:
        self._answers.read((*self._key, name))
        return self._found[name]

    def get(self, key: str, default: Any = None, /) -> Any:
        self._answers.read((*self._key, key))
        return self._found.get(key, default)

    def __contains__(self, name: object) -> bool:
        self._answers.read((*self._key, name))
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


def changed(key: Key, before: Mapping[Any, object], after: Mapping[Any, object]) -> Iterator[Key]:
    """The parts of a noted mapping that are another."""
    if before is after:
        return
    if before.keys() == after.keys():
        others = [name for name, one in before.items() if one is not (other := after[name]) and one != other]
        yield from ((*key, name) for name in others)
        if others:
            yield key
        return
    for name in before.keys() | after.keys():
        # What is in one of them alone is not looked at: it may have to be unpacked for that.
        if name not in before or name not in after or before[name] != after[name]:
            yield (*key, name)
    yield (*key, None)
    yield key


class Module(ModuleFacts):
    """The facts of one module, with the same names as ModuleFacts has."""

    __slots__ = ("_answers", "_facts", "_name", "_noted")

    _answers: Answers
    _facts: ModuleFacts
    _name: str
    _noted: Mapping[str, Noted[Any]]

    def __init__(self, answers: Answers, name: str, facts: ModuleFacts) -> None:
        noted = {kind: Noted[Any](answers, (kind, name), getattr(facts, kind)) for kind in KINDS}
        for attribute, value in (("_answers", answers), ("_name", name), ("_facts", facts), ("_noted", noted)):
            object.__setattr__(self, attribute, value)

    @property
    def imports(self) -> Mapping[str, Import]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._noted["imports"]

    @property
    def variables(self) -> Mapping[str, tuple[Variable, ...]]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._noted["variables"]

    @property
    def functions(self) -> Mapping[str, FunctionFacts]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._noted["functions"]

    @property
    def classes(self) -> Mapping[str, ClassFacts]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._noted["classes"]

    @property
    def stars(self) -> tuple[Import, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._answers.read(("stars", self._name))
        return self._facts.stars

    @property
    def flow(self) -> tuple[Step, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._answers.read(("flow", self._name))
        return self._facts.flow

    @property
    def exports(self) -> tuple[str, ...] | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._answers.read(("exports", self._name))
        return self._facts.exports

    @property
    def bare(self) -> ModuleFacts:
        """The facts themselves; what is read of them is not noted."""
        return self._facts


NOTHING = ModuleFacts()


def parts_changed(name: str, before: ModuleFacts | None, after: ModuleFacts | None) -> Iterator[Key]:
    """What can be read of a module that is another."""
    if (before is None) != (after is None):
        yield from (("module", name), ("modules",))
    one, other = before or NOTHING, after or NOTHING
    for kind in KINDS:
        yield from changed((kind, name), getattr(one, kind), getattr(other, kind))
    for kind in ("stars", "flow", "exports"):
        if before is None or after is None or getattr(one, kind) != getattr(other, kind):
            yield (kind, name)
    for cls in one.classes.keys() | other.classes.keys() if one.classes is not other.classes else ():
        if cls not in one.classes or cls not in other.classes or one.classes[cls].bases != other.classes[cls].bases:
            yield ("bases", name, cls)
