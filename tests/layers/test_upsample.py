from __future__ import annotations

import torch

from protonet.layers.record import Blob
from protonet.layers.upsample import UPSAMPLE, UpsampleParams
from tests.layers.building import complaints, gradient, refusal, top_of


def test_pixels_become_squares() -> None:
    image = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])
    assert top_of(UPSAMPLE, image, scale=2).tolist() == [
        [[[1, 1, 2, 2]] * 2, [[3, 3, 4, 4]] * 2],
    ]


def test_a_pixel_gets_the_gradient_of_its_square() -> None:
    image = torch.zeros(1, 1, 2, 2, requires_grad=True)
    assert gradient(top_of(UPSAMPLE, image, scale=3), image).tolist() == [[[[9, 9], [9, 9]]]]


def test_refuses_a_layer_without_a_scale() -> None:
    assert [line[:2] for line in complaints(UpsampleParams)] == [("scale", "missing")]


def test_refuses_what_is_no_image() -> None:
    assert refusal(UPSAMPLE, Blob((2, 3, 4)), scale=2) == (
        "the bottom (2, 3, 4) has 3 axes, Upsample needs 4: (N, C, H, W)",
        "",
    )
