"""Expressions as chains."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import libcst as cst

from apitfall.facts.model import UNKNOWN, Value
from apitfall.facts.strings import LONGEST_TEXT, unquoted

COLLECTIONS: dict[type[cst.CSTNode], str] = {cst.List: "list", cst.Tuple: "tuple", cst.Set: "set"}
COMPREHENSIONS: dict[type[cst.CSTNode], str] = {
    cst.ListComp: "list",
    cst.SetComp: "set",
    cst.GeneratorExp: "generator",
}
CONSTANTS: dict[type[cst.CSTNode], str] = {
    cst.Integer: "int",
    cst.Float: "float",
    cst.Imaginary: "complex",
    cst.FormattedString: "str",
    cst.Ellipsis: "ellipsis",
}


Lambdas = Mapping[cst.CSTNode, str]


def value_of(node: cst.CSTNode | None, lambdas: Lambdas | None = None) -> Value:
    """What an expression says. `lambdas` gives the names of lambdas as functions of the module."""
    read = READERS.get(node.__class__)
    return UNKNOWN if read is None else read(node, lambdas)


def name(node: cst.Name, lambdas: Lambdas | None) -> Value:
    if node.value in ("None", "True", "False"):
        return Value("constant", "None" if node.value == "None" else "bool", text=node.value)
    return Value("name", node.value)


def attribute(node: cst.Attribute, lambdas: Lambdas | None) -> Value:
    return Value("attribute", node.attr.value, of=value_of(node.value, lambdas))


def call(node: cst.Call, lambdas: Lambdas | None) -> Value:
    return Value("call", of=value_of(node.func, lambdas), args=arguments(node.args, lambdas))


def awaited(node: cst.Await, lambdas: Lambdas | None) -> Value:
    return Value("await", of=value_of(node.expression, lambdas))


def subscript(node: cst.Subscript, lambdas: Lambdas | None) -> Value:
    items = tuple(
        ("", value_of(e.slice.value, lambdas) if isinstance(e.slice, cst.Index) else Value("other", "slice"))
        for e in node.slice
    )
    return Value("item", of=value_of(node.value, lambdas), args=items)


def string(node: cst.SimpleString, lambdas: Lambdas | None) -> Value:
    if "b" in node.prefix.lower():
        return Value("constant", "bytes")
    return Value("constant", "str", text=node.raw_value[:LONGEST_TEXT])


def number(node: cst.Integer | cst.Float, lambdas: Lambdas | None) -> Value:
    return Value("constant", CONSTANTS[node.__class__], text=node.value[:LONGEST_TEXT])


def constant(node: cst.CSTNode, lambdas: Lambdas | None) -> Value:
    return Value("constant", CONSTANTS[node.__class__])


def collection(node: cst.List | cst.Tuple | cst.Set, lambdas: Lambdas | None) -> Value:
    return Value(COLLECTIONS[node.__class__], args=tuple(("", element(e, lambdas)) for e in node.elements))


def dictionary(node: cst.Dict, lambdas: Lambdas | None) -> Value:
    return Value("dict", args=tuple(pair(e, lambdas) for e in node.elements))


def condition(node: cst.IfExp, lambdas: Lambdas | None) -> Value:
    return Value("choice", args=(("", value_of(node.body, lambdas)), ("", value_of(node.orelse, lambdas))))


def boolean(node: cst.BooleanOperation, lambdas: Lambdas | None) -> Value:
    left, right = value_of(node.left, lambdas), value_of(node.right, lambdas)
    return Value("choice", "and" if isinstance(node.operator, cst.And) else "or", args=(("", left), ("", right)))


def binary(node: cst.BinaryOperation, lambdas: Lambdas | None) -> Value:
    if isinstance(node.operator, cst.Divide):
        return Value("operation", "/", of=value_of(node.left, lambdas), args=(("", value_of(node.right, lambdas)),))
    if not isinstance(node.operator, cst.BitOr):
        return UNKNOWN
    return Value("choice", "|", args=(("", value_of(node.left, lambdas)), ("", value_of(node.right, lambdas))))


def comparison(node: cst.Comparison, lambdas: Lambdas | None) -> Value:
    tests = (cst.Is, cst.IsNot, cst.In, cst.NotIn)
    return Value("constant", "bool") if all(isinstance(c.operator, tests) for c in node.comparisons) else UNKNOWN


def unary(node: cst.UnaryOperation, lambdas: Lambdas | None) -> Value:
    return Value("constant", "bool") if isinstance(node.operator, cst.Not) else UNKNOWN


def comprehension(node: cst.ListComp | cst.SetComp | cst.GeneratorExp, lambdas: Lambdas | None) -> Value:
    return Value("comprehension", COMPREHENSIONS[node.__class__], args=(("", value_of(node.elt, lambdas)),))


def entries(node: cst.DictComp, lambdas: Lambdas | None) -> Value:
    return Value("comprehension", "dict", args=(("", value_of(node.key, lambdas)), ("", value_of(node.value, lambdas))))


def function(node: cst.Lambda, lambdas: Lambdas | None) -> Value:
    return Value("function", lambdas[node]) if lambdas and node in lambdas else UNKNOWN


# By class, for `isinstance` of libcst's classes is slow, and this is asked of every expression.
READERS: dict[type | None, Callable[[Any, Lambdas | None], Value]] = {
    cst.Name: name,
    cst.Attribute: attribute,
    cst.Call: call,
    cst.Await: awaited,
    cst.Subscript: subscript,
    cst.SimpleString: string,
    cst.ConcatenatedString: lambda node, lambdas: Value("constant", "str"),
    cst.Integer: number,
    cst.Float: number,
    cst.Imaginary: constant,
    cst.FormattedString: constant,
    cst.Ellipsis: constant,
    cst.List: collection,
    cst.Tuple: collection,
    cst.Set: collection,
    cst.Dict: dictionary,
    cst.IfExp: condition,
    cst.BooleanOperation: boolean,
    cst.BinaryOperation: binary,
    cst.Comparison: comparison,
    cst.UnaryOperation: unary,
    cst.NamedExpr: lambda node, lambdas: value_of(node.value, lambdas),
    cst.ListComp: comprehension,
    cst.SetComp: comprehension,
    cst.GeneratorExp: comprehension,
    cst.DictComp: entries,
    cst.Lambda: function,
}


def element(node: cst.BaseElement, lambdas: Mapping[cst.CSTNode, str] | None) -> Value:
    value = value_of(node.value, lambdas)
    return Value("star", of=value) if isinstance(node, cst.StarredElement) else value


def pair(node: cst.BaseDictElement, lambdas: Mapping[cst.CSTNode, str] | None) -> tuple[str, Value]:
    """An entry under its key, if that is a string; a key that is no string is ``*``, an unpacked dict ``**``."""
    value = value_of(node.value, lambdas)
    if isinstance(node, cst.DictElement):
        key = value_of(node.key)
        return (key.text if key.kind == "constant" and key.name == "str" else "*", value)
    return ("**", value)


def arguments(
    args: Sequence[cst.Arg], lambdas: Mapping[cst.CSTNode, str] | None = None
) -> tuple[tuple[str, Value], ...]:
    """A call's arguments: keyword (empty for a positional one, ``*`` and ``**`` for unpacked ones) and value."""
    return tuple((a.keyword.value if a.keyword else a.star, value_of(a.value, lambdas)) for a in args)


def annotation_of(node: cst.Annotation | None) -> Value | None:
    """An annotation, with strings in it read as the expressions they hold."""
    return unquoted(value_of(node.annotation), parsed) if node is not None else None


def parsed(text: str) -> Value:
    """The value of an annotation that was written as a string."""
    try:
        return value_of(cst.parse_expression(text))
    except cst.ParserSyntaxError:
        return UNKNOWN
