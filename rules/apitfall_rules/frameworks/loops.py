"""Functions of the project whose own loops take long, as far as their text shows it.

How much data there is when a program runs is not seen; what is named here takes long for certain, or with little data.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from apitfall.rule import FunctionFacts, Place, ProjectIndex, Step, Value, summary

from apitfall_rules.frameworks.computations import number

MANY = 1_000_000  # rounds of the shortest loop take 30 ms
CUBIC = 3  # loops within each other over the same sizes: 100 things take a million rounds
CACHES = frozenset("cache lru_cache memoize cached".split())
LEAVING = frozenset("break return raise yield await".split())

Branch = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Loop:
    """One `for`. `rounds` is their number where the code says it."""

    step: Step
    over: Value
    rounds: int | None

    @property
    def inside(self) -> Branch:
        return self.step.branch


def long_loop(function: FunctionFacts) -> Place | None:
    """Where a function's own code takes long: the innermost of its loops, or a call of itself.

    A loop that can be left early, or gives way to its caller, is not counted.
    """
    leaving = {step.branch for step in function.flow if step.kind in LEAVING}
    found = [loop for loop in loops_of(function.flow) if not can_be_left(loop, leaving)]
    for loop in found:
        around = [other for other in found if other.inside == loop.inside[: len(other.inside)]]
        if is_long(around):
            return loop.step.place
    return branches_out(function)


@summary(bottom=None)
def longest_loop(symbol: str, project: ProjectIndex) -> Place | None:
    """Where the own code of a function of the project takes long."""
    function = project.function(symbol)
    return long_loop(function) if function is not None else None


def loops_of(flow: tuple[Step, ...]) -> Iterator[Loop]:
    for step in flow:
        value = step.value
        if step.kind == "assign" and value is not None and value.kind == "iterate" and value.of is not None:
            yield Loop(step, value.of, rounds(value.of))


def rounds(over: Value) -> int | None:
    """How many numbers a ``range`` that is written out has."""
    if over.kind != "call" or over.of != Value("name", "range"):
        return None
    known = [number(value) for _, value in over.args]
    sizes = [n for n in known if n is not None]
    if len(sizes) != len(known) or not 1 <= len(sizes) <= 3:
        return None
    return len(range(*sizes)) if sizes[-1] or len(sizes) < 3 else None


def can_be_left(loop: Loop, leaving: Collection[Branch]) -> bool:
    """Whether something that leaves a loop, or gives way to others, stands in one."""
    inside = loop.inside
    return any(branch[: len(inside)] == inside for branch in leaving)


def is_long(around: list[Loop]) -> bool:
    """Whether loops within each other, outermost first, take many rounds together."""
    product = 1
    for loop in around:
        product *= 1 if loop.rounds is None else loop.rounds
    if product >= MANY:
        return True
    free = [loop for loop in around if is_open(loop, around)]
    return len(free) >= CUBIC


def is_open(loop: Loop, around: list[Loop]) -> bool:
    """Whether a loop is over a ``range`` that is as long as the data, whichever round the loops around it are in."""
    if loop.over.kind != "call" or loop.over.of != Value("name", "range") or loop.rounds is not None:
        return False
    bound = {name_of(other.step.target) for other in around if other is not loop}
    parts = [part for _, arg in loop.over.args for part in arg.walk()]
    return not any(part.kind == "other" or part.name in bound or part.name.isupper() for part in parts)


def name_of(target: Value | None) -> str:
    return target.name if target is not None and target.kind == "name" else ""


def branches_out(function: FunctionFacts) -> Place | None:
    """Where a function calls itself twice for numbers that are a little smaller, and remembers nothing."""
    if any((d.of if d.kind == "call" and d.of is not None else d).name in CACHES for d in function.decorators):
        return None
    name = function.short_name
    own = [s for s in function.flow if s.kind == "call" and s.target is not None and s.target.name == name]
    if len(own) < 2:
        return None
    smaller = re.compile(rf"(?:\w+\.)?{re.escape(name)}\(\s*(\w+)\s*-\s*[12]\s*\)")
    calls = [s for s in own if smaller.fullmatch(s.place.text)]
    return calls[0].place if len(calls) > 1 and calls[0].branch == calls[1].branch else None
