"""What is asked of a description of the protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

Part = Literal["params", "result", "registration"]


@dataclass(frozen=True)
class Message:
    """`direction` is clientToServer, serverToClient or both."""

    direction: str
    is_request: bool
    has_params: bool


class Grammar(Protocol):
    name: str

    def message(self, method: str) -> Message | None: ...

    def faults(self, method: str, part: Part, value: Any) -> list[str]:
        """What is wrong with one part of a message that is known."""
        ...
