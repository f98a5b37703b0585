"""All that a rule may import: what a rule is, what it may ask, what it may answer.

One thing in one file: it is the whole of what a plug-in sees.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import chain
from typing import Any, Protocol, TypeVar

import libcst as cst

from apitfall.asked import Question
from apitfall.config import Option
from apitfall.facts import (
    ClassFacts,
    ExceptClause,
    FunctionFacts,
    Import,
    ModuleFacts,
    Parameter,
    Place,
    Step,
    Value,
    Variable,
    value_of,
)
from apitfall.project import (
    Answers,
    Binding,
    ProjectIndex,
    Scope,
    Version,
    collect,
    collect_calls,
    collect_imports,
    summary,
)
from apitfall.syntax import DEFINING, Chunk, Standing, Tree, children, import_edit
from apitfall.text import Document, Edit, Edits, Span, apply, newline_of
from apitfall.types import ANY, NONE, Type, callable_, coroutine, union

__all__ = [
    "ANY",
    "NONE",
    "ClassFacts",
    "Edit",
    "Edits",
    "ExceptClause",
    "Finding",
    "Fix",
    "FunctionFacts",
    "Import",
    "Inlay",
    "Lens",
    "ModuleFacts",
    "Parameter",
    "Place",
    "ProjectIndex",
    "Related",
    "RuleContext",
    "Scope",
    "Severity",
    "Span",
    "Step",
    "Type",
    "Value",
    "Variable",
    "Version",
    "apply",
    "callable_",
    "collect",
    "collect_calls",
    "collect_imports",
    "coroutine",
    "inlay",
    "lens",
    "newline_of",
    "rule",
    "summary",
    "union",
    "value_of",
]

N = TypeVar("N", bound=cst.CSTNode)
T = TypeVar("T")
Where = Callable[[str, ProjectIndex], bool]
InText = Callable[[str, Sequence[str], ProjectIndex], bool]


MOST_KEPT = 2000  # answers about nodes of a chunk

# What the facts of a function know as a step, and the statements around.
STEPS = (
    cst.Call, cst.Await, cst.Attribute, cst.Return, cst.Assign, cst.NamedExpr, cst.Yield, cst.BaseStatement,
)  # fmt: skip


class Severity(IntEnum):
    """With the numbers of the language server protocol; a smaller one is worse."""

    error = 1
    warning = 2
    information = 3
    hint = 4


@dataclass(frozen=True)
class Related:
    """A second place of a finding. A rule gives the `place`; in a report `path` and `span` say where it is now."""

    place: Place
    message: str
    path: str = ""
    span: Span = Span(0, 0)


@dataclass(frozen=True)
class Fix:
    """A repair. `name` is stable and named by pages, `title` is what a light bulb shows.

    `safe`: the program does the same except for the fault. `edits` is called when somebody asks for them; it returns
    None where, looked at closely, the fix cannot be made.
    """

    name: str
    title: str
    edits: Callable[[], Edits | None]
    safe: bool = False
    preferred: bool = False


@dataclass(frozen=True)
class Finding:
    """`span` is in offsets of the document; the engine fills in `rule`, `place` and `fingerprint`."""

    span: Span
    message: str
    severity: Severity
    fixes: tuple[Fix, ...] = ()
    related: tuple[Related, ...] = ()
    place: Place = Place("", "")
    rule: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class Lens:
    span: Span
    title: str


@dataclass(frozen=True)
class Inlay:
    span: Span
    label: str


@dataclass(frozen=True)
class Rule:
    """A check with the node classes it looks at. The name is that of its file, with dashes."""

    name: str
    nodes: tuple[type[cst.CSTNode], ...]
    check: Callable[[cst.CSTNode, RuleContext], Iterator[Finding]]
    options: Mapping[str, Option] = field(default_factory=dict[str, Option])
    replaces: tuple[str, ...] = ()
    where: Where | None = None
    text: InText | None = None


@dataclass(frozen=True)
class LensRule:
    name: str
    nodes: tuple[type[cst.CSTNode], ...]
    check: Callable[[cst.CSTNode, RuleContext], Iterator[Lens]]


@dataclass(frozen=True)
class InlayRule:
    name: str
    nodes: tuple[type[cst.CSTNode], ...]
    check: Callable[[cst.CSTNode, RuleContext], Iterator[Inlay]]


def rule(
    *nodes: type[N],
    options: Mapping[str, Option] | None = None,
    replaces: tuple[str, ...] = (),
    where: Where | None = None,
    text: InText | None = None,
) -> Callable[[Callable[[N, RuleContext], Iterator[Finding]]], Rule]:
    """Make a check into a rule of the file that it stands in.

    `options` are its settings with their defaults, whose types they keep. `replaces` names rules whose findings at the
    same expression are dropped where this one speaks.

    ``where(body, project)`` says whether the rule may have something to say of a body; without it, it may have of any.
    A body is ``module:qualified.name`` of a function, a lambda (``f.<lambda0>``) or a class, or ``module:``. A node is
    of the body that runs it, as `RuleContext.scope` gives that; one that defines a body, a `def`, a lambda or a `class`,
    is of that one too, and so is what stands in its header: parameters, defaults, annotations, decorators, bases. Where
    it is False of all bodies that a node is of, the rule need not be shown the node. It must be cheap, never ask for
    types that facts do not tell, and be True where it is not sure. It speaks of the rule with the defaults of its
    `options`, and is not to be asked where they are others.

    ``text(text, bodies, project)`` says the same of a text that is not parsed, and of the bodies that are defined in it.
    It is asked first, and only of a rule that has `where`.
    """

    def make(check: Callable[[N, RuleContext], Iterator[Finding]]) -> Rule:
        return Rule(name_of(check), nodes, check, dict(options or {}), replaces, where, text)  # pyright: ignore[reportArgumentType]

    return make


def lens(*nodes: type[N]) -> Callable[[Callable[[N, RuleContext], Iterator[Lens]]], LensRule]:
    """Make a check into a source of code lenses."""
    return lambda check: LensRule(name_of(check), nodes, check)  # pyright: ignore[reportArgumentType]


def inlay(*nodes: type[N]) -> Callable[[Callable[[N, RuleContext], Iterator[Inlay]]], InlayRule]:
    """Make a check into a source of inlay hints."""
    return lambda check: InlayRule(name_of(check), nodes, check)  # pyright: ignore[reportArgumentType]


def name_of(check: Callable[..., object]) -> str:
    return check.__module__.rpartition(".")[2].replace("_", "-")


class Text(Protocol):
    """A file's newest text and its chunks."""

    @property
    def document(self) -> Document: ...

    @property
    def chunks(self) -> Sequence[Chunk]: ...

    def has_line(self, start: str, answers: Answers) -> bool: ...


