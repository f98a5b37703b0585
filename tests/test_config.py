"""The settings: what can be taken, what cannot and where that stands, and which file counts."""

from pathlib import Path

import pytest
from apitfall import loading
from apitfall.config import Config, ConfigError, Problem, locate, read
from apitfall.registry import RulePackage
from apitfall.rule import Rule

OPTIONS = {"loud-call": {"names": ("shout",), "strict": False, "most": 3}, "far-call": {}}
WHOLE = """
[tool.apitfall]
select = ["loud-call"]
ignore = ["far-call"]
exclude = ["old/"]
extend-exclude = ["new/"]
environment = ".venv"
workspace-diagnostics = true
docs-url = "https://docs.example.org/rules"

[tool.apitfall.per-file-ignores]
"tests/**" = ["loud-call"]

[tool.apitfall.severity]
loud-call = "hint"

[tool.apitfall.rules.loud-call]
names = ["yell"]
strict = true
"""


def test_every_setting_is_taken():
    assert read(WHOLE, "pyproject.toml", OPTIONS) == Config(
        select=("loud-call",),
        ignore=("far-call",),
        exclude=("old/",),
        extend_exclude=("new/",),
        environment=".venv",
        workspace_diagnostics=True,
        docs_url="https://docs.example.org/rules",
        per_file_ignores={"tests/**": ("loud-call",)},
        severity={"loud-call": "hint"},
        rules={"loud-call": {"names": ("yell",), "strict": True}},
    )


def test_an_own_file_has_the_same_shape_without_the_prefix():
    own = WHOLE.replace("[tool.apitfall]\n", "").replace("tool.apitfall.", "")
    assert read(own, "apitfall.toml", OPTIONS) == read(WHOLE, "pyproject.toml", OPTIONS)


@pytest.mark.parametrize("text", ["", "[project]\nname = 'x'\n", "tool = 3\n", "[tool.other]\nselect = 1\n"])
def test_a_pyproject_without_our_table_has_no_settings(text):
    assert read(text, "pyproject.toml", OPTIONS) is None


# What is written in an apitfall.toml, what is said of it, and the text that is underlined.
WRONG = [
    ("selct = []", "unknown setting `selct`; did you mean `select`?", "selct"),
    ("colour = 1", "unknown setting `colour`", "colour"),
    (
        "select = ['far-call', 'loud-cal']",
        "`select` names an unknown rule `loud-cal`; did you mean `loud-call`?",
        "loud-cal",
    ),
    ("ignore = 'far-call'", "`ignore` must be a list of strings, not 'far-call'", "ignore"),
    ("exclude = ['a', 3]", "`exclude` must be a list of strings, not ['a', 3]", "exclude"),
    ("exclude = ['ok', '!']", "`exclude` has a glob that cannot be read: `!`", "'!'"),
    ("environment = 3", "`environment` must be a string, not 3", "environment"),
    ("workspace-diagnostics = 1", "`workspace-diagnostics` must be true or false, not 1", "workspace-diagnostics"),
    ("docs-url = []", "`docs-url` must be a string, not []", "docs-url"),
    ("per-file-ignores = []", "`per-file-ignores` must be a table, not []", "per-file-ignores"),
    (
        "[per-file-ignores]\n'a*' = ['far-call']\n\"b/*\" = ['nope']",
        "`per-file-ignores.b/*` names an unknown rule `nope`",
        "nope",
    ),
    (
        "severity = { loud-call = 'wraning' }",
        "`severity.loud-call` must be one of `error`, `warning`, `information`, `hint`, not 'wraning'; "
        "did you mean `warning`?",
        "loud-call",
    ),
    (
        "[severity]\nloud-cal = 'error'",
        "`severity` names an unknown rule `loud-cal`; did you mean `loud-call`?",
        "loud-cal",
    ),
    (
        "[rules.loud-cal]\nstrict = true",
        "`rules` names an unknown rule `loud-cal`; did you mean `loud-call`?",
        "rules.loud-cal",
    ),
    (
        "[rules.loud-call]\nname = []",
        "`rules.loud-call` has no option `name`; did you mean `names`?",
        "name",
    ),
    ("[rules.loud-call]\nstrict = 1", "`rules.loud-call.strict` must be true or false, not 1", "strict"),
    ("[rules.loud-call]\nmost = true", "`rules.loud-call.most` must be a number, not True", "most"),
    ("[rules]\nloud-call = 3", "`rules.loud-call` must be a table, not 3", "loud-call"),
]


