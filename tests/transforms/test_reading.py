from __future__ import annotations

import pytest

from protonet.transforms import TRANSFORMS, plain, read_transform
from protonet.transforms.caffe import CaffeTransform
from protonet.transforms.crop import CropParams
from protonet.transforms.mirror import MirrorParams
from protonet.transforms.record import Step
from tests.transforms.running import refusals

KNOWN = f"known: {', '.join(sorted(TRANSFORMS))}"
FIRST = "AutoAugment, CenterCrop, ColorJitter, Crop, CutMix, GaussianBlur, GaussianNoise, Mean"


def test_a_map_is_caffes() -> None:
    assert read_transform({"scale": 2, "mirror": True}) == CaffeTransform(scale=2.0, mirror=True)


def test_a_list_is_read_in_its_order() -> None:
    mirror, crop = TRANSFORMS["Mirror"], TRANSFORMS["Crop"]

    steps = read_transform([{"type": "Mirror"}, {"type": "Crop", "size": 3}])

    assert steps == (Step(mirror, MirrorParams()), Step(crop, CropParams(size=(3, 3))))


def test_nothing_is_an_empty_list() -> None:
    assert read_transform([]) == ()


def test_what_was_read_is_taken_again() -> None:
    caffe, steps = read_transform({"scale": 2}), read_transform([{"type": "Mirror"}])

    assert read_transform(caffe) is caffe
    assert read_transform(steps) == steps


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({}, {}),
        (
            {"mean_value": [1, 2, 3], "mirror": False, "crop_size": 7},
            {"mean_value": [1.0, 2.0, 3.0], "crop_size": 7},
        ),
        ({"mean": "dataset", "std": 2}, {"mean": "dataset", "std": [2.0]}),
        ([{"type": "Mirror", "probability": 0.5}], [{"type": "Mirror"}]),
        (
            [{"type": "Crop", "size": 7}, {"type": "Mean", "value": "dataset"}],
            [{"type": "Crop", "size": [7, 7]}, {"type": "Mean", "value": "dataset"}],
        ),
    ],
)
def test_it_is_written_out_without_defaults_and_read_again(written: object, kept: object) -> None:
    read = read_transform(written)

    assert plain(read) == kept
    assert read_transform(plain(read)) == read


@pytest.mark.parametrize("written", [3, "Scale", None, True])
def test_refuses_what_is_neither_map_nor_list(written: object) -> None:
    assert refusals(written) == [
        ": a map or a list of transforms is needed "
        "(for example {scale: 0.00390625} or [{type: Scale, factor: 0.00390625}])"
    ]


def test_refuses_a_typed_transform_outside_a_list() -> None:
    assert refusals({"type": "Scale", "factor": 2}) == [
        ": transforms with a type stand in a list "
        "(write [{type: …}]; a map without type is Caffe's)"
    ]


def test_every_problem_of_a_map_is_told() -> None:
    assert refusals({"scal": 1, "crop_size": -1, "mean_value": [], "mean": "data"}) == [
        "crop_size: Input should be greater than or equal to 0",
        "mean_value: a number is needed, or a list with one for each channel "
        "(for example 128 or [104, 117, 123])",
        "mean: a number is needed, a list with one for each channel, or dataset "
        "(for example dataset)",
        "scal: unknown key (did you mean scale?)",
    ]


def test_every_problem_of_a_list_is_told_with_its_place() -> None:
    written = [
        {"type": "Mirrr"},
        {"factor": 1},
        3,
        {"type": "Crop", "size": 4, "pad": 1},
        {"type": "Mean"},
        {"type": "Mean", "value": 1, "file": "mean.npy"},
        {"type": 7},
        {"type": "Normalize", "mean": 1, "std": 0},
    ]

    assert refusals(written) == [
        "0.type: unknown transform (did you mean Mirror?)",
        f"1.type: missing ({KNOWN})",
        "2: a transform is a map with a type (for example {type: Mirror})",
        "3.pad: unknown key (known: size)",
        "4: a mean is needed (give value or file)",
        "5: value and file exclude each other (give value or file)",
        f"6.type: unknown transform (known: {FIRST}, Mirror, MixUp, Normalize, OneHot and 12 more)",
        "7.std: a standard deviation is above 0",
    ]
