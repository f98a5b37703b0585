"""A number of rows, or where they begin, that a request may choose as it likes."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from apitfall.rule import Finding, Fix, FunctionFacts, ProjectIndex, RuleContext, Scope, Severity, Value, rule

from apitfall_rules.frameworks.comparisons import compared, steps_of_arithmetic
from apitfall_rules.frameworks.constraints import constrain, written
from apitfall_rules.frameworks.contents import nodes_in
from apitfall_rules.frameworks.fastapi import is_endpoint
from apitfall_rules.frameworks.paging import (
    PAGES,
    SIZES,
    STARTS,
    VAGUE,
    WORDS,
    Fate,
    answers_list,
    callees,
    fates,
    reaches,
    read,
    unchecked,
)
from apitfall_rules.frameworks.parameters import (
    MODELS,
    Declared,
    aliased,
    declared,
    described,
    fields_of,
    has_fields,
    is_dependency,
    is_none,
    path_names,
    takers,
)

DEEPEST = 5  # dependencies of dependencies
LARGEST = 100  # the bound that the fix writes, where the default is not larger
HOOKS = frozenset("__post_init__ model_post_init __init__".split())
VALIDATORS = frozenset("field_validator validator model_validator root_validator".split())


def may_be_unbounded(body: str, project: ProjectIndex) -> bool:
    """Whether an endpoint or dependency has such a parameter without a bound, or a class that is filled such a field."""
    function = project.function(body)
    named = [p.name for p in function.parameters if p.name in WORDS] if function is not None else []
    if function is not None and any(is_free(body, function, name, project) for name in named):
        return True
    cls = project.cls(body)
    return cls is not None and not WORDS.isdisjoint(cls.variables) and has_fields(body, project)


def is_free(symbol: str, function: FunctionFacts, name: str, project: ProjectIndex) -> bool:
    found = parameter_of(symbol, function, name, project)
    return found is not None and not found.opaque and is_number(found) and not bounded(found, direction_of(name))


@rule(cst.Param, cst.AnnAssign, where=may_be_unbounded)
def check(node: cst.Param | cst.AnnAssign, ctx: RuleContext) -> Iterator[Finding]:
    target = node.name if isinstance(node, cst.Param) else node.target
    name = target.value if isinstance(target, cst.Name) else ""
    if name not in WORDS:
        return
    direction = direction_of(name)
    found = declaration(node, name, ctx)
    if found is None or found.opaque or not is_number(found) or bounded(found, direction):
        return
    if isinstance(node, cst.Param):
        reached = parameter_reaches(node, name, direction, ctx)
    else:
        reached = field_reaches(name, direction, node, ctx)
    if reached:
        yield ctx.finding(target, message(name), severity(direction), tuple(fixes(node, name, found, ctx)))


def direction_of(name: str) -> str:
    return "upper" if name in SIZES else "lower"


def message(name: str) -> str:
    if name in SIZES:
        return f"`{name}` has no upper bound: one request can ask for every row at once"
    return f"`{name}` has no lower bound: a negative number is accepted, where a 422 would say that it is wrong"


def severity(direction: str) -> Severity:
    return Severity.warning if direction == "upper" else Severity.information


# What is declared


def declaration(node: cst.Param | cst.AnnAssign, name: str, ctx: RuleContext) -> Declared | None:
    """The parameter of an endpoint or dependency, or the field of a class that FastAPI fills; else None."""
    if isinstance(node, cst.Param):
        facts = ctx.taken_by(node)
        return parameter_of(f"{ctx.module}:{facts.name}", facts, name, ctx.project) if facts is not None else None
    owner = ctx.owner(node)
    facts_of_class = ctx.project.cls(f"{ctx.module}:{owner}") if owner else None
    if facts_of_class is None or not has_fields(f"{ctx.module}:{owner}", ctx.project):
        return None
    variable = facts_of_class.variables[name][-1]
    return described(name, variable.annotation, variable.value, Scope(ctx.module, "", owner), ctx.project)


def parameter_of(symbol: str, function: FunctionFacts, name: str, project: ProjectIndex) -> Declared | None:
    """A parameter of an endpoint or dependency that is read from the request's path or query."""
    parameter = function.parameter(name)
    if parameter is None or not (is_endpoint(symbol, project) or depended_on(symbol, project)):
        return None
    around = Scope(symbol.partition(":")[0], "" if function.owner else function.name.rpartition(".")[0], function.owner)
    found = declared(parameter, around, project, path_names(symbol, project))
    return found if found.source in ("query", "path") else None


