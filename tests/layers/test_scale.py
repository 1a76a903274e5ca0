from __future__ import annotations

from typing import Any

import pytest
import torch

from protonet.fillers import constant
from protonet.layers.record import Blob
from protonet.layers.scale import SCALE, ScaleParams
from protonet.net import Net
from tests.layers.building import build, complaints, numbers, refusal, top_of
from tests.specs import spec_of

BOTTOM = numbers([1.0, 2.0], [3.0, 4.0])


def scaled(weight: Any, bias: Any = None, **keys: Any) -> Any:
    """Return what a layer with these factors makes of `BOTTOM`."""
    module = build(SCALE, BOTTOM, bias_term=bias is not None, **keys)
    values = {"weight": torch.tensor(weight)}
    values |= {} if bias is None else {"bias": torch.tensor(bias)}
    module.load_state_dict(values)
    return module(BOTTOM).tolist()


def test_each_channel_has_a_factor() -> None:
    assert scaled([10.0, 100.0]) == [[10, 200], [30, 400]]


def test_each_channel_has_a_bias_too() -> None:
    assert scaled([10.0, 100.0], [1.0, 2.0]) == [[11, 202], [31, 402]]


@pytest.mark.parametrize(
    ("keys", "weight", "expected"),
    [
        ({"axis": 0}, [10.0, 100.0], [[10, 20], [300, 400]]),
        ({"axis": -1}, [10.0, 100.0], [[10, 200], [30, 400]]),
        ({"axis": 0, "num_axes": 2}, [[1.0, 2.0], [3.0, 4.0]], [[1, 4], [9, 16]]),
        ({"axis": 0, "num_axes": -1}, [[1.0, 2.0], [3.0, 4.0]], [[1, 4], [9, 16]]),
        ({"num_axes": 0}, 10.0, [[10, 20], [30, 40]]),
        ({"num_axes": 0, "axis": 7}, 10.0, [[10, 20], [30, 40]]),  # a single factor has no axis
    ],
)
def test_factors_differ_along_the_axes_given(
    keys: dict[str, int], weight: Any, expected: list[list[float]]
) -> None:
    assert scaled(weight, **keys) == expected


def test_factors_in_the_middle_are_spread_over_the_axes_around() -> None:
    ones = torch.ones(2, 3, 4, 5)
    module = build(SCALE, ones, num_axes=2)
    weight = torch.arange(12.0).reshape(3, 4)
    module.load_state_dict({"weight": weight})
    assert torch.equal(module(ones), weight[None, :, :, None].expand(2, 3, 4, 5))


def test_a_second_bottom_gives_the_factors() -> None:
    factors = numbers(10.0, 100.0)
    assert top_of(SCALE, BOTTOM, factors).tolist() == [[10, 200], [30, 400]]
    assert top_of(SCALE, BOTTOM, factors, axis=0).tolist() == [[10, 20], [300, 400]]
    assert top_of(SCALE, BOTTOM, torch.tensor(10.0), axis=7).tolist() == [[10, 20], [30, 40]]


def test_both_bottoms_get_a_gradient() -> None:
    factors = numbers(10.0, 100.0)
    slopes = torch.autograd.grad(top_of(SCALE, BOTTOM, factors).sum(), [BOTTOM, factors])
    assert [slope.tolist() for slope in slopes] == [[[10, 100], [10, 100]], [1 + 3, 2 + 4]]


def test_the_bias_beside_a_second_bottom_is_the_only_parameter() -> None:
    factors = numbers(10.0, 100.0)
    module = build(SCALE, BOTTOM, factors, bias_term=True)
    assert [name for name, _ in module.named_parameters()] == ["bias"]
    module.load_state_dict({"bias": torch.tensor([1.0, 2.0])})
    assert module(BOTTOM, factors).tolist() == [[11, 202], [31, 402]]


def test_factors_start_at_one_and_biases_at_zero() -> None:
    params = ScaleParams()
    assert SCALE.fillers(params) == {"weight": constant(1), "bias": constant(0)}
    net = Net(
        spec_of("""
        net:
          inputs: {data: [2]}
          layers:
            - {name: scale, type: Scale, bias_term: true}
        """).net
    )
    assert {name: tensor.tolist() for name, tensor in net.params["scale"].items()} == {
        "weight": [1, 1],
        "bias": [0, 0],
    }


def test_the_memory_format_of_an_image_stays() -> None:
    image = torch.ones(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    top = build(SCALE, image, bias_term=True)(image)
    assert top.is_contiguous(memory_format=torch.channels_last)


def test_refuses_an_axis_that_does_not_exist() -> None:
    assert refusal(SCALE, Blob((2, 3)), axis=2) == (
        "axis 2 does not exist in a bottom of shape (2, 3)",
        "its axes are 0 to 1, or -2 to -1 counted from the end",
    )


def test_refuses_more_axes_than_are_left() -> None:
    assert refusal(SCALE, Blob((2, 3, 4)), axis=1, num_axes=3) == (
        "num_axes 3 from axis 1 on exceeds the axes of (2, 3, 4)",
        "2 are left; -1 takes them all",
    )


@pytest.mark.parametrize("shape", [(4,), (3, 5), (3, 4, 1)])
def test_refuses_factors_that_do_not_match(shape: tuple[int, ...]) -> None:
    assert refusal(SCALE, Blob((2, 3, 4)), Blob(shape)) == (
        f"factors of shape {Blob(shape)} do not match the bottom (2, 3, 4) from axis 1 on",
        "each of their axes is as long as that of the first bottom",
    )


def test_refuses_a_negative_number_of_axes() -> None:
    ((where, kind, _, _),) = complaints(ScaleParams, num_axes=-2)
    assert (where, kind) == ("num_axes", "greater_than_equal")


def test_refuses_whole_numbers() -> None:
    assert refusal(SCALE, Blob((2, 3), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )


@pytest.mark.parametrize("bottoms", [1, 2])
def test_learned_numbers_have_the_type_of_the_bottom(bottoms: int) -> None:
    given = [torch.ones(2, 3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)][:bottoms]
    module = build(SCALE, *given, bias_term=True)
    assert {parameter.dtype for parameter in module.parameters()} == {torch.float64}
    assert module(*given).dtype == torch.float64


def test_a_single_number_can_be_scaled() -> None:
    number = torch.tensor(3.0)
    module = build(SCALE, number, num_axes=0)
    torch.nn.init.constant_(module.get_parameter("weight"), 2)
    assert float(module(number).detach()) == 6
