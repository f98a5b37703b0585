"""A diagnostic as it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Item(dict[str, Any]):
    """A Diagnostic in plain JSON, which is made into text once, however often it is said."""

    __slots__ = ("rest", "text")

    def __init__(self, place: Mapping[str, Any], more: Mapping[str, Any], rest: str) -> None:
        super().__init__(range=place, **more)
        start, end = place["start"], place["end"]
        self.rest = rest
        self.text = (
            f'{{"range": {{"start": {{"line": {start["line"]}, "character": {start["character"]}}}, '
            f'"end": {{"line": {end["line"]}, "character": {end["character"]}}}}}, {rest}'
        )

    def moved(self, by: int) -> Item:
        """The same so many lines further down."""
        more = {**self}
        place: Mapping[str, Any] = more.pop("range")
        down = {name: {**at, "line": at["line"] + by} for name, at in place.items()}
        return Item(down, more, self.rest)
