"""What makes images of any size alike, by hand; how it is made of transforms is tested there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from protonet.windows.plain import Array, Positions
from protonet.windows.sizing import Sizing


def halved(shape: tuple[int, ...]) -> Callable[[Array, Positions], Array]:
    """Return what takes the upper half of images of this shape."""

    def upper(images: Array, positions: Positions) -> Array:
        return images[:, :, : shape[1] // 2]

    return upper


def test_it_says_what_is_done_to_an_image_of_each_size() -> None:
    sizing = Sizing((1, 2, 2), 1, halved)
    done = sizing.host((1, 4, 2))(np.zeros((1, 1, 4, 2), np.uint8), np.zeros(1, np.int64))
    assert done.shape[1:] == sizing.shape
    assert (sizing.scaled, sizing.windows) == (None, None)
