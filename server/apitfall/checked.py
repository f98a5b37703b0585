"""What was found in a file, kept by the trees of its chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import libcst as cst

from apitfall.asked import Question
from apitfall.project import Answer, Answers
from apitfall.rule import Finding
from apitfall.syntax import Chunk, Tree
from apitfall.text import Document, Lines, Span


@dataclass(frozen=True)
class Report:
    """What was found in one document. `broken` are the chunks that do not parse; `refused` says why some were not tried.

    `questions` are those about types whose answers may show more.
    """

    document: Document
    findings: tuple[Finding, ...]
    broken: tuple[Span, ...] = ()
    refused: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True)
class Remembered:
    """The findings of a chunk, counted from where it begins in the text of its tree.

    `unsure` are the rules that a type, which nobody has told yet, may make say more, and those that failed. `questions`
    is what was asked about types, with an answer or without, counted in the same way.
    """

    findings: tuple[Finding, ...]
    unsure: frozenset[str]
    questions: tuple[Question, ...] = ()


def other(finding: Finding, **changes: object) -> Finding:
    """A finding of which something is another; `dataclasses.replace` takes four times as long, and this is often done."""
    made = object.__new__(Finding)
    made.__dict__.update(finding.__dict__, **changes)
    return made


NOTHING = Remembered((), frozenset())


@dataclass(eq=False)
class Checked:
    """What was found in a file, by the trees of its chunks. `named` is how often a tree had been named when it was.

    `wanted` are the trees that the rules are yet to look at. `speaking` are those with findings, or that are not sure to
    have none; `news` those of which that is another since somebody last looked. `is_new`: nothing was looked at yet. Of
    what is `put_off`, trees and functions in them, nobody asks about types yet.
    """

    answers: dict[Tree, Answer] = field(default_factory=dict[Tree, Answer])
    named: dict[Tree, int] = field(default_factory=dict[Tree, int])
    stale: set[Answer] = field(default_factory=set[Answer])
    wanted: dict[Tree, None] = field(default_factory=dict[Tree, None])
    speaking: dict[Tree, Remembered] = field(default_factory=dict[Tree, Remembered])
    news: set[Tree] = field(default_factory=set[Tree])
    put_off: set[Tree | cst.CSTNode] = field(default_factory=set["Tree | cst.CSTNode"])
    is_new: bool = True

    def take(self, tree: Tree, answer: Answer) -> None:
        self.answers[tree], self.named[tree] = answer, tree.named
        self.wanted.pop(tree, None)
        self.note(tree, answer)

    def note(self, tree: Tree, answer: Answer) -> None:
        """An answer is another."""
        said: Remembered = answer.value
        if self.speaking.get(tree) is not said:
            self.news.add(tree)
        if said.findings or said.unsure:
            self.speaking[tree] = said
        else:
            self.speaking.pop(tree, None)

    def unsure(self, chunks: Iterable[Chunk]) -> Iterator[tuple[Span, frozenset[str] | None]]:
        """The chunks of which not all is known: by the rules named, or, with None, by any."""
        for chunk in chunks:
            if chunk.tree is None or chunk.tree.holes:
                yield chunk.span, None
            elif (said := self.speaking.get(chunk.tree)) is not None and said.unsure:
                yield chunk.span, said.unsure

    def questions(self, is_open: Callable[[str], bool]) -> Iterator[Question]:
        """What is asked about types, as far as it is open."""
        for tree, answer in self.answers.items():
            for question in answer.value.questions:
                if is_open(question.key):
                    yield question.at(tree.outward(Span(question.end, question.end)).end)

    def part_put_off(self, node: cst.CSTNode, tree: Tree) -> Tree | cst.CSTNode | None:
        """Which part of what is put off a node of a tree is in, if it is in any."""
        if tree.origin in self.put_off:
            return tree.origin
        around = tree.definition(node) if self.put_off else None
        while around is not None and around not in self.put_off:
            around = tree.definition(around)
        return around

    def take_put_off(self) -> set[Tree | cst.CSTNode]:
        """Those that were put off, and are not from now on."""
        put_off, self.put_off = self.put_off, set()
        return put_off

    def drop(self, tree: Tree, answers: Answers) -> None:
        """Forget a tree, about which nobody asks any more."""
        self.wanted.pop(tree, None)
        self.put_off.discard(tree.origin)
        answer = self.answers.pop(tree, None)
        if answer is not None:
            del self.named[tree]
            if self.speaking.pop(tree, None) is not None:
                self.news.add(tree)
            self.stale.discard(answer)
            answers.drop(answer)


def refusals(lines: Lines, broken: Iterable[Chunk]) -> Iterator[str]:
    """Why some of the chunks were not given to the parser, each with its line."""
    for chunk in (chunk for chunk in broken if chunk.refusal):
        yield f"line {lines.position(chunk.first)[0] + 1}: {chunk.refusal}"
