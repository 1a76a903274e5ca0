"""What timm published: where it lies, what it is worth, and how images are prepared for it."""

from __future__ import annotations

import math

import pytest

from protonet.zoo.address import name_of
from protonet.zoo.published import Published
from protonet.zoo.timm_index import TIMM
from tests.zoo.timm_recorded import given

CROPS = dict.fromkeys(("resnet18", "resnet34", "resnet50", "resnet50d", "seresnet50"), 0.95) | {
    "resnext50_32x4d": 0.95
}
"""crop_pct of pretrained_cfg in timm 1.0.31, where it is not 0.875."""


EVERY = pytest.mark.parametrize("published", TIMM, ids=lambda one: one.name)


@EVERY
def test_images_are_prepared_as_timm_prepares_them(published: Published) -> None:
    resize, crop, normalize = published.preprocessing.transform()
    share = CROPS.get(published.name.partition(".")[0], 0.875)
    short = math.floor(224 / share)  # timm: scale_size = floor(input_size / crop_pct)
    assert resize == {"type": "Resize", "short": short, "interpolation": "bicubic"}
    assert crop == {"type": "CenterCrop", "size": [224, 224]}
    assert normalize == {
        "type": "Normalize",
        "mean": pytest.approx([0.485 * 255, 0.456 * 255, 0.406 * 255]),
        "std": pytest.approx([0.229 * 255, 0.224 * 255, 0.225 * 255]),
    }


def test_names_are_timms_and_can_be_addressed() -> None:
    assert [name_of(f"zoo://{one.name}") for one in TIMM] == [one.name for one in TIMM]
    assert len({one.url for one in TIMM}) == len(TIMM)


@EVERY
def test_the_file_may_be_as_large_as_its_weights(published: Published) -> None:
    recorded = given().get(published.name.partition(".")[0])
    if recorded is not None:
        assert 4 * recorded.parameters < published.most < 64 * 4 * recorded.parameters
