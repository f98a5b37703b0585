"""The syntax tree of one chunk, with what libcst leaves out: offsets, parents, and the names of functions."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from operator import attrgetter
from typing import Any

import libcst as cst

from apitfall.syntax.cut import Piece
from apitfall.syntax.spans import record
from apitfall.text import Place, Span, collapse

# libcst writes a tree out by recursion, two Python frames for each level of an expression; an expression may have a
# thousand operators in it (limits.py).
sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))

Definition = cst.FunctionDef | cst.Lambda | cst.ClassDef
DEFINITIONS = (cst.FunctionDef, cst.Lambda, cst.ClassDef)


class Tree:
    """Offsets given out are those of the document; `start` moves when the text before the chunk changes."""

    def __init__(
        self,
        piece: Piece,
        module: cst.Module,
        spans: Mapping[cst.CSTNode, tuple[int, int]],
        removed: tuple[int, ...],
    ) -> None:
        self.start = piece.start
        self.text = piece.text
        self.owner_name = piece.owner
        self.module = module
        self.indent = module.default_indent
        self._depth = len(piece.headers)
        self._has_tail = bool(piece.tail)
        self._stub = sum(map(len, piece.headers))
        self._spans = spans
        self._removed = removed
        self.names: dict[cst.CSTNode, str] = {}
        self.named = 0  # how often its functions were given other names
        self.seen: dict[str, int] = {}  # how often each of its names was defined before it
        self._defined: list[str] | None = None

    @cached_property
    def statements(self) -> tuple[cst.BaseStatement, ...]:
        """The chunk's own statements, the stub classes around them left out."""
        body: Any = self.module.body
        for _ in range(self._depth):
            body = body[0].body.body
        return tuple(body)

    @cached_property
    def nodes(self) -> tuple[cst.CSTNode, ...]:
        """All nodes but white space, punctuation and stubs, each before what is in it."""
        return self._walked[0]

    @cached_property
    def parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        """The node around each node; the chunk's own statements have the stub class around them, or the module."""
        return self._walked[1]

    @cached_property
    def _walked(
        self,
    ) -> tuple[tuple[cst.CSTNode, ...], Mapping[cst.CSTNode, cst.CSTNode], Mapping[cst.CSTNode, Definition]]:
        """The nodes, their parents, and the definition whose body each stands in, from one walk."""
        nodes: list[cst.CSTNode] = []
        parents: dict[cst.CSTNode, cst.CSTNode] = {}
        definitions: dict[cst.CSTNode, Definition] = {}
        around: cst.CSTNode = self.module
        stub: Definition | None = None
        for _ in range(self._depth):
            body: Any = around
            first = body.body[0] if around is self.module else body.body.body[0]
            parents[first] = around
            around = stub = first
        if stub is not None:
            parents[stub.body] = stub
            around = stub.body
        tail = self._tail
        stack: list[tuple[cst.CSTNode, cst.CSTNode, Definition | None]] = [
            (statement, around, stub) for statement in reversed(self.statements)
        ]
        while stack:
            node, parent, definition = stack.pop()
            if node is tail:
                continue
            nodes.append(node)
            parents[node] = parent
            if definition is not None:
                definitions[node] = definition
            below = list(children(node))
            below.reverse()
            if isinstance(node, DEFINITIONS):
                inside = node.body
                stack += [(child, node, node if child is inside else definition) for child in below]
            else:
                stack += [(child, node, definition) for child in below]
        return tuple(nodes), parents, definitions

    @cached_property
    def _tail(self) -> cst.CSTNode | None:
        """The stub statement of a class head without a body."""
        head = self.statements[-1] if self._has_tail else None
        return head.body.body[-1] if isinstance(head, cst.ClassDef) else None

    def span(self, node: cst.CSTNode) -> Span:
        """Where the node stands in the document, without parentheses around it."""
        begin, end = self._spans[node]
        return Span(self._outer(begin), self._outer(end, last=True))

    def _outer(self, offset: int, *, last: bool = False) -> int:
        at = offset - self._stub
        if self._removed:
            at += bisect_right(self._removed, at - 1 if last else at)
        return self.start + min(max(at, 0), len(self.text))

    def source(self, node: cst.CSTNode) -> str:
        span = self.span(node)
        return self.text[span.start - self.start : span.end - self.start]

    def name_functions(self, seen: Counter[str]) -> None:
        """Name the functions of this chunk, given how often each name was defined before it in the module.

        A second `f` is ``f@2``; lambdas are counted within their function: ``f.<lambda0>``.
        """
        names: dict[cst.CSTNode, str] = {}
        defined: list[str] = []
        self.seen = {}
        for node in self._definitions:
            definition = self._walked[2].get(node)
            around = names.get(definition, self.owner_name) if definition is not None else ""
            if isinstance(node, cst.Lambda):
                key = f"{around}.<lambda>" if around else "<lambda>"
                names[node] = f"{key[:-1]}{seen[key]}>"
            else:
                key = f"{around}.{node.name.value}" if around else node.name.value
                again = seen[key] and isinstance(node, cst.FunctionDef)
                names[node] = f"{key}@{seen[key] + 1}" if again else key
            self.seen.setdefault(key, seen[key])
            defined.append(key)
            seen[key] += 1
        self._defined = defined
        if names != self.names:
            self.names, self.named = names, self.named + 1
            self.__dict__.pop("_nth", None)

    @property
    def defined(self) -> Sequence[str]:
        """What its functions are called before they are told apart."""
        if self._defined is None:
            self.name_functions(Counter())
        return self._defined or ()

    @cached_property
    def _definitions(self) -> tuple[Definition, ...]:
        return tuple(node for node in self.nodes if isinstance(node, DEFINITIONS))

    def definition(self, node: cst.CSTNode) -> Definition | None:
        """The function or class whose body holds this node."""
        return self._walked[2].get(node)

    def function(self, node: cst.CSTNode) -> str:
        """The qualified name of the function whose body runs this node; empty at module and class level."""
        found = self.definition(node)
        return self.names.get(found, "") if found is not None and not isinstance(found, cst.ClassDef) else ""

    def owner(self, node: cst.CSTNode) -> str:
        """The qualified name of the class whose body runs this node; empty elsewhere."""
        found = self.definition(node)
        if isinstance(found, cst.ClassDef):
            return self.names.get(found, self.owner_name)
        return ""

    def place(self, node: cst.CSTNode) -> Place:
        """The node's place within the module."""
        return Place(self.function(node), collapse(self.source(node)), self._nth[node.__class__].get(node, 0))

    def find(self, place: Place) -> cst.CSTNode | None:
        """The node at a place; None if there is none any more.

        A statement that is one expression has that expression's text; the expression is given.
        """
        for kind in (cst.BaseExpression, cst.Param, cst.BaseSmallStatement, cst.BaseStatement):
            for node in self.nodes:
                if not isinstance(node, kind) or self.function(node) != place.function:
                    continue
                if collapse(self.source(node)) == place.text and self._nth[node.__class__].get(node, 0) == place.nth:
                    return node
        return None

    @cached_property
    def _nth(self) -> Mapping[type[cst.CSTNode], Mapping[cst.CSTNode, int]]:
        return Counts(self)

    def string_lines(self, node: cst.CSTNode) -> frozenset[int]:
        """The lines of a node's source, counted from 0, that begin inside a string."""
        inside: set[int] = set()
        source, begin = self.source(node), self.span(node).start
        stack = [node]
        while stack:
            found = stack.pop()
            if isinstance(found, (cst.SimpleString, cst.FormattedString)):
                span = self.span(found)
                first = len(re.findall(r"\r\n|\r|\n", source[: span.start - begin]))
                count = len(re.findall(r"\r\n|\r|\n", source[span.start - begin : span.end - begin]))
                inside.update(range(first + 1, first + count + 1))
            else:
                stack.extend(children(found))
        return frozenset(inside)


