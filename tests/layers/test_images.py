from __future__ import annotations

import pytest

from protonet.errors import ShapeError
from protonet.layers.images import image_sides
from protonet.layers.record import Blob


def test_an_image_has_height_and_width() -> None:
    assert image_sides(Blob((2, 3, 5, 4)), "Pooling") == (5, 4)


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        ((2, 3), "the bottom (2, 3) has 2 axes, Pooling needs 4: (N, C, H, W)"),
        ((2,), "the bottom (2) has 1 axis, Pooling needs 4: (N, C, H, W)"),
        ((), "the bottom () has 0 axes, Pooling needs 4: (N, C, H, W)"),
        ((1, 2, 3, 4, 5), "the bottom (1, 2, 3, 4, 5) has 5 axes, Pooling needs 4: (N, C, H, W)"),
    ],
)
def test_refuses_what_is_no_image(shape: tuple[int, ...], why: str) -> None:
    with pytest.raises(ShapeError) as caught:
        image_sides(Blob(shape), "Pooling")
    assert caught.value.why == why
