"""The facts of a file as bytes, for other processes and later ones.

marshal writes tuples, strings and numbers, and reads four times as many of them in a second as pickle or json. It makes
nothing else of what it reads: no class is looked up and no code is run. It is meant for data that is known to be whole,
which whoever keeps the bytes has to see to. A body is unpacked when it is asked for, and the values of a file are
when the first body is. Beside the facts there is how the text was cut.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from apitfall.facts.model import (
    ClassFacts,
    ExceptClause,
    FunctionFacts,
    Import,
    ModuleFacts,
    Parameter,
    Step,
    Value,
    Variable,
)
from apitfall.syntax.known import KnownPiece, pack_pieces, unpack_pieces
from apitfall.text import Place

T = TypeVar("T")
Row = tuple[Any, ...]
new = Row.__new__  # takes half the time of the classes' own


def pack(facts: ModuleFacts, pieces: Sequence[KnownPiece] = ()) -> bytes:
    """The facts of a text, and the pieces that it was cut into, as far as they are known."""
    rows = Rows()
    functions = {name: marshal.dumps(rows.function(function)) for name, function in facts.functions.items()}
    classes = {name: marshal.dumps(rows.cls(found)) for name, found in facts.classes.items()}
    return marshal.dumps(
        (
            {name: imported(one) for name, one in facts.imports.items()},
            tuple(map(imported, facts.stars)),
            rows.variables(facts.variables),
            functions,
            classes,
            marshal.dumps(rows.steps(facts.flow)),
            facts.exports,
            facts.is_whole,
            marshal.dumps(tuple(rows.values)),
            pack_pieces(pieces),
        )
    )


def unpack(data: bytes) -> ModuleFacts:
    """The facts that were packed; ValueError for what is cut off or is nothing of the kind."""
    try:
        imports, stars, variables, functions, classes, flow, exports, is_whole, values, pieces = marshal.loads(data)
        return Unpacked(
            Opened(imports, lambda row: Import(*row)),
            tuple([Import(*row) for row in stars]),
            Values(values),
            variables,
            functions,
            classes,
            flow,
            exports,
            pieces,
            is_whole=is_whole,
        )
    except (EOFError, TypeError, ValueError) as error:
        raise ValueError("these are no packed facts") from error


def imported(found: Import) -> Row:
    return found.module, found.name, found.level, found.typing


class Rows:
    """Facts as tuples. A value is a number, the place in `values` of what it is made of; None is -1."""

    def __init__(self) -> None:
        self.values: list[Row] = []
        self.numbers: dict[Row, int] = {}  # by the rows, for these take no call to be compared
        self.seen: dict[int, int] = {}  # the same by the objects, which the facts hold: most are met more than once

    def value(self, value: Value | None) -> int:
        if value is None:
            return -1
        number = self.seen.get(id(value))
        if number is None:
            row = (value.kind, value.name, self.value(value.of), self.named(value.args), value.text)
            number = self.numbers.setdefault(row, len(self.values))
            if number == len(self.values):
                self.values.append(row)
            self.seen[id(value)] = number
        return number

    def named(self, values: Sequence[tuple[str, Value]]) -> Row:
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


class Opened(Mapping[str, T]):
    """A mapping whose items are made when they are first asked for, of what stands for them."""

    __slots__ = ("_made", "_open", "_packed")

    def __init__(self, packed: Mapping[str, Any], open_: Callable[[Any], T]) -> None:
        self._packed, self._open = packed, open_
        self._made: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = self._open(self._packed[name])
        return made

    def get(self, key: str, default: Any = None, /) -> Any:
        made = self._made.get(key)
        return made if made is not None else self[key] if key in self._packed else default

    def __contains__(self, name: object) -> bool:
        return name in self._packed

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


class Values:
    """The values of a file, and what is made of them: all at once when the first is asked for, for who asks for one asks
    for most."""

    def __init__(self, packed: bytes) -> None:
        self._packed = packed
        self._made: list[Any] = []

    @property
    def made(self) -> list[Any]:
        """The values by their numbers, each behind those that it is made of; at -1 is None."""
        if not self._made:
            made: list[Any] = []
            for kind, name, of, args, text in marshal.loads(self._packed):
                given = tuple([(key, made[number]) for key, number in args]) if args else ()
                made.append(Value(kind, name, made[of] if of >= 0 else None, given, text))
            self._made, self._packed = [*made, None], b""
        return self._made

    @cached_property
    def names(self) -> frozenset[str]:
        """The last names of the values."""
        return frozenset([value.name for value in self.made if value is not None])

    def named(self, rows: Row) -> tuple[tuple[str, Value], ...]:
        made = self.made
        return tuple([(name, made[number]) for name, number in rows])

    def steps(self, rows: Row) -> tuple[Step, ...]:
        made = self.made
        return tuple(
            [
                new(
                    Step,
                    (
                        kind,
                        made[to],
                        tuple([(key, made[number]) for key, number in args]) if args else (),
                        made[value],
                        new(Place, place),
                        use,
                        branch,
                    ),
                )
                for kind, to, args, value, place, use, branch in rows
            ]
        )

    def variables(self, rows: Row) -> tuple[Variable, ...]:
        made = self.made
        return tuple([Variable(made[value], made[annotation]) for value, annotation in rows])

    def function(self, packed: bytes) -> FunctionFacts:
        row: Row = marshal.loads(packed)
        name, is_async, is_generator, owner, parameters, returns, decorators, flow, imports, *others = row
        globals_, handlers, trivial = others
        made = self.made
        return FunctionFacts(
            name,
            is_async,
            is_generator,
            owner,
            tuple([new(Parameter, (n, kind, made[note], made[value])) for n, kind, note, value in parameters]),
            made[returns],
            tuple([made[number] for number in decorators]),
            self.steps(flow),
            {name: Import(*row) for name, row in imports.items()} if imports else {},
            globals_,
            tuple([ExceptClause(made[caught], *rest) for caught, *rest in handlers]) if handlers else (),
            trivial,
        )

    def cls(self, packed: bytes) -> ClassFacts:
        name, bases, keywords, decorators, variables, methods, flow = marshal.loads(packed)
        made = self.made
        return ClassFacts(
            name,
            tuple([made[number] for number in bases]),
            self.named(keywords),
            tuple([made[number] for number in decorators]),
            {name: self.variables(rows) for name, rows in variables.items()},
            methods,
            self.steps(flow),
        )


class Unpacked(ModuleFacts):
    """Facts that were packed, with the same names as ModuleFacts has; its `flow` is unpacked when it is asked for."""

    __slots__ = ("_flow", "_pieces", "_values")

    _flow: bytes | tuple[Step, ...]
    _pieces: bytes
    _values: Values

    def __init__(
        self,
        imports: Mapping[str, Import],
        stars: tuple[Import, ...],
        values: Values,
        variables: Mapping[str, Row],
        functions: Mapping[str, bytes],
        classes: Mapping[str, bytes],
        flow: bytes,
        exports: tuple[str, ...] | None,
        pieces: bytes,
        *,
        is_whole: bool,
    ) -> None:
        for name, value in (
            ("imports", imports),
            ("stars", stars),
            ("variables", Opened(variables, values.variables)),
            ("functions", Opened(functions, values.function)),
            ("classes", Opened(classes, values.cls)),
            ("exports", exports),
            ("is_whole", is_whole),
            ("_flow", flow),
            ("_pieces", pieces),
            ("_values", values),
        ):
            object.__setattr__(self, name, value)

    @property
    def flow(self) -> tuple[Step, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        if isinstance(self._flow, bytes):
            object.__setattr__(self, "_flow", self._values.steps(marshal.loads(self._flow)))
        assert not isinstance(self._flow, bytes)
        return self._flow

    def may_name(self, name: str) -> bool:
        return name in self._values.names

    def pieces(self, text: str) -> Sequence[KnownPiece]:
        """The pieces that the text which says this was cut into; none where nobody told them."""
        return unpack_pieces(self._pieces, text)
