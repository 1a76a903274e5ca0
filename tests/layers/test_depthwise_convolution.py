from __future__ import annotations

import torch

from protonet.layers.convolution import Convolution
from protonet.layers.depthwise_convolution import DEPTHWISE_CONVOLUTION
from protonet.layers.record import Blob, Setting
from tests.layers.building import blob_of, build, params_of, refusal


def test_every_channel_has_filters_of_its_own() -> None:
    bottom = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])  # 2 channels of 2 pixels
    module = build(DEPTHWISE_CONVOLUTION, bottom, num_output=4, kernel_size=2)
    assert isinstance(module, Convolution)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([[[1.0, 0]], [[0, 1]], [[1, 1]], [[2, 0]]]))
        assert module.bias is not None
        module.bias.copy_(torch.tensor([0.0, 0, 0, 10]))

    # filters 0 and 1 see channel 0, filters 2 and 3 channel 1: 1, 2, 3 + 4, 2*3 + 10
    assert module(bottom).tolist() == [[[1], [2], [7], [16]]]


def test_group_may_be_given_and_is_the_number_of_channels() -> None:
    blobs = [Blob((2, 4, 3, 3))]
    for group in (1, 4):
        params = params_of(DEPTHWISE_CONVOLUTION, num_output=8, kernel_size=3, group=group)
        assert DEPTHWISE_CONVOLUTION.infer is not None
        (top,) = DEPTHWISE_CONVOLUTION.infer(params, blobs, Setting())
        assert top.shape == (2, 8, 1, 1)
        # 2*8 numbers, each of the 9 pixels of one channel
        assert DEPTHWISE_CONVOLUTION.multiply_adds(params, blobs, [top]) == 16 * 9


def test_refuses_another_group() -> None:
    blob = blob_of(torch.zeros(2, 4, 3, 3))
    assert refusal(DEPTHWISE_CONVOLUTION, blob, num_output=8, kernel_size=3, group=2) == (
        "group 2 is not the number of channels, 4",
        "leave group out, or use a Convolution",
    )


def test_refuses_filters_that_are_no_multiple_of_the_channels() -> None:
    assert refusal(DEPTHWISE_CONVOLUTION, Blob((2, 4, 3, 3)), num_output=6, kernel_size=3) == (
        "group 4 does not divide the 6 filters (num_output)",
        "",
    )
