from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from protonet.fillers import constant
from protonet.layers.inner_product import INNER_PRODUCT, InnerProductParams
from protonet.layers.record import Blob, Setting
from tests.layers.building import build, complaints, params_of, refusal, top_of


def filled(bottom: torch.Tensor, **keys: Any) -> nn.Module:
    """Return a product with weights 1, 2, 3, … as they are stored, and biases 10, 20, …"""
    module = build(INNER_PRODUCT, bottom, **keys)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            start = torch.arange(1.0, parameter.numel() + 1)
            parameter.copy_((start * (10 if name == "bias" else 1)).view_as(parameter))
    return module


BOTTOM = torch.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]])


def test_an_example_is_multiplied_by_each_row_of_the_weight() -> None:
    # 1 2 3 / 4 5 6: 1 + 4 + 9 + 10, 4 + 10 + 18 + 20 and 2 + 10, 5 + 20
    assert filled(BOTTOM, num_output=2)(BOTTOM).tolist() == [[24, 52], [12, 25]]


def test_the_weight_may_be_stored_transposed() -> None:
    module = filled(BOTTOM, num_output=2, transpose=True)
    # 1 2 / 3 4 / 5 6: 1 + 6 + 15 + 10, 2 + 8 + 18 + 20 and 3 + 10, 4 + 20
    assert module(BOTTOM).tolist() == [[32, 48], [13, 24]]
    assert {name: tuple(value.shape) for name, value in module.named_parameters()} == {
        "weight": (3, 2),
        "bias": (2,),
    }


def test_the_bias_may_be_left_out() -> None:
    module = filled(BOTTOM, num_output=2, bias_term=False)
    assert module(BOTTOM).tolist() == [[14, 32], [2, 5]]
    assert [name for name, _ in module.named_parameters()] == ["weight"]


def test_an_image_is_flattened_in_the_order_channel_row_column() -> None:
    bottom = torch.arange(8.0).reshape(1, 2, 2, 2).contiguous(memory_format=torch.channels_last)
    top = filled(bottom, num_output=1, bias_term=False)(bottom)
    assert top.tolist() == [[sum(i * (i + 1) for i in range(8))]]


@pytest.mark.parametrize(
    ("axis", "weight", "top"),
    [(1, (5, 24), (2, 5)), (2, (5, 8), (2, 3, 5)), (-1, (5, 4), (2, 3, 2, 5)), (0, (5, 48), (5,))],
)
@pytest.mark.parametrize("transpose", [False, True])
def test_all_axes_from_the_given_one_on_are_flattened(
    axis: int, weight: tuple[int, ...], top: tuple[int, ...], transpose: bool
) -> None:
    bottom = torch.ones(2, 3, 2, 4)
    module = filled(bottom, num_output=5, axis=axis, transpose=transpose)

    assert module.get_parameter("weight").shape == (weight[::-1] if transpose else weight)
    assert module(bottom).shape == top
    assert INNER_PRODUCT.infer is not None
    params = InnerProductParams(num_output=5, axis=axis, transpose=transpose)
    assert INNER_PRODUCT.infer(params, [Blob((2, 3, 2, 4))], Setting()) == (Blob(top),)


@pytest.mark.parametrize("transpose", [False, True])
def test_the_weight_gets_the_sum_of_the_examples_as_its_gradient(transpose: bool) -> None:
    module = filled(BOTTOM, num_output=1, transpose=transpose)
    module(BOTTOM).sum().backward()
    found = module.get_parameter("weight").grad
    assert found is not None
    assert found.flatten().tolist() == [1, 3, 3]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_parameters_have_the_type_of_the_bottom(dtype: torch.dtype) -> None:
    assert top_of(INNER_PRODUCT, BOTTOM.to(dtype), num_output=2).dtype == dtype


def test_its_work_is_counted_in_multiply_adds() -> None:
    params = InnerProductParams(num_output=5, axis=2)
    # 2*3*5 numbers, each from 2*4
    assert INNER_PRODUCT.multiply_adds(params, [Blob((2, 3, 2, 4))], [Blob((2, 3, 5))]) == 240


def test_fillers_are_given_by_name() -> None:
    params = params_of(INNER_PRODUCT, num_output=1, bias_filler={"value": 0.5})
    assert INNER_PRODUCT.fillers(params) == {"weight": constant(0), "bias": constant(0.5)}


def test_refuses_an_axis_that_does_not_exist() -> None:
    assert refusal(INNER_PRODUCT, Blob((2,)), num_output=1) == (
        "axis 1 does not exist in a bottom of shape (2)",
        "its axes are 0 to 0, or -1 to -1 counted from the end",
    )


def test_refuses_whole_numbers() -> None:
    assert refusal(INNER_PRODUCT, Blob((2, 3), torch.int64), num_output=1) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )


def test_refuses_a_layer_without_outputs() -> None:
    assert [line[:2] for line in complaints(InnerProductParams)] == [("num_output", "missing")]
