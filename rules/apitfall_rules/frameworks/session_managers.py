"""What is entered by `with` and `async with`: sessions, and what makes them."""

from __future__ import annotations

from apitfall.rule import Place, ProjectIndex, Scope, Value

from apitfall_rules.frameworks.calls import shown
from apitfall_rules.frameworks.sessions import Session, of_type, sessions_of

ENTERED = {  # what gives a context manager of one kind, by its symbol
    "sqlalchemy.Engine.begin": False,
    "sqlalchemy.Engine.connect": False,
    "sqlalchemy.orm.sessionmaker.begin": False,
    "sqlalchemy.orm.Session.begin": False,
    "sqlalchemy.orm.Session.begin_nested": False,
    "sqlalchemy.ext.asyncio.AsyncEngine.begin": True,
    "sqlalchemy.ext.asyncio.AsyncEngine.connect": True,
    "sqlalchemy.ext.asyncio.async_sessionmaker.begin": True,
    "sqlalchemy.ext.asyncio.AsyncSession.begin": True,
    "sqlalchemy.ext.asyncio.AsyncSession.begin_nested": True,
}

MANAGERS = {"contextlib.contextmanager": False, "contextlib.asynccontextmanager": True}


def entered(
    value: Value, symbol: str | None, scope: Scope, place: Place | None, project: ProjectIndex
) -> tuple[str, bool] | None:
    """What a context manager is, and whether it is an asynchronous one; None if it is none of ours. `symbol` is what is
    called, of a call."""
    if symbol is not None:
        if symbol in ENTERED:
            owner, _, name = symbol.rpartition(".")
            return f"what `{owner.rpartition('.')[2]}.{name}` gives", ENTERED[symbol]
        own = manager_of_session(symbol, project)
        if own is not None:
            return f"what `{shown(symbol)}` gives", own
    found = sessions_of(value, scope, place, project)
    session = next(iter(found)) if len(found) == 1 else None
    if session is None or session.is_scoped or has_both(session, project):
        return None
    return f"`{session.name}`", session.is_async


def manager_of_session(symbol: str, project: ProjectIndex) -> bool | None:
    """Whether a function of the project, which yields a session, makes an asynchronous context manager of that; None if
    it makes none."""
    function, module = project.signature(symbol), symbol.partition(":")[0]
    if function is None or function.owner:
        return None
    kinds = {MANAGERS.get(project.symbol(d, Scope(module)) or "") for d in function.decorators}
    made = project.returned(symbol)
    inner = made.args[0] if made is not None and made.args else None
    return kinds.pop() if len(kinds) == 1 and of_type(inner, project) else None


def has_both(session: Session, project: ProjectIndex) -> bool:
    """Whether a class of the project adds the other way to be entered."""
    return ":" in session.cls and any(
        (project.method(session.cls, name) or "").count(":") for name in ("__enter__", "__aenter__")
    )
