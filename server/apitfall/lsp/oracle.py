"""The types that facts do not tell, asked for from another process, so that nobody waits for them here.

That process is started for the first question. When it dies, gives no answer or has taken too much memory another one
takes its place, later each time; findings from facts go on meanwhile. A question over which two of them were lost is
not asked again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from apitfall import loading
from apitfall.asked import Asked, Question
from apitfall.cache import Cache
from apitfall.lsp.process import Failure, Process, command
from apitfall.lsp.projects import OpenDocument, Project, in_slices, read_ahead
from apitfall.text import Document

log = logging.getLogger(__name__)

PATIENCE = 30.0  # seconds that one answer may take; the first ones take two, of files that nobody has parsed
MOST_MEMORY = 400  # MiB
SOONEST, LATEST = 1.0, 60.0  # seconds until a process that was lost has a successor
LOST = 2  # processes over one question


@dataclass(eq=False)
class Wish:
    """Questions about a text as it is now. `done` says in the end whether all of them have an answer.

    `asked` is where the answers belong: to the environment that the project has now.
    """

    project: Project
    document: Document
    asked: Asked
    questions: Sequence[Question]
    is_open: bool
    done: asyncio.Future[bool] = field(default_factory=asyncio.Future[bool])

    @property
    def key(self) -> tuple[Project, str]:
        return self.project, self.document.path

    @property
    def is_current(self) -> bool:
        workspace = self.project.workspace
        return workspace.document(self.document.path) is self.document and workspace.asked is self.asked

    def left(self) -> list[Question]:
        return [question for question in self.questions if self.asked.is_open(question.key)]

    def end(self) -> None:
        if not self.done.done():
            self.done.set_result(self.is_current and not self.left())


class Oracle:
    """What is to be asked next: of open documents before others, and of each only what its newest text asks.

    `told` is called with a project, a path and the keys of questions when these have got other answers; `latest` gives the
    document that somebody types in, if there is one.
    """

    def __init__(
        self,
        told: Callable[[Project, str, Collection[str]], None],
        latest: Callable[[], OpenDocument | None],
        cache: Cache | None,
    ) -> None:
        self.told = told
        self.latest = latest
        self.cache = cache
        self.command = command()
        self.patience = PATIENCE
        self.most_memory = MOST_MEMORY
        self.delay = SOONEST
        self.wishes: dict[tuple[Project, str], Wish] = {}
        self.ahead: dict[Project, None] = {}
        self.begun: set[Project] = set()
        self.current: Wish | None = None
        self.process: Process | None = None
        self.started = 0.0
        self.blamed: Counter[str] = Counter()
        self.has_complained = False
        self.wanted = asyncio.Event()

    @property
    def is_busy(self) -> bool:
        return bool(self.wishes or self.ahead) or self.current is not None

    def want(
        self, project: Project, document: Document, questions: Sequence[Question], *, is_open: bool
    ) -> asyncio.Future[bool]:
        """Have questions answered. What comes of it says whether all were, of the text as it is now."""
        wish = Wish(project, document, project.workspace.asked, questions, is_open)
        if project.sources is None:
            wish.done.set_result(False)
            return wish.done
        if (older := self.wishes.pop(wish.key, None)) is not None:
            older.end()
        self.wishes[wish.key] = wish
        current = self.current
        if self.process is not None and is_open and (current is None or not current.is_open or not current.is_current):
            self.process.interrupt()
        self.wanted.set()
        return wish.done

    def begin(self, project: Project) -> None:
        """Look at what a project will ask for."""
        if project not in self.begun:
            self.begun.add(project)
            self.ahead[project] = None
            self.wanted.set()

    def forget(self, project: Project) -> None:
        self.ahead.pop(project, None)
        self.begun.discard(project)
        for key in [key for key in self.wishes if key[0] is project]:
            self.wishes.pop(key).end()

    def clear(self) -> None:
        for project in {project for project, _ in self.wishes} | self.ahead.keys():
            self.forget(project)

    async def run(self) -> None:
        """Ask what is wanted, for as long as the session lasts."""
        try:
            while True:
                await self.wanted.wait()
                self.wanted.clear()
                while self.wishes or self.ahead:
                    try:
                        await self.ask_next()
                    except Failure as failure:
                        await self.replace(failure)
                    except Exception:
                        log.exception("something could not be asked")
        finally:
            if self.process is not None:
                await self.process.end()

    async def ask_next(self) -> None:
        if not self.wishes:
            await self.look_ahead(next(iter(self.ahead)))
            return
        wish = next((wish for wish in self.wishes.values() if wish.is_open), None) or next(iter(self.wishes.values()))
        del self.wishes[wish.key]
        self.current = wish
        try:
            while wish.is_current and wish.left() and wish.key not in self.wishes:
                process = await self.ready()
                await self.ask(process, wish)
                if process.memory > self.most_memory:
                    raise Failure(f"has taken {process.memory} MiB of memory")
                if any(other.is_open for other in self.wishes.values()):
                    break
        finally:
            self.current = None
            if wish.is_current and wish.left():
                self.wishes.setdefault(wish.key, wish)
            else:
                wish.end()

    async def ready(self) -> Process:
        """The process, which is started if there is none."""
        if self.process is None:
            self.started = time.monotonic()
            self.process = await Process.start(self.command, self.patience)
        return self.process

    async def look_ahead(self, project: Project) -> None:
        del self.ahead[project]
        if project.sources is not None and (names := loading.asked_ahead(project.workspace)):
            process = await self.ready()
            await process.look_ahead(project.sources, names)

    async def ask(self, process: Process, wish: Wish) -> None:
        left = wish.left()
        if not wish.is_current or wish.project.sources is None:
            return
        answered: list[str] = []
        try:
            forget, wish.asked.is_news = wish.asked.is_news, False
            ends = [question.end for question in left]
            path, lines = wish.document.path, wish.document.lines
            async for told in process.ask(wish.project.sources, path, lines, ends, forget=forget):
                found = list(zip(left, told.types, strict=False))
                left = left[len(found) :]
                await read_ahead(wish.project.workspace, self.cache)
                if wish.project.workspace.asked is wish.asked:
                    wish.project.workspace.answer(found)
                    answered += [question.key for question, _ in found]
                    await self.renew(wish)
        except Failure:
            if left:
                answered += self.blame(wish, left[0])
            raise
        finally:
            if answered:
                self.told(wish.project, wish.document.path, answered)

    async def renew(self, wish: Wish) -> None:
        """Check again what the last answers mean something to, where a key may come: it would be left to that, with all that
        follow. In other documents a key would have to wait for it."""
        latest = self.latest()
        if wish.is_current and latest is not None and latest.path == wish.document.path:
            async with aclosing(in_slices(wish.project.workspace.renew(wish.document.path))) as steps:
                async for _ in steps:
                    if not wish.is_current:
                        break

    def blame(self, wish: Wish, question: Question) -> Iterator[str]:
        """A process was lost over a question; gives its key if it is answered by that."""
        self.blamed[question.key] += 1
        if self.blamed[question.key] >= LOST and wish.project.workspace.asked is wish.asked:
            wish.project.workspace.answer([(question, None)])
            yield question.key

    async def replace(self, failure: Failure) -> None:
        """End what there is of the process, and wait until there may be another."""
        process, self.process = self.process, None
        if process is not None:
            await process.end()
        say = log.debug if self.has_complained else log.warning
        self.has_complained = True
        say(
            "The process that is asked for types %s. Another one takes its place; what needs no types goes on.", failure
        )
        for wish in self.wishes.values():
            if not wish.is_open:
                wish.end()  # nobody is to wait that long
        if time.monotonic() - self.started > LATEST:
            self.delay = SOONEST
        await asyncio.sleep(self.delay)
        self.delay = min(2 * self.delay, LATEST)
