"""What a call does with an argument that is a coroutine: whether it takes a value, and cannot do with one."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import NONE, Parameter, ProjectIndex, RuleContext, Scope, Step, Type, Value, summary, value_of

from apitfall_rules.frameworks.async_functions import is_plain
from apitfall_rules.frameworks.bodies import functions_in
from apitfall_rules.frameworks.logging import is_log_call

# What fails with a coroutine, and what takes it for what it is and shows or counts it: a mistake either way.
NEEDING = frozenset(
    "len int float list tuple set dict sorted sum min max enumerate round any all json.dumps jsonable_encoder".split()
)
SHOWING = frozenset("str bool repr print".split())
CONSUMERS = NEEDING | SHOWING
# What writes out all that is in the lists and dicts that it is given, by its last name.
WRITING = frozenset("JSONResponse ORJSONResponse UJSONResponse TemplateResponse dumps jsonable_encoder".split())
# Functions and methods that take a value for what it is, by their last name.
TAKING = WRITING | frozenset(
    """
    model_validate model_validate_json model_validate_strings from_orm parse_obj parse_raw write BytesIO StringIO loads
    b64encode b64decode HTTPException
    """.split()
)
# Those that take coroutines, and those that ask whether something is one, by their last name.
TAKERS = frozenset(
    """
    gather create_task ensure_future wait_for wait shield start_soon as_completed run_coroutine_threadsafe
    run_until_complete
    """.split()
)
ASKERS = frozenset("isawaitable iscoroutine".split())
# Libraries that await nothing that their functions are given, and the functions of them that do.
DATA_MODULES = frozenset(
    """
    base64 binascii bcrypt bson calendar csv datetime decimal email fractions hashlib hmac html httpx httpx2 io ipaddress
    jose json jwt math mimetypes orjson os passlib pathlib pickle random re redis secrets shutil smtplib sqlalchemy
    sqlmodel statistics string struct tempfile textwrap time urllib uuid zlib
    """.split()
)
HANDING = frozenset("run_sync greenlet_spawn await_only await_fallback run_async with_loader_criteria".split())


def argument_of(node: cst.CSTNode, ctx: RuleContext) -> tuple[cst.Arg, cst.Call] | None:
    """The argument that an expression is, all of it, and the call that it is given to."""
    arg = ctx.parent(node)
    call = ctx.parent(arg) if arg is not None else None
    return (arg, call) if isinstance(arg, cst.Arg) and isinstance(call, cst.Call) else None


def written_by(node: cst.CSTNode, ctx: RuleContext) -> tuple[cst.Arg, cst.Call] | None:
    """The argument that an expression stands in, in lists and dicts, and the call that writes these out."""
    for parent in ctx.ancestors(node):
        if isinstance(parent, cst.Arg):
            call = ctx.parent(parent)
            is_writing = isinstance(call, cst.Call) and value_of(call.func).name in WRITING
            return (parent, call) if isinstance(call, cst.Call) and is_writing and not parent.star else None
        if not isinstance(parent, (cst.BaseElement, cst.BaseDictElement, cst.BaseList, cst.Tuple, cst.BaseDict)):
            return None
    return None


def takes_value(node: cst.CSTNode, ctx: RuleContext) -> bool:
    """Whether what an expression is an argument of, or is written out by, takes a value, and cannot do with a coroutine."""
    found = argument_of(node, ctx) or written_by(node, ctx)
    if found is None:
        return False
    arg, call = found
    called = ctx.value(call.func)
    if called.dotted in CONSUMERS or called.name in TAKING or is_log_call(called):
        return True
    symbol = ctx.qualified_name(call.func)
    if symbol is None:
        return False
    if ":" not in symbol:
        return is_of_data(symbol)
    position = None if any(a.star for a in call.args) else call.args.index(arg)
    return takes_as_value(symbol, position, arg.keyword.value if arg.keyword is not None else "", ctx.project)


def may_be_awaited(node: cst.CSTNode, ctx: RuleContext) -> bool:
    """Whether the function of the project that an expression is given to awaits it or asks what it is."""
    found = argument_of(node, ctx)
    symbol = ctx.qualified_name(found[1].func) if found is not None else None
    if found is None or symbol is None or ":" not in symbol:
        return False
    arg, call = found
    position = None if any(a.star for a in call.args) else call.args.index(arg)
    taken = parameter(symbol, position, arg.keyword.value if arg.keyword is not None else "", ctx.project)
    return taken is not None and may_await(f"{symbol} {taken.name}", ctx.project)


def shows_only(node: cst.CSTNode, ctx: RuleContext) -> bool:
    """Whether an expression is given to what writes out whatever it gets, and fails with nothing."""
    found = argument_of(node, ctx)
    called = value_of(found[1].func) if found is not None else None
    return called is not None and (called.dotted in SHOWING or is_log_call(called))


def is_of_data(symbol: str) -> bool:
    """Whether a function from outside the project awaits nothing that it is given."""
    return symbol.partition(".")[0] in DATA_MODULES and symbol.rpartition(".")[2] not in HANDING


def takes_as_value(symbol: str, position: int | None, keyword: str, project: ProjectIndex) -> bool:
    """Whether a function or class of the project declares that it takes data there, or uses it as such."""
    if project.cls(symbol) is not None:
        init = project.method(symbol, "__init__")
        if init is None:
            return holds_data(symbol, keyword, project)
        symbol = init
    found = parameter(symbol, position, keyword, project)
    if found is None:
        return False
    known = declared(symbol, found, project)
    return (known is not None and is_plain(known, project)) or needs_value(f"{symbol} {found.name}", project)


def parameter(symbol: str, position: int | None, keyword: str, project: ProjectIndex) -> Parameter | None:
    """The parameter of a function of the project that an argument is for."""
    function = project.signature(symbol)
    if function is None:
        return None
    if keyword:
        return function.parameter(keyword)
    names = [p for p in function.parameters if p.kind in ("positional", "any")]
    if function.owner and not any(d.name == "staticmethod" for d in function.decorators):
        names = names[1:]
    return names[position] if position is not None and position < len(names) else None


def declared(symbol: str, found: Parameter, project: ProjectIndex) -> Type | None:
    """The type that a function of the project declares for a parameter."""
    function = project.signature(symbol)
    if function is None or found.kind in ("args", "kwargs"):
        return None
    return project.annotated(found.annotation, Scope(symbol.partition(":")[0], "", function.owner))


COLUMNS = frozenset("Column mapped_column".split())


def holds_data(cls: str, name: str, project: ProjectIndex) -> bool:
    """Whether an attribute of the objects of a class is a column, or declared to be data, and not just None."""
    for owner in project.mro(cls):
        facts = project.cls(owner) if ":" in owner else None
        if facts is None or name not in facts.variables:
            continue
        variable = facts.variables[name][-1]
        if variable.value is not None and variable.value.of is not None and variable.value.of.name in COLUMNS:
            return True
        module, _, qualified = owner.partition(":")
        known = project.annotated(variable.annotation, Scope(module, "", qualified))
        if known is None or known == NONE:
            return False
        return known.name == "sqlalchemy.orm.Mapped" or is_plain(known, project)
    return False


# What the body of a function does with what it is given


@summary(bottom=False)
def needs_value(subject: str, project: ProjectIndex) -> bool:
    """Whether a function fails if it is given a coroutine: ``module:function parameter``.

    It does something with the parameter that nobody can do with a coroutine, and neither awaits it nor asks what it is.
    """
    symbol, _, name = subject.partition(" ")
    function = project.function(symbol)
    if function is None or function.trivial or not project.runs_body(symbol) or project.overrides(symbol):
        return False
    if may_await(subject, project):
        return False
    failing: list[Step] = []
    left = False  # whether it may have been handed on, and the function left, before
    for step in function.flow:
        if step.kind == "assign" and is_name(step.target, name):
            break  # from there on it may be something else
        if fails(step, name, symbol, project):
            if not left and is_certain(step):
                return True
            failing.append(step)
        elif step.kind == "return" and not is_certain(step):
            left = left or any(hands_on(s, name) and s.branch == step.branch for s in function.flow)
    return bool(failing) and not any(hands_on(step, name) for step in function.flow if step not in failing)


def is_certain(step: Step) -> bool:
    """Whether a step is made whatever holds, as far as nothing has left the function before."""
    return all(statement.startswith(CERTAIN) for statement, _ in step.branch)


@summary(bottom=False)
def may_await(subject: str, project: ProjectIndex) -> bool:
    """Whether a function, or one that is defined in it, awaits its parameter or asks what it is."""
    symbol, _, name = subject.partition(" ")
    function = project.function(symbol)
    inside = [*([function] if function is not None else []), *functions_in(symbol, project)]
    return any(awaits(step, name) for function in inside for step in function.flow)


# Statements whose body is run, as far as anything fails in it.
CERTAIN = ("with", "async with", "for", "comprehension")


def awaits(step: Step, name: str) -> bool:
    """Whether a step awaits what a name holds, hands it to what does, or asks of what kind it is."""
    if step.kind == "await" and step.value is not None:
        parts = [v for _, v in step.value.args] if step.value.kind != "call" else []
        return any(is_name(part, name) for part in (step.value, *parts))
    if step.kind != "call" or step.target is None or not any(is_name(v, name) for _, a in step.args for v in a.walk()):
        return False
    return step.target.name in TAKERS | ASKERS or step.target.dotted in ("isinstance", "hasattr", "callable", "type")


def hands_on(step: Step, name: str) -> bool:
    """Whether a step gives, returns or keeps what a name holds."""
    if step.kind == "call":
        return any(is_bare(value, name) for _, value in step.args)
    return step.kind in ("return", "yield", "assign") and step.value is not None and is_bare(step.value, name)


def is_bare(value: Value, name: str) -> bool:
    """Whether a value is, or holds, what a name holds."""
    if value.kind in ("attribute", "item", "iterate"):
        return False
    return is_name(value, name) or any(is_bare(part, name) for _, part in value.args)


def fails(step: Step, name: str, symbol: str, project: ProjectIndex) -> bool:
    """Whether a step fails where a name holds a coroutine."""
    if any(is_used(part, name) for value in values(step) for part in value.walk()):
        return True
    if step.kind != "call" or step.target is None:
        return False
    given = [(n, key) for n, (key, value) in enumerate(step.args) if is_name(value, name)]
    if not given:
        return False
    if step.target.dotted in NEEDING or (step.target.name in TAKING and not is_log_call(step.target)):
        return True
    called = project.symbol(step.target, project.scope_of(symbol), step.place)
    function = project.signature(called) if called is not None and ":" in called else None
    if called is None or function is None:
        return False
    position = None if any(key.startswith("*") for key, _ in step.args) else given[0][0]
    found = parameter(called, position, given[0][1], project)
    return found is not None and needs_value(f"{called} {found.name}", project)


def values(step: Step) -> Iterator[Value]:
    yield from (value for value in (step.target, step.value) if value is not None)
    yield from (Value("star", of=value) if key in ("*", "**") else value for key, value in step.args)


# Attributes that a coroutine does have; who reads one of them knows what he has.
OWN = frozenset("close send throw cr_await cr_code cr_frame cr_running cr_origin".split())


def is_used(value: Value, name: str) -> bool:
    """Whether a value is read of a name as it cannot be of a coroutine: an attribute, an item, or one after the other."""
    if not is_name(value.of, name):
        return False
    if value.kind == "attribute":
        return value.name not in OWN and not value.name.startswith("__")
    return value.kind in ("item", "iterate", "star")


def is_name(value: Value | None, name: str) -> bool:
    return value is not None and value.kind == "name" and value.name == name
