"""The syntax tree of one chunk, with what libcst leaves out: offsets, parents, and the names of functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any

import libcst as cst

from apitfall.syntax.change import Change, Changed, Standing
from apitfall.syntax.counts import Counts
from apitfall.syntax.cut import Piece
from apitfall.syntax.naming import names_of
from apitfall.syntax.nodes import DEFINING, DEFINITIONS, Definition, Walked, inside, own
from apitfall.syntax.parsed import Hole, Parsed, clean, is_cleaned, parsed
from apitfall.syntax.places import node_at, string_lines
from apitfall.syntax.spans import Offsets
from apitfall.text import Place, Span, collapse

__all__ = ["Change", "Hole", "Tree", "clean", "parse"]

# What of a tree is there only as long as it is read; all of it can be made again of the text.
READ = frozenset("module indent names touched placed _offsets _texts".split())
DERIVED = ("statements", "_walked", "_tail", "_definitions", "_places", "_nth")


class Tree:
    """Offsets given out are those of the document: a tree stands where its `piece` stands.

    `text` is what the tree was made of; where it has holes, the document has something else. It is parsed when it is
    first looked into; one that may not parse is to be given with what it was `made` into. `bodies` are the names of the
    functions and classes in it, and as long as it was not parsed perhaps more. `readings` counts how often its nodes
    became others: it may be `put_down`, and is parsed once more when it is looked into again. `watch` is told.
    """

    def __init__(self, piece: Piece, made: Parsed | None = None, bodies: Collection[str] = ()) -> None:
        self.piece = piece
        self.text = piece.text
        self.owner_name = piece.owner
        self.holes: tuple[Hole, ...] = ()
        self.headers = piece.headers
        self._stub_body = piece.tail
        self._bodies = bodies
        self.readings = 0
        self.is_lost = False  # whether it was said to parse, and does not
        self.watch: Callable[[Tree], None] | None = None
        self.named = 0  # how often functions in it that stayed were given other names
        self.origin = self  # the tree that this one and others were grafted on
        self.changes: list[Changed] = []  # since somebody took and cleared them
        # For each part that was replaced, what stands another number of times than before.
        self.disturbed: list[frozenset[Standing]] = []
        self.seen: dict[str, int] = {}  # how often each of its names was defined before it
        self._defined: list[str] | None = None
        self._uncounted: tuple[Counts, list[cst.CSTNode]] | None = None
        if made is not None:
            self._take(made)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """What is not there before the text was parsed."""
            if name not in READ or "text" not in self.__dict__:
                raise AttributeError(name)
            self._read()
            return self.__dict__[name]

    @property
    def start(self) -> int:
        return self.piece.start

    @property
    def is_read(self) -> bool:
        """Whether its nodes are there."""
        return "module" in self.__dict__

    def _read(self) -> None:
        made = parsed(self.text, self.headers, self._stub_body)
        self.is_lost = made is None
        self._take(made or parsed("", (), "") or Parsed(cst.Module([]), {}))
        self.names, self._defined = self._named(Counter(self.seen))
        if self.watch is not None:
            self.watch(self)

    def _take(self, made: Parsed) -> None:
        self.module = made.module
        self.indent = made.module.default_indent
        stub = sum(map(len, self.headers))
        self._offsets = Offsets(made.spans, stub + len(self.text) + len(self._stub_body) + 2, -stub)
        self.names: dict[cst.CSTNode, str] = {}
        self._texts: dict[cst.CSTNode, str] = {}
        # For each node around parts that were replaced, how many were when the last one in it was.
        self.touched: dict[cst.CSTNode, int] = {}
        self.placed: set[type[cst.CSTNode]] = set()  # the classes of nodes whose places were asked for
        self.readings += 1

    def put_down(self) -> None:
        """Forget the nodes, and those of the tree that it was grafted on; nothing may hold on to one of them."""
        assert not self.holes, "what stood in a hole is in no text"
        if self.is_read:
            self._bodies, _ = self.bodies, self.defined
            self.changes.clear()
            for tree in (self, self.origin):
                for name in (*READ, *DERIVED):
                    tree.__dict__.pop(name, None)

    @property
    def bodies(self) -> Collection[str]:
        return tuple(self.names.values()) if self.is_read else self._bodies

    def may_hold(self, place: Place) -> bool:
        """Whether something may stand at a place, as far as that can be told without parsing."""
        if self.is_read:
            return True
        if place.function and place.function not in self._bodies:
            return False
        return all(word in self.text for word in place.text.split())

    def release(self) -> None:
        """Forget everything; it must not be used any longer."""
        vars(self.origin).clear()
        vars(self).clear()

    @cached_property
    def statements(self) -> tuple[cst.BaseStatement, ...]:
        """The chunk's own statements, the stub classes around them left out."""
        body: Any = self.module.body
        for _ in range(len(self.headers)):
            body = body[0].body.body
        return tuple(body)

    @property
    def is_run(self) -> bool:
        """Whether the chunk is a run of simple statements; else it is one statement, with all that is in it."""
        return len(self.statements) > 1

    @property
    def takes_grafts(self) -> bool:
        """Whether statements in it can be replaced: its text is what was parsed, and its lines end as lines do."""
        text = self.text
        if not self.statements or self._stub_body or is_cleaned(text) or text.count("\r") > text.count("\r\n"):
            return False
        return self.is_run or not isinstance(self.statements[0], cst.SimpleStatementLine)

    @property
    def outside(self) -> Collection[cst.CSTNode]:
        """The module and the stubs around the chunk's own statements."""
        return self._walked.outside

    @property
    def replaced(self) -> int:
        """How many parts of it were replaced since it was made."""
        return self._offsets.replaced

    def grafted(self, change: Change) -> Tree:
        """A tree with new statements in the place of old ones. This one must not be used any longer.

        The nodes around the statements stay the same ones, with another body: libcst's nodes are not to be changed, for
        they may be shared, but these stand in one tree alone.
        """
        tree, walked = copy(self), self._walked
        for name in ("statements", "_tail", "_nth", "_definitions", "_places"):
            tree.__dict__.pop(name, None)
        above = [*self.around(change.old[0])]
        gone = walked.below(change.old, change.kept)
        counts: Counts | None = self.__dict__.get("_nth")
        # What nobody asked the place of, nothing rests on how often it stands there.
        inner = [node for node in above if node.__class__ in self.placed and node not in walked.outside]
        counted = [node for node in gone if node.__class__ in self.placed]
        texts = Counter([(node.__class__, self.standing(node)) for node in (*counted, *inner)])
        if counts is not None:
            counts.remove([*counted, *inner])
        walked.replace(change.old, change.new, change.kept)
        if change.kept and change.old[0] in self.names and change.old[0] in gone:
            # Until it is named it goes by the name of the one that it stands for, and is renamed if it has another.
            tree.names = {**self.names, change.new[0]: self.names[change.old[0]]}
        size = len(change.text) - len(self.text) + change.part[1] - change.part[0]
        self._offsets.replace(change.part, size, change.spans, change.new, above, gone)
        tree.text, tree.holes = change.text, change.holes
        for node in (*gone, *above):
            self._texts.pop(node, None)
        new = walked.below(change.new, change.kept)
        others = [node for node in new if node.__class__ in self.placed]
        texts.subtract([(node.__class__, tree.standing(node)) for node in (*others, *inner)])
        disturbed = frozenset([standing for (_, standing), count in texts.items() if count and standing is not None])
        tree.disturbed.append(disturbed)
        tree.changes.append(Changed(gone, [one for one in change.new if one not in change.kept], above, disturbed))
        tree.touched.update(dict.fromkeys(above, len(tree.disturbed)))
        if any(node.__class__ in DEFINING for node in (*gone, *new)):
            tree._defined = None
        if counts is not None:
            tree._uncounted = counts, [*others, *inner]
            if tree.is_named:
                tree._count()
        return tree

    def with_lead(self, text: str, end: int) -> Tree:
        """A tree with other empty lines and comments up to `end`, before its statement. This one must not be used any
        longer."""
        tree, statement = copy(self), self.statements[0]
        above = [*self.around(statement)]
        object.__setattr__(statement, "leading_lines", ())
        self._offsets.replace((0, end), len(text) - len(self.text) + end, {}, [statement], above, ())
        tree.text = text
        tree.changes.append(Changed((), (), above, frozenset()))
        if (counts := tree.__dict__.get("_nth")) is not None:
            counts.add(tree, ())
        return tree

    def _count(self) -> None:
        """Count the nodes that are new, and those around them, now that the functions have their names."""
        if self._uncounted is not None:
            (self.__dict__["_nth"], nodes), self._uncounted = self._uncounted, None
            self._nth.add(self, nodes)

    @property
    def is_named(self) -> bool:
        """Whether its functions have their names; not where others were put in."""
        return self._defined is not None

    @property
    def nodes(self) -> Sequence[cst.CSTNode]:
        """All nodes but white space, punctuation and stubs, each before what is in it."""
        return self._walked.nodes

    @property
    def parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        """The node around each node; the chunk's own statements have the stub class around them, or the module."""
        return self._walked.parents

    @cached_property
    def _walked(self) -> Walked:
        around: Any = self.module
        walked = Walked(self.module)
        stub: Definition | None = None
        for _ in range(len(self.headers)):
            stub = around.body[0]
            assert stub is not None, "a stub has what it was made for in it"
            walked.parents[stub] = around
            walked.parents[stub.body] = stub
            walked.outside |= {stub, stub.body}
            around = stub.body
        walked.walk(self.statements, around, walked.number(stub), tail=self._tail)
        return walked

    @cached_property
    def _tail(self) -> cst.CSTNode | None:
        """The stub statement of a class head without a body."""
        head = self.statements[-1] if self._stub_body else None
        return head.body.body[-1] if isinstance(head, cst.ClassDef) else None

    def own(self, statement: cst.CSTNode) -> Sequence[cst.CSTNode]:
        """The nodes of a statement, those of the statements in it left out."""
        return own(statement)

    def inside(self, statement: cst.CSTNode) -> Sequence[cst.CSTNode]:
        """The statements right inside one; an `elif` is inside the `if` before it."""
        found = inside(statement)
        return found if self._tail is None else [node for node in found if node is not self._tail]

    def has(self, node: cst.CSTNode) -> bool:
        """Whether a node is in it, or around its statements."""
        return node in self._walked.parents or node in self._walked.outside

    def around(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around one, from the inside out."""
        parents = self._walked.parents
        while (parent := parents.get(node)) is not None:
            yield parent
            node = parent

    def span(self, node: cst.CSTNode) -> Span:
        """Where the node stands in the document, without parentheses around it; see `outward` for one in a hole."""
        begin, end = self.within(node)
        return self.outward(Span(begin, end)) if self.holes else Span(self.start + begin, self.start + end)

    def within(self, node: cst.CSTNode) -> tuple[int, int]:
        """Where the node stands in `text`."""
        begin, end = self._offsets.span(node)
        size = len(self.text)
        return (begin, end) if 0 <= begin <= end <= size else (min(max(begin, 0), size), min(max(end, 0), size))

    def source(self, node: cst.CSTNode) -> str:
        begin, end = self.within(node)
        return self.text[begin:end]

    def outward(self, span: Span) -> Span:
        """Where a part of `text` stands in the document; within a hole as far behind its start, as long as that is."""
        begin, end = span.start, span.end
        for hole in reversed(self.holes):
            begin, end = hole.outward(begin), hole.outward(end)
        return Span(self.start + begin, self.start + end)

    def inward(self, span: Span) -> Span:
        """The part of `text` that stands at a part of the document; of a hole always the whole."""
        begin, end = span.start - self.start, span.end - self.start
        for hole in self.holes:
            if begin >= hole.start + hole.size:
                begin -= hole.by
            elif begin > hole.start:
                begin = hole.start
            if end >= hole.start + hole.size:
                end -= hole.by
            elif end > hole.start:
                end = hole.end
        return Span(begin, end)

    def name_functions(self, seen: Counter[str]) -> None:
        """Name the functions of this chunk, given how often each name was defined before it in the module.

        A second `f` is ``f@2``; lambdas are counted within their function: ``f.<lambda0>``.
        """
        if self._defined is not None and all(seen[key] == count for key, count in self.seen.items()):
            seen.update(self._defined)
            return
        before, (self.names, self._defined) = self.names, self._named(seen)
        # Of nodes that went and came nothing is known that could be another now.
        if any(self.names.get(node, name) != name for node, name in before.items()):
            self.named, self._uncounted = self.named + 1, None
            for name in ("_nth", "_places"):
                self.__dict__.pop(name, None)
        self._count()

    def _named(self, seen: Counter[str]) -> tuple[dict[cst.CSTNode, str], list[str]]:
        names, defined, self.seen = names_of(self._definitions, self._walked.definition, self.owner_name, seen)
        return names, defined

    @property
    def defined(self) -> Sequence[str]:
        """What its functions are called before they are told apart."""
        if self._defined is None:
            self.name_functions(Counter(self.seen))
        return self._defined or ()

    @cached_property
    def _definitions(self) -> tuple[Definition, ...]:
        return tuple([node for node in self.nodes if isinstance(node, DEFINITIONS)])

    def definition(self, node: cst.CSTNode) -> Definition | None:
        """The function or class whose body holds this node."""
        return self._walked.definition(node)

    def function(self, node: cst.CSTNode) -> str:
        """The qualified name of the function whose body runs this node; empty at module and class level."""
        found = self._walked.definition(node)
        return "" if found is None or found.__class__ is cst.ClassDef else self.names.get(found, "")

    def owner(self, node: cst.CSTNode) -> str:
        """The qualified name of the class whose body runs this node; empty elsewhere."""
        found = self.definition(node)
        if isinstance(found, cst.ClassDef):
            return self.names.get(found, self.owner_name)
        return ""

    def place(self, node: cst.CSTNode) -> Place:
        """The node's place within the module."""
        return Place(self.function(node), self.collapsed(node), self._nth[node.__class__].get(node, 0))

    def standing(self, node: cst.CSTNode) -> Standing | None:
        """What is counted for the node's place; None in a function that has no name yet, where nobody has counted."""
        found = self.definition(node)
        if found is not None and found not in self.names and found not in self.outside:
            return None
        return self.function(node), self.collapsed(node)

    def collapsed(self, node: cst.CSTNode) -> str:
        """The node's source with its white space collapsed, as places hold it."""
        text = node.value if isinstance(node, cst.Name) else self._texts.get(node)
        if text is None:
            text = self._texts[node] = collapse(self.source(node))
        return text

    def find(self, place: Place) -> cst.CSTNode | None:
        """The node at a place; None if there is none any more.

        A statement that is one expression has that expression's text; the expression is given.
        """
        if place not in self._places:
            self._places[place] = node_at(self, place)
        return self._places[place]

    @cached_property
    def _places(self) -> dict[Place, cst.CSTNode | None]:
        return {}

    @cached_property
    def _nth(self) -> Counts:
        return Counts(self)

    def string_lines(self, node: cst.CSTNode) -> frozenset[int]:
        """The lines of a node's source, counted from 0, that begin inside a string."""
        return string_lines(self, node)


def parse(piece: Piece) -> Tree | None:
    """The tree of a chunk; None if it does not parse. Never raises; what `refusal` refuses must not be given."""
    made = parsed(piece.text, piece.headers, piece.tail)
    return Tree(piece, made) if made is not None else None
