"""Calls that read or write files."""

from __future__ import annotations

from apitfall.rule import Value

BLOCKING = frozenset(
    """
    builtins.open io.open pathlib.Path.open pathlib.Path.read_text pathlib.Path.read_bytes pathlib.Path.write_text
    pathlib.Path.write_bytes
    """.split()
)
NAMES = frozenset(name.rpartition(".")[2] for name in BLOCKING)


def file_call(symbol: str, _: Value) -> str | None:
    """The function as it is shown, if calling it touches the disk."""
    return symbol.removeprefix("builtins.") if symbol in BLOCKING else None