class Counts(dict[type[cst.CSTNode], Mapping[cst.CSTNode, int]]):
    """For each node class, made when asked for: each node's count among those with its text in its function."""

    def __init__(self, tree: Tree) -> None:
        super().__init__()
        self.tree = tree

    def __missing__(self, kind: type[cst.CSTNode]) -> Mapping[cst.CSTNode, int]:
        tree, seen, counts = self.tree, Counter[tuple[str, str]](), dict[cst.CSTNode, int]()
        found = [n for n in tree.nodes if n.__class__ is kind]
        for node in sorted(found, key=lambda n: tree.span(n).start):
            key = tree.function(node), collapse(tree.source(node))
            counts[node] = seen[key]
            seen[key] += 1
        self[kind] = counts
        return counts


def parse(piece: Piece) -> Tree | None:
    """The tree of a chunk; None if it does not parse. Never raises; what `refusal` refuses must not be given."""
    text, removed = clean(piece.text)
    if piece.tail and not text.endswith(("\n", "\r")):
        text += "\n"
    head = "".join(piece.headers)
    try:
        module = cst.parse_module(head + text + piece.tail)
        spans, length = record(module)
        # A tree that is not as long as its text has no offsets that could be trusted; a final line break may be added.
        if length - len(head + text + piece.tail) not in (0, len(module.default_newline)):
            return None
        tree = Tree(piece, module, spans, removed)
    except (cst.ParserSyntaxError, cst.CSTValidationError, cst.CSTLogicError, RecursionError, UnicodeError):
        return None
    return tree


