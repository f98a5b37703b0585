"""What a hover shows: why there is a finding, and what a comment ignores."""

import pytest
from apitfall.lsp.pages import paragraphs
from editing import BAD, BARE, CODE, MAIN, NEOVIM, opened
from lsprotocol.types import Position, Range

IGNORING = "import lsptest\nbad(1)  # apitfall: ignore[bad-call, none-such, odd-call] -- so it is\n"
TWICE = "import lsptest\nbad(bad(1), far)\n"

PAGE = """# a-rule

One line
and another.

More.

## Why

~~~
## no heading
~~~

```python
# no heading
~~~
```
Because.

So.

## why it counts

A case.

## Fix safety
Safe.
"""
SECTIONS = {
    "": ["One line\nand another.", "More."],
    "Why": ["Because.", "So."],
    "Fix safety": ["Safe."],
    "When not to use it": [],
}


@pytest.mark.parametrize(("title", "expected"), SECTIONS.items(), ids=SECTIONS)
def test_paragraphs(title, expected):
    assert paragraphs(PAGE, title) == expected


async def hovered(editor, capabilities, text, position):
    await opened(editor, capabilities, text)
    hover = await editor.hover("main.py", position)
    return hover and (hover.contents.kind, hover.contents.value.split("\n\n"), hover.range)


# the client, a text, a position, and what is shown there: the form, the texts and the range
SHOWN = {
    "a finding": (
        (CODE, MAIN, BAD),
        ("markdown", ["`bad(1)` calls `bad`.", "Because of `good`.", "[bad-call](*)"], (3, 6, 12)),
    ),
    "behind its last character": (
        (NEOVIM, MAIN, Position(3, 12)),
        ("markdown", ["`bad(1)` calls `bad`.", "Because of `good`.", "[bad-call](*)"], (3, 6, 12)),
    ),
    "in plain text": (
        (BARE, MAIN, BAD),
        ("plaintext", ["`bad(1)` calls `bad`.", "Because of `good`.", "bad-call: *"], (3, 6, 12)),
    ),
    "the inner of two": (
        (CODE, TWICE, Position(1, 5)),
        ("markdown", ["`bad(1)` calls `bad`.", "Because of `good`.", "[bad-call](*)"], (1, 4, 10)),
    ),
    "a page without a why": (
        (CODE, "import lsptest\nodd(1)\n", Position(1, 0)),
        ("markdown", ["1 is odd.", "[odd-call](*)"], (1, 0, 6)),
    ),
    "a comment": (
        (CODE, IGNORING, Position(1, 12)),
        (
            "markdown",
            [
                "Ignored here: Calls of `bad` are bad.",
                "[bad-call](*)",
                "Ignored here: Calls of `odd` are odd.",
                "[odd-call](*)",
            ],
            (1, 8, 69),
        ),
    ),
    "a rule that is not there": (
        (CODE, "import lsptest\n# apitfall: ignore[none-such]\n", Position(1, 5)),
        None,
    ),
    "elsewhere": ((CODE, MAIN, Position(0, 0)), None),
    "past the end": ((CODE, MAIN, Position(99, 99)), None),
    "past the end of a line": (
        (CODE, MAIN, Position(3, 99)),
        ("markdown", ["`bad(1)` calls `bad`.", "Because of `good`.", "[bad-call](*)"], (3, 6, 12)),
    ),
}


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("where", "expected"), SHOWN.values(), ids=SHOWN)
async def test_hover(editor, where, expected):
    found = await hovered(editor, *where)
    if expected is None:
        assert found is None
        return
    kind, texts, range_ = found
    line, start, end = expected[2]
    assert (kind, range_) == (expected[0], Range(Position(line, start), Position(line, end)))
    assert len(texts) == len(expected[1])
    for text, wanted in zip(texts, expected[1], strict=True):
        before, star, behind = wanted.partition("*")
        assert text.startswith(f"{before}file://" if star else before)
        assert text.endswith(f".md{behind}" if star else before)


@pytest.mark.asyncio(loop_scope="session")
async def test_no_hover_over_an_unknown_document(editor):
    await opened(editor, CODE)
    assert await editor.hover("other.py", BAD) is None
