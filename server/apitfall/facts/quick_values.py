"""Expressions as chains, of Python's own syntax; beside `values`, which reads libcst's and has the same names."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

from apitfall.facts.model import UNKNOWN, Value
from apitfall.facts.strings import LONGEST_TEXT, unquoted
from apitfall.syntax.order import arguments_of
from apitfall.syntax.quick import Positions

CONSTANTS: dict[type, Value] = {
    complex: Value("constant", "complex"),
    type(...): Value("constant", "ellipsis"),
    type(None): Value("constant", "None", text="None"),
}
TRUE, FALSE = Value("constant", "bool", text="True"), Value("constant", "bool", text="False")
TEST, FORMATTED, BYTES = Value("constant", "bool"), Value("constant", "str"), Value("constant", "bytes")
SLICE = Value("other", "slice")
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
    """The values of the expressions of a text, each made once, and of equal names and attributes one. `names` are those of
    lambdas as functions."""

    def __init__(self, positions: Positions, names: Mapping[ast.AST, str]) -> None:
        self.positions = positions
        self.names = names
        self._known: dict[ast.AST, Value] = {}
        self._names: dict[str, Value] = {}
        self._attributes: dict[tuple[int, str], Value] = {}  # by what they are attributes of, which they keep alive

    def value(self, node: Any) -> Value:
        kind = node.__class__
        if kind is ast.Name:
            return self.name(node)
        known = self._known.get(node)
        if known is None:
            read = READERS.get(kind)
            known = self._known[node] = UNKNOWN if read is None else read(self, node)
        return known

    def maybe(self, node: ast.expr | None) -> Value | None:
        return None if node is None else self.value(node)

    def annotation(self, node: ast.expr | None) -> Value | None:
        """An annotation, with strings in it read as the expressions they hold."""
        return None if node is None else unquoted(self.value(node), parsed)

    def arguments(self, node: ast.Call) -> tuple[tuple[str, Value], ...]:
        """A call's arguments, as `values.arguments` gives them."""
        return tuple([self.argument(each) for each in arguments_of(node)])

    def argument(self, node: Any) -> tuple[str, Value]:
        kind = node.__class__
        if kind is ast.keyword:
            return ("**" if node.arg is None else node.arg, self.value(node.value))
        if kind is ast.Starred:
            return "*", self.value(node.value)
        return "", self.value(node)

    def name(self, node: ast.Name) -> Value:
        made = self._names.get(node.id)
        if made is None:
            made = self._names[node.id] = Value("name", node.id)
        return made

    def attribute(self, node: ast.Attribute) -> Value:
        of = self.value(node.value)
        key = id(of), node.attr
        made = self._attributes.get(key)
        if made is None:
            made = self._attributes[key] = Value("attribute", node.attr, of)
        return made

    def call(self, node: ast.Call) -> Value:
        return Value("call", "", self.value(node.func), self.arguments(node) if node.args or node.keywords else ())

    def awaited(self, node: ast.Await) -> Value:
        return Value("await", of=self.value(node.value))

    def subscript(self, node: ast.Subscript) -> Value:
        items = tuple([("", SLICE if i.__class__ is ast.Slice else self.value(i)) for i in self.positions.items(node)])
        return Value("item", of=self.value(node.value), args=items)

    def constant(self, node: ast.Constant) -> Value:
        value = node.value
        kind = value.__class__
        if isinstance(value, (str, bytes)):
            text = literal(self.positions.source(node), value)
            if text is None:
                return FORMATTED
            return Value("constant", "str", text=text[:LONGEST_TEXT]) if kind is str else BYTES
        if kind is bool:
            return TRUE if value else FALSE
        if kind is int or kind is float:
            return Value("constant", kind.__name__, text=self.positions.source(node)[:LONGEST_TEXT])
        return CONSTANTS[kind]

    def collection(self, node: Any) -> Value:
        return Value(COLLECTIONS[node.__class__], args=tuple([("", self.element(each)) for each in node.elts]))

    def element(self, node: ast.expr) -> Value:
        return Value("star", of=self.value(node.value)) if isinstance(node, ast.Starred) else self.value(node)

    def dictionary(self, node: ast.Dict) -> Value:
        return Value("dict", args=tuple([self.entry(k, v) for k, v in zip(node.keys, node.values, strict=True)]))

    def entry(self, key: ast.expr | None, value: ast.expr) -> tuple[str, Value]:
        """An entry under its key, as `values.pair` gives it."""
        if key is None:
            return "**", self.value(value)
        known = self.value(key)
        return (known.text if known.kind == "constant" and known.name == "str" else "*", self.value(value))

    def condition(self, node: ast.IfExp) -> Value:
        return Value("choice", args=(("", self.value(node.body)), ("", self.value(node.orelse))))

    def boolean(self, node: ast.BoolOp) -> Value:
        """``a or b or c`` is ``(a or b) or c``."""
        name = "and" if node.op.__class__ is ast.And else "or"
        value, *others = map(self.value, node.values)
        for other in others:
            value = Value("choice", name, args=(("", value), ("", other)))
        return value

    def binary(self, node: ast.BinOp) -> Value:
        kind = node.op.__class__
        if kind is ast.Div:
            return Value("operation", "/", self.value(node.left), (("", self.value(node.right)),))
        if kind is not ast.BitOr:
            return UNKNOWN
        return Value("choice", "|", args=(("", self.value(node.left)), ("", self.value(node.right))))

    def comparison(self, node: ast.Compare) -> Value:
        return TEST if all(op.__class__ in TESTS for op in node.ops) else UNKNOWN

    def comprehension(self, node: Any) -> Value:
        return Value("comprehension", COMPREHENSIONS[node.__class__], args=(("", self.value(node.elt)),))

    def entries(self, node: ast.DictComp) -> Value:
        return Value("comprehension", "dict", args=(("", self.value(node.key)), ("", self.value(node.value))))

    def function(self, node: ast.Lambda) -> Value:
        return Value("function", self.names[node]) if node in self.names else UNKNOWN


READERS: dict[type[ast.AST], Callable[[Values, Any], Value]] = {
    ast.Name: Values.name,
    ast.Attribute: Values.attribute,
    ast.Call: Values.call,
    ast.Await: Values.awaited,
    ast.Subscript: Values.subscript,
    ast.Constant: Values.constant,
    ast.JoinedStr: lambda values, node: FORMATTED,
    ast.List: Values.collection,
    ast.Tuple: Values.collection,
    ast.Set: Values.collection,
    ast.Dict: Values.dictionary,
    ast.IfExp: Values.condition,
    ast.BoolOp: Values.boolean,
    ast.BinOp: Values.binary,
    ast.Compare: Values.comparison,
    ast.UnaryOp: lambda values, node: TEST if node.op.__class__ is ast.Not else UNKNOWN,
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


def parsed(text: str) -> Value:
    """The value of an annotation that was written as a string; libcst is asked about anything but names and brackets."""
    if PLAIN.fullmatch(text):
        try:
            node = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError):
            pass
        else:
            return Values(Positions(text), {}).value(node)
    from apitfall.facts.values import parsed as parsed_by_libcst  # takes long to import, and is seldom needed

    return parsed_by_libcst(text)
