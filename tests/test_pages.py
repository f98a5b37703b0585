"""Every page of our rules, and every page of corner cases, is a test; and so is every proof in them."""

from pathlib import Path

import pytest
from apitfall.testing import Check, collect

CHECKS = [
    *collect("apitfall_rules", corners=Path(__file__).parent / "rules"),
    *collect("apitfall.suppress", beside=["apitfall_rules"]),
]


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_page(check: Check) -> None:
    assert not (report := check()), report
