"""Settings: from the client, pushed or asked for, and from files, whose problems are diagnostics in them."""

import itertools

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities

pytestmark = pytest.mark.asyncio(loop_scope="session")

CODE = "import lsptest\nbad()\n"
ASKED = types.ClientCapabilities(workspace=types.WorkspaceClientCapabilities(configuration=True))
QUIET = {"ignore": ["bad-call"]}


def push(editor, settings):
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings))


def save(editor, name, text):
    editor.write(name, text)
    saved = types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(editor.uri(name)))
    editor.client.text_document_did_save(saved)


async def codes(editor, name="main.py"):
    """What is found now: in a new version of the document, which is checked behind all that was said before."""
    version = next(editor.versions)
    editor.change(name, version, types.TextDocumentContentChangeWholeDocument(f"{CODE}# {version}\n"))
    return [d.code for d in await editor.diagnostics(name, version)]


@pytest.fixture
def versions(editor):
    editor.versions = itertools.count(2)
    return editor.versions


async def complaint(editor, *words):
    params = await editor.connection.hear(types.WINDOW_SHOW_MESSAGE, lambda p: all(w in p.message for w in words))
    assert params.type == types.MessageType.Error
    return params.message


def complaints(editor, word):
    return [p for method, p in editor.connection.heard if method == types.WINDOW_SHOW_MESSAGE and word in p.message]


# The client's

# what is pushed, one after the other, and whether `bad-call` is found then
PUSHED = [
    ({"apitfall": QUIET}, False),
    ({"apitfall": {}}, True),
    (QUIET, False),
    ({"ignore": None}, True),
    ({"apitfall": QUIET | {"select": None, "rules": None, "severity": None}}, False),
    (None, True),
    ({"apitfall": QUIET | {"enable": True, "path": ["apitfall"], "trace": {"server": "off"}}}, False),
    ({"pylsp": {"plugins": {}}, "other": {}}, True),
    ({"select": ["far-call"]}, False),
    ({}, True),
]


async def test_a_client_pushes_its_settings(editor, versions):
    await editor.start_own()
    editor.open("main.py", CODE)
    for settings, is_found in PUSHED:
        push(editor, settings)
        assert await codes(editor) == ["bad-call"] * is_found, settings
    assert complaints(editor, "") == []


# what is pushed, and what the user is told of it
WRONG = [
    ({"apitfall": {"ignor": ["bad-call"]}}, ["`ignor`", "did you mean `ignore`?"]),
    ({"ignore": ["bad-cal"]}, ["`bad-cal`", "did you mean `bad-call`?"]),
    ({"apitfall": {"ignore": "bad-call"}}, ["`ignore` must be a list of strings", "'bad-call'"]),
    ({"apitfall": {"severity": {"bad-call": "fatal"}}}, ["`severity.bad-call` must be one of"]),
    ({"apitfall": {"rules": {"bad-cell": {}}}}, ["`bad-cell`", "did you mean `bad-call`?"]),
    ({"apitfall": 5}, ["`apitfall` must be a table of settings, not 5"]),
    ("none", ["must be a table of settings, not 'none'"]),
    ([1], ["must be a table of settings, not [1]"]),
]


async def test_settings_of_the_client_that_cannot_be_taken(editor, versions):
    """Those before them stay in force."""
    await editor.start_own()
    editor.open("main.py", CODE)
    push(editor, QUIET)
    for settings, words in WRONG:
        push(editor, settings)
        await complaint(editor, *words)
        assert await codes(editor) == [], settings
    assert len(complaints(editor, "")) == len(WRONG)


async def test_options_at_the_beginning(editor):
    await editor.start_own(options={"apitfall": QUIET})
    editor.open("main.py", CODE)
    assert await editor.diagnostics("main.py") == []


async def test_a_client_is_asked_for_each_project(editor, versions):
    for name in ("one", "two"):
        editor.write(f"{name}/pyproject.toml", "")
    await editor.start_own(
        capabilities=ASKED, configuration={"": {}, editor.uri("one"): {"apitfall": QUIET | {"path": "x", "args": None}}}
    )
    editor.open("one/main.py", CODE)
    editor.open("two/main.py", CODE)
    editor.open("untitled:1", CODE)
    assert await editor.diagnostics("one/main.py") == []
    assert len(await editor.diagnostics("two/main.py")) == 1
    assert len(await editor.diagnostics("untitled:1")) == 1

    editor.client.set_configuration({"apitfall": QUIET}, scope_uri=editor.uri("two"))
    editor.client.set_configuration({"apitfall": {"ignor": []}}, scope_uri=editor.uri("one"))
    push(editor, None)
    await editor.wait(lambda p: p.uri == editor.uri("two/main.py") and p.diagnostics == [])
    await complaint(editor, "`ignor`")
    assert await codes(editor, "one/main.py") == []


