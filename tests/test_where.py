"""A rule's `where` is True of a body of each node that it has a finding about."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import fastapi
import libcst as cst
import pytest
import starlette
import uvicorn
from apitfall import loading
from apitfall.chosen import may_speak
from apitfall.config import Config
from apitfall.registry import RulePackage, load
from apitfall.rule import Finding, ProjectIndex, Rule, RuleContext
from apitfall.testing import Case, load_page
from apitfall.testing.runner import found_in, project, texts

RULES = Path(__file__).parents[1] / "rules" / "apitfall_rules"
PAGES = [*RULES.glob("*.md"), *(Path(__file__).parent / "rules").glob("*/*.md")]
CASES = [case for page in PAGES for case in load_page(page).cases if case.bad]
SHOP = Path(__file__).parents[1] / "docs" / "demo"


def bodies_of(node: cst.CSTNode, ctx: RuleContext) -> Iterator[str]:
    """The bodies that a node is of: the one that runs it, and the one that it, or what it is in the header of, defines."""
    scope = ctx.scope(node)
    yield f"{scope.module}:{scope.function or scope.owner}"
    runs_in = ctx.tree.definition(node)
    for around in (node, *ctx.ancestors(node)):
        if around is runs_in:
            return
        if isinstance(around, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            yield f"{ctx.module}:{ctx.tree.names[around]}"
            return


def watched(rule: Rule, missed: list[str]) -> Rule:
    """The rule, noting where it speaks of a node of whose bodies it said that there is nothing."""

    def check(node: Any, ctx: RuleContext) -> Iterator[Finding]:
        found = list(rule.check(node, ctx))
        is_asked = rule.where is not None and all(ctx.option(name) == value for name, value in rule.options.items())
        bodies = [*bodies_of(node, ctx)] if found and is_asked else []
        every = [f"{ctx.module}:{body}" for body in ctx.tree.bodies]
        is_wanted = any(rule.where(body, ctx.project) for body in bodies if rule.where is not None)
        if bodies and not (is_wanted and may_speak(rule, ctx.tree.text, every, ctx.project)):
            missed.append(f"{rule.name} in {bodies}: {ctx.source(node)}")
        yield from found

    return replace(rule, check=check)


def watching(missed: list[str]) -> RulePackage:
    package = next(package for package in load() if package.name == "apitfall_rules")
    return replace(package, rules={name: watched(rule, missed) for name, rule in package.rules.items()})


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.page.parent.name}/{case.page.stem}: {case.heading}")
def test_of_pages(case: Case) -> None:
    missed: list[str] = []
    with project(texts(case.files), watching(missed)) as workspace:
        found_in(workspace, case.files, types=False)
        found_in(workspace, case.files)
    assert not missed


def test_of_an_application() -> None:
    missed: list[str] = []
    workspace = loading.load(SHOP, [watching(missed)], Config(), {}).workspace
    assert [finding for path in workspace.paths() for finding in workspace.check(path, types=False).findings]
    assert not missed


@pytest.mark.parametrize("package", [fastapi, starlette, uvicorn], ids=lambda package: package.__name__)
def test_few_bodies_are_wanted(package: ModuleType) -> None:
    """Of what no rule has anything to say, most have `where` False: that is what it is for."""
    root = Path(package.__path__[0])
    workspace = loading.load(root, load(), Config(), {}, [root]).workspace
    index: ProjectIndex = workspace.index()
    bodies = [f"{m}:{f}" for m in map(workspace.module, workspace.paths()) for f in index.facts(m).functions]
    rules = [rule.where for rule in workspace.rules.values() if rule.where is not None]
    wanted = [body for body in bodies if any(where(body, index) for where in rules)]
    assert 0 < len(wanted) < 0.25 * len(bodies)
