"""What one file says, as data: plain, frozen, JSON-able, and without a path, a module name or an offset in it.

Two equal files have equal facts, and a change that moves lines without changing what they say changes no fact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from apitfall.text import Place


@dataclass(frozen=TYPE_CHECKING, slots=True)  # Python takes six times as long to make what it has to keep from changes
class Value:
    """What an expression says, as a chain read from its end.

    ``select(User).where(x)`` is a call of the attribute `where` of a call of the name `select`. `kind` is one of

    - ``name``, ``attribute`` (`name` of `of`), ``call`` (of `of` with `args`), ``item`` (`of` subscripted by `args`)
    - ``operation`` (`name` is the operator, between `of` and `args`; only ``/``, which paths have)
    - ``await``, ``enter`` (what ``with of as`` gives), ``iterate`` (one item of `of`), ``star`` (each item of `of`)
    - ``constant`` (`name` is its type's name; a string's or number's source is `text`)
    - ``list``, ``tuple``, ``set``, ``dict`` of `args`, ``choice`` between `args` (``a or b``, ``a if c else b``, ``a | b``)
    - ``function`` (a lambda, `name` as in `FunctionFacts.name`), ``comprehension`` (its element in `args`)
    - ``other``: anything else; nothing is known of it
    """

    kind: str
    name: str = ""
    of: Value | None = None
    args: tuple[tuple[str, Value], ...] = ()
    text: str = ""
    # Values are keys of most questions; the hash of a chain is worked out once.
    _hash: int = field(default=0, init=False, repr=False, compare=False)

    def __eq__(self, other: object) -> bool:
        """Link by link, for a chain may have more links than Python 3.12 bears levels of such a call."""
        if not isinstance(other, Value):
            return NotImplemented
        mine: Value | None = self
        theirs: Value | None = other
        while mine is not theirs:
            if (
                mine is None
                or theirs is None
                or mine.kind != theirs.kind
                or mine.name != theirs.name
                or mine.text != theirs.text
                or mine.args != theirs.args
            ):
                return False
            mine, theirs = mine.of, theirs.of
        return True

    def __hash__(self) -> int:
        if not self._hash:
            object.__setattr__(self, "_hash", hash((self.kind, self.name, self.of, self.args, self.text)) or 1)
        return self._hash

    @property
    def root(self) -> Value:
        """The first link of the chain."""
        value = self
        while value.of is not None:
            value = value.of
        return value

    @property
    def dotted(self) -> str | None:
        """``a.b.c`` if the chain is names only."""
        parts: list[str] = []
        value: Value | None = self
        while value is not None and value.kind == "attribute":
            parts.append(value.name)
            value = value.of
        if value is None or value.kind != "name":
            return None
        parts.append(value.name)
        return ".".join(reversed(parts))

    def with_root(self, old: Value, new: Value) -> Value:
        """The chain with one of its links put in the place of another."""
        if self == old:
            return new
        return Value(self.kind, self.name, self.of.with_root(old, new), self.args, self.text) if self.of else self

    def walk(self) -> Iterator[Value]:
        """This value and all that it is made of, outermost first."""
        waiting: list[Value] = [self]
        while waiting:
            value = waiting.pop()
            yield value
            for _, arg in reversed(value.args):
                waiting.append(arg)
            if value.of is not None:
                waiting.append(value.of)

    def argument(self, position: int, keyword: str = "") -> Value | None:
        """The call's argument at a 0-based position or under a keyword."""
        positional = [v for k, v in self.args if not k]
        if position < len(positional):
            return positional[position]
        return next((v for k, v in self.args if keyword and k == keyword), None)


UNKNOWN = Value("other")


class Step(NamedTuple):
    """One thing that a body does, in the order of its evaluation.

    `kind` is one of call, await, assign, attribute (a read that nobody calls), return, yield, raise, delete,
    break.
    `target` is what is called, read or assigned to; `value` what is assigned, awaited, returned, yielded or raised.
    `use` says what becomes of the result: discarded, awaited, bound, returned, yielded, raised, tested, argument,
    element, operand, formatted, attribute, item, iterated, entered, called, decorator.
    `branch` is the path of (statement, arm) from the body down: ``(("if1", "else"), ("for1", "body"))``; the number
    counts the compound statements of a kind in the function. A comprehension is one too, counted among those over the same.
    An assignment with an annotation has it among `args`, under ``annotation``.
    """

    kind: str
    target: Value | None = None
    args: tuple[tuple[str, Value], ...] = ()
    value: Value | None = None
    place: Place = Place("", "")
    use: str = "discarded"
    branch: tuple[tuple[str, str], ...] = ()

    @property
    def result(self) -> Value:
        """The value of the call that this step is."""
        return Value("call", of=self.target, args=self.args)


class Import(NamedTuple):
    """What a local name was imported as: `name` of `module`, or the module itself if `name` is empty.

    `level` counts the dots of a relative import. `typing` says that it stands under ``if TYPE_CHECKING``.
    """

    module: str
    name: str = ""
    level: int = 0
    typing: bool = False


class Variable(NamedTuple):
    """One assignment to a name in a module or class body."""

    value: Value | None
    annotation: Value | None = None


class Parameter(NamedTuple):
    """`kind` is positional (before ``/``), any, keyword (behind ``*``), args or kwargs."""

    name: str
    kind: str = "any"
    annotation: Value | None = None
    default: Value | None = None


class ExceptClause(NamedTuple):
    """An `except` of a function: what it catches, None where that is everything, and the name that this is given.

    `branch` is where it stands, as in `Step`, with its own arm at the end: ``(("try1", "except0"),)``. `is_group`: it is
    an ``except*``.
    """

    caught: Value | None
    name: str
    branch: tuple[tuple[str, str], ...]
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """A function, method or lambda.

    `name` is qualified within the module, ``Class.method.inner``; a lambda is ``f.<lambda0>``. `owner` is the qualified
    name of the class whose method it is, empty otherwise. `trivial` says that the body does nothing: a docstring,
    ``...``, ``pass`` or a raised NotImplementedError, as in a protocol or an abstract method.
    """

    name: str
    is_async: bool = False
    is_generator: bool = False
    owner: str = ""
    parameters: tuple[Parameter, ...] = ()
    returns: Value | None = None
    decorators: tuple[Value, ...] = ()
    flow: tuple[Step, ...] = ()
    imports: Mapping[str, Import] = field(default_factory=dict[str, Import])
    globals: tuple[str, ...] = ()
    handlers: tuple[ExceptClause, ...] = ()
    trivial: bool = False

    @property
    def short_name(self) -> str:
        return self.name.rpartition(".")[2]

    def parameter(self, name: str) -> Parameter | None:
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        return None

    @property
    def receiver(self) -> Parameter | None:
        """The first parameter of a method, which stands for what it is called on unless it is static."""
        return self.parameters[0] if self.owner and self.parameters else None


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """A class. `name` is qualified within the module; `variables` are the assignments of its body by name.

    The bases of a class whose head does not parse are one unknown value.
    """

    name: str
    bases: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    decorators: tuple[Value, ...] = ()
    variables: Mapping[str, tuple[Variable, ...]] = field(default_factory=dict[str, tuple[Variable, ...]])
    methods: tuple[str, ...] = ()
    flow: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """A file. `functions` and `classes` are keyed by qualified name; `stars` are the modules of ``import *``.

    `exports` is ``__all__`` where that is a literal, else None. `is_whole`: all of the text parses, as it was cut.
    """

    imports: Mapping[str, Import] = field(default_factory=dict[str, Import])
    stars: tuple[Import, ...] = ()
    variables: Mapping[str, tuple[Variable, ...]] = field(default_factory=dict[str, tuple[Variable, ...]])
    functions: Mapping[str, FunctionFacts] = field(default_factory=dict[str, FunctionFacts])
    classes: Mapping[str, ClassFacts] = field(default_factory=dict[str, ClassFacts])
    flow: tuple[Step, ...] = ()
    exports: tuple[str, ...] | None = None
    is_whole: bool = field(default=True, compare=False)

    def may_name(self, name: str) -> bool:
        """Whether something may be read or called by this last name in it."""
        return True
