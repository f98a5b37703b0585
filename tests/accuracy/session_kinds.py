"""Sessions that wait where nothing may, and sessions taken for the other kind."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import handed_off
from module import Edit, Function, Module, last_name
from mutants import LOOP, Mutant, Project, at_place, endpoints, of_function

SYNC = ("sync-session-in-async",)
MIXED = ("mixed-sync-async",)
WAITING = frozenset(
    "execute exec scalars scalar commit flush refresh get all first one one_or_none count delete scalar_one".split()
)
SESSION, ASYNC_SESSION = re.compile(r"\bSession\b"), re.compile(r"\bAsyncSession\b")


def parameters(function: Function) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def is_of(kind: re.Pattern[str], argument: ast.arg, module: Module, app: Project) -> bool:
    """Whether a parameter's annotation names a kind of session, or an alias of it that the project has."""
    if argument.annotation is None:
        return False
    annotation = module.source(argument.annotation)
    return bool(kind.search(annotation) or kind.search(aliases(app).get(annotation, "")))


@cache
def aliases(app: Project) -> dict[str, str]:
    """What is written for each alias like ``SessionDep = Annotated[Session, Depends(get_db)]``."""
    return {
        node.targets[0].id: module.source(node.value)
        for module in app.modules.values()
        for node in module.tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        if module.source(node.value).startswith("Annotated[")
    }


def endpoint_made_async(module: Module, app: Project) -> Iterator[Mutant]:
    """``async`` before a `def` endpoint that waits for its session, or hands it to a function of the project."""
    for function in endpoints(module, is_async=False):
        sessions = {a.arg for a in parameters(function) if is_of(SESSION, a, module, app)}
        if not sessions or app.calls[function.name] != 1:
            continue
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        if any(
            isinstance(c.func, ast.Attribute) and c.func.attr in WAITING and root(c.func) in sessions for c in calls
        ):
            kind = "a def endpoint made async"
        elif any(is_handed(call, sessions) for call in calls):
            kind = "a def endpoint made async, which hands its session on"
        else:
            continue
        start = module.start(function)
        yield of_function(kind, module, function, [(start, start, "async ")], SYNC, LOOP)


def is_handed(call: ast.Call, sessions: set[str]) -> bool:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(isinstance(value, ast.Name) and value.id in sessions for value in given)


def root(node: ast.AST) -> str:
    """The name that a chain of attributes and calls begins with."""
    while isinstance(node, (ast.Attribute, ast.Call)):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return last_name(node)


def annotated_otherwise(module: Module, app: Project) -> Iterator[Mutant]:
    """``db: AsyncSession = Depends(get_db)`` as ``db: Session = Depends(get_db)``."""
    imported = module.import_edit("Session", "sqlalchemy.orm.Session")
    if imported is None:
        return
    for function in module.functions:
        defaults = defaults_of(function)
        for argument in parameters(function):
            annotation, default = argument.annotation, defaults.get(argument.arg)
            if annotation is None or not ASYNC_SESSION.search(module.source(annotation)):
                continue
            sources = [module.source(node) for node in (annotation, default) if node is not None]
            if any(re.search(r"\bDepends\(\w", source) for source in sources):
                text = ASYNC_SESSION.sub("Session", module.source(annotation))
                start, end = module.start(annotation), module.end(annotation)
                edits = [imported, (start, end, text)]
                yield at_place("a parameter annotated Session", module, start, end, edits, MIXED)


def defaults_of(function: Function) -> dict[str, ast.expr]:
    """The default of each parameter that has one."""
    positional = [*function.args.posonlyargs, *function.args.args]
    found = dict(zip([a.arg for a in reversed(positional)], reversed(function.args.defaults), strict=False))
    given = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return found | {argument.arg: default for argument, default in given if default is not None}


def made_plain(module: Module, app: Project) -> Iterator[Mutant]:
    """``async`` and each ``await`` go from an endpoint that uses an `AsyncSession`."""
    for function in endpoints(module, is_async=True):
        sessions = {a.arg for a in parameters(function) if is_of(ASYNC_SESSION, a, module, app)}
        waits = [n for n in ast.walk(function) if isinstance(n, ast.Await)]
        if app.calls[function.name] != 1 or not any(is_session_call(n, sessions) for n in waits):
            continue
        if any(isinstance(n, (ast.AsyncFor, ast.AsyncWith, ast.comprehension)) for n in ast.walk(function)):
            continue
        start = module.start(function)
        edits: list[Edit] = [(start, start + len("async "), "")]
        edits += [(module.start(n), module.start(n) + len("await "), "") for n in waits]
        yield of_function(
            "an async endpoint made def", module, function, edits, MIXED, ("missing-await", "mixed-sync-async")
        )


def queried(module: Module, app: Project) -> Iterator[Mutant]:
    """``await db.execute(select(X))`` as ``db.query(X)`` on an `AsyncSession`."""
    for function in module.functions:
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        sessions = {a.arg for a in parameters(function) if is_of(ASYNC_SESSION, a, module, app)}
        for node in ast.walk(function):
            if is_session_call(node, sessions, "execute") and module.function(node) is function:
                assert isinstance(node, ast.Await) and isinstance(node.value, ast.Call)
                selected = re.search(r"\bselect\((\w+)\)", module.source(node))
                if selected is not None:
                    start, end = module.start(node), module.end(node)
                    text = f"{root(node.value.func)}.query({selected[1]})"
                    yield at_place("query of an AsyncSession", module, start, end, [(start, end, text)], MIXED)


def is_session_call(node: ast.AST, sessions: set[str], name: str = "") -> bool:
    """Whether what is awaited is a method, this one if it is said, of one of the sessions."""
    if not isinstance(node, ast.Await) or not isinstance(node.value, ast.Call):
        return False
    func = node.value.func
    known = isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id in sessions
    return known and name in ("", last_name(func))


def entered(module: Module, app: Project) -> Iterator[Mutant]:
    """``async with maker() as session`` as ``with maker() as session``, where the name says that a session is made."""
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.AsyncWith)
            and len(node.items) == 1
            and node.lineno == node.items[0].context_expr.lineno
        ):
            made = node.items[0].context_expr
            if isinstance(made, ast.Call) and re.search(r"session", last_name(made.func), re.IGNORECASE):
                if not re.search(r"client|http|aiohttp", module.source(made), re.IGNORECASE):
                    start = module.start(node)
                    edits = [(start, start + len("async "), "")]
                    yield at_place("with for async with", module, start, module.end(made), edits, MIXED)


FAULTS = {
    "sync-session-in-async": (endpoint_made_async, handed_off.taken_back("sync-session-in-async")),
    "mixed-sync-async": (annotated_otherwise, made_plain, queried, entered),
}
