from __future__ import annotations

import numpy as np

from protonet.windows.scaled import whole
from tests.transforms.running import built


def test_whole_images_have_boxes_of_their_own_size() -> None:
    box = whole(np.arange(2))

    assert [box(0, 30, 40), box(1, 7, 5)] == [(0, 0, 30, 40), (0, 0, 7, 5)]


def test_the_transforms_that_scale_to_one_size_say_so() -> None:
    steps = [
        {"type": "RandomResizedCrop", "size": [8, 6]},
        {"type": "RandomResizedCrop", "size": 8, "reduced": False},
        {"type": "RandomResizedCrop", "size": 8, "interpolation": "nearest"},
        {"type": "Resize", "size": 8},
        {"type": "Resize", "short": 8},
        {"type": "RandomCrop", "size": 8},
    ]
    scaled = [built([step], (3, 20, 30)).on_host[0].scaled for step in steps]

    assert [one and (one.size, one.reduced) for one in scaled] == [
        ((8, 6), True),
        ((8, 8), False),
        ((8, 8), False),  # of class numbers, a smaller image would be a mixture
        ((8, 8), False),
        None,  # the longer side is another for each image
        None,
    ]
