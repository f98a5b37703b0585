"""Finds pitfalls in FastAPI, SQLAlchemy and Pydantic code: the part that knows the frameworks."""

from apitfall_rules.frameworks import async_types, computing_types, types
from apitfall_rules.frameworks.clients import client_types
from apitfall_rules.frameworks.decorators import decorator_types
from apitfall_rules.frameworks.drivers import DRIVERS
from apitfall_rules.frameworks.file_io import file_types
from apitfall_rules.frameworks.language_models import LANGUAGE_MODELS, prompt_types
from apitfall_rules.frameworks.sdks import SDKS
from apitfall_rules.frameworks.waits import wait_types

API = 1

TYPES = {
    **types.TYPES,
    **async_types.TYPES,
    **computing_types.TYPES,
    **dict(decorator_types()),
    **dict(client_types(DRIVERS.clients)),
    **dict(client_types(SDKS.clients)),
    **dict(client_types(LANGUAGE_MODELS.clients)),
    **dict(prompt_types()),
    **dict(wait_types()),
    **dict(file_types()),
}

# The imports that wake us; Pydantic alone does not, for without the others nothing runs on an event loop of theirs.
PACKAGES = ("fastapi", "starlette", "sqlalchemy", "sqlmodel")

# Migrations are written once, by a generator, and run by hand.
EXCLUDE = ("**/alembic/versions/", "**/migrations/versions/")

# Where the command `fastapi` is told which application it is to run.
APPLICATION = ("fastapi", "entrypoint")

# What is asked most about types that are in no table: the files that these lead to are parsed as soon as there is time.
AHEAD = ("sqlalchemy.ext.asyncio:AsyncSession.execute", "sqlalchemy.orm:Session.execute")

__all__ = ["AHEAD", "API", "APPLICATION", "EXCLUDE", "PACKAGES", "TYPES"]
