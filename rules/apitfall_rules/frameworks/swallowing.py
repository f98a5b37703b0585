"""Which functions have a handler that may swallow an exception, as far as facts tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from apitfall.rule import ExceptClause, FunctionFacts, ProjectIndex, Scope, Step, Value

from apitfall_rules.frameworks.bodies import hides_call
from apitfall_rules.frameworks.boundaries import SENT, is_help
from apitfall_rules.frameworks.calls import constructor
from apitfall_rules.frameworks.errors import HTTP_EXCEPTIONS, is_http_exception, may_raise, raised_by_call, raised_http
from apitfall_rules.frameworks.fastapi import answers_requests
from apitfall_rules.frameworks.handlers import BELOW_ERROR, BROAD, LOOKS
from apitfall_rules.frameworks.logging import is_log_call, leaves_traceback, level_of, logs_traceback
from apitfall_rules.frameworks.try_bodies import is_cleaning, stands_for_another

# What a handler and a call of `suppress` that `looks_broad` have in their text. Each begins with letters: for these a text is
# searched twenty times as fast as for the end of a word.
BROAD_TEXTS = (
    re.compile(r"Exception\b(?:(?<=\bException)|(?<=\bBaseException))"),
    re.compile(r"except(?<=\bexcept)[\s\\]*:"),
)
# What becomes of a call that is no part of another.
WHOLE = frozenset(("discarded", "returned", "raised"))


def may_swallow_in(text: str, bodies: Sequence[str], project: ProjectIndex) -> bool:
    """Whether a text has a broad handler, by what is written there."""
    return any(broad.search(text) for broad in BROAD_TEXTS)


def catches(function: FunctionFacts) -> bool:
    """Whether a function has a handler that may be broad, or enters `suppress`."""
    return any(map(may_be_broad, function.handlers)) or suppresses(function)


def suppresses(function: FunctionFacts) -> bool:
    return any(step.kind == "call" and name_called(step) == "suppress" for step in function.flow)


def may_keep(function: FunctionFacts, scope: Scope, project: ProjectIndex) -> bool:
    """Whether a function that `catches` something may swallow it, as far as facts tell."""
    broad = [Handling(handler, function, scope, project) for handler in function.handlers if may_be_broad(handler)]
    return suppresses(function) or not all(handling.is_settled for handling in broad)


def name_called(step: Step) -> str:
    """The last name of what a step calls; empty where it has none."""
    target = step.target
    return target.name if target is not None and target.kind in ("name", "attribute") else ""


def may_be_broad(handler: ExceptClause) -> bool:
    return handler.caught is None or any(value.name in BROAD for value in handler.caught.walk())


@dataclass(frozen=True)
class Handling:
    """A broad handler, with where it stands."""

    handler: ExceptClause
    function: FunctionFacts
    scope: Scope
    project: ProjectIndex

    @property
    def is_settled(self) -> bool:
        """Whether the rule has nothing to say of it, as far as facts tell."""
        own = [step for step in self.function.flow if self.handler.branch[-1] in step.branch]
        body = (self.handler.branch[-1][0], "body")
        tried = [step for step in self.function.flow if body in step.branch]
        names = None if any(map(hides_call, tried)) or self.hides_call_in_types else names_called(tried)
        if (names and all(map(is_cleaning, names))) or runs_the_rest(tried) or any(map(self.passes_on, own)):
            return True
        is_told = (
            any(map(logs, own)) or self.goes_on_without(own, tried if names else ()) or any(map(self.logs_below, own))
        )
        is_apart = self.is_inside_another and not any(step.kind == "return" for step in own)
        if not (names and names <= SENT) and not is_apart and not is_told:
            return False
        raising = [] if self.others_take_http else [step for step in tried if self.may_raise_http(step)]
        return not raising or (self.tells_nobody(own) and not any(step.kind == "raise" for step in raising))

    def tells_nobody(self, own: Sequence[Step]) -> bool:
        """Whether it neither raises nor answers a request: what is called in its `try` is not needed then."""
        kinds = {step.kind for step in own}
        return "raise" not in kinds and not ("return" in kinds and answers_requests(self.scope.symbol, self.project))

    def goes_on_without(self, own: Sequence[Step], tried: Sequence[Step]) -> bool:
        """Whether the log says that the work can do without what failed, or what is tried is no more than a help."""
        levels = {level for step in own if (level := level_logged(step))}
        if not levels:
            return False
        is_sure = not any(map(hides_call, own)) and not self.hides_call_in_types
        if levels <= BELOW_ERROR and is_sure and not any(step.kind in ("return", "raise") for step in own):
            return True
        called = [step.target for step in tried if step.kind == "call"]
        names = [one.dotted or "" if one is not None else "" for one in called if one is None or not is_log_call(one)]
        return is_help(self.scope.module, self.function, names)

    def logs_below(self, step: Step) -> bool:
        """Whether a function of the project is called that leaves the traceback."""
        target = step.target
        if step.kind != "call" or target is None or target.name in LOOKS or is_log_call(target):
            return False
        symbol = self.project.symbol(target, self.scope, step.place)
        return symbol is not None and ":" in symbol and logs_traceback(symbol, self.project)

    @property
    def hides_call_in_types(self) -> bool:
        """Whether some handler is told by a call what it catches: of that there is no step."""
        caught = [handler.caught for handler in self.function.handlers if handler.caught is not None]
        return any(value.kind == "call" for one in caught for value in one.walk())

    @property
    def is_inside_another(self) -> bool:
        """Whether it stands where something else is on its way already, or is over."""
        around = self.handler.branch[:-1]
        inside = {other.branch[-1] for other in self.function.handlers if not other.is_group}
        return any(arm in inside or arm[1] == "finally" for arm in around)

    @property
    def others_take_http(self) -> bool:
        """Whether a handler before it catches every HTTPException."""
        before = self.function.handlers[: self.function.handlers.index(self.handler)]
        name = self.handler.branch[-1][0]
        return any(other.branch[-1][0] == name and self.takes_http(other) for other in before)

    def takes_http(self, other: ExceptClause) -> bool:
        caught = other.caught
        if caught is None:
            return True
        values = [value for _, value in caught.args] if caught.kind == "tuple" else [caught]
        # What is assigned here may be another thing there.
        sure = [v for v in values if v.dotted is not None and not self.project.is_assigned(v.root.name, self.scope)]
        return any(self.project.symbol(value, self.scope) in HTTP_EXCEPTIONS for value in sure)

    def passes_on(self, step: Step) -> bool:
        """Whether something is raised that is no HTTPException, or the exception itself is kept, or given to somebody."""
        if step.kind == "raise" and raised_http(step.value, self.scope, self.project, step.place) is None:
            return True
        if not self.handler.name:
            return False
        caught = Value("name", self.handler.name)
        if step.kind == "return" or (step.kind == "assign" and ":=" not in step.place.text):
            return step.value == caught
        if step.kind != "call" or step.target is None or not any(value == caught for _, value in step.args):
            return False
        if step.target.name in LOOKS or is_log_call(step.target) or leaves_traceback(step.target, step.args):
            return False
        if step.use not in WHOLE and not (step.use == "awaited" and self.is_awaited_alone(step)):
            return False
        return not is_http_exception(self.project.symbol(step.target, self.scope, step.place), self.project)

    def is_awaited_alone(self, call: Step) -> bool:
        awaits = [step for step in self.function.flow if step.kind == "await" and step.value == call.result]
        return bool(awaits) and all(step.use in WHOLE for step in awaits)

    def may_raise_http(self, step: Step) -> bool:
        """Whether a step of what is tried may raise an HTTPException."""
        if step.kind == "raise" and raised_http(step.value, self.scope, self.project, step.place) is not None:
            return True
        target = step.target if step.kind == "call" else None
        if target is None:
            return hides_call(step)
        if not may_raise(target.name, self.project) and not stands_for_another(target, self.scope, self.project):
            return False
        symbol = constructor(self.project.symbol(target, self.scope, step.place), self.project)
        return raised_by_call(symbol, step.use == "awaited", self.project) is not None


def names_called(steps: Sequence[Step]) -> frozenset[str]:
    return frozenset([name_called(step) for step in steps if step.kind == "call"])


def runs_the_rest(tried: Sequence[Step]) -> bool:
    """Whether what is tried is the rest of the request."""
    return any(step.kind == "yield" or (step.kind == "call" and name_called(step) == "call_next") for step in tried)


def level_logged(step: Step) -> str:
    """The level of the line that a step writes to a log, without a traceback; empty if it writes none."""
    target = step.target
    if step.kind != "call" or target is None or leaves_traceback(target, step.args) or not is_log_call(target):
        return ""
    return level_of(target)


def logs(step: Step) -> bool:
    return step.kind == "call" and step.target is not None and leaves_traceback(step.target, step.args)
