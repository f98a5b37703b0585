"""From `requests` and sync `httpx` functions to an async client that behaves as they do."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass, field

import libcst as cst
from apitfall.rule import Edit, Edits, Fix, RuleContext

from apitfall_rules.frameworks.http import VERBS
from apitfall_rules.frameworks.imports import without_import
from apitfall_rules.frameworks.uses import is_head

# What the answers of both libraries have, and mean the same by.
SAME = frozenset("status_code json text content headers raise_for_status".split())

# The parameters behind the URL that requests takes by position.
POSITIONAL = {"get": ("params",), "post": ("data", "json"), "put": ("data",), "patch": ("data",)}
BODILESS = frozenset(("get", "head", "options", "delete"))  # httpx takes no body in these, but in `request`
TO_CLIENT = frozenset(("auth", "verify", "cookies", "timeout", "proxy", "trust_env", "follow_redirects"))
FROM_REQUESTS = frozenset(
    ("params", "headers", "cookies", "json", "data", "timeout", "auth", "verify", "allow_redirects")
)
FROM_HTTPX = frozenset(
    (
        "params",
        "headers",
        "cookies",
        "json",
        "data",
        "content",
        "files",
        "auth",
        "proxy",
        "timeout",
        "follow_redirects",
        "verify",
        "trust_env",
    )
)


@dataclass
class Request:
    """One request, as text: the client's arguments and those of its method."""

    verb: str
    url: str
    client: list[str] = field(default_factory=list[str])
    arguments: list[str] = field(default_factory=list[str])


def async_client(call: cst.Call, symbol: str, ctx: RuleContext) -> Fix | None:
    """The fix `async-client`; None where the answer's use, or an argument, has no equal."""
    library, _, verb = (
        symbol.removeprefix("requests.api.").rpartition(".")
        if symbol.startswith("requests.api.")
        else symbol.rpartition(".")
    )
    library = library or "requests"
    if library not in ("requests", "httpx", "httpx2") or verb not in VERBS:
        return None
    statement = ctx.statement(call)
    if (
        not isinstance(statement, cst.SimpleStatementLine)
        or len(statement.body) != 1
        or ctx.enclosing_definition(call) is None
    ):
        return None
    if ctx.string_lines(statement):
        return None  # its lines move, and those of a string must not
    if in_comprehension(call, ctx) or catches(call, library, ctx) or not answer_is_portable(call, library, ctx):
        return None
    request = read(call, library, verb, ctx)
    if request is None:
        return None
    target = target_library(library, ctx)
    title = f"Use `{target}.AsyncClient` and await the answer"
    return Fix("async-client", title, lambda: Edits(edits(call, statement, request, target, library, ctx)))


def target_library(library: str, ctx: RuleContext) -> str:
    """The client library that the file or the project has; httpx2 is the maintained successor of httpx."""
    if library != "requests":
        return library
    imported = {found.module for found in ctx.facts.imports.values() if not found.name}
    for name in ("httpx2", "httpx"):
        if name in imported:
            return name
    return "httpx2" if ctx.project.version("httpx2") is not None else "httpx"


def in_comprehension(call: cst.Call, ctx: RuleContext) -> bool:
    for parent in ctx.ancestors(call):
        if isinstance(parent, (cst.BaseComp, cst.Lambda)):
            return True
        if isinstance(parent, cst.BaseStatement):
            return False
    return False


def catches(call: cst.Call, library: str, ctx: RuleContext) -> bool:
    """Whether a `try` around the call names exceptions of the library, which the other one does not raise."""
    if library != "requests":
        return False
    for parent in ctx.ancestors(call):
        if isinstance(parent, cst.FunctionDef):
            return False
        if isinstance(parent, cst.Try) and any(
            h.type is not None and "requests" in names_in(h.type, ctx) for h in parent.handlers
        ):
            return True
    return False


def names_in(node: cst.BaseExpression, ctx: RuleContext) -> set[str]:
    """The libraries that the exceptions of a handler come from."""
    types = [e.value for e in node.elements] if isinstance(node, cst.Tuple) else [node]
    return {(ctx.qualified_name(t) or "").partition(".")[0] for t in types}


def answer_is_portable(call: cst.Call, library: str, ctx: RuleContext) -> bool:
    """Whether all that is done with the answer means the same for the other library's."""
    if library != "requests":
        return True
    parent = ctx.parent(call)
    if isinstance(parent, cst.Expr):
        return True
    if isinstance(parent, cst.Attribute):
        return parent.attr.value in SAME
    if not isinstance(parent, cst.Assign) or len(parent.targets) != 1:
        return False
    target = parent.targets[0].target
    definition = ctx.enclosing_definition(call)
    if not isinstance(target, cst.Name) or definition is None:
        return False
    for node in ctx.whole(definition):
        if not isinstance(node, cst.Name) or node.value != target.value:
            continue
        around = ctx.parent(node)
        if isinstance(around, cst.AssignTarget) or (isinstance(around, cst.Attribute) and node is not around.value):
            continue
        if isinstance(around, cst.Arg) and node is around.keyword:
            continue
        if not isinstance(around, cst.Attribute) or around.attr.value not in SAME:
            return False
    return True


