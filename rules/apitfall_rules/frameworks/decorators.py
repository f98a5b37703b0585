"""Decorators of libraries that give back something which is called as the function was."""

from __future__ import annotations

from collections.abc import Iterator

from apitfall.rule import Type, callable_

from apitfall_rules.frameworks.types import DECORATOR

# They call the function where it is called, with its arguments, and give back what it gives.
AROUND = """
    backoff.on_exception backoff.on_predicate dependency_injector.wiring.inject langfuse.observe langfuse.decorators.observe
    langsmith.traceable logfire.instrument sentry_sdk.trace stamina.retry tenacity.retry
"""


def decorator_types() -> Iterator[tuple[str, Type]]:
    return ((name, callable_(DECORATOR)) for name in AROUND.split())
