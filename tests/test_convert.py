"""Offsets, positions in the three encodings, and the text that incremental changes leave."""

import pytest
from apitfall.lsp.buffer import Buffer
from apitfall.lsp.client import Encoding
from apitfall.lsp.convert import offset_of, position_of, range_of, size, span_of
from apitfall.text import Lines, Span
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol.types import Position, Range, TextDocumentContentChangePartial, TextDocumentContentChangeWholeDocument

U8, U16, U32 = Encoding.Utf8, Encoding.Utf16, Encoding.Utf32

# text, what is marked in it, and its position in UTF-8, UTF-16 and UTF-32
POSITIONS = {
    "ascii": ("ab\ncd", "d", (1, 1), (1, 1), (1, 1)),
    "emoji": ("s = '😀'; x", "x", (0, 12), (0, 10), (0, 9)),
    "emoji on the line before": ("'😀'\nx", "x", (1, 0), (1, 0), (1, 0)),
    "two bytes": ("é = x", "x", (0, 5), (0, 4), (0, 4)),
    "three bytes": ("名 = x", "x", (0, 6), (0, 4), (0, 4)),
    "combining": ("e\u0301 = x", "x", (0, 6), (0, 5), (0, 5)),
    "family of four": ("👨\u200d👩\u200d👧\u200d👦 x", "x", (0, 26), (0, 12), (0, 8)),
    "tab": ("\tx", "x", (0, 1), (0, 1), (0, 1)),
    "crlf": ("a\r\n😀b\r\nx", "x", (2, 0), (2, 0), (2, 0)),
    "cr": ("a\rb\rx", "x", (2, 0), (2, 0), (2, 0)),
    "mixed": ("a\r\nb\rc\nx", "x", (3, 0), (3, 0), (3, 0)),
    "no line ends at U+2028": ("'\u2028' x", "x", (0, 6), (0, 4), (0, 4)),
    "no line ends at a form feed": ("a\x0cx", "x", (0, 2), (0, 2), (0, 2)),
    "no line ends at U+0085": ("'\x85' x", "x", (0, 5), (0, 4), (0, 4)),
    "bom": ("\ufeffx", "x", (0, 3), (0, 1), (0, 1)),
    "lone surrogate": ("'\ud83d' x", "x", (0, 6), (0, 4), (0, 4)),
    "end of a text with a last line break": ("a\n", "", (1, 0), (1, 0), (1, 0)),
    "end of a text without": ("a\nbc", "", (1, 2), (1, 2), (1, 2)),
    "empty": ("", "", (0, 0), (0, 0), (0, 0)),
}


@pytest.mark.parametrize(("text", "mark", "utf8", "utf16", "utf32"), POSITIONS.values(), ids=POSITIONS)
def test_position(text, mark, utf8, utf16, utf32):
    offset = text.index(mark) if mark else len(text)
    lines = Lines(text)
    for encoding, expected in ((U8, utf8), (U16, utf16), (U32, utf32)):
        position = position_of(lines, offset, encoding)
        assert (position.line, position.character) == expected, encoding
        assert offset_of(lines, position, encoding) == offset


# text, position, offset in UTF-8, UTF-16 and UTF-32
OUTSIDE = {
    "past the end of a line": ("ab\ncd", (0, 99), 2, 2, 2),
    "past the end of a line before CRLF": ("ab\r\ncd", (0, 3), 2, 2, 2),
    "past the end of a line with an emoji": ("😀\ncd", (0, 99), 1, 1, 1),
    "past the last line": ("ab\ncd", (7, 3), 5, 5, 5),
    "past the end of an empty text": ("", (3, 4), 0, 0, 0),
    "inside an emoji": ("a😀b", (0, 2), 1, 1, 2),
    "inside three bytes": ("a名b", (0, 3), 1, 3, 3),
}


@pytest.mark.parametrize(("text", "position", "utf8", "utf16", "utf32"), OUTSIDE.values(), ids=OUTSIDE)
def test_position_outside(text, position, utf8, utf16, utf32):
    lines = Lines(text)
    found = tuple(offset_of(lines, Position(*position), encoding) for encoding in (U8, U16, U32))
    assert found == (utf8, utf16, utf32)


