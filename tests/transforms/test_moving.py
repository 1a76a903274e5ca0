"""Which transforms a label image follows."""

from __future__ import annotations

from typing import Any

import pytest

from protonet.transforms import TRANSFORMS, Context, read_transform
from protonet.transforms.moving import moving

CONTEXT = Context(shape=(3, 16, 24), mean=(1.0, 2.0, 3.0), training=True)

STAYS = {
    "Scale", "Mean", "Normalize", "ColorJitter", "GaussianBlur", "GaussianNoise", "RandomErasing",
    "ToRGB", "ToBGR", "ToGray", "MixUp", "CutMix", "OneHot",
}  # fmt: skip


def test_every_transform_moves_pixels_or_does_not() -> None:
    """What mixes samples mixes their labels as shares; what erases leaves labels as they were."""
    assert {name for name, kind in TRANSFORMS.items() if not kind.moves} == STAYS


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({"crop_size": 4, "mirror": True, "mean": "dataset", "scale": 2}, ["Crop", "Mirror"]),
        ({"scale": 2}, []),
        (
            [{"type": "ToBGR"}, {"type": "Resize", "size": 8}, {"type": "Scale", "factor": 2}],
            ["Resize"],
        ),
    ],
)
def test_the_order_stays(written: Any, kept: list[str]) -> None:
    steps = moving(read_transform(written), CONTEXT)
    assert [step.kind.name for step in steps] == kept


def test_what_comes_in_is_no_colour() -> None:
    written = [
        {"type": "Pad", "pad": 2, "fill": [1, 2, 3]},
        {"type": "Rotate", "degrees": 5, "fill": 9},
    ]
    pad, turn = moving(read_transform(written), CONTEXT)
    assert [step.params.model_dump()["fill"] for step in (pad, turn)] == [(0.0,), (0.0,)]
    assert pad.params.model_dump()["pad"] == (2, 2, 2, 2)
