from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional

from protonet.layers.im2col import IM2COL
from protonet.layers.record import Blob
from tests.layers.building import refusal, top_of


def test_windows_become_columns() -> None:
    bottom = torch.tensor([[[1.0, 2, 3], [4, 5, 6]]])  # 2 channels of 3 pixels
    # rows: channel 0, first and second pixel of the window; then channel 1
    assert top_of(IM2COL, bottom, kernel_size=2).tolist() == [[[1, 2], [2, 3], [4, 5], [5, 6]]]


@pytest.mark.parametrize(
    "keys",
    [
        {"kernel_size": 3},
        {"kernel_size": [2, 3], "stride": [2, 1], "pad": [1, 0]},
        {"kernel_size": 2, "dilation": 2, "pad": 1, "stride": 2},
    ],
)
def test_images_are_unfolded_as_torch_does_it(keys: dict[str, Any]) -> None:
    bottom = torch.randn(2, 3, 6, 7)

    top = top_of(IM2COL, bottom, **keys)

    sizes = {"stride": keys.get("stride", 1), "padding": keys.get("pad", 0)}
    dilation = keys.get("dilation", 1)
    expected = functional.unfold(bottom, keys["kernel_size"], dilation, **sizes)
    assert torch.equal(top.flatten(2), expected)


def test_a_product_with_the_filters_is_a_convolution() -> None:
    bottom, weight = torch.randn(2, 3, 4, 4, 4), torch.randn(5, 3, 2, 2, 2)
    columns = top_of(IM2COL, bottom, kernel_size=2)
    torch.testing.assert_close(
        torch.einsum("oc,nc...->no...", weight.flatten(1), columns),
        functional.conv3d(bottom, weight),
        rtol=1e-4,
        atol=1e-4,
    )


def test_axes_before_the_channels_are_batch_axes() -> None:
    bottom = torch.randn(2, 3, 2, 5)
    top = top_of(IM2COL, bottom, kernel_size=2, axis=2)
    assert torch.equal(top[1], top_of(IM2COL, bottom[1], kernel_size=2))


@pytest.mark.parametrize(
    ("shape", "keys", "why", "hint"),
    [
        (
            (2, 3),
            {"kernel_size": 1},
            "the bottom (2, 3) has no spatial axis after axis 1",
            "Im2col needs images, (N, C, H, W)",
        ),
        ((2, 3, 4), {}, "kernel_size is missing", "give kernel_size, or kernel_h and kernel_w"),
        (
            (2, 3, 4),
            {"kernel_size": 5},
            "no window fits along axis 2 of (2, 3, 4): floor((4 + 2*0 - 5) / 1) + 1 = 0",
            "use a smaller kernel_size or a larger pad",
        ),
    ],
)
def test_refuses_what_has_no_windows(
    shape: tuple[int, ...], keys: dict[str, Any], why: str, hint: str
) -> None:
    assert refusal(IM2COL, Blob(shape), **keys) == (why, hint)
