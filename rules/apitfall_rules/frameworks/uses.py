"""What the code around a call does with its result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import libcst as cst
from apitfall.rule import ProjectIndex, RuleContext, Scope, Type, value_of

from apitfall_rules.frameworks.async_functions import is_plain

# What takes a value for what it is: a coroutine in its place is a mistake.
CONSUMERS = frozenset(
    "len str int float bool list tuple set dict sorted sum min max repr print enumerate round any all json.dumps "
    "jsonable_encoder".split()
)
# Attributes that a coroutine does have; who reads one of them knows what he has.
OWN = frozenset("close send throw cr_await cr_code cr_frame cr_running cr_origin".split())

CONTAINERS = (cst.DictElement, cst.Element, cst.Dict, cst.List, cst.Tuple, cst.Set)


@dataclass(frozen=True)
class Use:
    """`kind` is discarded, tested, compared, attribute, item, operand, formatted, iterated, unpacked, entered, argument,
    element, returned or bound; `detail` is the attribute, the callee, the name, or what else the kind speaks of."""

    kind: str
    node: cst.CSTNode
    detail: str = ""
    in_generator: bool = False


def use_of(node: cst.BaseExpression, ctx: RuleContext) -> Use | None:
    """What becomes of an expression; None if it is awaited, handed on, or kept by somebody."""
    child: cst.CSTNode = node
    in_generator = kept = False
    for parent in ctx.ancestors(node):
        kept = kept or isinstance(parent, CONTAINERS)
        if kept and not isinstance(parent, (*CONTAINERS, cst.Return)):
            return None  # what is done with a list is not done with what it holds
        found = step(child, parent, node)
        if isinstance(found, Use):
            return Use(found.kind, found.node, found.detail, in_generator or inside_generator(parent, ctx))
        if found is False:
            return None
        in_generator = in_generator or isinstance(parent, cst.GeneratorExp)
        child = parent
    return None


def is_head(node: cst.CSTNode, parent: cst.CSTNode | None) -> bool:
    """Whether an attribute, an item or a call is taken of a node, so that `await` before it needs parentheses."""
    head = parent.func if isinstance(parent, cst.Call) else getattr(parent, "value", None)
    return isinstance(parent, (cst.Call, cst.Attribute, cst.Subscript)) and head is node


def inside_generator(node: cst.CSTNode, ctx: RuleContext) -> bool:
    """Whether an `await` has no place here though the function is async.

    In a generator expression it would make another kind of generator; in a comprehension within another one it is a
    syntax error before Python 3.11.
    """
    comprehensions = 0
    for parent in chain((node,), ctx.ancestors(node)):
        if isinstance(parent, cst.GeneratorExp):
            return True
        comprehensions += isinstance(parent, cst.BaseComp)
        if isinstance(parent, (cst.BaseStatement, cst.Lambda)):
            break
    return comprehensions > 1


def step(child: cst.CSTNode, parent: cst.CSTNode, node: cst.BaseExpression) -> Use | bool:
    """What one node around does: a use, True to look further out, False where nothing can be said."""
    if isinstance(parent, cst.Expr):
        return Use("discarded", node)
    if isinstance(parent, (cst.Assign, cst.AnnAssign)):
        return bound(child, parent, node)
    if isinstance(parent, cst.BooleanOperation):
        return Use("tested", node) if child is parent.left else True
    if isinstance(parent, cst.UnaryOperation):
        return Use("tested" if isinstance(parent.operator, cst.Not) else "operand", node)
    if isinstance(parent, (cst.If, cst.While, cst.Assert, cst.CompIf, cst.IfExp)):
        if child is parent.test:
            return Use("tested", node)
        return isinstance(parent, cst.IfExp)
    if isinstance(parent, cst.ComparisonTarget):
        return Use(
            "compared" if isinstance(parent.operator, (cst.Equal, cst.NotEqual, cst.Is, cst.IsNot)) else "operand", node
        )
    if isinstance(parent, cst.Comparison):
        operator = parent.comparisons[0].operator
        is_member = isinstance(operator, (cst.In, cst.NotIn, cst.Equal, cst.NotEqual, cst.Is, cst.IsNot))
        return Use("compared" if is_member else "operand", node)
    if isinstance(parent, cst.Attribute):
        return (
            False
            if parent.attr.value in OWN or parent.attr.value.startswith("__")
            else Use("attribute", node, parent.attr.value)
        )
    if isinstance(parent, cst.Subscript):
        return Use("item", node) if child is parent.value else False
    if isinstance(parent, cst.FormattedStringExpression):
        return Use("formatted", node)
    if isinstance(parent, cst.BinaryOperation):
        return operand(child, parent, node)
    if isinstance(parent, (cst.For, cst.CompFor)):
        return Use("iterated", node, "async" if parent.asynchronous else "") if child is parent.iter else False
    if isinstance(parent, cst.WithItem):
        return Use("entered", node)
    if isinstance(parent, cst.Return):
        return (
            Use("returned" if child is node else "element", node)
            if not isinstance(child, cst.Call) or child is node
            else False
        )
    if isinstance(parent, cst.Arg):
        return True
    if isinstance(parent, cst.Call):
        callee = parent.func
        name = value_of(callee).dotted
        direct = isinstance(child, cst.Arg) and child.value is node and not child.star
        return Use("argument", node, name) if direct and name is not None else False
    return isinstance(parent, CONTAINERS)


def operand(child: cst.CSTNode, parent: cst.BinaryOperation, node: cst.BaseExpression) -> Use | bool:
    """No operator takes a coroutine but ``%`` behind a string, which writes it out."""
    if not isinstance(parent.operator, cst.Modulo) or child is parent.left:
        return Use("operand", node)
    return isinstance(parent.left, (cst.SimpleString, cst.ConcatenatedString)) and Use("formatted", node)


def bound(child: cst.CSTNode, parent: cst.Assign | cst.AnnAssign, node: cst.BaseExpression) -> Use | bool:
    if child is not node or child is not parent.value:
        return False
    targets = [t.target for t in parent.targets] if isinstance(parent, cst.Assign) else [parent.target]
    if any(isinstance(target, (cst.Tuple, cst.List)) for target in targets):
        return Use("unpacked", node)
    if len(targets) != 1 or not isinstance(targets[0], cst.Name):
        return False
    name = targets[0].value
    return Use("discarded", node) if name == "_" else Use("bound", node, name)


def uses_of_name(name: str, call: cst.Call, ctx: RuleContext, returned_to_framework: bool = False) -> list[Use] | None:
    """The uses of a local name that holds a coroutine, in order; None if one of them may await it or hand it on.

    To return it hands it on, unless the function is called by a framework that does not await what it gets. Where one
    use fails with a coroutine for certain, the others that do not await it say nothing else.
    """
    definition = ctx.tree.definition(call)
    function = ctx.enclosing_function(call)
    if not isinstance(definition, cst.FunctionDef) or function is None or name in function.globals:
        return None
    found: list[Use] = []
    handed_on = False
    for node in reads(name, call, definition, ctx):
        use = use_of(node, ctx)
        if ctx.tree.definition(node) is not definition or is_awaited(node, ctx):
            return None
        if (
            use is None
            or use.kind == "bound"
            or (use.kind == "argument" and not takes_value(use.node, ctx))
            or (use.kind in ("returned", "element") and not returned_to_framework)
        ):
            handed_on = True
        else:
            found.append(use)
    if handed_on and not any(use.kind in FAILING for use in found):
        return None
    return sorted(found, key=lambda u: ctx.span(u.node).start)


# What fails with a coroutine, whatever else is done with it.
FAILING = frozenset("attribute item operand iterated unpacked entered argument".split())


def reads(name: str, call: cst.Call, definition: cst.FunctionDef, ctx: RuleContext) -> Iterator[cst.Name]:
    """Where a name is read that the assignment of a call may have bound."""
    bindings: list[cst.Name] = []
    names: list[cst.Name] = []
    for node in ctx.tree.nodes:
        if isinstance(node, cst.Name) and node.value == name and definition in ctx.ancestors(node):
            parent = ctx.parent(node)
            if isinstance(parent, (cst.AssignTarget, cst.AnnAssign)) and node is not getattr(parent, "value", None):
                bindings.append(node)
            elif not (isinstance(parent, (cst.Attribute, cst.Arg)) and node is not parent.value):
                names.append(node)
    if len(bindings) < 2:
        yield from names
        return
    begin, end = bounds(call, bindings, ctx)
    yield from (node for node in names if begin <= ctx.span(node).start < end)


def bounds(call: cst.Call, bindings: list[cst.Name], ctx: RuleContext) -> tuple[int, int]:
    """From where to where a name that is bound several times may hold the result of a call.

    To where the same block binds it again; else everywhere, for what is bound in an arm or a loop is read behind it.
    """
    statement = ctx.statement(call)
    block = ctx.parent(statement) if statement is not None else None
    begin = ctx.span(call).end
    for node in sorted(bindings, key=lambda n: ctx.span(n).start):
        again = ctx.statement(node)
        if again is not None and again is not statement and ctx.parent(again) is block and ctx.span(node).start > begin:
            return begin, ctx.span(again).end
    return 0, len(ctx.document.text)


OPERATIONS = (cst.BinaryOperation, cst.UnaryOperation, cst.Comparison, cst.FormattedStringExpression)


def is_awaited(node: cst.CSTNode, ctx: RuleContext) -> bool:
    """Whether an expression stands in what is awaited, or is given to what awaits it; an operand, or what an attribute
    is taken of, is not handed on."""
    child = node
    for parent in ctx.ancestors(node):
        if isinstance(parent, cst.Await):
            return True
        if isinstance(parent, OPERATIONS) or (is_head(child, parent) and not isinstance(parent, cst.Call)):
            return False
        child = parent
        if isinstance(parent, cst.Call) and value_of(parent.func).name in TAKERS:
            return True
        if isinstance(parent, cst.BaseStatement):
            return False
    return False


# Functions and methods that take a value for what it is, by their last name.
TAKING = frozenset(
    """
    model_validate model_validate_json model_validate_strings from_orm parse_obj parse_raw write BytesIO StringIO loads
    b64encode b64decode
    """.split()
)
# Those that take coroutines, by their last name.
TAKERS = frozenset(
    """
    gather create_task ensure_future wait_for wait shield start_soon as_completed run_coroutine_threadsafe
    run_until_complete
    """.split()
)


def takes_value(node: cst.CSTNode, ctx: RuleContext) -> bool:
    """Whether what an expression is an argument of takes a value, and cannot do with a coroutine."""
    arg = ctx.parent(node)
    call = ctx.parent(arg) if arg is not None else None
    if not isinstance(arg, cst.Arg) or not isinstance(call, cst.Call):
        return False
    called = ctx.value(call.func)
    if called.dotted in CONSUMERS or called.name in TAKING:
        return True
    symbol = ctx.qualified_name(call.func)
    if symbol is None or ":" not in symbol:
        return False
    known = declared(symbol, call, arg, ctx.project)
    return known is not None and is_plain(known, ctx.project)


def declared(symbol: str, call: cst.Call, arg: cst.Arg, project: ProjectIndex) -> Type | None:
    """The type that a function of the project declares for an argument, or a class for a field of that name."""
    keyword = arg.keyword.value if arg.keyword is not None else ""
    if project.cls(symbol) is not None:
        init = project.method(symbol, "__init__")
        if init is None:
            return field(symbol, keyword, project)
        symbol = init
    function = project.signature(symbol)
    if function is None:
        return None
    parameters = [p for p in function.parameters if p.kind in ("positional", "any")]
    bound = function.owner and not any(d.name == "staticmethod" for d in function.decorators)
    position = call.args.index(arg) + bool(bound)
    if keyword:
        found = function.parameter(keyword)
    elif any(a.star for a in call.args) or position >= len(parameters):
        return None
    else:
        found = parameters[position]
    scope = Scope(symbol.partition(":")[0], "", function.owner)
    return project.annotated(found.annotation, scope) if found is not None and found.kind != "args" else None


def field(cls: str, name: str, project: ProjectIndex) -> Type | None:
    for owner in project.mro(cls):
        facts = project.cls(owner) if ":" in owner else None
        if facts is not None and name in facts.variables:
            module, _, qualified = owner.partition(":")
            return project.annotated(facts.variables[name][-1].annotation, Scope(module, "", qualified))
    return None
