"""Diagnostics for a client that asks for them: each finding is shown once, and what is shown is what is found."""

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import default_converter

pytestmark = pytest.mark.asyncio(loop_scope="session")

BAD, CLEAN = "import lsptest\nbad()\n", "import lsptest\n"
CALLS_FAR, FAR, NEAR = (
    "import lsptest\nfrom far import far_away\nfar_away()\n",
    "def far_away():\n    call()\n",
    "x = 1\n",
)
FULL, UNCHANGED = "full", "unchanged"


def client(*, pulls: bool = True, refreshes: bool = True) -> types.ClientCapabilities:
    diagnostic = types.DiagnosticClientCapabilities() if pulls else None
    return types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(
            diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=refreshes)
        ),
        text_document=types.TextDocumentClientCapabilities(diagnostic=diagnostic),
    )


def whole(text: str) -> types.TextDocumentContentChangeWholeDocument:
    return types.TextDocumentContentChangeWholeDocument(text)


def save(editor, name: str, text: str) -> None:
    editor.write(name, text)
    saved = types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(editor.uri(name)))
    editor.client.text_document_did_save(saved)


async def pull(editor, name: str, previous: str | None = None) -> types.DocumentDiagnosticReport:
    document = types.TextDocumentIdentifier(editor.uri(name))
    params = types.DocumentDiagnosticParams(document, "apitfall", previous)
    return await editor.client.text_document_diagnostic_async(params)


async def pulled_codes(editor, name: str) -> list[str]:
    return [d.code for d in (await pull(editor, name)).items]


async def pull_workspace(editor, previous: dict[str, str], token: str | None = None):
    ids = [types.PreviousResultId(editor.uri(name), value) for name, value in previous.items()]
    params = types.WorkspaceDiagnosticParams(ids, "apitfall", partial_result_token=token)
    return await editor.client.workspace_diagnostic_async(params)


def named(editor, items) -> dict[str, tuple[str, list[str]]]:
    """The kind of each report and the codes in it, by the name of the file."""
    return {
        report.uri.removeprefix(f"{editor.folder.as_uri()}/"): (
            report.kind,
            [d.code for d in report.items] if report.kind == FULL else [],
        )
        for report in items
    }


# the client, its name, and what it is offered: documents, and the workspace
OFFERED = {
    "nothing is declared": (client(pulls=False), None, None),
    "it cannot be asked to ask again": (client(refreshes=False), None, None),
    "it can": (client(), None, True),
    "Neovim": (client(), "Neovim", False),
}


@pytest.mark.parametrize(("capabilities", "name", "expected"), OFFERED.values(), ids=OFFERED)
async def test_what_is_offered(editor, capabilities, name, expected):
    answer = await editor.start_own(capabilities=capabilities, name=name)
    offered = answer.capabilities.diagnostic_provider
    if expected is None:
        assert offered is None
    else:
        assert offered == types.DiagnosticOptions(True, expected, "apitfall")


async def test_a_client_that_cannot_be_asked_to_ask_again_is_told(editor):
    await editor.start(client(refreshes=False))
    editor.open("main.py", CALLS_FAR)
    assert await editor.diagnostics("main.py") == []
    editor.open("far.py", FAR)
    found = await editor.wait(lambda p: p.uri == editor.uri("main.py") and p.diagnostics != [])
    assert [d.code for d in found.diagnostics] == ["far-call"]
    with pytest.raises(JsonRpcException) as refused:
        await pull(editor, "main.py")
    assert refused.value.code == -32601


# Documents

# a text and the next one, and the report about that to a client that has the one before
NEXT = {
    "the same": (BAD, BAD, UNCHANGED, []),
    "something else": (BAD, f"{BAD}x = 1\n", UNCHANGED, []),
    "moved": (BAD, "import lsptest\n\nbad()\n", FULL, ["bad-call"]),
    "one more": (BAD, f"{BAD}bad()\n", FULL, ["bad-call", "bad-call"]),
    "gone": (BAD, CLEAN, FULL, []),
    "never there": (CLEAN, f"{CLEAN}\n", UNCHANGED, []),
}


