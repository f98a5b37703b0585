"""Where each node stands, counted while libcst writes the tree out again.

libcst's own position providers take ten times as long: they build a line and column for every node and every piece of
white space. The state that is subclassed here is libcst's, and not part of its public interface; that the offsets are
right is tested against its providers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import libcst as cst
from libcst._nodes.expression import (
    _BaseParenthesizedNode as BaseParenthesized,  # pyright: ignore[reportPrivateUsage]
)
from libcst._nodes.internal import CodegenState

Spans = dict[cst.CSTNode, tuple[int, int]]


def write_white_space(node: cst.SimpleWhitespace, state: CodegenState) -> None:
    """White space is near every second node, and nobody asks where it stands; nor where lines break."""
    if node.value:
        state.add_token(node.value)


def write_line_break(node: cst.Newline, state: CodegenState) -> None:
    state.add_token(state.default_newline if node.value is None else node.value)


def write_punctuation(node: cst.Comma | cst.Dot | cst.AssignEqual, state: CodegenState) -> None:
    if not isinstance(state, Recorder):
        usual(node, state)
        return
    node.whitespace_before._codegen(state)  # pyright: ignore[reportPrivateUsage]
    begin = state.offset
    state.add_token(node._get_token())  # pyright: ignore[reportPrivateUsage]
    state.spans[node] = (begin, state.offset)
    node.whitespace_after._codegen(state)  # pyright: ignore[reportPrivateUsage]


class Bare:
    """Stands for the parentheses around a node that has none."""

    def __enter__(self) -> None:
        """Nothing is written before it."""

    def __exit__(self, *_: object) -> None:
        """Nor behind it."""


BARE = Bare()
in_parentheses = BaseParenthesized._parenthesize  # pyright: ignore[reportPrivateUsage]


def parenthesize(node: Any, state: CodegenState) -> AbstractContextManager[None]:
    """What libcst does by a generator for each expression, though few have any."""
    return in_parentheses(node, state) if node.lpar or node.rpar else BARE


usual = cst.CSTNode._codegen  # pyright: ignore[reportPrivateUsage]


def write_node(node: cst.CSTNode, state: CodegenState, **kwargs: Any) -> None:
    """Any other node; what the recorder notes of one is noted here, without two calls for each."""
    if not isinstance(state, Recorder):
        usual(node, state, **kwargs)
        return
    begin, spans = state.offset, state.spans
    # With `**` Python 3.12 calls it by way of C, where it bears fewer levels of what is nested.
    if kwargs:
        node._codegen_impl(state, **kwargs)  # pyright: ignore[reportPrivateUsage]
    else:
        node._codegen_impl(state)  # pyright: ignore[reportPrivateUsage]
    if node not in spans:
        spans[node] = (begin, state.offset)


def write_if(node: cst.If, state: CodegenState, is_elif: bool = False) -> None:
    """An `elif` is nested in what is before it, so it is called without `**`; it says itself where it stands."""
    if isinstance(state, Recorder):
        node._codegen_impl(state, is_elif=is_elif)  # pyright: ignore[reportPrivateUsage]
    else:
        usual(node, state, is_elif=is_elif)


def write_name(node: cst.Name, state: CodegenState) -> None:
    if not isinstance(state, Recorder) or node.lpar or node.rpar:
        write_node(node, state)
    else:
        begin = state.offset
        end = state.offset = begin + len(node.value)
        state.spans[node] = (begin, end)


WRITERS: dict[Any, Callable[[Any, CodegenState], None]] = {
    cst.SimpleWhitespace: write_white_space,
    cst.Newline: write_line_break,
    cst.Comma: write_punctuation,
    cst.Dot: write_punctuation,
    cst.AssignEqual: write_punctuation,
    cst.Name: write_name,
    cst.If: write_if,
    cst.CSTNode: write_node,
}
for kind, write in WRITERS.items():
    kind._codegen = write
BaseParenthesized._parenthesize = parenthesize  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]


class Recorder(CodegenState):
    """Writes nothing; counts the code points that would be written, and notes where each node begins and ends."""

    def __init__(self, indent: str, newline: str) -> None:
        super().__init__(indent, newline)
        self.offset = 0
        self.spans: Spans = {}

    def add_token(self, value: str) -> None:
        self.offset += len(value)

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.offset += len(token)

    def pop_trailing_newline(self) -> None:
        """A text without a final line break is parsed as if it had one; nothing stands behind it."""

    def record_syntactic_position(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> AbstractContextManager[None]:
        return Position(self, node, start_node, end_node)


class Position(AbstractContextManager[None]):
    """Notes where what is written meanwhile begins and ends; a generator would take twice as long."""

    __slots__ = ("begin", "end_node", "node", "recorder", "start_node")

    def __init__(
        self, recorder: Recorder, node: cst.CSTNode, start_node: cst.CSTNode | None, end_node: cst.CSTNode | None
    ) -> None:
        self.recorder, self.node, self.start_node, self.end_node = recorder, node, start_node, end_node
        self.begin = recorder.offset

    def __exit__(self, *_: object) -> None:
        spans, begin, end = self.recorder.spans, self.begin, self.recorder.offset
        if self.start_node is not None:
            begin = spans.get(self.start_node, (begin, end))[0]
        if self.end_node is not None:
            end = spans.get(self.end_node, (begin, end))[1]
        spans[self.node] = (begin, end)


def record(module: cst.Module) -> tuple[Spans, int]:
    """The offsets of every node in the module's code, and the length of that code."""
    recorder = Recorder(module.default_indent, module.default_newline)
    recorder.tokens.append("")  # or one more line break is written, as if nothing had been
    module._codegen(recorder)  # pyright: ignore[reportPrivateUsage]
    return recorder.spans, recorder.offset


