"""Expressions as chains, of Python's own syntax; beside `values`, which reads libcst's and has the same names."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from apitfall.facts.model import Value
from apitfall.facts.rows import NONE, Arguments, Rows, ValueRow
from apitfall.facts.strings import LONGEST_TEXT
from apitfall.syntax.order import arguments_of
from apitfall.syntax.quick import Positions

CONSTANTS: dict[type, ValueRow] = {
    complex: ("constant", "complex", NONE, (), ""),
    type(...): ("constant", "ellipsis", NONE, (), ""),
    type(None): ("constant", "None", NONE, (), "None"),
}
UNKNOWN: ValueRow = ("other", "", NONE, (), "")
TRUE: ValueRow = ("constant", "bool", NONE, (), "True")
FALSE: ValueRow = ("constant", "bool", NONE, (), "False")
TEST: ValueRow = ("constant", "bool", NONE, (), "")
FORMATTED: ValueRow = ("constant", "str", NONE, (), "")
BYTES: ValueRow = ("constant", "bytes", NONE, (), "")
SLICE: ValueRow = ("other", "slice", NONE, (), "")
COLLECTIONS: dict[type[ast.AST], str] = {ast.List: "list", ast.Tuple: "tuple", ast.Set: "set"}
COMPREHENSIONS: dict[type[ast.AST], str] = {ast.ListComp: "list", ast.SetComp: "set", ast.GeneratorExp: "generator"}
TESTS = frozenset((ast.Is, ast.IsNot, ast.In, ast.NotIn))
PREFIX = re.compile(r"[A-Za-z]*")
LITERAL = {  # what stands in one string; Python has seen that its end is one
    '"""': re.compile(r'(?:[^"\\]|\\.|"(?!""))*"?"?', re.S),
    "'''": re.compile(r"(?:[^'\\]|\\.|'(?!''))*'?'?", re.S),
    '"': re.compile(r'(?:[^"\\]|\\.)*', re.S),
    "'": re.compile(r"(?:[^'\\]|\\.)*", re.S),
}
PLAIN = re.compile(r"[\w.,\[\]|'\" ]+", re.A)


