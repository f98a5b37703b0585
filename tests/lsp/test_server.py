"""The server over stdio with a real client: what it publishes and when, and how it ends.

What is found comes from the rules in `plugin/`, which flag calls of `bad` and of imported functions called `far...`.
"""

import json
import subprocess
import sys

import apitfall
import pytest
from lsprotocol import types
from lsprotocol.types import Position, Range, TextDocumentContentChangePartial, TextDocumentContentChangeWholeDocument
from pytest_lsp import client_capabilities

pytestmark = pytest.mark.asyncio(loop_scope="session")


def partial(start: tuple[int, int], end: tuple[int, int], text: str) -> TextDocumentContentChangePartial:
    return TextDocumentContentChangePartial(Range(Position(*start), Position(*end)), text)


def whole(text: str) -> TextDocumentContentChangeWholeDocument:
    return TextDocumentContentChangeWholeDocument(text)


def at(diagnostic: types.Diagnostic) -> tuple[tuple[int, int], tuple[int, int]]:
    start, end = diagnostic.range.start, diagnostic.range.end
    return (start.line, start.character), (end.line, end.character)


def offering(*encodings: str) -> types.ClientCapabilities:
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind(e) for e in encodings])
    )


# Beginning


async def test_capabilities(editor):
    answer = await editor.start(client_capabilities("visual-studio-code"))
    capabilities = answer.capabilities
    assert answer.server_info == types.ServerInfo("apitfall", apitfall.__version__)
    assert capabilities.position_encoding == "utf-16"
    assert capabilities.hover_provider
    actions = capabilities.code_action_provider
    assert (list(actions.code_action_kinds), actions.resolve_provider) == (["quickfix", "source.fixAll.apitfall"], True)
    sync = capabilities.text_document_sync
    assert (sync.open_close, sync.change, sync.save) == (True, types.TextDocumentSyncKind.Incremental, True)


# the encodings that a client offers, the one that is taken, where `bad()` is in "'😀é名'; bad()"
ENCODINGS = {
    "none": ((), "utf-16", 8),
    "utf-16": (("utf-16",), "utf-16", 8),
    "neovim's": (("utf-8", "utf-16", "utf-32"), "utf-8", 13),
    "emacs's": (("utf-32", "utf-8", "utf-16"), "utf-32", 7),
}


@pytest.mark.parametrize(("offered", "taken", "character"), ENCODINGS.values(), ids=ENCODINGS)
async def test_encodings(editor, offered, taken, character):
    answer = await editor.start(offering(*offered) if offered else None)
    assert answer.capabilities.position_encoding == taken
    editor.open("main.py", "import lsptest\n'😀é名'; bad()\n")
    (found,) = await editor.diagnostics("main.py")
    assert at(found) == ((1, character), (1, character + 5))

    editor.change("main.py", 2, partial((1, character), (1, character + 3), "good"))
    assert await editor.diagnostics("main.py", 2) == []

    editor.change("main.py", 3, partial((1, character), (1, character + 4), "bad"))
    assert await editor.diagnostics("main.py", 3) == [found]


# What is published


async def test_diagnostic(editor):
    await editor.start(client_capabilities("visual-studio-code"))
    editor.write("far.py", "\ndef far_away():\n    '😀'; call()\n")
    editor.open("main.py", "import lsptest\nfrom far import far_away\n\nfar_away()\nbad()\n")
    far, bad = await editor.diagnostics("main.py")
    assert at(far) == ((3, 0), (3, 10))
    assert (far.code, far.source, far.severity, far.message) == ("far-call", "apitfall", 2, "`far_away` is far.")
    assert far.code_description.href.startswith("file://")
    assert far.code_description.href.endswith("/lsptest_rules/far-call.md")
    (related,) = far.related_information
    assert related.location.uri == editor.uri("far.py")
    assert related.location.range == Range(Position(2, 10), Position(2, 16))
    assert related.message == "`far_away` does it here."
    assert (bad.severity, bad.related_information) == (1, None)
    assert isinstance(bad.data, str)
    assert {bad.data, far.data}.isdisjoint({""})
    assert bad.data != far.data


