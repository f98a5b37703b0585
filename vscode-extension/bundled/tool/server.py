"""Starts the language server: ``server.py [--check] useBundled|fromEnvironment``.

Puts the libraries that came with the extension before those of the interpreter's environment, or behind them. Where the
extension brought none for this Python, there is only the environment. With --check nothing is started, and a line of
JSON says what would be. Old Pythons must be able to run this, to be told that they are too old.
"""

import json
import sys
from importlib.machinery import EXTENSION_SUFFIXES, PathFinder
from pathlib import Path

LIBRARIES = Path(__file__).resolve().parents[1] / "libs"
OLDEST = (3, 10)


def problem():
    """Why the server cannot run on this Python, or None."""
    if sys.version_info < OLDEST:
        return "is Python " + version() + "; 3.10 or newer is needed"
    if place("apitfall") is None:
        return "has no apitfall, and none for it came with this extension"
    return None


def version():
    return ".".join(map(str, sys.version_info[:3]))


def has_libraries():
    """Whether the extension brought the parser, which is compiled for one Python, for this one."""
    return any((LIBRARIES / "libcst" / ("native" + suffix)).is_file() for suffix in EXTENSION_SUFFIXES)


def place(package):
    """Where a package would be imported from; it is not imported."""
    found = PathFinder.find_spec(package)
    return None if found is None or found.origin is None else Path(found.origin)


def main(arguments):
    if has_libraries():
        sys.path.insert(0 if arguments[-1] == "useBundled" else len(sys.path), str(LIBRARIES))
    found = problem()
    if "--check" in arguments:
        is_bundled = found is None and LIBRARIES in place("apitfall").parents
        print(json.dumps({"problem": found, "python": version(), "bundled": is_bundled}))
        return 0
    if found is not None:
        sys.exit(sys.executable + " " + found)
    from apitfall import cli

    return cli.main(["server"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
