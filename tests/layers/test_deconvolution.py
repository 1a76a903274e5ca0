"""Expected numbers: by hand, or from the definition of a deconvolution as loops over numpy."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from protonet.fillers import fill_, parse
from protonet.layers.convolution import Convolution
from protonet.layers.deconvolution import DECONVOLUTION
from protonet.layers.record import Blob
from tests.layers.building import blob_of, build, params_of, refusal

Array = npt.NDArray[np.float64]
Sides = tuple[int, ...]


def filled(*bottoms: torch.Tensor, **keys: Any) -> Convolution:
    """Return a deconvolution with weights 1, 2, 3, … and biases 10, 20, …"""
    module = build(DECONVOLUTION, *bottoms, **keys)
    assert isinstance(module, Convolution)
    with torch.no_grad():
        module.weight.copy_(torch.arange(1.0, module.weight.numel() + 1).view_as(module.weight))
        if module.bias is not None:
            module.bias.copy_(10 * torch.arange(1.0, module.bias.numel() + 1))
    return module


def by_loops(
    image: Array, weight: Array, group: int, stride: Sides, pad: Sides, dilation: Sides
) -> Array:
    """Deconvolve one sample, (C, …), as the definition says: every number paints its filter."""
    channels, each, *kernel = weight.shape
    whole = [
        (side - 1) * step + gap * (taps - 1) + 1
        for side, taps, step, gap in zip(image.shape[1:], kernel, stride, dilation, strict=True)
    ]
    top = np.zeros((each * group, *whole))
    for channel, *place in product(*map(range, image.shape)):
        first = channel // (channels // group) * each
        for output, *tap in product(*map(range, (each, *kernel))):
            at = tuple(
                p * s + t * d for p, s, t, d in zip(place, stride, tap, dilation, strict=True)
            )
            top[(first + output, *at)] += image[(channel, *place)] * weight[(channel, output, *tap)]
    inner = [slice(side, length - side) for side, length in zip(pad, whole, strict=True)]
    return top[(slice(None), *inner)]


def test_every_number_paints_the_filter() -> None:
    bottom = torch.tensor([[[1.0, 0.0, 2.0]]])

    top = filled(bottom, num_output=1, kernel_size=2, stride=2)(bottom)

    # filter 1 2, bias 10
    assert top.tolist() == [[[11, 12, 10, 10, 12, 14]]]


def test_filters_that_overlap_add_up_and_padding_is_cut_off() -> None:
    bottom = torch.tensor([[[1.0, 10.0, 100.0]]])

    top = filled(bottom, num_output=1, kernel_size=3, pad=1, bias_term=False)(bottom)

    # filter 1 2 3: 1, 2+10, 3+20+100, 30+200, 300, and the ends are cut
    assert top.tolist() == [[[12, 123, 230]]]


@pytest.mark.parametrize(
    ("shape", "keys", "sizes"),
    [
        ((2, 7), {"kernel_size": 3, "stride": 2, "pad": 1}, ((2,), (1,), (1,))),
        ((2, 5, 6), {"kernel_size": 3, "pad": 2, "dilation": 2}, ((1, 1), (2, 2), (2, 2))),
        ((4, 5, 6), {"kernel_size": 3, "group": 2}, ((1, 1), (0, 0), (1, 1))),
        (
            (2, 4, 3),
            {"kernel_h": 2, "kernel_w": 3, "stride_h": 2, "stride_w": 1, "pad_w": 1},
            ((2, 1), (0, 1), (1, 1)),
        ),
        ((2, 2, 3, 2), {"kernel_size": 2, "stride": 2, "pad": 1}, ((2,) * 3, (1,) * 3, (1,) * 3)),
    ],
    ids=["1-d", "dilated", "groups", "pairs", "3-d"],
)
def test_every_position_is_the_sum_of_what_is_painted_there(
    shape: Sides, keys: dict[str, Any], sizes: tuple[Sides, Sides, Sides]
) -> None:
    bottom = torch.randn(2, *shape, dtype=torch.float64)
    module = filled(bottom, num_output=4, bias_term=False, **keys)

    top = module(bottom)

    weight = module.weight.detach().numpy()
    expected = [by_loops(sample, weight, keys.get("group", 1), *sizes) for sample in bottom.numpy()]
    np.testing.assert_allclose(top.detach().numpy(), np.stack(expected), rtol=1e-9, atol=1e-9)
    assert module.weight.shape[:2] == (shape[0], 4 // keys.get("group", 1))


def test_an_image_without_spatial_axes_is_a_matrix_product() -> None:
    bottom = torch.tensor([[1.0, 2.0]])
    top = filled(bottom, num_output=2)(bottom)
    # weights 1 2 / 3 4 by channel: 1 + 2*3 + 10 and 2 + 2*4 + 20
    assert top.tolist() == [[17, 30]]


def test_all_axes_before_the_channels_are_batch_axes() -> None:
    bottom = torch.randn(2, 3, 2, 4, 5)
    top = filled(bottom, num_output=3, kernel_size=2, axis=2)(bottom)
    flat = filled(bottom[0], num_output=3, kernel_size=2)
    torch.testing.assert_close(top[1], flat(bottom[1]))


def test_a_bilinear_filter_enlarges_an_image_between_its_pixels() -> None:
    bottom = torch.tensor([[[[0.0, 4.0], [8.0, 12.0]]]])
    module = filled(bottom, num_output=1, kernel_size=4, stride=2, pad=1, bias_term=False)
    fill_(module.weight, parse("bilinear"), torch.Generator())

    top = module(bottom)

    # 4 by 4 pixels; the inner ones lie a quarter of the way: 0.75 and 0.25 of their neighbours
    assert top[0, 0, 1:3, 1:3].tolist() == [[3, 5], [7, 9]]


def test_the_memory_format_of_images_is_kept() -> None:
    bottom = torch.randn(2, 4, 5, 5).to(memory_format=torch.channels_last)
    module = filled(bottom, num_output=3, kernel_size=3)
    module.weight.data = module.weight.data.to(memory_format=torch.channels_last)
    assert module(bottom).is_contiguous(memory_format=torch.channels_last)


def test_its_work_is_counted_in_multiply_adds() -> None:
    params = params_of(DECONVOLUTION, num_output=6, kernel_size=[3, 5], group=2)
    bottoms = [Blob((2, 4, 8, 8)), Blob((2, 4, 8, 8))]
    # two bottoms of 2*4*8*8 numbers, each painted 3*5 times on 6/2 channels
    assert DECONVOLUTION.multiply_adds(params, bottoms, []) == 2 * 512 * 45


def test_fillers_are_given_by_name() -> None:
    params = params_of(DECONVOLUTION, num_output=1, weight_filler="bilinear")
    assert DECONVOLUTION.fillers(params)["weight"].type == "bilinear"


IMAGE = Blob((2, 4, 2, 8))


@pytest.mark.parametrize(
    ("keys", "why", "hint"),
    [
        ({}, "kernel_size is missing", "give kernel_size, or kernel_h and kernel_w"),
        ({"kernel_size": 1, "group": 3}, "group 3 does not divide the 4 channels", ""),
        (
            {"kernel_size": 3, "stride": 2, "pad": 3},
            "nothing is left along axis 2 of (2, 4, 2, 8): (2 - 1)*2 + 1*(3 - 1) + 1 - 2*3 = -1",
            "use a smaller pad",
        ),
    ],
)
def test_refuses_what_cannot_be_deconvolved(keys: dict[str, Any], why: str, hint: str) -> None:
    assert refusal(DECONVOLUTION, IMAGE, num_output=6, **keys) == (why, hint)


def test_refuses_bottoms_that_differ() -> None:
    assert refusal(DECONVOLUTION, IMAGE, Blob((2, 4, 2, 9)), num_output=1, kernel_size=1) == (
        "the bottoms differ in shape: (2, 4, 2, 8) and (2, 4, 2, 9)",
        "",
    )


def test_refuses_whole_numbers() -> None:
    pixels = blob_of(torch.zeros(1, 1, 2, 2, dtype=torch.uint8))
    assert refusal(DECONVOLUTION, pixels, num_output=1, kernel_size=1) == (
        "bottom 0 holds uint8, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