@pytest.mark.parametrize(("before", "after", "kind", "codes"), NEXT.values(), ids=NEXT)
async def test_reports_of_a_document(editor, before, after, kind, codes):
    await editor.start(client())
    editor.open("main.py", before)
    first = await pull(editor, "main.py")
    assert first.kind == FULL
    editor.change("main.py", 2, whole(after))
    second = await pull(editor, "main.py", first.result_id)
    assert second.kind == kind
    assert (second.result_id == first.result_id) == (kind == UNCHANGED)
    assert [d.code for d in getattr(second, "items", ())] == codes
    assert (await pull(editor, "main.py", second.result_id)).kind == UNCHANGED
    assert editor.published == []


# files, a text, what happens then, and what is found in the text before and after
ELSEWHERE = {
    "another document": ({}, CALLS_FAR, lambda editor: editor.open("far.py", FAR), [], ["far-call"]),
    "a document that is closed": (
        {"far.py": FAR},
        CALLS_FAR,
        lambda editor: (editor.open("far.py", NEAR), editor.close("far.py"), save(editor, "far.py", NEAR)),
        ["far-call"],
        [],
    ),
    "a file": ({}, CALLS_FAR, lambda editor: save(editor, "far.py", FAR), [], ["far-call"]),
    "settings": ({}, BAD, lambda editor: save(editor, "apitfall.toml", "ignore = ['bad-call']\n"), ["bad-call"], []),
    "left out": (
        {"main.py": BAD},
        BAD,
        lambda editor: save(editor, "apitfall.toml", "extend-exclude = ['main.py']\n"),
        ["bad-call"],
        [],
    ),
}


@pytest.mark.parametrize(("files", "text", "happens", "before", "after"), ELSEWHERE.values(), ids=ELSEWHERE)
async def test_a_client_is_asked_to_ask_again(editor, files, text, happens, before, after):
    for name, content in files.items():
        editor.write(name, content)
    await editor.start(client())
    editor.connection.heard.clear()
    editor.open("main.py", text)
    assert await pulled_codes(editor, "main.py") == before
    happens(editor)
    found = before
    while found != after:  # of messages that arrive apart each may be told of
        await editor.connection.hear(types.WORKSPACE_DIAGNOSTIC_REFRESH)
        editor.connection.heard.clear()
        found = await pulled_codes(editor, "main.py")
    assert editor.published == []


async def test_documents_of_which_nothing_is_known(editor):
    await editor.start(client())
    editor.write(".venv/lib/package.py", BAD)
    editor.open(".venv/lib/package.py", BAD)
    for name in (".venv/lib/package.py", "nowhere.py", "pyproject.toml"):
        report = await pull(editor, name)
        assert (report.kind, list(report.items)) == (FULL, [])


# The workspace

ON = {"apitfall.toml": "workspace-diagnostics = true\n", "bad.py": BAD, "clean.py": CLEAN, "main.py": CLEAN}


async def start_on(editor, files: dict[str, str]) -> None:
    for name, text in files.items():
        editor.write(name, text)
    await editor.start_own(folders=(editor.folder,), capabilities=client())
    editor.connection.answers[types.PROGRESS] = None


async def streamed(editor, *names: str) -> dict[str, tuple[str, list[str]]]:
    """The next partial result, which is about these files, by the name of the file."""
    params = await editor.connection.hear(types.PROGRESS, lambda p: {*names} <= named(editor, reports_in(p)).keys())
    editor.connection.heard.clear()
    return named(editor, reports_in(params))


def reports_in(params: types.ProgressParams) -> list[types.WorkspaceDocumentDiagnosticReport]:
    return list(default_converter().structure(params.value, types.WorkspaceDiagnosticReportPartialResult).items)


