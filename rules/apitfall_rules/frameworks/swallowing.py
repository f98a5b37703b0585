"""Handlers of which facts tell that they swallow nothing: they raise something again, or log the traceback."""

from __future__ import annotations

import re
from collections.abc import Sequence

from apitfall.rule import ProjectIndex, Scope, Step, summary

from apitfall_rules.frameworks.bodies import hides_call
from apitfall_rules.frameworks.errors import may_raise, raised_http
from apitfall_rules.frameworks.logging import leaves_traceback
from apitfall_rules.frameworks.try_bodies import stands_for_another

HANDLER = re.compile(r"(?:\A|[\r\n])[ \t\f]*except\b")
# What a handler and a call of `suppress` that `looks_broad` have in their text.
BROAD = re.compile(r"\bexcept[\s\\]*:|\b(?:Base)?Exception\b")


def may_swallow_in(text: str, bodies: Sequence[str], project: ProjectIndex) -> bool:
    """Whether a text has a handler that may swallow an exception: a broad one, and one that is not `settled`."""
    if BROAD.search(text) is None:
        return False
    return "suppress" in text or len(HANDLER.findall(text)) > sum(settled(body, project) for body in bodies)


@summary(bottom=0)
def settled(body: str, project: ProjectIndex) -> int:
    """How many handlers of a function raise something that is no HTTPException, or log a traceback behind a `try` that
    raises none."""
    function = project.function(body)
    if function is None:
        return 0
    scope, flow = project.scope_of(body), function.flow
    raising: set[tuple[str, str]] = set()
    logging: set[tuple[str, str]] = set()
    for step in flow:
        handlers = [(name, arm) for name, arm in step.branch if name.startswith("try") and arm.startswith("except")]
        if handlers and step.kind == "raise" and raised_http(step.value, scope, project, step.place) is None:
            raising.update(handlers)
        elif handlers and step.kind == "call" and step.target is not None and leaves_traceback(step.target, step.args):
            logging.update(handlers)
    around = {name: may_raise_http(name, flow, scope, project) for name, _ in logging - raising}
    return len(raising) + sum(not around[name] for name, _ in logging - raising)


def may_raise_http(name: str, flow: tuple[Step, ...], scope: Scope, project: ProjectIndex) -> bool:
    """Whether the body of a `try` may raise an HTTPException."""
    for step in flow:
        if (name, "body") not in step.branch:
            continue
        if step.kind == "raise" and raised_http(step.value, scope, project, step.place) is not None:
            return True
        target = step.target if step.kind == "call" else None
        if target is not None and (may_raise(target.name, project) or stands_for_another(target, scope, project)):
            return True
        if hides_call(step):
            return True
    return False
