"""The facts of a whole file, read from Python's own syntax.

`extract` reads the trees that rules run on, chunk by chunk, and is what counts. This does the same for a file that nobody
edits, five times as quickly, or raises `Unsure`; see `syntax.quick`. Method by method it stands beside `Extractor` and
`Steps`, whose order of steps is kept here: what is changed there is changed here, and `tests/incremental/both_readers.py`
shows where that was forgotten.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

from apitfall.facts.bodies import add_imports
from apitfall.facts.model import Import, ModuleFacts
from apitfall.facts.packed import facts_of
from apitfall.facts.quick_steps import Body, Branch, QuickSteps
from apitfall.facts.rows import NONE, FileRows, Row, imported
from apitfall.syntax.known import KnownPiece
from apitfall.syntax.order import position
from apitfall.syntax.outline import Unsure
from apitfall.syntax.quick import QuickTree


def quick_facts(text: str) -> ModuleFacts:
    """The facts of a text; Unsure where they are to be read with libcst."""
    return facts_and_pieces(text)[0]


def facts_and_pieces(text: str) -> tuple[ModuleFacts, Sequence[KnownPiece]]:
    """The same, and the pieces that the text is cut into; none for one with a byte order mark, which they have not."""
    rows, pieces = rows_and_pieces(text)
    return facts_of(rows), pieces


def rows_and_pieces(text: str) -> tuple[FileRows, Sequence[KnownPiece]]:
    """The same for somebody who wants them packed."""
    try:
        tree = QuickTree(text)
        return QuickExtractor(tree).read(), () if text.startswith("\ufeff") else tree.pieces
    except (RecursionError, ValueError, LookupError) as error:  # what was not thought of is left to libcst as well
        raise Unsure(str(error)) from error


class QuickExtractor(QuickSteps):
    def __init__(self, tree: QuickTree) -> None:
        super().__init__(tree)
        self.stars: list[Import] = []
        self.classes: dict[str, tuple[Row, Row, Row]] = {}
        self.bodies: dict[str, Body] = {}
        self.typing = False

    def read(self) -> FileRows:
        body = Body()
        self.block(self.tree.body, body, ())
        methods: dict[str, list[str]] = {}
        for name, _, _, owner, *_ in self.functions.values():
            if owner:
                methods.setdefault(owner, []).append(name.rpartition(".")[2])
        found = self.variables(body)
        return FileRows(
            rows_of_imports(body),
            tuple(map(imported, self.stars)),
            found,
            self.functions,
            {name: self.whole_class(name, *head, methods.get(name, ())) for name, head in self.classes.items()},
            tuple(body.flow),
            self.exports(found.get("__all__", ())),
            True,
            self.rows.values,
        )

    def whole_class(self, name: str, bases: Row, keywords: Row, decorators: Row, methods: Sequence[str]) -> Row:
        body = self.bodies[name]
        return name, bases, keywords, decorators, self.variables(body), tuple(methods), tuple(body.flow)

    def variables(self, body: Body) -> dict[str, Row]:
        """The assignments of a module or class body by name, as `bodies.variables` gives them."""
        found: dict[str, Row] = {}
        for step in body.flow:
            target: int = step[1]
            if step[0] == "assign" and self.rows.values[target][0] == "name":
                _, _, args, value, *_ = step
                note = next((number for key, number in args if key == "annotation"), NONE)
                name = self.rows.values[target][1]
                found[name] = (*found.get(name, ()), (value, note))
        return found

    def exports(self, assigned: Row) -> tuple[str, ...] | None:
        """What a module exports, as `bodies.exports` gives it."""
        value: int = assigned[0][0] if len(assigned) == 1 else NONE
        if value == NONE or self.rows.values[value][0] not in ("list", "tuple"):
            return None
        names = [self.rows.values[number] for _, number in self.rows.values[value][3]]
        return tuple([row[4] for row in names]) if all(row[:2] == ("constant", "str") for row in names) else None

    # Statements

    def block(self, statements: Sequence[ast.stmt], body: Body, branch: Branch) -> None:
        for statement in statements:
            self.statement(statement, body, branch)

    def statement(self, node: Any, body: Body, branch: Branch) -> None:
        kind = node.__class__
        if kind is ast.Expr:
            self.visit(node.value, "discarded", body, branch)
        elif kind is ast.Assign:
            self.visit(node.value, "bound", body, branch)
            value, place = self.value(node.value), self.place(node)
            for target in node.targets:
                self.assign(target, value, place, body, branch)
        elif kind is ast.Return:
            if node.value is not None:
                self.visit(node.value, "returned", body, branch)
            value = self.values.maybe(node.value)
            body.flow.append(("return", NONE, (), value, self.place(node), "discarded", branch))
        elif kind is ast.If:
            self.if_(node, body, branch)
        elif kind in COMPOUND:
            COMPOUND[kind](self, node, body, branch)
        else:
            self.simple(node, body, branch)

    def simple(self, node: Any, body: Body, branch: Branch) -> None:
        kind = node.__class__
        if kind is ast.AnnAssign:
            if self.tree.text[self.tree.begin(node)] == "(":
                raise Unsure("libcst does not take a target in parentheses")
            if node.value is not None:
                self.visit(node.value, "bound", body, branch)
            args = (("annotation", self.unnamed.annotation(node.annotation)),)
            target, value = self.value(node.target), self.values.maybe(node.value)
            body.flow.append(("assign", target, args, value, self.place(node), "bound", branch))
        elif kind is ast.AugAssign:
            self.visit(node.value, "operand", body, branch)
            self.assign(node.target, self.values.unknown(), self.place(node), body, branch)
        elif kind is ast.Break:
            body.flow.append(("break", NONE, (), NONE, self.place(node), "discarded", branch))
        elif kind is ast.Raise:
            if node.exc is not None:
                self.visit(node.exc, "raised", body, branch)
            value = self.values.maybe(node.exc)
            body.flow.append(("raise", NONE, (), value, self.place(node), "discarded", branch))
        elif kind is ast.Assert:
            self.visit(node.test, "tested", body, branch)
            if node.msg is not None:
                self.visit(node.msg, "operand", body, branch)
        elif kind is ast.Delete:
            body.flow.append(("delete", self.deleted(node), (), NONE, self.place(node), "discarded", branch))
        elif kind is ast.Global or kind is ast.Nonlocal:
            body.globals += node.names
        elif kind is ast.Import or kind is ast.ImportFrom:
            self.import_(node, body)
        elif kind.__name__ == "TypeAlias":  # since 3.12
            value = self.unnamed.annotation(node.value)
            body.flow.append(("assign", self.value(node.name), (), value, self.place(node), "bound", branch))

    def deleted(self, node: ast.Delete) -> int:
        if len(node.targets) == 1 and not self.tree.source(node).endswith(","):
            return self.value(node.targets[0])
        targets = tuple([("", self.value(target)) for target in node.targets])
        return self.rows.number(("tuple", "", NONE, targets, ""))

    def import_(self, node: ast.Import | ast.ImportFrom, body: Body) -> None:
        for alias in node.names:
            name = alias.name
            if isinstance(node, ast.ImportFrom):
                found = Import(node.module or "", name, node.level, self.typing)
                if name == "*":
                    self.stars.append(found)
                else:
                    add_imports(body.imports, {alias.asname or name: found})
            elif alias.asname is not None:
                add_imports(body.imports, {alias.asname: Import(name, typing=self.typing)})
            else:
                top = name.partition(".")[0]
                add_imports(body.imports, {top: Import(top, typing=self.typing)})

    def if_(self, node: ast.If, body: Body, branch: Branch) -> None:
        name, typing = body.numbered("if"), self.typing
        self.visit(node.test, "tested", body, branch)
        is_named = node.test.__class__ in NAMES
        self.typing = typing or (is_named and self.values.last_name(self.value(node.test)) == "TYPE_CHECKING")
        self.block(node.body, body, (*branch, (name, "body")))
        self.typing = typing
        if node.orelse:
            self.block(node.orelse, body, (*branch, (name, "else")))

    def for_(self, node: ast.For | ast.AsyncFor, body: Body, branch: Branch) -> None:
        name = body.numbered("for")
        inside = (*branch, (name, "body"))
        self.visit(node.iter, "iterated", body, branch)
        item = self.rows.number(("iterate", "", self.value(node.iter), (), ""))
        self.assign(node.target, item, self.place(node.target), body, inside)
        self.block(node.body, body, inside)
        self.block(node.orelse, body, (*branch, (name, "else")))

    def while_(self, node: ast.While, body: Body, branch: Branch) -> None:
        name = body.numbered("while")
        inside = (*branch, (name, "body"))
        self.visit(node.test, "tested", body, inside)
        self.block(node.body, body, inside)
        self.block(node.orelse, body, (*branch, (name, "else")))

    def try_(self, node: ast.Try, body: Body, branch: Branch) -> None:
        name = body.numbered("try")
        self.block(node.body, body, (*branch, (name, "body")))
        for number, handler in enumerate(node.handlers):
            inside = (*branch, (name, f"except{number}"))
            caught, is_group = self.values.maybe(handler.type), node.__class__ is not ast.Try
            body.handlers.append((caught, handler.name or "", inside, is_group))
            if handler.name is not None:
                self.capture(handler, handler.name, body, inside)
            self.block(handler.body, body, inside)
        self.block(node.orelse, body, (*branch, (name, "else")))
        self.block(node.finalbody, body, (*branch, (name, "finally")))

    def with_(self, node: ast.With | ast.AsyncWith, body: Body, branch: Branch) -> None:
        inside = (*branch, (body.numbered("with" if isinstance(node, ast.With) else "async with"), "body"))
        for item in node.items:
            target = item.optional_vars
            self.visit(item.context_expr, "entered", body, inside)
            if target is not None:
                entered = self.rows.number(("enter", "", self.value(item.context_expr), (), ""))
                self.assign(target, entered, self.place(target), body, inside)
        self.block(node.body, body, inside)

    def match(self, node: ast.Match, body: Body, branch: Branch) -> None:
        name = body.numbered("match")
        self.visit(node.subject, "operand", body, branch)
        for number, case in enumerate(node.cases):
            inside = (*branch, (name, f"case{number}"))
            for pattern, captured in captures(case.pattern):
                self.capture(pattern, captured, body, inside)
            if case.guard is not None:
                self.visit(case.guard, "tested", body, inside)
            self.block(case.body, body, inside)

    def capture(self, node: ast.AST, name: str, body: Body, branch: Branch) -> None:
        place, target = self.tree.place_of_name(node, name), self.rows.number(("name", name, NONE, (), ""))
        body.flow.append(("assign", target, (), self.values.unknown(), place, "bound", branch))

    def assign(self, target: Any, value: int, place: Row, body: Body, branch: Branch) -> None:
        """Steps for the names and attributes that an assignment binds."""
        kind = target.__class__
        if kind is ast.Tuple or kind is ast.List:
            value_kind, _, _, args, _ = self.rows.values[value]
            parts = args if value_kind in ("tuple", "list") and len(args) == len(target.elts) else None
            for number, item in enumerate(target.elts):
                if isinstance(item, ast.Starred):
                    self.assign(item.value, self.values.unknown(), place, body, branch)
                else:
                    part = parts[number][1] if parts else self.values.item(value, number)
                    self.assign(item, part, place, body, branch)
            return
        if kind is ast.Attribute:
            self.visit(target.value, "attribute", body, branch)
        elif kind is ast.Subscript:
            self.visit(target, "bound", body, branch)
        body.flow.append(("assign", self.value(target), (), value, place, "bound", branch))

    # Definitions

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, body: Body, branch: Branch) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator, "decorator", body, branch)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default, "argument", body, branch)
        inner = Body(self.tree.names[node])
        self.block(node.body, inner, ())
        self.functions[inner.name] = (
            inner.name,
            isinstance(node, ast.AsyncFunctionDef),
            inner.is_generator,
            body.owner,
            self.parameters(node.args),
            self.unnamed.annotation(node.returns),
            tuple(map(self.value, node.decorator_list)),
            tuple(inner.flow),
            rows_of_imports(inner),
            tuple(inner.globals),
            tuple(inner.handlers),
            self.is_trivial(node),
        )

    def class_(self, node: ast.ClassDef, body: Body, branch: Branch) -> None:
        name = self.tree.names[node]
        for decorator in node.decorator_list:
            self.visit(decorator, "decorator", body, branch)
        if node.bases and node.keywords and position(node.bases[-1]) > position(node.keywords[0]):
            raise Unsure("libcst does not take a base behind a keyword")
        for base in node.bases:
            self.visit(base.value if isinstance(base, ast.Starred) else base, "argument", body, branch)
        for keyword in node.keywords:
            self.visit(keyword.value, "argument", body, branch)
        inner = self.bodies[name] = Body(name, name)
        self.classes[name] = (
            tuple([self.unnamed.argument(base)[1] for base in node.bases]),
            tuple(map(self.unnamed.argument, node.keywords)),
            tuple(map(self.value, node.decorator_list)),
        )
        self.block(node.body, inner, ())

    def is_trivial(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether the body only says that somebody else will write it."""
        return all(map(self.says_nothing, node.body))

    def says_nothing(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.Expr):
            if isinstance(node.value, ast.JoinedStr):
                raise Unsure("one formatted string says something, several in a row do not")
            return isinstance(node.value, ast.Constant) and isinstance(node.value.value, (str, bytes, type(...)))
        if isinstance(node, ast.Raise):
            return node.exc is not None and self.values.root_name(self.value(node.exc)) == "NotImplementedError"
        return isinstance(node, ast.Pass)