async def test_what_is_wrong_in_all_projects_is_said_once(editor):
    for name in ("one", "two"):
        editor.write(f"{name}/pyproject.toml", "")
    await editor.start_own(capabilities=ASKED, configuration={"": {}})
    for name in ("one", "two"):
        editor.open(f"{name}/main.py", CODE)
        assert len(await editor.diagnostics(f"{name}/main.py")) == 1
    editor.client.set_configuration({"apitfall": {"ignor": []}})
    push(editor, None)
    await complaint(editor, "`ignor`")
    editor.client.set_configuration({"apitfall": QUIET})
    push(editor, None)
    for name in ("one", "two"):
        await editor.wait(lambda p, name=name: p.uri == editor.uri(f"{name}/main.py") and p.diagnostics == [])
    assert len(complaints(editor, "`ignor`")) == 1


@pytest.mark.wrong_client
async def test_a_client_that_answers_more_than_was_asked(editor):
    await editor.start_own(capabilities=ASKED)
    editor.connection.answers[types.WORKSPACE_CONFIGURATION] = [1, 2, 3]  # one was asked for
    editor.open("main.py", CODE)
    await complaint(editor, "must be a table of settings, not 1")
    assert len(await editor.diagnostics("main.py")) == 1


async def test_the_client_is_asked_to_tell_of_its_settings(editor):
    await editor.start(client_capabilities("visual-studio-code"))
    params = await editor.connection.hear(types.CLIENT_REGISTER_CAPABILITY)
    (found,) = [r for r in params.registrations if r.method == types.WORKSPACE_DID_CHANGE_CONFIGURATION]
    assert found.register_options == {"section": "apitfall"}


async def test_a_file_wins_over_the_client_but_for_the_environment(editor):
    editor.write("pyproject.toml", "[tool.apitfall]\nignore = ['far-call']\nenvironment = 'nowhere'\n")
    editor.write("here/pyvenv.cfg", "version = 3.11.0\n")
    editor.write("here/lib/python3.11/site-packages/things.py", "class Thing: ...\n\ndef thing(): return Thing()\n")
    await editor.start_own(options=QUIET | {"environment": "here"})
    editor.open("main.py", "import lsptest\nimport things\nbad()\nthings.thing().typed()\n")
    found = await editor.wait(lambda p: len(p.diagnostics) == 2)
    assert [d.code for d in found.diagnostics] == ["bad-call", "typed-call"]


# Files

# the file, its text, and the places and words of what is wrong with it
BROKEN = {
    "no TOML": ("pyproject.toml", "[tool.apitfall\n", [((0, 14), "Expected ']'")]),
    "unknown": ("pyproject.toml", "[tool.apitfall]\nignor = []\n", [((1, 0), "`ignor`; did you mean `ignore`?")]),
    "type": ("apitfall.toml", "# 😀\nselect = 'a'\n", [((1, 0), "`select` must be a list of strings")]),
    "rules": (
        "apitfall.toml",
        "ignore = ['bad-call', 'bad-cal']\n",
        [((0, 23), "`bad-cal`; did you mean `bad-call`?")],
    ),
    "several": ("apitfall.toml", "a = 1\nb = 2\n", [((0, 0), "`a`"), ((1, 0), "`b`")]),
    "emoji": ("apitfall.toml", "ignore = ['😀', 'bad-cal']\n", [((0, 11), "`😀`"), ((0, 17), "`bad-cal`")]),
    "none": ("pyproject.toml", "[tool.other]\na = 1\n[tool.apitfall]\nignore = ['bad-call']\n", []),
}


@pytest.mark.parametrize(("name", "text", "expected"), BROKEN.values(), ids=BROKEN)
async def test_a_settings_file_while_it_is_written(editor, name, text, expected):
    """Its problems are diagnostics, and what is found in the code is as before."""
    await editor.start()
    editor.open("main.py", CODE)
    assert len(await editor.diagnostics("main.py")) == 1
    editor.open(name, "ignore = 5\n[tool.apitfall]\nignore = 5\n")
    assert [d.code for d in await editor.diagnostics(name)] == ["configuration"] * (2 if name[0] == "a" else 1)
    editor.change(name, 2, types.TextDocumentContentChangeWholeDocument(text))
    found = await editor.diagnostics(name, 2)
    assert [(d.range.start.line, d.range.start.character) for d in found] == [place for place, _ in expected]
    for diagnostic, (_, words) in zip(found, expected, strict=True):
        assert words in diagnostic.message
        assert (diagnostic.source, diagnostic.code, diagnostic.severity) == ("apitfall", "configuration", 1)
    editor.change(name, 3, types.TextDocumentContentChangeWholeDocument("[tool.apitfall]\nx = 1\n"))
    editor.close(name)
    assert (await editor.wait(lambda p: p.uri == editor.uri(name) and p.version is None)).diagnostics == []
    assert all(len(p.diagnostics) == 1 for p in editor.published if p.uri == editor.uri("main.py"))


