"""Caffe's map against what Caffe's own data layers gave (golden/data), and against its formula."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protonet.caffe import import_net
from protonet.errors import DataError, ShapeError
from protonet.transforms.record import Array
from tests.transforms.running import built, floats, pixels, refusals, run

RECORDED = Path(__file__).parents[1] / "golden" / "data"

RAW = {
    "data_gray_scale": ("imagedata_gray", 5),
    "data_mean_file": ("data_plain", 5),
    "data_mean_file_crop": ("data_plain", 5),
    "data_mean_value1": ("data_plain", 5),
    "data_mean_value3_crop": ("data_plain", 5),
    "imagedata_resize_crop": ("data_resized", 7),
}
"""For each recorded case the case that gave the same images untouched, and their number."""


def recorded(case: str) -> Array:
    """Return what a data layer gave in four batches, one after the other, (N, C, H, W)."""
    with np.load(RECORDED / f"{case}.npz") as file:
        return np.concatenate([file[f"out/data/step{step}"] for step in range(4)])


def transform_of(case: str) -> dict[str, object]:
    """Return `transform_param` as the prototxt says it, with NumPy's form of the mean file."""
    imported = import_net(RECORDED / f"{case}.prototxt", {"data": (3, 10, 12)})
    transform: dict[str, object] = dict(imported.origin.data["data"]["test"]["transform"])
    return {**transform, "mean_file": "mean.npz"} if "mean_file" in transform else transform


@pytest.mark.parametrize("case", RAW)
def test_gives_what_caffe_gave(case: str) -> None:
    expected, (source, count) = recorded(case), RAW[case]
    stored = recorded(source)[:count].astype(np.uint8)
    images = stored[np.arange(len(expected)) % count]  # it starts again at the end of the set

    assert np.array_equal(run(transform_of(case), images, folder=RECORDED), expected)


def test_the_order_is_crop_mirror_mean_scale_whatever_that_of_the_file() -> None:
    images = pixels(50, 3, 6, 7)
    written = {"scale": 0.5, "mean_value": [1, 2, 3], "mirror": True, "crop_size": 4}

    result = run(written, images)

    mean = floats([1, 2, 3]).reshape(3, 1, 1)
    plain = (images[:, :, 1:5, 1:5] - mean) / 2
    flipped = (result == plain[..., ::-1]).all(axis=(1, 2, 3))
    assert 0 < flipped.sum() < 50
    assert np.array_equal(result[~flipped], plain[~flipped])


def test_a_mean_image_is_subtracted_where_the_crop_lies(tmp_path: Path) -> None:
    """Every pixel is its own mean, so that nothing but zeros is left wherever the windows are."""
    image = pixels(1, 3, 9, 8)
    np.save(tmp_path / "mean.npy", image[0])
    written = {"crop_size": 4, "mirror": True, "mean_file": "mean.npy"}

    result = run(written, np.repeat(image, 30, axis=0), training=True, folder=tmp_path)

    assert result.shape == (30, 3, 4, 4)
    assert not result.any()


def test_the_crop_is_anywhere_in_training_and_the_centre_otherwise() -> None:
    images = np.repeat(pixels(1, 1, 9, 9), 50, axis=0)

    trained, tested = (run({"crop_size": 5}, images, training=phase) for phase in (True, False))

    assert len(np.unique(trained, axis=0)) > 1
    assert np.array_equal(tested, images[:, :, 2:7, 2:7])


def test_mirror_holds_in_every_phase() -> None:
    images = np.repeat(pixels(1, 1, 2, 3), 50, axis=0)

    assert len(np.unique(run({"mirror": True}, images), axis=0)) == 2


@pytest.mark.parametrize(
    ("written", "known", "expected"),
    [
        ({}, {}, [7.0, 9.0]),
        ({"mean": [1, 3]}, {}, [6.0, 6.0]),
        ({"mean": "dataset"}, {"mean": (2.0, 4.0)}, [5.0, 5.0]),
        ({"mean_value": 3, "std": 2}, {}, [2.0, 3.0]),  # (7 - 3) / 2, (9 - 3) / 2
        ({"mean_value": 3, "std": "dataset"}, {"std": (4.0, 2.0)}, [1.0, 3.0]),
        ({"mean_value": 3, "std": [4, 2], "scale": 0.5}, {}, [0.5, 1.5]),
    ],
)
def test_mean_and_standard_deviation(
    written: object, known: dict[str, Any], expected: list[float]
) -> None:
    images = floats([7, 9]).astype(np.uint8).reshape(1, 2, 1, 1)

    assert run(written, images, **known).ravel().tolist() == expected


