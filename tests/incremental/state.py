"""All that is known of files, as rows that can be compared: what was read, what it says, what the rules say of it.

Everything that these tests need to know of the inside of the server stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from apitfall.engine import Workspace
from apitfall.facts import ModuleFacts
from apitfall.rule import Finding
from apitfall.syntax import Chunk, Tree, children

Row = tuple[object, ...]
State = Mapping[str, list[Row]]


def state(workspace: Workspace, *, edits: bool = True) -> State:
    """The rows of each file; with `edits` those that its fixes make as well."""
    said = findings(workspace, edits=edits)
    return {path: [*said[path], *read_rows(workspace, path)] for path in workspace.paths()}


def read_rows(workspace: Workspace, path: str) -> Iterator[Row]:
    """What was read of one file, white space and punctuation left out: in a tree that was grafted it may belong to others."""
    workspace.index()
    workspace.read(path)
    source = workspace._sources[path]
    assert source.facts is not None
    yield from facts_rows(source.facts)
    yield from chunk_rows(source.chunks)


def findings(workspace: Workspace, *, edits: bool = False) -> State:
    """What the rules say of each file, in the order of the paths."""
    return {path: list(report_rows(workspace, path, edits)) for path in workspace.paths()}


def report_rows(workspace: Workspace, path: str, edits: bool) -> Iterator[Row]:
    report = workspace.check(path, types=False)
    yield from (("finding", *finding_row(found, edits)) for found in report.findings)
    yield from (("broken", span) for span in report.broken)
    yield from (("refused", why) for why in report.refused)


def finding_row(found: Finding, edits: bool) -> Row:
    fixes = [(fix.name, fix.safe, fix.edits() if edits else None) for fix in found.fixes]
    return (
        found.rule, found.span, found.message, found.place, found.fingerprint, found.related, found.severity, fixes,
    )  # fmt: skip


def facts_of(workspace: Workspace) -> State:
    """The facts of each file."""
    workspace.index()
    rows: dict[str, list[Row]] = {}
    for path in workspace.paths():
        workspace.read(path)
        facts = workspace._sources[path].facts
        rows[path] = list(facts_rows(facts)) if facts is not None else []
    return rows


def facts_rows(facts: ModuleFacts) -> Iterator[Row]:
    yield "facts", "imports", tuple(facts.imports.items()), facts.stars, facts.exports
    yield "facts", "variables", tuple(facts.variables.items())
    yield "facts", "flow", facts.flow
    yield from (("facts", name, function) for name, function in facts.functions.items())
    yield from (("facts", name, class_, tuple(class_.variables)) for name, class_ in facts.classes.items())


def chunk_rows(chunks: Iterable[Chunk]) -> Iterator[Row]:
    """The chunks and all of their trees; every node belongs to one place in one tree."""
    seen: set[int] = set()
    for chunk in chunks:
        piece = chunk.piece
        yield (
            "chunk", piece.start, piece.text, piece.headers, piece.owner, piece.tail, chunk.refusal,
            chunk.tree is not None,
        )  # fmt: skip
        if chunk.tree is not None:
            yield from tree_rows(chunk.tree)
            assert seen.isdisjoint(map(id, chunk.tree.nodes)), "a node stands in two trees"
            seen.update(map(id, chunk.tree.nodes))


def tree_rows(tree: Tree) -> Iterator[Row]:
    """A row for each node; others are named by their numbers, and what is around the chunk by its class."""
    number = {node: n for n, node in enumerate(tree.nodes)}
    yield "tree", tree.start, tree.text, tree.indent, len(number) == len(tree.nodes)
    for n, node in enumerate(tree.nodes):
        parent, around = tree.parents[node], tree.definition(node)
        yield (
            "node",
            n,
            type(node).__name__,
            tree.span(node),
            tree.source(node),
            number.get(parent, type(parent).__name__),
            number.get(around, type(around).__name__) if around is not None else None,
            tree.names.get(node),
            tree.function(node),
            tree.owner(node),
            tree.place(node),
            [number.get(child) for child in children(node)],
        )


def agree(incremental: Workspace, fresh: Workspace, said: str = "", look: Callable[[Workspace], State] = state) -> None:
    """Fail if a workspace is not what it is from scratch. Where something does not parse it may say what it did before."""
    for path in incremental.paths():
        incremental.check(path, types=True)  # what was kept is settled then
    if all(chunk.tree is not None for path in fresh.paths() for chunk in chunks_of(fresh, path)):
        same(look(incremental), look(fresh), said)
        return
    for path in fresh.paths():
        document = fresh.document(path)
        assert document is not None
        assert "".join(chunk.piece.text for chunk in chunks_of(incremental, path)) == document.text, said
        assert bool(fresh.check(path).broken) == bool(incremental.check(path).broken), said


def chunks_of(workspace: Workspace, path: str) -> Sequence[Chunk]:
    workspace.read(path)
    return workspace._sources[path].chunks


def same(incremental: State, fresh: State, said: str = "") -> None:
    """Fail with the first row in which two states differ, and what was done before it."""
    if incremental == fresh:
        return
    assert list(incremental) == list(fresh), f"other files\n{said}"
    path = next(path for path in fresh if incremental[path] != fresh[path])
    pairs = list(zip_longest(incremental[path], fresh[path]))
    at = next(n for n, (ours, theirs) in enumerate(pairs) if ours != theirs)
    ours, theirs = pairs[at]
    raise AssertionError(
        f"{path}, row {at}\n  incremental: {short(ours, theirs)}\n  from scratch: {short(theirs, ours)}\n"
        f"  row before: {str(pairs[at - 1][1])[:300] if at else None}\n{said}"
    )


def short(row: Row | None, other: Row | None) -> str:
    """A row's name and the first value that is not the other's."""
    if row is None or other is None or row[:1] != other[:1]:
        return str(row)[:600]
    differing = [(n, a) for n, (a, b) in enumerate(zip(row, other, strict=False)) if a != b]
    n, value = differing[0] if differing else (len(row), None)
    if isinstance(value, list) and isinstance(other[n], list):
        theirs = other[n]
        k = next(
            (k for k, (a, b) in enumerate(zip(value, theirs, strict=False)) if a != b), min(len(value), len(theirs))
        )
        value = f"… {value[max(k - 6, 0) : k + 6]}"
    return f"{row[0]} {str(row[1:4])[:200]} value {n}: {str(value)[:1500]}"
