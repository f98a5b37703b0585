"""The repairs of a mutable default: None and a first line that makes the object, or `Query` for FastAPI."""

from __future__ import annotations

import libcst as cst
from apitfall.rule import Edit, Edits, Fix, RuleContext, Span, Value

from apitfall_rules.frameworks.defaults import defined_in, takes_none
from apitfall_rules.frameworks.fates import Fate, compared, is_empty
from apitfall_rules.frameworks.parameters import annotated_style, is_enum

# Types of query values.
SCALARS = frozenset(
    "builtins.str builtins.int builtins.float builtins.bool uuid.UUID decimal.Decimal datetime.datetime datetime.date "
    "datetime.time datetime.timedelta".split()
)
CONTAINERS = frozenset("list set List Set".split())


# None


def none_default(
    parameter: cst.Param, definition: cst.FunctionDef | cst.Lambda, what: str, found: Fate | None, ctx: RuleContext
) -> Fix | None:
    """``x=None`` and ``if x is None: x = []``; `found` is what the function does with the default."""
    if isinstance(definition, cst.Lambda) or not means_the_same(parameter, definition, ctx):
        return None
    safe = changes_nothing_else(parameter, definition, found, ctx)
    title = f"Make the default `None`, and a new {what} in each call"
    return Fix("none-default", title, lambda: Edits(with_none(parameter, definition, ctx)), safe, preferred=safe)


def means_the_same(parameter: cst.Param, definition: cst.FunctionDef, ctx: RuleContext) -> bool:
    """Whether the default can be made in the body: its names stand for the same there, and a line can be put there."""
    default, function = parameter.default, ctx.facts.functions[ctx.name_of(definition)]
    if default is None or any(sign in ctx.source(default) for sign in ("#", '"""', "'''", ":=")):
        return False
    local = {p.name for p in function.parameters}
    local |= {s.target.name for s in function.flow if s.kind == "assign" and s.target is not None}
    cls = ctx.facts.classes.get(function.owner)
    if cls is not None:
        local |= {*cls.variables, *(method.rpartition(".")[2] for method in cls.methods)}
    if local & names_in(default, ctx):
        return False
    suite = definition.body
    return isinstance(suite, cst.IndentedBlock) or function.trivial or not is_docstring(suite.body[0])


def names_in(node: cst.BaseExpression, ctx: RuleContext) -> set[str]:
    return {v.name for v in ctx.value(node).walk() if v.kind == "name"} | {
        n.value for n in ctx.tree.nodes if isinstance(n, cst.Name) and node in ctx.ancestors(n)
    }


def changes_nothing_else(
    parameter: cst.Param, definition: cst.FunctionDef, found: Fate | None, ctx: RuleContext
) -> bool:
    """Whether only the sharing goes: nobody passes None or tests for it, no other class has a method of this signature,
    and the function does not seem to remember its earlier calls in the object."""
    name, default = parameter.name.value, parameter.default
    function = ctx.facts.functions[ctx.name_of(definition)]
    symbol = f"{ctx.module}:{function.name}"
    sides = compared(name, definition, ctx)
    if is_one_of_two(parameter, definition, ctx):
        return False
    if default is None or names_in(default, ctx) - {"list", "dict", "set"} or "None" in sides:
        return False
    if found is not None and (not is_empty(default) or sides):
        return False
    if function.owner and function.short_name != "__init__":
        bases = ctx.project.mro(symbol.rpartition(".")[0])[1:]
        if "?" in bases or any(ctx.project.method(base, function.short_name) for base in bases if base != "?"):
            return False
        if ctx.project.overrides(symbol):
            return False
    calls = ctx.project.callers(symbol.removesuffix(".__init__"))
    return not any(v.kind == "constant" and v.name == "None" for _, step in calls for _, v in step.args)


def is_one_of_two(parameter: cst.Param, definition: cst.FunctionDef | cst.Lambda, ctx: RuleContext) -> bool:
    """Whether None may be given as well, and means something else than the default: ``sorting: list | None = ["name"]``."""
    if is_empty(parameter.default) or isinstance(definition, cst.Lambda):
        return False
    function = ctx.facts.functions[ctx.name_of(definition)]
    facts, scope = function.parameter(parameter.name.value), defined_in(f"{ctx.module}:{function.name}", function)
    return facts is not None and takes_none(facts.annotation, scope, ctx.project)


