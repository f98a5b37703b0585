"""What is found in a function may rest on how a line begins that stands elsewhere in the file."""

from apitfall.engine import Workspace
from apitfall.registry import load
from apitfall.text import Document, Lines

TEXT = """\
from fastapi import HTTPException


def load(source):
    try:
        return source.load()
    except Exception:
        return None


if DEBUG:
    print(DEBUG)
"""


def test_a_file_becomes_a_script_while_its_last_lines_are_typed() -> None:
    made = Workspace("/p", load())
    for version, (condition, found) in enumerate(
        [
            ("DEBUG", ["swallowed-exception"]),
            ('__name__ == "__main__"', []),
            ('__name__ == "__main__" and DEBUG', []),
            ("DEBUG", ["swallowed-exception"]),
        ]
    ):
        made.update(Document("/p/tool.py", version, Lines(TEXT.replace("if DEBUG", f"if {condition}"))))
        assert [finding.rule for finding in made.check("/p/tool.py", types=False).findings] == found, condition
        while made.read_ahead("/p/tool.py"):
            pass
