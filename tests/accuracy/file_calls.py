"""Files that are read and written on the event loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice

import handed_off
from module import Edit, Function, Module, last_name
from mutants import Call, Mutant, Project, at_place, endpoints, placed, serves
from waiting import arguments_of, awaits_in_requests

RULE = ("blocking-file-io",)
OPENERS = ("aiofiles.open", "anyio.open_file")
TRANSFERS = frozenset("read_text read_bytes write_text write_bytes".split())
READ = Call('Path("notes.txt").read_text', {"Path": "pathlib.Path"})


def opened(module: Module, app: Project) -> Iterator[Mutant]:
    """``async with aiofiles.open(p) as f: await f.read()`` as ``with open(p) as f: f.read()``."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.AsyncWith) or len(node.items) != 1 or not in_requests(node, module, app):
            continue
        made, name = node.items[0].context_expr, node.items[0].optional_vars
        call = made.value if isinstance(made, ast.Await) else made
        if not isinstance(call, ast.Call) or not isinstance(name, ast.Name) or module.source(call.func) not in OPENERS:
            continue
        start = module.start(node)
        edits: list[Edit] = [
            (start, start + len("async "), ""),
            (module.start(made), module.end(call.func), "open"),
            *(edit for inner in ast.walk(node) for edit in synchronous(inner, name.id, module)),
        ]
        yield at_place("aiofiles", module, start, module.end(made), edits, RULE)


def synchronous(node: ast.AST, file: str, module: Module) -> Iterator[Edit]:
    """What goes where an async file is used."""
    if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
        func = node.value.func
        if isinstance(func, ast.Attribute) and last_name(func.value) == file:
            yield module.start(node), module.start(node.value), ""
    elif isinstance(node, ast.AsyncFor) and last_name(node.iter) == file:
        yield module.start(node), module.start(node) + len("async "), ""


def transferred(module: Module, app: Project) -> Iterator[Mutant]:
    """``await path.read_text()`` of an `anyio.Path` as that of a `pathlib.Path`."""
    if "anyio" not in module.names:
        return
    for node, call in awaits_in_requests(module, app):
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr in TRANSFERS:
            start, end = module.start(node), module.end(node)
            path, imported = module.source(func.value), module.import_edit("Path", "pathlib.Path")
            if imported is not None:
                text = f"Path({path}).{func.attr}({arguments_of(call, module)})"
                yield at_place("anyio.Path", module, start, end, [imported, (start, end, text)], RULE)


def put_first(module: Module, app: Project) -> Iterator[Mutant]:
    """A file is read before all else in an endpoint, the first two of each file."""
    for function in islice(endpoints(module, is_async=True), 2):
        yield from statement_put_first("a file read", READ, "", RULE, function, module, app)


def statement_put_first(
    kind: str, call: Call, arguments: str, rules: tuple[str, ...], function: Function, module: Module, app: Project
) -> Iterator[Mutant]:
    """A call that holds the loop is made before all else in a function."""
    place = module.body_place(function)
    if place is not None and "taken" not in module.names:
        start, indent = place
        statement = f"{indent}taken = {{}}{module.newline}"
        yield from placed(kind, module, app, (start, start), call, arguments, rules, statement)


def in_requests(node: ast.AST, module: Module, app: Project) -> bool:
    function = module.function(node)
    return isinstance(function, ast.AsyncFunctionDef) and serves(function, module, app)


FAULTS = {"blocking-file-io": (opened, transferred, put_first, handed_off.taken_back("blocking-file-io"))}
