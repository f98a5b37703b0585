"""A text read with Python's own parser, which takes a tenth of the time that libcst does.

It is for files that nobody edits, of which only the facts are wanted. A tree of libcst is needed for all else: it has the
white space, it does not depend on the Python that runs, and it is there for chunks whose neighbours do not parse. What
is told here is the same to the letter, or `Unsure` is raised and the text is to be read with libcst: places and names
are part of facts, and of two ways to read a file nothing may show. `tests/incremental/both_readers.py` compares the two.

The chunks are those of `cut`, for a place counts what is equal to it in its function, or in its chunk outside of these.
"""

from __future__ import annotations

import ast
import sys
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

from apitfall.syntax.braces import fields_of
from apitfall.syntax.known import KnownPiece
from apitfall.syntax.order import BELOW, parameters_below
from apitfall.syntax.outline import Unsure, body_and_pieces
from apitfall.text import collapse

# An expression may have a thousand operators in it, and is looked at by recursion, as it is in `tree`.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))

# Before 3.12 what stands in a formatted string was parsed apart, and said to stand somewhere near.
IS_SURE_OF_FIELDS = sys.version_info >= (3, 12)


PlaceRow = tuple[str, str, int]
ByClass = defaultdict[type[ast.AST], list[Any]]


class Scope:
    """The nodes that a function runs, or those of a chunk that are in no function, by their classes: a place counts its
    equals there."""

    __slots__ = ("name", "nodes")

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: ByClass = defaultdict(list)


