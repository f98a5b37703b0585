"""Answers about functions, classes and modules that follow from other answers, over the whole project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from apitfall.project.index import ProjectIndex

T = TypeVar("T")
Ask = Callable[[str, "ProjectIndex"], T]


@dataclass(frozen=True, slots=True)
class Question:
    """A summary by its name, asked of a subject."""

    name: str
    subject: str


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
            question = Question(name, subject)
            return project.answer(
                question, lambda index: index.summaries.answer(question, lambda: f(subject, index), bottom)
            )

        return ask

    return make


class Summaries:
    """The remembered answers of one index.

    Answers around a cycle are found together: each is computed once in a round, until a round changes none of them.
    """

    def __init__(self) -> None:
        self.final: dict[Question, Any] = {}
        self.guesses: dict[Question, Any] = {}  # what holds so far of answers around a cycle
        self.round: dict[Question, int] = {}  # what is open, or was computed in this round: the depth that it rests on
        self.lowest: list[int] = []  # for each open question, the depth of the outermost that it rests on so far
        self.changed = False

    def answer(self, question: Question, compute: Callable[[], T], bottom: T) -> T:
        if question in self.final:
            return self.final[question]
        if question in self.round:
            self.lowest[-1] = min(self.lowest[-1], self.round[question])
            return self.guesses[question]
        depth, first, changed_before = len(self.lowest), len(self.round), self.changed
        self.guesses.setdefault(question, bottom)
        while True:
            self.changed = False
            lowest = self.compute(question, compute)
            if lowest < depth:  # what rests on an answer that is still open is not final either
                for member in list(self.round)[first:]:
                    self.round[member] = min(self.round[member], lowest)
                self.lowest[-1] = min(self.lowest[-1], lowest)
                self.changed = self.changed or changed_before
                return self.guesses[question]
            members = self.leave_round(first)
            if lowest > depth or not self.changed:
                break
        self.final.update((member, self.guesses.pop(member)) for member in members)
        self.changed = changed_before
        return self.final[question]

    def compute(self, question: Question, compute: Callable[[], Any]) -> int:
        """Compute an answer once; gives the depth of the outermost question it rests on, its own depth + 1 if none."""
        depth, first = len(self.lowest), len(self.round)
        self.round[question] = depth
        self.lowest.append(depth + 1)
        try:
            found = compute()
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
        members = list(self.round)[first:]
        for member in members:
            del self.round[member]
        return members
