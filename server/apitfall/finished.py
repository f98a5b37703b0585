"""The findings of a file as its reports have them, kept chunk by chunk: what stays as it was is not made again."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain, pairwise

from apitfall.asked import Question
from apitfall.checked import Remembered, other
from apitfall.rule import Finding, Related, Severity
from apitfall.syntax import Tree
from apitfall.text import Span

Key = tuple[str, str, str]  # what fingerprints are made of, but for a number that tells equal findings apart


@dataclass(frozen=True, slots=True)
class Located:
    """A related place with where it was found, if it was; `spot` is whatever tells whether it is still there."""

    given: Related
    found: Related | None
    spot: object

    @classmethod
    def at(cls, given: Related, before: Located | None, spot: object, where: tuple[str, Span] | None) -> Located:
        """What was found before, if it is what is found now, by path and span; None where it was not found."""
        if before is not None and before.spot is spot:
            known = before.found
            if where == (None if known is None else (known.path, known.span)):
                return before
        return cls(given, None if where is None else replace(given, path=where[0], span=where[1]), spot)


@dataclass(frozen=True, slots=True)
class Around:
    """What findings depend on beside what the rules said: settings, and where other places are.

    `locate` looks for a related place, and gives what it gave before if nothing of that is another.
    """

    path: str
    replaces: Mapping[str, Sequence[str]]
    severity: Mapping[str, str]
    locate: Callable[[Related, Located | None], Located]


@dataclass(eq=False, slots=True)
class Block:
    """The findings of one chunk, in order. Their spans are where they are in the document, with the chunk at `start`;
    questions are counted from the chunk.

    `related` are those of each finding that has any. `numbers` are those of the fingerprints, if they have been given.
    """

    tree: Tree
    said: Remembered
    start: int
    holes: object
    findings: list[Finding]
    related: dict[int, list[Located]]
    keys: list[tuple[Key, int]]
    questions: list[Question]
    numbers: list[int] = field(default_factory=list[int])

    def follow(self, around: Around) -> bool:
        """Go where the chunk is now, and where related places are; whether anything is another then."""
        by = self.tree.start - self.start
        if by:
            self.start += by
            self.findings = [other(f, span=f.span.shift(by)) for f in self.findings]
        elif not self.related:
            return False
        is_other = bool(by)
        for n, places in self.related.items():
            now = [around.locate(place.given, place) for place in places]
            if any(one is not before for one, before in zip(now, places, strict=True)):
                self.related[n], is_other = now, True
                self.findings[n] = other(self.findings[n], related=related(now))
        return is_other

    def number(self, numbers: list[int], path: str) -> None:
        """Give the findings their fingerprints."""
        if numbers != self.numbers:
            self.numbers = numbers
            for n, ((key, _), number) in enumerate(zip(self.keys, numbers, strict=True)):
                self.findings[n] = other(self.findings[n], fingerprint=fingerprint(path, key, number))


class Finished:
    """The findings of a file, by the trees of its chunks that have any or are not sure to have none."""

    def __init__(self) -> None:
        self.blocks: dict[Tree, Block] = {}
        self.order: list[Block] = []
        self.holders: Counter[Key] = Counter()  # in how many blocks there is such a finding
        self.findings: tuple[Finding, ...] = ()
        self.is_ordered = True  # whether no block has findings behind those of a later one

    def update(self, news: Iterable[Tree], speaking: Mapping[Tree, Remembered], around: Around) -> bool:
        """Take what is said now of some trees; whether any finding is another, or stands elsewhere."""
        gone: dict[Tree, Block] = {}
        new: list[Block] = []
        for tree in news:
            before, said = self.blocks.pop(tree, None), speaking.get(tree)
            if before is not None:
                gone[tree.origin] = before
            if said is not None:
                new.append(block_of(tree, said, around))
        others = [block for block in self.blocks.values() if block.holes is not block.tree.holes]
        for block in others:
            gone[block.tree.origin] = block
            new.append(block_of(block.tree, block.said, around))
        moved = [block for block in self.blocks.values() if block.findings and block.follow(around)]
        for block in new:
            self.blocks[block.tree] = block
        starts = [block.tree.start for block in self.order] if moved else []
        is_moved = starts != sorted(starts)
        if gone or new or is_moved:
            self.renew(gone, new, around.path, is_moved=is_moved)
        if gone or new or moved:
            self.findings = tuple(chain.from_iterable([block.findings for block in self.order]))
            return True
        return False

    def renew(self, gone: Mapping[Tree, Block], new: Sequence[Block], path: str, *, is_moved: bool) -> None:
        """Put the blocks in order and number the findings of those that are new, and of others that have like ones."""
        self.order = sorted(self.blocks.values(), key=lambda block: block.tree.start)
        speaking = [block for block in self.order if block.findings]
        self.is_ordered = all(a.findings[-1].span <= b.findings[0].span for a, b in pairwise(speaking))
        stand_in = {*gone} == {block.tree.origin for block in new}
        if not is_moved and stand_in and all(block.keys == gone[block.tree.origin].keys for block in new):
            for block in new:
                block.number(gone[block.tree.origin].numbers, path)
            return
        left, come = ({key for block in blocks for key, _ in block.keys} for blocks in (gone.values(), new))
        for blocks, by in ((gone.values(), -1), (new, 1)):
            for block in blocks:
                for key in {key for key, _ in block.keys}:
                    self.holders[key] += by
        is_alone = not is_moved and all(self.holders[key] == (key in come) for key in left | come)
        for block, numbers in numbered(new if is_alone else self.order):
            block.number(numbers, path)

    def questions(self, is_open: Callable[[str], bool]) -> Iterator[Question]:
        """What is asked about types by chunks that are not sure, as far as it is open."""
        for block in self.order:
            if block.said.unsure:
                for question in block.questions:
                    if is_open(question.key):
                        yield Question(question.key, block.tree.start + question.end, question.is_local)


def block_of(tree: Tree, said: Remembered, around: Around) -> Block:
    """The findings of a chunk, without those that a more specific rule replaces at the same place.

    Where some of the chunk does not parse, nothing can be fixed.
    """
    spans = [tree.outward(finding.span) for finding in said.findings]
    pairs = list(zip(said.findings, spans, strict=True))
    replaced = {(name, span) for f, span in pairs for name in around.replaces.get(f.rule, ())}
    found: list[Finding] = []
    places: dict[int, list[Located]] = {}
    for finding, span in sorted(pairs, key=lambda pair: (pair[1], pair[0].rule, pair[0].message)):
        if (finding.rule, span) in replaced:
            continue
        located = [around.locate(one, None) for one in finding.related]
        if located:
            places[len(found)] = located
        fixes = () if tree.holes else finding.fixes
        level = severity(finding, around)
        found.append(other(finding, span=span, severity=level, related=related(located), fixes=fixes))
    questions = [q.at(tree.outward(Span(q.end, q.end)).end - tree.start) for q in said.questions]
    return Block(tree, said, tree.start, tree.holes, found, places, [*map(key_of, found)], questions)


def key_of(finding: Finding) -> tuple[Key, int]:
    place = finding.place
    return (finding.rule, place.function.partition(":")[2], place.text), place.nth


def related(places: Iterable[Located]) -> tuple[Related, ...]:
    return tuple([place.found for place in places if place.found is not None])


def numbered(blocks: Iterable[Block]) -> Iterator[tuple[Block, list[int]]]:
    """The numbers of findings: that of the place, or the next one where there was one like it with that before."""
    next_number: dict[Key, int] = {}
    for block in blocks:
        yield block, list(numbers_of(block.keys, next_number))


def numbers_of(keys: Iterable[tuple[Key, int]], next_number: dict[Key, int]) -> Iterator[int]:
    for key, nth in keys:
        number = max(nth, next_number.get(key, 0))
        next_number[key] = number + 1
        yield number


def in_order(findings: Iterable[Finding], around: Around) -> tuple[Finding, ...]:
    """Findings of one file in order, with their severities and fingerprints."""
    found = sorted(findings, key=lambda f: (f.span, f.rule, f.message))
    keys = [*map(key_of, found)]
    out: list[Finding] = []
    for finding, (key, _), number in zip(found, keys, numbers_of(keys, {}), strict=True):
        mark = fingerprint(around.path, key, number)
        out.append(other(finding, severity=severity(finding, around), fingerprint=mark))
    return tuple(out)


def severity(finding: Finding, around: Around) -> Severity:
    level = around.severity.get(finding.rule)
    return finding.severity if level is None else Severity[level]


@lru_cache(maxsize=8192)
def fingerprint(path: str, key: Key, number: int) -> str:
    rule, function, text = key
    parts = (rule, path, function, text, str(number))
    return hashlib.blake2b("\0".join(parts).encode(errors="replace"), digest_size=8).hexdigest()
