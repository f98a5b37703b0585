"""From `open` and the methods of `pathlib.Path` to files that are awaited: of aiofiles, or of anyio."""

from __future__ import annotations

import libcst as cst
from apitfall.rule import Edit, Edits, Fix, RuleContext, Span

from apitfall_rules.frameworks.uses import inside_generator, is_head

OPEN = ("builtins.open", "io.open", "pathlib.Path.open")  # with the parameters that both libraries' functions have
# What files of both libraries have: as coroutine functions, and as they were.
AWAITED = frozenset("read readline readlines write writelines seek tell flush truncate".split())
SAME = frozenset("name mode closed encoding newlines".split())
# Functions that read all of a file or write all of one, with what does the same with text, where that has another name.
LOADS = {"json.load": "loads", "yaml.safe_load": "", "yaml.load": ""}
DUMPS = {"json.dump": "dumps", "yaml.safe_dump": "", "yaml.dump": ""}
# The methods of `pathlib.Path` that anyio's has as coroutine functions with the same parameters.
PATH_METHODS = frozenset("mkdir read_bytes read_text rmdir touch unlink write_bytes write_text".split())


def async_file(call: cst.Call, symbol: str, ctx: RuleContext) -> Fix | None:
    """The fix `async-file`; None where a use of the file has no equal."""
    library = "aiofiles" if has(ctx, "aiofiles") else "anyio"
    if symbol in OPEN:
        block = opening(call, ctx)
        if block is None or with_async_files(block, library, ctx) is None:
            return None
        opener = "aiofiles.open" if library == "aiofiles" else "anyio.open_file"
        title = f"Use `{opener}` and await what is done with the file"
        return Fix("async-file", title, lambda: edits_or_none(with_async_files(block, library, ctx)))
    owner, _, method = symbol.rpartition(".")
    if owner != "pathlib.Path" or method not in PATH_METHODS or library != "anyio":
        return None
    if not isinstance(call.func, cst.Attribute) or inside_generator(call, ctx):
        return None
    receiver = call.func.value
    return Fix("async-file", "Use `anyio.Path` and await it", lambda: Edits(with_async_path(call, receiver, ctx)))


def edits_or_none(edits: tuple[Edit, ...] | None) -> Edits | None:
    return Edits(edits) if edits is not None else None


def has(ctx: RuleContext, library: str) -> bool:
    """Whether the file imports a library, or the project depends on it."""
    imported = any(found.module.partition(".")[0] == library for found in ctx.facts.imports.values())
    return imported or ctx.project.version(library) is not None


def with_async_path(call: cst.Call, receiver: cst.BaseExpression, ctx: RuleContext) -> tuple[Edit, ...]:
    """``path.read_text()`` as ``await anyio.Path(path).read_text()``."""
    name, imports = ctx.import_edit("anyio")
    made = f"{name}.Path" if receiver.lpar else f"{name}.Path({ctx.source(receiver)})"
    changed = ctx.insert_before(call, made) if receiver.lpar else ctx.replace(receiver, made)
    return (*awaited(call, ctx, changed), *imports)


def awaited(call: cst.Call, ctx: RuleContext, *inner: Edit) -> tuple[Edit, ...]:
    """`await` before a call, in the parentheses that it needs."""
    if is_head(call, ctx.parent(call)) and not call.lpar:
        return (ctx.insert_before(call, "(await "), *inner, ctx.insert_after(call, ")"))
    return (ctx.insert_before(call, "await "), *inner)


# A block with files


def opening(call: cst.Call, ctx: RuleContext) -> cst.With | None:
    """The `with` that opens a file by this call, and opens nothing but files."""
    item = ctx.parent(call)
    block = ctx.parent(item) if isinstance(item, cst.WithItem) else None
    if not isinstance(block, cst.With) or block.asynchronous is not None:
        return None
    for one in block.items:
        if not isinstance(one.item, cst.Call) or ctx.qualified_name(one.item.func) not in OPEN:
            return None
        if one.asname is not None and not isinstance(one.asname.name, cst.Name):
            return None
    return block


def names_of(block: cst.With) -> set[str]:
    """The names under which a `with` has its files."""
    targets = (item.asname.name for item in block.items if item.asname is not None)
    return {target.value for target in targets if isinstance(target, cst.Name)}