def with_none(parameter: cst.Param, definition: cst.FunctionDef, ctx: RuleContext) -> tuple[Edit, ...]:
    default, annotation = parameter.default, parameter.annotation
    if default is None:
        return ()
    edits = [ctx.replace_span(with_parentheses(default, ctx), "None")]
    if annotation is not None:
        edits += optional(annotation.annotation, ctx)
    if not ctx.facts.functions[ctx.name_of(definition)].trivial:
        edits.append(first_line(parameter.name.value, default, definition, ctx))
    return tuple(edits)


def with_parentheses(node: cst.BaseExpression, ctx: RuleContext) -> Span:
    text, (start, end) = ctx.document.text, (ctx.span(node).start, ctx.span(node).end)
    for _ in node.lpar:
        start = text.rindex("(", 0, start)
        end = text.index(")", end) + 1
    return Span(start, end)


def optional(note: cst.BaseExpression, ctx: RuleContext) -> list[Edit]:
    """The annotation with None among its types, as the file writes that, and so that the project's oldest Python reads it."""
    text = ctx.source(note)
    quote = text[0] if isinstance(note, cst.SimpleString) and text[:1] in ("'", '"') else ""
    inner = text[1:-1] if quote else text
    if inner in ("Any", "typing.Any", "object") or "Optional[" in inner or inner.endswith("None") or "| None" in inner:
        return []
    if "| None" in ctx.document.text:
        return [ctx.replace(note, f"{quote}{inner} | None{quote}")]
    name, imports = ctx.import_edit("typing", "Optional")
    python = ctx.project.version("python")
    if imports and (python is None or python.at_least("3.10")):
        return [ctx.replace(note, f"{quote}{inner} | None{quote}")]
    return [ctx.replace(note, f"{quote}{name}[{inner}]{quote}"), *imports]


def first_line(name: str, default: cst.BaseExpression, definition: cst.FunctionDef, ctx: RuleContext) -> Edit:
    """``if name is None:`` behind the docstring, and behind lines of its kind that stand there."""
    text, step, suite = ctx.document.text, ctx.tree.indent, definition.body
    newline = "\r\n" if "\r\n" in text else "\n"
    first = suite.body[0]
    outer = ctx.indentation(ctx.span(definition).start)
    indent = ctx.indentation(ctx.span(first).start) if isinstance(suite, cst.IndentedBlock) else outer + step
    made = reindented(default, indent + step, ctx)
    lines = f"{indent}if {name} is None:{newline}{indent}{step}{name} = {made}"
    if isinstance(suite, cst.SimpleStatementSuite):
        start = ctx.span(first).start
        colon = len(text[:start].rstrip(" \t\\\r\n"))
        return ctx.replace_span(Span(colon, start), f"{newline}{lines}{newline}{indent}")
    begun = [s for s in suite.body[:1] if is_docstring(s)]
    for statement in suite.body[len(begun) :]:
        if not makes_default(statement, definition):
            break
        begun.append(statement)
    header = suite.header if isinstance(suite, cst.IndentedBlock) else first
    at = ctx.span(begun[-1]).end if begun else ctx.span(header).start
    while text[at : at + 1] not in ("", "\n", "\r"):
        at += 1
    return ctx.replace_span(Span(at, at), f"{newline}{lines}")


def reindented(node: cst.BaseExpression, indent: str, ctx: RuleContext) -> str:
    """The source of an expression, its later lines moved to a place of another indentation."""
    span = with_parentheses(node, ctx)
    before = ctx.indentation(span.start)
    first, *rest = ctx.document.text[span.start : span.end].splitlines(keepends=True)
    return first + "".join(indent + line.removeprefix(before) if line.strip() else line for line in rest)


def is_docstring(statement: cst.CSTNode) -> bool:
    if isinstance(statement, cst.SimpleStatementLine):
        statement = statement.body[0]
    return isinstance(statement, cst.Expr) and isinstance(statement.value, (cst.SimpleString, cst.ConcatenatedString))


