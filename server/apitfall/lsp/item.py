"""A diagnostic as it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any


class Written(dict[str, Any]):
    """Plain JSON, with the text that it is sent as."""

    __slots__ = ("text",)

    def __init__(self, value: Mapping[str, Any], text: str) -> None:
        super().__init__(value)
        self.text = text


class Item(Written):
    """A Diagnostic, which is made into text once, however often it is said."""

    __slots__ = ("rest",)

    def __init__(self, place: Mapping[str, Any], more: Mapping[str, Any], rest: str) -> None:
        start, end = place["start"], place["end"]
        super().__init__(
            {"range": place, **more},
            f'{{"range": {{"start": {{"line": {start["line"]}, "character": {start["character"]}}}, '
            f'"end": {{"line": {end["line"]}, "character": {end["character"]}}}}}, {rest}',
        )
        self.rest = rest

    def moved(self, by: int) -> Item:
        """The same so many lines further down."""
        more = {**self}
        place: Mapping[str, Any] = more.pop("range")
        down = {name: {**at, "line": at["line"] + by} for name, at in place.items()}
        return Item(down, more, self.rest)


def written(items: Iterable[Mapping[str, Any]]) -> str:
    """Diagnostics as a list in JSON."""
    return f"[{', '.join([item.text if isinstance(item, Item) else json.dumps(item) for item in items])}]"
