"""The rules that may have something to say of a chunk, as they tell by the bodies in it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial

from apitfall.project import ProjectIndex
from apitfall.rule import Rule
from apitfall.statements import RulesByNode, by_node

log = logging.getLogger("apitfall")


class Choice:
    """Which rules are run where. Without the `prefilter` all are, and find the same in more time."""

    def __init__(self, *, prefilter: bool) -> None:
        self.prefilter = prefilter
        self.number = 0  # of the settings, so that answers under other ones are not taken for these
        self._by_node: dict[frozenset[str], RulesByNode] = {}

    def forget(self) -> None:
        """The settings are others."""
        self.number += 1
        self._by_node.clear()

    def rules(
        self, rules: Mapping[str, Rule], usual: Collection[str], text: str, bodies: Sequence[str], project: ProjectIndex
    ) -> RulesByNode:
        """Those of the `rules` that may say something of one of the bodies in a text, of which the first is around it.

        They are the very same object for the same ones. Only the `usual` ones are asked: what a rule tells of itself
        holds for its options as they are by default.
        """
        usual = usual if self.prefilter else ()
        names = {name for name, rule in rules.items() if rule.nodes and name not in usual}
        inner = bodies[1:]
        told = [name for name in rules if name in usual]
        always = frozenset([name for name in told if rules[name].text is None])
        here = frozenset([name for name in told if name not in always and may_speak(rules[name], text, inner, project)])
        for asked in (always, here):
            for body in bodies if asked else ():
                key = ("rules of", self.number, body, asked)
                names |= project.answers.ask(key, partial(wanting, rules, asked, body, project))
        return self._made(rules, frozenset(names))

    def all(self, rules: Mapping[str, Rule]) -> RulesByNode:
        """All of them; the very same for the same ones."""
        return self._made(rules, frozenset(name for name, rule in rules.items() if rule.nodes))

    def _made(self, rules: Mapping[str, Rule], chosen: frozenset[str]) -> RulesByNode:
        made = self._by_node.get(chosen)
        if made is None:
            made = self._by_node[chosen] = by_node({name: rules[name] for name in rules if name in chosen})
        return made


def may_speak(rule: Rule, text: str, bodies: Sequence[str], project: ProjectIndex) -> bool:
    """Whether a rule may say something of a text that nobody has parsed; one that fails is to fail where it is run."""
    try:
        return rule.text is None or rule.text(text, bodies, project)
    except Exception:
        log.exception("the rule `%s` does not tell whether it has to do with a text", rule.name)
        return True


def wanting(rules: Mapping[str, Rule], asked: Iterable[str], body: str, project: ProjectIndex) -> frozenset[str]:
    """Those of the rules `asked` that may say something of a body; one that fails over it is to fail where it is run."""
    found: set[str] = set()
    for name in asked:
        where = rules[name].where
        try:
            if where is not None and where(body, project):
                found.add(name)
        except Exception:
            log.exception("the rule `%s` does not tell whether it has to do with %s", name, body)
            found.add(name)
    return frozenset(found)
