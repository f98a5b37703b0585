"""Where the numbers that a function is given go: into a query, or past something that bounds them.

Facts hold neither comparisons nor arithmetic, so that of a function in another place a check is guessed at, and a guess
counts as a check: an exception that refuses input, a parameter that is assigned anew.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from apitfall.rule import FunctionFacts, Parameter, ProjectIndex, Scope, Step, Value, collect, summary

from apitfall_rules.frameworks.parameters import aliased, fields_of

# Parameters that say how many items to answer with, and which to begin with.
SIZES = frozenset(
    """
    limit per_page perPage page_size pageSize items_per_page itemsPerPage pagesize perpage rows_per_page results_per_page
    page_limit max_results size count top take
    """.split()
)
PAGES = frozenset("page page_number page_num pageNumber pageNum page_no page_index".split())
STARTS = PAGES | {"offset", "skip"}
VAGUE = frozenset("size count top take".split())  # which mean something else as often
WORDS = SIZES | STARTS

# Methods of queries, cursors and result sets whose arguments are a number of rows.
SINKS = frozenset("limit offset skip fetchmany to_list slice range head islice".split())
# Calls that send a statement with what they are given.
EXECUTES = frozenset(
    """
    execute exec executemany fetch fetch_all fetchall fetch_one fetchrow fetchval scalars scalar raw query bindparams params
    aggregate find read_sql execute_query run_sql exec_driver_sql iterate stream
    """.split()
)
# Calls that look at a number, or write it down, and do nothing else with it.
QUIET = frozenset(
    """
    debug info warning warn error exception critical log bind print str repr format len isinstance int float bool abs round
    min max ceil floor range url_for url_path_for include_query_params replace_query_params jsonable_encoder dict list tuple
    JSONResponse HTTPException
    """.split()
)
FILLS = frozenset("append extend update insert setdefault add".split())
# What a function that bounds its argument, or refuses it, is called where its code cannot be seen.
CHECKS = re.compile(r"valid|check|ensure|clamp|bound|normali[sz]e|saniti[sz]e|assert|verify|cap_|_cap|parse", re.I)
REFUSALS = re.compile(r"ValueError|Validation|BadRequest|Invalid|Unprocessable|OutOfRange|TooLarge|TooMany", re.I)
ABOUT_PAGES = re.compile(
    r"limit|page|size|offset|skip|count|between|at most|maximum|exceed|range|positive|negative", re.I
)
LISTS = frozenset("list List Sequence Iterable Page LimitOffsetPage CursorPage".split())
DUMPS = frozenset("model_dump dict asdict vars".split())

Number = tuple[
    str, str
]  # the bound that it may lack, lower or upper, and the parameter with what is read of it, `p.limit`
Fate = tuple[str, str, str]  # query, checked or handed; and the number
BOTH = ("lower", "upper")
LONGEST = 3  # names in the path of a number


@dataclass
class Reading:
    """What is known of a body so far: which names hold numbers of the caller, and which hold collections of them."""

    function: FunctionFacts
    scope: Scope
    project: ProjectIndex
    numbers: dict[str, frozenset[Number]]
    checked_elsewhere: bool
    collections: dict[str, frozenset[Number]] = field(default_factory=dict[str, frozenset[Number]])
    fates: set[Fate] = field(default_factory=set[Fate])

    def note(self, what: str, numbers: Iterable[Number]) -> None:
        self.fates.update((what, *number) for number in numbers)


@summary(bottom=frozenset())
def fates(symbol: str, project: ProjectIndex) -> frozenset[Fate]:
    """What becomes of the numbers that a function of the project is given, by what its body and its calls do.

    ``query``: it reaches a statement or a slice. ``checked``: something may bound it; ``*`` for all that is given.
    """
    function = project.function(symbol)
    return fates_among([p.name for p in function.parameters], symbol, function, project) if function else frozenset()


def fates_among(names: Iterable[str], symbol: str, function: FunctionFacts, project: ProjectIndex) -> frozenset[Fate]:
    """The same of some of its parameters."""
    asked = {*names}
    if not PAGES.isdisjoint(asked):
        asked |= {p.name for p in function.parameters if p.name in SIZES}
    found = {fate for name in asked for fate in fates_of(f"{symbol} {name}", project)}
    if refuses_input(symbol, project):
        found |= {("checked", direction, "*") for direction in BOTH}
    # Which row a page begins at is arithmetic; where its size reaches a query, so does it.
    for what, _, path in tuple(found):
        before, dot, last = path.rpartition(".")
        if what == "query" and last in SIZES:
            found |= {("query", "lower", f"{before}{dot}{page}") for page in PAGES}
    return frozenset(found)


@summary(bottom=frozenset())
def fates_of(subject: str, project: ProjectIndex) -> frozenset[Fate]:
    """The same of one parameter, ``module:function parameter``, but for what is said of all and of others."""
    symbol, _, name = subject.partition(" ")
    function = project.function(symbol)
    return read(function, function.flow, (name,), project.scope_of(symbol), project) if function else frozenset()


@summary(bottom=False)
def refuses_input(symbol: str, project: ProjectIndex) -> bool:
    function = project.function(symbol)
    return function is not None and any(map(refuses, function.flow))


def read(
    function: FunctionFacts,
    flow: Iterable[Step],
    names: Collection[str],
    scope: Scope,
    project: ProjectIndex,
    checked_elsewhere: bool = False,
) -> frozenset[Fate]:
    """What a flow does with those of the function's parameters that have these `names`: each goes its own way.

    `checked_elsewhere`: who asks sees the comparisons of the body, so that a constant in the place of a parameter, as
    after ``if limit is None``, is no sign of a bound.
    """
    parameters = [p.name for p in function.parameters if p.name in names]
    numbers = {name: frozenset((direction, name) for direction in BOTH) for name in parameters}
    reading = Reading(function, scope, project, numbers, checked_elsewhere)
    for step in flow:
        if step.kind == "assign" and step.target is not None:
            assign(step, step.target, reading)
        elif step.kind == "call" and step.target is not None:
            call(step, step.target, reading)
        elif step.kind == "slice":
            reading.note("query", (n for _, v in step.args for n in carried(v, reading)))
    return frozenset(reading.fates)


def assign(step: Step, target: Value, reading: Reading) -> None:
    value = step.value
    if value is None:
        return
    now = carried(value, reading)
    if target.kind == "name":
        before = reading.numbers.get(target.name, frozenset())
        own = frozenset(n for n in before if n[1] == target.name)
        changes = re.search(r"[-+*/]=", step.place.text)
        unrelated = reading.checked_elsewhere and not any(v.kind in ("other", "call", "await") for v in value.walk())
        if own and not changes and not unrelated:
            reading.note("checked", own - now)
        reading.numbers[target.name] = before | now
        reading.collections[target.name] = reading.collections.get(target.name, frozenset()) | held(value, reading)
    elif target.kind == "item" and target.root.name:
        root = target.root.name
        reading.collections[root] = reading.collections.get(root, frozenset()) | now | held(value, reading)


def carried(value: Value, reading: Reading) -> frozenset[Number]:
    """The numbers that a value is, or is made of, without a bound that the expression itself gives."""
    kind, inner = value.kind, value.of
    if kind == "name":
        return reading.numbers.get(value.name, frozenset())
    if kind in ("attribute", "item") and inner is not None:
        key = value.name if kind == "attribute" else value.args[0][1].text if value.args else ""
        around = carried(inner, reading) if key else frozenset()
        return frozenset((d, f"{path}.{key}") for d, path in around if path.count(".") + 1 < LONGEST)
    if kind == "choice":
        if not value.name and not reading.checked_elsewhere:
            return frozenset()  # ``x if x < 20 else 20``, without its condition
        return frozenset(n for _, v in value.args for n in carried(v, reading))
    if kind == "call" and inner is not None and inner.kind == "name":
        found = frozenset(n for _, v in value.args for n in carried(v, reading))
        if inner.name == "int":
            return found
        if inner.name in ("min", "max"):
            bound = "upper" if inner.name == "min" else "lower"
            return frozenset(n for n in found if n[0] != bound)
    return frozenset()


def held(value: Value, reading: Reading) -> frozenset[Number]:
    """The numbers in a collection."""
    if value.kind == "name":
        return reading.collections.get(value.name, frozenset())
    if value.kind in ("dict", "list", "tuple", "choice") or (
        value.kind == "call" and value.of is not None and value.of.name in ("dict", "text", "bindparams")
    ):
        return frozenset(n for _, v in value.args for n in carried(v, reading) | held(v, reading))
    return frozenset()


# Calls


def call(step: Step, target: Value, reading: Reading) -> None:
    last, project = target.name, reading.project
    given = [(key, value, carried(value, reading)) for key, value in step.args]
    for _, value, numbers in given:
        if last in ("min", "max") and target.kind == "name":
            reading.note("checked", (n for n in numbers if n[0] == ("upper" if last == "min" else "lower")))
        if last not in QUIET and not last[:1].isupper():
            reading.note("handed", numbers)
        if last in FILLS and target.root.name:
            root = target.root.name
            before = reading.collections.get(root, frozenset())
            reading.collections[root] = before | numbers | held(value, reading)
    anything = any(numbers for *_, numbers in given) or bool(target.of is not None and carried(target.of, reading))
    collected = frozenset(n for _, value, _ in given for n in held(value, reading))
    if not anything and not collected:
        return
    if (target.kind == "attribute" and last in SINKS) or last == "islice":
        reading.note("query", (n for *_, numbers in given for n in numbers))
        return
    symbols = callees(step, reading.scope, project)
    if symbols:
        for symbol in symbols:
            lift(symbol, step, target, reading)
        return
    if last in EXECUTES:
        direct = (n for _, _, numbers in given[1:] for n in numbers)
        reading.note("query", (*collected, *direct))
    if last in QUIET or last[:1].isupper():
        return
    if CHECKS.search(last):
        reading.note("checked", (n for *_, numbers in given for n in numbers))
    elif project.symbol(target, reading.scope, step.place) != "builtins." + last:
        reading.note("query", (n for key, _, numbers in given if key in WORDS for n in numbers))


def callees(step: Step, scope: Scope, project: ProjectIndex) -> tuple[str, ...]:
    """The functions of the project that a call may run: what it names, what overrides that, and where a receiver is not
    known, every method of that name."""
    target = step.target
    symbol = project.symbol(target, scope, step.place) if target is not None else None
    if target is None or symbol is None:
        return methods_named(target.name, project) if target is not None and target.kind == "attribute" else ()
    function = project.function(symbol) if ":" in symbol else None
    if function is None:
        return ()
    return (*(() if function.trivial else (symbol,)), *project.overrides(symbol)) or (symbol,)


def methods_named(name: str, project: ProjectIndex) -> tuple[str, ...]:
    return methods(project).get(name, ())


@collect
def methods(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, str]]:
    """The methods of the project's classes that do something, by name."""
    function = project.function(scope.symbol) if scope.function else None
    if function is not None and function.owner and not function.trivial and "@" not in scope.symbol:
        yield function.short_name, scope.symbol


