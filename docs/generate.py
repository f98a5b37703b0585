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
    return "\n".join(lines) + "\n"


def shown(value: Option) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value) or "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
