"""Remembered answers, each with what it was made of: a change reaches what was made of it, and nothing else.

A `Part` is something that files say. An `Answer` is made of parts and of other answers. When parts change, what was
made of them is stale; a stale answer is made again when it is next asked for, and only if something that it was made of
is really another. If it then comes out equal, nothing behind it is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from functools import partial
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Watch(Protocol):
    """Who is told of answers that have become stale, a set or the like."""

    def add(self, element: Answer, /) -> None: ...


FEW = 16
"""So many answers are in a tuple: a set takes four times the room, and of most parts one or two answers are made. A
dictionary, for more, takes half of what a set does."""


class Part:
    """`changed` is the revision at which it was last another, `asked_by` what was made of it."""

    __slots__ = ("asked_by", "changed", "key")

    def __init__(self, key: Hashable) -> None:
        self.key = key
        self.changed = 0
        self.asked_by: tuple[Answer, ...] | dict[Answer, None] = ()

    def join(self, answer: Answer) -> None:
        """An answer is made of it that was not."""
        asked_by = self.asked_by
        if isinstance(asked_by, dict):
            asked_by[answer] = None
        else:
            together = (*asked_by, answer)
            self.asked_by = together if len(asked_by) < FEW else dict.fromkeys(together)

    def leave(self, answer: Answer) -> None:
        """An answer is not made of it any more."""
        if isinstance(self.asked_by, dict):
            self.asked_by.pop(answer, None)
        else:
            self.asked_by = tuple([other for other in self.asked_by if other is not answer])


class Answer(Part):
    """`checked` is the revision at which it was last known to be right; -1 before it was first made.

    `make` makes it anew, and settles it, with what `compute` gives. It is put into `watch` when it becomes stale.
    """

    __slots__ = ("checked", "compute", "made_of", "make", "stale", "value", "watch")

    def __init__(
        self,
        key: Hashable,
        make: Callable[[Answer], None],
        compute: Callable[[], Any] = lambda: None,
        watch: Watch | None = None,
    ) -> None:
        super().__init__(key)
        self.make = make
        self.compute = compute
        self.watch = watch
        self.value: Any = None
        self.made_of: tuple[Part, ...] = ()
        self.stale = True
        self.checked = -1


Frame = dict[Part, None]
UNKNOWN: Any = object()


class Answers:
    """The parts and answers of one project. `made` counts the answers that were made.

    Of a project that is `frozen`, of which nothing changes any more, it is not remembered what answers were made of, which
    takes most of the room and a part of the time.
    """

    def __init__(self, *, frozen: bool = False) -> None:
        self.frozen = frozen
        self.revision = 0
        self.made = 0
        self.reading: Frame | None = None  # what was read so far for the answer that is being made
        self.inside = False  # whether what is asked now is part of an answer, and no answer of its own
        self.open: Collection[Hashable] = ()  # the answers that are being made around a cycle
        self._parts: dict[Hashable, Part] = {}
        self._answers: dict[Hashable, Answer] = {}
        self._frozen: dict[Hashable, Any] = {}  # what was answered, if nothing changes any more
        self._orphans: set[Answer] = set()
        # There are a hundred thousand answers, which share these.
        self._run_inside = partial(self.run, inside=True)
        self._run_outside = partial(self.run, inside=False)
        self._lose = partial(self.settle, value=None, made_of=())

    def __len__(self) -> int:
        """How many answers are remembered that anybody may ask for."""
        return len(self._answers) + len(self._frozen)

    # Parts

    @property
    def has_parts(self) -> bool:
        """Whether anything was read for an answer; before that no change matters to any."""
        return bool(self._parts)

    def read(self, key: Hashable) -> None:
        """Note that a part is read."""
        if self.reading is not None:
            part = self._parts.get(key)
            if part is None:
                part = self._parts[key] = Part(key)
            self.reading[part] = None

    def change(self, keys: Iterable[Hashable]) -> None:
        """Parts are another now."""
        assert not self.frozen or not len(self), "nothing changes in a project that is frozen"
        self.revision += 1
        waiting = [part for key in keys if (part := self._parts.get(key)) is not None]
        for part in waiting:
            part.changed = self.revision
        while waiting:
            for answer in waiting.pop().asked_by:
                if not answer.stale:
                    answer.stale = True
                    waiting.append(answer)
                    if answer.watch is not None:
                        answer.watch.add(answer)

    # Answers

    def ask(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The answer to a question. `compute` makes it, now and whenever it has to be made again."""
        if self.frozen:
            found = self._frozen.get(key, UNKNOWN)
            if found is UNKNOWN:
                found = self._frozen[key] = compute()
                self.made += 1
            return found
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = Answer(key, self._run_inside, compute)
            self._orphans.add(answer)  # until it is known who asked
        if answer.stale:
            self.freshen(answer)
        if self.reading is not None:
            self.reading[answer] = None
        return answer.value

    def record(self, key: Hashable, compute: Callable[[], Any], *, inside: bool, watch: Watch | None) -> Answer:
        """An answer that nobody else asks for: whoever holds it asks `freshen`, and `drop`s it in the end."""
        answer = Answer(key, self._run_inside if inside else self._run_outside, compute, watch)
        self.freshen(answer)
        return answer

    def keep(self, key: Hashable, compute: Callable[[], Any], watch: Watch) -> Answer:
        """An answer that is not made again when it is no longer right: its value is None from then on."""
        answer = Answer(key, self._lose, watch=watch)
        value, read = self.watched(compute, inside=False)
        self.settle(answer, value, read)
        return answer

    def find(self, key: Hashable) -> Answer | None:
        return self._answers.get(key)

    def put(self, key: Hashable, make: Callable[[Answer], None], value: object, made_of: Iterable[Part]) -> None:
        """An answer that was made elsewhere, where others are made like it."""
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = Answer(key, make)
        self.settle(answer, value, made_of)

    def freshen(self, answer: Answer) -> None:
        """See to it that an answer is right."""
        if not self.is_right(answer):
            answer.make(answer)

    def is_right(self, answer: Answer) -> bool:
        """Whether an answer holds; if it is stale, what it was made of is looked at in the order in which it was read."""
        if not answer.stale:
            return True
        if answer.checked < 0:
            return False
        for part in answer.made_of:
            if isinstance(part, Answer) and part.stale:
                if part.key in self.open:
                    return False
                self.freshen(part)
            if part.changed > answer.checked:
                return False
        answer.stale, answer.checked = False, self.revision
        return True

    def run(self, answer: Answer, *, inside: bool) -> None:
        value, read = self.watched(answer.compute, inside=inside)
        self.settle(answer, value, read)

    def watched(self, compute: Callable[[], T], *, inside: bool) -> tuple[T, Iterable[Part]]:
        """What `compute` gives, and what was read for it."""
        if self.frozen:
            return compute(), ()
        outer = self.reading, self.inside
        read: Frame = {}
        self.reading, self.inside = read, inside
        try:
            return compute(), read
        finally:
            self.reading, self.inside = outer

    def settle(self, answer: Answer, value: object, made_of: Iterable[Part]) -> None:
        """Give an answer its value."""
        self.made += 1
        if answer.checked < 0 or value != answer.value:
            answer.value, answer.changed = value, self.revision
        before, answer.made_of = answer.made_of, tuple(made_of)
        known = set(before)
        for part in answer.made_of:
            if part not in known:
                part.join(answer)
        for part in known.difference(answer.made_of) if before else ():
            self._leave(part, answer)
        answer.stale, answer.checked = False, self.revision

    def doubt(self, answer: Answer) -> None:
        """An answer is to be made again for something that nobody noted."""
        answer.stale, answer.checked = True, -1

    def drop(self, answer: Answer) -> None:
        """An answer is not needed any more. Whoever still has it has it made again before it is used."""
        for part in answer.made_of:
            self._leave(part, answer)
        answer.made_of, answer.stale, answer.checked = (), True, -1

    def _leave(self, part: Part, answer: Answer) -> None:
        part.leave(answer)
        if not part.asked_by and isinstance(part, Answer):
            self._orphans.add(part)

    def sweep(self) -> None:
        """Forget the answers that nobody holds any more.

        Nothing tells of a change what is made of one that is forgotten, so nobody is to take it for right from then on.
        """
        if self._orphans:
            self.revision += 1
        while self._orphans:
            answer = self._orphans.pop()
            if not answer.asked_by and self._answers.get(answer.key) is answer:
                del self._answers[answer.key]
                self.drop(answer)

    def note(self, parts: Iterable[Part]) -> None:
        """What is being made rests on these as well."""
        if self.reading is not None:
            self.reading.update(dict.fromkeys(parts))
