"""What the VS Code extension shows is what the server knows."""

import runpy
import sys
from pathlib import Path

import pytest
from apitfall import loading, registry

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "vscode-extension" / "scripts" / "settings.py"


def test_the_extension_declares_the_settings_of_the_server(monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--check"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert ended.value.code == 0, capsys.readouterr().err


def test_the_demo_names_its_application_where_fastapi_looks_for_it():
    assert loading.application(str(ROOT / "docs" / "demo"), registry.load()) == "shop.main:app"
