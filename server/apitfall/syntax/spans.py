"""Where each node stands, counted while libcst writes the tree out again.

libcst's own position providers take ten times as long: they build a line and column for every node and every piece of
white space. The state that is subclassed here is libcst's, and not part of its public interface; that the offsets are
right is tested against its providers.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import libcst as cst
from libcst._nodes.internal import CodegenState


class Recorder(CodegenState):
    """Writes nothing; counts the code points that would be written, and notes where each node begins and ends."""

    def __init__(self, indent: str, newline: str) -> None:
        super().__init__(indent, newline)
        self.offset = 0
        self.spans: dict[cst.CSTNode, tuple[int, int]] = {}
        self.begun: list[int] = []

    def add_token(self, value: str) -> None:
        self.offset += len(value)

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.offset += len(token)

    def pop_trailing_newline(self) -> None:
        """A text without a final line break is parsed as if it had one; nothing stands behind it."""

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.begun.append(self.offset)

    def after_codegen(self, node: cst.CSTNode) -> None:
        begin = self.begun.pop()
        if node not in self.spans:
            self.spans[node] = (begin, self.offset)

    @contextmanager
    def record_syntactic_position(
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> Generator[None]:
        begin = self.offset
        yield
        end = self.offset
        if start_node is not None:
            begin = self.spans.get(start_node, (begin, end))[0]
        if end_node is not None:
            end = self.spans.get(end_node, (begin, end))[1]
        self.spans[node] = (begin, end)


def record(module: cst.Module) -> tuple[dict[cst.CSTNode, tuple[int, int]], int]:
    """The offsets of every node in the module's code, and the length of that code."""
    recorder = Recorder(module.default_indent, module.default_newline)
    module._codegen(recorder)  # pyright: ignore[reportPrivateUsage]
    return recorder.spans, recorder.offset
