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


def summary(*, bottom: T) -> Callable[[Ask[T]], Ask[T]]:
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
    """The remembered answers of one index."""

    def __init__(self) -> None:
        self.final: dict[Question, Any] = {}
        self.open: dict[Question, Any] = {}  # what is being computed, outermost first, with what holds so far
        self.reached: list[set[Question]] = []  # for each of these, the open ones that it rests on

    def answer(self, question: Question, compute: Callable[[], T], bottom: T) -> T:
        if question in self.final:
            return self.final[question]
        if question in self.open:
            for reached in self.reached[list(self.open).index(question) :]:
                reached.add(question)
            return self.open[question]
        value = bottom
        while True:
            self.open[question] = value
            self.reached.append(set())
            try:
                found = compute()
            finally:
                del self.open[question]
                reached = self.reached.pop()
            if question not in reached or found == value:
                break
            value = found
        if not reached - {question}:  # what rests on an answer that is still open is not final either
            self.final[question] = found
        return found
