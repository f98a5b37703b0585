"""Reads a project as a server does the first time, and prints the seconds that took; run by `scans`."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from apitfall import cache, loading, registry


def main() -> None:
    packages = registry.load()
    began, used = time.perf_counter(), processor_time()
    found = loading.load(Path(sys.argv[1]), packages, loading.Config(), {})
    loading.read_all(found.workspace, cache.find(os.environ))
    found.workspace.index()
    print(json.dumps({"seconds": time.perf_counter() - began, "cpu": processor_time() - used}))


def processor_time() -> float:
    """Of this process and of those that it has waited for."""
    return sum(os.times()[:4])


main()
