"""Computations that hold the event loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice

import handed_off
from file_calls import statement_put_first
from module import Module, last_name
from mutants import LOOP, Call, Mutant, Project, endpoints, of_function

RULE = ("cpu-bound-in-async",)
HASHING = frozenset(
    "hash_password get_password_hash verify_password hash_pwd check_password bcrypt_hash hashpw checkpw".split()
)
BCRYPT = Call("bcrypt.hashpw", {"bcrypt": "bcrypt"})


def endpoint_made_async(module: Module, app: Project) -> Iterator[Mutant]:
    """``async`` before a `def` endpoint that hashes a password."""
    for function in endpoints(module, is_async=False):
        calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
        if any(last_name(call.func) in HASHING for call in calls) and app.calls[function.name] == 1:
            start = module.start(function)
            yield of_function("a def endpoint made async", module, function, [(start, start, "async ")], RULE, LOOP)


def put_first(module: Module, app: Project) -> Iterator[Mutant]:
    """A password is hashed before all else in an endpoint, the first two of each file."""
    for function in islice(endpoints(module, is_async=True), 2):
        arguments = 'b"secret", b"$2b$12$abcdefghijklmnopqrstuu"'
        yield from statement_put_first("a password hashed", BCRYPT, arguments, RULE, function, module, app)


FAULTS = {"cpu-bound-in-async": (endpoint_made_async, put_first, handed_off.taken_back("cpu-bound-in-async"))}
