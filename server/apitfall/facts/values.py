"""Expressions as chains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from apitfall.facts.model import UNKNOWN, Value

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
LONGEST_TEXT = 200  # of a constant; longer ones are cut, for facts are kept and compared


def value_of(node: cst.CSTNode | None, lambdas: Mapping[cst.CSTNode, str] | None = None) -> Value:
    """What an expression says. `lambdas` gives the names of lambdas as functions of the module."""
    if isinstance(node, cst.Name):
        if node.value in ("None", "True", "False"):
            return Value("constant", "None" if node.value == "None" else "bool", text=node.value)
        return Value("name", node.value)
    if isinstance(node, cst.Attribute):
        return Value("attribute", node.attr.value, of=value_of(node.value, lambdas))
    if isinstance(node, cst.Call):
        return Value("call", of=value_of(node.func, lambdas), args=arguments(node.args, lambdas))
    if isinstance(node, cst.Await):
        return Value("await", of=value_of(node.expression, lambdas))
    if isinstance(node, cst.Subscript):
        items = tuple(
            ("", value_of(e.slice.value, lambdas) if isinstance(e.slice, cst.Index) else Value("other", "slice"))
            for e in node.slice
        )
        return Value("item", of=value_of(node.value, lambdas), args=items)
    if isinstance(node, cst.SimpleString):
        return string(node)
    if isinstance(node, cst.ConcatenatedString):
        return Value("constant", "str")
    if node is not None and (kind := CONSTANTS.get(node.__class__)):
        text = node.value if isinstance(node, (cst.Integer, cst.Float)) else ""
        return Value("constant", kind, text=text[:LONGEST_TEXT])
    if isinstance(node, (cst.List, cst.Tuple, cst.Set)):
        return Value(COLLECTIONS[node.__class__], args=tuple(("", element(e, lambdas)) for e in node.elements))
    if isinstance(node, cst.Dict):
        return Value("dict", args=tuple(pair(e, lambdas) for e in node.elements))
    if isinstance(node, cst.IfExp):
        return Value("choice", args=(("", value_of(node.body, lambdas)), ("", value_of(node.orelse, lambdas))))
    if isinstance(node, cst.BooleanOperation):
        left, right = value_of(node.left, lambdas), value_of(node.right, lambdas)
        return Value("choice", "and" if isinstance(node.operator, cst.And) else "or", args=(("", left), ("", right)))
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
        return Value("choice", "|", args=(("", value_of(node.left, lambdas)), ("", value_of(node.right, lambdas))))
    if isinstance(node, (cst.Comparison, cst.UnaryOperation)):
        is_bool = isinstance(node, cst.Comparison) and all(
            isinstance(c.operator, (cst.Is, cst.IsNot, cst.In, cst.NotIn)) for c in node.comparisons
        )
        return Value("constant", "bool") if is_bool or is_not(node) else UNKNOWN
    if isinstance(node, cst.NamedExpr):
        return value_of(node.value, lambdas)
    if isinstance(node, (cst.ListComp, cst.SetComp, cst.GeneratorExp)):
        return Value("comprehension", COMPREHENSIONS[node.__class__], args=(("", value_of(node.elt, lambdas)),))
    if isinstance(node, cst.DictComp):
        entry = (("", value_of(node.key, lambdas)), ("", value_of(node.value, lambdas)))
        return Value("comprehension", "dict", args=entry)
    if isinstance(node, cst.Lambda) and lambdas and node in lambdas:
        return Value("function", lambdas[node])
    return UNKNOWN


def is_not(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not)


def string(node: cst.SimpleString) -> Value:
    if "b" in node.prefix.lower():
        return Value("constant", "bytes")
    return Value("constant", "str", text=node.raw_value[:LONGEST_TEXT])


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
    return unquoted(value_of(node.annotation)) if node is not None else None


def unquoted(value: Value) -> Value:
    if value.kind == "constant" and value.name == "str":
        return parsed(value.text)
    if value.kind == "item" and value.of is not None:
        literal = (value.of.dotted or "").rpartition(".")[2] == "Literal"
        args = value.args if literal else tuple((k, unquoted(v)) for k, v in value.args)
        return Value("item", of=value.of, args=args)
    if value.kind in ("choice", "list", "tuple"):
        return Value(value.kind, value.name, args=tuple((k, unquoted(v)) for k, v in value.args))
    return value


def parsed(text: str) -> Value:
    """The value of an annotation that was written as a string."""
    if not 0 < len(text.strip()) < LONGEST_TEXT:
        return UNKNOWN
    try:
        return unquoted(value_of(cst.parse_expression(text.strip())))
    except cst.ParserSyntaxError:
        return UNKNOWN
