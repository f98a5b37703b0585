"""What is asked about types that facts and tables do not tell, and what was said, kept by what the answers depend on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from apitfall.project import Binding
from apitfall.syntax import Tree
from apitfall.text import Span
from apitfall.types import ANY, CALLABLE, COROUTINE, Type

if TYPE_CHECKING:
    import libcst as cst

MOST = 50_000  # answers that are kept; an older one that is asked for again is found out again
FORMS = (ANY.name, CALLABLE, COROUTINE)  # the dotted names that are no class of anybody's


class TypeOracle(Protocol):
    """Answers questions about types; never raises."""

    def type_of(self, path: str, text: str, offset: int) -> Type | None:
        """The type of what ends at `offset` in the text of a file; None where it is not known."""
        ...


@dataclass(frozen=True)
class Question:
    """What the type is of the expression that ends at `end`; those with equal keys have one answer."""

    key: str
    end: int
    is_local: bool = False

    def at(self, end: int) -> Question:
        """The same at another place."""
        return Question(self.key, end, self.is_local)


class Asked:
    """What an oracle said, None where it does not know either.

    `doubted` are answers that other files had a say in, which have changed since: they hold until there are others.
    `is_news` says that whoever is asked next has not been told of that.
    """

    def __init__(self) -> None:
        self.types: dict[str, Type | None] = {}
        self.local: set[str] = set()
        self.doubted: set[str] = set()
        self.is_news = True

    def keep(self, question: Question, found: Type | None) -> bool:
        """Returns whether that is another answer than before, or the first."""
        key = question.key
        is_new = key not in self.types or self.types[key] != found
        self.types[key] = found
        self.doubted.discard(key)
        (self.local.add if question.is_local else self.local.discard)(key)
        if len(self.types) > MOST:
            for old in list(islice(self.types, MOST // 10)):
                del self.types[old]
                self.local.discard(old)
                self.doubted.discard(old)
        return is_new

    def doubt(self) -> None:
        """Other files are another now."""
        self.doubted |= self.local
        self.is_news = True

    def is_open(self, key: str) -> bool:
        """Whether a question has no answer, or one that may be another now."""
        return key not in self.types or key in self.doubted


def question(binding: Binding, tree: Tree, function: cst.CSTNode | None, end: int) -> Question:
    """The question about an expression that ends at `end` in the document, in a function of a chunk if in any."""
    if not binding.is_vague:
        return Question(binding.key, end, binding.is_local)
    begin = tree.within(function)[0] if function is not None else 0
    inside = tree.inward(Span(end, end)).end - begin
    text = tree.source(function) if function is not None else tree.text
    digest = blake2b(text.encode(errors="replace"), digest_size=12).hexdigest()
    return Question(f"{binding.key}:{digest}:{inside}", end, is_local=True)


def named(found: Type | None, symbol: Callable[[str], str]) -> Type | None:
    """A type with the symbols of its classes, of which it has the dotted names."""
    if found is None:
        return None
    name = symbol(found.name) if "." in found.name and found.name not in FORMS else found.name
    return Type(name, tuple(named(arg, symbol) or ANY for arg in found.args))