class Values:
    """The values of the expressions of a text, by their numbers among the `rows`. `names` are those of lambdas as functions."""

    def __init__(self, positions: Positions, names: Mapping[ast.AST, str], rows: Rows) -> None:
        self.positions = positions
        self.names = names
        self.rows = rows
        self.number = rows.number
        self._known: dict[ast.AST, int] = {}
        self._calls: dict[ast.AST, tuple[int, Arguments]] = {}
        self._names: dict[str, int] = {}
        self._attributes: dict[tuple[int, str], int] = {}
        self._held: list[Value] = []  # what was read by libcst: it is told by identity which numbers these have

    def value(self, node: Any) -> int:
        kind = node.__class__
        if kind is ast.Name:
            return self.name(node)
        known = self._known.get(node)
        if known is None:
            read = READERS.get(kind)
            known = self._known[node] = self.number(UNKNOWN) if read is None else read(self, node)
        return known

    def maybe(self, node: ast.expr | None) -> int:
        return NONE if node is None else self.value(node)

    def unknown(self) -> int:
        return self.number(UNKNOWN)

    def annotation(self, node: ast.expr | None) -> int:
        """An annotation, with strings in it read as the expressions they hold."""
        return NONE if node is None else self.unquoted(self.value(node))

    def unquoted(self, number: int) -> int:
        """The same of a value, as `strings.unquoted` gives it."""
        kind, name, of, args, text = self.rows.values[number]
        if kind == "constant" and name == "str":
            text = text.strip()
            return self.unquoted(self.parsed(text)) if 0 < len(text) < LONGEST_TEXT else self.unknown()
        if kind == "item":
            if self.last_name(of) != "Literal":
                args = tuple([(k, self.unquoted(v)) for k, v in args])
            return self.number(("item", "", of, args, ""))
        if kind in ("choice", "list", "tuple"):
            return self.number((kind, name, NONE, tuple([(k, self.unquoted(v)) for k, v in args]), ""))
        return number

    def parsed(self, text: str) -> int:
        """The value of an annotation that was written as a string; libcst is asked about anything but names and brackets."""
        if PLAIN.fullmatch(text):
            try:
                node = ast.parse(text, mode="eval").body
            except (SyntaxError, ValueError):
                pass
            else:
                return Values(Positions(text), {}, self.rows).value(node)
        from apitfall.facts.values import parsed  # takes long to import, and is seldom needed

        self._held.append(parsed(text))
        return self.rows.value(self._held[-1])

    def last_name(self, number: int) -> str:
        """The last name of a chain that is names only; empty for any other."""
        kind, last, of, _, _ = self.rows.values[number]
        while kind == "attribute":
            kind, _, of, _, _ = self.rows.values[of]
        return last if kind == "name" else ""

    def root_name(self, number: int) -> str:
        """The name of the first link of a chain."""
        _, name, of, _, _ = self.rows.values[number]
        while of != NONE:
            _, name, of, _, _ = self.rows.values[of]
        return name

    def made(self, number: int) -> Value:
        """The value itself."""
        kind, name, of, args, text = self.rows.values[number]
        below = None if of == NONE else self.made(of)
        return Value(kind, name, below, tuple([(key, self.made(value)) for key, value in args]), text)

    def arguments(self, nodes: Sequence[Any]) -> Arguments:
        """A call's arguments, as `values.arguments` gives them."""
        return tuple([self.argument(each) for each in nodes])

    def argument(self, node: Any) -> tuple[str, int]:
        kind = node.__class__
        if kind is ast.keyword:
            return ("**" if node.arg is None else node.arg, self.value(node.value))
        if kind is ast.Starred:
            return "*", self.value(node.value)
        return "", self.value(node)

    def name(self, node: ast.Name) -> int:
        made = self._names.get(node.id)
        if made is None:
            made = self._names[node.id] = self.number(("name", node.id, NONE, (), ""))
        return made

    def attribute(self, node: ast.Attribute) -> int:
        key = self.value(node.value), node.attr
        made = self._attributes.get(key)
        if made is None:
            made = self._attributes[key] = self.number(("attribute", node.attr, key[0], (), ""))
        return made

    def parts(self, node: ast.Call) -> tuple[int, Arguments]:
        """What a call calls, and with what; of most calls nobody asks for the value."""
        known = self._calls.get(node)
        if known is None:
            given = self.arguments(arguments_of(node)) if node.args or node.keywords else ()
            known = self._calls[node] = self.value(node.func), given
        return known

    def call(self, node: ast.Call) -> int:
        of, args = self.parts(node)
        return self.number(("call", "", of, args, ""))

    def awaited(self, node: ast.Await) -> int:
        return self.number(("await", "", self.value(node.value), (), ""))

    def subscript(self, node: ast.Subscript) -> int:
        items = [self.number(SLICE) if i.__class__ is ast.Slice else self.value(i) for i in self.positions.items(node)]
        return self.number(("item", "", self.value(node.value), tuple([("", item) for item in items]), ""))

    def item(self, of: int, number: int) -> int:
        """One of the items of a value."""
        return self.number(("item", "", of, (("", self.number(("constant", "int", NONE, (), str(number)))),), ""))

    def constant(self, node: ast.Constant) -> int:
        value = node.value
        kind = value.__class__
        if isinstance(value, (str, bytes)):
            text = literal(self.positions.source(node), value)
            if text is None:
                return self.number(FORMATTED)
            return self.number(("constant", "str", NONE, (), text[:LONGEST_TEXT]) if kind is str else BYTES)
        if kind is bool:
            return self.number(TRUE if value else FALSE)
        if kind is int or kind is float:
            return self.number(("constant", kind.__name__, NONE, (), self.positions.source(node)[:LONGEST_TEXT]))
        return self.number(CONSTANTS[kind])

    def collection(self, node: Any) -> int:
        return self.number(
            (COLLECTIONS[node.__class__], "", NONE, tuple([("", self.element(each)) for each in node.elts]), "")
        )

    def element(self, node: ast.expr) -> int:
        if isinstance(node, ast.Starred):
            return self.number(("star", "", self.value(node.value), (), ""))
        return self.value(node)

    def dictionary(self, node: ast.Dict) -> int:
        entries = tuple([self.entry(k, v) for k, v in zip(node.keys, node.values, strict=True)])
        return self.number(("dict", "", NONE, entries, ""))

    def entry(self, key: ast.expr | None, value: ast.expr) -> tuple[str, int]:
        """An entry under its key, as `values.pair` gives it."""
        if key is None:
            return "**", self.value(value)
        kind, name, _, _, text = self.rows.values[self.value(key)]
        return (text if kind == "constant" and name == "str" else "*", self.value(value))

    def condition(self, node: ast.IfExp) -> int:
        return self.choice("", self.value(node.body), self.value(node.orelse))

    def choice(self, name: str, one: int, other: int) -> int:
        return self.number(("choice", name, NONE, (("", one), ("", other)), ""))

    def boolean(self, node: ast.BoolOp) -> int:
        """``a or b or c`` is ``(a or b) or c``."""
        name = "and" if node.op.__class__ is ast.And else "or"
        value, *others = map(self.value, node.values)
        for other in others:
            value = self.choice(name, value, other)
        return value

    def binary(self, node: ast.BinOp) -> int:
        kind = node.op.__class__
        if kind is ast.Div:
            return self.number(("operation", "/", self.value(node.left), (("", self.value(node.right)),), ""))
        if kind is not ast.BitOr:
            return self.unknown()
        return self.choice("|", self.value(node.left), self.value(node.right))

    def comparison(self, node: ast.Compare) -> int:
        return self.number(TEST if all(op.__class__ in TESTS for op in node.ops) else UNKNOWN)

    def comprehension(self, node: Any) -> int:
        element = ("", self.value(node.elt))
        return self.number(("comprehension", COMPREHENSIONS[node.__class__], NONE, (element,), ""))

    def entries(self, node: ast.DictComp) -> int:
        entry = ("", self.value(node.key)), ("", self.value(node.value))
        return self.number(("comprehension", "dict", NONE, entry, ""))

    def function(self, node: ast.Lambda) -> int:
        if node not in self.names:
            return self.unknown()
        return self.number(("function", self.names[node], NONE, (), ""))


