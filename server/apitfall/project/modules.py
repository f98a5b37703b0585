"""The facts of a project's modules; what is read of them is noted part by part."""

from __future__ import annotations

from collections.abc import Callable, Hashable, ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from dataclasses import fields, replace
from typing import Any, TypeVar

from apitfall.facts import ClassFacts, FunctionFacts, Import, ModuleFacts, Step, Variable
from apitfall.project.answers import Answers

T = TypeVar("T")
Key = tuple[Hashable, ...]
KINDS = ("imports", "variables", "functions", "classes")


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


def there(kind: str, module: str) -> Key:
    """Of functions, the signatures are another where there are others, and not where one does something else."""
    return ("signature" if kind == "functions" else kind, module)


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
        noted = {kind: Noted[Any](answers, (kind, name), getattr(facts, kind), there(kind, name)) for kind in KINDS}
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


class Function(FunctionFacts):
    """The facts of one function; that its `flow` is read is noted, and it is the one that there is then."""

    __slots__ = ("_flow",)

    _flow: Callable[[], tuple[Step, ...]]

    def __init__(self, facts: FunctionFacts, flow: Callable[[], tuple[Step, ...]]) -> None:
        for field in fields(FunctionFacts):
            if field.name != "flow":
                object.__setattr__(self, field.name, getattr(facts, field.name))
        object.__setattr__(self, "_flow", flow)

    @property
    def flow(self) -> tuple[Step, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._flow()


class Functions:
    """The functions of a project's modules; what is read of one is its signature, and its flow where that is asked for."""

    def __init__(self, answers: Answers, modules: Mapping[str, ModuleFacts]) -> None:
        self._answers = answers
        self._modules = modules
        self._made: dict[Key, Function] = {}

    def get(self, module: str, name: str) -> FunctionFacts | None:
        if self._answers.frozen:
            return self.bare(module, name)
        self._answers.read(("signature", module, name))
        found = self._made.get((module, name))
        if found is None and (facts := self.bare(module, name)) is not None:
            found = self._made[module, name] = Function(facts, lambda: self.flow(module, name))
        return found

    def flow(self, module: str, name: str) -> tuple[Step, ...]:
        self._answers.read(("functions", module, name))
        facts = self.bare(module, name)
        return facts.flow if facts is not None else ()

    def bare(self, module: str, name: str) -> FunctionFacts | None:
        """The facts themselves; what is read of them is not noted."""
        facts = self._modules.get(module)
        return facts.functions.get(name) if facts is not None else None

    def change(self, parts: Iterable[Key]) -> None:
        """Parts are another now."""
        for part in parts:
            if part[0] == "signature":
                self._made.pop(part[1:], None)


NOTHING = ModuleFacts()


def parts_changed(name: str, before: ModuleFacts | None, after: ModuleFacts | None) -> Iterator[Key]:
    """What can be read of a module that is another."""
    if (before is None) != (after is None):
        yield from (("module", name), ("modules",))
    one, other = before or NOTHING, after or NOTHING
    for kind in KINDS:
        for key in changed((kind, name), getattr(one, kind), getattr(other, kind)):
            yield key
            if kind == "functions" and len(key) == 3 and isinstance(key[2], str):
                # One that is in one of them alone is not looked at: it may have to be unpacked for that.
                is_in_both = key[2] in one.functions and key[2] in other.functions
                pair = (one.functions[key[2]], other.functions[key[2]]) if is_in_both else (None, None)
                yield from function_changed(key[1:], *pair)
            elif kind == "classes" and len(key) == 3 and isinstance(key[2], str):
                if key[2] in one.classes and key[2] in other.classes:
                    yield from calls_changed((name, key[2], ""), one.classes[key[2]].flow, other.classes[key[2]].flow)
    for kind in ("stars", "flow", "exports"):
        if before is None or after is None or getattr(one, kind) != getattr(other, kind):
            yield (kind, name)
    yield from calls_changed((name, "", ""), one.flow, other.flow)
    for cls in one.classes.keys() | other.classes.keys() if one.classes is not other.classes else ():
        if cls not in one.classes or cls not in other.classes or one.classes[cls].bases != other.classes[cls].bases:
            yield ("bases", name, cls)


def function_changed(key: Key, before: FunctionFacts | None, after: FunctionFacts | None) -> Iterator[Key]:
    """What can be read of one function that is another, its `key` the names of the module and of itself.

    Besides all of it there are its ``signature``, which is all but its flow, the names that are ``bound`` in it, and for
    what is asked of a place in it, the steps ``assigned`` to one name and the one ``at`` that place, each with where it
    stands among the others. The last two are parts of a function that is there before and after.
    """
    if before is None or after is None:
        yield from (("signature", *key), ("bound", *key))
        return
    if without_flow(before) != without_flow(after):
        yield ("signature", *key)
    one, other = differing(before.flow, after.flow)
    yield from calls_of((key[0], "", key[1]), (*one, *other))
    bound, still = set(assigned_in(one)), set(assigned_in(other))
    if bound != still or before.parameters != after.parameters:
        yield ("bound", *key)
    yield from (("assigned", *key, name) for name in bound | still)
    yield from (("at", *key, *place) for place in {(step.place.text, step.place.nth) for step in (*one, *other)})


def calls_changed(body: Key, before: tuple[Step, ...], after: tuple[Step, ...]) -> Iterator[Key]:
    """The names of which another body's calls are others; the body is a module with a class or a function of it."""
    one, other = differing(before, after) if before is not after else ((), ())
    return calls_of(body, (*one, *other))


def calls_of(body: Key, steps: Iterable[Step]) -> Iterator[Key]:
    names = {step.target.name for step in steps if step.kind == "call" and step.target is not None}
    return (("calls in", *body, name) for name in names)


def without_flow(function: FunctionFacts) -> FunctionFacts:
    return replace(function, flow=())


def differing(one: tuple[Step, ...], other: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """What is between the steps that two flows begin with alike and those that they end with alike."""
    # Most are the very same objects, which is told in C; of the others there are few, and to compare them takes long.
    ours, theirs = [*map(id, one)], [*map(id, other)]
    most = min(len(one), len(other))
    head = alike(most, lambda start, end: ours[start:end] == theirs[start:end])
    while head < most and (one[head] is other[head] or one[head] == other[head]):
        head += 1
    ours.reverse()
    theirs.reverse()
    most -= head
    tail = alike(most, lambda start, end: ours[start:end] == theirs[start:end])
    while tail < most and (one[-1 - tail] is other[-1 - tail] or one[-1 - tail] == other[-1 - tail]):
        tail += 1
    return one[head : len(one) - tail], other[head : len(other) - tail]


def alike(most: int, same: Callable[[int, int], bool]) -> int:
    """How many of so many things are the same from the first on, as stretches of them are told to be."""
    if same(0, most):
        return most
    low, high = 0, most  # those below `low` are the same, and not all below `high`
    while high - low > 1:
        middle = (low + high) // 2
        if same(low, middle):
            low = middle
        else:
            high = middle
    return low


def assigned_in(steps: Iterable[Step]) -> Iterator[str]:
    """The names that steps assign to."""
    for step in steps:
        if step.kind == "assign" and step.target is not None and step.target.kind == "name":
            yield step.target.name
