"""Where names are looked up."""

from __future__ import annotations

from typing import NamedTuple


class Scope(NamedTuple):
    """A module by name and, within it, a function or a class body by qualified name."""

    module: str
    function: str = ""
    owner: str = ""

    @property
    def symbol(self) -> str:
        """The symbol of the function; ``module:`` outside of functions."""
        return f"{self.module}:{self.function}"
