"""Runs the pages of a rule package as its tests; for the authors of rule packages. Knows no framework.

A test file that runs every page of the package `my_rules`, and every proof in them::

    import pytest
    from apitfall.testing import collect

    @pytest.mark.parametrize("check", collect("my_rules"), ids=str)
    def test_page(check):
        assert not (report := check()), report
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from apitfall import registry
from apitfall.testing.duties import check_page
from apitfall.testing.marks import Mark
from apitfall.testing.pages import Case, File, Page, PageError, Proof, Section, load_page
from apitfall.testing.proofs import proof_problems
from apitfall.testing.runner import problems

__all__ = [
    "Case",
    "Check",
    "File",
    "Mark",
    "Page",
    "PageError",
    "Proof",
    "Section",
    "check_page",
    "collect",
    "load_page",
    "problems",
    "proof_problems",
]


@dataclass(frozen=True)
class Check:
    """Something that must be true of a page; called, it gives what is not, and an empty text if all is. Its `str` is its name."""

    name: str
    problems: Callable[[], list[str]]

    def __call__(self) -> str:
        return "\n\n".join(self.problems())

    def __str__(self) -> str:
        return self.name


def collect(
    package: str | registry.RulePackage, corners: Path | None = None, beside: Sequence[str] = ()
) -> list[Check]:
    """The checks of every page of an installed rule package: its duties, its cases and its proofs.

    `corners` is a folder of further pages, ``<rule>/*.md``, which have cases and proofs and no other duty. The rules of
    the packages named in `beside` run with those of this one; their pages are not looked at.
    """
    package = installed(package) if isinstance(package, str) else package
    rules = sorted(package.rules)
    for other in map(installed, beside):
        package = replace(
            package,
            rules={**package.rules, **other.rules},
            packages=(*package.packages, *other.packages),
            types={**package.types, **other.types},
        )
    return list(checks(package, rules, corners))


def installed(name: str) -> registry.RulePackage:
    names = {found.name: found for found in registry.load()}
    if name not in names:
        raise LookupError(f"no rule package `{name}` is installed, only {', '.join(names) or 'none'}")
    return names[name]


def checks(package: registry.RulePackage, rules: Sequence[str], corners: Path | None) -> Iterator[Check]:
    for rule in rules:
        path = package.folder / f"{rule}.md"
        yield Check(f"{rule}: the page", partial(duties, path, package, rule))
        if path.is_file():
            yield from page_checks(path, rule, package, rule)
    for path in sorted(corners.glob("*/*.md")) if corners else ():
        rule = path.parent.name
        yield from page_checks(path, f"{rule}/{path.stem}", package, rule)


def duties(path: Path, package: registry.RulePackage, rule: str) -> list[str]:
    try:
        return check_page(path, package, rule) if path.is_file() else [f"{path}: the rule `{rule}` has no page"]
    except PageError as error:
        return [str(error)]


def page_checks(path: Path, name: str, package: registry.RulePackage, rule: str) -> Iterator[Check]:
    try:
        if rule not in package.rules:
            raise PageError(path, 1, f"there is no rule `{rule}`")
        cases = load_page(path).cases
        if not cases:
            raise PageError(path, 1, "there is no case, a heading with code under it")
    except PageError as error:
        message = str(error)
        yield Check(f"{name}: the cases", lambda: [message])
        return
    for case in cases:
        yield Check(f"{name}: {case.heading}", partial(problems, case, package, rule))
        for variant in case.proofs:
            title = f"{name}: {case.heading}, proof {variant}".rstrip()
            yield Check(title, partial(proof_problems, case, variant, package, rule))