async def test_the_report_of_the_workspace(editor):
    """To a client that takes no partial results it is whole, and comes when all was checked."""
    await start_on(editor, ON)
    first = (await pull_workspace(editor, {})).items
    assert named(editor, first) == {"bad.py": (FULL, ["bad-call"])}
    assert [report.version for report in first] == [None]
    has = {"bad.py": first[0].result_id}
    assert named(editor, (await pull_workspace(editor, has)).items) == {"bad.py": (UNCHANGED, [])}

    editor.open("main.py", BAD, version=3)
    second = (await pull_workspace(editor, has)).items
    assert named(editor, second) == {"bad.py": (UNCHANGED, []), "main.py": (FULL, ["bad-call"])}
    assert [report.version for report in second] == [None, 3]

    save(editor, "bad.py", CLEAN)
    assert named(editor, (await pull_workspace(editor, has)).items) == {
        "bad.py": (FULL, []),
        "main.py": (FULL, ["bad-call"]),
    }


async def test_without_the_setting_there_are_only_open_documents(editor):
    await start_on(editor, {"bad.py": BAD})
    assert list((await pull_workspace(editor, {})).items) == []
    editor.open("main.py", BAD)
    assert named(editor, (await pull_workspace(editor, {"bad.py": "of another day"})).items) == {
        "main.py": (FULL, ["bad-call"]),
        "bad.py": (FULL, []),
    }


async def test_partial_results(editor):
    await start_on(editor, ON)
    assert list((await pull_workspace(editor, {}, "first")).items) == []
    assert await streamed(editor, "bad.py") == {"bad.py": (FULL, ["bad-call"])}


async def test_a_client_that_takes_partial_results_is_kept_waiting_while_nothing_is_new(editor):
    await start_on(editor, ON)
    (report,) = (await pull_workspace(editor, {})).items
    waiting = asyncio.create_task(pull_workspace(editor, {"bad.py": report.result_id}, "second"))
    editor.open("main.py", CLEAN)
    assert await pulled_codes(editor, "main.py") == []
    assert not waiting.done()
    editor.change("main.py", 2, whole(BAD))
    assert list((await waiting).items) == []
    assert await streamed(editor, "main.py") == {"bad.py": (UNCHANGED, []), "main.py": (FULL, ["bad-call"])}


async def test_waiting_is_cancelled(editor):
    await start_on(editor, ON)
    (report,) = (await pull_workspace(editor, {})).items
    params = types.WorkspaceDiagnosticParams(
        [types.PreviousResultId(report.uri, report.result_id)], partial_result_token="never"
    )
    future = editor.client.protocol.send_request(types.WORKSPACE_DIAGNOSTIC, params, msg_id="a")
    editor.client.cancel_request(types.CancelParams("a"))
    with pytest.raises(JsonRpcException) as cancelled:
        await asyncio.wrap_future(future)
    assert cancelled.value.code == types.LSPErrorCodes.RequestCancelled.value
    assert [method for method, _ in editor.connection.heard if method == types.PROGRESS] == []


async def test_what_was_found_in_a_document_ends_with_it(editor):
    """VS Code shows it until the next report of the workspace, and says of it there that it has nothing."""
    await start_on(editor, {"main.py": CLEAN})
    editor.open("main.py", BAD)
    assert await pulled_codes(editor, "main.py") == ["bad-call"]
    editor.close("main.py")
    assert await pulled_codes(editor, "main.py") == []
    assert named(editor, (await pull_workspace(editor, {})).items) == {"main.py": (FULL, [])}
    assert list((await pull_workspace(editor, {})).items) == []


async def test_files_that_are_not_open_are_published_to_a_client_that_does_not_ask_for_them(editor):
    await start_on(editor, ON)
    await editor.wait(lambda p: p.uri == editor.uri("bad.py") and p.diagnostics != [])
    editor.open("bad.py", BAD)
    assert await pulled_codes(editor, "bad.py") == ["bad-call"]
    assert shown(editor) == {}
    editor.close("bad.py")
    await editor.wait(lambda p: p is editor.published[-1] and p.diagnostics != [])
    assert shown(editor) == {"bad.py": 1}
    assert named(editor, (await pull_workspace(editor, {})).items) == {"bad.py": (FULL, ["bad-call"])}
    assert shown(editor) == {}


def shown(editor) -> dict[str, int]:
    """How many published diagnostics the client has, by the name of the file."""
    last = {Path(p.uri).name: len(p.diagnostics) for p in editor.published}
    return {name: count for name, count in last.items() if count}