@dataclass(eq=False)
class Looks:
    """What was looked at of a chunk's tree, and asked about types, beside answers of the project; see `Said` in
    `statements`. Of the nodes `around` all that is in them was looked at, of `kinds` no more than their classes. `unsure`
    are the rules with a question that nobody has answered.

    What a rule worked out of one statement is kept in `known` for the others that look at it, and what the text of a node
    says by itself in `kept`, also for the trees that come, which share most nodes.
    """

    around: set[cst.CSTNode] = field(default_factory=set[cst.CSTNode])
    kinds: set[cst.CSTNode] = field(default_factory=set[cst.CSTNode])
    texts: set[Standing] = field(default_factory=set[Standing])
    questions: dict[str, Question] = field(default_factory=dict[str, Question])
    unsure: set[str] = field(default_factory=set[str])
    known: dict[tuple[object, object], Any] = field(default_factory=dict[tuple[object, object], Any])
    kept: dict[tuple[object, object], tuple[int, Any]] = field(
        default_factory=dict[tuple[object, object], tuple[int, Any]]
    )
    everything: bool = False

    def clear(self) -> None:
        self.known.clear()
        self.around.clear()
        self.kinds.clear()
        self.texts.clear()
        self.questions.clear()
        self.unsure.clear()
        self.everything = False


