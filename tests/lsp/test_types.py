"""Types as the server over stdio has them told by the real process: when they change, and what is left of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from lsprotocol import types

PLUGIN = Path(__file__).parent / "plugin"
SITE = ".venv/lib/python3.11/site-packages"
THINGS = "class Thing: ...\n\ndef thing(): return Thing()\n"
OTHERS = "class Other: ...\n\ndef thing(): return Other()\n"
MAIN = "import lsptest\nimport things\nbad()\nthings.thing().typed()\n"


def environment(editor):
    editor.write(".venv/pyvenv.cfg", "version = 3.11.0\n")
    editor.write(f"{SITE}/things-1.dist-info/METADATA", "Name: things\nVersion: 1\n")
    editor.write(f"{SITE}/things.py", THINGS)


def saved(editor, name):
    editor.client.text_document_did_save(
        types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(editor.uri(name)))
    )


def speaks_of(name):
    return lambda publish: any(f"`{name}`" in found.message for found in publish.diagnostics)


def later(path):
    """A file that was written within one tick of the clock of its file system is another."""
    time = path.stat().st_mtime + 10
    os.utime(path, (time, time))


@pytest.mark.asyncio(loop_scope="session")
async def test_another_environment_has_other_types(editor):
    environment(editor)
    await editor.start()
    editor.open("main.py", MAIN)
    await editor.wait(speaks_of("things.Thing"))
    editor.write(f"{SITE}/things.py", OTHERS)
    later(editor.folder / SITE / "things.py")
    (editor.folder / SITE / "things-1.dist-info" / "METADATA").unlink()
    editor.write(f"{SITE}/things-2.dist-info/METADATA", "Name: things\nVersion: 2\n")
    saved(editor, "main.py")
    await editor.wait(speaks_of("things.Other"))


@pytest.mark.asyncio(loop_scope="session")
async def test_what_another_file_says_counts_when_it_is_saved(editor):
    environment(editor)
    editor.write("far.py", "import things\nfound = things.thing()\n")
    await editor.start()
    editor.open("main.py", "import lsptest\nimport far\nfar.found.typed()\n")
    await editor.wait(speaks_of("things.Thing"))
    editor.write("far.py", "import things\nfound = things.thing().more\n")
    later(editor.folder / "far.py")
    saved(editor, "far.py")
    await editor.wait(lambda p: p.uri == editor.uri("main.py") and not speaks_of("things.Thing")(p) and p.version == 1)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_file_that_is_not_open_has_types_too(editor):
    environment(editor)
    editor.write("main.py", MAIN)
    await editor.start_own(folders=(editor.folder,), options={"workspace-diagnostics": True})
    found = await editor.wait(speaks_of("things.Thing"))
    assert [d.code for d in found.diagnostics] == ["bad-call", "typed-call"]


@pytest.mark.asyncio(loop_scope="session")
async def test_the_server_itself_does_not_have_jedi(editor):
    environment(editor)
    await editor.start()
    editor.open("main.py", MAIN)
    await editor.wait(speaks_of("things.Thing"))
    editor.change(
        "main.py", 2, types.TextDocumentContentChangeWholeDocument("import lsptest\nloaded(jedi, parso, libcst)\n")
    )
    (said,) = await editor.diagnostics("main.py", 2)
    assert said.message == "libcst"


def test_nothing_is_left_of_a_server_that_is_killed(tmp_path):
    """Its process holds the pipe of standard error as well, which ends when both have."""

    class Here:
        folder = tmp_path

        def write(self, name, text):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    environment(Here())
    Here().write("pyproject.toml", "")
    pipe, path = subprocess.PIPE, os.pathsep.join([str(PLUGIN), *filter(None, [os.environ.get("PYTHONPATH")])])
    server = subprocess.Popen(
        [sys.executable, "-m", "apitfall", "server"],
        stdin=pipe, stdout=pipe, stderr=pipe, env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip
    try:
        say(server, "initialize", {"capabilities": {}, "processId": None, "rootUri": None}, id=1)
        hear(server, lambda message: message.get("id") == 1)
        say(server, "initialized", {})
        item = {"uri": (tmp_path / "main.py").as_uri(), "languageId": "python", "version": 1, "text": MAIN}
        say(server, "textDocument/didOpen", {"textDocument": item})
        hear(server, lambda message: len(message.get("params", {}).get("diagnostics", ())) == 2)
    finally:
        server.kill()
    server.communicate(timeout=60)


def say(server, method, params, **more):
    body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more}).encode()
    server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    server.stdin.flush()


def hear(server, is_it):
    while True:
        size = 0
        while line := server.stdout.readline().strip():
            name, _, value = line.partition(b":")
            size = int(value) if name.lower() == b"content-length" else size
        message = json.loads(server.stdout.read(size))
        if is_it(message):
            return
