"""What is parsed of a change is what parsing all of the text gives, and it is little."""

import random
from pathlib import Path

import parso
import pytest
from apitfall.reparse import Parsed, parsed

GRAMMAR = parso.load_grammar()
HERE = Path(__file__).parent
TEXT = '''"""A module."""
# the imports
import os
from typing import (
    Any,  # any
    List,
)

x = 1; y = 2


@decorated(
    1
)
async def first(a, b=f"{x!r:>{y}}"):
    """It
has a string."""
    if a:
        return b
    # a comment that ends it
    else:
        return """
x = 3
"""

# before the class

class Things(Any):
    # before the first

    one = 1

    def method(self):
        match self:
            case {"a": [b, *_]} if b:
                return b
        return 2

    # before the second
    @property
    def other(self): return self.one

    class Inner:
        def deep(self):
            return [
                1,
            ]
    last = 2


try:
    import json
except ImportError:
    json = None
else:
    json = 1
with (open("a") as a, open("b") as b):
    pass
def end(): pass
'''
SNIPPETS = (
    "x = 1\n", "(", ")", '"', '"""', "\n", "    ", "#", "# c\n", ":", ".", "def f():\n    pass\n", "\\\n", "else:\n", "@d\n",
    "    y = 2\n", "class A:\n", "f'{", "}", "\r\n", "\x0c", "é", "return", " = [", ",",
)  # fmt: skip


def shape(node):
    """All that a tree says."""
    if hasattr(node, "children"):
        assert all(child.parent is node for child in node.children)
        return (node.type, [shape(child) for child in node.children])
    return (node.type, node.value, node.prefix, node.start_pos, getattr(node, "token_type", None))


def leaves(node):
    """The leaves of what `shape` says."""
    return [leaf for child in node[1] for leaf in leaves(child)] if len(node) == 2 else [node]


def names_of(module):
    return {name: [(n.start_pos, n.value) for n in found] for name, found in module.get_used_names().items()}


def from_scratch(text):
    return GRAMMAR.parse(text)


def changed(before: Parsed, text: str) -> Parsed | None:
    return before.changed(parso.split_lines(text, keepends=True))


def new(text: str) -> Parsed:
    return Parsed(GRAMMAR, parso.split_lines(text, keepends=True), from_scratch(text))


@pytest.mark.parametrize("seed", range(12))
def test_a_changed_text_has_the_tree_and_the_names_of_one_that_is_new(seed):
    chance = random.Random(seed)
    text = TEXT if seed % 3 else (HERE / "test_text.py").read_text(encoding="utf-8")[:3000]
    before = new(text)
    for _ in range(15):
        at = chance.randrange(len(text) + 1)
        end = min(len(text), at + chance.choice((0, 0, 0, 1, 5, 40)))
        later = text[:at] + chance.choice(SNIPPETS) + text[end:]
        found = changed(before, later)
        if found is None:
            found = new(later)
        else:
            expected = from_scratch(later)
            assert leaves(shape(found.module)) == leaves(shape(expected))
            assert shape(found.module) == shape(expected)
            assert names_of(found.module) == names_of(expected)
        # Half of the changes are kept, so that texts that do not parse are changed as well.
        if chance.random() < 0.5:
            text, before = later, found
        else:
            before = new(text)


def test_of_a_change_the_statements_around_it_are_parsed():
    text = TEXT.replace("match self:", "if self:").replace('            case {"a": [b, *_]} if b:\n    ', "    ")
    text = "".join(f"def f{number}():\n    return {number}\n\n" for number in range(500)) + text
    before = new(text)
    assert before.count > 1500
    for old, later, most in (
        ("return 250\n", "return x\n", 3),
        ("x\n\ndef f251", "x\n\n# c\n\ndef f251", 9),
        ("return 2\n", "return 3\n", 4),
    ):
        assert old in text
        text = text.replace(old, later, 1)
        before = changed(before, text)
        assert before.count <= most
        assert shape(before.module) == shape(from_scratch(text))
    text = text.replace("def f300", "new = 1\ndef f300")
    before = changed(before, text)
    assert before.count <= 8
    assert shape(before.module) == shape(from_scratch(text))


@pytest.mark.parametrize("text", ["x = [\n", 'x = """\n', "else:\n", f"x = {'(' * 1001}{')' * 1001}\n"])
def test_what_does_not_stand_alone_is_left_to_the_parser(text):
    assert changed(new("a = 1\nb = 2\nc = 3\nd = 4\n"), f"a = 1\nb = 2\n{text}d = 4\n") is None


def test_a_text_with_too_many_brackets_is_not_parsed():
    assert parsed(GRAMMAR, None, f"x = {'(' * 1001}{')' * 1001}\n", None) is None
