"""Which assignments to a local name may reach a place."""

from __future__ import annotations

from functools import cached_property

from apitfall.facts import FunctionFacts, Place, Step

Branch = tuple[tuple[str, str], ...]


class Assignments:
    """The assignments of a function by name, and its steps by place, each by its number in the flow."""

    def __init__(self, function: FunctionFacts) -> None:
        self.function = function
        self.bound = {parameter.name for parameter in function.parameters}
        self.by_name: dict[str, list[int]] = {}
        for number, step in enumerate(function.flow):
            if step.kind != "assign":
                continue
            target = step.target
            if target is not None and target.kind == "name":
                self.bound.add(target.name)
                if step.value is not None or not step.args:
                    self.by_name.setdefault(target.name, []).append(number)

    @cached_property
    def by_place(self) -> dict[tuple[str, int], int]:
        found: dict[tuple[str, int], int] = {}
        for number, step in enumerate(self.function.flow):
            found.setdefault((step.place.text, step.place.nth), number)
        return found

    def position(self, place: Place | None) -> int | None:
        """Where in the flow a place is, by the step that stands there."""
        return None if place is None else self.by_place.get((place.text, place.nth))


def reaching(name: str, assignments: Assignments, place: Place | None) -> tuple[Step, ...]:
    """The assignments of `name` that may reach the step at `place`, in the order of the function.

    Every assignment, where `place` is None or not in the function. A parameter is a step of kind ``parameter``.
    """
    function = assignments.function
    steps = function.flow
    here = assignments.position(place)
    branch = steps[here].branch if here is not None else ()
    assigned = [n for n in assignments.by_name.get(name, ()) if here is None or visible(steps[n], branch)]
    parameter = (Step("parameter"),) if function.parameter(name) is not None else ()
    if here is None:
        return (*parameter, *(steps[n] for n in assigned))
    found: list[int] = []
    last: Branch = ()  # of the assignment that is always made before
    for number in reversed([n for n in assigned if n < here]):
        if excludes(steps[number].branch, branch):
            continue
        found.append(number)
        if steps[number].branch == branch[: len(steps[number].branch)]:
            parameter, last = (), steps[number].branch
            break
    loops = [arm for arm in branch[len(last) :] if arm[0].startswith(("for", "while", "comprehension"))]
    for number in assigned:
        if number not in found and any(loop in steps[number].branch for loop in loops):
            found.append(number)
    return (*parameter, *(steps[n] for n in sorted(found)))


def visible(step: Step, branch: Branch) -> bool:
    """Whether what a step assigns can be read at a branch; the names of a comprehension cannot be read behind it."""
    inside = any(arm[0].startswith("comprehension") and arm not in branch for arm in step.branch)
    return not inside or ":=" in step.place.text


def excludes(one: Branch, other: Branch) -> bool:
    """Whether control that went the one way cannot have gone the other: two arms of an `if` or `match`."""
    for (a, arm), (b, other_arm) in zip(one, other, strict=False):
        if a != b:
            return False
        if arm != other_arm:
            return a.startswith(("if", "match"))
    return False
