"""Calls that wait for something else than HTTP, a file or a database session: a clock, a process, a lock, a server."""

from __future__ import annotations

from apitfall.rule import Value

BLOCKING = frozenset(
    "time.sleep os.system subprocess.run subprocess.call subprocess.check_call subprocess.check_output".split()
)
NAMES = frozenset(name.rpartition(".")[2] for name in BLOCKING)


def wait(symbol: str, _: Value) -> str | None:
    """The function as it is shown, if calling it waits."""
    return symbol.removeprefix("builtins.") if symbol in BLOCKING else None
