"""The version of a distribution that the project runs with, as far as its files tell."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging import version


@dataclass(frozen=True, slots=True)
class Version:
    """`source` says how it is known: installed, locked, or allowed (the lowest that the constraints let through)."""

    text: str
    source: str

    @property
    def release(self) -> tuple[int, ...]:
        """``(0, 118, 2)``; the numbers that open the text where it is no version by PEP 440."""
        try:
            return version.Version(self.text).release
        except version.InvalidVersion:
            numbers = re.match(r"v?(\d+(?:\.\d+)*)", self.text)
            return tuple(map(int, numbers[1].split("."))) if numbers else ()

    def at_least(self, other: str) -> bool:
        """Whether this is `other` or newer by PEP 440, where a pre-release comes before its release."""
        try:
            return version.Version(self.text) >= version.Version(other)
        except version.InvalidVersion:
            return self.release >= version.Version(other).release
