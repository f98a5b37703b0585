"""A server's conversation with a client, recorded while it goes on and checked as far as it went."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from conformance import recorder
from conformance.available import grammars
from conformance.conversation import Conversation
from conformance.grammar import Grammar


class Recording:
    """The log of one server's process. `is_wrong`: the client sends what is no protocol, and only the server is checked.

    It is checked by the first description of the protocol that there is, if no others are given.
    """

    def __init__(self, log: Path, described: Sequence[Grammar] | None = None, *, is_wrong: bool = False) -> None:
        self.log = log
        self.is_wrong = is_wrong
        self.conversations = [Conversation(g) for g in (grammars()[:1] if described is None else described)]
        self.read = 0

    def command(self, *server: str) -> list[str]:
        """What to start in a server's place."""
        return [sys.executable, "-I", recorder.__file__, str(self.log), *server]

    def new_lines(self) -> list[str]:
        """Those that were written since the last time; one that is being written is left for the next."""
        with self.log.open("rb") as file:
            file.seek(self.read)
            whole, newline, _ = file.read().rpartition(b"\n")
        self.read += len(whole + newline)
        return whole.decode().splitlines()

    def faults(self, *, ended: bool = False) -> list[str]:
        """What is not the protocol in what was said since the last time, and, at the end, in what was not said."""
        lines = self.new_lines() if self.log.exists() else []
        found = [fault for conversation in self.conversations for fault in conversation.faults(lines)]
        if ended:
            found += [fault for conversation in self.conversations for fault in conversation.unanswered()]
        return [f"the {side}: {fault}" for side, fault in found if side == "server" or not self.is_wrong]