async def test_a_broken_file_is_told_once_and_leaves_in_force_what_was(editor, versions):
    editor.write("pyproject.toml", "[tool.apitfall]\nignore = ['bad-call']\n")
    await editor.start()
    editor.open("main.py", CODE)
    assert await editor.diagnostics("main.py") == []
    where = str(editor.folder / "pyproject.toml")

    save(editor, "pyproject.toml", "[tool.apitfall]\nignor = []\nselec = []\n")
    assert "and 1 more" in await complaint(editor, where, "`ignor`")
    assert len(await editor.diagnostics("pyproject.toml", None)) == 2
    save(editor, "pyproject.toml", "[tool.apitfall]\nignorr = []\n")
    await editor.wait(lambda p: p.uri == editor.uri("pyproject.toml") and len(p.diagnostics) == 1)
    assert await codes(editor) == []

    save(editor, "pyproject.toml", "[tool.apitfall]\nignore = []\n")
    await editor.wait(lambda p: p.uri == editor.uri("pyproject.toml") and p.diagnostics == [])
    assert await codes(editor) == ["bad-call"]
    assert len(complaints(editor, where)) == 1

    save(editor, "pyproject.toml", "[tool.apitfall]\nignor = []\n")
    await editor.wait(lambda p: p.uri == editor.uri("pyproject.toml") and p is editor.published[-1] and p.diagnostics)
    assert await codes(editor) == ["bad-call"]
    assert len(complaints(editor, where)) == 2


async def test_a_file_that_cannot_be_read(editor):
    (editor.folder / "pyproject.toml").write_bytes(b"\xff\xfe[\x00")
    await editor.start()
    editor.open("main.py", CODE)
    assert len(await editor.diagnostics("main.py")) == 1
    (found,) = await editor.diagnostics("pyproject.toml", None)
    assert "UTF-16" in found.message


# settings, and what is then found in main.py and far.py: the rules and severities
TAKEN = {
    "select": ("select = ['far-call']", [("far-call", 2)]),
    "ignore": ("ignore = ['far-call']", [("bad-call", 1)]),
    "severity": ("severity = { far-call = 'hint' }", [("bad-call", 1), ("far-call", 4)]),
    "per-file-ignores": ("per-file-ignores = { 'main.py' = ['far-call'] }", [("bad-call", 1)]),
    "extend-exclude": ("extend-exclude = ['far.py']", [("bad-call", 1)]),
    "all": ("extend-exclude = ['*.py']", []),
}


@pytest.mark.parametrize(("settings", "expected"), TAKEN.values(), ids=TAKEN)
async def test_a_change_is_taken_at_once(editor, settings, expected):
    main = "import lsptest\nfrom far import far_away\nbad()\nfar_away()\n"
    editor.write("main.py", main)
    editor.write("far.py", "def far_away():\n    call()\n")
    await editor.start()
    editor.open("main.py", main)
    first = await editor.diagnostics("main.py")
    assert [(d.code, d.severity) for d in first] == [("bad-call", 1), ("far-call", 2)]

    save(editor, "apitfall.toml", settings)
    await editor.wait(lambda p: [(d.code, d.severity) for d in p.diagnostics] == expected)
    editor.published.clear()
    save(editor, "apitfall.toml", "")
    again = await editor.wait(lambda p: p.uri == editor.uri("main.py"))
    assert again.diagnostics == first


async def test_settings_above_the_project(editor, versions):
    (editor.folder / ".git").mkdir()
    editor.write("apitfall.toml", "ignore = ['bad-call']\n")
    editor.write("inner/pyproject.toml", "[project]\n")
    await editor.start()
    editor.open("inner/main.py", CODE)
    assert await editor.diagnostics("inner/main.py") == []
    save(editor, "apitfall.toml", "ignore = []\n")
    await editor.wait(lambda p: p.uri == editor.uri("inner/main.py") and len(p.diagnostics) == 1)
    save(editor, "apitfall.toml", "ignor = []\n")
    assert [d.code for d in await editor.diagnostics("apitfall.toml", None)] == ["configuration"]
    (editor.folder / "apitfall.toml").unlink()
    editor.client.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams([types.FileEvent(editor.uri("apitfall.toml"), types.FileChangeType.Deleted)])
    )
    await editor.wait(lambda p: p.uri == editor.uri("apitfall.toml") and p.diagnostics == [])
    assert await codes(editor, "inner/main.py") == ["bad-call"]
