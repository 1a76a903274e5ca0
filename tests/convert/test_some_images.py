from __future__ import annotations

import numpy as np

from protonet.convert.array_images import ArrayImages
from protonet.convert.some_images import SomeImages


def test_image_k_is_that_of_the_row() -> None:
    values = np.arange(4, dtype=np.uint8).reshape(4, 1, 1, 1)
    images = SomeImages(ArrayImages("a", values), [3, 1])
    assert (len(images), images.channels) == (2, "gray")
    assert [images.name(index) for index in range(2)] == ["a, image 3", "a, image 1"]
    assert [images.load(index).pixels.item() for index in range(2)] == [3, 1]
    assert images.content(0) == b"\3"
