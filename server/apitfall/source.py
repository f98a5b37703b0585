"""A file of a project with what was read from its text, and what was found in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from itertools import chain

import libcst as cst

from apitfall.asked import Asked, Question
from apitfall.checked import Checked
from apitfall.facts import Extraction, ModuleFacts, Place, Unpacked, Unsure, facts_and_pieces
from apitfall.finished import Finished
from apitfall.project import Answer, Answers
from apitfall.statements import Statements
from apitfall.syntax import Chunk, KnownPiece, Reader, Tree, functions_put_in
from apitfall.text import Document, Lines, Revision, Span


@dataclass(eq=False)
class Source:
    """A file with what was read from its text as it is now; `facts` and `chunks` are made when they are asked for.

    The facts may be such as were read elsewhere: then there are no chunks before something is looked for in them.
    """

    document: Document
    known: ModuleFacts | None = None
    is_cut: bool = False  # whether its chunks are those of its text as it is now, or of the one before
    is_lazy: bool = True  # whether what is known of a text is enough, as long as nobody looks into its chunks
    revisions: Sequence[Revision] | None = None  # since it was cut, if they are known
    reader: Reader = field(default_factory=Reader)
    extraction: Extraction = field(default_factory=Extraction)
    checked: Checked = field(default_factory=Checked)
    finished: Finished = field(default_factory=Finished)
    statements: dict[Tree, Statements] = field(default_factory=dict[Tree, Statements])
    _line_starts: dict[str, bool] = field(default_factory=dict[str, bool])  # whether there are such, if asked
    _digest: tuple[Lines | None, str] = (None, "")
    _ahead: list[Tree] = field(default_factory=list[Tree])  # those that nobody has looked into yet, the longest last
    _pieces: Sequence[KnownPiece] = ()  # of a text whose facts were read here, until its chunks are made of them

    def take(self, document: Document, revisions: Sequence[Revision] | None) -> None:
        """Take a newer text."""
        if self.known is not None:
            self.revisions = revisions if self.is_cut else None
            self.begin()
        elif self.revisions is not None:
            self.revisions = [*self.revisions, *revisions] if revisions is not None else None
        self.document, self.known, self._pieces = document, None, ()

    @property
    def facts(self) -> ModuleFacts:
        if self.known is None and self.is_lazy and not self.is_cut:
            with suppress(Unsure):
                self.known, self._pieces = facts_and_pieces(self.document.text)
        if self.known is None:
            chunks = self._read()
            self.known = self.extraction.update(chunks, self.reader.changed())
        return self.known

    def take_others(self) -> Collection[str] | None:
        """The functions that alone may be others in its facts since this was last asked; None if that is not known."""
        return self.extraction.take_others(self.facts)

    @property
    def told(self) -> ModuleFacts | None:
        """What it says, if all of it parses and nobody has looked into it yet."""
        return self.known if self.known is not None and self.known.is_whole and not self.is_cut else None

    @property
    def chunks(self) -> list[Chunk]:
        if self.known is None:
            _ = self.facts
        elif not self.is_cut:
            self._read()
        return self.reader.chunks

    @property
    def digest(self) -> str:
        """A digest of the text."""
        lines, digest = self._digest
        if lines is not self.document.lines:
            lines = self.document.lines
            digest = blake2b(lines.text.encode(errors="surrogatepass"), digest_size=16).hexdigest()
            self._digest = lines, digest
        return digest

    def has_line(self, start: str, answers: Answers) -> bool:
        """Whether some line begins so; what is being made rests on it."""
        answers.read(("line", self.document.path, start))
        if start not in self._line_starts:
            self._line_starts[start] = self._has_line(start)
        return self._line_starts[start]

    def _has_line(self, start: str) -> bool:
        lines = self.document.lines
        return any(lines.line(number).startswith(start) for number in lines.holding(start))

    def changed_lines(self) -> Iterator[tuple[str, str, str]]:
        """The parts of what was asked about lines that are another in the text as it is now."""
        for start, before in self._line_starts.items():
            if (now := self._has_line(start)) != before:
                self._line_starts[start] = now
                yield "line", self.document.path, start

    def begin(self) -> None:
        """See to it that the facts of the next text are made of those of this one, as far as its chunks stay."""
        if self.known is not None and self.is_cut and not self.extraction.is_begun:
            self.extraction.begin(self.known, self.reader.chunks)

    @property
    def is_read(self) -> bool:
        """Whether its chunks are those of its text as it is now."""
        return self.known is not None and self.is_cut

    def _read(self) -> list[Chunk]:
        self.is_cut = True
        self.reader.before_change = self.extraction.note
        known = self.known
        if known is not None and known.is_whole and not self.reader.chunks and self.is_lazy:
            bodies = (*known.functions, *known.classes)
            pieces, self._pieces = self._pieces, ()
            if isinstance(known, Unpacked):
                pieces = known.pieces(self.document.text)
            return self.reader.read_later(self.document.lines, bodies, known.classes.keys(), pieces)
        if self.revisions is None:
            return self.reader.read(self.document.lines)
        for revision in self.revisions:
            self.reader.read(revision.lines, revision.change)
        return self.reader.chunks

    def find(self, place: Place) -> Spot | None:
        """Where a place within the module is; of several nodes that stand there the outermost is given."""
        for chunk in self.chunks:
            tree = chunk.tree
            if tree is None or not place.function.startswith(chunk.piece.owner if place.function else ""):
                continue
            node = tree.find(place) if tree.may_hold(place) else None
            if node is not None:
                reader, inside = self.reader, Span(*tree.within(node))
                return Spot(self, reader, reader.revision, place.function, tree, tree.named, node, inside)
        return None

    def read_anew(self) -> None:
        """Read a text of which some does not parse, though that was said."""
        self.known, self.is_cut, self.revisions, self.is_lazy = None, False, None, False
        self.reader, self.extraction, self._ahead = Reader(), Extraction(), []

    def read_ahead(self) -> Tree | None:
        """Parse the longest chunk that was not shown to all rules, and read what it says; its tree, if there was one.

        A change in a long one would wait for it the longest, and comes the soonest.
        """
        chunks, trees = self.chunks, self.reader.trees
        while self._ahead and (self._ahead[-1] not in trees or self.was_shown(self._ahead[-1])):
            self._ahead.pop()
        if not self._ahead:
            left = [chunk for chunk in chunks if chunk.tree is not None and not self.was_shown(chunk.tree)]
            left.sort(key=lambda chunk: len(chunk.piece.text))
            self._ahead = [chunk.tree for chunk in left if chunk.tree is not None]
        if not self._ahead:
            return None
        tree = self._ahead.pop()
        self.begin()
        self.extraction.note(trees[tree])
        _ = tree.nodes
        return tree

    def was_shown(self, tree: Tree) -> bool:
        """Whether a chunk is parsed and all rules have looked at it."""
        statements = self.statements.get(tree.origin)
        return tree.is_read and statements is not None and statements.is_whole

    def settle(self) -> bool:
        """Cut again what did not parse, and make anew what much was put into; whether that gave other chunks, whose facts
        are to be read."""
        chunks = self.reader.chunks
        if self.known is None or (self.reader.settle() is chunks and not self.reader.renew()):
            return False
        self.known, self.revisions = None, ()
        return True

    def definition(self, name: str) -> tuple[cst.CSTNode, Tree] | None:
        """The `def` or `class` of a qualified name, with its tree."""
        for chunk in self.chunks:
            if chunk.tree is not None and name in chunk.tree.bodies:
                for node, called in chunk.tree.names.items():
                    if called == name:
                        return node, chunk.tree
        return None

    def forget_answers(self, answers: Answers | None) -> None:
        """Forget what was found, and in the project's answers, if there are any, that it was made of these."""
        known, statements = self.checked, self.statements
        self.forget_findings()
        if answers is not None:
            for answer in known.answers.values():
                answers.drop(answer)
            for said in statements.values():
                said.drop(answers)
            answers.sweep()

    def forget_findings(self) -> None:
        self.checked, self.finished, self.statements = Checked(), Finished(), {}

    def note_news(self, answers: Answers) -> None:
        """Want the chunks checked that came since this was last done, and forget those that went."""
        known, chunks = self.checked, self.chunks
        gone, fresh = self.reader.news()
        if known.is_new:
            known.is_new, gone, fresh = False, (), [chunk.tree for chunk in chunks if chunk.tree is not None]
        elif self.document.version is not None:
            # To ask where rules may speak takes longer than to let them, in the few chunks that somebody types in.
            for tree in fresh:
                self.statements.setdefault(tree.origin, Statements()).is_whole = True
            # Of what was put where nothing was, nothing was said before that types might be needed for.
            known.put_off.update(node for tree in fresh for node in functions_put_in(tree.changes))
            if not gone:
                known.put_off.update(tree for tree in fresh if tree not in known.answers)
        gone = [*gone, *[tree for tree in fresh if known.named.get(tree, tree.named) != tree.named]]
        for tree in gone:
            known.drop(tree, answers)
        known.wanted.update((tree, None) for tree in fresh if tree not in known.answers)
        left = {tree.origin for tree in known.wanted} if gone else ()
        for tree in gone:
            if tree.origin not in left and (statements := self.statements.pop(tree.origin, None)) is not None:
                statements.drop(answers)

    def unsure(self) -> Iterator[tuple[Span, frozenset[str] | None]]:
        """The parts of which not all is known, as `Checked.unsure` gives them."""
        return self.checked.unsure(self.chunks)

    def questions(self, asked: Asked, *, settled: bool) -> Mapping[str, Question]:
        """What is yet to be told about types; with `settled` also by those who are sure, whose answers may be others."""
        if settled and asked.doubted:
            found = self.checked.questions(asked.is_open)
        else:
            found = self.finished.questions(lambda key: key not in asked.types)
        return {question.key: question for question in found}

    def want_unsure(self, answers: Answers) -> None:
        """Have those chunks checked again that an oracle was not asked for yet."""
        self.note_news(answers)
        while self.checked.stale:
            self.freshen(answers)
        for tree in [tree for tree, said in self.checked.speaking.items() if said.unsure and said.questions]:
            self.checked.drop(tree, answers)
            self.checked.wanted[tree] = None

    def freshen(self, answers: Answers) -> None:
        """See to it that one of the answers that may be wrong is right."""
        answer = self.checked.stale.pop()
        tree: Tree = answer.key  # pyright: ignore[reportAssignmentType]
        if self.checked.answers.get(tree) is not answer:
            return  # another tree stands for it, which is yet to be checked, and has its statements
        statements = self.statements.get(tree.origin)
        if statements is not None and not statements.are_right(answers):
            answers.doubt(answer)
        self.make_right(tree, answer, answers)

    def make_right(self, tree: Tree, answer: Answer, answers: Answers) -> None:
        answers.freshen(answer)
        self.checked.note(tree, answer)
        self.watch(tree, answer)

    def watch(self, tree: Tree, answer: Answer) -> None:
        """Have an answer about a chunk looked at again when what was said of its statements may be another."""
        statements = self.statements.get(tree.origin)
        if statements is not None:
            statements.wake = partial(self.checked.stale.add, answer)

    def put_down(self, tree: Tree, answers: Answers) -> bool:
        """Forget the nodes of a chunk, what was found there not; False where something may still be made of them."""
        said, answer = self.checked.speaking.get(tree), self.checked.answers.get(tree)
        if tree.holes or (said is not None and any(finding.fixes for finding in said.findings)):
            return False
        statements = self.statements.pop(tree.origin, None)
        if statements is not None:
            if answer is not None and not answer.stale and statements.are_right(answers):
                # It rests on what these rest on from now on.
                parts = chain(answer.made_of, *(one.made_of for one in statements.answers.values()))
                answers.settle(answer, answer.value, dict.fromkeys(parts))
            elif answer is not None:
                answers.doubt(answer)
            statements.drop(answers)
        self.extraction.put_down(tree)
        tree.put_down()
        return True

    def release(self) -> None:
        """Forget what was parsed; what it says stays known."""
        if self.known is not None:
            self.is_cut, self.revisions = False, None
            self.reader.release()
            self.reader, self.extraction, self._ahead = Reader(), Extraction(), []


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """Where a place was found, when the reader's text was that of `revision`: at a node of a tree that was `named`.

    `inside` is where that stands in the tree's text; the node itself may be put down later.
    """

    source: Source
    reader: Reader
    revision: int
    function: str
    tree: Tree
    named: int
    node: cst.CSTNode
    inside: Span

    @property
    def span(self) -> Span:
        return self.tree.outward(self.inside)

    def holds(self, source: Source | None) -> bool:
        """Whether looking for it in this file would lead there again.

        A function stands in one chunk, so what is in one is found there as long as that is the same.
        """
        if source is None or source is not self.source or self.reader is not source.reader or not source.is_read:
            return False
        same = self.tree in self.reader.trees and self.tree.named == self.named
        return self.reader.revision == self.revision or (bool(self.function) and same)