class RuleContext:
    """The questions a rule can ask about one chunk of one file, and the edits it can make there."""

    def __init__(
        self,
        text: Text,
        tree: Tree,
        module: str,
        project: ProjectIndex,
        options: Mapping[str, Option],
        ask_type: Callable[[Callable[[], Binding], Tree, cst.CSTNode], Type | None],
        look_up: Callable[[Place], tuple[cst.CSTNode, RuleContext] | None],
        define: Callable[[str], tuple[cst.CSTNode, RuleContext] | None],
        looks: Looks,
    ) -> None:
        self.module = module
        self.project = project
        self._text = text
        self._tree = tree
        self._options = options
        self._ask_type = ask_type
        self._look_up = look_up
        self._define = define
        self._looks = looks

    def follow(self, tree: Tree) -> None:
        """The chunk's tree is another now, in which all that was looked at is the same."""
        self._tree = tree
        self._looks.known.clear()

    @property
    def tree(self) -> Tree:
        """The chunk's tree. What is found with it is looked for again after each change in the chunk."""
        self._looks.everything = True
        return self._tree

    @property
    def document(self) -> Document:
        """The document as it is now, in which this chunk is what it was; as with `tree`, `source` costs less.

        A change elsewhere in it is no reason to run the rule again: what a finding rests on is asked by `has_line`.
        """
        self._looks.everything = True
        return self._text.document

    @property
    def path(self) -> str:
        return self._text.document.path

    @property
    def chunks(self) -> Sequence[Chunk]:
        self._looks.everything = True
        return self._text.chunks

    def has_line(self, start: str) -> bool:
        """Whether some line of the file begins so; the rule is asked again when that is another."""
        return self._text.has_line(start, self.project.answers)

    # Questions

    @property
    def facts(self) -> ModuleFacts:
        """What the file says."""
        return self.project.facts(self.module)

    def option(self, name: str) -> Option:
        return self._options[name]

    def span(self, node: cst.CSTNode) -> Span:
        """Where the node stands, parentheses around it and white space left out."""
        return self._tree.span(node)

    def source(self, node: cst.CSTNode) -> str:
        return self._tree.source(node)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        parent = self._tree.parents.get(node)
        if parent is not None:
            self._looks.around.add(parent)
        return parent

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around this one, from the inside out, as far as the chunk goes."""
        parents, looked = self._tree.parents, self._looks.around
        while (node := parents.get(node)) is not None:  # pyright: ignore[reportAssignmentType]
            looked.add(node)
            yield node

    def kinds_around(self, node: cst.CSTNode) -> Iterator[type[cst.CSTNode]]:
        """The classes of the nodes around this one, from the inside out, as far as the chunk goes.

        That something in one of these is changed is no reason to run the rule again.
        """
        parents, looked = self._tree.parents, self._looks.kinds
        while (node := parents.get(node)) is not None:  # pyright: ignore[reportAssignmentType]
            looked.add(node)
            yield node.__class__

    def inside(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """A node and what is in it, each before what it holds; bodies of functions and classes in it are left out."""
        stack = [node]
        while stack:
            found = stack.pop()
            yield found
            stack += reversed(self.below(found))

    def whole(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """A node and all that is in it, each before what it holds."""
        self._looks.around.add(node)
        if self._tree.statements == (node,):
            yield from self._tree.nodes
            return
        stack = [node]
        while stack:
            found = stack.pop()
            yield found
            stack += reversed([*children(found)])

    def below(self, node: cst.CSTNode) -> list[cst.CSTNode]:
        """The nodes right below a node, in order; the body of a function or class is left out."""
        found = [*children(node)]
        if node.__class__ in DEFINING:
            body: object = getattr(node, "body", None)
            return [child for child in found if child is not body]
        return found

    def statement(self, node: cst.CSTNode) -> cst.BaseStatement | None:
        """The innermost statement of a block that holds this node; `cst.Else` and its kind are no statements."""
        for parent in chain((node,), self.ancestors(node)):
            if isinstance(parent, cst.BaseStatement):
                return parent
        return None

    def enclosing_function(self, node: cst.CSTNode) -> FunctionFacts | None:
        """The function whose body runs this node: a `def`, or a lambda; None at module and class level.

        A decorator, a default and an annotation run where the function is defined, not in it.
        """
        return self._body(node)[1]

    def enclosing_definition(self, node: cst.CSTNode) -> cst.FunctionDef | cst.Lambda | cst.ClassDef | None:
        """The function or class whose body holds this node."""
        found = self._tree.definition(node)
        if found is not None:
            self._looks.around.add(found)
        return found

    def taken_by(self, parameter: cst.Param) -> FunctionFacts | None:
        """The function whose parameter this is; to ask the node above the parameter is to look at its body as well."""
        parents = self._tree.parents
        definition = parents.get(parents[parameter])
        name = self._tree.names.get(definition) if definition is not None else None
        return self.project.function(f"{self.module}:{name}") if name is not None else None

    def name_of(self, definition: cst.CSTNode) -> str:
        """The qualified name of a function or class of this file."""
        return self._tree.names[definition]

    def owner(self, node: cst.CSTNode) -> str:
        """The qualified name of the class whose body runs this node; empty elsewhere."""
        return self._tree.owner(node)

    def string_lines(self, node: cst.CSTNode) -> frozenset[int]:
        """The lines of a node's source, counted from 0, that begin inside a string."""
        return self._tree.string_lines(node)

    def scope(self, node: cst.CSTNode) -> Scope:
        """Where the names of this node are looked up."""
        return self._body(node)[0]

    def _body(self, node: cst.CSTNode) -> tuple[Scope, FunctionFacts | None]:
        """The body that runs a node, and the function whose that is."""
        tree, known = self._tree, self._looks.known
        key = "body", tree.definition(node)
        found = known.get(key)
        if found is None:
            scope = Scope(self.module, tree.function(node), tree.owner(node))
            function = self.project.function(scope.symbol) if scope.function else None
            found = known[key] = scope, function
        return found

    def value(self, node: cst.CSTNode) -> Value:
        """What an expression says, as facts hold it."""
        known, key = self._looks.known, ("value", node)
        found = known.get(key)
        if found is None:
            found = known[key] = value_of(node, self._tree.names)
        return found

    def here(self, node: cst.CSTNode) -> Place:
        """The place, as facts have it, of the step that evaluates this node."""
        known, key = self._looks.known, ("here", node)
        found = known.get(key)
        if found is None:
            found = known[key] = self._place(self._step(node))
        return found

    def moment(self, node: cst.CSTNode, step: cst.CSTNode | None = None) -> Place | None:
        """Where an expression is read, by a step if that is not its own; None if that makes no difference to its value.

        What is asked without a place is asked once for a whole function.
        """
        known, scope, value = self._looks.known, self.scope(node), self.value(node)
        key = "moment", (value, scope)
        found = known.get(key)
        if found is None:
            names = {one.name for one in value.walk() if one.kind == "name"} if scope.function else ()
            found = known[key] = any(self.project.is_assigned(name, scope) for name in names)
        return self.here(step or node) if found else None

    def _step(self, node: cst.CSTNode) -> cst.CSTNode:
        """What is evaluated as one step and has this node in it; the node itself where nothing is."""
        if isinstance(node, STEPS):
            return node
        return next((around for around in self.ancestors(node) if isinstance(around, STEPS)), node)

    def once(self, ask: Callable[[N, RuleContext], T], node: N) -> T:
        """What `ask` says of a node, worked out once for all rules that look at it.

        It must not depend on the rule: not on its options, and not on types that facts do not tell.
        """
        known, key = self._looks.known, (ask, node)
        if key not in known:
            known[key] = ask(node, self)
        return known[key]

    def _place(self, node: cst.CSTNode) -> Place:
        place = self._tree.place(node)
        self._looks.texts.add((place.function, place.text))
        return place

    def qualified_name(self, node: cst.CSTNode) -> str | None:
        """What a name or attribute chain stands for, by imports, aliases, re-exports and local shadowing.

        `requests.get` for a name from outside the project, ``module:qualified.name`` for one of the project's own;
        None if that cannot be said.
        """
        return self.project.symbol(self.value(node), self.scope(node), self.moment(node))

    def values(self, node: cst.CSTNode) -> tuple[Value, ...]:
        """What a local name can hold here: the values of the assignments that may reach this place."""
        return self.project.reaching(self.value(node), self.scope(node), self.here(node))

    def known_type(self, node: cst.CSTNode) -> Type | None:
        """The type of an expression from facts and tables alone."""
        return self.project.type_of(self.value(node), self.scope(node), self.moment(node))

    def type_of(self, node: cst.CSTNode) -> Type | None:
        """The type of an expression from facts and tables, and where they do not know, from jedi.

        jedi is asked about names, attributes, calls and subscripts, where they end; each question to it costs. In an
        editor it is asked by another process, and until that has answered the type is not known: the rule is run again.
        """
        found = self.known_type(node)
        if found is None and isinstance(node, (cst.Name, cst.Attribute, cst.Call, cst.Subscript)):
            found = self._ask_type(lambda: self._binding(node), self._tree, node)
        return found

    def _binding(self, node: cst.CSTNode) -> Binding:
        return self.project.binding(self.value(node), self.scope(node), self.here(node))

    def place(self, node: cst.CSTNode) -> Place:
        """The node's place as a symbol of the project, to be related to or asked for again with `at`."""
        place = self._place(node)
        return Place(f"{self.module}:{place.function}", place.text, place.nth)

    def at(self, place: Place) -> tuple[cst.CSTNode, RuleContext] | None:
        """The node at a place of any file, with its own context, whose edit makers edit that file.

        None where the file changed and the place is gone. Only to be asked inside a fix's `edits`.
        """
        self._looks.everything = True
        return self._look_up(place)

    def definition(self, symbol: str) -> tuple[cst.CSTNode, RuleContext] | None:
        """The `def` or `class` of a symbol of the project, as `at` gives a place."""
        self._looks.everything = True
        return self._define(symbol)

    def kept(self, ask: Callable[[N, RuleContext], T], node: N) -> T:
        """What `ask` says of a node, worked out once and kept when others are changed.

        It must look at nothing but what is `below` the node.
        """
        kept, key, touched = self._looks.kept, (ask, node), self._tree.touched.get(node, 0)
        known = kept.get(key)
        if known is None or known[0] < touched:
            if len(kept) >= MOST_KEPT:
                kept.clear()  # among them nodes that are in no tree any more
            known = kept[key] = touched, ask(node, self)
        return known[1]

    # Answers

    def finding(
        self,
        node: cst.CSTNode,
        message: str,
        severity: Severity = Severity.warning,
        fixes: tuple[Fix, ...] = (),
        related: tuple[Related, ...] = (),
    ) -> Finding:
        return Finding(self.span(node), message, severity, fixes, related, self.place(node))

    # Edit makers

    def replace(self, node: cst.CSTNode, text: str) -> Edit:
        return Edit(self.path, self.span(node), text)

    def replace_span(self, span: Span, text: str) -> Edit:
        return Edit(self.path, span, text)

    def insert_before(self, node: cst.CSTNode, text: str) -> Edit:
        """Put `text` right before a node; before a statement, text with a line break in it takes the indentation."""
        start = self.span(node).start
        return Edit(self.path, Span(start, start), self.indented(text, start))

    def insert_after(self, node: cst.CSTNode, text: str) -> Edit:
        end = self.span(node).end
        return Edit(self.path, Span(end, end), self.indented(text, self.span(node).start))

    def remove(self, statement: cst.CSTNode) -> Edit:
        """Take a statement out with its line; `pass` is put where it was the only one of its block."""
        span, text = self.span(statement), self.document.text
        parent = self.parent(statement)
        if isinstance(parent, cst.IndentedBlock) and len(parent.body) == 1:
            return Edit(self.path, span, "pass")
        start = max(text.rfind("\n", 0, span.start), text.rfind("\r", 0, span.start)) + 1
        rest = re.compile(r"[ \t]*(?:\r\n|\r|\n|\Z)").match(text, span.end)
        if text[start : span.start].strip() or not rest:
            return Edit(self.path, span, "pass")
        return Edit(self.path, Span(start, rest.end()), "")

    def wrap(self, statement: cst.BaseStatement, header: str, *edits: Edit) -> Edit:
        """Put a statement, with `edits` made inside it, into a block under `header`.

        The statement's first line and its continuation lines move in by one step; lines that a string began on an
        earlier line are left as they are.
        """
        span, path = self.span(statement), self.path
        inner = tuple(Edit(path, e.span.shift(-span.start), e.text) for e in edits)
        body = apply(self.document.text[span.start : span.end], inner)
        newline, step = newline_of(self.document.text), self.tree.indent
        indent = self.indentation(span.start)
        kept = self.string_lines(statement)
        lines = re.split(r"(\r\n|\r|\n)", body)
        moved = [
            line if number // 2 in kept or number % 2 or not line.strip() else (step + line if number else line)
            for number, line in enumerate(lines)
        ]
        return Edit(path, span, f"{header}{newline}{indent}{step}{''.join(moved)}")

    def indentation(self, offset: int) -> str:
        """The white space that opens the line of an offset."""
        text = self.document.text
        start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
        found = re.compile(r"[^\S\r\n]*").match(text, start)
        assert found is not None, "white space may be none"
        return found.group()

    def indented(self, text: str, offset: int) -> str:
        newline = newline_of(self.document.text)
        return text.replace("\n", newline + self.indentation(offset)) if "\n" in text else text

    def import_edit(self, module: str, name: str = "") -> tuple[str, tuple[Edit, ...]]:
        """How `module`, or `name` of it, can be written in this file, and the edit that imports it if nothing does yet.

        ``("httpx", (edit,))``; ``("hx", ())`` where ``import httpx as hx`` stands already.
        """
        for local, found in self.facts.imports.items():
            if not found.level and not found.typing and (found.module, found.name) == (module, name):
                return local, ()
        package, _, last = module.rpartition(".")
        for local, found in self.facts.imports.items():
            if not name and package and not found.typing and (found.module, found.name) == (package, last):
                return local, ()
        span, text = import_edit(self.chunks, self.document.text, module, name, self.project.is_local)
        return name or module, (Edit(self.path, span, text),)

    def unused_name(self, wish: str) -> str:
        """`wish`, or `wish` with underscores behind it, that no name in this file is called."""
        while re.search(rf"\b{re.escape(wish)}\b", self.document.text):
            wish += "_"
        return wish
