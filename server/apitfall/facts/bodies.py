"""What the statements of a body come to: its imports, its variables, and what a module exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zlib import crc32

from apitfall.facts.model import Import, Step, Value, Variable


def comprehension_of(iterated: Value) -> str:
    """What comprehensions over the same are counted as; how one is called does not depend on others before it."""
    return f"comprehension.{crc32(repr(iterated).encode(errors='surrogatepass')):x}."


def add_imports(imports: dict[str, Import], found: Mapping[str, Import]) -> None:
    """Of two imports of a name the first counts, but one for type checkers gives way."""
    for local, one in found.items():
        if local not in imports or imports[local].typing:
            imports[local] = one


def variables(flow: Sequence[Step]) -> dict[str, tuple[Variable, ...]]:
    """The assignments of a module or class body by name."""
    found: dict[str, tuple[Variable, ...]] = {}
    for step in flow:
        if step.kind == "assign" and step.target is not None and step.target.kind == "name":
            note = next((value for key, value in step.args if key == "annotation"), None)
            found[step.target.name] = (*found.get(step.target.name, ()), Variable(step.value, note))
    return found


def exports(assigned: Sequence[Variable]) -> tuple[str, ...] | None:
    if len(assigned) != 1 or assigned[0].value is None or assigned[0].value.kind not in ("list", "tuple"):
        return None
    names = [value for _, value in assigned[0].value.args]
    return tuple(v.text for v in names) if all(v.kind == "constant" and v.name == "str" for v in names) else None
