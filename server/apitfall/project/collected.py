"""What the bodies of a project hold, by item: kept right body by body, so that one that changes costs that one alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from apitfall.project.answers import Answer, Answers
from apitfall.project.noted import Noted
from apitfall.project.scope import Scope

if TYPE_CHECKING:
    from apitfall.project.index import ProjectIndex

T = TypeVar("T", bound=Hashable)
F = TypeVar("F", bound=Hashable)
Found = Mapping[Any, "tuple[Any, ...]"]


class Together(Mapping[Any, "tuple[Any, ...]"]):
    """What all bodies say of an item, those with the smaller name first."""

    def __init__(self, items: Mapping[Any, Mapping[Scope, tuple[Any, ...]]]) -> None:
        self.items_ = items

    def __getitem__(self, item: Any) -> tuple[Any, ...]:
        said = self.items_[item]
        return tuple(fact for scope in sorted(said, key=by_name) for fact in said[scope])

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items_)

    def __len__(self) -> int:
        return len(self.items_)

    def __contains__(self, item: object) -> bool:
        return item in self.items_


def by_name(scope: Scope) -> tuple[str, str, str]:
    return scope.module, scope.owner, scope.function


class Table:
    """For each item the bodies that hold it, with what each says of it."""

    def __init__(self, name: str, look: Callable[[Scope], Found], answers: Answers) -> None:
        self.name, self.look, self.answers = name, look, answers
        self.bodies: dict[Scope, Answer] = {}
        self.held: dict[Scope, Found] = {}
        self.items: dict[Any, dict[Scope, tuple[Any, ...]]] = {}
        self.stale: set[Answer] = set()
        together = Together(self.items)
        self.noted = together if answers.frozen else Noted[tuple[Any, ...]](answers, ("collected", name), together)

    def fill(self, scopes: Iterable[Scope]) -> None:
        """Look at bodies of which none will be another."""
        for scope in scopes:
            if found := self.look(scope):
                for item, said in found.items():
                    self.items.setdefault(item, {})[scope] = said

    def add(self, scope: Scope) -> Iterable[Hashable]:
        """Look at a new body; gives the parts that are another for it."""
        self.bodies[scope] = body = self.answers.record(scope, partial(self.look, scope), inside=True, watch=self.stale)
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


Look = Callable[[Scope, "ProjectIndex"], "Iterable[tuple[T, F]]"]


def collect(look: Look[T, F]) -> Callable[[ProjectIndex], Mapping[T, tuple[F, ...]]]:
    """Make ``f(scope, project)``, which gives what one body says as pairs, into a mapping over the whole project.

    `scope` is the body's: of a function, a class or a module. A body is looked at again when something is another that
    was read for it: best read nothing of it but its signature, or its calls of some names (`ProjectIndex.calls_in`), and
    all that it does (`ProjectIndex.flow_of`) only where nothing less will do. A pair is a key and something frozen that
    the body says of it; the mapping gives for a key what all bodies say of it, in the order of their names. What a reader
    of the mapping rests on are the keys it looks up, not the bodies.
    """
    return collected(look, lambda project: None)


def collect_calls(*names: str) -> Callable[[Look[T, F]], Callable[[ProjectIndex], Mapping[T, tuple[F, ...]]]]:
    """The same of a function that finds nothing in a body which calls nothing of these last names."""
    return partial(collected, among=lambda project: project.calling(names))


def collect_imports(look: Look[T, F]) -> Callable[[ProjectIndex], Mapping[T, tuple[F, ...]]]:
    """The same of a function that finds nothing in a body which imports nothing."""
    return collected(look, lambda project: project.importing())


def collected(
    look: Look[T, F], among: Callable[[ProjectIndex], Collection[Scope] | None]
) -> Callable[[ProjectIndex], Mapping[T, tuple[F, ...]]]:
    """The mapping of what is found `among` some bodies, None for all."""
    name = f"{look.__module__}.{look.__qualname__}"

    def found(scope: Scope, project: ProjectIndex) -> Found:
        said: dict[T, tuple[F, ...]] = {}
        for key, fact in look(scope, project):
            said[key] = (*said.get(key, ()), fact)
        return said

    @wraps(look)
    def ask(project: ProjectIndex) -> Mapping[T, tuple[F, ...]]:
        return project.collected(name, lambda scope: found(scope, project), among)

    return ask
