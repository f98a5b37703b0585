"""The pages that are generated are what generating them gives now."""

import subprocess
import sys
from pathlib import Path

from apitfall import registry

ROOT = Path(__file__).resolve().parent.parent


def test_the_page_of_settings_is_current(tmp_path):
    page = ROOT / "docs" / "configuration.md"
    script = "import sys; sys.path.insert(0, 'docs'); import generate; sys.stdout.write(generate.page())"
    command = [sys.executable, "-X", "utf8", "-c", script]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == run.stdout, "run: python docs/generate.py"


def test_the_readme_names_every_rule_and_its_fixes():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rules = {name for package in registry.load() for name in package.rules if package.name.startswith("apitfall")}
    assert [name for name in sorted(rules) if f"[`{name}`](" not in text] == []
