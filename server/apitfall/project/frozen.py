"""What is asked of a project that does not change any more: an answer holds for good, and of what it was made is no matter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from apitfall.facts import ClassFacts, FunctionFacts, ModuleFacts, Step, Value
from apitfall.project.answers import UNKNOWN
from apitfall.project.bodies import mentions
from apitfall.project.evaluate import DEPTH, Evaluator
from apitfall.project.scope import Scope
from apitfall.types import Type

if TYPE_CHECKING:
    from apitfall.facts import Place
    from apitfall.project.index import ProjectIndex

T = TypeVar("T")
OPEN: Any = object()  # stands for an answer that is being worked out


class FrozenEvaluator(Evaluator):
    """An evaluator that anybody may ask at once: there is no other place where its answers are remembered."""

    def __init__(self, project: ProjectIndex) -> None:
        super().__init__(project)
        self.depth = 0  # how many questions are being worked out, each for the one before it
        self.final: dict[Hashable, Any] = {}
        self.own: dict[Hashable, Any] = {}  # answers that met a cycle or the bound, for those who ask for them alone
        self.guessed: dict[Hashable, Any] = {}  # the same for this question only
        self.named: dict[tuple[str, str], Any] = {}  # the names of modules

    def once(self, key: Hashable, ask: Callable[[], T | None]) -> T | None:
        found = self.final.get(key, UNKNOWN)
        return self.work_out(key, ask, found) if found is UNKNOWN or found is OPEN else found

    def work_out(self, key: Hashable, ask: Callable[[], T | None], known: object) -> T | None:
        """The answer to a question of which it is `known` that there is none, or that it is being worked out."""
        depth = self.depth
        others = self.guessed if depth else self.own
        if others and (found := others.get(key, UNKNOWN)) is not UNKNOWN:
            return found
        if known is OPEN or depth >= DEPTH:
            self.cuts += 1
            return None
        self.final[key] = OPEN  # a key is hashed anew for each look-up
        self.depth = depth + 1
        before, answer = self.cuts, None
        try:
            answer = ask()
        except BaseException:
            del self.final[key]
            raise
        finally:
            self.depth = depth
        if self.cuts == before:
            self.final[key] = answer
        else:
            del self.final[key]
            others[key] = answer
        if not depth and self.guessed:
            self.guessed.clear()
        return answer

    def is_open(self, key: Hashable) -> bool:
        return self.final.get(key) is OPEN

    def symbol(self, value: Value, scope: Scope, place: Place | None = None) -> str | None:
        if place is not None and self.is_same_anywhere(value, scope):
            place = None
        key = ("symbol", value, scope, place)
        found = self.final.get(key, UNKNOWN)
        if found is not UNKNOWN and found is not OPEN:
            return found
        if self.is_unknown(value, scope, place):
            return None
        return self.work_out(key, lambda: self.find_symbol(value, scope, place), found)

    def type_of(self, value: Value, scope: Scope, place: Place | None = None) -> Type | None:
        if place is not None and self.is_same_anywhere(value, scope):
            place = None
        key = ("type", value, scope, place)
        found = self.final.get(key, UNKNOWN)
        if found is not UNKNOWN and found is not OPEN:
            return found
        if self.is_unknown(value, scope, place):
            return None
        return self.work_out(key, lambda: self.evaluate(value, scope, place), found)

    def is_same_anywhere(self, value: Value, scope: Scope) -> bool:
        """Whether a chain of names stands for the same wherever in a function it is read: its first is not assigned there."""
        while value.kind == "attribute" and value.of is not None:
            value = value.of
        return value.kind == "name" and not self.is_assigned(value.name, scope)

    def in_module(self, name: str, module: str) -> str | Value | None:
        key = module, name
        found = self.named.get(key, UNKNOWN)
        if found is UNKNOWN:
            found = self.named[key] = self.find_in_module(name, module)
        return found

    def binds(self, scope: Scope, name: str) -> bool:
        found = self.flows.get(scope) or self.assignments(scope)
        return found is not None and name in found.bound

    def is_assigned(self, name: str, scope: Scope) -> bool:
        found = self.flows.get(scope) or self.assignments(scope)
        return found is not None and name in found.by_name


class FrozenCalls(dict[Scope, Mapping[str, tuple[Step, ...]]]):
    """The calls of each body by the last name of what they call."""

    def __init__(self, look: Callable[[Scope], Mapping[str, tuple[Step, ...]]]) -> None:
        super().__init__()
        self._look = look

    def __missing__(self, scope: Scope) -> Mapping[str, tuple[Step, ...]]:
        found = self[scope] = self._look(scope)
        return found

    def named(self, scope: Scope, name: str) -> tuple[Step, ...]:
        """The calls in a body of what has this last name."""
        return self[scope].get(name, ())


class FrozenFunctions(dict[str, FunctionFacts | None]):
    """The functions of modules, by their symbols, each looked for once."""

    def __init__(self, modules: Mapping[str, ModuleFacts]) -> None:
        super().__init__()
        self._modules = modules

    def __missing__(self, symbol: str) -> FunctionFacts | None:
        module, _, name = symbol.partition(":")
        facts = self._modules.get(module)
        found = self[symbol] = facts.functions.get(name) if facts is not None else None
        return found


class FrozenMentions(dict[str, Collection[str]]):
    """The names that stand in each module other than as what is called, looked for where a name may stand that is asked."""

    def __init__(self, modules: Mapping[str, ModuleFacts]) -> None:
        super().__init__()
        self._modules = modules

    def __missing__(self, module: str) -> Collection[str]:
        facts = self._modules[module]
        bodies = [facts.flow, *(cls.flow for cls in facts.classes.values())]
        found = {*chain.from_iterable(mentions(flow, None) for flow in bodies)}
        found.update(*(mentions(function.flow, function) for function in facts.functions.values()))
        self[module] = found
        return found

    def has(self, name: str) -> bool:
        """Whether a name stands in some module."""
        return any(facts.may_name(name) and name in self[module] for module, facts in self._modules.items())


class FrozenClasses:
    """The classes of modules, by their symbols; to remember these would take longer than to look for them."""

    def __init__(self, modules: Mapping[str, ModuleFacts]) -> None:
        self._modules = modules

    def get(self, symbol: str) -> ClassFacts | None:
        module, _, name = symbol.partition(":")
        facts = self._modules.get(module)
        return facts.classes.get(name) if facts is not None else None

    def has(self, symbol: str) -> bool:
        module, _, name = symbol.partition(":")
        facts = self._modules.get(module)
        return facts is not None and name in facts.classes