def read(call: cst.Call, library: str, verb: str, ctx: RuleContext) -> Request | None:
    """The call's arguments, sorted to the client and to its method; None if one has no equal."""
    given = [*call.args]
    if any(arg.star for arg in given) or has_comment(ctx.source(call)):
        return None
    lead = ("method", "url") if verb == "request" else ("url",)
    names = (*lead, *POSITIONAL.get(verb, ())) if library == "requests" else lead
    arguments: dict[str, cst.BaseExpression] = {}
    for number, arg in enumerate(given):
        if arg.keyword is None and number >= len(names):
            return None
        arguments[arg.keyword.value if arg.keyword is not None else names[number]] = arg.value
    known = FROM_REQUESTS if library == "requests" else FROM_HTTPX
    if not set(lead) <= set(arguments) or not set(arguments) - set(lead) <= known:
        return None
    url = written(arguments.pop("url"), ctx)
    request = Request(verb, url)
    if verb == "request":
        request.arguments.append(written(arguments.pop("method"), ctx))
    elif verb in BODILESS and {"json", "data"} & set(arguments):
        request.verb = "request"
        request.arguments.append(f'"{verb.upper()}"')
    request.arguments.append(url)
    if library == "requests" and not fill_defaults(request, verb, arguments, ctx):
        return None
    for name, value in arguments.items():
        if name == "params" and "?" in url:
            return None  # requests adds to the query that the URL has, httpx puts its own in the place of it
        if name == "data" and library == "requests":
            kind = body_kind(value, ctx)
            if kind is None:
                return None
            name = kind
        (request.client if name in TO_CLIENT else request.arguments).append(f"{name}={written(value, ctx)}")
    return request


def written(value: cst.BaseExpression, ctx: RuleContext) -> str:
    """The source of an argument, which may be a tuple, with its parentheses."""
    return f"({ctx.source(value)})" if value.lpar else ctx.source(value)


def has_comment(source: str) -> bool:
    """Whether a comment stands among the arguments, which would be lost with their order."""
    if "#" not in source:
        return False
    return any(token.type == tokenize.COMMENT for token in tokenize.generate_tokens(io.StringIO(source).readline))


def fill_defaults(request: Request, verb: str, arguments: dict[str, cst.BaseExpression], ctx: RuleContext) -> bool:
    """Say what requests does unasked: it follows redirects, except for HEAD, and waits for ever."""
    redirects = arguments.pop("allow_redirects", None)
    if redirects is not None:
        request.client.append(f"follow_redirects={written(redirects, ctx)}")
    elif verb == "request" and not is_method_with_redirects(request.arguments[0]):
        return False
    elif verb != "head":
        request.client.append("follow_redirects=True")
    if "timeout" not in arguments:
        request.client.append("timeout=None")
    # An object of requests' own that authenticates means nothing to httpx.
    return "auth" not in arguments or isinstance(arguments["auth"], cst.Tuple)


def is_method_with_redirects(source: str) -> bool:
    return re.fullmatch(r"""["'](?!HEAD)[A-Za-z]+["']""", source) is not None


def body_kind(value: cst.BaseExpression, ctx: RuleContext) -> str | None:
    """The keyword under which httpx takes what requests takes as `data`: by its type."""
    known = ctx.type_of(value)
    if known is None:
        return None
    return {"str": "content", "bytes": "content", "dict": "data"}.get(known.name)


def edits(
    call: cst.Call, statement: cst.SimpleStatementLine, request: Request, target: str, library: str, ctx: RuleContext
) -> tuple[Edit, ...]:
    name, imports = ctx.import_edit(target)
    client = ctx.unused_name("client")
    arguments = joined(call, request, ctx)
    awaited = f"await {client}.{request.verb}({arguments})"
    if is_head(call, ctx.parent(call)) and not call.lpar:
        awaited = f"({awaited})"
    header = f"async with {name}.AsyncClient({', '.join(request.client)}) as {client}:"
    wrapped = ctx.wrap(statement, header, ctx.replace(call, awaited))
    unused = without_import(call, library, ctx) if library != target else ()
    return (wrapped, *imports, *unused)


def joined(call: cst.Call, request: Request, ctx: RuleContext) -> str:
    """The arguments on one line, or one a line where the call had them so."""
    source = ctx.source(call)
    if "\n" not in source and "\r" not in source:
        return ", ".join(request.arguments)
    newline = "\r\n" if "\r\n" in source else "\n"
    closing = ctx.indentation(ctx.span(call).end - 1)
    inner = ctx.indentation(ctx.span(call.args[0]).start)
    if inner == ctx.indentation(ctx.span(call).start):
        return ", ".join(request.arguments)
    own_line = ctx.document.text[: ctx.span(call).end - 1].rpartition("\n")[2].strip() == ""
    tail = f",{newline}{closing}" if own_line else ""
    head = f"{newline}{inner}" if own_line else ""
    return head + f",{newline}{inner}".join(request.arguments) + tail