def clean(text: str) -> tuple[str, tuple[int, ...]]:
    """The text as libcst gives it back, and the offsets, in that text, before which characters were taken out.

    A lone CR becomes a line feed and a lone surrogate U+FFFD, one for one; a byte order mark and the form feeds that
    open a line, which set the indentation back to nothing, are taken out with the white space before them, and so is
    a last line of white space alone.
    """
    if "\r" in text:
        text = re.sub(r"\r(?!\n)", "\n", text)
    if text[-1:] in (" ", "\t"):
        text = re.sub(r"(?<=\n)[ \t]+\Z", "", text)
    if not text.isascii():
        text = re.sub(r"[\ud800-\udfff]", "\ufffd", text)
    if "\f" not in text and not text.startswith("\ufeff"):
        return text, ()
    removed: list[int] = []
    out: list[str] = []
    at = length = 0
    for found in re.finditer(r"\A\ufeff|(?<![^\n])[ \t]*\f[ \t\f]*(?<=\f)", text):
        out.append(text[at : found.start()])
        length += found.start() - at
        removed += [length] * len(found.group())
        at = found.end()
    return "".join(out) + text[at:], tuple(removed)


SKIPPED = frozenset(
    "lpar rpar comma semicolon colon lbracket rbracket lbrace rbrace equal dot leading_lines lines_after_decorators "
    "header footer trailing_whitespace asynchronous".split()
)
NOT_NODES = frozenset((cst.MaybeSentinel, type(None), str, bool))
GETTERS: dict[type[cst.CSTNode], Any] = {}


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes right below, without white space and punctuation; much faster than libcst's own `children`."""
    getter = GETTERS.get(node.__class__, False)
    if getter is False:
        getter = GETTERS[node.__class__] = make_getter(node.__class__)
    if getter is None:
        return
    for value in getter(node):
        kind = value.__class__
        if kind is tuple or kind is list:
            yield from value
        elif kind not in NOT_NODES:
            yield value


def make_getter(kind: type[cst.CSTNode]) -> Any:
    names = [
        f.name
        for f in fields(kind)  # pyright: ignore[reportArgumentType]
        if f.name not in SKIPPED and "whitespace" not in f.name and f.type not in ("str", "bool", str, bool)
    ]
    if not names or issubclass(kind, (cst.Name, cst.SimpleString, cst.Integer, cst.Float, cst.Imaginary)):
        return None
    if len(names) == 1:
        only = attrgetter(names[0])
        return lambda node: (only(node),)  # pyright: ignore[reportUnknownLambdaType, reportUnknownVariableType]
    return attrgetter(*names)