READERS: dict[type[ast.AST], Callable[[Values, Any], int]] = {
    ast.Name: Values.name,
    ast.Attribute: Values.attribute,
    ast.Call: Values.call,
    ast.Await: Values.awaited,
    ast.Subscript: Values.subscript,
    ast.Constant: Values.constant,
    ast.JoinedStr: lambda values, node: values.number(FORMATTED),
    ast.List: Values.collection,
    ast.Tuple: Values.collection,
    ast.Set: Values.collection,
    ast.Dict: Values.dictionary,
    ast.IfExp: Values.condition,
    ast.BoolOp: Values.boolean,
    ast.BinOp: Values.binary,
    ast.Compare: Values.comparison,
    ast.UnaryOp: lambda values, node: values.number(TEST if node.op.__class__ is ast.Not else UNKNOWN),
    ast.NamedExpr: lambda values, node: values.value(node.value),
    ast.ListComp: Values.comprehension,
    ast.SetComp: Values.comprehension,
    ast.GeneratorExp: Values.comprehension,
    ast.DictComp: Values.entries,
    ast.Lambda: Values.function,
}


def literal(source: str, value: str | bytes) -> str | None:
    """What stands between the quotes of a string; None where there are several strings in a row."""
    if source[1:-1] == value:
        return source[1:-1]
    at = PREFIX.match(source).end()  # pyright: ignore[reportOptionalMemberAccess]
    quote = source[at : at + 3] if source[at : at + 3] in LITERAL and len(source) >= at + 6 else source[at]
    size = len(quote)
    inside = source[at + size : -size]
    if inside == value or LITERAL[quote].fullmatch(inside):
        return inside
    return None
