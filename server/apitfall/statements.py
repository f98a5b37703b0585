"""What the rules say of a chunk, statement by statement: of one that stays it is kept while all it rests on holds.

Alone calls rules.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from apitfall.asked import Question
from apitfall.checked import Remembered, other
from apitfall.project import Answer, Answers
from apitfall.rule import Finding, Looks, Rule, RuleContext
from apitfall.syntax import HOLDING, STATEMENTS, Standing, Tree
from apitfall.text import Span

log = logging.getLogger("apitfall")

RulesByNode = Mapping[type[cst.CSTNode], Sequence[Rule]]
Head = list[tuple[cst.CSTNode, Sequence[Rule]]]


def by_node(rules: Mapping[str, Rule]) -> RulesByNode:
    """The rules by the classes of the nodes that they look at."""
    found: dict[type[cst.CSTNode], list[Rule]] = {}
    for rule in rules.values():
        for kind in rule.nodes:
            found.setdefault(kind, []).append(rule)
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of a statement, those inside it left out.

    `findings` and `questions` are counted from where it begins. They rest on answers, and on what was looked at of the
    tree: on what has statements in it, in it or `around` it, on how often the `texts` stand in their functions, or on
    `everything`. The rules that are `unsure` have a question that nobody has answered.
    """

    findings: tuple[Finding, ...]
    around: tuple[cst.CSTNode, ...]
    kinds: tuple[cst.CSTNode, ...]
    texts: frozenset[Standing]
    questions: tuple[Question, ...]
    unsure: frozenset[str]
    everything: bool


class Statements:
    """The statements of one chunk, through the trees that are grafted on each other, with what was said of each.

    What a change costs does not grow with the chunk: by what was looked at, it is known of whom to ask again. `wake` is
    called when some of what was said may be another for what other files say.
    """

    def __init__(self) -> None:
        self.answers: dict[cst.CSTNode, Answer] = {}
        self.wake: Callable[[], None] = lambda: None
        self.looks = Looks()
        # The contexts that fixes were made with; of a chunk that was changed, which are few, those of all rules.
        self.contexts: dict[tuple[str, bool], RuleContext] = {}
        self.named = 0
        self.is_whole = False  # whether they are to be shown to all rules, whatever these tell of their bodies
        self.rules: RulesByNode = {}
        self._heads: dict[cst.CSTNode, Head] = {}
        self._stale: set[Answer] = set()
        self._wrong: dict[cst.CSTNode, None] = {}
        self._speaking: dict[cst.CSTNode, Said] = {}
        # Who looked at a node, at no more than its class, at how often a text stands there, and at anything.
        self._by_node: dict[cst.CSTNode, set[cst.CSTNode]] = {}
        self._by_kind: dict[cst.CSTNode, set[cst.CSTNode]] = {}
        self._by_text: dict[Standing, set[cst.CSTNode]] = {}
        self._by_all: dict[cst.CSTNode, None] = {}

    def add(self, answer: Answer) -> None:
        """What was said of a statement may be another."""
        self._stale.add(answer)
        self.wake()

    def are_right(self, answers: Answers) -> bool:
        """Whether all that was said holds, as far as it rests on answers."""
        while self._stale:
            answer = self._stale.pop()
            statement: cst.CSTNode = answer.key  # pyright: ignore[reportAssignmentType]
            if self.answers.get(statement) is answer and not answers.is_right(answer):
                self._wrong[statement] = None
        return not self._wrong

    def drop(self, answers: Answers) -> None:
        for statement in [*self.answers]:
            self._forget(statement, answers)
        self._heads = {}
        self._stale.clear()

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
        self.named, self.rules = tree.named, rules
        for context in self.contexts.values():
            context.follow(tree)
        run = Run(tree, rules, make_context, self.looks, self.contexts, types)
        is_first = not self.answers
        if is_first:
            self._heads = run.heads()
        stack = [*self._asking(tree, answers, types=types)]
        speaking = self._speaking if keep else {}
        asked: set[cst.CSTNode] = set()
        while stack:
            statement = stack.pop()
            if statement in asked:
                continue
            asked.add(statement)
            if keep:
                said = self._ask(statement, run, answers)
                stack += [inner for inner in tree.inside(statement) if inner not in self.answers]
            else:
                said = run.look(statement, self._heads[statement])
                stack += tree.inside(statement)
            if said.findings or said.questions or said.unsure:
                speaking[statement] = said
        found: list[Finding] = []
        questions: list[Question] = []
        unsure: set[str] = set()
        for statement, said in speaking.items():
            start = tree.within(statement)[0]
            unsure |= said.unsure
            found += [other(f, span=f.span.shift(start)) for f in said.findings]
            questions += [q.at(q.end + start) for q in said.questions]
        if run.failed:
            found = [finding for finding in found if finding.rule not in run.failed]
            self.named = -1  # from there on it was not asked
        if is_first:
            names = {finding.rule for finding in found}
            self.contexts = {key: context for key, context in self.contexts.items() if key[0] in names}
        return Remembered(tuple(found), frozenset(run.failed | unsure), tuple(questions))

    def _asking(self, tree: Tree, answers: Answers, *, types: bool) -> Iterable[cst.CSTNode]:
        """The statements that are to be asked about; what was said of others holds."""
        changes = [*tree.changes]
        tree.changes.clear()
        if not self.answers:
            return tree.statements
        asking: dict[cst.CSTNode, None] = {**self._by_all} if changes else {}
        for change in changes:
            around = set(change.around)
            for node in change.gone:
                asking.update(dict.fromkeys(self._by_node.pop(node, ())))
                asking.update(dict.fromkeys(self._by_kind.pop(node, ())))
                asking.pop(node, None)
                if node in self.answers:
                    self._forget(node, answers)
            asking.update(dict.fromkeys(change.new))
            for node in change.around:
                asking.update(dict.fromkeys(self._by_node.get(node, ())))
                if node in self.answers and self._is_about(node, around):
                    asking[node] = None
            for text in change.texts:
                asking.update(dict.fromkeys(self._by_text.get(text, ())))
        self.are_right(answers)
        asking.update(self._wrong)
        self._wrong = {}
        if types:
            asking.update((statement, None) for statement, said in self._speaking.items() if said.unsure)
        return [statement for statement in asking if tree.has(statement)]

    def _is_about(self, statement: cst.CSTNode, changed: Collection[cst.CSTNode]) -> bool:
        """Whether a statement in which nodes were changed has rules that look at one of these, or was spoken of: what was
        found in it may stand behind the change."""
        return statement in self._speaking or any(node in changed for node, _ in self._heads[statement])

    def _ask(self, statement: cst.CSTNode, run: Run, answers: Answers) -> Said:
        self._forget(statement, answers)
        head = self._heads.get(statement)
        if head is None:
            head = self._heads[statement] = run.head(statement)
        answer = self.answers[statement] = answers.keep(statement, lambda: run.look(statement, head), self)
        said: Said = answer.value
        for node in said.around:
            self._by_node.setdefault(node, set()).add(statement)
        for node in said.kinds:
            self._by_kind.setdefault(node, set()).add(statement)
        for text in said.texts:
            self._by_text.setdefault(text, set()).add(statement)
        if said.everything:
            self._by_all[statement] = None
        return said

    def _forget(self, statement: cst.CSTNode, answers: Answers) -> None:
        answer = self.answers.pop(statement, None)
        if answer is None:
            return
        said: Said = answer.value
        for node in said.around:
            self._by_node.get(node, set[cst.CSTNode]()).discard(statement)
        for node in said.kinds:
            self._by_kind.get(node, set[cst.CSTNode]()).discard(statement)
        for text in said.texts:
            statements = self._by_text[text]
            statements.discard(statement)
            if not statements:
                del self._by_text[text]
        self._by_all.pop(statement, None)
        self._speaking.pop(statement, None)
        answers.drop(answer)


