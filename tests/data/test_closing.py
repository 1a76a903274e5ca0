"""What is open, as a context."""

from __future__ import annotations

import pytest

from protonet.data.closing import Closing


class Counted(Closing):
    """Counts how often it was closed."""

    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_it_is_closed_at_the_end() -> None:
    with Counted() as one:
        assert one.closed == 0
    assert one.closed == 1


def test_it_is_closed_after_an_error_which_goes_on() -> None:
    one = Counted()
    with pytest.raises(KeyError), one:
        raise KeyError
    assert one.closed == 1
