"""Writes docs/configuration.md from the settings' declarations and the rules' options."""

from __future__ import annotations

from pathlib import Path

from apitfall import registry
from apitfall.config import KINDS, LEVELS, SETTINGS, Option
from apitfall.files import DEFAULT_EXCLUDE

PAGE = Path(__file__).with_name("configuration.md")
INTRODUCTION = """\
# Settings

Nothing has to be set. What is set stands in `[tool.apitfall]` of `pyproject.toml`, or in an `apitfall.toml` of the same
shape, without the prefix. The nearest file that has any settings counts, whole: that of the project, or of a folder around
it in the same git work tree; in one folder, `apitfall.toml` goes before `pyproject.toml`. Globs and paths in it start at
its folder.

An editor can send the same keys under `apitfall`. A file wins over the editor, but for `environment`, which is a matter of
the machine. An unknown key, rule or value is an error that names the nearest one, on the command line and as a diagnostic
in the file itself; in an editor the settings that were there before stay until it is mended.

```toml
[tool.apitfall]
ignore = ["mutable-default"]
extend-exclude = ["legacy/"]

[tool.apitfall.per-file-ignores]
"scripts/**" = ["blocking-http-call"]

[tool.apitfall.severity]
missing-await = "error"
```

`apitfall schema` prints a JSON Schema of all this, with which many editors complete and check `apitfall.toml`.
"""

KEPT = """\
## What is kept

What `apitfall` reads in a file it keeps on the disk, below the user's cache folder (`~/.cache/apitfall` on Linux,
`~/Library/Caches/apitfall` on macOS, `%LOCALAPPDATA%\\apitfall\\Cache` on Windows), under a digest of the file's
text and of the versions that read it. `apitfall check` keeps what it found in a project as well, and says that again as
long as nothing is another of what it rests on:

- the files of the project, by name and content, and which of them were to be checked
- the settings, the versions of the dependencies, and where the environment is
- apitfall, the rule packages and the libraries in apitfall's own environment; of the first two the content of each module
- where there is an environment to take types from: each Python file in it, and each that the project leaves out and could
  import, by size and time. Whoever changes such a file and sets both back has to say `--no-cache`. If one was changed in
  the last two seconds, or code of the project changes `sys.path` or imports from outside of the project, nothing is kept.

What was logged is not kept but comes again, and standard input is checked each time. It takes half a gigabyte at most;
what was not used for the longest time goes first. All of it can be deleted at any time.

| | |
|---|---|
| `apitfall cache` | says where it is and how large it is |
| `apitfall cache --clear` | removes it |
| `apitfall check --no-cache`, `apitfall fix --no-cache` | read and keep nothing there |
| `APITFALL_NO_CACHE=1` | the same, for the server as well |
| `APITFALL_CACHE_DIR` | the folder to use in place of the user's |
"""


def page() -> str:
    """The text of the page."""
    lines = [INTRODUCTION, "## All settings", "", "| setting | holds | |", "|---|---|---|"]
    lines += [f"| `{setting.name}` | {KINDS[setting.kind]} | {setting.says} |" for setting in SETTINGS]
    lines += ["", f"A level is one of {', '.join(f'`{level}`' for level in LEVELS)}.", ""]
    packages = registry.load()
    left_out = [*DEFAULT_EXCLUDE, *(glob for package in packages for glob in package.exclude)]
    lines += ["Left out by default, beside what git ignores and every virtual environment:", ""]
    lines += [", ".join(f"`{glob}`" for glob in left_out) + ".", ""]
    lines += ["## Options of rules", "", "`[tool.apitfall.rules.<rule>]`; the rule's page says what they do.", ""]
    lines += ["| rule | option | default |", "|---|---|---|"]
    for rule, options in sorted(registry.options(packages).items()):
        lines += [f"| `{rule}` | `{name.replace('_', '-')}` | {shown(value)} |" for name, value in options.items()]
    return "\n".join([*lines, "", KEPT])


def shown(value: Option) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value) or "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
