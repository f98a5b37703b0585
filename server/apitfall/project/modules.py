"""The facts of a project's modules; what is read of them is noted part by part."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any

from apitfall.facts import ClassFacts, FunctionFacts, Import, ModuleFacts, Step, Variable
from apitfall.project.answers import Answers
from apitfall.project.noted import SIGNATURE, Classes, ClassesOf, Key, Noted, exits_in

KINDS = ("imports", "variables", "functions", "classes")


def there(kind: str, module: str) -> Key:
    """Of functions, the signatures are another where there are others, and not where one does something else."""
    return ("signature" if kind == "functions" else kind, module)


def changed(
    key: Key, before: Mapping[Any, object], after: Mapping[Any, object], among: Collection[Any] | None = None
) -> Iterator[Key]:
    """The parts of a noted mapping that are another; they are `among` these if that is known, and there are the same ones."""
    if before is after:
        return
    # What is in one of them alone is not looked at: it may have to be unpacked for that.
    alone = before.keys() ^ after.keys() if among is None else ()
    both = among if among is not None else before if not alone else [name for name in before if name not in alone]
    others = [name for name in both if (one := before[name]) is not (other := after[name]) and one != other]
    yield from ((*key, name) for name in (*alone, *others))
    if alone:
        yield (*key, None)
    if alone or others:
        yield key


class Module(ModuleFacts):
    """The facts of one module, with the same names as ModuleFacts has."""

    __slots__ = ("_answers", "_facts", "_name", "_noted")

    _answers: Answers
    _facts: ModuleFacts
    _name: str
    _noted: Mapping[str, Noted[Any]]

    def __init__(self, answers: Answers, name: str, facts: ModuleFacts, classes: Classes) -> None:
        noted = {kind: Noted[Any](answers, (kind, name), getattr(facts, kind), there(kind, name)) for kind in KINDS}
        noted["classes"] = ClassesOf(answers, name, facts.classes, classes)
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


NOTHING = ModuleFacts()
signature = attrgetter(*SIGNATURE)


def parts_changed(
    name: str, before: ModuleFacts | None, after: ModuleFacts | None, functions: Collection[str] | None
) -> Iterator[Key]:
    """What can be read of a module that is another; that is in these `functions` alone, if they are known."""
    if (before is None) != (after is None):
        yield from (("module", name), ("modules",))
    one, other = before or NOTHING, after or NOTHING
    for kind in KINDS:
        among = functions if kind == "functions" else None
        for key in changed((kind, name), getattr(one, kind), getattr(other, kind), among):
            if kind == "classes" and len(key) == 3 and key[2] in one.classes and key[2] in other.classes:
                yield from class_changed(key[1:], one.classes[str(key[2])], other.classes[str(key[2])])
                continue
            yield key
            if kind == "functions" and len(key) == 3 and isinstance(key[2], str):
                # One that is in one of them alone is not looked at: it may have to be unpacked for that.
                is_in_both = key[2] in one.functions and key[2] in other.functions
                pair = (one.functions[key[2]], other.functions[key[2]]) if is_in_both else (None, None)
                yield from function_changed(key[1:], *pair)
    for kind in ("stars", "flow", "exports"):
        if before is None or after is None or getattr(one, kind) != getattr(other, kind):
            yield (kind, name)
    yield from calls_changed((name, "", ""), one.flow, other.flow)
    for cls in one.classes.keys() | other.classes.keys() if one.classes is not other.classes else ():
        if cls not in one.classes or cls not in other.classes or one.classes[cls].bases != other.classes[cls].bases:
            yield ("bases", name, cls)


def function_changed(key: Key, before: FunctionFacts | None, after: FunctionFacts | None) -> Iterator[Key]:
    """What can be read of one function that is another, its `key` the names of the module and of itself.

    Besides all of it there are its ``parameters``, each ``parameter`` and the ``receiver``, its ``decorators``, what it
    ``returns``, the ``imports in`` it, its ``signature``, which is all but these, its flow and its handlers, whether a name
    is ``bound`` in it, to a value or without one, its ``exits``, and for what is asked of a place in it, the steps
    ``assigned`` to one name and the one ``at`` that place, each with where it stands among the others. All but the first
    are parts of a function that is there before and after.
    """
    if before is None or after is None:
        yield ("signature", *key)
        return
    if signature(before) != signature(after):
        yield ("signature", *key)
    for part in ("parameters", "receiver", "decorators", "returns"):
        if getattr(before, part) != getattr(after, part):
            yield (part, *key)
    names = {parameter.name for parameter in {*before.parameters} ^ {*after.parameters}}
    yield from (("parameter", *key, name) for name in names)
    yield from changed(("imports in", *key), before.imports, after.imports)
    one, other = differing(before.flow, after.flow)
    if exits_in((*one, *other)):
        yield ("exits", *key)
    yield from calls_of((key[0], "", key[1]), (*one, *other))
    bound, still = set(assigned_in(one)), set(assigned_in(other))
    names = {name for name, _ in bound ^ still if kinds_of(name, before) != kinds_of(name, after)}
    parameters = {one.name for one in before.parameters} ^ {one.name for one in after.parameters}
    yield from (("bound", *key, name) for name in names | parameters)
    yield from (("assigned", *key, name) for name in {name for name, _ in bound | still})
    yield from (("at", *key, *place) for place in {(step.place.text, step.place.nth) for step in (*one, *other)})


def class_changed(key: Key, before: ClassFacts, after: ClassFacts) -> Iterator[Key]:
    """What can be read of a class that is another: its head, its variables one by one, its methods, and its flow."""
    one, other = (replace(cls, variables={}, methods=(), flow=()) for cls in (before, after))
    if one != other:
        yield ("classes", *key)
    yield from changed(("class variables", *key), before.variables, after.variables)
    if before.methods != after.methods:
        yield ("methods", *key)
    if before.flow != after.flow:
        yield ("class flow", *key)
        yield from calls_changed((*key, ""), before.flow, after.flow)


def calls_changed(body: Key, before: tuple[Step, ...], after: tuple[Step, ...]) -> Iterator[Key]:
    """The names of which another body's calls are others; the body is a module with a class or a function of it."""
    one, other = differing(before, after) if before is not after else ((), ())
    return calls_of(body, (*one, *other))


def calls_of(body: Key, steps: Iterable[Step]) -> Iterator[Key]:
    names = {step.target.name for step in steps if step.kind == "call" and step.target is not None}
    return (("calls in", *body, name) for name in names)


def differing(one: tuple[Step, ...], other: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The steps that one flow has and another does not, and the reverse; those of both stand in the same order.

    What is equal and not the same object may be among them.
    """
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
    one, other = one[head : len(one) - tail], other[head : len(other) - tail]
    left, right = set(map(id, one)), set(map(id, other))
    both = left & right
    if [n for n in map(id, one) if n in both] != [n for n in map(id, other) if n in both]:
        return one, other
    return tuple([step for step in one if id(step) not in both]), tuple(
        [step for step in other if id(step) not in both]
    )


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


def assigned_in(steps: Iterable[Step]) -> Iterator[tuple[str, bool]]:
    """The names that steps assign to, and whether that gives them a value."""
    for step in steps:
        if step.kind == "assign" and step.target is not None and step.target.kind == "name":
            yield step.target.name, step.value is not None or not step.args


def kinds_of(name: str, function: FunctionFacts) -> set[bool]:
    """Whether assignments to a name in a function give it a value, as far as there are any."""
    return {has_value for one, has_value in assigned_in(function.flow) if one == name}
