"""Annotations that are written as strings, or have some in them."""

from __future__ import annotations

from collections.abc import Callable

from apitfall.facts.model import UNKNOWN, Value

LONGEST_TEXT = 200  # of a constant; longer ones are cut, for facts are kept and compared


def unquoted(value: Value, read: Callable[[str], Value]) -> Value:
    """An annotation, with the strings in it read as the expressions they hold; `read` gives the value of one."""
    if value.kind == "constant" and value.name == "str":
        text = value.text.strip()
        return unquoted(read(text), read) if 0 < len(text) < LONGEST_TEXT else UNKNOWN
    if value.kind == "item" and value.of is not None:
        literal = (value.of.dotted or "").rpartition(".")[2] == "Literal"
        args = value.args if literal else tuple([(k, unquoted(v, read)) for k, v in value.args])
        return Value("item", of=value.of, args=args)
    if value.kind in ("choice", "list", "tuple"):
        return Value(value.kind, value.name, args=tuple([(k, unquoted(v, read)) for k, v in value.args]))
    return value
