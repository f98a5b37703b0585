"""Where a fix puts an import."""

import pytest
from apitfall.project import ModuleNames
from apitfall.syntax import import_edit, read


def imported(text: str, module: str, name: str = "", own: str = "app") -> str:
    span, new = import_edit(read(text), text, module, name, lambda top: top == own)
    return text[: span.start] + new + text[span.end :]


@pytest.mark.parametrize(
    ("text", "module", "name", "now"),
    [
        ("x = 1\n", "anyio", "", "import anyio\n\n\nx = 1\n"),
        ('"""Says."""\n\nx = 1\n', "anyio", "", '"""Says."""\n\nimport anyio\n\nx = 1\n'),
        ("import os\n", "anyio", "", "import os\n\nimport anyio\n"),
        ("import os\n\nimport httpx\n", "anyio", "", "import os\n\nimport anyio\nimport httpx\n"),
        ("import os\n\nimport PIL\nimport yaml\n", "anyio", "", "import os\n\nimport anyio\nimport PIL\nimport yaml\n"),
        ("import os\n\nimport PIL\nimport yaml\n", "qdrant", "", "import os\n\nimport PIL\nimport qdrant\nimport yaml\n"),
        ("import httpx\n\nfrom app import db\n", "asyncio", "", "import asyncio\n\nimport httpx\n\nfrom app import db\n"),
        ("import httpx\n\nfrom app import db\n", "app.models", "User", "import httpx\n\nfrom app import db\nfrom app.models import User\n"),
        ("from fastapi import Depends, status\n", "fastapi", "Query", "from fastapi import Depends, Query, status\n"),
        ("from fastapi import Depends, status\n", "fastapi", "status", "from fastapi import Depends, status\n"),
    ],
)  # fmt: skip
def test_an_import_stands_in_its_section_in_order(text: str, module: str, name: str, now: str) -> None:
    assert imported(text, module, name) == now


@pytest.mark.parametrize(
    ("paths", "top", "is_local"),
    [
        (["app/main.py"], "app", True),
        (["src/app/main.py"], "app", True),
        (["backend/app/main.py"], "app", True),
        (["app/main.py"], "orm", False),
        (["docs/orm/example.py", "app/main.py"], "orm", False),
        (["orm/example.py"], "orm", False),  # Python finds the library before a folder without `__init__.py`
        (["orm/__init__.py"], "orm", True),
        (["src/orm/__init__.py"], "orm", True),
        (["orm.py"], "orm", True),
        (["docs/json/example.py"], "json", False),
    ],
)
def test_a_folder_that_is_named_like_a_library_is_not_that_library(paths: list[str], top: str, is_local: bool) -> None:
    assert ModuleNames(paths, frozenset(["orm"])).is_local(top) == is_local
