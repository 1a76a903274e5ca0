"""Expected numbers: by hand, or from the definition of a convolution as loops over numpy."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from protonet.fillers import Filler, constant
from protonet.layers.convolution import CONVOLUTION, Convolution, ConvolutionParams
from protonet.layers.record import Blob, Setting
from tests.layers.building import blob_of, build, complaints, numbers, params_of, refusal

Array = npt.NDArray[np.float64]
Sides = tuple[int, ...]


def filled(*bottoms: torch.Tensor, **keys: Any) -> Convolution:
    """Return a convolution with weights 1, 2, 3, … and biases 10, 20, …"""
    module = build(CONVOLUTION, *bottoms, **keys)
    assert isinstance(module, Convolution)
    with torch.no_grad():
        module.weight.copy_(torch.arange(1.0, module.weight.numel() + 1).view_as(module.weight))
        if module.bias is not None:
            module.bias.copy_(10 * torch.arange(1.0, module.bias.numel() + 1))
    return module


def by_loops(
    image: Array, weight: Array, bias: Array, group: int, stride: Sides, pad: Sides, dilation: Sides
) -> Array:
    """Convolve one sample, (C, …), as the definition says: a sum over window and channels."""
    padded = np.pad(image, [(0, 0), *((side, side) for side in pad)])
    kernel = weight.shape[2:]
    spans = [gap * (side - 1) + 1 for side, gap in zip(kernel, dilation, strict=True)]
    places = [
        (side - span) // step + 1
        for side, span, step in zip(padded.shape[1:], spans, stride, strict=True)
    ]
    outputs, channels = weight.shape[:2]
    top = np.zeros((outputs, *places))
    for output, *place in product(*map(range, (outputs, *places))):
        first = output // (outputs // group) * channels
        for channel, *tap in product(*map(range, (channels, *kernel))):
            at = tuple(
                p * s + t * d for p, s, t, d in zip(place, stride, tap, dilation, strict=True)
            )
            top[(output, *place)] += (
                weight[(output, channel, *tap)] * padded[(first + channel, *at)]
            )
        top[(output, *place)] += bias[output]
    return top


def test_a_window_slides_over_an_image() -> None:
    bottom = torch.tensor([[[[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]]]])  # (1, 1, 2, 3)

    top = filled(bottom, num_output=1, kernel_size=2)(bottom)

    # weights 1 2 / 3 4, bias 10: 1*1 + 4*3 + 10 and 2*2 + 3*3 + 10
    assert top.tolist() == [[[[23, 23]]]]


def test_a_convolution_does_not_flip_its_filter() -> None:
    bottom = torch.tensor([[[1.0, 0.0, 0.0]]])
    assert filled(bottom, num_output=1, kernel_size=2)(bottom).tolist() == [[[11, 10]]]


@pytest.mark.parametrize(
    ("shape", "keys", "sizes"),
    [
        ((2, 7), {"kernel_size": 3, "stride": 2, "pad": 1}, ((2,), (1,), (1,))),
        ((2, 5, 6), {"kernel_size": 3, "pad": 2, "dilation": 2}, ((1, 1), (2, 2), (2, 2))),
        ((4, 5, 6), {"kernel_size": 3, "group": 2}, ((1, 1), (0, 0), (1, 1))),
        ((4, 5, 6), {"kernel_size": 2, "group": 4}, ((1, 1), (0, 0), (1, 1))),
        (
            (2, 6, 7),
            {"kernel_h": 2, "kernel_w": 3, "stride_h": 2, "stride_w": 1, "pad_w": 1},
            ((2, 1), (0, 1), (1, 1)),
        ),
        (
            (1, 7, 6),
            {"kernel_size": [3, 1], "stride": [1, 2], "pad": [1, 0], "dilation": [2, 1]},
            ((1, 2), (1, 0), (2, 1)),
        ),
        ((2, 3, 4, 5), {"kernel_size": 2, "stride": 2, "pad": 1}, ((2,) * 3, (1,) * 3, (1,) * 3)),
    ],
    ids=["1-d", "dilated", "groups", "depthwise", "pairs", "per axis", "3-d"],
)
@pytest.mark.parametrize("bias_term", [True, False])
def test_every_position_is_the_sum_of_its_window(
    shape: Sides, keys: dict[str, Any], sizes: tuple[Sides, Sides, Sides], bias_term: bool
) -> None:
    bottom = torch.randn(3, *shape, dtype=torch.float64)
    module = filled(bottom, num_output=4, bias_term=bias_term, **keys)

    top = module(bottom)

    weight = module.weight.detach().numpy()
    bias = np.zeros(4) if module.bias is None else module.bias.detach().numpy()
    expected = [
        by_loops(sample, weight, bias, keys.get("group", 1), *sizes) for sample in bottom.numpy()
    ]
    np.testing.assert_allclose(top.detach().numpy(), np.stack(expected), rtol=1e-9, atol=1e-9)
    params = params_of(CONVOLUTION, num_output=4, **keys)
    assert CONVOLUTION.infer is not None
    assert CONVOLUTION.infer(params, [blob_of(bottom)], Setting()) == (blob_of(top),)


def test_an_image_without_spatial_axes_is_a_matrix_product() -> None:
    bottom = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    top = filled(bottom, num_output=2)(bottom)
    # weights 1 2 / 3 4: 1 + 4 + 10, 3 + 8 + 20 and 3 + 8 + 10, 9 + 16 + 20
    assert top.tolist() == [[15, 31], [21, 45]]


def test_groups_of_an_image_without_spatial_axes_keep_apart() -> None:
    bottom = torch.tensor([[1.0, 2.0]])
    top = filled(bottom, num_output=2, group=2, kernel_size=1, bias_term=False)(bottom)
    assert top.tolist() == [[1, 4]]


@pytest.mark.parametrize("axis", [2, -3])
def test_all_axes_before_the_channels_are_batch_axes(axis: int) -> None:
    bottom = torch.randn(2, 3, 2, 4, 5)
    module = filled(bottom, num_output=3, kernel_size=2, axis=axis)

    top = module(bottom)

    assert top.shape == (2, 3, 3, 3, 4)
    flat = filled(bottom[0], num_output=3, kernel_size=2)
    torch.testing.assert_close(top[1], flat(bottom[1]))


def test_the_first_axis_may_be_the_channels() -> None:
    bottom = torch.randn(2, 4, 5)
    top = filled(bottom, num_output=3, kernel_size=2, axis=0)(bottom)
    torch.testing.assert_close(
        top, filled(bottom[None], num_output=3, kernel_size=2)(bottom[None])[0]
    )


def test_several_bottoms_meet_the_same_filters() -> None:
    first, second = torch.randn(2, 1, 4, 4), torch.randn(2, 1, 4, 4)
    module = filled(first, second, num_output=2, kernel_size=3)

    tops = module(first, second)

    assert [name for name, _ in module.named_parameters()] == ["weight", "bias"]
    torch.testing.assert_close(tops[0], module(first))
    torch.testing.assert_close(tops[1], module(second))


def test_the_filters_get_the_gradient_of_all_bottoms() -> None:
    first, second = numbers([[1.0]], [[2.0]]), numbers([[3.0]], [[4.0]])  # (2, 1, 1) each
    module = filled(first, second, num_output=1, kernel_size=1)

    sum(top.sum() for top in module(first, second)).backward()

    assert module.weight.grad is not None
    assert module.weight.grad.item() == 1 + 2 + 3 + 4
    assert module.bias is not None
    assert module.bias.grad is not None
    assert module.bias.grad.item() == 4


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_parameters_have_the_type_of_the_bottom(dtype: torch.dtype) -> None:
    bottom = torch.zeros(1, 1, 3, 3, dtype=dtype)
    module = filled(bottom, num_output=1, kernel_size=3)
    assert {parameter.dtype for parameter in module.parameters()} == {dtype}
    assert module(bottom).dtype == dtype


def test_its_work_is_counted_in_multiply_adds() -> None:
    params = params_of(CONVOLUTION, num_output=6, kernel_size=[3, 5], group=2)
    bottoms = [Blob((2, 4, 8, 8)), Blob((2, 4, 8, 8))]
    tops = [Blob((2, 6, 6, 4)), Blob((2, 6, 6, 4))]
    # two tops of 2*6*6*4 numbers, each from 3*5 pixels of 4/2 channels
    assert CONVOLUTION.multiply_adds(params, bottoms, tops) == 2 * 288 * 30


def test_fillers_are_given_by_name() -> None:
    params = params_of(CONVOLUTION, num_output=1, weight_filler="xavier")
    fillers = CONVOLUTION.fillers(params)
    assert (fillers["weight"].type, fillers["bias"]) == ("xavier", constant(0))
    assert isinstance(fillers["weight"], Filler)


IMAGE = Blob((2, 4, 8, 8))


@pytest.mark.parametrize(
    ("keys", "why", "hint"),
    [
        ({}, "kernel_size is missing", "give kernel_size, or kernel_h and kernel_w"),
        ({"kernel_size": 1, "group": 3}, "group 3 does not divide the 4 channels", ""),
        (
            {"kernel_size": 1, "group": 4},
            "group 4 does not divide the 6 filters (num_output)",
            "",
        ),
        (
            {"kernel_size": 9},
            "no window fits along axis 2 of (2, 4, 8, 8): floor((8 + 2*0 - 9) / 1) + 1 = 0",
            "use a smaller kernel_size or a larger pad",
        ),
        (
            {"kernel_size": [3, 3, 3]},
            "kernel_size has 3 numbers, the bottom has 2 spatial axes",
            "",
        ),
        (
            {"kernel_size": 3, "dilation": [1, 1, 1]},
            "dilation has 3 numbers, the bottom has 2 spatial axes",
            "",
        ),
        (
            {"kernel_size": 3, "axis": 4},
            "axis 4 does not exist in a bottom of shape (2, 4, 8, 8)",
            "its axes are 0 to 3, or -4 to -1 counted from the end",
        ),
        (
            {"kernel_h": 3, "kernel_w": 3, "axis": 0},
            "kernel_h and kernel_w need 2 spatial axes, the bottom has 3",
            "give kernel_size with one number per axis",
        ),
    ],
)
def test_refuses_what_cannot_be_convolved(keys: dict[str, Any], why: str, hint: str) -> None:
    assert refusal(CONVOLUTION, IMAGE, num_output=6, **keys) == (why, hint)


def test_refuses_bottoms_that_differ() -> None:
    assert refusal(CONVOLUTION, IMAGE, Blob((2, 4, 8, 9)), num_output=1, kernel_size=1) == (
        "the bottoms differ in shape: (2, 4, 8, 8) and (2, 4, 8, 9)",
        "",
    )


def test_refuses_more_than_three_spatial_axes() -> None:
    assert refusal(CONVOLUTION, Blob((2, 4, 3, 3, 3, 3)), num_output=1, kernel_size=1) == (
        "the bottom (2, 4, 3, 3, 3, 3) has 4 spatial axes, at most 3 are convolved",
        "",
    )


def test_refuses_whole_numbers() -> None:
    pixels = Blob((2, 4, 8, 8), torch.uint8)
    assert refusal(CONVOLUTION, pixels, num_output=1, kernel_size=1) == (
        "bottom 0 holds uint8, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )


def test_refuses_a_layer_without_filters() -> None:
    assert [line[:2] for line in complaints(ConvolutionParams)] == [("num_output", "missing")]
    assert [line[:2] for line in complaints(ConvolutionParams, num_output=0)] == [
        ("num_output", "greater_than")
    ]
