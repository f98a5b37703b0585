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

from apitfall.facts.bodies import add_imports, exports, variables
from apitfall.facts.model import UNKNOWN, ClassFacts, ExceptClause, FunctionFacts, Import, ModuleFacts, Step, Value
from apitfall.facts.quick_steps import Body, Branch, QuickSteps, item_of
from apitfall.syntax.known import KnownPiece
from apitfall.syntax.order import position
from apitfall.syntax.outline import Unsure
from apitfall.syntax.quick import QuickTree, new
from apitfall.text import Place


def quick_facts(text: str) -> ModuleFacts:
    """The facts of a text; Unsure where they are to be read with libcst."""
    return facts_and_pieces(text)[0]


def facts_and_pieces(text: str) -> tuple[ModuleFacts, Sequence[KnownPiece]]:
    """The same, and the pieces that the text is cut into; none for one with a byte order mark, which they have not."""
    try:
        tree = QuickTree(text)
        return QuickExtractor(tree).read(), () if text.startswith("\ufeff") else tree.pieces
    except (RecursionError, ValueError, LookupError) as error:  # what was not thought of is left to libcst as well
        raise Unsure(str(error)) from error


class QuickExtractor(QuickSteps):
    def __init__(self, tree: QuickTree) -> None:
        super().__init__(tree)
        self.stars: list[Import] = []
        self.classes: dict[str, ClassFacts] = {}
        self.bodies: dict[str, Body] = {}
        self.typing = False

    def read(self) -> ModuleFacts:
        body = Body()
        self.block(self.tree.body, body, ())
        methods: dict[str, list[str]] = {}
        for function in self.functions.values():
            if function.owner:
                methods.setdefault(function.owner, []).append(function.short_name)
        found = variables(body.flow)
        return ModuleFacts(
            body.imports,
            tuple(self.stars),
            found,
            self.functions,
            {name: self.whole_class(head, methods.get(name, ())) for name, head in self.classes.items()},
            tuple(body.flow),
            exports(found.get("__all__", ())),
        )

    def whole_class(self, head: ClassFacts, methods: Sequence[str]) -> ClassFacts:
        flow = self.bodies[head.name].flow
        return ClassFacts(
            head.name, head.bases, head.keywords, head.decorators, variables(flow), tuple(methods), tuple(flow)
        )

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
            body.flow.append(Step("return", value=value, place=self.place(node), branch=branch))
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
            args = (("annotation", self.unnamed.annotation(node.annotation) or UNKNOWN),)
            target, value = self.value(node.target), self.values.maybe(node.value)
            body.flow.append(Step("assign", target, args, value, self.place(node), "bound", branch))
        elif kind is ast.AugAssign:
            self.visit(node.value, "operand", body, branch)
            self.assign(node.target, UNKNOWN, self.place(node), body, branch)
        elif kind is ast.Break:
            body.flow.append(Step("break", place=self.place(node), branch=branch))
        elif kind is ast.Raise:
            if node.exc is not None:
                self.visit(node.exc, "raised", body, branch)
            value = self.values.maybe(node.exc)
            body.flow.append(Step("raise", value=value, place=self.place(node), branch=branch))
        elif kind is ast.Assert:
            self.visit(node.test, "tested", body, branch)
            if node.msg is not None:
                self.visit(node.msg, "operand", body, branch)
        elif kind is ast.Delete:
            body.flow.append(Step("delete", self.deleted(node), place=self.place(node), branch=branch))
        elif kind is ast.Global or kind is ast.Nonlocal:
            body.globals += node.names
        elif kind is ast.Import or kind is ast.ImportFrom:
            self.import_(node, body)
        elif kind.__name__ == "TypeAlias":  # since 3.12
            value = self.unnamed.annotation(node.value) or UNKNOWN
            body.flow.append(Step("assign", self.value(node.name), (), value, self.place(node), "bound", branch))

    def deleted(self, node: ast.Delete) -> Value:
        if len(node.targets) == 1 and not self.tree.source(node).endswith(","):
            return self.value(node.targets[0])
        return Value("tuple", args=tuple([("", self.value(target)) for target in node.targets]))

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
        self.typing = typing or (self.value(node.test).dotted or "").rpartition(".")[2] == "TYPE_CHECKING"
        self.block(node.body, body, (*branch, (name, "body")))
        self.typing = typing
        if node.orelse:
            self.block(node.orelse, body, (*branch, (name, "else")))

    def for_(self, node: ast.For | ast.AsyncFor, body: Body, branch: Branch) -> None:
        name = body.numbered("for")
        inside = (*branch, (name, "body"))
        self.visit(node.iter, "iterated", body, branch)
        self.assign(node.target, Value("iterate", of=self.value(node.iter)), self.place(node.target), body, inside)
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
            body.handlers.append(ExceptClause(caught, handler.name or "", inside, is_group))
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
                entered = Value("enter", of=self.value(item.context_expr))
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
        place = self.tree.place_of_name(node, name)
        body.flow.append(Step("assign", Value("name", name), (), UNKNOWN, place, "bound", branch))

    def assign(self, target: Any, value: Value, place: Place, body: Body, branch: Branch) -> None:
        """Steps for the names and attributes that an assignment binds."""
        kind = target.__class__
        if kind is ast.Tuple or kind is ast.List:
            parts = value.args if value.kind in ("tuple", "list") and len(value.args) == len(target.elts) else None
            for number, item in enumerate(target.elts):
                if isinstance(item, ast.Starred):
                    self.assign(item.value, UNKNOWN, place, body, branch)
                else:
                    self.assign(item, parts[number][1] if parts else item_of(value, number), place, body, branch)
            return
        if kind is ast.Attribute:
            self.visit(target.value, "attribute", body, branch)
        elif kind is ast.Subscript:
            self.visit(target, "bound", body, branch)
        body.flow.append(new(Step, ("assign", self.value(target), (), value, place, "bound", branch)))

    # Definitions

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, body: Body, branch: Branch) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator, "decorator", body, branch)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default, "argument", body, branch)
        inner = Body(self.tree.names[node])
        self.block(node.body, inner, ())
        self.functions[inner.name] = FunctionFacts(
            inner.name,
            isinstance(node, ast.AsyncFunctionDef),
            inner.is_generator,
            body.owner,
            self.parameters(node.args),
            self.unnamed.annotation(node.returns),
            tuple(map(self.value, node.decorator_list)),
            tuple(inner.flow),
            inner.imports,
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
        self.classes[name] = ClassFacts(
            name,
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
            return node.exc is not None and self.value(node.exc).root.name == "NotImplementedError"
        return isinstance(node, ast.Pass)


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
