"""Most lines are told by one look; the states behind them are those that their tokens give."""

from apitfall.syntax.lexer import FRESH, next_state, scan
from hypothesis import given
from hypothesis import strategies as st

PARTS = ['"', "'", '"""', "(", ")", "[", "]", "{", "}", "\\", "#", "a", " ", "()", "[x]", '"a"', "f'{x}'", "é", "\f"]
BREAKS = ["\n", "\r\n", "\r", "\\\n"]
LINES = st.lists(
    st.tuples(st.lists(st.sampled_from(PARTS), max_size=12).map("".join), st.sampled_from(BREAKS)).map("".join)
)


@given(LINES)
def test_lines_that_are_told_by_one_look_are_what_their_tokens_say(lines: list[str]) -> None:
    states = [FRESH]
    for line in lines:
        states.append(next_state(line, states[-1]))
    assert scan(lines, closed=False) == states
