"""Calls that were handed to a thread, made where they stand."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from module import Module, last_name
from mutants import LOOP, Fault, Mutant, Project, at_place, serves

HANDED = Path(__file__).with_name("handed_off.json")
FIRST_ARGUMENT = {"to_thread": 0, "run_in_threadpool": 0, "run_sync": 0, "run_in_executor": 1}


@cache
def kinds() -> dict[str, str]:
    """What was read of the functions that are handed off, by `path: function` as the code names it: the rule that is
    to speak of what they do."""
    return json.loads(HANDED.read_text(encoding="utf-8"))


def taken_back(rule: str) -> Fault:
    """The fault for one rule: ``await asyncio.to_thread(f, x)`` as ``f(x)``, where it is known that `f` holds the loop."""

    def fault(module: Module, app: Project) -> Iterator[Mutant]:
        for node, function, arguments in handed(module, app):
            if kinds().get(f"{module.path}: {function}") == rule:
                edit = (module.start(node), module.end(node), f"{function}({arguments})")
                rules = (rule, *(other for other in LOOP if other != rule))
                yield at_place("handed to a thread", module, module.start(node), module.end(node), [edit], rules)

    return fault


def handed(module: Module, app: Project) -> Iterator[tuple[ast.Await, str, str]]:
    """What is handed off in code that requests may wait for: the `await`, the function and its arguments as text."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Await) or not isinstance(node.value, ast.Call):
            continue
        call, place = node.value, FIRST_ARGUMENT.get(last_name(node.value.func))
        around = module.function(node)
        if place is None or len(call.args) <= place or not isinstance(around, ast.AsyncFunctionDef):
            continue
        if not serves(around, module, app) or any(isinstance(argument, ast.Starred) for argument in call.args):
            continue
        function = call.args[place]
        given = [*map(module.source, call.args[place + 1 :]), *(keyword(k, module) for k in call.keywords)]
        if isinstance(function, ast.Lambda):
            inner = function.body
            if isinstance(inner, ast.Call) and not function.args.args:
                opened = module.text.index("(", module.end(inner.func))
                yield node, module.source(inner.func), module.text[opened + 1 : module.end(inner) - 1]
        elif isinstance(function, (ast.Name, ast.Attribute)):
            yield node, module.source(function), ", ".join(given)


def keyword(node: ast.keyword, module: Module) -> str:
    return f"{node.arg}={module.source(node.value)}" if node.arg else f"**{module.source(node.value)}"
