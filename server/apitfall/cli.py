"""The command line. What one command alone needs is imported when that command runs."""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from apitfall import __version__

OK, FOUND, ERROR = 0, 1, 2
CHECK_STATUS = "Exit status: 0 nothing was found, 1 something was found, 2 something could not be checked."
FIX_STATUS = (
    "Exit status: 0 all that was asked for is fixed (with --diff: nothing would change), 1 after ten rounds there is "
    "still something to fix (with --diff: something would change), 2 something could not be checked or written."
)
NO_CACHE = "read and keep nothing in the cache, as with APITFALL_NO_CACHE=1"
INTERRUPTED, PIPE_CLOSED = 130, 141  # 128 + the number of the signal, as shells say it


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the answer is the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal or pipe that cannot show a character of the code shows a question mark for it.
            stream.reconfigure(errors="replace")
    args = parser().parse_args(argv)
    try:
        status: int = args.run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The interpreter flushes standard output once more when it ends, and must not find the closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return status


def run() -> NoReturn:
    """The command as a process, which ends at once: to let go of all that it made would take seconds for a large project."""
    status = main()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="apitfall",
        description="Tells what code will do when it runs, and repairs it.",
    )
    top.add_argument("--version", action="version", version=f"apitfall {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    check = commands.add_parser("check", help="check files and folders", epilog=CHECK_STATUS)
    check.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="files and folders; without any, the working directory; - is standard input",
    )
    check.add_argument("--format", choices=("text", "json"), default="text", help="the form of the findings")
    check.add_argument("--hints", action="store_true", help="show hints in text as well; they are always in JSON")
    check.add_argument(
        "--fail-on",
        choices=("error", "warning", "information", "hint"),
        default="warning",
        help="exit with 1 for findings of this severity or a worse one (default: warning)",
    )
    check.add_argument(
        "--exit-zero",
        action="store_true",
        help="exit with 0 whatever is found, and whatever in a folder cannot be read",
    )
    check.add_argument("--no-edits", action="store_true", help="leave out of the JSON what the fixes change")
    check.add_argument(
        "--stdin-filename", metavar="PATH", help="check standard input as the text of this file of its project"
    )
    check.add_argument("--no-cache", action="store_true", help=NO_CACHE)
    check.add_argument(
        "-v", "--verbose", action="store_true", help="say on standard error what was read, and what was left out"
    )
    check.set_defaults(run=run_check)

    fix = commands.add_parser(
        "fix",
        help="repair files and folders",
        description="Makes the fixes of what `check` finds, in rounds until none is left, at most ten.",
        epilog=FIX_STATUS,
    )
    fix.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="files and folders; without any, the working directory; - is standard input, and is printed fixed",
    )
    fix.add_argument(
        "--unsafe",
        action="store_true",
        help="where a finding has no safe fix make its first one, which may change what the program does, or other files",
    )
    fix.add_argument("--diff", action="store_true", help="write nothing; print what would change as a unified diff")
    fix.add_argument(
        "--rule", action="append", default=[], metavar="RULE", help="fix only what this rule finds; can be repeated"
    )
    fix.add_argument(
        "--stdin-filename", metavar="PATH", help="fix standard input as the text of this file of its project"
    )
    fix.add_argument("--no-cache", action="store_true", help=NO_CACHE)
    fix.add_argument(
        "-v", "--verbose", action="store_true", help="say on standard error what was read, and what was left out"
    )
    fix.set_defaults(run=run_fix)

    explain = commands.add_parser("explain", help="print the page of a rule")
    explain.add_argument("rule", metavar="RULE")
    explain.set_defaults(run=run_explain)

    rules = commands.add_parser("rules", help="list the rules")
    rules.add_argument("--format", choices=("text", "json"), default="text")
    rules.set_defaults(run=run_rules)

    schema = commands.add_parser("schema", help="print the JSON Schema of the settings")
    schema.set_defaults(run=run_schema)

    cache = commands.add_parser(
        "cache",
        help="say what is kept of earlier runs, or remove it",
        description="What is kept of earlier runs, below the user's cache folder, or in APITFALL_CACHE_DIR.",
    )
    what = cache.add_mutually_exclusive_group()
    what.add_argument("--info", action="store_true", help="say where it is and how large, as without it")
    what.add_argument("--clear", action="store_true", help="remove it")
    cache.set_defaults(run=run_cache)

    server = commands.add_parser("server", help="run the language server on standard input and output")
    ways = server.add_mutually_exclusive_group()
    ways.add_argument("--stdio", action="store_true", help="use standard input and output, as without it")
    ways.add_argument("--tcp", type=address, metavar="[HOST:]PORT", help="wait for one client on a socket, to debug")
    server.set_defaults(run=run_server)
    return top