def lift(symbol: str, step: Step, target: Value, reading: Reading) -> None:
    """What the called function does with what it is given, said of the numbers here."""
    function = reading.project.function(symbol)
    if function is None:
        return
    given = {name: carried(value, reading) for name, value in bound(function, step, target).items()}
    anywhere = frozenset(n for _, value in step.args for n in carried(value, reading))
    names = [name for name, numbers in given.items() if numbers]
    if not names and not anywhere:
        return
    if "**" in names:
        names = [p.name for p in function.parameters]
    for what, direction, path in fates_among(names, symbol, function, reading.project):
        if what == "handed":
            continue
        root, _, rest = path.partition(".")
        if root == "*":
            here = iter(anywhere)
        elif root in given:
            here = ((d, f"{p}.{rest}" if rest else p) for d, p in given[root])
        elif not rest and "**" in given:
            here = ((d, f"{p}.{root}") for d, p in given["**"])
        else:
            continue
        reading.note(what, ((d, p) for d, p in here if d == direction and p.count(".") < LONGEST))


def bound(function: FunctionFacts, step: Step, target: Value) -> Mapping[str, Value]:
    """The called function's parameters with the values of a call; an unpacked model or dict is under ``**``."""
    parameters = [p for p in function.parameters if p.kind not in ("args", "kwargs")]
    found: dict[str, Value] = {}
    if function.owner and not any(d.name == "staticmethod" for d in function.decorators):
        receiver, *parameters = parameters or [Parameter("self")]
        if target.of is not None:
            found[receiver.name] = target.of
    positional = [value for key, value in step.args if not key]
    found.update((p.name, v) for p, v in zip(parameters, positional, strict=False))
    names = {p.name for p in parameters}
    for key, value in step.args:
        if key in names:
            found[key] = value
        elif key == "**":
            dumped = value.kind == "call" and value.of is not None and value.of.name in DUMPS
            found["**"] = (value.argument(0) or value.of.of or value) if dumped and value.of is not None else value
    return found


