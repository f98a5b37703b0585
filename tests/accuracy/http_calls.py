"""HTTP calls that hold the event loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import handed_off
from module import Module, last_name
from mutants import Call, Mutant, Project, placed, serves

VERBS = frozenset("get post put patch delete head request".split())
CLIENTS = ("httpx.AsyncClient", "httpx2.AsyncClient")
REQUESTS = {"requests": "requests"}


def client_to_requests(module: Module, app: Project) -> Iterator[Mutant]:
    """``await client.get(url)`` of an async client as ``requests.get(url)``."""
    if not any(library in module.names for library in ("httpx", "httpx2")):
        return
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Await) or not is_client_call(node.value, module):
            continue
        function = module.function(node)
        if not isinstance(function, ast.AsyncFunctionDef) or not serves(function, module, app):
            continue
        call = node.value
        opened = module.text.index("(", module.end(call.func))
        arguments = module.text[opened + 1 : module.end(call) - 1]
        span = module.start(node), module.end(node)
        name = f"requests.{call.func.attr}"
        yield from placed(
            "an async client", module, app, span, Call(name, REQUESTS), arguments, ("blocking-http-call",)
        )


def is_client_call(node: ast.expr, module: Module) -> bool:
    """Whether a call is one of an HTTP client's, by the block that made the client, or by the client's name."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in VERBS:
        return False
    if not node.args and not any(k.arg == "url" for k in node.keywords):
        return False
    client = node.func.value
    name = last_name(client)
    for block in module.ancestors(node):
        for item in block.items if isinstance(block, ast.AsyncWith) else ():
            if last_name(item.optional_vars or item.context_expr) == name:
                made = item.context_expr
                return isinstance(made, ast.Call) and last_name(made.func) == "AsyncClient"
    return name.strip("_") in ("client", "http_client", "httpx_client", "async_client", "http")


FAULTS = {"blocking-http-call": (client_to_requests, handed_off.taken_back("blocking-http-call"))}
