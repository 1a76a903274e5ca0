from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from protonet.transforms.sizes import Sides

READER: TypeAdapter[tuple[int, int]] = TypeAdapter(Sides)


@pytest.mark.parametrize(
    ("written", "sides"), [(28, (28, 28)), ([24, 32], (24, 32)), ((1, 2), (1, 2))]
)
def test_one_number_is_a_square(written: object, sides: tuple[int, int]) -> None:
    assert READER.validate_python(written) == sides