def definition_of(node: cst.Param, ctx: RuleContext) -> cst.FunctionDef | None:
    around = ctx.parent(ctx.parent(node) or node)
    return around if isinstance(around, cst.FunctionDef) else None


def depended_on(symbol: str, project: ProjectIndex) -> bool:
    owner, _, last = symbol.rpartition(".")
    return is_dependency(symbol, project) or (last in ("__init__", "__call__") and is_dependency(owner, project))


def is_number(found: Declared) -> bool:
    return found.annotation is not None and found.annotation.name == "int"


def bounded(found: Declared, direction: str) -> bool:
    return found.has_upper if direction == "upper" else found.has_lower


# Where it goes


def parameter_reaches(node: cst.Param, name: str, direction: str, ctx: RuleContext) -> bool:
    definition, facts = definition_of(node, ctx), ctx.taken_by(node)
    if definition is None or facts is None:
        return False
    if (direction, name) in ctx.once(compared, definition):
        return False
    found = ctx.once(fates_of_numbers, definition)
    if not unchecked(found, direction, name):
        return False
    if reaches(found, direction, name):
        return True
    symbol = f"{ctx.module}:{facts.name}"
    if is_endpoint(symbol, ctx.project):
        others = [p.name for p in facts.parameters if p.name in WORDS and p.name != name]
        if not mentioned(name, definition, ctx):
            return False
        if any(reaches(found, d, other) for other in others for d in ("lower", "upper")):
            return True
        handed = reaches(found, direction, name, "handed")
        if handed and answers_list(symbol, ctx.project):
            return name not in VAGUE or bool(others)
        return handed and handed_together(name, others, facts.name, ctx)
    filled = symbol.removesuffix(".__init__").removesuffix(".__call__")
    return given_on((filled,), name, direction, frozenset(p.name for p in facts.parameters), ctx.project)


def fates_of_numbers(definition: cst.FunctionDef, ctx: RuleContext) -> frozenset[Fate]:
    """What becomes of the numbers that a function is given for its pages, its arithmetic included."""
    facts = ctx.enclosing_function(definition.body)
    if facts is None:
        return frozenset()
    computed = steps_of_arithmetic(definition, ctx)
    assigned = tuple(s for s in computed if s.kind == "assign")
    flow = (*assigned, *facts.flow, *computed[len(assigned) :])
    return read(facts, flow, WORDS, Scope(ctx.module, facts.name), ctx.project, checked_elsewhere=True)


name_nodes = nodes_in(cst.Name)


def mentioned(name: str, definition: cst.FunctionDef, ctx: RuleContext) -> bool:
    return any(isinstance(n, cst.Name) and n.value == name for n in name_nodes(definition.body, ctx))


def handed_together(name: str, others: list[str], function: str, ctx: RuleContext) -> bool:
    """Whether a page and its size are given, as they are, to one function that nothing is known of, and its result is
    the answer."""
    kinds = (SIZES, STARTS) if name in SIZES else (STARTS, SIZES)
    partners = {other for other in others if other in kinds[1]}
    facts = ctx.facts.functions[function]
    returned = [v for s in facts.flow if s.kind == "return" and s.value is not None for v in s.value.walk()]
    for step in facts.flow:
        names = {value.name for _, value in step.args if value.kind == "name"}
        if step.kind == "call" and name in names and names & partners and step.result in returned:
            return not callees(step, Scope(ctx.module, function), ctx.project)
    return False