@pytest.mark.parametrize(("key", "shape"), [("force_color", (3, 4, 4)), ("force_gray", (1, 4, 4))])
def test_insisted_channels_that_are_there(key: str, shape: tuple[int, ...]) -> None:
    images = pixels(1, *shape)

    assert np.array_equal(run({key: True}, images), images)


@pytest.mark.parametrize(
    ("written", "shape", "why", "hint"),
    [
        (
            {"crop_size": 32},
            (3, 28, 30),
            "crop_size: a window of 32 x 32 does not fit into images of 28 x 30: "
            "28 - 32 = -4 rows left, 30 - 32 = -2 columns left",
            "crop at most 28 x 30",
        ),
        (
            {"crop_size": 2},
            (4,),
            "crop_size: it takes images (C, H, W), and the samples have the shape (4)",
            "",
        ),
        (
            {"mirror": True},
            (4,),
            "mirror: it takes images (C, H, W), and the samples have the shape (4)",
            "",
        ),
        (
            {"mean_value": [104, 117, 123]},
            (1, 4, 4),
            "mean_value has 3 values, and samples of the shape (1, 4, 4) have 1 channel",
            "give 1",
        ),
        (
            {"mean": [1, 2]},
            (3, 4, 4),
            "mean has 2 values, and samples of the shape (3, 4, 4) have 3 channels",
            "give 1 or 3",
        ),
        (
            {"std": [1, 2]},
            (3, 4, 4),
            "std has 2 values, and samples of the shape (3, 4, 4) have 3 channels",
            "give 1 or 3",
        ),
        (
            {"force_color": True},
            (1, 4, 4),
            "force_color insists on 3 channels, and the samples are stored as (1, 4, 4)",
            "convert the images again, without --gray",
        ),
        (
            {"force_gray": True},
            (3, 4, 4),
            "force_gray insists on 1 channel, and the samples are stored as (3, 4, 4)",
            "convert the images again, with --gray, or let {type: ToGray} begin a list",
        ),
    ],
)
def test_refuses_what_does_not_fit_by_the_maps_own_keys(
    written: object, shape: tuple[int, ...], why: str, hint: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        built(written, shape)

    assert (str(caught.value), caught.value.hint) == (why, hint)


def test_refuses_a_mean_file_of_another_shape() -> None:
    with pytest.raises(ShapeError) as caught:
        built({"mean_file": "mean.npz"}, (3, 28, 28), folder=RECORDED)

    assert str(caught.value) == (
        f"mean_file: {RECORDED / 'mean.npz'}: the mean has the shape (1, 3, 10, 12), "
        "and the samples (3, 28, 28)"
    )
    assert caught.value.hint == "a mean of shape (3, 28, 28) or (3) fits"


def test_refuses_a_mean_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        built({"mean_file": "mean.npy"}, (1, 4, 4), folder=tmp_path)

    assert str(caught.value) == (
        f"{tmp_path / 'mean.npy'}: the mean file cannot be read: No such file or directory"
    )


@pytest.mark.parametrize("key", ["mean", "std"])
def test_refuses_a_header_without_what_is_asked_of_it(key: str) -> None:
    with pytest.raises(DataError) as caught:
        built({key: "dataset"}, (1, 4, 4))

    assert str(caught.value) == (
        f"{key}: dataset: the training set's header holds no {key}; "
        "give the numbers, or convert the data again"
    )


def test_refuses_keys_that_contradict() -> None:
    assert refusals({"mean_file": "mean.npy", "mean_value": 1}) == [
        ": mean_file and mean_value exclude each other (give one mean)"
    ]
    assert refusals({"mean_value": 1, "mean": "dataset"}) == [
        ": mean_value and mean exclude each other (give one mean)"
    ]
    assert refusals({"force_color": True, "force_gray": True}) == [
        ": force_color and force_gray exclude each other (give one)"
    ]


def test_refuses_a_scale_that_float32_cannot_hold() -> None:
    assert refusals({"scale": 1e39}) == [
        "scale: Input should be less than or equal to 340282346638528860000000000000000000000"
    ]
