"""The facts of a file as bytes, for other processes and later ones.

marshal writes tuples, strings and numbers, and reads four times as many of them in a second as pickle or json. It makes
nothing else of what it reads: no class is looked up and no code is run. It is meant for data that is known to be whole,
which whoever keeps the bytes has to see to. A body is unpacked when it is asked for, and the values of a file are
when the first body is. Beside the facts there is how the text was cut.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from apitfall.facts.rows import FileRows, Row, rows_of
from apitfall.syntax.known import KnownPiece, pack_pieces, unpack_pieces
from apitfall.text import Place

T = TypeVar("T")
new = tuple[Any, ...].__new__  # takes half the time of the classes' own


def pack(facts: ModuleFacts, pieces: Sequence[KnownPiece] = ()) -> bytes:
    """The facts of a text, and the pieces that it was cut into, as far as they are known."""
    return pack_rows(rows_of(facts), pieces)


def pack_rows(rows: FileRows, pieces: Sequence[KnownPiece]) -> bytes:
    dumps = marshal.dumps
    return dumps(
        (
            rows.imports,
            rows.stars,
            rows.variables,
            {name: dumps(row) for name, row in rows.functions.items()},
            {name: dumps(row) for name, row in rows.classes.items()},
            dumps(rows.flow),
            rows.exports,
            rows.is_whole,
            dumps(rows.values),
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


def facts_of(rows: FileRows) -> ModuleFacts:
    """The facts that rows stand for."""
    values = Values(rows.values)
    return ModuleFacts(
        {name: Import(*row) for name, row in rows.imports.items()},
        tuple([Import(*row) for row in rows.stars]),
        {name: values.variables(some) for name, some in rows.variables.items()},
        {name: values.function_of(row) for name, row in rows.functions.items()},
        {name: values.cls_of(row) for name, row in rows.classes.items()},
        values.steps(rows.flow),
        rows.exports,
        rows.is_whole,
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

    def __init__(self, packed: bytes | Sequence[Row]) -> None:
        self._packed = packed
        self._made: list[Any] = []

    @property
    def made(self) -> list[Any]:
        """The values by their numbers, each behind those that it is made of; at -1 is None."""
        if not self._made:
            made: list[Any] = []
            packed = self._packed
            for kind, name, of, args, text in marshal.loads(packed) if isinstance(packed, bytes) else packed:
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
        return self.function_of(marshal.loads(packed))

    def function_of(self, row: Row) -> FunctionFacts:
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
        return self.cls_of(marshal.loads(packed))

    def cls_of(self, row: Row) -> ClassFacts:
        name, bases, keywords, decorators, variables, methods, flow = row
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
