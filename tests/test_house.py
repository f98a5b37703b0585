"""The rules of this house that a machine can see, as tests."""

import ast
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest
from grimp import build_graph

ROOT = Path(__file__).resolve().parent.parent
SERVER = sorted((ROOT / "server").rglob("*.py"))
RULES = sorted((ROOT / "rules").rglob("*.py"))
DOCUMENTS = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/architecture.md")]

# From the bottom up; the modules of one layer do not import each other, but for those that are named together.
LAYERS = [
    {"text"},
    {"types", "reparse"},
    {"syntax", "wire"},
    {"facts"},
    {"project"},
    {"config", "inference"},
    {"asked"},
    {"rule"},
    {"registry", "suppress", "checked"},
    {"statements", "finished"},
    {"source", "chosen"},
    {"held", "contexts"},
    {"engine", "files", "writing", "environment", "dependencies", "readers", "worker"},
    {"repair", "cache"},
    {"loading", "schema"},
    {"testing", "frames", "output", "run", "reports"},
    {"check", "fix", "lsp"},
    {"cli"},
    {"__main__"},
]
PURE = {
    "text",
    "types",
    "syntax",
    "facts",
    "project",
    "config",
    "asked",
    "rule",
    "suppress",
    "source",
    "contexts",
    "engine",
    "repair",
}  # what never reads the disk
READING = re.compile(r"\bopen\(|\.read_text\(|\.read_bytes\(|\bos\.(walk|scandir|listdir)\(|\.iterdir\(|\.r?glob\(")
FRAMEWORKS = re.compile(r"\b(fastapi|sqlalchemy|pydantic|starlette|sqlmodel|httpx|requests\.|aiofiles|uvicorn)\b", re.I)
WORDS_THAT_STAY_OUT = re.compile(r"(Manager|Helper|Utils?|Base|Core|Provider|Handler|Service)$")
LONGEST = 400


def layer_of(module: str) -> int:
    part = module.split(".")[1] if "." in module else "__init__"
    if part == "__init__":
        return -1
    return next(number for number, names in enumerate(LAYERS) if part in names)


@pytest.fixture(scope="module")
def graph():
    return build_graph("apitfall", "apitfall_rules", include_external_packages=True, cache_dir=None)


def imports(graph, module: str) -> set[str]:
    return graph.find_modules_directly_imported_by(module)


def test_every_module_has_a_layer(graph):
    parts = {m.split(".")[1] for m in graph.modules if m.startswith("apitfall.")}
    assert parts == set().union(*LAYERS)


def test_a_lower_layer_imports_no_higher_one(graph):
    wrong = [
        f"{module} imports {target}"
        for module in sorted(m for m in graph.modules if m.startswith("apitfall."))
        for target in imports(graph, module)
        if target.startswith("apitfall.") and layer_of(target) > layer_of(module)
    ]
    assert not wrong


def test_the_server_never_imports_a_rule(graph):
    assert not [
        m
        for m in graph.modules
        if m.split(".")[0] == "apitfall" and any(t.startswith("apitfall_rules") for t in imports(graph, m))
    ]


def test_a_rule_imports_the_rule_module_and_nothing_else_of_the_server(graph):
    wrong = [
        f"{module} imports {target}"
        for module in sorted(m for m in graph.modules if m.split(".")[0] == "apitfall_rules")
        for target in imports(graph, module)
        if target.split(".")[0] == "apitfall" and target != "apitfall.rule"
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("package", "owners"),
    [("jedi", {"inference"}), ("pygls", {"lsp"}), ("lsprotocol", {"lsp"}), ("pathspec", {"config", "files"})],
)
def test_a_library_is_known_in_one_place(graph, package, owners):
    found = {m.split(".")[1] for m in graph.find_modules_that_directly_import(package) if m.startswith("apitfall.")}
    assert found == owners


def test_only_syntax_parses():
    calls = re.compile(r"\bparse_(module|statement)\(")
    assert {p.parent.name for p in SERVER if calls.search(p.read_text(encoding="utf-8"))} == {"syntax"}


def test_the_disk_is_read_outside_of_the_core():
    core = [p for p in SERVER if p.relative_to(ROOT / "server" / "apitfall").parts[0].removesuffix(".py") in PURE]
    assert core
    assert not [p.name for p in core if READING.search(p.read_text(encoding="utf-8"))]


def test_no_framework_is_named_in_the_server():
    wrong = []
    for path in SERVER:
        with tokenize.open(path) as file:
            wrong += [
                f"{path.relative_to(ROOT)}:{token.start[0]}: {token.line.strip()}"
                for token in tokenize.generate_tokens(file.readline)
                if token.type in (tokenize.NAME, tokenize.STRING) and FRAMEWORKS.search(token.string)
                and not is_docstring_example(path, token)
            ]  # fmt: skip
    assert not wrong


def is_docstring_example(path: Path, token: tokenize.TokenInfo) -> bool:
    """Docstrings may show what a name looks like; code may not depend on it."""
    return token.type == tokenize.STRING and token.string.startswith(('"""', "r'''", 'r"""'))


@pytest.mark.parametrize("path", SERVER + RULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_says_what_it_is_and_is_not_too_long(path):
    text = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring, "a module begins with a sentence that says what it is"
    assert len(text.splitlines()) <= LONGEST or "one thing" in docstring.lower(), (
        f"above {LONGEST} lines without a reason"
    )


@pytest.mark.parametrize("path", SERVER + RULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_class_is_called_what_says_nothing(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [n.name for n in ast.walk(tree) if isinstance(n, ast.ClassDef)]
    assert not [n for n in names if WORDS_THAT_STAY_OUT.search(n)]


def test_a_rule_is_two_files_side_by_side():
    folder = ROOT / "rules" / "apitfall_rules"
    rules = {p.stem.replace("_", "-") for p in folder.glob("*.py") if not p.stem.startswith("_")}
    assert rules == {p.stem for p in folder.glob("*.md")}


def test_each_source_folder_holds_one_package():
    for folder in ("server", "rules"):
        found = [
            p.name for p in (ROOT / folder).iterdir() if p.name != "__pycache__" and not p.name.endswith(".egg-info")
        ]
        assert len(found) == 1


def test_the_docs_name_what_is_there():
    """Files and folders that the documents name in code spans exist."""
    for document in DOCUMENTS:
        for name in re.findall(r"`((?:server|rules|tests|docs)/[\w./-]+)`", document.read_text(encoding="utf-8")):
            assert (ROOT / name).exists(), f"{document.name} names {name}"


def test_the_changelog_speaks_of_this_version():
    from apitfall import __version__

    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["pyright", "--pythonpath", sys.executable],
    ],
    ids=["ruff check", "ruff format", "pyright"],
)
def test_the_tools_agree(command):
    run = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