# Exceptions


def refuses(step: Step) -> bool:
    """Whether a step raises, under a condition, what says that the input is not accepted."""
    if step.kind != "raise" or step.value is None or not step.branch or not step.branch[-1][0].startswith("if"):
        return False
    value = step.value
    name = value.of.name if value.kind == "call" and value.of is not None else value.name
    texts = [v for v in value.walk() if v.kind == "constant" and v.name == "str"]
    if texts and all(v.text for v in texts) and not any(ABOUT_PAGES.search(v.text) for v in texts):
        return False
    if name == "HTTPException":
        status = value.argument(0, "status_code")
        return status is not None and bool(re.search(r"4(00|13|16|22)", status.text or status.name))
    return bool(REFUSALS.search(name))


def unchecked(found: frozenset[Fate], direction: str, path: str) -> bool:
    return not any(what == "checked" and d == direction and p in (path, "*") for what, d, p in found)


def reaches(found: frozenset[Fate], direction: str, path: str, what: str = "query") -> bool:
    return (what, direction, path) in found


# Answers


@summary(bottom=False)
def answers_list(symbol: str, project: ProjectIndex) -> bool:
    """Whether an endpoint answers with a list, or with a model that holds one: as it declares, else as it returns."""
    function = project.function(symbol)
    if function is None:
        return False
    scope = Scope(symbol.partition(":")[0], "", function.owner)
    models = [v for d in function.decorators for k, v in d.args if k == "response_model" and v.name != "None"]
    answer = models[0] if models else function.returns
    if answer is not None:
        return is_list(answer, scope, project)
    body = project.scope_of(symbol)
    returned = (
        project.type_of(s.value, body, s.place) for s in function.flow if s.kind == "return" and s.value is not None
    )
    return any(known is not None and known.name == "list" for known in returned)


def is_list(value: Value, scope: Scope, project: ProjectIndex) -> bool:
    if value.kind in ("item", "choice"):
        head = value.of.name if value.of is not None else ""
        inside = any(is_list(v, scope, project) for _, v in value.args)
        return head in LISTS or inside or (value.of is not None and is_list(value.of, scope, project))
    if value.name in LISTS:
        return True
    symbol = project.symbol(value, scope) if value.kind in ("name", "attribute") else None
    if symbol is None or ":" not in symbol:
        return False
    if not project.is_class(symbol):
        found = aliased(symbol, project)
        return found is not None and found[0] != value and is_list(found[0], Scope(found[1]), project)
    return holds_list(symbol, project)


@summary(bottom=False)
def holds_list(symbol: str, project: ProjectIndex) -> bool:
    """Whether a model of the project has a field that is a list."""
    return any(
        v.annotation is not None and any(inner.name in LISTS for inner in v.annotation.walk())
        for _, facts in fields_of(symbol, project)
        for assigned in facts.variables.values()
        for v in assigned
    )
