"""What one chunk says, and what is remembered of it for the next time that it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst

from apitfall.facts.model import ClassFacts, ExceptClause, FunctionFacts, Import, Parameter, Step, Value
from apitfall.syntax import Standing

Branch = tuple[tuple[str, str], ...]


@dataclass
class Body:
    """A function's, class's or module's body while it is read. `owner` is set in a class body."""

    name: str = ""
    owner: str = ""
    flow: list[Step] = field(default_factory=list[Step])
    imports: dict[str, Import] = field(default_factory=dict[str, Import])
    globals: list[str] = field(default_factory=list[str])
    handlers: list[ExceptClause] = field(default_factory=list[ExceptClause])
    counts: dict[str, int] = field(default_factory=dict[str, int])
    is_generator: bool = False

    @property
    def says_anything(self) -> bool:
        return bool(self.flow or self.imports or self.counts)

    def numbered(self, kind: str) -> str:
        number = self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{kind}{number}"


@dataclass(eq=False)
class Part:
    """What one chunk adds to the body of a module or class; compound statements are numbered from the chunk's start."""

    flow: tuple[Step, ...]
    imports: Mapping[str, Import]
    counts: Mapping[str, int]

    def says(self, other: Part) -> bool:
        """Whether it adds the same as another, in the same order."""
        same = (self.flow, self.imports, self.counts) == (other.flow, other.imports, other.counts)
        return same and [*self.imports] == [*other.imports]


@dataclass(eq=False)
class ChunkFacts:
    """What one chunk says. `parts` are by the qualified name of the class, empty for the module, where there are any."""

    functions: dict[str, FunctionFacts]
    classes: dict[str, ClassFacts]
    parts: dict[str, Part]
    stars: tuple[Import, ...]

    @cached_property
    def methods(self) -> tuple[tuple[str, str], ...]:
        """The methods in it, each with its class."""
        return tuple([(found.owner, found.short_name) for found in self.functions.values() if found.owner])

    def is_like(self, other: ChunkFacts) -> bool:
        """Whether the two differ in nothing but the bodies of functions of the same names."""
        return (
            [*self.functions] == [*other.functions]
            and self.parts == other.parts
            and self.classes == other.classes
            and self.stars == other.stars
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """The steps that a statement, or an expression in the head of one, takes, and the handlers and functions in it, with
    all that they rest on.

    They stand at `branch`, and `texts` are those of their places, in their functions. `numbered` are the kinds of compound
    statements in them, each with how many of the body had been counted before and were behind them. They were read when
    `at` parts of the tree had been replaced; with `yields` the body is a generator's.
    """

    branch: Branch
    steps: tuple[Step, ...]
    handlers: tuple[ExceptClause, ...]
    functions: Mapping[str, FunctionFacts]
    texts: frozenset[Standing]
    numbered: tuple[tuple[str, int, int], ...]
    yields: bool
    at: int
    is_more: bool = field(init=False)  # whether there is anything in them but steps

    def __post_init__(self) -> None:
        is_more = bool(self.handlers or self.functions or self.numbered or self.yields)
        object.__setattr__(self, "is_more", is_more)


Signature = tuple[tuple[Parameter, ...], "Value | None", tuple[Value, ...]]


@dataclass(eq=False)
class Remembered:
    """What was read of a tree, and of those that were grafted on it, by node; of imports also by whether they are for type
    checkers alone."""

    taken: dict[cst.CSTNode, Taken] = field(default_factory=dict[cst.CSTNode, Taken])
    imports: dict[tuple[cst.CSTNode, bool], Sequence[tuple[str, Import]]] = field(
        default_factory=dict[tuple[cst.CSTNode, bool], Sequence[tuple[str, Import]]]
    )
    signatures: dict[cst.CSTNode, Signature] = field(default_factory=dict[cst.CSTNode, Signature])
