from __future__ import annotations

import pytest
import torch

from protonet.layers.eltwise import ELTWISE, EltwiseParams, Sum
from protonet.layers.record import Blob
from tests.layers.building import complaints, gradient, numbers, refusal, top_of


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, [1 + 3 - 5, 2 + 4 + 0]),
        ({"operation": "SUM"}, [-1, 6]),
        ({"coeff": [1, -2, 0.5]}, [1 - 6 - 2.5, 2 - 8 + 0]),
        ({"operation": "PROD"}, [1 * 3 * -5, 0]),
        ({"operation": "PROD", "stable_prod_grad": False}, [-15, 0]),
        ({"operation": "MAX"}, [3, 4]),
    ],
)
def test_elements_of_one_position_become_one(
    keys: dict[str, object], expected: list[float]
) -> None:
    top = top_of(ELTWISE, numbers(1.0, 2.0), numbers(3.0, 4.0), numbers(-5.0, 0.0), **keys)
    assert top.tolist() == expected


def test_the_gradient_of_a_sum_is_its_coefficients() -> None:
    bottoms = [numbers(1.0), numbers(3.0), numbers(-5.0)]
    top = top_of(ELTWISE, *bottoms, coeff=[1, -2, 0.5])
    assert [float(slope) for slope in torch.autograd.grad(top.sum(), bottoms)] == [1, -2, 0.5]


@pytest.mark.parametrize("over", [0, 1])
def test_a_sum_of_two_may_be_written_over_one(over: int) -> None:
    layer, bottoms = Sum(), [torch.tensor([1.0]), torch.tensor([3.0])]
    layer.over = over
    assert layer(*bottoms).data_ptr() == bottoms[over].data_ptr()
    assert (bottoms[over].item(), bottoms[1 - over].item()) == (4, [3, 1][over])


def test_a_sum_of_two_types_is_written_over_neither() -> None:
    layer, half, single = Sum(), torch.ones(1, dtype=torch.bfloat16), torch.full((1,), 2**-12)
    layer.over = 0
    assert layer(half, single).item() == 1 + 2**-12  # bfloat16 has 8 digits
    assert half.item() == 1


@pytest.mark.parametrize("stable", [True, False])
def test_the_gradient_of_a_product_is_that_of_the_others_even_at_zero(stable: bool) -> None:
    first, second = numbers(0.0, 2.0), numbers(3.0, 4.0)
    top = top_of(ELTWISE, first, second, operation="PROD", stable_prod_grad=stable)
    assert gradient(top, first).tolist() == [3, 4]


@pytest.mark.parametrize(
    ("values", "winner"),
    [
        ((2.0, 1.0, 0.0), 0),
        ((1.0, 2.0, 0.0), 1),
        ((1.0, 2.0, 3.0), 2),
        ((1.0, 1.0, 0.0), 1),  # a tie of bottoms 0 and 1 goes to 1
        ((1.0, 1.0, 1.0), 1),  # a later one must be strictly larger
        ((1.0, 0.0, 1.0), 0),
        ((0.0, 1.0, 1.0), 1),
    ],
)
def test_the_whole_gradient_of_a_maximum_goes_to_one_bottom(
    values: tuple[float, ...], winner: int
) -> None:
    bottoms = [numbers(value) for value in values]
    top = top_of(ELTWISE, *bottoms, operation="MAX")
    slopes = torch.autograd.grad(top.sum(), bottoms)
    assert [float(slope) for slope in slopes] == [float(place == winner) for place in range(3)]


def test_whole_numbers_are_added_too() -> None:
    ones = torch.ones(2, dtype=torch.int64)
    assert top_of(ELTWISE, ones, ones).tolist() == [2, 2]


def test_refuses_bottoms_of_different_shapes() -> None:
    assert refusal(ELTWISE, Blob((2, 3)), Blob((2, 3)), Blob((2, 1))) == (
        "bottom 2 has the shape (2, 1), bottom 0 has (2, 3)",
        "Eltwise needs bottoms of one shape; nothing is broadcast",
    )


def test_refuses_bottoms_of_different_types() -> None:
    assert refusal(ELTWISE, Blob((2,)), Blob((2,), torch.float64)) == (
        "bottom 1 holds float64, bottom 0 holds float32",
        "the bottoms of this layer have one element type",
    )


def test_refuses_coefficients_of_whole_numbers() -> None:
    whole = Blob((2,), torch.int64)
    assert refusal(ELTWISE, whole, whole, coeff=[1, 0.5]) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )


def test_refuses_another_number_of_coefficients() -> None:
    assert refusal(ELTWISE, Blob((2,)), Blob((2,)), coeff=[1, 2, 3]) == (
        "coeff has 3 numbers for 2 bottoms",
        "give one coefficient per bottom, or none",
    )


def test_refuses_coefficients_where_nothing_is_added() -> None:
    assert complaints(EltwiseParams, operation="MAX", coeff=[1, 1]) == [
        ("", "PN015", "coeff has no effect in operation MAX", "it belongs to SUM")
    ]


def test_refuses_an_unknown_operation() -> None:
    ((where, kind, _, _),) = complaints(EltwiseParams, operation="MIN")
    assert (where, kind) == ("operation", "literal_error")


def test_needs_two_bottoms() -> None:
    assert [ELTWISE.bottoms.admits(number) for number in (0, 1, 2, 7)] == [
        False,
        False,
        True,
        True,
    ]
