"""Which calls facts and tables may know to give a coroutine, as far as the last name of what is called tells.

A call is taken for one by what its last name is given to: a coroutine function of a table, a function of the project, or
anything that may stand for one, such as a variable, an attribute or another name for what is imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from apitfall.rule import ProjectIndex, Scope, Type, Value, Variable, collect, summary

from apitfall_rules.frameworks.async_functions import is_coroutine
from apitfall_rules.frameworks.errors import ANYTHING, MANY, callables

# Values that are data, and cannot be called.
DATA = frozenset("constant list set tuple dict comprehension".split())
# The types of a table that are filled in by the call, with whatever it is given.
FILLED = frozenset({"$1", "$result"})


def may_be_known(target: Value, scope: Scope, project: ProjectIndex) -> bool:
    """Whether facts and tables may tell of a call of this that it gives a coroutine."""
    if target.kind == "attribute":
        return names_known(target.name, project)
    return target.kind != "name" or names_known(target.name, project) or is_local(target.name, scope, project)


def is_local(name: str, scope: Scope, project: ProjectIndex) -> bool:
    """Whether a name is a parameter of a function, or of one around it, or assigned there."""
    while scope.function:
        facts = project.signature(scope.symbol)
        if facts is not None and (facts.parameter(name) is not None or project.is_assigned(name, scope)):
            return True
        scope = Scope(scope.module, scope.function.rpartition(".")[0])
    return False


@summary(bottom=False)
def names_known(name: str, project: ProjectIndex) -> bool:
    """Whether a call of something with this last name may give a coroutine, local names left out."""
    in_tables = names_in_tables("", project)
    if name in in_tables or "__getattr__" in in_tables or name in holders(project):
        return True
    symbols = callables(project).get(name, ())
    if len(symbols) > MANY or ANYTHING in symbols:
        return True
    return any(is_coroutine(project.returned(symbol)) for symbol in symbols)


@summary(bottom=frozenset())
def names_in_tables(_: str, project: ProjectIndex) -> frozenset[str]:
    """The last names of what gives a coroutine by the tables; ``__getattr__`` if attributes of any name may."""
    types = project.types
    parts = ((name.rpartition(".")[2], known) for name, known in types.items() if known.name != "type")
    given = ((last, known.args[0] if last == "__getattr__" and known.args else known) for last, known in parts)
    return frozenset(last for last, known in given if may_give(known, types))


def may_give(called: Type, types: Mapping[str, Type]) -> bool:
    known = called if called.name == "typing.Callable" else types.get(f"{called.name}.__call__")
    result = known.args[0] if known is not None and known.args else None
    return result is not None and (is_coroutine(result) or result.name in FILLED)


@collect
def holders(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, None]]:
    """The names of the variables of modules and classes, and of the attributes that are assigned to, which may hold
    something that can be called."""
    if scope.function:
        function = project.function(scope.symbol)
        for step in function.flow if function is not None and function.owner else ():
            if step.kind == "assign" and step.target is not None and step.target.kind == "attribute":
                yield step.target.name, None
        return
    cls = project.cls(f"{scope.module}:{scope.owner}") if scope.owner else None
    variables = cls.variables if cls is not None else project.facts(scope.module).variables
    for name, assigned in variables.items():
        if not is_data(assigned):
            yield name, None


def is_data(assigned: Iterable[Variable]) -> bool:
    return all(one.annotation is None and one.value is not None and one.value.kind in DATA for one in assigned)
