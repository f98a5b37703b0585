"""Neovim with the configuration that docs/editors.md gives its users, and the real rules.

It runs where the environment variable `APITFALL_NVIM` names Neovim's command, or a new enough one is on the PATH. What
it and the server say to each other is recorded, and checked like that of the other tests.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conformance.recording import Recording

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "editors.md"
OLDEST = (0, 11)
NEWEST, OLDER, FIX_ON_WRITE, SETTINGS = range(4)  # the blocks of the page's section on Neovim
TIMEOUT = 120  # seconds until Neovim is given up; nothing is as slow

MAIN = """\
from fastapi import FastAPI, HTTPException

app = FastAPI()


async def may_read(user: str) -> bool:
    return user == "ada"


@app.get("/secrets")
async def read_secrets(user: str):
    if user != "🦉 é" and not may_read(user):
        raise HTTPException(403)
    return ["42"]
"""
MAIL = """\
async def send(address: str) -> None: ...
"""
EVENTS = """\
from mail import send


def record(address: str) -> None:
    "🦉"; send(address)
"""
USERS = """\
from events import record
from fastapi import FastAPI

app = FastAPI()


@app.post("/users")
async def register(address: str):
    record(address)
    return {"address": address}
"""


def nvim() -> str:
    """The command; where it is named it has to be there."""
    named, found = os.environ.get("APITFALL_NVIM"), shutil.which("nvim")
    if named:
        return named
    if found is None or version(found) < OLDEST:
        pytest.skip("no Neovim 0.11 is here: tests/nvim/install.sh gets it, and APITFALL_NVIM names its command")
    return found


def version(command: str) -> tuple[int, ...]:
    out = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    said = re.match(r"NVIM v(\d+)\.(\d+)", out)
    assert said, out
    return tuple(map(int, said.groups()))


def blocks(section: str) -> list[str]:
    """The Lua blocks in a section of the page, as they stand there."""
    _, _, text = PAGE.read_text(encoding="utf-8").partition(f"\n## {section}\n")
    return re.findall(r"```lua\n(.*?)```", text.partition("\n## ")[0], re.DOTALL)


class Neovim:
    """Neovim in the folder of a project. `apitfall` on its PATH is the server of this environment, recorded."""

    def __init__(self, folder: Path) -> None:
        self.command = nvim()
        self.home = folder / "home"
        self.project = folder / "project"
        self.recording = Recording(folder / "log.jsonl")
        self.write("pyproject.toml", "")
        server = self.recording.command(sys.executable, "-m", "apitfall")
        apitfall = folder / "bin" / "apitfall"
        apitfall.parent.mkdir()
        apitfall.write_text(f'#!/bin/sh\nexec {shlex.join(server)} "$@"\n')
        apitfall.chmod(0o755)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "NVIM", "VIM"))},
            "HOME": str(self.home),
            "PATH": f"{apitfall.parent}{os.pathsep}{os.environ['PATH']}",
            "ANSWER": str(folder / "answer.json"),
            "LUA_PATH": f"{HERE}/?.lua;;",
        }

    def write(self, name: str, text: str) -> None:
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        return (self.project / name).read_text(encoding="utf-8")

    def configure(self, *numbers: int) -> None:
        """With these blocks of the page."""
        init = self.home / ".config" / "nvim" / "init.lua"
        init.parent.mkdir(parents=True)
        init.write_text("".join(blocks("Neovim")[number] for number in numbers), encoding="utf-8")

    def run(self, name: str, steps: str):
        """Open a file as a user does and take the steps, Lua in which `steps` is `steps.lua`. Returns what they return."""
        script = self.home / "script.lua"
        script.write_text(f'local steps = require("steps")\nsteps.run(function()\n{steps}\nend)\n', encoding="utf-8")
        run = subprocess.run(
            [self.command, "--headless", "-n", name, "-c", f"luafile {script}"],
            cwd=self.project,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
        assert run.returncode == 0, run.stderr
        assert self.recording.faults(ended=True) == []
        return json.loads(Path(self.environment["ANSWER"]).read_text(encoding="utf-8"))


@pytest.fixture
def neovim(tmp_path):
    return Neovim(tmp_path)


def test_it_is_new_enough():
    assert version(nvim()) >= OLDEST


@pytest.mark.parametrize("block", [NEWEST, OLDER])
def test_squiggle_hover_and_fix(neovim, block):
    neovim.configure(block)
    neovim.write("main.py", MAIN)
    found, hover, left = neovim.run(
        "main.py",
        """
        local found = steps.diagnostics(0, 1)
        steps.go_to_diagnostic()
        local hover = steps.hover()
        steps.take("Add `await`")
        local left = steps.diagnostics(0, 0)
        vim.cmd("write")
        return { found, hover, left }
        """,
    )
    assert found == [{"code": "missing-await", "source": "apitfall", "severity": 1, "under": "may_read(user)"}]
    assert "`may_read(…)` is not awaited, and a coroutine is always true" in hover
    assert "[missing-await](" in hover
    assert left == []
    assert neovim.read("main.py") == MAIN.replace("not may_read", "not await may_read")


# the files that are open beside the one with the finding
@pytest.mark.parametrize("others", [[], ["users.py"]], ids=["closed", "open"])
def test_a_fix_that_edits_another_file(neovim, others):
    neovim.configure(NEWEST)
    for name, text in {"mail.py": MAIL, "events.py": EVENTS, "users.py": USERS}.items():
        neovim.write(name, text)
    opened = "\n".join(f'vim.cmd("split {name}")\nvim.cmd("wincmd w")' for name in others)
    found, left, events, users = neovim.run(
        "events.py",
        f"""
        {opened}
        local found = steps.diagnostics(0, 1)
        steps.go_to_diagnostic()
        steps.take("Make `record` async")
        local left = steps.diagnostics(0, 0)
        local function text(name) return vim.api.nvim_buf_get_lines(vim.fn.bufnr(name), 0, -1, false) end
        local events, users = text("events.py"), text("users.py")
        vim.cmd("wall")
        return {{ found, left, events, users }}
        """,
    )
    assert [d["under"] for d in found] == ["send(address)"]
    assert left == []
    made = {
        "events.py": EVENTS.replace("def record", "async def record").replace("send(address)", "await send(address)"),
        "users.py": USERS.replace("    record(", "    await record("),
    }
    assert {"events.py": events, "users.py": users} == {name: text.splitlines() for name, text in made.items()}
    assert {name: neovim.read(name) for name in made} == made


def test_fix_on_write(neovim):
    neovim.configure(NEWEST, FIX_ON_WRITE)
    neovim.write("main.py", MAIN)
    found, left = neovim.run(
        "main.py",
        """
        local found = steps.diagnostics(0, 1)
        vim.cmd("write")
        return { found, steps.diagnostics(0, 0) }
        """,
    )
    assert (len(found), left) == (1, [])
    assert neovim.read("main.py") == MAIN.replace("not may_read", "not await may_read")


def test_settings(neovim):
    neovim.configure(NEWEST, SETTINGS)
    blocking = MAIN.replace("    return [", "    requests.get('https://example.org')\n    return [")
    neovim.write("main.py", f"import requests\n{blocking}")
    found = neovim.run("main.py", "return steps.diagnostics(0, 1)")
    assert [d["code"] for d in found] == ["missing-await"]


def test_a_change_in_another_buffer(neovim):
    neovim.configure(NEWEST)
    for name, text in {"mail.py": MAIL, "events.py": EVENTS, "users.py": USERS}.items():
        neovim.write(name, text)
    there = neovim.run(
        "events.py",
        """
        local events, there = vim.api.nvim_get_current_buf(), { #steps.diagnostics(0, 1) }
        vim.cmd("split mail.py")
        for _, line in ipairs({ "def send(address: str) -> None: ...", "async def send(address: str) -> None: ..." }) do
            vim.api.nvim_buf_set_lines(0, 0, -1, false, { line })
            table.insert(there, #steps.diagnostics(events, 1 - there[#there]))
        end
        return there
        """,
    )
    assert there == [1, 0, 1]


def test_what_is_found_in_a_file_is_shown_once_when_it_is_opened(neovim):
    neovim.configure(NEWEST)
    neovim.write("apitfall.toml", "workspace-diagnostics = true\n")
    for name, text in {"mail.py": MAIL, "events.py": EVENTS, "users.py": USERS}.items():
        neovim.write(name, text)
    most, under = neovim.run(
        "mail.py",
        """
        local function events() return vim.fn.bufnr("events.py") end
        steps.wait("a file that is not open", function() return events() > 0 and #vim.diagnostic.get(events()) == 1 end)
        local most = 0
        vim.api.nvim_create_autocmd("DiagnosticChanged", {
            callback = function() most = math.max(most, #vim.diagnostic.get(events())) end,
        })
        vim.cmd("split events.py")
        vim.api.nvim_buf_set_lines(0, 0, 0, false, { "# events" })
        steps.wait("the finding's new place", function()
            local found = vim.diagnostic.get(0)[1]
            return found and found.lnum == 5
        end)
        return { most, steps.diagnostics(0, 1)[1].under }
        """,
    )
    assert (most, under) == (1, "send(address)")
