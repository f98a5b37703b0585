"""Answers about functions, classes and modules that follow from other answers, over the whole project."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from apitfall.project.answers import UNKNOWN, Answers, Part

if TYPE_CHECKING:
    from apitfall.project.index import ProjectIndex

T = TypeVar("T")
Ask = Callable[[str, "ProjectIndex"], T]


Question = tuple[str, str]
"""A summary by its name, and the subject that it is asked of."""


def summary(*, bottom: Any) -> Callable[[Ask[T]], Ask[T]]:
    """Make ``f(subject, project)`` an answer that the index remembers, and records for whoever asked.

    `subject` is a symbol, ``module:qualified.name`` (``module:`` for a module, empty for the project). The result is
    frozen and comparable; it grows from `bottom`, and where `f` asks for itself around a cycle it is computed again
    until it is equal. It names the next place only: a chain is followed by asking the next function.
    """

    def make(f: Ask[T]) -> Ask[T]:
        name = f"{f.__module__}.{f.__qualname__}"

        @wraps(f)
        def ask(subject: str, project: ProjectIndex) -> T:
            summaries, question = project.summaries, (name, subject)
            found = summaries.final.get(question, UNKNOWN)
            if found is not UNKNOWN:
                return found
            return summaries.answer(question, lambda: f(subject, project), bottom)

        return ask

    return make


class Summaries:
    """The summaries of one index.

    Answers around a cycle are found together: each is computed once in a round, until a round changes none of them.
    They rest together on what each of them read.
    """

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.guesses: dict[Question, Any] = {}  # what holds so far of answers around a cycle
        self.read: dict[Question, Iterable[Part]] = {}  # what each of them read when it was last computed
        self.makers: dict[Question, tuple[Callable[[], Any], Any]] = {}
        self.round: dict[Question, int] = {}  # what is open, or was computed in this round: the depth that it rests on
        self.lowest: list[int] = []  # for each open question, the depth of the outermost that it rests on so far
        self.final: dict[Question, Any] = {}  # what was answered, if nothing changes any more
        self.changed = False
        answers.open = self.round

    def answer(self, question: Question, compute: Callable[[], T], bottom: T) -> T:
        if question in self.round:
            self.lowest[-1] = min(self.lowest[-1], self.round[question])
            return self.guesses[question]
        if self.answers.frozen:
            return self.final[question] if self.solve(question, compute, bottom) else self.guesses[question]
        known = self.answers.find(question)
        if known is None or not self.answers.is_right(known):
            if not self.solve(question, compute, bottom):
                return self.guesses[question]
            known = self.answers.find(question)
        assert known is not None
        self.answers.note((known,))
        return known.value

    def solve(self, question: Question, compute: Callable[[], T], bottom: T) -> bool:
        """Work an answer out; False where it is not final, because it rests on an answer that is still open."""
        depth, first, changed_before = len(self.lowest), len(self.round), self.changed
        self.guesses.setdefault(question, bottom)
        if not self.answers.frozen:
            self.makers[question] = compute, bottom
        while True:
            self.changed = False
            lowest = self.compute(question, compute)
            if lowest < depth:  # what rests on an answer that is still open is not final either
                for member in list(self.round)[first:]:
                    self.round[member] = min(self.round[member], lowest)
                self.lowest[-1] = min(self.lowest[-1], lowest)
                self.changed = self.changed or changed_before
                return False
            members = self.leave_round(first)
            if lowest > depth or not self.changed:
                break
        self.changed = changed_before
        self.settle(members)
        return True

    def settle(self, members: list[Question]) -> None:
        if self.answers.frozen:
            for member in members:
                self.final[member] = self.guesses.pop(member)
            return
        own = set(members)
        read = dict.fromkeys(part for member in members for part in self.read.pop(member) if part.key not in own)
        for member in members:
            compute, bottom = self.makers.pop(member)
            self.answers.put(member, self.maker(member, compute, bottom), self.guesses.pop(member), read)

    def maker(self, question: Question, compute: Callable[[], Any], bottom: Any) -> Callable[[Part], None]:
        def make(_: Part) -> None:
            self.solve(question, compute, bottom)

        return make

    def compute(self, question: Question, compute: Callable[[], Any]) -> int:
        """Compute an answer once; gives the depth of the outermost question it rests on, its own depth + 1 if none."""
        depth, first = len(self.lowest), len(self.round)
        self.round[question] = depth
        self.lowest.append(depth + 1)
        try:
            if self.answers.frozen:
                found = compute()
            else:
                found, self.read[question] = self.answers.watched(compute, inside=True)
        except BaseException:
            self.leave_round(first)
            raise
        finally:
            lowest = self.lowest.pop()
        self.changed = self.changed or found != self.guesses[question]
        self.guesses[question] = found
        return lowest

    def leave_round(self, first: int) -> list[Question]:
        """The questions that came into the round at `first` and later, which are to be computed in another round."""
        if len(self.round) == first + 1:
            return [self.round.popitem()[0]]
        members = [self.round.popitem()[0] for _ in range(len(self.round) - first)]
        members.reverse()
        return members