class Positions:
    """Where the nodes of a text stand in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        lines = text.split("\n")
        self._lines = [0, *accumulate([len(line) + 1 for line in lines])]
        # The lines in which a column, which counts bytes, is none of characters.
        self._wide = {} if text.isascii() else {n: line for n, line in enumerate(lines, 1) if not line.isascii()}

    def begin(self, node: Any) -> int:
        line: int = node.lineno
        column: int = node.col_offset
        return self._lines[line - 1] + (self._column(line, column) if line in self._wide else column)

    def end(self, node: Any) -> int:
        line: int = node.end_lineno
        column: int = node.end_col_offset
        return self._lines[line - 1] + (self._column(line, column) if line in self._wide else column)

    def _column(self, number: int, column: int) -> int:
        return len(self._wide[number].encode()[:column].decode())

    def source(self, node: Any) -> str:
        if self._wide:
            return self.text[self.begin(node) : self.end(node)]
        lines = self._lines
        return self.text[lines[node.lineno - 1] + node.col_offset : lines[node.end_lineno - 1] + node.end_col_offset]

    def is_in_parentheses(self, node: Any) -> bool:
        """Whether a tuple or generator has its own: of ``(a), (b)`` those at its ends are others."""
        if node.__class__ is ast.GeneratorExp or not node.elts:
            return True
        if self.text[self.begin(node)] != "(":
            return False
        first = node.elts[0]
        comma = self.text.index(",", self.end(first))
        before, behind = self.text[self.begin(node) : self.begin(first)], self.text[self.end(first) : comma]
        if "#" in before or "#" in behind:
            raise Unsure("a comment may hold a parenthesis")
        return before.count("(") > behind.count(")")

    def inside(self, node: Any) -> str:
        """What stands between the parentheses of a tuple or generator."""
        begin, end = self.begin(node) + 1, self.end(node) - 1
        parts = node.elts if isinstance(node, ast.Tuple) else [node.elt]
        first, last = (self.begin(parts[0]), self.end(parts[-1])) if parts else (end, end)
        if "#" in self.text[begin:first] or "#" in self.text[last:end]:
            raise Unsure("a comment may stand between a parenthesis and what is in it")
        return self.text[begin:end]

    def items(self, node: ast.Subscript) -> Sequence[ast.expr]:
        """What stands between the brackets, without the stars."""
        inside = node.slice
        found = inside.elts if isinstance(inside, ast.Tuple) and not self.is_in_parentheses(inside) else [inside]
        return [item.value if isinstance(item, ast.Starred) else item for item in found]


class QuickTree(Positions):
    """The syntax of a whole text, and the `pieces` that it is cut into. `names` are those of its functions, lambdas and
    classes, as `Tree` gives them."""

    def __init__(self, text: str) -> None:
        super().__init__(text.removeprefix("\ufeff"))  # no name and no place has it
        self.body, pieces = body_and_pieces(self.text, self._lines)
        self.pieces = [KnownPiece(piece, [], {}) for piece in pieces]
        self.names: dict[ast.AST, str] = {}
        self.scopes: dict[ast.AST, Scope] = {}
        self._seen: Counter[str] = Counter()
        self._places: dict[ast.AST, PlaceRow] = {}
        self._number = 0  # of the piece that is looked at
        self._starts = [known.piece.start for known in self.pieces]
        self._outside = [Scope("") for _ in self.pieces]
        self._block(self.body, "")

    def collapsed(self, node: ast.AST) -> str:
        """A node's source with its white space collapsed, without the parentheses around it."""
        is_bare = node.__class__ not in IN_PARENTHESES or not self.is_in_parentheses(node)
        return collapse(self.source(node) if is_bare else self.inside(node))

    def place(self, node: Any) -> PlaceRow:
        """What the `Place` of a node is made of."""
        place = self._places.get(node)
        if place is None:
            scope, kind = self.scopes[node], node.__class__
            if kind is ast.Name:  # there are many of them, and few are asked for
                return self._place_of_name(scope, self.collapsed(node), self.begin(node))
            self._place_all(kind, scope)
            place = self._places[node]
        return place

    def _place_all(self, kind: type[ast.AST], scope: Scope) -> None:
        """Tell the places of the nodes of a class, of which all are asked for where one is."""
        name, places = scope.name, self._places
        first: dict[str, Any] = {}
        equal: dict[str, list[Any]] = {}
        for node in self._counted(kind, scope.nodes):
            text = self.collapsed(node)
            if text in first:
                equal.setdefault(text, [first[text]]).append(node)
            else:
                first[text] = node
                places[node] = name, text, 0
        imported: dict[str, list[int]] = {}
        for text, start in self._imported(scope.nodes) if kind is ast.Attribute else ():
            if text in first:
                equal.setdefault(text, [first[text]])
                imported.setdefault(text, []).append(start)
        for text, nodes in equal.items():
            begins = [self.begin(node) for node in nodes]
            starts = sorted([*begins, *imported.get(text, ())])
            for node, begin in zip(nodes, begins, strict=True):
                places[node] = name, text, bisect_left(starts, begin)

    def place_of_name(self, node: Any, name: str) -> PlaceRow:
        """The same of a name that a node binds, and that is no node itself."""
        return self._place_of_name(self.scopes[node], name, self.bound_at(node))

    def _place_of_name(self, scope: Scope, name: str, start: int) -> PlaceRow:
        begins = [*self._named(name, scope.nodes)]
        if not begins:
            raise LookupError("a name is written in another way")
        return scope.name, name, sum([begin < start for begin in begins])

    def bound_at(self, node: Any) -> int:
        """Where such a name stands, or at least something between the names before it and those behind."""
        return self.end(node.type) if node.__class__ is ast.ExceptHandler else self.end(node) - 1

    def _counted(self, kind: type[ast.AST], nodes: ByClass) -> Sequence[Any]:
        """The nodes of a class that libcst has."""
        found = nodes[kind]
        if kind is ast.Tuple:  # libcst has none for the items of a subscript
            items = {n.slice for n in nodes[ast.Subscript] if n.slice.__class__ is ast.Tuple}
            found = [node for node in found if node not in items or self.is_in_parentheses(node)]
        return found

    def _imported(self, nodes: ByClass) -> Iterator[tuple[str, int]]:
        """The dotted names of modules that are imported."""
        dotted = [(alias.name, self.begin(alias)) for node in nodes[ast.Import] for alias in node.names]
        dotted += [(node.module or "", self.begin(node)) for node in nodes[ast.ImportFrom]]
        for name, start in dotted:
            while "." in name:
                yield name, start
                name = name.rpartition(".")[0]

    def _named(self, name: str, nodes: ByClass) -> Iterator[int]:
        """Where the names begin that libcst has of this text, each a node of its own there; of one that can be bound."""
        for kind, found in nodes.items():
            if kind is ast.Name:
                yield from [self.begin(node) for node in found if node.id == name]
            elif kind is ast.Attribute:
                yield from [self.end(node) - 1 for node in found if node.attr == name]
            elif kind is ast.arg or kind is ast.keyword:
                yield from [self.begin(node) for node in found if node.arg == name]
            elif kind in BINDING:
                yield from [self.bound_at(node) for node in found if node.name == name]
            elif kind.__name__ in PARAMETERS_OF_TYPES:
                yield from [self.begin(node) for node in found if node.name == name]
            elif kind in NAMED:
                # Behind the decorators, and before all else that is in it.
                yield from [self.begin(node) + 3 for node in found if node.name == name]
            elif kind in NAMING:
                yield from [begin for node in found for one, begin in self._names_in(node) if one == name]

    def _names_in(self, node: Any) -> Iterator[tuple[str, int]]:
        """The names in a node of those that may have several, or none."""
        kind = node.__class__
        if kind is ast.MatchMapping:
            if node.rest is not None:
                yield node.rest, self.bound_at(node)
        elif kind is ast.MatchClass:
            yield from ((name, self.begin(p) - 1) for name, p in zip(node.kwd_attrs, node.kwd_patterns, strict=True))
        elif kind is ast.Global or kind is ast.Nonlocal:
            yield from ((name, self.begin(node)) for name in node.names)
        else:
            module = getattr(node, "module", None) or ""
            yield from ((name, self.begin(node)) for name in module.split("."))
            for alias in node.names:
                yield from ((name, self.begin(alias)) for name in alias.name.split("."))
                if alias.asname is not None:
                    yield alias.asname, self.end(alias)

    # Chunks and definitions

    def _block(self, body: Sequence[ast.stmt], owner: str, head: int = -1) -> None:
        """Look at the statements of the module or of a class that was cut; those in its `head` are of one chunk."""
        for statement in body:
            number = self._number = bisect_right(self._starts, self.begin(statement)) - 1
            piece = self.pieces[number].piece
            is_whole = self.end(statement) <= piece.start + len(piece.text)
            if number == head and is_whole:
                self._walk(statement, self._outside[number], owner)
            elif piece.owner != owner or number == head:
                raise Unsure("a chunk holds something else")
            elif is_whole:
                self._walk(statement, self._outside[number], owner)
            elif isinstance(statement, ast.ClassDef):
                name = self._define(statement, statement.name, self._outside[number], owner)
                self._block(statement.body, name, number)
                self._number = number
                parameters = getattr(statement, "type_params", ())
                for below in (*statement.bases, *statement.keywords, *statement.decorator_list, *parameters):
                    self._walk(below, self._outside[number], owner)
            else:
                raise Unsure("a chunk holds a part of something")

    def _define(self, node: Any, short: str, scope: Scope, around: str) -> str:
        """Name a definition; `Tree.name_functions` says how."""
        self.scopes[node] = scope
        scope.nodes[node.__class__].append(node)
        key = f"{around}.{short}" if around else short
        again = self._seen[key]
        self._seen[key] += 1
        if node.__class__ is ast.Lambda:
            name = f"{key[:-1]}{again}>"
        else:
            name = f"{key}@{again + 1}" if again and node.__class__ is not ast.ClassDef else key
        self.names[node] = name
        _, bodies, seen = self.pieces[self._number]
        bodies.append(name)
        seen.setdefault(key, again)
        return name

    def _walk(self, node: Any, scope: Scope, around: str) -> None:
        """Note a node and what is in it, each before what is in it and in the order in which libcst has them."""
        kind = node.__class__
        if kind in DEFINING:
            self._walk_definition(node, scope, around)
            return
        scopes, nodes = self.scopes, scope.nodes
        scopes[node] = scope
        nodes[kind].append(node)
        if kind is ast.JoinedStr and not IS_SURE_OF_FIELDS:
            self._place_fields(node)
        below = BELOW.get(kind)
        if below is None:
            raise Unsure(f"{kind.__name__} is not known")
        for child in below(node):
            kind = child.__class__
            while kind in ROUND_ONE:
                scopes[child] = scope
                nodes[kind].append(child)
                child = child.value
                kind = child.__class__
            if kind is ast.Name:  # what most nodes are, with nothing below
                scopes[child] = scope
                nodes[kind].append(child)
            elif child is not None and kind is not ast.Constant:  # which nobody asks the place of
                self._walk(child, scope, around)

    def _walk_definition(self, node: Any, scope: Scope, around: str) -> None:
        """A class shares the scope of what it stands in outside of functions: that of the chunk."""
        kind = node.__class__
        name = self._define(node, "<lambda>" if kind is ast.Lambda else node.name, scope, around)
        if kind is ast.ClassDef:
            inside = scope if not scope.name else self._outside[bisect_right(self._starts, self.begin(node)) - 1]
            for child in node.body:
                self._walk(child, inside, name)
            others = [*node.bases, *node.keywords, *node.decorator_list, *getattr(node, "type_params", ())]
        else:
            for child in parameters_below(node.args):
                self._walk(child, scope, around)
            inside = Scope(name)
            for child in [node.body] if kind is ast.Lambda else node.body:
                self._walk(child, inside, name)
            others = [] if kind is ast.Lambda else [*node.decorator_list, *getattr(node, "type_params", ())]
            if kind is not ast.Lambda and node.returns is not None:
                others.insert(len(node.decorator_list), node.returns)
        for child in others:
            self._walk(child, scope, around)

    def _place_fields(self, node: ast.JoinedStr) -> None:
        """Parse once more what stands in the fields of a formatted string, where it stands."""
        values = list(formatted(node))
        if not values:
            return
        start = self.begin(node)
        spans = fields_of(self.source(node))
        if spans is None or len(spans) != len(values):
            raise Unsure("the fields of a formatted string")
        for value, (left, right) in zip(values, spans, strict=True):
            offset = start + left
            number = bisect_right(self._lines, offset) - 1
            column = len(self.text[self._lines[number] : offset].encode())
            try:
                found = ast.parse(f"({self.text[offset : start + right]})", mode="eval").body
            except (SyntaxError, ValueError) as error:
                raise Unsure("the fields of a formatted string") from error
            if isinstance(found, ast.Tuple):
                raise Unsure("a tuple without parentheses, or with those that were added to parse it")
            move(found, number, column - 1)
            value.value = found


