"""From what the chunks of a file say to the facts of the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from apitfall.facts.bodies import add_imports, exports, variables
from apitfall.facts.chunk_facts import ChunkFacts, Part, Remembered
from apitfall.facts.extract import Extractor
from apitfall.facts.model import UNKNOWN, ClassFacts, FunctionFacts, Import, ModuleFacts, Step, Variable
from apitfall.syntax import Chunk, Splice, Standing, Tree


@dataclass(eq=False)
class Whole:
    """A module's or class's body, put together from the parts that its chunks add."""

    parts: tuple[Part, ...]
    flow: tuple[Step, ...]
    variables: Mapping[str, tuple[Variable, ...]]
    imports: Mapping[str, Import]


def extract(chunks: Sequence[Chunk]) -> ModuleFacts:
    """The facts of a file; a chunk without a tree adds nothing."""
    return Extraction().update(chunks)


@dataclass(frozen=True, slots=True)
class Read:
    """What a chunk said when its functions had been named `named` times, and its tree been disturbed so often."""

    tree: Tree
    named: int
    facts: ChunkFacts
    known: Remembered
    disturbed: int


class Extraction:
    """The facts of one file through its versions: what a chunk says is read once, as long as the chunk stays."""

    def __init__(self) -> None:
        self.trees: list[Tree | None] = []
        self.named: list[int] = []
        self.chunks: dict[Tree, Read] = {}  # by the tree that others were grafted on
        self.wholes: dict[str, Whole] = {}
        self.facts = ModuleFacts()
        self.others: set[str] | None = None  # the functions that alone are others since somebody asked

    def begin(self, facts: ModuleFacts, chunks: Iterable[Chunk]) -> None:
        """Take the facts of a file that were read elsewhere; what a chunk of it says is read when that is `note`d."""
        self.take(chunks)
        self.facts, self.others = facts, None

    @property
    def is_begun(self) -> bool:
        return bool(self.trees)

    def take(self, chunks: Iterable[Chunk]) -> None:
        self.trees = [chunk.tree for chunk in chunks]
        self.named = [tree.named if tree is not None else 0 for tree in self.trees]

    def take_some(self, chunks: Sequence[Chunk], numbers: Iterable[int]) -> None:
        self.trees, self.named = self.trees.copy(), self.named.copy()
        for number in numbers:
            tree = self.trees[number] = chunks[number].tree
            self.named[number] = tree.named if tree is not None else 0

    def note(self, chunk: Chunk) -> None:
        """Read what a chunk says, which is about to be another, or will be at some time, if that is not known."""
        if chunk.tree is not None and self.is_begun and chunk.tree.origin not in self.chunks:
            found, known = self.read(chunk.tree, chunk.piece.owner, None).functions, self.facts.functions
            # Of equal facts the same are kept, so that they need not be compared when all are put together anew.
            found.update({name: known[name] for name, one in found.items() if known.get(name) == one})

    def take_spliced(self, chunks: Sequence[Chunk], splice: Splice) -> None:
        new = [chunk.tree for chunk in chunks[splice.first : splice.first + splice.count]]
        named = [tree.named if tree is not None else 0 for tree in new]
        self.trees = [*self.trees[: splice.first], *new, *self.trees[splice.last :]]
        self.named = [*self.named[: splice.first], *named, *self.named[splice.last :]]

    def put_down(self, tree: Tree) -> None:
        """Forget the nodes of a tree; what it says stays known."""
        known = self.chunks.get(tree.origin)
        if known is not None:
            self.chunks[tree.origin] = replace(known, known=Remembered())

    def update(self, chunks: Sequence[Chunk], others: Collection[int] | Splice | None = None) -> ModuleFacts:
        """The facts that these chunks say; `others` are those that may be others than before, as a `Reader` tells."""
        trees, named, before = self.trees, self.named, self.chunks.copy()
        first, behind = 0, 0
        numbers: Iterable[int] = range(len(chunks))
        if others is None or not self.is_begun:
            self.take(chunks)
        elif isinstance(others, Splice):
            first, behind = others.first, len(trees) - others.last
            numbers = range(first, first + others.count)
            self.take_spliced(chunks, others)
        else:
            numbers = others
            self.take_some(chunks, others)
        changed = self.read_changed(trees, named, chunks, numbers)
        if changed is not None and all(one.is_like(other) for one, other in changed):
            for _, other in changed:
                self.facts = with_functions(self.facts, {**self.facts.functions, **other.functions}, self.facts.classes)
                if self.others is not None:
                    self.others.update(other.functions)
        else:
            self.others = None
            told = self.retold(changed) if changed is not None else None
            self.facts = told or self.spliced(trees, named, chunks, before, (first, behind)) or self.anew(chunks)
        return self.facts

    def take_others(self, facts: ModuleFacts) -> Collection[str] | None:
        """The functions that alone may be others in these facts since this was last asked; None where more may be, or there
        are others."""
        others, self.others = self.others, set()
        return others if self.facts is facts else None

    def read_changed(
        self, trees: Sequence[Tree | None], named: Sequence[int], chunks: Sequence[Chunk], numbers: Iterable[int]
    ) -> list[tuple[ChunkFacts, ChunkFacts]] | None:
        """What those chunks said before and say now that are others; None where there are not the same chunks."""
        if len(trees) != len(chunks):
            return None
        others = [n for n in numbers if trees[n] is not self.trees[n] or named[n] != self.named[n]]
        changed: list[tuple[ChunkFacts, ChunkFacts]] = []
        for number in others:
            one, other = trees[number], self.trees[number]
            if one is None or other is None or one.origin is not other.origin:
                return None
            known = self.chunks.get(other.origin)
            if known is None:
                return None
            changed.append((known.facts, self.read(other, chunks[number].piece.owner, known)))
        return changed

    def retold(self, changed: Iterable[tuple[ChunkFacts, ChunkFacts]]) -> ModuleFacts | None:
        """The facts where the same chunks define the same, and say something else of the module or of a class besides; None
        where that is not so, or not known of all chunks."""
        functions, classes = self.facts.functions, self.facts.classes
        wholes: dict[str, Whole] = {}
        for one, other in changed:
            if one.parts.keys() != other.parts.keys() or not replace(other, parts=one.parts).is_like(one):
                return None
            functions = {**functions, **other.functions}
            for owner, part in one.parts.items():
                whole = wholes.get(owner) or self.wholes.get(owner)
                if whole is None or part not in whole.parts or (owner and owner not in classes):
                    return None
                wholes[owner] = together(tuple([other.parts[owner] if each is part else each for each in whole.parts]))
        if "" not in self.wholes or not self.facts.is_whole:
            return None
        self.wholes |= wholes
        for owner, body in wholes.items():
            if owner:
                classes = {**classes, owner: replace(classes[owner], variables=body.variables, flow=body.flow)}
        return self.module(self.facts.stars, functions, classes)

    def spliced(
        self,
        trees: Sequence[Tree | None],
        named: Sequence[int],
        chunks: Sequence[Chunk],
        said: Mapping[Tree, Read],
        ends: tuple[int, int],
    ) -> ModuleFacts | None:
        """The facts where nothing is another than it was `said` before but which functions there are, all of one class or of
        none; None where that is not so. So many chunks at both `ends` are known to be the same as before."""
        if not trees or not self.facts.is_whole:
            return None
        first, behind = self.ends_kept(trees, named, *ends)
        gone, new = trees[first : len(trees) - behind], chunks[first : len(chunks) - behind]
        if any(chunk.tree is None or chunk.piece.is_part for chunk in new):
            return None
        known = [said.get(tree.origin) if tree is not None else None for tree in gone]
        before = [read.facts for read in known if read is not None]
        after = [
            self.read(tree, chunk.piece.owner, self.chunks.get(tree.origin))
            for chunk in new
            if (tree := chunk.tree) is not None
        ]
        owners = {owner for facts in (*before, *after) for owner, _ in facts.methods}
        if len(before) < len(gone) or len(owners) > 1 or not owners <= self.facts.classes.keys():
            return None
        if [*filter(None, map(besides_functions, before))] != [*filter(None, map(besides_functions, after))]:
            return None
        left = {chunk.tree.origin for chunk in new if chunk.tree is not None}
        for tree in gone:
            if tree is not None and tree.origin not in left:
                del self.chunks[tree.origin]
        classes = self.facts.classes
        for owner in owners:
            old, own = ([name for facts in some for _, name in facts.methods] for some in (before, after))
            methods = put_in(classes[owner].methods, old, own, self.last_of(chunks[:first], owner))
            classes = {**classes, owner: replace(classes[owner], methods=tuple(methods))}
        lost = {name for facts in before for name in facts.functions}
        won = {name: function for facts in after for name, function in facts.functions.items()}
        names = put_in(self.facts.functions, lost, won, self.last_of(chunks[:first]))
        functions = {**self.facts.functions, **won}
        return with_functions(self.facts, {name: functions[name] for name in names}, classes)

    def ends_kept(self, trees: Sequence[Tree | None], named: Sequence[int], first: int, behind: int) -> tuple[int, int]:
        """How many chunks are the same as before from the first on, and how many of the others from the last on; so many
        are known to be."""
        most = min(len(trees), len(self.trees))
        while first + behind < most and trees[first] is self.trees[first] and named[first] == self.named[first]:
            first += 1
        while first + behind < most:
            last = -1 - behind
            if trees[last] is not self.trees[last] or named[last] != self.named[last]:
                break
            behind += 1
        return first, behind

    def last_of(self, chunks: Sequence[Chunk], owner: str = "") -> str | None:
        """The last function in some chunks, or the last method of a class."""
        for chunk in reversed(chunks):
            tree = chunk.tree
            if tree is None or not tree.bodies or (owner and chunk.piece.owner != owner and owner not in tree.bodies):
                continue
            self.note(chunk)
            found = self.chunks[tree.origin].facts
            names = [name for one, name in found.methods if one == owner] if owner else [*found.functions]
            if names:
                return names[-1]
        return None

    def anew(self, chunks: Sequence[Chunk]) -> ModuleFacts:
        """The facts as all chunks together say them."""
        before, self.chunks = self.chunks, {}
        trees = [(chunk.tree, chunk.piece.owner) for chunk in chunks if chunk.tree is not None]
        found = [(owner, self.read(tree, owner, before.get(tree.origin))) for tree, owner in trees]
        is_whole = len(found) == len(chunks) and not any(c.piece.is_part for c in chunks)
        return replace(self.together(found), is_whole=is_whole)

    def read(self, tree: Tree, owner: str, known: Read | None) -> ChunkFacts:
        if known is None or known.tree is not tree or known.named != tree.named:
            known = read_chunk(tree, owner, known)
        self.chunks[tree.origin] = known
        return known.facts

    def together(self, chunks: Iterable[tuple[str, ChunkFacts]]) -> ModuleFacts:
        functions: dict[str, FunctionFacts] = {}
        classes: dict[str, ClassFacts] = {}
        parts: dict[str, list[Part]] = {"": []}
        methods: dict[str, list[str]] = {}
        stars: list[Import] = []
        for owner, found in chunks:
            if owner and owner not in parts:  # its head does not parse
                classes[owner] = ClassFacts(owner, bases=(UNKNOWN,))
                parts[owner] = []
            functions.update(found.functions)
            for name, facts in found.classes.items():
                classes[name] = facts
                parts[name] = []  # a class that is defined again begins anew
            for name, part in found.parts.items():
                parts[name].append(part)
            for name, method in found.methods:
                methods.setdefault(name, []).append(method)
            stars += found.stars
        wholes, self.wholes = self.wholes, {}
        for name, some in parts.items():
            known_whole = wholes.get(name)
            same = known_whole is not None and known_whole.parts == tuple(some)
            self.wholes[name] = known_whole if known_whole is not None and same else together(tuple(some))
        return self.module(
            tuple(stars),
            functions,
            {name: self.whole_class(facts, methods.get(name, ())) for name, facts in classes.items()},
        )

    def module(
        self, stars: tuple[Import, ...], functions: Mapping[str, FunctionFacts], classes: Mapping[str, ClassFacts]
    ) -> ModuleFacts:
        body = self.wholes[""]
        exported = exports(body.variables.get("__all__", ()))
        return ModuleFacts(body.imports, stars, body.variables, functions, classes, body.flow, exported)

    def whole_class(self, head: ClassFacts, methods: Sequence[str]) -> ClassFacts:
        """A class, the very same as before if it is the same."""
        body, known = self.wholes[head.name], self.facts.classes.get(head.name)
        found = replace(head, variables=body.variables, methods=tuple(methods), flow=body.flow)
        return known if known is not None and known == found else found


def besides_functions(
    facts: ChunkFacts,
) -> tuple[Mapping[str, ClassFacts], Mapping[str, Part], tuple[Import, ...]] | None:
    """What a chunk says besides what its functions are; parts that say the same are the same."""
    return (facts.classes, facts.parts, facts.stars) if facts.classes or facts.parts or facts.stars else None


def with_functions(
    facts: ModuleFacts, functions: Mapping[str, FunctionFacts], classes: Mapping[str, ClassFacts]
) -> ModuleFacts:
    """The facts of a file with other functions and classes; those given may have been packed."""
    return ModuleFacts(
        facts.imports, facts.stars, facts.variables, functions, classes, facts.flow, facts.exports, facts.is_whole
    )


def put_in(names: Iterable[str], gone: Collection[str], new: Iterable[str], after: str | None) -> list[str]:
    """The names without those that are gone, the new ones put behind one of them, or before all."""
    left = [name for name in names if name not in gone] if gone else [*names]
    at = left.index(after) + 1 if after is not None else 0
    return [*left[:at], *new, *left[at:]]


def read_chunk(tree: Tree, owner: str, before: Read | None) -> Read:
    """What a chunk says; what it says as `before` is not made anew."""
    if before is None or before.named != tree.named:
        extractor = Extractor(tree, Remembered())
    else:
        disturbed = frozenset[Standing]().union(*tree.disturbed[before.disturbed :])
        extractor = Extractor(tree, before.known, disturbed)
    facts = extractor.read(owner)
    for name, part in facts.parts.items() if before is not None else ():
        known = before.facts.parts.get(name) if before is not None else None
        if known is not None and known.says(part):
            facts.parts[name] = known
    return Read(tree, tree.named, facts, extractor.known, len(tree.disturbed))


def together(parts: tuple[Part, ...]) -> Whole:
    flow: list[Step] = []
    imports: dict[str, Import] = {}
    counts: Counter[str] = Counter()
    for part in parts:
        flow += renumbered(part.flow, counts) if part.counts and counts else part.flow
        counts.update(part.counts)
        add_imports(imports, part.imports)
    return Whole(parts, tuple(flow), variables(flow), imports)


def renumbered(flow: Iterable[Step], counts: Mapping[str, int]) -> Iterator[Step]:
    """The steps with their compound statements counted on from others of the same body before them."""
    for step in flow:
        yield (
            step._replace(branch=tuple((later(name, counts), arm) for name, arm in step.branch))
            if step.branch
            else step
        )


def later(name: str, counts: Mapping[str, int]) -> str:
    kind = name.rstrip("0123456789")
    return f"{kind}{int(name[len(kind) :]) + counts.get(kind, 0)}"