async def test_a_client_gets_only_what_it_declares(editor):
    await editor.start()
    editor.write("far.py", "def far_away():\n    call()\n")
    editor.open("main.py", "import lsptest\nfrom far import far_away\nfar_away()\n")
    (far,) = await editor.diagnostics("main.py")
    assert (far.code_description, far.related_information) == (None, None)


async def test_docs_url(editor):
    editor.write("pyproject.toml", "[tool.apitfall]\ndocs-url = 'https://docs.example/rules/'\n")
    await editor.start(client_capabilities("visual-studio-code"))
    editor.open("main.py", "import lsptest\nbad()\n")
    (bad,) = await editor.diagnostics("main.py")
    assert bad.code_description.href == "https://docs.example/rules/bad-call.md"


async def test_types_add_to_what_is_known_without(editor):
    editor.write(".venv/pyvenv.cfg", "version = 3.11.0\n")
    editor.write(".venv/lib/python3.11/site-packages/things.py", "class Thing: ...\n\ndef thing(): return Thing()\n")
    await editor.start()
    editor.open("main.py", "import lsptest\nimport things\nbad()\nthings.thing().typed()\n")
    first = await editor.diagnostics("main.py")
    assert [d.code for d in first] == ["bad-call"]
    second = await editor.wait(lambda p: len(p.diagnostics) == 2)
    assert second.version == 1
    assert [d.code for d in second.diagnostics] == ["bad-call", "typed-call"]


async def test_a_project_that_is_not_ours_sleeps(editor):
    await editor.start()
    editor.open("main.py", "bad()\n")
    assert await editor.diagnostics("main.py") == []
    editor.change("main.py", 2, whole("import lsptest\nbad()\n"))
    assert len(await editor.diagnostics("main.py", 2)) == 1


async def test_broken_syntax_keeps_the_other_findings(editor):
    await editor.start()
    editor.open("main.py", "import lsptest\n\ndef f():\n    bad()\n\ndef g():\n    x = (1 +\n\ndef h():\n    bad()\n")
    found = await editor.diagnostics("main.py")
    assert [at(d)[0] for d in found] == [(3, 4), (9, 4)]


async def test_a_rule_that_raises_and_prints(editor):
    await editor.start()
    editor.open("main.py", "import lsptest\nboom()\nbad()\n")
    (found,) = await editor.diagnostics("main.py")
    assert found.code == "bad-call"


async def test_settings_that_cannot_be_taken_are_said_and_left_aside(editor):
    editor.write("pyproject.toml", "[tool.apitfall]\nignor = ['bad-call']\n")
    await editor.start_own()
    editor.open("main.py", "import lsptest\nbad()\n")
    assert len(await editor.diagnostics("main.py")) == 1
    (message,) = editor.client.messages
    assert "`ignor`" in message.message
    assert "`ignore`" in message.message


async def test_saved_settings_hold(editor):
    await editor.start()
    editor.open("main.py", "import lsptest\nbad()\n")
    assert len(await editor.diagnostics("main.py")) == 1
    editor.write("pyproject.toml", "[tool.apitfall]\nignore = ['bad-call']\n")
    saved = types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(editor.uri("pyproject.toml")))
    editor.client.text_document_did_save(saved)
    publish = await editor.wait(lambda p: p.diagnostics == [])
    assert publish.uri == editor.uri("main.py")


# Changes


