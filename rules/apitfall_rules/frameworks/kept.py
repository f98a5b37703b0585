"""What a function does once, for the calls that come: it keeps the result, and looks whether it has one first."""

from __future__ import annotations

from apitfall.rule import FunctionFacts, Step, Value

FILLING = frozenset("add append extend setdefault update".split())


def is_done_once(at: Step, function: FunctionFacts) -> bool:
    """Whether a step of a function is left out when its result is there already: the function keeps something behind it,
    and goes back before it where that is set, or does it only where that is not."""
    index = function.flow.index(at)
    before, behind = function.flow[:index], function.flow[index + 1 :]
    for step in behind:
        kept = filled(step, function)
        if kept and (goes_back(kept, at, before, function) or is_in_its_branch(kept, at, step, before, function)):
            return True
    return False


def filled(step: Step, function: FunctionFacts) -> str:
    """What outlives the function and is set by a step, or has something put into it."""
    target = step.target
    if step.kind == "call":
        target = target.of if target is not None and target.kind == "attribute" and target.name in FILLING else None
    elif step.kind != "assign":
        target = None
    while target is not None and target.kind == "item":
        target = target.of
    return outliving(target, function)


def outliving(value: Value | None, function: FunctionFacts) -> str:
    name = (value.dotted or "") if value is not None else ""
    if "." not in name:
        return name if name in function.globals or (name and not is_local(name, function)) else ""
    return name if name.startswith(("self.", "cls.")) else ""


def is_local(name: str, function: FunctionFacts) -> bool:
    if function.parameter(name) is not None:
        return True
    return any(s.kind == "assign" and s.target is not None and s.target.dotted == name for s in function.flow)


def goes_back(kept: str, at: Step, before: tuple[Step, ...], function: FunctionFacts) -> bool:
    """Whether a ``return`` in an ``if`` before the step depends on what is kept."""
    for number, step in enumerate(before):
        if step.kind != "return" or not step.branch or step.branch[-1][0][:2] != "if":
            continue
        if step.branch[-1] in at.branch or step.branch[:-1] != at.branch[: len(step.branch) - 1]:
            continue
        returned = step.value.root.name if step.value is not None else ""
        if kept in function.globals or returned == kept or is_read(kept, before[:number]):
            return True
    return False


def is_in_its_branch(kept: str, at: Step, filling: Step, before: tuple[Step, ...], function: FunctionFacts) -> bool:
    """Whether the step and what is kept of it stand in one ``if`` that depends on what is kept."""
    shared = [arm for arm in at.branch if arm in filling.branch and arm[0][:2] == "if"]
    if not shared:
        return False
    returned = any(s.kind == "return" and s.value is not None and s.value.root.name == kept for s in function.flow)
    return kept in function.globals or returned or is_read(kept, before)


def is_read(kept: str, steps: tuple[Step, ...]) -> bool:
    """Whether an attribute is compared or tested; of a plain name facts do not say that."""
    looked_at = [s.target for s in steps if s.kind == "attribute" and s.use in ("operand", "tested")]
    return any(target is not None and target.dotted == kept for target in looked_at)
