"""The lexer's states of a text that is edited: of a change only the blocks of lines that it touches are lexed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from apitfall.syntax.lexer import CONTINUED, DEFINITION, FRESH, IN_TRIPLE_DOUBLE, IN_TRIPLE_SINGLE, scan
from apitfall.text import BLOCKS_NOTED, Lines, split_lines


def states_of(lines: Lines) -> Sequence[int]:
    """The state at the start of each line, and after the last one, as `line_states` gives them."""
    return lexed(lines.blocks)


def steps_to_states(lines: Lines) -> Iterator[None]:
    """Lex a text ahead of the question, in steps between which other things can be done."""
    state = FRESH
    for block in lines.blocks:
        state = block_states(block, opened(block, state))[-1]
        yield


def opened(block: str, state: int) -> int:
    """The state in which a block begins, given the one behind the block before it."""
    return FRESH if state and state & 7 in (FRESH, CONTINUED) and DEFINITION.match(block) else state


@lru_cache(maxsize=8)
def lexed(blocks: Sequence[str]) -> Sequence[int]:
    """Kept for a while, because an editor asks several times about one text."""
    states = [FRESH]
    for block in blocks:
        states += block_states(block, opened(block, states.pop()))
    if states[-1] & 7 in (IN_TRIPLE_SINGLE, IN_TRIPLE_DOUBLE):
        # Which string is not closed is told by what follows it, up to the end.
        return scan([line for block in blocks for line in split_lines(block)], closed=True)
    return states


@lru_cache(maxsize=BLOCKS_NOTED)
def block_states(block: str, state: int) -> Sequence[int]:
    """The states of a block that begins in `state`, and the one behind it, whatever its next line is."""
    return tuple(scan(split_lines(block), closed=False, state=state))
