"""The comparison itself: what differs is found, and only that."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.golden.cases import Comparison, base_of_split, under

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("ours", "caffes", "wrong"),
    [
        ([1.0, 2.0], [1.0, 2.0], []),
        ([1.0, 2.0], [1.0, 2.00001], []),
        ([1e-11], [0.0], []),  # as if the largest were 1e-6
        ([1.0, 2.0], [1.0, 2.001], ["x: off by 0.0005 of 2, above 0.0001"]),
        ([1.0], [0.0], ["x: off by 1e+06 of 1e-06, above 0.0001"]),
        ([NAN], [1.0], ["x: off by nan of 1, above 0.0001"]),
        ([1.0, NAN, INF], [1.0, NAN, INF], []),
        ([1.0], [NAN], ["x: other numbers where Caffe's are not finite"]),
        ([INF], [-INF], ["x: other numbers where Caffe's are not finite"]),
        ([1.0], [1.0, 1.0], ["x: shape (1,), Caffe's is (2,)"]),
    ],
)
def test_what_differs_is_found(ours: list[float], caffes: list[float], wrong: list[str]) -> None:
    found = Comparison()

    found.add("x", torch.tensor(ours), np.array(caffes, np.float32), 1e-4)

    assert found.wrong == wrong


def test_all_that_differs_fails_the_test() -> None:
    found = Comparison()
    found.add_lists("a", [1], [2], 1e-4)
    found.add_lists("b", [1], [1, 2], 1e-4)

    with pytest.raises(pytest.fail.Exception) as error:
        found.require_none()

    assert str(error.value) == "a: off by 0.5 of 2, above 0.0001\nb: 1 numbers, Caffe has 2"


def test_arrays_are_found_by_how_their_keys_begin_and_end() -> None:
    array = np.zeros(1)

    found = under("in/", {"in/x/step0": array, "in/x/step1": array, "out/x/step1": array}, "/step1")

    assert list(found) == ["x"]


def test_a_copy_belongs_to_the_longest_name_that_fits() -> None:
    assert base_of_split("a_b_conv_0_split_1", ["a", "a_b", "c"]) == "a_b"
