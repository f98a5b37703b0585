"""Lines, edits and spans over texts with every kind of line break."""

from random import Random

import pytest
from apitfall.text import (
    BLOCK,
    Change,
    Document,
    Edit,
    Lines,
    Span,
    apply,
    change_between,
    collapse,
    combine,
    newline_of,
    split_lines,
)
from hypothesis import given
from hypothesis import strategies as st

TEXTS = st.lists(
    st.sampled_from(["a", "é", "\U0001f40d", "\t", "\n", "\r", "\r\n", "\f", "\v", "\u2028", "\x85", "\ud800"])
).map("".join)
PATH = "/a.py"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\nb", ["a\n", "b"]),
        ("a\n", ["a\n"]),
        ("a\r\nb\r\n", ["a\r\n", "b\r\n"]),
        ("a\rb", ["a\r", "b"]),
        ("a\n\rb", ["a\n", "\r", "b"]),
        ("a\r\r\nb", ["a\r", "\r\n", "b"]),
        ("a\fb\u2028c\x85d\ve", ["a\fb\u2028c\x85d\ve"]),
    ],
)
def test_lines_end_where_the_protocol_says(text: str, lines: list[str]) -> None:
    assert split_lines(text) == lines
    assert starts(Lines(text)) == [
        0,
        *(sum(map(len, lines[:n])) for n in range(1, len(lines) + 1) if lines[n - 1][-1] in "\r\n"),
    ]


def starts(lines: Lines) -> list[int]:
    return [lines.start(number) for number in range(len(lines))]


@pytest.mark.parametrize(
    ("text", "newline"),
    [("", "\n"), ("a", "\n"), ("a\n\r\n", "\n"), ("a\r\nb\n", "\r\n"), ("a\rb", "\r"), ("\u2028", "\n")],
)
def test_a_text_uses_its_first_line_break(text: str, newline: str) -> None:
    assert newline_of(text) == newline


def test_lines_know_their_text_and_end() -> None:
    lines = Lines("one\r\ntwo\rthree\n\f four")
    assert [lines.line(n) for n in range(len(lines))] == ["one", "two", "three", "\f four"]
    assert [lines.end(n) for n in range(len(lines))] == [3, 8, 14, 21]


@pytest.mark.parametrize(
    ("line", "column", "offset"),
    [(-1, 5, 0), (0, -1, 0), (0, 2, 2), (0, 3, 2), (0, 99, 2), (1, 0, 4), (1, 99, 5), (2, 0, 6), (3, 0, 6), (99, 0, 6)],
)
def test_a_position_outside_is_taken_to_the_nearest_end(line: int, column: int, offset: int) -> None:
    assert Lines("ab\r\nc\n").offset(line, column) == offset


@given(TEXTS)
def test_lines_joined_are_the_text(text: str) -> None:
    assert "".join(split_lines(text)) == text
    lines = Lines(text)
    assert len(lines) == len(split_lines(text)) + (not text or text[-1] in "\r\n")


@given(TEXTS)
def test_positions_and_offsets_are_inverse(text: str) -> None:
    lines = Lines(text)
    for offset in range(len(text) + 1):
        line, column = lines.position(offset)
        inside = offset <= lines.end(line)
        assert lines.offset(line, column) == (offset if inside else lines.end(line))
        assert inside or text[offset - 1 : offset + 1] == "\r\n"


