"""Arguments of torch's constructors as strict keys."""

from __future__ import annotations

from typing import Any, Literal

import pytest
import torch
from torch import nn

from protonet.layers import LAYERS
from protonet.layers.torch_nn.arguments import arguments_of, plain, texts_of, words
from tests.layers.building import complaints, params_of

CONV = LAYERS["nn.Conv2d"]


def conv(**keys: Any) -> Any:
    return params_of(CONV, out_channels=4, **{"kernel_size": 3, **keys})


def told(kind: str, **keys: Any) -> tuple[str, str, str, str]:
    (one,) = complaints(LAYERS[kind].params, **keys)
    return one


def test_device_and_dtype_are_no_keys() -> None:
    taken = arguments_of(nn.Linear)
    assert [*taken] == ["in_features", "out_features", "bias"]


def test_numbers_and_lists_and_words_are_taken_as_torch_takes_them() -> None:
    given = conv(kernel_size=[3, 2], padding="same", padding_mode="reflect")
    assert (given.kernel_size, given.padding, given.stride) == ((3, 2), "same", 1)
    assert params_of(LAYERS["nn.MaxPool2d"], kernel_size=2).stride is None
    sizes = params_of(LAYERS["nn.AdaptiveAvgPool2d"], output_size=[None, 3]).output_size
    assert sizes == (None, 3)


@pytest.mark.parametrize("value", ["3", 1.5, True, [1, 2, 3], [1]])
def test_what_is_no_such_size_is_refused_in_one_sentence(value: object) -> None:
    why = "a whole number or a list of 2 whole numbers is needed"
    expected = ("kernel_size", "PN010", why, "")
    assert told("nn.Conv2d", out_channels=4, kernel_size=value) == expected


def test_a_padding_has_its_words() -> None:
    why = "valid or same or a whole number or a list of 2 whole numbers is needed"
    found = told("nn.Conv2d", out_channels=4, kernel_size=3, padding="full")
    assert found == ("padding", "PN010", why, "")


def test_numbers_are_strict() -> None:
    where, kind, _, _ = told("nn.Dropout", p="0.5")
    assert (where, kind) == ("p", "float_type")


@pytest.mark.parametrize(
    ("kind", "keys", "where"),
    [
        ("nn.GELU", {"approximate": "erf"}, "approximate"),
        ("nn.MSELoss", {"reduction": "none"}, "reduction"),
        ("nn.RNN", {"hidden_size": 2, "nonlinearity": "sigmoid"}, "nonlinearity"),
        ("nn.Upsample", {"mode": "cubic"}, "mode"),
    ],
)
def test_texts_have_few_values(kind: str, keys: dict[str, Any], where: str) -> None:
    assert told(kind, **keys)[:2] == (where, "literal_error")


def test_an_axis_that_torch_would_guess_has_to_be_said() -> None:
    assert told("nn.Softmax")[:2] == ("dim", "missing")
    assert params_of(LAYERS["nn.CosineSimilarity"]).dim == 1


def test_a_misspelt_argument_is_told_the_nearest() -> None:
    expected = ("approximat", "PN012", "unknown key", "did you mean approximate?")
    assert told("nn.GELU", approximat="tanh") == expected


def test_nothing_is_computed_in_place() -> None:
    why = "a blob is not overwritten, because other layers may read it"
    assert told("nn.ReLU", inplace=True) == ("inplace", "PN013", why, "leave inplace out")


def test_types_are_told_in_words() -> None:
    assert words(Literal["same", "valid"]) == "same or valid"
    assert words(tuple[int, int, int]) == "a list of 3 whole numbers"
    assert words(tuple[float, ...]) == "a list of numbers"
    assert words(torch.Tensor) == "a list of numbers"
    assert words(bool) == "true or false"
    assert words(str) == "a text"


def test_markup_and_formulas_are_left_out_of_descriptions() -> None:
    text = "Size of :attr:`x`, see :class:`~torch.nn.Y`.\n  From :math:`\\sqrt{k}` on. Good"
    assert plain(text) == "Size of x, see torch.nn.Y. Good"
    docs = "Args:\n    one (int): first\n        argument\n    two: second\n\nShape:\n"
    assert texts_of(docs) == {"one": "first argument", "two": "second"}