async def test_several_changes_in_one_notification(editor):
    await editor.start()
    editor.open("main.py", "import lsptest\r\na()\r\nb()\r\n")
    await editor.diagnostics("main.py")
    editor.change(
        "main.py",
        2,
        partial((1, 0), (1, 1), "'😀'; bad"),
        partial((1, 13), (2, 0), "\r\n\r\n"),
        partial((3, 0), (3, 1), "bad"),
    )
    found = await editor.diagnostics("main.py", 2)
    assert [at(d) for d in found] == [((1, 6), (1, 11)), ((3, 0), (3, 5))]


async def test_positions_past_the_end(editor, anything):
    await editor.start(client_capabilities("visual-studio-code"))
    editor.open("main.py", "import lsptest\n")
    editor.change("main.py", 2, partial((77, 3), (99, 0), "x = 1"), partial((1, 99), (1, 99), "; bad()"))
    (found,) = await editor.diagnostics("main.py", 2)
    assert at(found) == ((1, 7), (1, 12))
    assert len(await editor.actions("main.py", anything)) > 0
    assert (await editor.hover("main.py", Position(55, 5))).range == found.range


async def test_only_the_newest_of_many_changes_is_published(editor):
    await editor.start()
    editor.open("main.py", "import lsptest\n")
    await editor.diagnostics("main.py")
    messages = b""
    for version in range(2, 52):
        params = editor.change_params("main.py", version, partial((1, 0), (1, 0), "bad()\n"))
        notification = types.DidChangeTextDocumentNotification(params)
        body = json.dumps(editor.client.protocol._converter.unstructure(notification)).encode()
        messages += b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    editor.client._server.stdin.write(messages)
    assert len(await editor.diagnostics("main.py", 51)) == 50
    assert [p.version for p in editor.published if p.version != 1] == [51]


async def test_versions_only_grow(editor):
    await editor.start()
    editor.open("main.py", "import lsptest\n")
    for version in range(2, 52):
        editor.change("main.py", version, partial((1, 0), (1, 0), "bad()\n"))
    assert len(await editor.diagnostics("main.py", 51)) == 50
    versions = [p.version for p in editor.published]
    assert versions == sorted(versions)
    assert all(len(p.diagnostics) == p.version - 1 for p in editor.published)


async def test_close_clears(editor):
    await editor.start()
    editor.open("main.py", "import lsptest\nbad()\n")
    await editor.diagnostics("main.py")
    editor.close("main.py")
    assert await editor.diagnostics("main.py", None) == []
    editor.open("main.py", "import lsptest\nbad()\nbad()\n", version=7)
    assert len(await editor.diagnostics("main.py", 7)) == 2


async def test_an_unknown_document(editor, anything):
    await editor.start()
    editor.change("other.py", 2, whole("bad()"))
    editor.close("other.py")
    assert await editor.actions("other.py", anything) == []
    assert await editor.hover("other.py", Position(0, 0)) is None
    editor.open("main.py", "import lsptest\nbad()\n")
    assert len(await editor.diagnostics("main.py")) == 1
    assert {p.uri for p in editor.published} == {editor.uri("main.py")}


# What is told of what is done


async def test_trace(editor):
    """It is off until the client wants it, and tells how long a check took only to one that wants to know."""
    await editor.start(client_capabilities("visual-studio-code"))
    editor.open("main.py", "import lsptest\nbad()\n")
    await editor.diagnostics("main.py")
    heard, uri = editor.connection.hear, editor.uri("main.py")

    def traced() -> list[str]:
        return [p.message for method, p in editor.connection.heard if method == types.LOG_TRACE and uri in p.message]

    assert not traced()
    for version, value in ((2, types.TraceValue.Messages), (3, types.TraceValue.Verbose)):
        editor.client.set_trace(types.SetTraceParams(value))
        editor.change("main.py", version, whole("import lsptest\nbad()\n"))
        said = f"checked {uri}, version {version}, with types"
        params = await heard(types.LOG_TRACE, lambda p, said=said: p.message == said)
        if value == types.TraceValue.Verbose:
            assert params.verbose.startswith("1 findings in ")
        else:
            assert params.verbose is None
    editor.client.set_trace(types.SetTraceParams(types.TraceValue.Off))
    editor.change("main.py", 4, whole("import lsptest\n"))
    await editor.diagnostics("main.py", 4)
    assert not [message for message in traced() if "version 4," in message]


