"""What is known of a value's type, in a form that facts, tables and jedi share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

UNION = "|"
COROUTINE = "typing.Coroutine"
CALLABLE = "typing.Callable"
CLASS = "type"


@dataclass(frozen=True, slots=True)
class Type:
    """A class by its symbol, with type arguments.

    A union is ``Type("|", members)``; a coroutine ``Type("typing.Coroutine", (what await gives,))``; a callable
    ``Type("typing.Callable", (what a call gives,))``; the class `X` itself, as a value, ``Type("type", (X,))``.
    In a rule package's table ``$self`` stands for the receiver, ``$1`` for its first type argument, and ``$result`` for
    what calling the call's first argument gives.
    """

    name: str
    args: tuple[Type, ...] = ()

    @property
    def members(self) -> tuple[Type, ...]:
        """The members of a union; of any other type, itself."""
        return self.args if self.name == UNION else (self,)

    @property
    def awaited(self) -> Type | None:
        """What `await` of a coroutine gives."""
        return self.args[0] if self.name == COROUTINE and self.args else None

    def walk(self) -> Iterator[Type]:
        yield self
        for arg in self.args:
            yield from arg.walk()

    def __str__(self) -> str:
        if self.name == UNION:
            return " | ".join(map(str, self.args))
        return self.name + (f"[{', '.join(map(str, self.args))}]" if self.args else "")


NONE = Type("None")
ANY = Type("typing.Any")


def coroutine(result: Type) -> Type:
    return Type(COROUTINE, (result,))


def callable_(result: Type) -> Type:
    """A function or method whose call gives `result`."""
    return Type(CALLABLE, (result,))


def union(types: Iterable[Type]) -> Type | None:
    """One type for several; None if there is none."""
    members = dict.fromkeys(m for t in types for m in t.members)
    if not members:
        return None
    return next(iter(members)) if len(members) == 1 else Type(UNION, tuple(members))