@given(TEXTS, st.lists(st.tuples(st.integers(0), st.integers(0), TEXTS), max_size=5))
def test_edited_lines_are_those_of_the_edited_text(text: str, edits: list[tuple[int, int, str]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apitfall.text.BLOCK", 2)
        lines, change, before = Lines(text), Change(0, 0, 0), text
        for one, other, new in edits:
            start, end = sorted((one % (len(text) + 1), other % (len(text) + 1)))
            lines = lines.edited(Span(start, end), new)
            text = text[:start] + new + text[end:]
            made = Change(start, end, start + len(new))
            change = made if change == Change(0, 0, 0) else change.then(made)
        assert starts(lines) == starts(Lines(text))
        assert [lines.position(offset) for offset in range(len(text) + 1)] == [
            Lines(text).position(offset) for offset in range(len(text) + 1)
        ]
        assert [lines.line(number) for number in range(len(lines))] == [
            Lines(text).line(number) for number in range(len(lines))
        ]
        assert (lines.size, lines.text) == (len(text), text)
        assert before[: change.start] == text[: change.start]
        assert before[change.old_end :] == text[change.new_end :]


def test_an_edit_shares_what_it_does_not_touch() -> None:
    before = Lines("".join(f"line {number}\n" for number in range(100 * BLOCK)))
    after = before
    for number in range(3 * BLOCK):
        after = after.edited(Span(after.start(50 * BLOCK), after.start(50 * BLOCK)), f"{number}\n")
    known = {id(block) for block in before._blocks}
    assert len([block for block in after._blocks if id(block) not in known]) <= 6
    assert all(len(starts) < 2 * BLOCK for _, starts in after._blocks)


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_a_change_between_two_texts_leaves_out_what_they_share(start: str, old: str, new: str, end: str) -> None:
    old, new = start + old + end, start + new + end
    change = change_between(old, new)
    assert old[: change.start] + new[change.start : change.new_end] + old[change.old_end :] == new
    assert change.start <= min(change.old_end, change.new_end)
    assert change.start >= len(start) or old == new
    assert old == new or old[change.start : change.start + 1] != new[change.start : change.start + 1]


@given(TEXTS, st.tuples(st.integers(0), st.integers(0)))
def test_what_is_between_two_offsets_is_that_part_of_the_text(text: str, ends: tuple[int, int]) -> None:
    start, end = sorted(end % (len(text) + 1) for end in ends)
    assert Lines(text).between(start, end) == text[start:end]


def test_documents_are_equal_by_their_text_and_not_by_how_it_came_about() -> None:
    edited = Lines("a\nb").edited(Span(0, 1), "c")
    assert Document(PATH, 1, edited) == Document(PATH, 1, "c\nb")
    assert len({Document(PATH, 1, edited), Document(PATH, 1, "c\nb"), Document(PATH, 1, "c")}) == 2
    assert Document(PATH, 1, edited).text == "c\nb"


@st.composite
def texts_with_edits(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    text = draw(st.text("abc\n", max_size=20))
    offsets = draw(st.lists(st.integers(0, len(text)), max_size=8).map(sorted))
    pairs = zip(offsets[::2], offsets[1::2], strict=False)
    return text, [Edit(PATH, Span(a, b), draw(st.text("XYZ", max_size=3))) for a, b in pairs]


@given(texts_with_edits())
def test_edits_that_do_not_overlap_are_all_made(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    expected = text
    for edit in reversed(edits):
        expected = expected[: edit.span.start] + edit.text + expected[edit.span.end :]
    assert apply(text, edits) == expected


@given(texts_with_edits(), st.randoms())
def test_the_order_of_edits_at_different_offsets_does_not_matter(case: tuple[str, list[Edit]], shuffle: Random) -> None:
    text, edits = case
    edits = [e for n, e in enumerate(edits) if not any(e.span == other.span for other in edits[:n])]
    shuffled = list(edits)
    shuffle.shuffle(shuffled)
    assert apply(text, shuffled) == apply(text, edits)


def edit(start: int, end: int, text: str = "X", path: str = PATH) -> Edit:
    return Edit(path, Span(start, end), text)


def test_insertions_at_one_offset_keep_their_order() -> None:
    assert apply("ab", [edit(1, 1, "1"), edit(1, 1, "2"), edit(1, 2, "3")]) == "a123"


def test_an_insertion_stands_before_what_is_replaced_at_its_offset() -> None:
    assert apply("ab", [edit(1, 2, "3"), edit(1, 1, "1")]) == "a13"
    assert apply("ab", [edit(1, 1, "1"), edit(0, 1, "0")]) == "01b"


def test_edits_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="offset 1"):
        apply("abc", [edit(0, 2), edit(1, 3)])


@pytest.mark.parametrize(
    ("one", "other", "touch"),
    [
        ((0, 2), (2, 4), False),
        ((0, 2), (1, 4), True),
        ((0, 4), (1, 2), True),
        ((1, 1), (1, 1), True),
        ((1, 1), (1, 3), False),
        ((3, 3), (1, 3), False),
        ((2, 2), (1, 3), True),
    ],
)
def test_spans_touch_where_they_share_something(one: tuple[int, int], other: tuple[int, int], touch: bool) -> None:
    assert Span(*one).touches(Span(*other)) is touch
    assert Span(*other).touches(Span(*one)) is touch


@pytest.mark.parametrize(
    ("groups", "taken", "left"),
    [
        ([[edit(0, 2)], [edit(1, 3)]], [edit(0, 2)], [[edit(1, 3)]]),
        ([[edit(0, 2)], [edit(2, 3)]], [edit(0, 2), edit(2, 3)], []),
        ([[edit(0, 2)], [edit(0, 2, path="/b.py")]], [edit(0, 2), edit(0, 2, path="/b.py")], []),
        # A group is taken whole or not at all, and what was left out stands in nobody's way.
        ([[edit(0, 2)], [edit(1, 3), edit(5, 6)], [edit(5, 6, "Y")]], [edit(0, 2), edit(5, 6, "Y")], [[edit(1, 3), edit(5, 6)]]),
        # The same import added by two fixes is added once.
        ([[edit(0, 0, "import x\n"), edit(5, 6)], [edit(0, 0, "import x\n"), edit(7, 8)]],
         [edit(0, 0, "import x\n"), edit(5, 6), edit(7, 8)], []),
        ([[edit(0, 0, "import x\n")], [edit(0, 0, "import y\n")]], [edit(0, 0, "import x\n")], [[edit(0, 0, "import y\n")]]),
        ([[edit(0, 1), edit(0, 1)]], [edit(0, 1)], []),
        # A group that contradicts itself can never be taken; several insertions at one offset do not.
        ([[edit(0, 2), edit(1, 3)]], [], [[edit(0, 2), edit(1, 3)]]),
        ([[edit(0, 2, "X"), edit(0, 2, "Y")]], [], [[edit(0, 2, "X"), edit(0, 2, "Y")]]),
        ([[edit(1, 1, "X"), edit(1, 1, "Y"), edit(1, 2)]], [edit(1, 1, "X"), edit(1, 1, "Y"), edit(1, 2)], []),
        ([[]], [], []),
    ],
)  # fmt: skip
def test_groups_of_edits_are_combined(groups: list[list[Edit]], taken: list[Edit], left: list[list[Edit]]) -> None:
    assert combine(groups) == (taken, left)


@given(st.lists(st.lists(st.builds(edit, st.integers(0, 5), st.integers(5, 9)), max_size=1), max_size=6))
def test_combined_edits_can_always_be_made(groups: list[list[Edit]]) -> None:
    taken, left = combine(groups)
    assert len(apply("0123456789", taken)) == 10 - sum(e.span.end - e.span.start - 1 for e in taken)
    assert all(any(e.span.touches(t.span) for t in taken) for group in left for e in group)


def test_collapse_makes_one_space_of_white_space() -> None:
    assert collapse("  a\r\n\t b\f\u2028c ") == "a b c"


def test_the_lines_that_hold_a_word_are_known_after_edits() -> None:
    random, lines = Random(5), Lines("".join(f"line {n}\n" for n in range(600)))
    assert lines.holding("mark") == []
    for _ in range(200):
        start = random.randrange(lines.size + 1)
        end = min(start + random.choice([0, 1, 40, 3_000]), lines.size)
        lines = lines.edited(Span(start, end), random.choice(["", "mark", "x\nmark\n", "ma", "rk", "line\n" * 90]))
        assert lines.holding("mark") == [n for n, line in enumerate(split_lines(lines.text)) if "mark" in line]
