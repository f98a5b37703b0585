"""What the decorators of a function make of it: what a call of it runs, and gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from apitfall.facts import FunctionFacts, Place, Step, Value
from apitfall.project.scope import Scope
from apitfall.types import Type, callable_

if TYPE_CHECKING:
    from apitfall.project.index import ProjectIndex

TRANSPARENT = {  # decorators of the standard library that give back something called in the same way
    "functools.wraps", "functools.lru_cache", "functools.cache", "typing.override", "typing.final",
    "typing_extensions.override", "abc.abstractmethod", "builtins.staticmethod", "builtins.classmethod",
    "typing.no_type_check", "typing.overload", "typing_extensions.deprecated", "warnings.deprecated",
}  # fmt: skip
PROPERTIES = {"builtins.property", "functools.cached_property", "abc.abstractproperty"}
CONTEXT_MANAGERS = {"contextlib.contextmanager", "contextlib.asynccontextmanager"}
ASKING = {"iscoroutinefunction", "is_async_callable"}


class Decorators:
    """Those of a project, whose names mean what `symbol` says."""

    def __init__(self, project: ProjectIndex, symbol: Callable[[Value, Scope, Place | None], str | None]) -> None:
        self._project = project
        self._symbol = symbol

    def is_property(self, function: FunctionFacts, symbol: str) -> bool:
        scope = Scope(symbol.partition(":")[0], "", function.owner)
        return any(self._symbol(d, scope, None) in PROPERTIES for d in function.decorators)

    def keeps(self, function: FunctionFacts, scope: Scope) -> str:
        """What the decorators make of a function: same, context (a context manager), coroutine, or unknown."""
        found, around = "same", around_of(function, scope)
        for decorator in function.decorators:
            made = self.made_by(decorator, around, function.is_async)
            if made == "unknown":
                return made
            if made != "same":
                found = made
        return found

    def made_by(self, decorator: Value, scope: Scope, is_async: bool) -> str:
        called = decorator.kind == "call"
        target = decorator.of if called and decorator.of is not None else decorator
        symbol = self._symbol(target, scope, None)
        if symbol is None:
            return "unknown"
        if symbol in TRANSPARENT or symbol in PROPERTIES or target.name in ("setter", "getter"):
            return "same"
        if symbol in CONTEXT_MANAGERS:
            return "context"
        known = self._project.types.get(symbol)
        if known is not None:
            return "same" if known == callable_(Type("$decorator")) else "unknown"
        return self.wrapper(symbol, called, is_async)

    def runs(self, function: FunctionFacts, scope: Scope) -> bool:
        """Whether calling a function runs its body before the call returns: its decorators keep it as it is, or put a
        plain function around it that calls it each time."""
        around = around_of(function, scope)
        return all(
            self.made_by(decorator, around, function.is_async) == "same" or self.is_called_in(decorator, around)
            for decorator in function.decorators
        )

    def is_called_in(self, decorator: Value, scope: Scope) -> bool:
        """Whether a decorator of the project gives back a plain function that calls the one it was given, whatever the
        arguments are."""
        made_by = self._symbol(decorator, scope, None)
        if decorator.kind == "call" and decorator.of is not None:
            made_by = self.inner_given_back(self._symbol(decorator.of, scope, None))
        symbol = self.inner_given_back(made_by)
        maker, wrapper = self._project.signature(made_by or ""), self._project.signature(symbol or "")
        if symbol is None or maker is None or wrapper is None or wrapper.is_async or wrapper.is_generator:
            return False
        given, inside = maker.parameters[0].name if maker.parameters else "", self._project.scope_of(symbol)
        calls = [step for step in self._project.calls_in(inside, given) if step.target == Value("name", given)]
        is_called = any(all(map(is_passed, step.branch)) for step in calls)
        return is_called and wrapper.parameter(given) is None and self.keeps(wrapper, inside) == "same"

    def inner_given_back(self, symbol: str | None) -> str | None:
        """The function within a plain one which that gives back, and nothing else."""
        function = self._project.signature(symbol) if symbol is not None else None
        if symbol is None or function is None or function.is_async or function.owner:
            return None
        returned = [s.value for s in self._project.exits_of(self._project.scope_of(symbol)) if s.kind == "return"]
        value = returned[0] if len(returned) == 1 else None
        return f"{symbol}.{value.name}" if value is not None and value.kind == "name" else None

    def wrapper(self, symbol: str, called: bool, is_async: bool) -> str:
        """What a decorator of the project gives back: the function itself, or a wrapper that is a coroutine function.

        It may be an object with a `__call__`, and may have a wrapper for each kind of function.
        """
        if called and self._project.cls(symbol) is not None:
            symbol, called = self._project.method(symbol, "__call__") or "", False
        function = self._project.signature(symbol)
        for _ in range(2 if called else 1):
            if function is None:
                return "unknown"
            scope = self._project.scope_of(symbol)
            returned = [s.value for s in self._project.exits_of(scope) if s.kind == "return"]
            if len(returned) > 1 and not (is_async and any(is_asked(step) for step in self._project.flow_of(scope))):
                return "unknown"
            names = [value.name for value in returned if value is not None and value.kind == "name"]
            if not names or len(names) != len(returned):
                return "unknown"
            if len(names) == 1 and function.parameter(names[0]) is not None:
                return "same"
            inner = [(f"{symbol}.{name}", self._project.signature(f"{symbol}.{name}")) for name in names]
            if any(one is None for _, one in inner):
                return "unknown"
            symbol, function = next((pair for pair in inner if pair[1] is not None and pair[1].is_async), inner[0])
        return "coroutine" if function is not None and function.is_async and not function.is_generator else "unknown"


def around_of(function: FunctionFacts, scope: Scope) -> Scope:
    """Where the names of a function's signature are looked up."""
    return Scope(scope.module, "" if function.owner else scope.function.rpartition(".")[0], function.owner)


def is_passed(arm: tuple[str, str]) -> bool:
    """Whether a body always comes to an arm of a statement, unless something is raised, or there is nothing in a loop."""
    return arm[0].startswith(("try", "with", "for", "while")) and arm[1] == "body"


def is_asked(step: Step) -> bool:
    """Whether a step asks if a function is a coroutine function."""
    return step.kind == "call" and step.target is not None and step.target.name in ASKING
