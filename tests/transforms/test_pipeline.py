"""Transforms in a row: where each runs, and that nothing but seed and position decides chances."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from protonet.errors import ShapeError
from protonet.transforms import Context, Pipeline, build_pipeline, read_transform
from tests.transforms.running import built, floats, pixels, run, through

SHAPE = (3, 10, 12)
GOLDEN = Path(__file__).parents[1] / "golden" / "data"  # where a mean.npz of this shape lies

WRITTEN: dict[str, Any] = {
    "caffe": {"crop_size": 7, "mirror": True, "mean_value": [104, 117, 123], "scale": 0.1},
    "caffe, mean file": {"crop_size": 7, "mirror": True, "mean_file": "mean.npz", "scale": 0.1},
    "caffe, dataset": {"crop_size": 7, "mirror": True, "mean": "dataset", "std": "dataset"},
    "geometry": [{"type": "Mirror"}, {"type": "RandomCrop", "size": [5, 9]}, {"type": "Mirror"}],
    "arithmetic first": [
        {"type": "Normalize", "mean": "dataset", "std": "dataset"},
        {"type": "RandomCrop", "size": 8},
        {"type": "Mirror", "probability": 0.3},
        {"type": "CenterCrop", "size": [8, 6]},
        {"type": "Mean", "value": 3},
        {"type": "Scale", "factor": [1, 2, 3]},
    ],
    "nothing": [],
}


def pipeline(name: str, **known: Any) -> Pipeline:
    """Return one of `WRITTEN`, built; in training unless `known` says otherwise."""
    statistics = {"mean": (1.0, 2.0, 3.0), "std": (4.0, 5.0, 6.0)}
    return built(
        WRITTEN[name], SHAPE, **{"training": True, **statistics, "folder": GOLDEN, **known}
    )


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("training", [True, False])
def test_a_sample_is_the_same_whatever_batch_it_is_in(name: str, training: bool) -> None:
    images, positions = pixels(40, *SHAPE), np.arange(1000, 1040)
    whole = through(pipeline(name, seed=5, training=training), images, positions)

    parts = [
        through(pipeline(name, seed=5, training=training), images[some], positions[some])
        for some in np.split(np.arange(40), [1, 3, 24])
    ]
    back = np.arange(40)[::-1]
    turned_round = through(pipeline(name, seed=5, training=training), images[back], positions[back])

    assert np.array_equal(np.concatenate(parts), whole)
    assert np.array_equal(turned_round, whole[back])


@pytest.mark.parametrize("name", ["caffe", "geometry", "arithmetic first"])
def test_another_position_or_seed_is_another_choice(name: str) -> None:
    images = np.repeat(pixels(1, *SHAPE), 40, axis=0)
    first = through(pipeline(name, seed=5), images, np.arange(40))

    assert not np.array_equal(through(pipeline(name, seed=5), images, np.arange(40, 80)), first)
    assert not np.array_equal(through(pipeline(name, seed=6), images, np.arange(40)), first)


def test_two_transforms_of_one_type_choose_independently() -> None:
    """A second mirror that chose alike would undo the first for every image."""
    images = np.repeat(pixels(1, *SHAPE), 40, axis=0)

    assert not np.array_equal(run([{"type": "Mirror"}, {"type": "Mirror"}], images), images)


def test_the_chances_of_a_list_do_not_depend_on_what_chooses_nothing() -> None:
    """So an image and its label image, each under its own list, are cut and turned alike."""
    images = pixels(40, *SHAPE)
    crop, mirror = {"type": "RandomCrop", "size": 7}, {"type": "Mirror"}
    twice = {"type": "Scale", "factor": 2}
    alone = run([crop, mirror], images, training=True)

    assert np.array_equal(run([twice, crop, twice, mirror], images, training=True), alone * 4)
    assert np.array_equal(run({"crop_size": 7, "mirror": True}, images, training=True), alone)
    assert np.array_equal(run([{**crop, "type": "Crop"}, mirror], images, training=True), alone)


@pytest.mark.parametrize("name", WRITTEN)
def test_geometry_gives_the_same_on_the_device_as_on_the_host(name: str) -> None:
    """With everything on the device, as if arithmetic stood before it."""
    images, positions = pixels(20, *SHAPE), np.arange(20)
    split = pipeline(name)
    late = Pipeline(split.shape, (), (*split.on_host, *split.on_device))

    assert np.array_equal(through(late, images, positions), through(split, images, positions))


@pytest.mark.parametrize(
    ("name", "hosted"),
    [("caffe", 2), ("caffe, mean file", 0), ("geometry", 3), ("arithmetic first", 0)],
)
def test_only_geometry_before_all_arithmetic_runs_on_the_host(name: str, hosted: int) -> None:
    ready = pipeline(name)

    assert len(ready.on_host) == hosted
    assert ready.works_on_host == (hosted > 0)


def test_a_host_part_that_does_nothing_gives_the_very_batch() -> None:
    images = pixels(4, *SHAPE)

    assert pipeline("nothing").host(images, np.arange(4)) is images
    assert pipeline("caffe, mean file").host(images, np.arange(4)) is images


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
@pytest.mark.parametrize("name", WRITTEN)
def test_a_batch_of_any_type_becomes_float32_and_stays_itself(name: str, dtype: type) -> None:
    images = pixels(8, *SHAPE)

    result = through(pipeline(name), images.astype(dtype))  # it asserts both

    assert np.array_equal(result, through(pipeline(name), images))


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_the_memory_layout_is_the_one_asked_for(name: str, dtype: torch.dtype) -> None:
    images, ready = pixels(8, *SHAPE), pipeline(name)
    hosted = torch.from_numpy(ready.host(images, np.arange(8))).to(dtype)

    plain = ready.device(hosted, np.arange(8))
    last = ready.device(hosted, np.arange(8), channels_last=True)

    assert plain.is_contiguous()
    assert last.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(plain, last)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_images_of_one_channel_are_channels_last_to_the_last_stride(dtype: torch.dtype) -> None:
    """Their elements lie the same either way, but torch chooses its kernels by the strides."""
    ready = build_pipeline(read_transform({"scale": 0.5}), Context(shape=(1, 4, 5)))
    images = torch.ones(3, 1, 4, 5, dtype=dtype)
    assert ready.device(images, np.arange(3), channels_last=True).stride() == (20, 1, 5, 1)
    assert ready.device(images, np.arange(3)).stride() == (20, 20, 5, 1)


def test_channels_last_leaves_samples_that_are_no_images() -> None:
    rows = floats([[1, 2], [3, 4]])

    result = built({"scale": 2}, (2,)).device(
        torch.from_numpy(rows), np.arange(2), channels_last=True
    )

    assert result.tolist() == [[2.0, 4.0], [6.0, 8.0]]


def test_samples_of_a_single_number_can_be_scaled() -> None:
    numbers = floats([1, 2])

    assert run([{"type": "Normalize", "mean": 1, "std": 2}], numbers).tolist() == [0.0, 0.5]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_described_evaluation_gives_the_same_bits_without_header_and_file(name: str) -> None:
    images = pixels(30, *SHAPE)
    tested = pipeline(name, training=False, seed=9)

    again = built(tested.describe(), SHAPE, seed=9)

    assert again.describe() == tested.describe()
    assert through(again, images).tobytes() == through(tested, images).tobytes()


DESCRIBED: dict[str, list[dict[str, Any]]] = {
    "caffe": [
        {"type": "CenterCrop", "size": [7, 7]},
        {"type": "Mean", "value": [104.0, 117.0, 123.0]},
        {"type": "Scale", "factor": [0.1]},
    ],
    "caffe, dataset": [
        {"type": "CenterCrop", "size": [7, 7]},
        {"type": "Mean", "value": [1.0, 2.0, 3.0]},
        {"type": "Scale", "factor": [0.25, 0.2, 1 / 6]},
    ],
    "geometry": [{"type": "CenterCrop", "size": [5, 9]}],
    "arithmetic first": [
        {"type": "Normalize", "mean": [1.0, 2.0, 3.0], "std": [4.0, 5.0, 6.0]},
        {"type": "CenterCrop", "size": [8, 8]},
        {"type": "CenterCrop", "size": [8, 6]},
        {"type": "Mean", "value": [3.0]},
        {"type": "Scale", "factor": [1.0, 2.0, 3.0]},
    ],
    "nothing": [],
}


@pytest.mark.parametrize("name", DESCRIBED)
def test_training_is_described_as_its_evaluation(name: str) -> None:
    assert pipeline(name).describe() == DESCRIBED[name]


def test_an_error_names_the_step_and_what_reaches_it() -> None:
    steps = [{"type": "Crop", "size": 6}, {"type": "Mirror"}, {"type": "CenterCrop", "size": 8}]

    with pytest.raises(ShapeError) as caught:
        built(steps, (1, 8, 8))

    assert str(caught.value) == (
        "transform 3 (CenterCrop): a window of 8 x 8 does not fit into images of 6 x 6: "
        "6 - 8 = -2 rows left, 6 - 8 = -2 columns left"
    )
    assert caught.value.hint == "crop at most 6 x 6"