texts = st.text(st.sampled_from("ab \t\r\n😀é名\ufeff\u2028\x0c\ud83d\ude00"), max_size=40)
encodings = st.sampled_from([U8, U16, U32])


@given(texts, encodings)
def test_there_and_back(text, encoding):
    lines = Lines(text)
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] != "\r\n":
            assert offset_of(lines, position_of(lines, offset, encoding), encoding) == offset


@given(texts, encodings, st.data())
def test_span_there_and_back(text, encoding, data):
    start = data.draw(st.integers(0, len(text)))
    span = Span(start, data.draw(st.integers(start, len(text))))
    lines = Lines(text)
    if all(text[at - 1 : at + 1] != "\r\n" for at in (span.start, span.end)):
        assert span_of(lines, range_of(lines, span, encoding), encoding) == span


@given(texts, encodings)
def test_size_is_the_encoded_length(text, encoding):
    width = {U8: ("utf-8", 1), U16: ("utf-16-le", 2), U32: ("utf-32-le", 4)}[encoding]
    assert size(text, encoding) * width[1] == len(text.encode(width[0], "surrogatepass"))


def change(start: tuple[int, int], end: tuple[int, int], text: str) -> TextDocumentContentChangePartial:
    return TextDocumentContentChangePartial(range=Range(Position(*start), Position(*end)), text=text)


# text, changes in UTF-16, text afterwards
CHANGES = {
    "insert": ("ab", [change((0, 1), (0, 1), "x")], "axb"),
    "replace over lines": ("ab\ncd\nef", [change((0, 1), (2, 1), "-")], "a-f"),
    "behind an emoji": ("'😀'ab", [change((0, 5), (0, 6), "x")], "'😀'ax"),
    "several, each on what the last one left": (
        "ab\ncd\n",
        [change((0, 0), (0, 0), "x\n"), change((1, 2), (1, 2), "y"), change((2, 0), (2, 2), "")],
        "x\naby\n\n",
    ),
    "crlf stays": ("a\r\nb\r\n", [change((0, 1), (0, 1), "x"), change((1, 1), (2, 0), "")], "ax\r\nb"),
    "cr": ("a\rb", [change((1, 0), (1, 1), "c")], "a\rc"),
    "a cr and a lf meet": ("a\rb", [change((1, 0), (1, 0), "\n"), change((1, 0), (1, 0), "x")], "a\r\nxb"),
    "a lf is met by a cr": ("a\nb", [change((0, 1), (0, 1), "\r"), change((1, 0), (1, 0), "x")], "a\r\nxb"),
    "U+2028 is no line": ("'\u2028'\nb", [change((1, 0), (1, 1), "c")], "'\u2028'\nc"),
    "past the end": ("ab", [change((9, 0), (9, 0), "x"), change((0, 2), (0, 2), "y")], "abyx"),
    "past the end behind a line break": ("ab\n", [change((1, 5), (4, 0), "x")], "ab\nx"),
    "into an empty text": ("", [change((0, 0), (0, 0), "a\nb")], "a\nb"),
    "the whole text": ("ab", [TextDocumentContentChangeWholeDocument("x\ny"), change((1, 0), (1, 0), "z")], "x\nzy"),
    "everything away": ("a\nb\n", [change((0, 0), (2, 0), ""), change((0, 0), (0, 0), "x")], "x"),
}


@pytest.mark.parametrize(("text", "changes", "expected"), CHANGES.values(), ids=CHANGES)
def test_changes(text, changes, expected):
    buffer = Buffer(text, U16)
    buffer.apply(changes)
    assert buffer.text == expected


@given(texts, encodings, st.data())
def test_changes_are_those_of_the_text(text, encoding, data):
    """Whatever the changes, the text is what replacing between the same offsets gives, and so are the lines."""
    buffer = Buffer(text, encoding)
    for _ in range(data.draw(st.integers(1, 4))):
        lines = Lines(text)
        ends = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
        range_ = range_of(lines, Span(*ends), encoding)
        span = span_of(lines, range_, encoding)
        new = data.draw(texts)
        buffer.apply([TextDocumentContentChangePartial(range=range_, text=new)])
        text = text[: span.start] + new + text[span.end :]
        assert buffer.text == text
        assert [buffer.lines.line(number) for number in range(len(buffer.lines))] == [
            Lines(text).line(number) for number in range(len(Lines(text)))
        ]
