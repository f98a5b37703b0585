"""What the bodies of a project hold, by item: kept right body by body, so that one that changes costs that one alone."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from apitfall.project.answers import Answer, Answers
from apitfall.project.modules import Noted
from apitfall.project.scope import Scope

if TYPE_CHECKING:
    from apitfall.facts import Step
    from apitfall.project.index import ProjectIndex

T = TypeVar("T", bound=Hashable)
Found = Mapping[Any, Any]


class Table:
    """For each item the bodies that hold it, with what each says of it."""

    def __init__(self, name: str, look: Callable[[Scope], Found], answers: Answers) -> None:
        self.name, self.look, self.answers = name, look, answers
        self.bodies: dict[Scope, Answer] = {}
        self.held: dict[Scope, Found] = {}
        self.items: dict[Any, dict[Scope, Any]] = {}
        self.stale: set[Answer] = set()
        self.noted: Mapping[Any, Mapping[Scope, Any]] = Noted(answers, ("collected", name), self.items)

    def add(self, scope: Scope) -> Iterable[Hashable]:
        """Look at a new body; gives the parts that are another for it."""
        self.bodies[scope] = body = self.answers.record(
            scope, lambda: self.look(scope), inside=True, watch=self.stale
        )
        return self.take(scope, body.value)

    def remove(self, scope: Scope) -> Iterable[Hashable]:
        """Forget a body; gives the parts that are another for it."""
        body = self.bodies.pop(scope)
        self.stale.discard(body)
        self.answers.drop(body)
        return self.take(scope, {})

    def freshen(self) -> Iterator[Hashable]:
        """Look again at the bodies that are another; gives the parts that are another for it."""
        while self.stale:
            body = self.stale.pop()
            self.answers.freshen(body)
            yield from self.take(body.key, body.value)  # pyright: ignore[reportArgumentType]

    def take(self, scope: Scope, found: Found) -> list[Hashable]:
        before, key = self.held.pop(scope, {}), ("collected", self.name)
        if found:
            self.held[scope] = found
        parts: list[Hashable] = []
        count = len(self.items)
        for item in before.keys() - found.keys():
            parts.append((*key, item))
            del self.items[item][scope]
            if not self.items[item]:
                del self.items[item]
        gone = count - len(self.items)
        for item, said in found.items():
            if item not in before or before[item] != said:
                parts.append((*key, item))
                self.items.setdefault(item, {})[scope] = said
        if gone or len(self.items) != count:
            parts.append((*key, None))
        return [*parts, key] if parts else parts


def collect(
    look: Callable[[Scope, tuple[Step, ...], ProjectIndex], Iterable[T]],
) -> Callable[[ProjectIndex], Mapping[T, Mapping[Scope, None]]]:
    """Make ``f(scope, flow, project)``, the items that one body holds, into a mapping from item to the bodies that do.

    `scope` is the body's: of a function, a class or a module. `f` asks for nothing that is itself collected.
    """
    name = f"{look.__module__}.{look.__qualname__}"

    @wraps(look)
    def ask(project: ProjectIndex) -> Mapping[T, Mapping[Scope, None]]:
        return project.collected(name, lambda scope: dict.fromkeys(look(scope, project.flow_of(scope), project)))

    return ask
