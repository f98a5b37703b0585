"""What only reads or turns values that are in memory already."""

from __future__ import annotations

import libcst as cst
from apitfall.rule import FunctionFacts, ProjectIndex, RuleContext, Scope, Step, Value, summary

from apitfall_rules.frameworks.try_bodies import content

# What reads or turns a value in memory: such a call fails because of the value, and reaches nobody else.
VALUE_METHODS = frozenset(
    """
    _replace append astimezone capitalize casefold copy count decode encode endswith extend find format fromhex geturl group groups hex
    index isatty isdigit isoformat items join keys lower lstrip model_dump model_dump_json partition pop quantize removeprefix
    removesuffix replace rfind rpartition rsplit rstrip setdefault sort split splitlines startswith strftime strip title
    total_seconds upper values
    """.split()
)
# Those among them that change it.
CHANGING = frozenset("append extend pop setdefault sort".split())
VALUE_MODULES = frozenset(
    """
    ast base64 binascii collections copy datetime dateutil.parser decimal email.utils enum fractions html importlib.metadata inspect
    ipaddress itertools json math msgpack msgspec msgspec.json operator orjson re simplejson statistics strawberry.relay string struct textwrap tomllib
    types typing ujson unicodedata urllib.parse uuid yaml zoneinfo
    """.split()
)
VALUE_TYPES = frozenset("bytearray bytes dict float int list str".split())
# Functions of libraries that do more besides.
VALUE_FUNCTIONS = frozenset("sqlalchemy.make_url sqlalchemy.engine.make_url sqlalchemy.engine.url.make_url".split())


def reads_values(whole: cst.Try, ctx: RuleContext) -> bool:
    """Whether the body only reads and converts values that are in memory already."""
    inside = content(whole.body, ctx)
    return not inside.waits and not inside.raises and all(converts(call, ctx) for call in inside.calls)


def converts(call: cst.Call, ctx: RuleContext) -> bool:
    value = ctx.value(call)
    callee = value.of if value.of is not None else value
    return is_conversion(callee, value, ctx.qualified_name(call.func), ctx.project)


def is_conversion(callee: Value, call: Value, symbol: str | None, project: ProjectIndex) -> bool:
    """Whether a call of a callee that stands for a symbol only reads or turns a value."""
    if symbol is not None and ":" in symbol:
        return only_converts(symbol, project)
    if symbol is not None:
        module, _, name = symbol.rpartition(".")
        if module == "builtins":
            return name not in ("open", "exec", "eval", "input", "__import__", "compile")
        if symbol in VALUE_FUNCTIONS:
            return True
        if module in VALUE_MODULES or module.rpartition(".")[0] in VALUE_MODULES:
            return module != "typing.Any"  # a method of something that is declared to be anything
        if callee.name.startswith("model_dump"):
            return True
        return callee.name in VALUE_METHODS and module.removeprefix("builtins.") in VALUE_TYPES
    if callee.kind != "attribute":
        return False
    if callee.name == "get":  # of a dict: a client is asked for a URL, a session for a class
        key = call.argument(0)
        return key is not None and key.name == "str" and not key.text.startswith(("http", "/"))
    return callee.name in VALUE_METHODS


@summary(bottom=True)
def only_converts(symbol: str, project: ProjectIndex) -> bool:
    """Whether a function of the project only reads and converts values, and leaves everything else as it was."""
    function, scope = project.function(symbol), project.scope_of(symbol)
    if function is None or function.is_async or function.is_generator or not project.runs_body(symbol):
        return False
    if function.trivial or project.overrides(symbol):  # what is called may be another one
        return False
    return all(is_harmless(step, function, scope, project) for step in function.flow)


def is_harmless(step: Step, function: FunctionFacts, scope: Scope, project: ProjectIndex) -> bool:
    if step.use == "entered":
        return False
    if step.kind == "call":
        if step.target is None or (step.target.name in CHANGING and not is_own(step.target.root, function)):
            return False
        return is_conversion(step.target, step.result, project.symbol(step.target, scope, step.place), project)
    if step.kind not in ("assign", "delete") or step.target is None:
        return True
    return step.target.kind in ("name", "item") and is_own(step.target.root, function)


def is_own(name: Value, function: FunctionFacts) -> bool:
    """Whether a name is one that a function binds itself."""
    bound = any(step.kind == "assign" and step.target == name for step in function.flow)
    return bound and name.name not in function.globals
