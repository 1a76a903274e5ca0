from __future__ import annotations

from typing import Any

import pytest

from protonet.layers import LAYERS
from protonet.look.families import ATTACHED, COLOURS, family, key_numbers


@pytest.mark.parametrize("name", LAYERS)
def test_every_type_has_a_colour(name: str) -> None:
    assert family(name, LAYERS[name]) in COLOURS


def test_families() -> None:
    given = {name: family(name, LAYERS[name]) for name in ("Convolution", "Accuracy", "Flatten")}
    assert given == {"Convolution": "convolution", "Accuracy": "metric", "Flatten": "other"}
    assert family("SoftmaxWithLoss", LAYERS["SoftmaxWithLoss"]) == "loss"
    assert {"ReLU", "BatchNorm", "Scale", "Dropout"} <= ATTACHED


def params(type_: str, **keys: object) -> Any:
    return LAYERS[type_].params.model_validate(keys)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (params("Convolution", num_output=64, kernel_size=7, stride=2, pad=3), "64, 7×7, stride 2, "
         "pad 3"),
        (params("Convolution", num_output=8, kernel_h=1, kernel_w=7, pad_w=3), "8, 1×7, pad 0×3"),
        (params("Convolution", num_output=8, kernel_size=3, group=8, dilation=2), "8, 3×3, "
         "dilation 2, group 8"),
        (params("Convolution", num_output=8, kernel_size=[3, 3, 5]), "8, 3×3×5"),
        (params("Pooling", kernel_size=3, stride=2), "MAX, 3×3, stride 2"),
        (params("Pooling", pool="AVE", global_pooling=True), "AVE, global"),
        (params("InnerProduct", num_output=10), "10"),
        (params("Eltwise", operation="SUM"), "SUM"),
        (params("ReLU"), ""),
        (None, ""),
    ],
)  # fmt: skip
def test_the_numbers_that_matter(given: Any, text: str) -> None:
    assert key_numbers(given) == text
