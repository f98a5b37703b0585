"""A rule package as a third party would write one; test_testing_runs.py changes its page into pages that lie."""

from collections.abc import Mapping

API = 1
PACKAGES = ("voice",)
EXCLUDE = ()
TYPES: Mapping[str, object] = {}
