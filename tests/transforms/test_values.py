from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter, ValidationError

from protonet.errors import DataError, ShapeError
from protonet.transforms.values import (
    Constant,
    Deviations,
    PerChannel,
    PerChannelOrDataset,
    check_count,
    filled_in,
    inverted,
    per_channel,
)
from tests.transforms.running import floats

NUMBERS: TypeAdapter[Any] = TypeAdapter(PerChannel)
NUMBERS_OR_DATASET: TypeAdapter[Any] = TypeAdapter(PerChannelOrDataset)
DEVIATIONS: TypeAdapter[Any] = TypeAdapter(Deviations)

NO_NUMBER = "a number is needed, or a list with one for each channel"
TOO_LARGE = "a number is infinite, or too large for float32"


def refusal(reader: TypeAdapter[Any], written: object) -> str:
    with pytest.raises(ValidationError) as caught:
        reader.validate_python(written)
    (problem,) = caught.value.errors()
    return problem["msg"]


@pytest.mark.parametrize("reader", [NUMBERS, NUMBERS_OR_DATASET, DEVIATIONS])
@pytest.mark.parametrize(
    ("written", "numbers"), [(128, (128.0,)), (0.5, (0.5,)), ([104, 117.5], (104.0, 117.5))]
)
def test_takes_one_number_or_a_list(
    reader: TypeAdapter[Any], written: object, numbers: tuple[float, ...]
) -> None:
    assert reader.validate_python(written) == numbers


@pytest.mark.parametrize("reader", [NUMBERS_OR_DATASET, DEVIATIONS])
def test_takes_the_word_dataset_where_a_header_may_say_it(reader: TypeAdapter[Any]) -> None:
    assert reader.validate_python("dataset") == "dataset"


@pytest.mark.parametrize("written", [None, [], True, [1, True], ["1"], [[1]], {"a": 1}])
@pytest.mark.parametrize("reader", [NUMBERS, NUMBERS_OR_DATASET, DEVIATIONS])
def test_refuses_what_is_no_number(reader: TypeAdapter[Any], written: object) -> None:
    assert refusal(reader, written) == NO_NUMBER


@pytest.mark.parametrize(
    "written", [math.nan, math.inf, -1e39, 10**400, [1, 1e300]], ids=lambda value: str(value)[:9]
)
def test_refuses_numbers_that_float32_cannot_hold(written: object) -> None:
    assert refusal(NUMBERS, written) == TOO_LARGE


def test_refuses_other_words() -> None:
    assert refusal(NUMBERS, "dataset") == NO_NUMBER
    assert refusal(NUMBERS_OR_DATASET, "data") == (
        "a number is needed, a list with one for each channel, or dataset"
    )


@pytest.mark.parametrize("written", [0, -1, [1, 0]])
def test_refuses_a_standard_deviation_that_is_not_above_0(written: object) -> None:
    assert refusal(DEVIATIONS, written) == "a standard deviation is above 0"


def test_the_header_fills_in_what_is_left_to_the_dataset() -> None:
    assert filled_in("dataset", (1.0, 2.0), "mean") == (1.0, 2.0)
    assert filled_in((3.0,), (1.0, 2.0), "mean") == (3.0,)


def test_refuses_a_header_without_the_numbers() -> None:
    with pytest.raises(DataError) as caught:
        filled_in("dataset", None, "std")

    assert str(caught.value) == (
        "std: dataset: the training set's header holds no std; "
        "give the numbers, or convert the data again"
    )


def test_scale_over_std() -> None:
    assert inverted((0.5, 4.0)) == (2.0, 0.25)
    assert inverted((0.5, 4.0), 0.25) == (0.5, 0.0625)


@pytest.mark.parametrize(
    ("std", "shown"), [(0.0, "0"), (-2.0, "-2"), (math.nan, "nan"), (1e-39, "1e-39")]
)
def test_refuses_to_divide_by_what_is_not_above_0(std: float, shown: str) -> None:
    with pytest.raises(DataError) as caught:
        inverted((1.0, std))

    assert str(caught.value) == (
        f"std of channel 1 is {shown}, and nothing can be divided by it; "
        "subtract the mean only, or give a std above 0"
    )


@pytest.mark.parametrize(
    ("values", "shape", "expected"),
    [
        ((2.0,), (3, 4, 4), (1,)),
        ((1.0, 2.0, 3.0), (3, 4, 4), (3, 1, 1)),
        ((1.0, 2.0, 3.0), (3,), (3,)),
        ((2.0,), (), (1,)),
    ],
)
def test_values_stand_before_their_channels(
    values: tuple[float, ...], shape: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    array = per_channel(values, shape, "mean")

    assert (array.dtype.name, array.shape) == ("float32", expected)
    assert tuple(array.ravel()) == values


@pytest.mark.parametrize(
    ("shape", "samples", "hint"),
    [
        ((3, 4, 4), "the shape (3, 4, 4) have 3 channels", "give 1 or 3"),
        ((1, 4, 4), "the shape (1, 4, 4) have 1 channel", "give 1"),
        ((), "the shape () have 1 channel", "give 1"),
    ],
)
def test_refuses_another_number_of_values_than_channels(
    shape: tuple[int, ...], samples: str, hint: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        check_count((1.0, 2.0), shape, "factor")

    assert str(caught.value) == f"factor has 2 values, and samples of {samples}"
    assert caught.value.hint == hint


def test_a_constant_lies_on_a_device_once() -> None:
    constant = Constant(floats([[1.0], [2.0]]))
    device = torch.device("cpu")

    first = constant.on(device)

    assert isinstance(first, torch.Tensor)
    assert first.tolist() == [[1.0], [2.0]]
    assert constant.on(device) is first


def test_a_single_number_is_passed_as_it_is() -> None:
    assert Constant(floats([[0.1]])).on(torch.device("cpu")) == float(np.float32(0.1))
