"""Runs the proofs of a case, on the case's files before the fix and after it, in processes of their own."""

from __future__ import annotations

import ast
import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from apitfall.registry import RulePackage
from apitfall.testing import process
from apitfall.testing.environments import EnvironmentFailure, interpreter
from apitfall.testing.pages import Case, Proof
from apitfall.testing.runner import CaseError, fixed, texts

TIMEOUT = 60

HOLDS, DOES_NOT_HOLD = "holds", "does not hold"
BEFORE = {"fault": HOLDS, "mended": DOES_NOT_HOLD, "same": HOLDS}
AFTER = {"fault": DOES_NOT_HOLD, "mended": HOLDS, "same": HOLDS}


@dataclass(frozen=True)
class Outcome:
    """What a function of a proof did. `outcome` is ``holds``, ``does not hold`` or says what happened instead.

    `words` is the traceback, or what the process wrote.
    """

    function: str
    outcome: str
    words: str


def proof_problems(case: Case, variant: str, package: RulePackage, rule: str, timeout: float = TIMEOUT) -> list[str]:
    """Everything in which a proof of a case fails, in words; empty if the fix is proved."""
    proof = case.proofs[variant]
    where = f"{case.page}:{proof.line}"
    folder = package.folder / "proving"
    if not (folder / "__init__.py").is_file():
        return [f"{where}: the rule package {package.name} has no package `proving` to run a proof with"]
    try:
        after = fixed(case, variant, package, rule)
        python = interpreter(requirements(folder), case.pins)
    except (CaseError, EnvironmentFailure) as error:
        return [f"{where}: {error}"]
    out: list[str] = []
    for when, files, expected in (("before", texts(case.files), BEFORE), ("after", after, AFTER)):
        for done in execute(case.page, proof, files, folder, python, timeout):
            if done.outcome != expected[done.function]:
                words = f"\n{done.words}" if done.words else ""
                out.append(f"{where}: {when} the fix `{done.function}` {done.outcome}{words}")
    return out


def requirements(folder: Path) -> Sequence[str]:
    """The `REQUIREMENTS` of a `proving` package, a literal: its frameworks are not imported into this process."""
    for statement in ast.parse((folder / "__init__.py").read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "REQUIREMENTS":
            return ast.literal_eval(statement.value)
    return ()


def execute(
    page: Path, proof: Proof, files: Mapping[str, str], folder: Path, python: Path, timeout: float = TIMEOUT
) -> list[Outcome]:
    """Run the functions of a proof on files, with the package `proving` in `folder`, in a process of `python`."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        job, results = Path(temporary, "job.json"), Path(temporary, "results")
        content = {
            "page": str(page),
            "line": proof.line,
            "source": proof.source,
            "functions": proof.functions,
            "files": dict(files),
            "proving": str(folder),
            "results": str(results),
        }
        job.write_text(json.dumps(content), encoding="utf-8")
        # Isolated, so that nothing of this process's search path and of its variables for Python is in the other.
        words = [str(python), "-I", "-X", "utf8", str(Path(process.__file__)), str(job)]
        try:
            done = subprocess.run(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                cwd=temporary,
                text=True,
                errors="replace",
            )
            ended, printed = f"ended its process with {done.returncode}", done.stdout
        except subprocess.TimeoutExpired as error:
            ended = f"took longer than {timeout:g} seconds"
            printed = error.stdout.decode(errors="replace") if isinstance(error.stdout, bytes) else ""
        lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
        outcomes = [Outcome(**json.loads(line)) for line in lines]
    missing = proof.functions[len(outcomes) :]
    return [*outcomes, *(Outcome(name, ended, printed) for name in missing[:1])]