class Run:
    """The rules, while they look at one tree. `failed` are those that raised."""

    def __init__(
        self,
        tree: Tree,
        rules: RulesByNode,
        make_context: Callable[[Rule, Looks], RuleContext],
        looks: Looks,
        contexts: dict[tuple[str, bool], RuleContext],
        types: bool,
    ) -> None:
        self.tree = tree
        self.rules = rules
        self.make_context = make_context
        self.looks = looks
        self.contexts = contexts
        self.types = types
        self.failed: set[str] = set()

    def head(self, statement: cst.CSTNode) -> Head:
        """The nodes of a statement, those of the statements in it left out, for which there are rules."""
        return [(node, rules) for node in self.tree.own(statement) if (rules := self.rules.get(node.__class__))]

    def heads(self) -> dict[cst.CSTNode, Head]:
        """The same of all statements of the tree, which takes less time for each."""
        found: dict[cst.CSTNode, Head] = {}
        parents = self.tree.parents
        for node in self.tree.nodes:
            if node.__class__ in STATEMENTS:
                found[node] = []
            if rules := self.rules.get(node.__class__):
                statement = node
                while statement not in found:
                    statement = parents[statement]
                found[statement].append((node, rules))
        return found

    def look(self, statement: cst.CSTNode, head: Head) -> Said:
        tree, looks, findings = self.tree, self.looks, list[Finding]()
        looks.clear()
        for node, rules in head:
            for rule in rules:
                if rule.name not in self.failed:
                    findings += self.found(rule, node)
        begin, end = tree.within(statement)
        spans = [tree.inward(finding.span) for finding in findings]
        return Said(
            tuple([other(f, span=span.shift(-begin)) for f, span in zip(findings, spans, strict=True)]),
            tuple([node for node in looks.around if node.__class__ in HOLDING]),
            tuple([node for node in looks.kinds - looks.around if node.__class__ in HOLDING]),
            frozenset(looks.texts),
            tuple([q.at(tree.inward(Span(q.end, q.end)).end - begin) for q in looks.questions.values()]),
            frozenset(looks.unsure),
            looks.everything or any(span.start < begin or end < span.end for span in spans),
        )

    def found(self, rule: Rule, node: cst.CSTNode) -> list[Finding]:
        try:
            return [other(finding, rule=rule.name) for finding in rule.check(node, self.context(rule))]
        except Exception:
            self.failed.add(rule.name)
            log.exception("the rule `%s` failed on %s", rule.name, self.context(rule).path)
            return []

    def context(self, rule: Rule) -> RuleContext:
        context = self.contexts.get((rule.name, self.types))
        if context is None:
            context = self.contexts[rule.name, self.types] = self.make_context(rule, self.looks)
        return context
