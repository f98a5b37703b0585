"""Calls of a synchronous session of SQLAlchemy or SQLModel that send a statement."""

from __future__ import annotations

from apitfall.rule import Value

SENDING = frozenset("execute scalars scalar get get_one commit flush refresh exec merge".split())
NAMES = SENDING


def session_call(symbol: str, _: Value) -> str | None:
    """The method as it is shown, if calling it sends a statement."""
    owner, _, name = symbol.rpartition(".")
    if owner in ("sqlalchemy.orm.Session", "sqlmodel.Session") and name in SENDING:
        return f"Session.{name}"
    return None
