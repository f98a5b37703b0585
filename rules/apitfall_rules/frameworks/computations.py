"""Calls that compute for long."""

from __future__ import annotations

from apitfall.rule import Value

HEAVY = frozenset("bcrypt.hashpw bcrypt.checkpw hashlib.pbkdf2_hmac hashlib.scrypt".split())
NAMES = frozenset(name.rpartition(".")[2] for name in HEAVY)


def computation(symbol: str, _: Value) -> str | None:
    """The function as it is shown, if calling it computes for long."""
    return symbol if symbol in HEAVY else None