def with_async_files(block: cst.With, library: str, ctx: RuleContext) -> tuple[Edit, ...] | None:
    """The block with its files opened by a library and awaited; None where one of them is used in another way."""
    name, imports = ctx.import_edit(library)
    opener = f"{name}.open" if library == "aiofiles" else f"await {name}.open_file"
    edits = [ctx.insert_before(block, "async ")]
    for item in block.items:
        if isinstance(item.item, cst.Call):
            edits.append(opened(item.item, opener, ctx))
    files, definition = names_of(block), ctx.enclosing_definition(block)
    for node in ctx.tree.nodes:
        if not isinstance(node, cst.Name) or node.value not in files or is_no_use(node, ctx):
            continue
        around = tuple(ctx.ancestors(node))
        if definition not in around:
            continue
        if block not in around:
            if any(isinstance(n, cst.With) and node.value in names_of(n) for n in around):
                continue
            return None
        changed = with_await(node, ctx) if ctx.enclosing_definition(node) is definition else None
        if changed is None:
            return None
        edits += changed
    return (*edits, *imports)


def opened(call: cst.Call, opener: str, ctx: RuleContext) -> Edit:
    """``open(`` or ``path.open(`` as the library's function says it."""
    func, text = ctx.span(call.func), ctx.document.text
    if not (isinstance(call.func, cst.Attribute) and ctx.qualified_name(call.func) == "pathlib.Path.open"):
        return ctx.replace(call.func, opener)
    receiver, begin = call.func.value, text.index("(", func.end) + 1
    gap = "" if not call.args else "," if text[begin].isspace() else ", "
    source = f"({ctx.source(receiver)})" if receiver.lpar else ctx.source(receiver)
    return ctx.replace_span(Span(ctx.span(call).start, begin), f"{opener}({source}{gap}")


def is_no_use(node: cst.Name, ctx: RuleContext) -> bool:
    """Whether a name only looks like the file's: an attribute, a keyword, or where the file gets its name."""
    parent = ctx.parent(node)
    if isinstance(parent, (cst.Attribute, cst.Arg)):
        return node is not parent.value
    return isinstance(parent, cst.AsName)


def with_await(node: cst.Name, ctx: RuleContext) -> tuple[Edit, ...] | None:
    """What awaits the file in the place of one use of it."""
    parent = ctx.parent(node)
    outer = ctx.parent(parent) if parent is not None else None
    if isinstance(parent, cst.For) and parent.iter is node and parent.asynchronous is None:
        return (ctx.insert_before(parent, "async "),)
    if isinstance(parent, cst.CompFor) and parent.iter is node and parent.asynchronous is None:
        whole = isinstance(outer, (cst.ListComp, cst.SetComp, cst.DictComp)) and not inside_generator(outer, ctx)
        begin = ctx.document.text.index("for", ctx.span(parent).start)
        return (ctx.replace_span(Span(begin, begin), "async "),) if whole else None
    if isinstance(parent, cst.Attribute):
        if not isinstance(outer, cst.Call) or outer.func is not parent:
            return () if parent.attr.value in SAME else None
        if parent.attr.value not in AWAITED or inside_generator(outer, ctx):
            return None
        return awaited(outer, ctx)
    if not isinstance(parent, cst.Arg) or not isinstance(outer, cst.Call) or inside_generator(outer, ctx):
        return None
    if parent.keyword is not None or parent.star or not isinstance(outer.func, cst.Attribute):
        return None
    symbol = ctx.qualified_name(outer.func)
    if symbol in LOADS and outer.args[0] is parent:
        return (ctx.replace(node, f"await {node.value}.read()"), *renamed(outer.func, LOADS[symbol], ctx))
    if symbol in DUMPS and len(outer.args) > 1 and outer.args[1] is parent and isinstance(ctx.parent(outer), cst.Expr):
        between = Span(ctx.span(outer.args[0].value).end, ctx.span(node).end)
        if outer.args[0].value.rpar or "#" in ctx.document.text[between.start : between.end]:
            return None
        return (
            ctx.insert_before(outer, f"await {node.value}.write("),
            *renamed(outer.func, DUMPS[symbol], ctx),
            ctx.replace_span(between, ""),
            ctx.insert_after(outer, ")"),
        )
    return None


def renamed(func: cst.Attribute, name: str, ctx: RuleContext) -> tuple[Edit, ...]:
    return (ctx.replace(func.attr, name),) if name else ()
