"""What a function does with the default of a parameter: whether it changes it, returns it or keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst
from apitfall.rule import FunctionFacts, Place, ProjectIndex, RuleContext, Step, Value, summary

from apitfall_rules.frameworks.bodies import functions_in
from apitfall_rules.frameworks.calls import leaves_out

# Methods that change an empty one, and methods that change only what holds something.
ADD = frozenset("append extend insert add update setdefault appendleft extendleft".split())
TAKE = frozenset(
    "remove pop clear sort reverse popitem discard popleft rotate move_to_end subtract difference_update "
    "intersection_update symmetric_difference_update".split()
)


@dataclass(frozen=True)
class Fate:
    """`kind` is changed, passed (to a function that changes it), returned or kept; `detail` is how: the code that
    changes it, the function's name, or what it is kept as. `place` is that of a step of the function itself."""

    kind: str
    place: Place
    detail: str = ""


def fates(symbol: str, parameter: str, empty: bool, project: ProjectIndex) -> Iterator[Fate]:
    """What a function does with what it is given for a parameter, as long as the name stands for that."""
    function = project.function(symbol)
    if function is None:
        return
    for step in before_bound(function, parameter):
        found = fate(step, parameter, empty)
        if found is not None:
            yield found
        called = given_to(step, parameter, symbol, project)
        if called is not None and changes(called, project):
            yield Fate("passed", step.place, called.partition(" ")[0].rpartition(":")[2].rpartition(".")[2])
    for inner in functions_in(symbol, project):
        if not binds(inner, parameter):
            yield from (f for s in inner.flow if (f := fate(s, parameter, empty)) is not None and f.kind == "changed")


@summary(bottom=False)
def changes(subject: str, project: ProjectIndex) -> bool:
    """Whether a function, each time it is called, may add to what it is given: ``module:function parameter``."""
    symbol, _, parameter = subject.partition(" ")
    function = project.function(symbol)
    for step in before_bound(function, parameter) if function is not None else ():
        if any(arm.startswith(("if", "match", "while")) for arm, _ in step.branch):
            continue
        found = fate(step, parameter, empty=True)
        called = given_to(step, parameter, symbol, project)
        if (found is not None and found.kind == "changed") or (called is not None and changes(called, project)):
            return True
    return False


def before_bound(function: FunctionFacts, parameter: str) -> Iterator[Step]:
    """The steps up to the first that binds the name to something else."""
    for step in function.flow:
        if binds_name(step, parameter) and not in_place(step, parameter):
            return
        yield step


def binds(function: FunctionFacts, name: str) -> bool:
    return function.parameter(name) is not None or any(binds_name(step, name) for step in function.flow)


def binds_name(step: Step, name: str) -> bool:
    return step.kind in ("assign", "delete") and is_name(step.target, name)


def in_place(step: Step, name: str) -> bool:
    """Whether a step is ``name += …``, which changes the object and binds the name to it again."""
    return re.match(rf"{name}\s*[-+|&^*]=", step.place.text) is not None


def is_name(value: Value | None, name: str) -> bool:
    return value is not None and value.kind == "name" and value.name == name


def fate(step: Step, name: str, empty: bool) -> Fate | None:
    target = step.target
    if step.kind in ("return", "yield"):
        return Fate("returned", step.place) if is_name(step.value, name) else None
    if target is None:
        return None
    if step.kind == "call" and target.kind == "attribute" and is_name(target.of, name):
        known = target.name in ADD or (target.name in TAKE and not empty)
        return Fate("changed", step.place, f"{name}.{target.name}") if known else None
    if step.kind == "assign" and is_name(target, name) and in_place(step, name):
        known = not empty or re.match(rf"{name}\s*[+|]=", step.place.text)
        return Fate("changed", step.place, " ".join(step.place.text.split()[:2])) if known else None
    if step.kind == "assign" and target.kind == "item" and is_name(target.of, name):
        return Fate("changed", step.place, f"{name}[…] =")
    if step.kind == "delete" and target.kind == "item" and is_name(target.of, name):
        return None if empty else Fate("changed", step.place, f"del {name}[…]")
    if step.kind == "assign" and target.kind == "attribute" and is_name(step.value, name) and target.dotted is not None:
        return Fate("kept", step.place, target.dotted)
    return None


def given_to(step: Step, name: str, symbol: str, project: ProjectIndex) -> str | None:
    """The function of the project, and its parameter, that a step gives the object to: ``module:function parameter``."""
    if step.kind != "call" or step.target is None:
        return None
    given = [(n, key) for n, (key, value) in enumerate(step.args) if is_name(value, name)]
    if not given or any(key.startswith("*") for key, _ in step.args):
        return None
    called = project.symbol(step.target, project.scope_of(symbol), step.place)
    function = project.function(called) if called is not None else None
    if function is None:
        return None
    position, keyword = given[0]
    names = [p.name for p in function.parameters if p.kind in ("any", "positional")]
    if function.owner and not any(d.name == "staticmethod" for d in function.decorators):
        names = names[1:]
    if not keyword and position < len(names):
        keyword = names[position]
    return f"{called} {keyword}" if function.parameter(keyword) is not None else None