NAMES = frozenset((ast.Name, ast.Attribute, ast.NamedExpr))
COMPOUND: dict[type[ast.AST], Any] = {
    ast.FunctionDef: QuickExtractor.function,
    ast.AsyncFunctionDef: QuickExtractor.function,
    ast.ClassDef: QuickExtractor.class_,
    ast.For: QuickExtractor.for_,
    ast.AsyncFor: QuickExtractor.for_,
    ast.While: QuickExtractor.while_,
    ast.With: QuickExtractor.with_,
    ast.AsyncWith: QuickExtractor.with_,
    ast.Try: QuickExtractor.try_,
    ast.Match: QuickExtractor.match,
}
if hasattr(ast, "TryStar"):  # since 3.11
    COMPOUND[getattr(ast, "TryStar")] = QuickExtractor.try_  # noqa: B009


def rows_of_imports(body: Body) -> dict[str, Row]:
    return {name: imported(one) for name, one in body.imports.items()}


def captures(pattern: Any) -> Iterator[tuple[ast.AST, str]]:
    """The names that a `case` pattern binds, each with the pattern that does."""
    kind = pattern.__class__
    if (kind is ast.MatchAs or kind is ast.MatchStar) and pattern.name is not None:
        yield pattern, pattern.name
    if kind is ast.MatchAs:
        below = [] if pattern.pattern is None else [pattern.pattern]
    else:
        below = [*getattr(pattern, "patterns", ()), *getattr(pattern, "kwd_patterns", ())]
    for one in below:
        yield from captures(one)
    if kind is ast.MatchMapping and pattern.rest is not None:
        yield pattern, pattern.rest
