"""The process of a proof: runs the functions of a proof block on the files of a case, and writes down what they did.

Started by path, with the interpreter of the proof's environment, where apitfall is not installed: it imports the
standard library and, by its path, the rule package's `proving`. Reads a job as JSON and adds a line of JSON to the
job's results for each function: whether it holds, does not hold (an AssertionError) or raised something else.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
import traceback
from pathlib import Path
from types import ModuleType


def main(job_path: str) -> None:
    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    proving = load(Path(job["proving"]))
    # A proof stands in a page: with these empty lines before it, tracebacks name and show the lines of the page.
    code = compile("\n" * (job["line"] - 1) + job["source"], job["page"], "exec")
    for name in job["functions"]:
        outcome, words = run(proving, code, name, job["files"])
        with Path(job["results"]).open("a", encoding="utf-8") as results:
            results.write(json.dumps({"function": name, "outcome": outcome, "words": words}) + "\n")


def run(proving: ModuleType, code: object, name: str, files: dict[str, str]) -> tuple[str, str]:
    """One function, in a folder and with modules of its own."""
    before, path, home = set(sys.modules), sys.path[:], Path.cwd()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = Path(folder).resolve()
        for file, text in files.items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(text, encoding="utf-8", newline="")
        os.chdir(root)
        sys.path[:0] = [str(root), str(root / "src")] if (root / "src").is_dir() else [str(root)]
        try:
            with proving.Run() as started:
                namespace: dict[str, object] = {"__name__": "proof"}
                exec(code, namespace)  # type: ignore[arg-type]
                namespace[name](started)  # type: ignore[operator]
            return "holds", ""
        except AssertionError:
            return "does not hold", traceback.format_exc()
        except BaseException:
            return "raised", traceback.format_exc()
        finally:
            os.chdir(home)
            sys.path[:] = path
            for module in set(sys.modules) - before:
                if str(root) in origin(sys.modules[module]):
                    del sys.modules[module]


def origin(module: ModuleType) -> str:
    """Where a module was loaded from; of a namespace package, its folders."""
    return getattr(module, "__file__", None) or " ".join(map(str, getattr(module, "__path__", ())))


def load(folder: Path) -> ModuleType:
    """The package in a folder, without the package around it, which may need what is not installed here."""
    spec = importlib.util.spec_from_file_location(
        "proving", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None
    module = sys.modules["proving"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main(sys.argv[1])
    sys.stdout.flush()
    sys.stderr.flush()
    # A thread that an example left behind, as an open database connection is one, must not keep the process alive.
    os._exit(0)
