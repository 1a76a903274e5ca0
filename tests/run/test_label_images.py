"""A field of the size of the images is moved as they are; the field is the image itself here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.data.tables import write
from tests.run.pairs import batches, open_train, pixels

SPEC = """\
data:
  train: {source: both.lmdb, batch_size: 6, shuffle: true}
net:
  inputs: {data: [1, 6, 6], label: {shape: [6, 6], dtype: int64}}
  layers:
    - {name: scores, type: Convolution, num_output: 256, kernel_size: 1}
    - {name: loss, type: SoftmaxWithLoss, bottom: [scores, label]}
solver: {base_lr: 0.1, max_iter: 1, random_seed: 3}
"""
FOUR = "net.inputs={data: [1, 4, 4], label: {shape: [4, 4], dtype: int64}}"
SIX = "net.inputs={data: [1, 6, 6], label: {shape: [6, 6], dtype: int64}}"
MOVED = {
    "{mirror: true}": SIX,
    "{crop_size: 4, mirror: true}": FOUR,
    "[{type: RandomCrop, size: 4}, {type: ColorJitter, hue: 0}, {type: Mirror}]": FOUR,
    "[{type: RandomResizedCrop, size: 4, interpolation: nearest}]": FOUR,
    "[{type: Rotate, degrees: 40, interpolation: nearest}]": SIX,
    "[{type: Resize, size: 4, interpolation: nearest}]": FOUR,
    "[{type: Pad, pad: 1}, {type: RandomCrop, size: 4}]": FOUR,
}


def spec(folder: Path, labels: np.ndarray) -> Path:
    write(folder / "both.lmdb", {"data": pixels(), "label": labels})
    path = folder / "both.yaml"
    path.write_text(SPEC)
    return path


@pytest.mark.parametrize("transform", list(MOVED))
@pytest.mark.parametrize("flat", [True, False])
def test_it_is_moved_with_the_images(transform: str, flat: bool, tmp_path: Path) -> None:
    path = spec(tmp_path, pixels()[:, 0] if flat else pixels())
    inputs = MOVED[transform] if flat else MOVED[transform].replace("shape: [", "shape: [1, ")
    data, labels = batches(*open_train(path, f"data.train.transform={transform}", inputs), count=10)
    np.testing.assert_array_equal(data.reshape(labels.shape), labels)
    assert labels.dtype == np.int64
    still = "Resize," in transform
    assert len({image.tobytes() for image in labels}) > (0 if still else 12)  # of 12, 5 epochs


def test_arithmetic_and_colours_are_the_images_alone(tmp_path: Path) -> None:
    path = spec(tmp_path, pixels()[:, 0])
    steps = (
        "[{type: GaussianNoise, std: 9}, {type: Mirror}, {type: Scale, factor: 0.5}, "
        "{type: RandomErasing, probability: 1}]"
    )
    data, labels = batches(*open_train(path, f"data.train.transform={steps}"), count=4)
    known = {image.tobytes() for image in pixels().astype(np.int64)[:, 0]}
    turned = {image[:, ::-1].tobytes() for image in pixels().astype(np.int64)[:, 0]}
    assert {image.tobytes() for image in labels} <= known | turned
    assert not np.array_equal(data[:, 0], labels)


def test_what_comes_in_at_the_edges_of_labels_is_0(tmp_path: Path) -> None:
    path = spec(tmp_path, pixels()[:, 0])
    eight = "net.inputs={data: [1, 8, 8], label: {shape: [8, 8], dtype: int64}}"
    pad = "data.train.transform=[{type: Pad, pad: 1, fill: 77}]"
    data, labels = batches(*open_train(path, pad, eight), count=2)
    assert set(data[:, 0, 0].ravel()) == {77}
    assert set(labels[:, 0].ravel()) == {0}
    np.testing.assert_array_equal(data[:, 0, 1:-1, 1:-1], labels[:, 1:-1, 1:-1])


def test_a_field_of_another_size_is_left_alone(tmp_path: Path) -> None:
    small = pixels()[:, 0, :5, :5]
    path = spec(tmp_path, small)
    inputs = (
        "net={inputs: {data: [1, 6, 6], label: {shape: [5, 5], dtype: int64}}, layers: ["
        "{name: scores, type: Convolution, num_output: 256, kernel_size: 2}, "
        "{name: loss, type: SoftmaxWithLoss, bottom: [scores, label]}]}"
    )
    _, labels = batches(*open_train(path, "data.train.transform={mirror: true}", inputs), count=4)
    known = {image.tobytes() for image in small.astype(np.int64)}
    assert {image.tobytes() for image in labels} == known


def test_it_may_be_read_without_the_images(tmp_path: Path) -> None:
    path = spec(tmp_path, pixels()[:, 0])
    alone = (
        "net={inputs: {label: {shape: [4, 4], dtype: int64}}, layers: ["
        "{name: made, type: DummyData, shape: [2, 3], data_filler: {value: 1}}, "
        "{name: scores, type: InnerProduct, num_output: 2}, "
        "{name: quiet, type: Silence, bottom: label}, "
        "{name: total, type: Reduction, bottom: scores, loss_weight: 1}]}"
    )
    (labels,) = batches(*open_train(path, "data.train.transform={crop_size: 4}", alone), count=1)
    assert labels.shape == (6, 4, 4)


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.int64])
def test_numbers_of_any_type_are_turned(dtype: type[np.generic], tmp_path: Path) -> None:
    path = spec(tmp_path, pixels()[:, 0].astype(dtype))
    steps = "[{type: Rotate, degrees: 40}, {type: RandAugment}, {type: Resize, size: 4}]"
    four = batches(*open_train(path, f"data.train.transform={steps}", FOUR), count=2)[1]
    assert set(four.ravel()) <= {0, *pixels().ravel().tolist()}
    assert (four > 0).mean() > 0.5