@pytest.mark.parametrize(("text", "message", "underlined"), WRONG, ids=[message for _, message, _ in WRONG])
def test_what_cannot_be_taken_is_said_at_its_place(text, message, underlined):
    with pytest.raises(ConfigError) as caught:
        read(text, "apitfall.toml", OPTIONS)
    (problem,) = caught.value.problems
    assert problem.message == message
    assert str(caught.value) == f"apitfall.toml: {message}"
    span = locate(text, "apitfall.toml", problem)
    assert text[span.start : span.end] in (underlined, underlined.strip("'"))


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(ConfigError) as caught:
        read("[tool.apitfall]\nselect = 1\nignored = []\n", "pyproject.toml", OPTIONS)
    assert [problem.key for problem in caught.value.problems] == [("select",), ("ignored",)]
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "underlined"), [("a = 1\nb = \n", "\n"), ("a = [1,\n", ""), ("", "")], ids=["a place", "the end", "empty"]
)
def test_what_is_no_toml_is_said_where_reading_ended(text, underlined):
    try:
        read(text, "apitfall.toml", OPTIONS)
        problem = Problem((), "nothing is wrong")
    except ConfigError as error:
        (problem,) = error.problems
    span = locate(text, "apitfall.toml", problem)
    assert text[span.start : span.end] == underlined


def test_a_table_with_a_prefix_is_found_among_others():
    text = "[tool.other]\nselect = 1\n[tool.apitfall]\nselect = 1\n"
    with pytest.raises(ConfigError) as caught:
        read(text, "pyproject.toml", OPTIONS)
    span = locate(text, "pyproject.toml", caught.value.problems[0])
    assert text[: span.start].count("\n") == 3


@pytest.mark.parametrize(
    ("path", "below", "ignored"),
    [
        ("tests/test_a.py", "", {"loud-call"}),
        ("src/app.py", "", set()),
        ("src/types.pyi", "", {"far-call"}),
        ("tests/test_a.py", "packages/one/", set()),
        ("main.py", "tests/one/", {"loud-call"}),
    ],
)
def test_rules_are_ignored_in_files(path, below, ignored):
    config = Config(per_file_ignores={"/tests/**": ("loud-call",), "*.pyi": ("far-call",)}, below=below)
    assert config.ignored_in(path) == ignored


PACKAGES = [
    RulePackage(
        "rules",
        {name: Rule(name, (), lambda node, ctx: iter(()), options) for name, options in OPTIONS.items()},
        (),
        (),
        {},
        Path(),
    )
]


@pytest.fixture
def tree(tmp_path):
    """A repository with a project in a folder of it."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "packages" / "one").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.apitfall]\nignore = ['loud-call']\nenvironment = 'env'\n")
    (tmp_path / "packages" / "one" / "pyproject.toml").write_text("[project]\nname = 'one'\n")
    return tmp_path


def test_the_nearest_settings_count_whole(tree):
    one = tree / "packages" / "one"
    config, where = loading.settings(one, PACKAGES)
    assert where == (tree / "pyproject.toml").as_posix()
    assert config == Config(ignore=("loud-call",), environment=(tree / "env").as_posix(), below="packages/one/")
    (one / "pyproject.toml").write_text("[tool.apitfall]\nselect = ['far-call']\n")
    assert loading.settings(one, PACKAGES) == (Config(select=("far-call",)), "pyproject.toml")
    (one / "apitfall.toml").write_text("ignore = ['far-call']\n")
    assert loading.settings(one, PACKAGES) == (Config(ignore=("far-call",)), "apitfall.toml")


def test_what_lies_in_no_repository_has_no_settings_from_above(tree):
    (tree / ".git").rmdir()
    assert loading.settings(tree / "packages" / "one", PACKAGES) == (Config(), "")


def test_a_file_wins_over_the_client_but_for_the_environment(tree):
    client = Config(select=("far-call",), environment="theirs")
    assert loading.settings(tree, PACKAGES, client)[0] == Config(ignore=("loud-call",), environment="theirs")
    (tree / "pyproject.toml").unlink()
    assert loading.settings(tree, PACKAGES, client) == (client, "")


def test_globs_of_settings_above_are_read_from_their_folder(tree):
    (tree / "pyproject.toml").write_text("[tool.apitfall]\nextend-exclude = ['/packages/one/old/']\n")
    one = tree / "packages" / "one"
    for folder in ("old", "new"):
        (one / folder).mkdir()
        (one / folder / "a.py").write_text("")
    config, _ = loading.settings(one, PACKAGES)
    assert loading.load(one, PACKAGES, config, {}).workspace.paths() == [(one / "new" / "a.py").as_posix()]
