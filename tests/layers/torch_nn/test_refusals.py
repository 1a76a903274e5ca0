from __future__ import annotations

from typing import Any

import pytest
import torch

from protonet.errors import ShapeError
from protonet.layers.record import Blob
from protonet.layers.torch_nn.refusals import check_arguments

WHOLE = Blob((2, 3), torch.int64)
IMAGE = Blob((2, 3, 4, 4))
TRANSPOSED: dict[str, Any] = {"stride": 2, "dilation": 1, "output_padding": 1}


@pytest.mark.parametrize(
    ("name", "arguments", "bottoms", "why", "hint"),
    [
        (
            *("GELU", {}, [WHOLE]),
            "bottom 0 holds int64, and this layer computes with floating-point numbers",
            "write dtype: float32 where the input of the net is declared",
        ),
        ("Conv2d", {"stride": (1, 0)}, [IMAGE], "stride is (1, 0)", "it is at least 1"),
        ("MaxPool2d", {"kernel_size": -2}, [IMAGE], "kernel_size is -2", "it is at least 1"),
        (
            *("Softmax", {"dim": 2}, [Blob((2, 3))]),
            "dim 2 does not exist in a bottom of shape (2, 3)",
            "its axes are 0 to 1, or -2 to -1 counted from the end",
        ),
        (
            *("MSELoss", {}, [Blob((2, 1)), Blob((2,))]),
            "bottom 1 of shape (2) has not one number for each of bottom 0, (2, 1)",
            "give both one shape; a Reshape adds or takes axes of length 1",
        ),
        (
            *("ConvTranspose2d", {**TRANSPOSED, "output_padding": (1, 2)}, [IMAGE]),
            "output_padding 2 is not below stride 2 or dilation 1",
            "it chooses among the sizes that one stride leaves open",
        ),
    ],
)
def test_what_torch_would_refuse_while_the_net_runs_is_refused(
    name: str, arguments: dict[str, Any], bottoms: list[Blob], why: str, hint: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        check_arguments(name, arguments, bottoms)
    assert (caught.value.why, caught.value.hint) == (why, hint)


@pytest.mark.parametrize(
    ("name", "arguments", "bottoms"),
    [
        ("ReLU", {}, [WHOLE]),
        ("ZeroPad2d", {"padding": 1}, [Blob((2, 3, 4, 4), torch.uint8)]),
        ("MaxPool2d", {"kernel_size": 2, "stride": None}, [IMAGE]),
        ("Softmin", {"dim": -2}, [Blob((2, 3))]),
        ("HuberLoss", {}, [Blob((2, 3)), Blob((2, 3), torch.int64)]),
        ("PoissonNLLLoss", {}, [Blob((2, 3)), Blob((2, 1))]),
        ("ConvTranspose2d", TRANSPOSED, [IMAGE]),
    ],
)
def test_what_torch_computes_is_taken(
    name: str, arguments: dict[str, Any], bottoms: list[Blob]
) -> None:
    check_arguments(name, arguments, bottoms)
