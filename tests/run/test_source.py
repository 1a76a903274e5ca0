"""One source made ready; its transforms choose as those of the sources beside it do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.errors import SpecError
from protonet.net import Net
from protonet.run.sets import open_sets
from protonet.run.source import asks_for_statistics
from protonet.schema import load_spec, located
from tests.data.tables import write
from tests.run.pairs import batches, open_train, pixels, write_pairs
from tests.run.test_found import refusal

SMALLER = "net.inputs={data: [1, 4, 4], mask: {shape: [1, 4, 4], dtype: int64}}"

ALIKE: dict[str, tuple[str, str]] = {
    "both maps": ("{crop_size: 4, mirror: true}", "{crop_size: 4, mirror: true}"),
    "a map and a list": (
        "{crop_size: 4, mirror: true, scale: 2, mean_value: 3}",
        "[{type: RandomCrop, size: 4}, {type: Mirror}]",
    ),
    "arithmetic before and between": (
        "[{type: Scale, factor: 2}, {type: Crop, size: 4}, {type: Mean, value: 6}, {type: Mirror}]",
        "[{type: Crop, size: 4}, {type: Mirror}]",
    ),
    "two crops": (
        "[{type: RandomCrop, size: 5}, {type: Mean, value: 3}, {type: RandomCrop, size: 4}]",
        "[{type: RandomCrop, size: 5}, {type: RandomCrop, size: 4}]",
    ),
    "scaled windows turned, colours changed": (
        "[{type: RandomResizedCrop, size: 4, interpolation: nearest}, {type: Rotate, degrees: 40}]",
        "[{type: ColorJitter, brightness: 0.5}, {type: RandomResizedCrop, size: 4},"
        " {type: Rotate, degrees: 40, interpolation: bilinear}]",
    ),
}


@pytest.mark.parametrize("name", ALIKE)
def test_an_image_and_its_label_image_are_cut_and_turned_alike(name: str, tmp_path: Path) -> None:
    """The label image is the image itself here, so that any difference shows."""
    path = write_pairs(tmp_path)
    write(tmp_path / "masks.lmdb", {"data": pixels()}, force=True)
    image, mask = (
        f"data.train.{number}.transform={text}" for number, text in enumerate(ALIKE[name])
    )
    many = "net.layers.scores.num_output=256"  # every number of the image may be a class
    data, masks = batches(*open_train(path, SMALLER, many, image, mask), count=15)

    # undo the arithmetic: (pixel − mean) · scale, or pixel · scale − mean
    undone = {
        "a map and a list": data / 2 + 3,
        "arithmetic before and between": (data + 6) / 2,
        "two crops": data + 3,
    }.get(name, data)
    np.testing.assert_array_equal(undone, masks)
    assert masks.dtype == np.int64
    assert len({image.tobytes() for image in masks}) > 12  # 5 epochs of 12, cut anew in each


def test_a_label_image_keeps_its_numbers_while_the_image_is_scaled(tmp_path: Path) -> None:
    path = write_pairs(tmp_path)
    opened, net = open_train(path, "data.train.0.transform={mean_value: 1, scale: 0.5}")
    data, masks = batches(opened, net, 1, seed=5)
    rows = [int(np.flatnonzero((pixels() == image * 2 + 1).all((1, 2, 3)))[0]) for image in data]
    assert len(set(rows)) == 4
    np.testing.assert_array_equal(masks, pixels()[rows] > 127)


def test_the_word_dataset_means_the_training_set_at_the_same_place(tmp_path: Path) -> None:
    path = write_pairs(tmp_path)
    inputs = "net.inputs.mask={shape: [1, 6, 6]}"
    loss = "net.layers=[{name: loss, type: EuclideanLoss, bottom: [data, mask]}]"
    overrides = [f"data.train.{number}.transform={{mean: dataset}}" for number in (0, 1)]
    opened, net = open_train(path, inputs, loss, "data.train.0.shuffle=false", *overrides)
    data, masks = batches(opened, net, 3)
    bright = (pixels() > 127).astype(np.float64)
    np.testing.assert_allclose(data, pixels() - pixels().mean(), atol=1e-5)
    np.testing.assert_allclose(masks, bright - bright.mean(), atol=1e-6)


def test_dataset_at_a_place_that_the_training_set_lacks_is_refused(tmp_path: Path) -> None:
    path = write_pairs(tmp_path)
    path.write_text(
        path.read_text()
        .replace("    - {source: images.lmdb, batch_size: 4, shuffle: true}\n", "")
        .replace("    - {source: masks.lmdb,", "    {source: masks.lmdb, batch_size: 4,", 1)
    )
    spec = load_spec(path, ["data.val.1.transform={mean: dataset}"])
    with pytest.raises(SpecError) as caught, located(spec):
        open_sets(spec, {"val": Net(spec.net)}, pytest.fail)
    assert str(caught.value).splitlines()[0] == (
        "error[PN040] command line:1:22 data.val.1.transform: `dataset` means the training set's "
        "source at this place, and data.train has none"
    )


def test_what_is_wrong_with_each_source_is_told_at_once_at_its_place(tmp_path: Path) -> None:
    lines = refusal(write_pairs(tmp_path), SMALLER, "data.train.1.transform={crop_size: 9}")
    assert [line for line in lines if line.startswith("error")] == [
        "error[PN041] command line:1:36 data.train.1.transform.crop_size: a window of 9 x 9 does "
        "not fit into images of 6 x 6: 6 - 9 = -3 rows left, 6 - 9 = -3 columns left",
        "error[PN041] pairs.yaml:4:16 data.train.0.source: a sample of data has the shape "
        "(1, 6, 6), the net's input takes (1, 4, 4)",
    ]


@pytest.mark.parametrize(
    ("transform", "asks"),
    [
        ("{mean: dataset}", True),
        ("[{type: Scale, factor: 2}, {type: Normalize, mean: 1, std: dataset}]", True),
        ("{mean: 3}", False),
        ("[]", False),
    ],
)
def test_a_transform_may_ask_for_statistics(transform: str, asks: bool, tmp_path: Path) -> None:
    spec = load_spec(write_pairs(tmp_path), [f"data.train.1.transform={transform}"])
    first, second = spec.data["train"].sources.values()
    assert asks_for_statistics(second) is asks
    assert not asks_for_statistics(first)