def is_whole(module: cst.Module, length: int, text: str) -> bool:
    """Whether a tree is as long as its text, or else it has no offsets that could be trusted.

    A final line break that the text does not have is counted.
    """
    return length == len(text) or (
        not module.has_trailing_newline and length == len(text) + len(module.default_newline)
    )


class Offsets:
    """The offsets of nodes, which move when a part of the text is replaced without a look at each of them.

    A node's offsets are noted once, as numbers that never change; what is put into the text gets numbers behind all
    others. For each run of numbers, from one of `_starts` up to its limit, `_shifts` leads to the offsets that they
    stand for now. Those that stand for nothing any more are below no limit.
    """

    def __init__(self, spans: Spans, size: int, shift: int) -> None:
        self._spans = spans
        self._starts = [0]
        self._limits = [size]
        self._shifts = [shift]
        self._next = size
        self.replaced = 0  # how many parts were

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        begin, end = self._spans[node]
        if not self.replaced:
            shift = self._shifts[0]
            return begin + shift, end + shift
        first = bisect_right(self._starts, begin) - 1
        last = bisect_right(self._starts, end - 1 if end > begin else end) - 1
        return begin + self._shifts[first], end + self._shifts[last]

    def replace(
        self,
        part: tuple[int, int],
        size: int,
        nodes: Mapping[cst.CSTNode, tuple[int, int]],
        new: Sequence[cst.CSTNode],
        around: Sequence[cst.CSTNode],
        gone: Sequence[cst.CSTNode],
    ) -> None:
        """The text in `part` is `size` characters now.

        `nodes` are new, with their offsets in the text as it is now. Of the nodes `around` some
        begin or end with the statements `new`. Nobody asks for the nodes that are `gone` any more.
        """
        spans, (start, end) = self._spans, part
        before = [(node, *self.span(node)) for node in around]
        begun = [node for node, left, _ in before if start <= left < end]
        ended = [node for node, _, right in before if start < right <= end]
        self._make_room(start, end, size)
        by = self._starts[-1] - start
        for node, (begin, stop) in nodes.items():
            if start <= begin < stop <= start + size:
                spans[node] = begin + by, stop + by
            else:
                left = self._number(begin)
                spans[node] = left, self._number(stop - 1) + 1 if stop > begin else left
        for node in gone:
            spans.pop(node, None)
        for node in begun:
            spans[node] = spans[new[0]][0], spans[node][1]
        for node in ended:
            spans[node] = spans[node][0], spans[new[-1]][1]
        self.replaced += 1

    def _make_room(self, start: int, end: int, size: int) -> None:
        by = size - (end - start)
        starts: list[int] = []
        limits: list[int] = []
        shifts: list[int] = []
        for at, limit, shift in zip(self._starts, self._limits, self._shifts, strict=True):
            low, high = min(max(start - shift, at), limit), min(max(end - shift, at), limit)
            runs = ((at, low, shift), (high, limit, shift + by)) if at < limit else ()
            for left, right, moved in runs:
                if left < right:
                    starts.append(left)
                    limits.append(right)
                    shifts.append(moved)
        base = self._next
        self._next += size
        self._starts, self._limits, self._shifts = [*starts, base], [*limits, self._next], [*shifts, start - base]

    def _number(self, offset: int) -> int:
        """The number that stands for an offset; for one behind the text, the number behind its end."""
        for at, limit, shift in zip(
            reversed(self._starts), reversed(self._limits), reversed(self._shifts), strict=True
        ):
            if at + shift <= offset < limit + shift:
                return offset - shift
        return self._next