def field_reaches(name: str, direction: str, node: cst.AnnAssign, ctx: RuleContext) -> bool:
    symbol, project = f"{ctx.module}:{ctx.owner(node)}", ctx.project
    owned = list(fields_of(symbol, project))
    for owner, facts in owned:
        for method in facts.methods:
            if method in HOOKS or validates(f"{owner}.{method}", name, project):
                return False
            if not unchecked(fates(f"{owner}.{method}", project), direction, f"self.{name}"):
                return False
    names = frozenset(field for _, facts in owned for field in facts.variables)
    return given_on((symbol, *project.subclasses(symbol)), name, direction, names, project)


def validates(symbol: str, name: str, project: ProjectIndex) -> bool:
    """Whether a method is a validator of a field, or of all of them."""
    function = project.function(symbol)
    for decorator in function.decorators if function is not None else ():
        called = decorator.of if decorator.kind == "call" and decorator.of is not None else decorator
        fields = [v.text for _, v in decorator.args]
        if called.name in VALIDATORS and (
            called.name.endswith(("model_validator", "root_validator")) or {name, "*"} & {*fields}
        ):
            return True
    return False


def given_on(
    symbols: tuple[str, ...], name: str, direction: str, names: frozenset[str], project: ProjectIndex, depth: int = 0
) -> bool:
    """Whether some endpoint that is given what a dependency returns, or a model, uses this number for its rows, and none
    of them bounds it. `names` are all that the dependency or model is made of."""
    used = False
    for taker, parameter, source in (taker for symbol in symbols for taker in takers(symbol, project)):
        found = fates(taker, project)
        served = is_endpoint(taker, project)
        own = {
            path
            for _, _, path in found
            if path == parameter or path.startswith(f"{parameter}.")
            if (last := path.rpartition(".")[2]) == name or last not in names | PAGES
        }
        if any(not unchecked(found, direction, path) for path in (*own, "*")):
            return False
        used = used or any(reaches(found, d, path) for path in own for d in ("lower", "upper"))
        if source != "body" and served and name not in VAGUE:
            used = used or answers_list(taker, project)
        if not served and depth < DEEPEST:
            function = project.function(taker)
            around = frozenset(p.name for p in function.parameters) if function is not None else frozenset[str]()
            used = used or given_on((taker,), name, direction, names | around, project, depth + 1)
    return used


# The fix


def fixes(node: cst.Param | cst.AnnAssign, name: str, found: Declared, ctx: RuleContext) -> Iterator[Fix]:
    new = constraints(name, found, ctx)
    if new is None:
        return
    if isinstance(node, cst.Param):
        marker = "Path" if found.source == "path" else "Query"
    else:
        pydantic = any(base in MODELS for base in ctx.project.mro(f"{ctx.module}:{ctx.owner(node)}"))
        marker = "Field" if pydantic else "Query"
    text = ", ".join(f"{key}={value}" for key, value in new)
    if found.marker is None or written(node, ctx) is not None:
        yield Fix("bound", f"Bound `{name}` with `{text}`", lambda: constrain(node, found, marker, new, ctx))


def constraints(name: str, found: Declared, ctx: RuleContext) -> tuple[tuple[str, str], ...] | None:
    """The bounds that are missing, chosen so that the default keeps to them; None where the default is not known."""
    default = found.default
    number = whole(default, ctx) if default is not None and not is_none(default) else None
    if (default is not None and not is_none(default) and number is None) or (number is not None and number < 0):
        return None
    lowest = 0 if number == 0 or name in STARTS - PAGES else 1
    lower = () if found.has_lower else (("ge", str(lowest)),)
    if name in STARTS:
        return lower
    return (*lower, ("le", str(max(LARGEST, number or 0))))


def whole(value: Value, ctx: RuleContext) -> int | None:
    """The number that a literal or a constant of the project is."""
    if value.kind == "constant" and value.name == "int":
        return int(value.text, 0)
    symbol = ctx.project.symbol(value, Scope(ctx.module)) if value.kind in ("name", "attribute") else None
    found = aliased(symbol, ctx.project)
    return (
        int(found[0].text, 0) if found is not None and found[0].kind == "constant" and found[0].name == "int" else None
    )
