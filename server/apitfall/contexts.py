"""What a rule may ask, with the project's answers to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import libcst as cst

from apitfall.asked import Asked, TypeOracle, question
from apitfall.config import Config
from apitfall.facts import Place
from apitfall.project import Binding, ProjectIndex
from apitfall.rule import Looks, Rule, RuleContext
from apitfall.source import Source, Spot
from apitfall.syntax import Tree
from apitfall.types import Type


class Project(Protocol):
    """What contexts need of a workspace."""

    config: Config
    oracle: TypeOracle | None
    asked: Asked

    @property
    def put_off(self) -> Mapping[str, bool]: ...

    def index(self) -> ProjectIndex: ...

    def module(self, path: str) -> str: ...

    def source(self, path: str | None) -> Source | None: ...

    def find(self, place: Place) -> Spot | None: ...


def outermost(node: cst.CSTNode, tree: Tree) -> cst.FunctionDef | None:
    """The outermost function of a chunk that runs a node: what is said elsewhere in the chunk has no say there."""
    found, around = None, tree.definition(node)
    while around is not None:
        found = around if isinstance(around, cst.FunctionDef) else found
        around = tree.definition(around)
    return found


class Contexts:
    """Makes the contexts of rules in the files of one project."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def make(self, source: Source, tree: Tree, types: bool, rule: Rule, looks: Looks) -> RuleContext:
        """A rule's context, with `types` also of those that the oracle is yet to be asked for; what it looks at is noted
        in `looks`."""
        project, module = self.project, self.project.module(source.document.path)

        def ask_type(bind: Callable[[], Binding], tree: Tree, node: cst.CSTNode) -> Type | None:
            known, answers = project.asked, project.index().answers
            part = source.checked.part_put_off(node, tree)
            if not types and (part is not None or module in project.put_off):
                answers.read(("types in", part or module))
                looks.unsure.add(rule.name)
                return None
            binding = bind()
            function, end = outermost(node, tree) if binding.is_vague else None, tree.span(node).end
            asked = question(binding, tree, function, end)
            answers.read(("type of", asked.key))
            if asked.key not in known.types and types and project.oracle is not None:
                known.keep(asked, project.oracle.type_of(source.document.path, source.document.text, end))
            looks.questions[asked.key] = asked
            if function is not None:
                looks.around.add(function)
            looks.everything = looks.everything or (binding.is_vague and function is None)
            if asked.key not in known.types:
                looks.unsure.add(rule.name)
            return known.types.get(asked.key)

        def look_up(place: Place) -> tuple[cst.CSTNode, RuleContext] | None:
            found = project.find(place)
            return (
                (found.node, self.make(found.source, found.tree, types, rule, Looks())) if found is not None else None
            )

        def define(symbol: str) -> tuple[cst.CSTNode, RuleContext] | None:
            other = project.source(project.index().path(symbol))
            found = other.definition(symbol.partition(":")[2]) if other is not None else None
            return (found[0], self.make(other, found[1], types, rule, Looks())) if other and found else None

        options = {name: project.config.option(rule.name, name, default) for name, default in rule.options.items()}
        return RuleContext(source, tree, module, project.index(), options, ask_type, look_up, define, looks)
