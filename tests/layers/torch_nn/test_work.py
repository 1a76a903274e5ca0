"""Multiply-adds, by hand."""

from __future__ import annotations

import pytest

from protonet.layers import LAYERS
from protonet.layers.record import Blob


@pytest.mark.parametrize(
    ("name", "keys", "bottoms", "top", "expected"),
    [
        # each of 2 * 6 * 4 * 4 outputs is a sum over 3 * 3 * 3 products
        ("Conv2d", {"kernel_size": 3}, [(2, 3, 6, 6)], (2, 6, 4, 4), 192 * 27),
        # two groups of 2 channels each: 1 * 6 * 5 outputs of 2 * 2 products
        ("Conv1d", {"kernel_size": 2, "groups": 2}, [(1, 4, 6)], (1, 6, 5), 30 * 4),
        # each of 1 * 3 * 2 * 2 inputs goes to 6 channels of 2 * 3 places
        ("ConvTranspose2d", {"kernel_size": [2, 3]}, [(1, 3, 2, 2)], (1, 6, 3, 4), 12 * 36),
        # 2 * 6 outputs of 5 products
        ("Linear", {}, [(2, 5)], (2, 6), 60),
        # 2 * 6 outputs, each a 5 by 4 matrix times one vector, and then another
        ("Bilinear", {}, [(2, 5), (2, 4)], (2, 6), 12 * (5 * 4 + 5)),
    ],
)
def test_products_are_counted(
    name: str, keys: dict[str, object], bottoms: list[tuple[int, ...]], top: object, expected: int
) -> None:
    kind = LAYERS[f"nn.{name}"]
    out = "out_channels" if name.startswith("Conv") else "out_features"
    params = kind.params.model_validate({out: 6, **keys})
    assert isinstance(top, tuple)
    assert kind.multiply_adds(params, list(map(Blob, bottoms)), [Blob(top)]) == expected


def test_what_is_not_counted_is_nothing() -> None:
    kind = LAYERS["nn.ReLU"]
    assert kind.multiply_adds(kind.params(), [Blob((2, 3))], [Blob((2, 3))]) == 0
