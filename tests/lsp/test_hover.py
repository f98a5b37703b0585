"""What a hover shows of a page."""

from apitfall.lsp.pages import prose


def test_prose():
    page = "# a-rule\n\nSummary.\n\n## Why\n\n~~~\n## no heading\n~~~\n\n## A case\n\n```python\n# no heading\n```\n\n## Fix safety\nSafe."
    assert prose(page) == "Summary.\n\n## Why\n\n~~~\n## no heading\n~~~\n\n## Fix safety\nSafe."
