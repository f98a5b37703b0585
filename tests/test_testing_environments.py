"""Environments with other versions: which is taken, that one is made whole and once, and what is said when it is not."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import pytest
from apitfall.testing import environments
from apitfall.testing.environments import EnvironmentFailure, interpreter

OTHER = "packaging==20.9"


class Commands:
    """Stands in for venv and pip: remembers what was asked of them, and makes an environment's Python."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, *words: str) -> None:
        self.asked.append(words)
        if words[2] == "venv":
            python = environments.python_of(Path(words[3]))
            python.parent.mkdir(parents=True)
            python.touch()

    def installs(self) -> list[list[str]]:
        return [list(words[words.index("install") + 1 :]) for words in self.asked if "install" in words]


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    stand_in = Commands()
    monkeypatch.setattr(environments, "command", stand_in)
    return stand_in


def cache(folder: Path) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(folder)}


@pytest.mark.parametrize("pins", [[], [f"packaging=={version('packaging')}"]])
def test_what_is_installed_here_runs_here(pins: list[str], tmp_path: Path, commands: Commands) -> None:
    assert interpreter(["pytest"], pins, cache(tmp_path)) == Path(sys.executable)
    assert commands.asked == []


def test_another_version_is_made_once(tmp_path: Path, commands: Commands) -> None:
    python = interpreter(["pytest", "Packaging"], [OTHER], cache(tmp_path))
    assert python.is_file()
    assert python.is_relative_to(tmp_path / "apitfall" / "environments")
    assert interpreter(["pytest", "Packaging"], [OTHER], cache(tmp_path)) == python
    assert commands.installs() == [[OTHER, "pytest"]]


def test_every_set_of_requirements_has_its_own(tmp_path: Path, commands: Commands) -> None:
    made = {
        interpreter(names, [OTHER], cache(tmp_path)) for names in (["pytest"], ["pytest", "ruff"], ["ruff", "pytest"])
    }
    assert (len(made), len(commands.installs())) == (2, 2)


def test_makers_at_the_same_time_make_it_once(tmp_path: Path, commands: Commands) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: interpreter([], [OTHER], cache(tmp_path)), range(8)))
    assert (len(made), len(commands.installs())) == (1, 1)


def test_one_without_a_python_is_made_again(tmp_path: Path, commands: Commands) -> None:
    python = interpreter([], [OTHER], cache(tmp_path))
    python.unlink()
    assert interpreter([], [OTHER], cache(tmp_path)).is_file()
    assert len(commands.installs()) == 2


def test_a_failure_leaves_nothing_and_has_the_words_of_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(EnvironmentFailure, match=r"No matching distribution found for packaging==20\.9"):
        interpreter([], [OTHER], cache(tmp_path))
    assert [path.suffix for path in (tmp_path / "apitfall" / "environments").iterdir()] == [".lock"]


@pytest.mark.parametrize("environ", [{}, {"XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "relative"}])
def test_the_cache_is_in_the_home_folder(environ: dict[str, str]) -> None:
    assert environments.cache(environ) == Path.home() / ".cache" / "apitfall" / "environments"
