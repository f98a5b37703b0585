"""What a function does once, for the calls that come: the result is kept, and it is looked first whether there is one."""

from __future__ import annotations

from collections.abc import Iterator

from apitfall.rule import FunctionFacts, Step, Value

FILLING = frozenset("add append extend set setdefault update".split())
# What is got from something by `get` is put there by one of these, or under a key; a store of records has others.
PUTTING = frozenset("set setdefault".split())


def is_done_once(at: Step, function: FunctionFacts) -> bool:
    """Whether a step of a function is left out when its result is there already: the function keeps something behind it,
    and goes back before it where that is set, or does it only where that is not; or an object has it already."""
    if is_second_choice(at, function):
        return True
    index = function.flow.index(at)
    before, behind = function.flow[:index], function.flow[index + 1 :]
    for step in behind:
        kept = filled(step, function)
        if not kept:
            continue
        got = names_got(kept, before) if step.kind == "assign" or called(step) in PUTTING else frozenset[str]()
        if goes_back(kept, got, at, before, function) or is_in_its_branch(kept, at, step, before, function):
            return True
        if any(is_replaced(name, at, behind) for name in got):
            return True
    return any(goes_back(handlers, frozenset(), at, before, function) for handlers in handlers_of_loggers(before))


def handlers_of_loggers(before: tuple[Step, ...]) -> Iterator[str]:
    """What is asked for whether a logger, which `logging` keeps, was set up by a call before: ``logger.handlers``."""
    for step in before:
        if step.kind == "attribute" and step.use == "tested" and step.target is not None:
            if step.target.name == "handlers" and step.target.dotted is not None:
                yield step.target.dotted


def is_second_choice(at: Step, function: FunctionFacts) -> bool:
    """Whether a call stands behind an attribute in an ``or``."""
    for step in function.flow:
        for value in (step.value, *(given for _, given in step.args)):
            for part in value.walk() if value is not None else ():
                choices = [one for _, one in part.args] if part.kind == "choice" else []
                first = next((n for n, one in enumerate(choices) if at.result in one.walk()), 0)
                if any(one.kind == "attribute" and one.dotted is not None for one in choices[:first]):
                    return True
    return False


def called(step: Step) -> str:
    return step.target.name if step.target is not None else ""


def names_got(kept: str, steps: tuple[Step, ...]) -> frozenset[str]:
    """The local names that are given what is got from something by its `get`."""
    found: set[str] = set()
    for step in steps:
        getter = step.value.of if step.kind == "assign" and step.value is not None else None
        if getter is None or getter.name != "get" or getter.of is None or getter.of.dotted != kept:
            continue
        if step.target is not None and step.target.kind == "name":
            found.add(step.target.name)
    return frozenset(found)


def is_replaced(name: str, at: Step, behind: tuple[Step, ...]) -> bool:
    """Whether a local name is given another value in the ``if`` in which a step stands."""
    arms = [arm for arm in at.branch if arm[0][:2] == "if"]
    again = [s for s in behind if s.kind == "assign" and s.target == Value("name", name)]
    return any(arm in step.branch for step in again for arm in arms)


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


def goes_back(kept: str, got: frozenset[str], at: Step, before: tuple[Step, ...], function: FunctionFacts) -> bool:
    """Whether a ``return`` in an ``if`` before the step depends on what is kept, or on what was got from it."""
    for number, step in enumerate(before):
        if step.kind != "return" or not step.branch or step.branch[-1][0][:2] != "if":
            continue
        if step.branch[-1] in at.branch or step.branch[:-1] != at.branch[: len(step.branch) - 1]:
            continue
        returned = step.value.root.name if step.value is not None else ""
        if kept in function.globals or returned == kept or returned in got or is_read(kept, before[:number]):
            return True
    return False


def is_in_its_branch(kept: str, at: Step, filling: Step, before: tuple[Step, ...], function: FunctionFacts) -> bool:
    """Whether the step and what is kept of it stand in one ``if`` or ``except`` that depends on what is kept."""
    shared = [arm for arm in at.branch if arm in filling.branch and (arm[0][:2] == "if" or arm[1][:6] == "except")]
    if not shared:
        return False
    returned = any(s.kind == "return" and s.value is not None and s.value.root.name == kept for s in function.flow)
    return kept in function.globals or returned or is_read(kept, before)


def is_read(kept: str, steps: tuple[Step, ...]) -> bool:
    """Whether an attribute is compared or tested; of a plain name facts do not say that."""
    looked_at = [s.target for s in steps if s.kind == "attribute" and s.use in ("operand", "tested")]
    return any(target is not None and target.dotted == kept for target in looked_at)
