"""What a body of code holds, for the question where a rule may have something to say; a body is named as in `rule`."""

from __future__ import annotations

from collections.abc import Iterator

from apitfall.rule import FunctionFacts, Place, ProjectIndex, Scope, Step, Value, collect, collect_imports, summary


def bodies_of(body: str, project: ProjectIndex) -> Iterator[tuple[Scope, tuple[Step, ...]]]:
    """The scopes that a name of a body stands for, with what is done there: a function and a class may share it."""
    module, _, name = body.partition(":")
    if not name:
        yield (scope := Scope(module)), project.flow_of(scope)
        return
    if project.function(body) is not None:
        yield (scope := Scope(module, name)), project.flow_of(scope)
    if project.is_class(body):
        yield (scope := Scope(module, "", name)), project.flow_of(scope)


class Moments:
    """Where the names of a flow are read, as far as that makes a difference to what they stand for."""

    def __init__(self, flow: tuple[Step, ...]) -> None:
        self.assigned = {
            step.target.name
            for step in flow
            if step.kind == "assign" and step.target is not None and step.target.kind == "name"
        }

    def of(self, value: Value, place: Place) -> Place | None:
        for inner in value.walk() if self.assigned else ():
            if inner.kind == "name" and inner.name in self.assigned:
                return place
        return None


def hides_call(step: Step) -> bool:
    """Whether there is a call in what a step deletes or is annotated with: of these there are no steps."""
    if step.kind == "assign" and step.args:
        hidden = [value for name, value in step.args if name == "annotation"]
    elif step.kind == "delete" and step.target is not None:
        hidden = [step.target]
    else:
        return False
    return any(inner.kind == "call" for value in hidden for inner in value.walk())


@collect_imports
def libraries(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, None]]:
    """The packages that are imported in a project, by their first names."""
    facts = project.signature(scope.symbol) if scope.function else project.module(scope.module)
    for one in facts.imports.values() if facts is not None and not scope.owner else ():
        yield one.module.partition(".")[0], None


@summary(bottom=False)
def is_imported(library: str, project: ProjectIndex) -> bool:
    """Whether some module imports a package; that others import it as well is another answer to nobody."""
    return library in libraries(project)


def functions_in(symbol: str, project: ProjectIndex) -> list[FunctionFacts]:
    """The functions that are defined in a function or class of the project, as they follow each other."""
    inner = inner_functions(project).get(symbol, ())
    if len(inner) > 1:
        module = symbol.partition(":")[0]
        inner = [other for name in project.facts(module).functions if (other := f"{module}:{name}") in inner]
    return [function for other in inner if (function := project.function(other)) is not None]


@collect
def inner_functions(scope: Scope, project: ProjectIndex) -> Iterator[tuple[str, str]]:
    """The functions by those and the classes around them, all by their symbols."""
    around = scope.function.rpartition(".")[0]
    while around:
        yield f"{scope.module}:{around}", scope.symbol
        around = around.rpartition(".")[0]