def changed_attribute(symbol: str, attribute: str, project: ProjectIndex) -> tuple[str, Place] | None:
    """The method of a class that changes the object which another method of it keeps in ``self.attribute``."""
    module, _, name = symbol.partition(":")
    owner = name.rpartition(".")[0]
    facts = project.facts(module)
    for function in facts.functions.values():
        for step in function.flow if function.owner == owner else ():
            target = step.target
            receiver = target.of if target is not None and target.kind in ("attribute", "item") else None
            if target is None or receiver is None or receiver.dotted != attribute:
                continue
            if (step.kind == "call" and target.name in ADD) or (step.kind == "assign" and target.kind == "item"):
                place = step.place
                return function.short_name, Place(f"{module}:{place.function}", place.text, place.nth)
    return None


def fate_of(
    parameter: cst.Param, definition: cst.FunctionDef | cst.Lambda, symbol: str, ctx: RuleContext
) -> Fate | None:
    """What a function does with the default that matters most; None if it only reads it, as far as can be told."""
    name, empty = parameter.name.value, is_empty(parameter.default)
    if isinstance(definition, cst.Lambda):
        returned = isinstance(definition.body, cst.Name) and definition.body.value == name
        return Fate("returned", Place("", "")) if returned else next(fates(symbol, name, empty, ctx.project), None)
    found = [
        f
        for f in fates(symbol, name, empty, ctx.project)
        if not empty or (node := ctx.tree.find(f.place)) is None or not needs_items(node, name, definition, ctx)
    ]
    order = ("changed", "passed", "kept", "returned")
    return min(found, key=lambda f: order.index(f.kind), default=None)


def is_empty(default: cst.BaseExpression | None) -> bool:
    if isinstance(default, (cst.List, cst.Set, cst.Dict)):
        return not default.elements
    return isinstance(default, cst.Call) and (not default.args or is_factory(default))


def is_factory(call: cst.Call) -> bool:
    """Whether a call is ``defaultdict(list)``, which is empty though it has an argument."""
    name = call.func.attr if isinstance(call.func, cst.Attribute) else call.func
    return isinstance(name, cst.Name) and name.value == "defaultdict" and len(call.args) == 1


def needs_items(node: cst.CSTNode, name: str, definition: cst.FunctionDef, ctx: RuleContext) -> bool:
    """Whether a place is reached only while `name` holds something, which an empty default never comes to."""
    child = node
    for parent in ctx.ancestors(node):
        if isinstance(parent, cst.If) and child is parent.body and holds_something(parent.test, name):
            return True
        if isinstance(parent, cst.For) and child is parent.body and ctx.value(parent.iter).root.name == name:
            return True
        if parent is definition:
            break
        child = parent
    start = ctx.span(node).start
    ifs = (s for s in definition.body.body if isinstance(s, cst.If))
    return any(ctx.span(s).end <= start and leaves_if_empty(s, name) for s in ifs)


def holds_something(test: cst.BaseExpression, name: str) -> bool:
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
        return holds_something(test.left, name) or holds_something(test.right, name)
    if isinstance(test, cst.Comparison) and isinstance(test.comparisons[0].operator, cst.In):
        test = test.comparisons[0].comparator
    elif isinstance(test, cst.Comparison):
        test = test.left
        return isinstance(test, cst.Call) and holds_something(test, name)
    if isinstance(test, cst.Call) and isinstance(test.func, cst.Name) and test.func.value == "len" and test.args:
        test = test.args[0].value
    return isinstance(test, cst.Name) and test.value == name


def leaves_if_empty(statement: cst.If, name: str) -> bool:
    """Whether a statement is ``if not name: return``."""
    test, last = statement.test, statement.body.body[-1] if statement.body.body else None
    if not isinstance(test, cst.UnaryOperation) or not isinstance(test.operator, cst.Not):
        return False
    leaves = isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], (cst.Return, cst.Raise))
    return leaves and holds_something(test.expression, name)


def compared(name: str, definition: cst.CSTNode, ctx: RuleContext) -> set[str]:
    """What stands in the comparisons of a function with one of its names: ``None``, other names, the operators."""
    found: set[str] = set()
    for node in ctx.whole(definition):
        if isinstance(node, cst.Comparison):
            sides = [node.left, *(c.comparator for c in node.comparisons)]
            if any(isinstance(side, cst.Name) and side.value == name for side in sides):
                found |= {side.value for side in sides if isinstance(side, cst.Name)}
                found |= {c.operator.__class__.__name__ for c in node.comparisons}
    return found


def is_memory(name: str, found: Fate, definition: cst.CSTNode, symbol: str, ctx: RuleContext) -> bool:
    """Whether a function keeps something from call to call in a default, and means to.

    It sets the items of a list that has some, or looks up what it added, and nobody passes another object.
    """
    function = ctx.project.function(symbol)
    if found.kind != "changed" or function is None:
        return False
    default = getattr(function.parameter(name), "default", None)
    if default is not None and default.kind == "list" and default.args and found.detail.endswith("] ="):
        return True
    looked_up = not compared(name, definition, ctx).isdisjoint(("In", "NotIn"))
    return looked_up and all(leaves_out(step.args, name, function) for _, step in ctx.project.callers(symbol))
