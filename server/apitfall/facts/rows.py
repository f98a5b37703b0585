"""Facts as rows: tuples, strings and numbers, in which a value is a number.

Whoever reads a file for others makes its rows at once, without the classes that these stand for; see `quick`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from apitfall.facts.model import ClassFacts, FunctionFacts, Import, ModuleFacts, Step, Value, Variable

Row = tuple[Any, ...]
Arguments = tuple[tuple[str, int], ...]
ValueRow = tuple[str, str, int, Arguments, str]
"""What a value is made of: its kind, name, `of`, arguments and text."""

NONE = -1  # the number of no value


class FileRows(NamedTuple):
    """What a file says, as `ModuleFacts` has it; `values` are those of its values, each behind those it is made of."""

    imports: dict[str, Row]
    stars: tuple[Row, ...]
    variables: dict[str, Row]
    functions: Mapping[str, Row]
    classes: Mapping[str, Row]
    flow: Row
    exports: tuple[str, ...] | None
    is_whole: bool
    values: list[ValueRow]


def rows_of(facts: ModuleFacts) -> FileRows:
    rows = Rows()
    return FileRows(
        {name: imported(one) for name, one in facts.imports.items()},
        tuple(map(imported, facts.stars)),
        rows.variables(facts.variables),
        {name: rows.function(function) for name, function in facts.functions.items()},
        {name: rows.cls(found) for name, found in facts.classes.items()},
        rows.steps(facts.flow),
        facts.exports,
        facts.is_whole,
        rows.values,
    )


def imported(found: Import) -> Row:
    return found.module, found.name, found.level, found.typing


class Rows:
    """The values of a file by their numbers, the places in `values` of what they are made of."""

    def __init__(self) -> None:
        self.values: list[ValueRow] = []
        self.numbers: dict[ValueRow, int] = {}  # by the rows, for these take no call to be compared
        self.seen: dict[int, int] = {}  # the same by the objects, which the facts hold: most are met more than once

    def number(self, row: ValueRow) -> int:
        """The number of the value that is made of this."""
        number = self.numbers.setdefault(row, len(self.values))
        if number == len(self.values):
            self.values.append(row)
        return number

    def value(self, value: Value | None) -> int:
        if value is None:
            return NONE
        number = self.seen.get(id(value))
        if number is None:
            row = (value.kind, value.name, self.value(value.of), self.named(value.args), value.text)
            number = self.seen[id(value)] = self.number(row)
        return number

    def named(self, values: Sequence[tuple[str, Value]]) -> Arguments:
        return tuple([(name, self.value(value)) for name, value in values]) if values else ()

    def steps(self, flow: Iterable[Step]) -> Row:
        return tuple(
            [
                (kind, self.value(target), self.named(args), self.value(value), tuple(place), use, branch)
                for kind, target, args, value, place, use, branch in flow
            ]
        )

    def variables(self, found: Mapping[str, Iterable[Variable]]) -> dict[str, Row]:
        return {
            name: tuple([(self.value(one.value), self.value(one.annotation)) for one in some])
            for name, some in found.items()
        }

    def function(self, found: FunctionFacts) -> Row:
        return (
            found.name,
            found.is_async,
            found.is_generator,
            found.owner,
            tuple([(p.name, p.kind, self.value(p.annotation), self.value(p.default)) for p in found.parameters]),
            self.value(found.returns),
            tuple(map(self.value, found.decorators)),
            self.steps(found.flow),
            {name: imported(one) for name, one in found.imports.items()},
            found.globals,
            tuple([(self.value(one.caught), one.name, one.branch, one.is_group) for one in found.handlers]),
            found.trivial,
        )

    def cls(self, found: ClassFacts) -> Row:
        return (
            found.name,
            tuple(map(self.value, found.bases)),
            self.named(found.keywords),
            tuple(map(self.value, found.decorators)),
            self.variables(found.variables),
            found.methods,
            self.steps(found.flow),
        )
