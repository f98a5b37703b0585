"""The same work in four clients, each with the capabilities that it declares; every message is checked.

`profiles/neovim.json` and `profiles/eglot.json` are what Neovim 0.12 and Emacs 30 sent, `profiles/vscode.json` what
vscode-languageclient 11 computes, `profiles/minimal.json` is nothing at all.
"""

import json
import sys
from pathlib import Path

import pytest

from conformance.available import grammars
from conformance.recording import Recording
from conformance.scenario import FOUND, Scenario

PROFILES = Path(__file__).parent / "profiles"
UNITS = {"vscode": "utf-16", "neovim": "utf-8", "eglot": "utf-32", "minimal": "utf-16"}


@pytest.mark.parametrize("name", sorted(path.stem for path in PROFILES.iterdir()))
async def test_profile(name, tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    scenario = Scenario(json.loads((PROFILES / f"{name}.json").read_text(encoding="utf-8")), folder)
    recording = Recording(tmp_path / "log.jsonl", grammars())
    assert await scenario.play(recording.command(sys.executable, "-m", "apitfall", "server")) == 0
    assert scenario.capabilities.get("positionEncoding", "utf-16") == UNITS[name]
    assert scenario.underlined() == FOUND
    assert "`send` never runs" in scenario.hover["contents"]["value"]
    assert bool(scenario.edits) == (name != "minimal")  # which knows commands only, and applies no edits
    faults = recording.faults(ended=True)
    assert not faults, "\n".join(faults)