def move(node: ast.AST, lines: int, columns: int) -> None:
    """Let a node that was parsed alone stand so much further down, and on its first line to the right."""
    for one in ast.walk(node):
        if isinstance(one, (ast.expr, ast.keyword, ast.arg)):
            if one.lineno == 1:
                one.col_offset += columns
            if one.end_lineno == 1:
                one.end_col_offset = (one.end_col_offset or 0) + columns
            one.lineno += lines
            one.end_lineno = (one.end_lineno or 0) + lines


def formatted(node: ast.JoinedStr) -> Iterator[ast.FormattedValue]:
    """The fields of a formatted string, each before those in how it is formatted."""
    for value in node.values:
        if isinstance(value, ast.FormattedValue):
            yield value
            if isinstance(value.format_spec, ast.JoinedStr):
                yield from formatted(value.format_spec)


DEFINING = frozenset((ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda))
# What has one node below, and always has that.
ROUND_ONE = frozenset((ast.Attribute, ast.keyword, ast.Starred, ast.Await, ast.Expr))
NAMED = frozenset((ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
# What may hold several names that are no nodes, or none.
NAMING = frozenset((ast.MatchMapping, ast.MatchClass, ast.Global, ast.Nonlocal, ast.Import, ast.ImportFrom))
BINDING = frozenset((ast.ExceptHandler, ast.MatchAs, ast.MatchStar))
PARAMETERS_OF_TYPES = frozenset(("TypeVar", "ParamSpec", "TypeVarTuple"))  # since 3.12
IN_PARENTHESES = frozenset((ast.Tuple, ast.GeneratorExp))