def run_check(args: argparse.Namespace) -> int:
    from apitfall.check import Options, check
    from apitfall.rule import Severity

    return check(
        Options(
            paths=tuple(args.paths),
            stdin_filename=args.stdin_filename,
            json=args.format == "json",
            edits=not args.no_edits,
            hints=args.hints,
            fail_on=Severity[args.fail_on],
            exit_zero=args.exit_zero,
            verbose=args.verbose,
            cache=not args.no_cache,
        )
    )


def run_fix(args: argparse.Namespace) -> int:
    from apitfall.fix import Options, fix

    return fix(
        Options(
            paths=tuple(args.paths),
            stdin_filename=args.stdin_filename,
            rules=tuple(args.rule),
            unsafe=args.unsafe,
            diff=args.diff,
            verbose=args.verbose,
            cache=not args.no_cache,
        )
    )


def run_explain(args: argparse.Namespace) -> int:
    from apitfall import registry
    from apitfall.config import guess

    packages = registry.load()
    known = sorted({name for package in packages for name in package.rules})
    if args.rule not in known:
        print(f"error: there is no rule `{args.rule}`{guess(args.rule, known)}", file=sys.stderr)
        return ERROR
    sys.stdout.write(registry.page(packages, args.rule).read_text(encoding="utf-8"))
    return OK


def run_rules(args: argparse.Namespace) -> int:
    from apitfall import registry

    packages = registry.load()
    pages = {name: registry.page(packages, name) for package in packages for name in package.rules}
    rows = [(name, summary(page.read_text(encoding="utf-8")), page.as_uri()) for name, page in sorted(pages.items())]
    if args.format == "json":
        print(json.dumps([{"name": name, "summary": says, "url": url} for name, says, url in rows], indent=2))
        return OK
    width = max((len(name) for name, _, _ in rows), default=0)
    for name, says, _ in rows:
        print(f"{name:{width}}  {says}")
    return OK


def run_schema(args: argparse.Namespace) -> int:
    from apitfall import registry
    from apitfall.schema import schema

    print(json.dumps(schema(registry.load()), indent=2))
    return OK


def run_cache(args: argparse.Namespace) -> int:
    from apitfall.cache import Cache, folder

    cache = Cache(folder(os.environ))
    if not args.clear:
        info = cache.info()
        print(f"{info.folder}: {info.entries:,} entries, {info.size / 2**20:,.1f} MB")
        return OK
    try:
        cache.clear()
    except OSError as error:
        print(f"error: the cache `{cache.folder}` cannot be removed: {error.strerror or error}", file=sys.stderr)
        return ERROR
    return OK


def run_server(args: argparse.Namespace) -> int:
    from apitfall.lsp import server

    return server.main(args.tcp)


def address(text: str) -> tuple[str, int]:
    """``HOST:PORT``, or a port of this machine."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not [HOST:]PORT")
    return host.strip("[]") or "127.0.0.1", int(port)


def summary(page: str) -> str:
    """The first sentence of a page's first paragraph, on one line."""
    paragraphs = (p for p in re.split(r"\n\s*\n", page) if p.strip() and not p.lstrip().startswith("#"))
    text = " ".join(next(paragraphs, "").split())
    return re.split(r"(?<=[.!?])\s+(?=[A-Z`])", text)[0]
