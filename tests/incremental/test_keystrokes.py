"""After each keystroke of a person all that is known of the files is what it is from scratch."""

import os
from itertools import pairwise
from pathlib import Path

import pytest
from apitfall.registry import RulePackage, load
from apitfall.text import Document
from asking import PACKAGES, workspace
from sources import FILES, ROOT, long_source
from state import agree, facts_of, findings
from typist import session

SHOP = Path(__file__).resolve().parents[2] / "docs" / "demo" / "shop"
ORDERS = (SHOP / "routers" / "orders.py").read_text(encoding="utf-8")
OTHERS = {path: text for path, text in FILES.items() if path.endswith("db.py")}
IS_LONG = "APITFALL_EXAMPLES" in os.environ  # a long run reads from scratch after each keystroke, others now and then
SESSIONS = {
    "a file of the demo": (ORDERS, "async def read_order(", PACKAGES, 1 if IS_LONG else 8),
    "a file of 1,000 lines": (long_source(1000), "async def read_item_12(", load(), 1 if IS_LONG else 75),
}


@pytest.mark.parametrize(("text", "function", "packages", "step"), SESSIONS.values(), ids=SESSIONS)
def test_after_each_keystroke_everything_is_as_from_scratch(
    text: str, function: str, packages: list[RulePackage], step: int
) -> None:
    path = f"{ROOT}/app/routers/orders.py"
    line = text[text.index(function) :].partition("\n")[0]
    made = workspace({**OTHERS, path: text}, packages)
    texts = session(text, line)
    assert len(texts) > 350
    for number, (before, now) in enumerate(pairwise(texts)):
        made.update(Document(path, number, now))
        made.check(path, types=False)
        if number % step == 0 or number == len(texts) - 2:
            fresh = workspace({**OTHERS, path: now}, packages)
            said = f"keystroke {number}: {changed(before, now)}"
            agree(made, fresh, said, findings)
            agree(made, fresh, said, facts_of)
            if number % 20 == 0:
                agree(made, fresh, said)


def changed(before: str, now: str) -> str:
    """What differs between two texts, with some of what stands before it."""
    start = next((n for n, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), min(len(before), len(now)))
    return f"{before[max(start - 200, 0) : start + 80]!r}\nbecame\n{now[max(start - 200, 0) : start + 80]!r}"
