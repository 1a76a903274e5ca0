from __future__ import annotations

import pytest

from protonet.cli.numbers import axis_size, whole_number
from protonet.errors import UsageError


def test_a_whole_number_is_taken() -> None:
    assert whole_number("--batch", "12") == 12
    assert whole_number("--seed", "0", least=0) == 0


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "two", "٣", "2147483648"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        whole_number("--batch", text)
    assert str(caught.value) == (f'--batch "{text}": a whole number from 1 to 2147483647 is needed')


def test_an_axis_has_a_size() -> None:
    assert axis_size("T=8") == ("T", 8)
    with pytest.raises(UsageError) as caught:
        axis_size("T")
    assert str(caught.value) == '--axis "": a whole number from 1 to 2147483647 is needed'
