"""Pieces of a stream of whole numbers, three to a piece."""

from __future__ import annotations

import threading
import time

import pytest

from protonet.data.ahead import Background, Inline


class Threes:
    """Notes which pieces were made; piece 3 … 5 fails where it is told to."""

    def __init__(self, start: int = 0, *, fails: bool = False) -> None:
        self.start, self._fails = start, fails
        self.made: list[int] = []

    def batches_from(self, index: int) -> list[int]:
        self.made.append(index)
        if self._fails and index == 3:
            raise ValueError("no piece 3")
        return [*range(index, self.after(index))] if index < 9 else []

    def after(self, index: int) -> int:
        return index // 3 * 3 + 3


def made(pieces: Threes, count: int) -> list[int]:
    """Wait for so many pieces, give the thread time for more, and return those that were made."""
    until = time.monotonic() + 30
    while len(pieces.made) < count and time.monotonic() < until:
        time.sleep(0.001)
    time.sleep(0.02)
    return pieces.made


def test_inline_makes_a_piece_when_it_is_asked_for() -> None:
    pieces = Threes(start=1)
    source = Inline(pieces)
    assert pieces.made == []
    assert source.take() == [1, 2]
    assert source.take() == [3, 4, 5]
    assert pieces.made == [1, 3]
    source.stop()


@pytest.mark.parametrize(("ahead", "before", "after"), [(1, [0], [0, 3]), (4, [0, 3], [0, 3, 6])])
def test_the_thread_is_ahead_of_what_is_asked_for(
    ahead: int, before: list[int], after: list[int]
) -> None:
    pieces = Threes()
    source = Background(pieces, ahead)
    assert made(pieces, len(before)) == before
    assert source.take() == [0, 1, 2]
    assert made(pieces, len(after)) == after
    assert [source.take(), source.take(), source.take()] == [[3, 4, 5], [6, 7, 8], []]
    source.stop()


def test_what_a_piece_raises_is_raised_where_it_is_taken() -> None:
    source = Background(Threes(fails=True), 9)
    assert source.take() == [0, 1, 2]
    with pytest.raises(ValueError, match="^no piece 3$"):
        source.take()
    source.stop()


def test_stopping_ends_the_thread() -> None:
    before = threading.active_count()
    source = Background(Threes(), 3)
    source.take()
    assert threading.active_count() == before + 1
    source.stop()
    assert threading.active_count() == before
