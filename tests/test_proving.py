"""What a proof can ask of an example: the functions of proving/proof.py, about the app in proving/main.py."""

import ast
import sys
from pathlib import Path

import apitfall_rules
import pytest
from apitfall.testing import Proof
from apitfall.testing.proofs import Outcome, execute, requirements

FOLDER = Path(__file__).parent / "proving"
PROVING = Path(apitfall_rules.__file__).parent / "proving"
SOURCE = (FOLDER / "proof.py").read_text(encoding="utf-8")
DEFINED = [node.name for node in ast.parse(SOURCE).body if isinstance(node, ast.FunctionDef)]
FUNCTIONS = tuple(name for name in DEFINED if not name.startswith("_"))
MAIN = {"main.py": (FOLDER / "main.py").read_text(encoding="utf-8")}


def run(source: str, files: dict[str, str]) -> Outcome:
    proof = Proof(source, 1, ("fault",))
    return execute(Path("page.md"), proof, files, PROVING, Path(sys.executable))[0]


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    proof = Proof(SOURCE, 1, FUNCTIONS)
    done = execute(FOLDER / "proof.py", proof, MAIN, PROVING, Path(sys.executable))
    return {outcome.function: outcome for outcome in done}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_run(function: str, outcomes: dict[str, Outcome]) -> None:
    assert outcomes[function].outcome == "holds", outcomes[function].words


ROUTER = "from fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n@router.get('/')\ndef root(): return 1\n"


@pytest.mark.parametrize("path", ["main.py", "shop/main.py", "src/shop/main.py"])
def test_a_router_is_an_app(path: str) -> None:
    done = run("def fault(run):\n    assert run.get('/').json() == 1\n", {path: ROUTER})
    assert done.outcome == "holds", done.words


def test_an_app_that_does_not_start() -> None:
    files = {"main.py": "from fastapi import FastAPI\n\n\nasync def life(app):\n    1 / 0\n    yield\n\n\n"}
    files["main.py"] += (
        "from contextlib import asynccontextmanager\napp = FastAPI(lifespan=asynccontextmanager(life))\n"
    )
    done = run("def fault(run):\n    run.get('/')\n", files)
    assert (done.outcome, done.words.splitlines()[-1]) == ("raised", "ZeroDivisionError: division by zero")


def test_no_app() -> None:
    done = run("def fault(run):\n    run.get('/')\n", {"shop.py": ""})
    assert done.words.splitlines()[-1] == "LookupError: the example has no main.py"


def test_requirements_are_read_without_importing() -> None:
    assert "fastapi" in requirements(PROVING)