# Several files


async def test_a_change_in_another_file_is_published(editor):
    await editor.start(client_capabilities("visual-studio-code"))
    editor.open("main.py", "import lsptest\nfrom far import far_away\nfar_away()\n")
    assert await editor.diagnostics("main.py") == []
    editor.open("far.py", "def far_away():\n    call()\n")
    appeared = await editor.wait(lambda p: p.uri == editor.uri("main.py") and len(p.diagnostics) == 1)
    editor.change("far.py", 2, partial((0, 0), (0, 0), "\n"))
    moved = await editor.wait(lambda p: p.diagnostics != [] and p != appeared)
    assert [p.version for p in (appeared, moved)] == [1, 1]
    assert moved.diagnostics[0].related_information[0].location.range.start == Position(2, 4)
    editor.published.clear()
    editor.close("far.py")
    gone = await editor.wait(lambda p: p.uri == editor.uri("main.py") and p.diagnostics == [])
    assert gone.version == 1


async def test_on_close_the_text_on_disk_counts_again(editor):
    editor.write("far.py", "def far_away():\n    call()\n")
    await editor.start()
    editor.open("far.py", "def near():\n    call()\n")
    editor.open("main.py", "import lsptest\nfrom far import far_away\nfar_away()\n")
    assert await editor.diagnostics("main.py") == []
    editor.close("far.py")
    found = await editor.wait(lambda p: p.uri == editor.uri("main.py") and p.diagnostics != [])
    assert [d.code for d in found.diagnostics] == ["far-call"]


async def test_projects_are_apart(editor):
    """Two projects of one folder, each with its own settings, and a text without a file."""
    editor.write("one/pyproject.toml", "[tool.apitfall]\nignore = ['bad-call']\n")
    editor.write("two/pyproject.toml", "")
    await editor.start()
    for name in ("one/main.py", "two/main.py", "untitled:Untitled-1"):
        editor.open(name, "import lsptest\nbad()\n")
    assert await editor.diagnostics("one/main.py") == []
    assert len(await editor.diagnostics("two/main.py")) == 1
    assert len(await editor.diagnostics("untitled:Untitled-1")) == 1


async def test_a_file_outside_every_folder_and_project(editor, tmp_path):
    await editor.start_own(folders=(editor.folder,))
    name = (tmp_path / "elsewhere" / "main.py").as_uri()
    editor.open(name, "import lsptest\nbad()\n")
    assert len(await editor.diagnostics(name)) == 1


async def test_what_the_project_leaves_out_is_not_checked(editor):
    editor.write(".venv/lib/package.py", "import lsptest\nbad()\n")
    await editor.start()
    editor.open(".venv/lib/package.py", "import lsptest\nbad()\n")
    editor.open("main.py", "import lsptest\n")
    await editor.diagnostics("main.py")
    assert {p.uri for p in editor.published} == {editor.uri("main.py")}


# The end


async def test_exit_after_shutdown(editor):
    await editor.start_own()
    await editor.client.shutdown_session()
    assert await editor.connection.exit_status() == 0


async def test_exit_without_shutdown(editor):
    await editor.start_own()
    editor.client.exit(None)
    assert await editor.connection.exit_status() == 1


async def test_end_of_input(editor):
    await editor.start_own()
    editor.client._server.stdin.close()
    assert await editor.connection.exit_status() == 1


async def test_death_of_the_client(editor):
    client = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    await editor.start_own(process_id=client.pid)
    editor.open("main.py", "import lsptest\nbad()\n")
    assert len(await editor.diagnostics("main.py")) == 1
    client.kill()
    client.communicate()
    assert await editor.connection.exit_status() == 1
