"""From one chunk of a file to what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice

import libcst as cst

from apitfall.facts.bodies import add_imports
from apitfall.facts.chunk_facts import Body, Branch, ChunkFacts, Part, Remembered, Taken
from apitfall.facts.expressions import steps_of
from apitfall.facts.imports import imported
from apitfall.facts.model import (
    UNKNOWN,
    ClassFacts,
    ExceptClause,
    FunctionFacts,
    Import,
    Parameter,
    Step,
    Value,
)
from apitfall.facts.values import annotation_of, arguments, value_of
from apitfall.syntax import Standing, Tree


class Extractor:
    """Reads one chunk.

    `known` is what was read of the tree that this one was grafted on, and is brought up to date; `disturbed` are the texts
    of places that may have got another number since.
    """

    def __init__(self, tree: Tree, known: Remembered, disturbed: frozenset[Standing] = frozenset()) -> None:
        self.tree = tree
        self.known = known
        self.disturbed = disturbed
        self.stars: list[Import] = []
        self.functions: dict[str, FunctionFacts] = {}
        self.classes: dict[str, ClassFacts] = {}
        self.bodies: dict[str, Body] = {}
        self.typing = False
        self.others = 0  # how often something else was said than steps and functions
        self.defined = 0  # how many classes were

    def read(self, owner: str) -> ChunkFacts:
        body = self.bodies[owner] = Body(owner, owner)
        for statement in self.tree.statements:
            self.remembered(statement, body, (), self.statement)
        parts = {name: Part(tuple(b.flow), b.imports, b.counts) for name, b in self.bodies.items() if b.says_anything}
        return ChunkFacts(self.functions, self.classes, parts, tuple(self.stars))

    # Statements

    def block(self, node: cst.BaseSuite, body: Body, branch: Branch) -> None:
        for statement in node.body:
            if isinstance(statement, cst.BaseSmallStatement):  # on the line of the header
                self.small(statement, body, branch)
            else:
                self.remembered(statement, body, branch, self.statement)

    def remembered(
        self, node: cst.CSTNode, body: Body, branch: Branch, read: Callable[[cst.CSTNode, Body, Branch], None]
    ) -> None:
        """Read something, or take it as it was read before, where that is still right."""
        known = self.known.taken.get(node)
        if known is not None and self.is_right(known, node, body, branch):
            body.flow += known.steps
            if known.is_more:
                body.handlers += known.handlers
                self.functions.update(known.functions)
                body.is_generator = body.is_generator or known.yields
                body.counts.update((kind, after) for kind, _, after in known.numbered)
        else:
            self.read_anew(node, body, branch, read)

    def is_right(self, known: Taken, node: cst.CSTNode, body: Body, branch: Branch) -> bool:
        """Whether what was read of something before is what would be read of it now."""
        return (
            self.tree.touched.get(node, 0) <= known.at
            and known.branch == branch
            and known.texts.isdisjoint(self.disturbed)
            and (not known.numbered or all(body.counts.get(kind, 0) == before for kind, before, _ in known.numbered))
        )

    def read_anew(
        self, node: cst.CSTNode, body: Body, branch: Branch, read: Callable[[cst.CSTNode, Body, Branch], None]
    ) -> None:
        """Read something, and remember what it says."""
        start, others, counts, before = len(body.flow), self.others, {**body.counts}, len(self.functions)
        caught = len(body.handlers)
        read(node, body, branch)
        if others == self.others:
            steps = tuple(body.flow[start:])
            functions = dict(islice(self.functions.items(), before, None)) if len(self.functions) > before else {}
            counted = [(kind, counts.get(kind, 0), after) for kind, after in body.counts.items()]
            numbered = tuple([one for one in counted if one[1] != one[2]])
            flows = chain(steps, *(function.flow for function in functions.values()))
            texts = frozenset([(step.place.function, step.place.text) for step in flows])
            yields = any(step.kind == "yield" for step in steps)
            handlers = tuple(body.handlers[caught:])
            self.known.taken[node] = Taken(
                branch, steps, handlers, functions, texts, numbered, yields, len(self.tree.disturbed)
            )

    def statement(self, node: cst.CSTNode, body: Body, branch: Branch) -> None:
        if isinstance(node, cst.SimpleStatementLine):
            for small in node.body:
                self.small(small, body, branch)
        elif isinstance(node, cst.FunctionDef):
            self.function(node, body, branch)
        elif isinstance(node, cst.ClassDef):
            self.class_(node, body, branch)
        elif isinstance(node, cst.If):
            self.if_(node, body, branch)
        elif isinstance(node, (cst.For, cst.While)):
            name = body.numbered("for" if isinstance(node, cst.For) else "while")
            inside = (*branch, (name, "body"))
            if isinstance(node, cst.For):
                self.head(node.iter, "iterated", body, branch)
                self.assign(node.target, Value("iterate", of=self.value(node.iter)), node.target, body, inside)
            else:
                self.head(node.test, "tested", body, inside)
            self.block(node.body, body, inside)
            if node.orelse is not None:
                self.block(node.orelse.body, body, (*branch, (name, "else")))
        elif isinstance(node, (cst.Try, cst.TryStar)):
            self.try_(node, body, branch)
        elif isinstance(node, cst.With):
            inside = (*branch, (body.numbered("async with" if node.asynchronous else "with"), "body"))
            for item in node.items:
                self.head(item.item, "entered", body, inside)
                if item.asname is not None:
                    entered = Value("enter", of=self.value(item.item))
                    self.assign(item.asname.name, entered, item.asname.name, body, inside)
            self.block(node.body, body, inside)
        elif isinstance(node, cst.Match):
            name = body.numbered("match")
            self.head(node.subject, "operand", body, branch)
            for number, case in enumerate(node.cases):
                inside = (*branch, (name, f"case{number}"))
                for captured in captures(case.pattern):
                    self.assign(captured, UNKNOWN, captured, body, inside)
                if case.guard is not None:
                    self.head(case.guard, "tested", body, inside)
                self.block(case.body, body, inside)

    def head(self, node: cst.CSTNode, use: str, body: Body, branch: Branch) -> None:
        """An expression in the head of a compound statement, which stays when something changes in its blocks."""
        self.remembered(node, body, branch, lambda node, body, branch: self.expression(node, use, body, branch))

    def if_(self, node: cst.If, body: Body, branch: Branch) -> None:
        name, typing = body.numbered("if"), self.typing
        self.head(node.test, "tested", body, branch)
        self.typing = typing or (value_of(node.test).dotted or "").rpartition(".")[2] == "TYPE_CHECKING"
        self.block(node.body, body, (*branch, (name, "body")))
        self.typing = typing
        if isinstance(node.orelse, cst.If):
            self.if_(node.orelse, body, (*branch, (name, "else")))
        elif node.orelse is not None:
            self.block(node.orelse.body, body, (*branch, (name, "else")))

    def try_(self, node: cst.Try | cst.TryStar, body: Body, branch: Branch) -> None:
        name = body.numbered("try")
        self.block(node.body, body, (*branch, (name, "body")))
        for number, handler in enumerate(node.handlers):
            inside = (*branch, (name, f"except{number}"))
            bound = handler.name.name if handler.name is not None else None
            caught = self.value(handler.type) if handler.type is not None else None
            local, is_group = bound.value if isinstance(bound, cst.Name) else "", isinstance(node, cst.TryStar)
            body.handlers.append(ExceptClause(caught, local, inside, is_group))
            if bound is not None:
                self.assign(bound, UNKNOWN, bound, body, inside)
            self.block(handler.body, body, inside)
        if node.orelse is not None:
            self.block(node.orelse.body, body, (*branch, (name, "else")))
        if node.finalbody is not None:
            self.block(node.finalbody.body, body, (*branch, (name, "finally")))

    def small(self, node: cst.BaseSmallStatement, body: Body, branch: Branch) -> None:
        place = self.tree.place
        if isinstance(node, cst.Expr):
            self.expression(node.value, "discarded", body, branch)
        elif isinstance(node, cst.Assign):
            self.expression(node.value, "bound", body, branch)
            for target in node.targets:
                self.assign(target.target, self.value(node.value), node, body, branch)
        elif isinstance(node, cst.AnnAssign):
            value = None
            if node.value is not None:
                self.expression(node.value, "bound", body, branch)
                value = self.value(node.value)
            note = annotation_of(node.annotation) or UNKNOWN
            step = Step("assign", self.value(node.target), (("annotation", note),), value, place(node), "bound", branch)
            body.flow.append(step)
        elif isinstance(node, cst.TypeAlias):
            value = annotation_of(cst.Annotation(node.value)) or UNKNOWN
            body.flow.append(Step("assign", self.value(node.name), (), value, place(node), "bound", branch))
        elif isinstance(node, cst.AugAssign):
            self.expression(node.value, "operand", body, branch)
            self.assign(node.target, UNKNOWN, node, body, branch)
        elif isinstance(node, cst.Return):
            value = None
            if node.value is not None:
                self.expression(node.value, "returned", body, branch)
                value = self.value(node.value)
            body.flow.append(Step("return", value=value, place=place(node), branch=branch))
        elif isinstance(node, cst.Break):
            body.flow.append(Step("break", place=place(node), branch=branch))
        elif isinstance(node, cst.Raise):
            if node.exc is not None:
                self.expression(node.exc, "raised", body, branch)
            value = self.value(node.exc) if node.exc is not None else None
            body.flow.append(Step("raise", value=value, place=place(node), branch=branch))
        elif isinstance(node, cst.Assert):
            self.expression(node.test, "tested", body, branch)
            if node.msg is not None:
                self.expression(node.msg, "operand", body, branch)
        elif isinstance(node, cst.Del):
            body.flow.append(Step("delete", self.value(node.target), place=place(node), branch=branch))
        elif isinstance(node, (cst.Global, cst.Nonlocal)):
            self.others += 1
            body.globals += [item.name.value for item in node.names]
        elif isinstance(node, (cst.Import, cst.ImportFrom)):
            self.others += 1
            known, key = self.known.imports, (node, self.typing)
            if key not in known:
                known[key] = [*imported(node, self.typing)]
            for local, found in known[key]:
                if local == "*":
                    self.stars.append(found)
                else:
                    add_imports(body.imports, {local: found})

    def assign(self, target: cst.CSTNode, value: Value, node: cst.CSTNode, body: Body, branch: Branch) -> None:
        """Steps for the names and attributes that an assignment binds; `node` is what its place is that of."""
        if isinstance(target, (cst.Tuple, cst.List)):
            parts = value.args if value.kind in ("tuple", "list") and len(value.args) == len(target.elements) else None
            for number, item in enumerate(target.elements):
                if isinstance(item, cst.StarredElement):
                    part = UNKNOWN
                else:
                    index = Value("constant", "int", text=str(number))
                    part = parts[number][1] if parts else Value("item", of=value, args=(("", index),))
                self.assign(item.value, part, node, body, branch)
            return
        if isinstance(target, cst.Attribute):
            self.expression(target.value, "attribute", body, branch)
        elif isinstance(target, cst.Subscript):
            self.expression(target, "bound", body, branch)
        step = Step("assign", self.value(target), (), value, self.tree.place(node), "bound", branch)
        body.flow.append(step)

    # Definitions

    def function(self, node: cst.FunctionDef, body: Body, branch: Branch) -> None:
        for decorator in node.decorators:
            self.head(decorator.decorator, "decorator", body, branch)
        for parameter in all_parameters(node.params):
            if parameter.default is not None:
                self.head(parameter.default, "argument", body, branch)
        inner, others, classes = Body(self.tree.names[node]), self.others, self.defined
        self.block(node.body, inner, ())
        if self.defined == classes:
            self.others = others  # what it imports is its own
        signature = self.known.signatures.get(node)
        if signature is None:
            decorators = tuple(self.value(d.decorator) for d in node.decorators)
            signature = parameters(node.params), annotation_of(node.returns), decorators
            self.known.signatures[node] = signature
        self.functions[inner.name] = FunctionFacts(
            inner.name,
            node.asynchronous is not None,
            inner.is_generator,
            body.owner,
            *signature,
            tuple(inner.flow),
            inner.imports,
            tuple(inner.globals),
            tuple(inner.handlers),
            trivial(node),
        )

    def lambda_(self, node: cst.Lambda) -> None:
        inner = Body(self.tree.names[node])
        self.expression(node.body, "returned", inner, ())
        inner.flow.append(Step("return", value=self.value(node.body), place=self.tree.place(node.body)))
        self.functions[inner.name] = FunctionFacts(
            inner.name, False, inner.is_generator, "", parameters(node.params), flow=tuple(inner.flow)
        )

    def class_(self, node: cst.ClassDef, body: Body, branch: Branch) -> None:
        self.others += 1
        self.defined += 1
        name = self.tree.names[node]
        for decorator in node.decorators:
            self.expression(decorator.decorator, "decorator", body, branch)
        for arg in (*node.bases, *node.keywords):
            self.expression(arg.value, "argument", body, branch)
        inner = self.bodies[name] = Body(name, name)
        self.classes[name] = ClassFacts(
            name,
            tuple(value for _, value in arguments(node.bases)),
            arguments(node.keywords),
            tuple(self.value(d.decorator) for d in node.decorators),
        )
        self.block(node.body, inner, ())

    # Expressions

    def value(self, node: cst.CSTNode) -> Value:
        return value_of(node, self.tree.names)

    def expression(self, node: cst.CSTNode, use: str, body: Body, branch: Branch) -> None:
        for found in steps_of(node, use, branch, self.tree, body.numbered):
            if isinstance(found, cst.Lambda):
                self.lambda_(found)
            else:
                body.flow.append(found)
                body.is_generator = body.is_generator or found.kind == "yield"


def all_parameters(node: cst.Parameters) -> Iterator[cst.Param]:
    yield from node.posonly_params
    yield from node.params
    if isinstance(node.star_arg, cst.Param):
        yield node.star_arg
    yield from node.kwonly_params
    if node.star_kwarg is not None:
        yield node.star_kwarg


def parameters(node: cst.Parameters) -> tuple[Parameter, ...]:
    kinds = {id(p): "positional" for p in node.posonly_params} | {id(p): "keyword" for p in node.kwonly_params}
    kinds |= {id(node.star_arg): "args", id(node.star_kwarg): "kwargs"}
    return tuple(
        Parameter(
            p.name.value,
            kinds.get(id(p), "any"),
            annotation_of(p.annotation),
            value_of(p.default) if p.default is not None else None,
        )
        for p in all_parameters(node)
    )


def trivial(node: cst.FunctionDef) -> bool:
    """Whether the body only says that somebody else will write it."""
    smalls: list[cst.CSTNode] = []
    for statement in node.body.body:
        if isinstance(statement, cst.SimpleStatementLine):
            smalls += statement.body
        else:
            smalls.append(statement)
    return all(
        isinstance(s, cst.Pass)
        or (isinstance(s, cst.Expr) and isinstance(s.value, (cst.Ellipsis, cst.SimpleString, cst.ConcatenatedString)))
        or (isinstance(s, cst.Raise) and value_of(s.exc).root.name == "NotImplementedError")
        for s in smalls
    )


def captures(pattern: cst.CSTNode) -> Iterator[cst.Name]:
    """The names that a `case` pattern binds."""
    if isinstance(pattern, (cst.MatchAs, cst.MatchStar)) and pattern.name is not None:
        yield pattern.name
    for child in pattern.children:
        if not isinstance(child, (cst.Name, cst.Attribute)):
            yield from captures(child)
    if isinstance(pattern, cst.MatchMapping) and pattern.rest is not None:
        yield pattern.rest
