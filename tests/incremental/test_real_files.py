"""A few of the real files that `real_files.py` reads and changes, and what it takes to be known."""

import pytest
from real_files import LIMITS, Figures, check_file, is_python, parses, real_files

SHORT = 8_000  # bytes


def test_real_files_are_read_and_changed_as_from_scratch() -> None:
    total = Figures()
    short = [path for path in real_files(240) if 0 < path.stat().st_size < SHORT]
    for number, path in enumerate(short[:60]):
        total.add(check_file(path, changes=1, positions=number % 10 == 0))
    assert total.wrong == []
    assert total.counts["changes"] == total.counts["files"] > 50


@pytest.mark.parametrize("text", [text for _, text in LIMITS.values()], ids=LIMITS)
def test_what_python_takes_and_libcst_does_not(text: str) -> None:
    assert (is_python(text), parses(text)) == (True, False)
    assert any(pattern.search(text) for pattern, _ in LIMITS.values())
