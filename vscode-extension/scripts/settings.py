"""Writes into package.json the settings that the server declares; with --check only says whether they are there."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from apitfall import registry
from apitfall.cli import summary
from apitfall.config import Config
from apitfall.schema import schema

MANIFEST = Path(__file__).resolve().parents[1] / "package.json"
OF_THE_MACHINE = {"environment"}


def properties() -> dict[str, Any]:
    """The settings as VS Code declares them. What is not set is null where that means something else than empty."""
    packages = [package for package in registry.load() if package.name in OURS]
    says = {rule: summary(registry.page(packages, rule).read_text("utf-8")) for p in packages for rule in p.rules}
    defaults = Config()
    out: dict[str, Any] = {}
    for name, declared in schema(packages)["properties"].items():
        declared = dict(declared)
        default = plain(getattr(defaults, name.replace("-", "_")))
        out[f"apitfall.{name}"] = {
            "markdownDescription": declared.pop("description"),
            **with_summaries(declared, says),
            **({"type": [declared["type"], "null"]} if default is None else {}),
            "default": default,
            "scope": "machine-overridable" if name in OF_THE_MACHINE else "resource",
        }
    return out


OURS = ("apitfall_rules", "apitfall.suppress")


def with_summaries(declared: dict[str, Any], says: dict[str, str]) -> dict[str, Any]:
    names = declared.get("items", {}).get("enum")
    if names is None:
        return declared
    return {**declared, "items": {"enum": names, "enumDescriptions": [says[name] for name in names]}}


def plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def main() -> int:
    text = MANIFEST.read_text("utf-8")
    manifest = json.loads(text)
    manifest["contributes"]["configuration"][1]["properties"] = properties()
    new = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    if "--check" not in sys.argv:
        MANIFEST.write_text(new, "utf-8")
    elif new != text:
        print("the settings in package.json are not those of the server: run scripts/settings.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
