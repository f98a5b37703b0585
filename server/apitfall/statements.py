"""What the rules say of a chunk, statement by statement: of one that stays it is kept while all it rests on holds.

Alone calls rules.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from apitfall.asked import Question
from apitfall.checked import Remembered
from apitfall.project import Answer, Answers
from apitfall.rule import Finding, Looks, Rule, RuleContext
from apitfall.syntax import Tree
from apitfall.text import Span

log = logging.getLogger("apitfall")

RulesByNode = Mapping[type[cst.CSTNode], Sequence[Rule]]


def by_node(rules: Mapping[str, Rule]) -> RulesByNode:
    """The rules by the classes of the nodes that they look at."""
    found: dict[type[cst.CSTNode], list[Rule]] = {}
    for rule in rules.values():
        for kind in rule.nodes:
            found.setdefault(kind, []).append(rule)
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of a statement, those `inside` it left out.

    `findings` and `questions` are counted from where it begins. They rest on answers, and on what was looked at of the
    tree: on the nodes `around` the statement, on how often the `texts` stand there, or on `everything`. The rules that
    are `unsure` have a question that nobody has answered. `at` is how many parts of the tree had been replaced.
    """

    findings: tuple[Finding, ...]
    inside: tuple[cst.CSTNode, ...]
    around: tuple[cst.CSTNode, ...]
    texts: frozenset[str]
    questions: tuple[Question, ...]
    unsure: frozenset[str]
    everything: bool
    at: int

    def holds(self, tree: Tree, disturbed: frozenset[str], *, types: bool) -> bool:
        """Whether a tree, in which the statement still stands as it was, has what was looked at, with other numbers of no
        text but the `disturbed`."""
        if self.everything or (types and self.unsure) or not self.texts.isdisjoint(disturbed):
            return False
        return all(tree.has(node) and tree.touched.get(node, 0) <= self.at for node in self.around)


class Statements:
    """The statements of one chunk, through the trees that are grafted on each other."""

    def __init__(self) -> None:
        self.answers: dict[cst.CSTNode, Answer] = {}
        self.looks = Looks()
        # The contexts that fixes were made with.
        self.contexts: dict[tuple[str, bool], RuleContext] = {}
        self.named = self.disturbed = 0
        self.rules: RulesByNode = {}

    def drop(self, answers: Answers) -> None:
        for answer in self.answers.values():
            answers.drop(answer)
        self.answers = {}

    def check(
        self,
        tree: Tree,
        rules: RulesByNode,
        make_context: Callable[[Rule, Looks], RuleContext],
        answers: Answers,
        *,
        types: bool,
        keep: bool,
    ) -> Remembered:
        """What the rules say of a tree. Without `keep` nothing is kept of it, which would take room."""
        if tree.named != self.named or rules is not self.rules:
            self.drop(answers)
        disturbed = frozenset[str]().union(*tree.disturbed[self.disturbed :])
        self.rules = rules
        before, self.answers, self.named, self.disturbed = self.answers, {}, tree.named, len(tree.disturbed)
        for context in self.contexts.values():
            context.follow(tree)
        run = Run(tree, rules, make_context, self, types)
        found: list[Finding] = []
        questions: list[Question] = []
        unsure: set[str] = set()
        stack: list[cst.CSTNode] = [*reversed(tree.statements)]
        while stack:
            statement = stack.pop()
            answer = before.get(statement)
            said: Said | None = answer.value if answer is not None and answers.is_right(answer) else None
            is_touched = said is None or tree.touched.get(statement, 0) > said.at
            if answer is not None and said is not None and not is_touched and said.holds(tree, disturbed, types=types):
                del before[statement]
            elif keep:
                answer = answers.keep(statement, lambda: run.look(statement))  # noqa: B023
                said = answer.value
            else:
                answer, said = None, run.look(statement)
            if answer is not None:
                self.answers[statement] = answer
                answers.note((answer,))
            assert said is not None, "what was given up is looked at again"
            stack += reversed(said.inside)
            unsure |= said.unsure
            if said.findings or said.questions:
                start = tree.within(statement)[0]
                found += [replace(f, span=f.span.shift(start)) for f in said.findings]
                questions += [replace(q, end=q.end + start) for q in said.questions]
        for answer in before.values():
            answers.drop(answer)
        if run.failed:
            found = [finding for finding in found if finding.rule not in run.failed]
            self.named = -1  # from there on it was not asked
        speaking = {finding.rule for finding in found}
        self.contexts = {key: context for key, context in self.contexts.items() if key[0] in speaking}
        return Remembered(tuple(found), frozenset(run.failed | unsure), tuple(questions))


class Run:
    """The rules, while they look at one tree. `failed` are those that raised."""

    def __init__(
        self,
        tree: Tree,
        rules: RulesByNode,
        make_context: Callable[[Rule, Looks], RuleContext],
        statements: Statements,
        types: bool,
    ) -> None:
        self.tree = tree
        self.rules = rules
        self.make_context = make_context
        self.looks = statements.looks
        self.contexts = statements.contexts
        self.types = types
        self.failed: set[str] = set()

    def look(self, statement: cst.CSTNode) -> Said:
        tree, looks, findings = self.tree, self.looks, list[Finding]()
        looks.clear()
        nodes, inside = tree.own(statement)
        for node in nodes:
            for rule in self.rules.get(node.__class__, ()):
                if rule.name not in self.failed:
                    findings += self.found(rule, node)
        begin, end = tree.within(statement)
        spans = [tree.inward(finding.span) for finding in findings]
        return Said(
            tuple([replace(f, span=span.shift(-begin)) for f, span in zip(findings, spans, strict=True)]),
            inside,
            tuple([node for node in tree.around(statement) if node in looks.around]) if looks.around else (),
            frozenset(looks.texts),
            tuple([replace(q, end=tree.inward(Span(q.end, q.end)).end - begin) for q in looks.questions.values()]),
            frozenset(looks.unsure),
            looks.everything or any(span.start < begin or end < span.end for span in spans),
            len(tree.disturbed),
        )

    def found(self, rule: Rule, node: cst.CSTNode) -> list[Finding]:
        try:
            return [replace(finding, rule=rule.name) for finding in rule.check(node, self.context(rule))]
        except Exception:
            self.failed.add(rule.name)
            log.exception("the rule `%s` failed on %s", rule.name, self.context(rule).path)
            return []

    def context(self, rule: Rule) -> RuleContext:
        context = self.contexts.get((rule.name, self.types))
        if context is None:
            context = self.contexts[rule.name, self.types] = self.make_context(rule, self.looks)
        return context