def makes_default(statement: cst.CSTNode, definition: cst.FunctionDef) -> bool:
    """Whether a statement is the ``if x is None: x = …`` of a parameter."""
    if not isinstance(statement, cst.If) or not isinstance(statement.test, cst.Comparison):
        return False
    name, only, right = statement.test.left, statement.body.body[0], statement.test.comparisons[0]
    made = only.body[0] if isinstance(only, cst.SimpleStatementLine) else only
    if not isinstance(name, cst.Name) or not isinstance(made, cst.Assign) or not isinstance(right.operator, cst.Is):
        return False
    target = made.targets[0].target
    parameters = (*definition.params.posonly_params, *definition.params.params, *definition.params.kwonly_params)
    known = any(p.name.value == name.value for p in parameters)
    return known and isinstance(target, cst.Name) and target.value == name.value


# Query


def query(parameter: cst.Param, definition: cst.FunctionDef | cst.Lambda, what: str, ctx: RuleContext) -> Fix | None:
    """``Query()`` in the file's style; None where the annotation is none that a query string can fill."""
    annotation, default = parameter.annotation, parameter.default
    if default is None or what not in ("list", "set") or "#" in ctx.source(parameter):
        return None
    note = f"{what}[str]" if annotation is None else query_type(annotation.annotation, ctx)
    if note is None:
        return None
    title = f"Read `{parameter.name.value}` from the query string"
    return Fix("query", title, lambda: Edits(with_query(parameter, definition, what, note, default, ctx)))


def with_query(
    parameter: cst.Param,
    definition: cst.FunctionDef | cst.Lambda,
    what: str,
    note: str,
    default: cst.BaseExpression,
    ctx: RuleContext,
) -> tuple[Edit, ...]:
    """A `default_factory` for an empty default, where FastAPI has one: from 0.100 on."""
    query_name, imports = ctx.import_edit("fastapi", "Query")
    version = ctx.project.version("fastapi")
    factory = is_empty(default) and (version is None or version.at_least("0.100.0"))
    styles = annotated_style(tuple(p for f in ctx.facts.functions.values() for p in f.parameters))
    if styles is not False and (not factory or may_be_required(parameter, definition)):
        annotated, more = ctx.import_edit("typing", "Annotated")
        imports += more
        written = f"{annotated}[{note}, {query_name}({f'default_factory={what}' if factory else ''})]"
        written += "" if factory else f" = {ctx.source(default)}"
    else:
        written = f"{note} = {query_name}({f'default_factory={what}' if factory else f'default={ctx.source(default)}'})"
    span = Span(ctx.span(parameter.name).end, with_parentheses(default, ctx).end)
    return (ctx.replace_span(span, f": {written}"), *imports)


def query_type(note: cst.BaseExpression, ctx: RuleContext) -> str | None:
    """The annotation, with ``[str]`` behind a list that says nothing of its items."""
    value, text = ctx.value(note), ctx.source(note)
    if value.kind == "constant" and value.name == "None":
        return text
    if isinstance(note, cst.BinaryOperation):
        left, right = query_type(note.left, ctx), query_type(note.right, ctx)
        return f"{left} | {right}" if left is not None and right is not None else None
    head = value.of if value.kind == "item" else value
    if head is None or head.name not in CONTAINERS | {"Optional"}:
        return None
    if not isinstance(note, cst.Subscript):
        return f"{text}[str]"
    inner = note.slice[0].slice
    if head.name == "Optional" and isinstance(inner, cst.Index):
        found = query_type(inner.value, ctx)
        return f"{ctx.source(note.value)}[{found}]" if found is not None else None
    return text if all(is_scalar(v, note, ctx) for _, v in value.args) else None


def is_scalar(value: Value, note: cst.BaseExpression, ctx: RuleContext) -> bool:
    if value.kind == "item" and value.of is not None and value.of.name == "Literal":
        return True
    symbol = ctx.project.symbol(value, ctx.scope(note))
    return symbol in SCALARS or (symbol is not None and ":" in symbol and is_enum(symbol, ctx.project))


def may_be_required(parameter: cst.Param, definition: cst.FunctionDef | cst.Lambda) -> bool:
    """Whether a parameter may stand where it stands without a default: no positional one before it has one."""
    positional = (*definition.params.posonly_params, *definition.params.params)
    before = positional[: positional.index(parameter)] if parameter in positional else ()
    return all(other.default is None for other in before)
