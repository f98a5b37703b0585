"""Finds pitfalls in FastAPI, SQLAlchemy and Pydantic code: the part that knows the frameworks."""

from apitfall_rules.frameworks import async_types, computing_types, types

API = 1

# The imports that wake us; Pydantic alone does not, for without the others nothing runs on an event loop of theirs.
PACKAGES = ("fastapi", "starlette", "sqlalchemy", "sqlmodel")

# Migrations are written once, by a generator, and run by hand.
EXCLUDE = ("**/alembic/versions/", "**/migrations/versions/")

TYPES = {**types.TYPES, **async_types.TYPES, **computing_types.TYPES}

# Where the command `fastapi` is told which application it is to run.
APPLICATION = ("fastapi", "entrypoint")

__all__ = ["API", "APPLICATION", "EXCLUDE", "PACKAGES", "TYPES"]
