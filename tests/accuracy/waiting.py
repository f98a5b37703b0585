"""Calls that wait, and with them the event loop, where they were awaited or handed to a thread."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import handed_off
from module import Module, last_name
from mutants import Call, Mutant, Project, placed, serves

RULE = ("blocking-call",)
COMMANDS = frozenset(
    "get set setex setnx mget delete exists expire ttl incr decr keys ping hget hset hgetall hdel lpush rpush lrange"
    " sadd srem smembers zadd zrange publish scard flushdb".split()
)


def awaits_in_requests(module: Module, app: Project) -> Iterator[tuple[ast.Await, ast.Call]]:
    """The awaited calls in coroutine functions that requests may wait for."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
            function = module.function(node)
            if isinstance(function, ast.AsyncFunctionDef) and serves(function, module, app):
                yield node, node.value


def arguments_of(call: ast.Call, module: Module) -> str:
    opened = module.text.index("(", module.end(call.func))
    return module.text[opened + 1 : module.end(call) - 1]


def sleep(module: Module, app: Project) -> Iterator[Mutant]:
    """``await asyncio.sleep(x)`` as ``time.sleep(x)``."""
    for node, call in awaits_in_requests(module, app):
        if module.source(call.func) != "asyncio.sleep" or module.source(call.args[0]) == "0":
            continue
        span = module.start(node), module.end(node)
        yield from placed(
            "a sleep", module, app, span, Call("time.sleep", {"time": "time"}), arguments_of(call, module), RULE
        )


def redis(module: Module, app: Project) -> Iterator[Mutant]:
    """An awaited command of Redis as one of a client that waits."""
    for node, call in awaits_in_requests(module, app):
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr not in COMMANDS or "redis" not in last_name(func.value):
            continue
        waits = Call(f"waiting_redis.{func.attr}", {"WaitingRedis": "redis.Redis"}, ("waiting_redis", "WaitingRedis()"))
        span = module.start(node), module.end(node)
        yield from placed("a command of Redis", module, app, span, waits, arguments_of(call, module), RULE)


FAULTS = {"blocking-call": (sleep, redis, handed_off.taken_back("blocking-call"))}
