"""Expected numbers: the formulas in NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.errors import DataError, ShapeError
from protonet.transforms.mean_image import MeanImage
from tests.transforms.running import built, floats, pixels, run

IMAGES = pixels(2, 3, 4, 5)
VALUES = IMAGES.astype(np.float32)
PER_CHANNEL = floats([104, 117, 123.5]).reshape(3, 1, 1)


def test_scale_multiplies_every_value() -> None:
    result = run([{"type": "Scale", "factor": 0.00390625}], IMAGES)

    assert np.array_equal(result, VALUES / 256)


def test_scale_of_a_list_multiplies_each_channel_by_its_own() -> None:
    result = run([{"type": "Scale", "factor": [1, 0.5, 0.1]}], IMAGES)

    assert np.array_equal(result, VALUES * floats([1, 0.5, 0.1]).reshape(3, 1, 1))


def test_mean_subtracts_one_number_or_one_for_each_channel() -> None:
    one = run([{"type": "Mean", "value": 100}], IMAGES)
    three = run([{"type": "Mean", "value": [104, 117, 123.5]}], IMAGES)

    assert np.array_equal(one, VALUES - 100)
    assert np.array_equal(three, VALUES - PER_CHANNEL)


def test_mean_of_the_dataset_is_the_headers() -> None:
    result = run([{"type": "Mean", "value": "dataset"}], IMAGES, mean=(104.0, 117.0, 123.5))

    assert np.array_equal(result, VALUES - PER_CHANNEL)


@pytest.mark.parametrize("written", ["npy", "npz", "text"])
def test_a_mean_image_is_subtracted_pixel_by_pixel(written: str, tmp_path: Path) -> None:
    mean = (np.arange(60) / 7).astype(np.float32).reshape(3, 4, 5)
    step: dict[str, object] = {"type": "Mean", "file": f"mean.{written}"}
    if written == "npy":
        np.save(tmp_path / "mean.npy", mean)
    elif written == "npz":
        np.savez(tmp_path / "mean.npz", mean=mean)
    else:
        step = {"type": "Mean", "image": MeanImage.of(mean).model_dump(mode="json")}

    result = run([step], IMAGES, folder=tmp_path)

    assert np.array_equal(result, VALUES - mean)


def test_normalize_subtracts_and_divides() -> None:
    step = {"type": "Normalize", "mean": [104, 117, 123.5], "std": [50, 64, 2]}

    result = run([step], IMAGES)

    exact = (VALUES - PER_CHANNEL.astype(np.float64)) / np.array([50.0, 64.0, 2.0]).reshape(3, 1, 1)
    np.testing.assert_allclose(result, exact, rtol=2e-7)


def test_normalize_of_the_dataset_takes_both_from_the_header() -> None:
    step = {"type": "Normalize", "mean": "dataset", "std": "dataset"}

    result = run([step], IMAGES, mean=(10.0, 20.0, 30.0), std=(2.0, 4.0, 8.0))

    mean, std = (floats(each).reshape(3, 1, 1) for each in ([10, 20, 30], [2, 4, 8]))
    assert np.array_equal(result, (VALUES - mean) / std)  # halves, quarters, eighths are exact


def test_samples_of_one_axis_have_their_numbers_too() -> None:
    rows = floats([[1, 2], [3, 4]])

    result = run([{"type": "Normalize", "mean": [1, 2], "std": [1, 4]}], rows)

    assert result.tolist() == [[0.0, 0.0], [2.0, 0.5]]


@pytest.mark.parametrize(
    ("step", "why", "hint"),
    [
        (
            {"type": "Scale", "factor": [1, 2]},
            "transform 1 (Scale): factor has 2 values, and samples of the shape (3, 4, 5) have "
            "3 channels",
            "give 1 or 3",
        ),
        (
            {"type": "Mean", "value": [1, 2]},
            "transform 1 (Mean): mean has 2 values, and samples of the shape (3, 4, 5) have "
            "3 channels",
            "give 1 or 3",
        ),
        (
            {"type": "Normalize", "mean": 1, "std": [1, 2]},
            "transform 1 (Normalize): std has 2 values, and samples of the shape (3, 4, 5) have "
            "3 channels",
            "give 1 or 3",
        ),
        (
            {"type": "Mean", "image": MeanImage.of(np.zeros((3, 5, 4), np.float32)).model_dump()},
            "transform 1 (Mean): image: the mean has the shape (3, 5, 4), and the samples "
            "(3, 4, 5)",
            "a mean of shape (3, 4, 5) or (3) fits",
        ),
    ],
    ids=["factor", "mean", "std", "image"],
)
def test_refuses_numbers_that_do_not_fit(step: dict[str, object], why: str, hint: str) -> None:
    with pytest.raises(ShapeError) as caught:
        built([step], (3, 4, 5))

    assert (str(caught.value), caught.value.hint) == (why, hint)


def test_refuses_a_mean_file_of_another_shape(tmp_path: Path) -> None:
    path = tmp_path / "mean.npy"
    np.save(path, np.zeros((3, 8, 8)))

    with pytest.raises(ShapeError) as caught:
        built([{"type": "Mean", "file": "mean.npy"}], (3, 4, 5), folder=tmp_path)

    assert str(caught.value) == (
        f"transform 1 (Mean): {path}: the mean has the shape (3, 8, 8), and the samples (3, 4, 5)"
    )


def test_refuses_a_header_whose_standard_deviation_is_0() -> None:
    step = {"type": "Normalize", "mean": 0, "std": "dataset"}

    with pytest.raises(DataError) as caught:
        built([step], (2, 4, 5), std=(1.0, 0.0))

    assert str(caught.value) == (
        "std of channel 1 is 0, and nothing can be divided by it; "
        "subtract the mean only, or give a std above 0"
    )


@pytest.mark.parametrize("key", ["mean", "std"])
def test_refuses_a_header_without_what_is_asked_of_it(key: str) -> None:
    step = {"type": "Normalize", "mean": 0, "std": 1, key: "dataset"}

    with pytest.raises(DataError) as caught:
        built([step], (2, 4, 5))

    assert str(caught.value) == (
        f"{key}: dataset: the training set's header holds no {key}; "
        "give the numbers, or convert the data again"
    )
