"""Photos, CIFAR, MNIST and Fashion-MNIST as they are met in the world."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protonet.convert import ConvertOptions
from tests.convert.pictures import (
    converted,
    made,
    records,
)

SPLIT = ConvertOptions(split=(("train", 0.8), ("test", 0.2)))


def test_photos_become_tables_that_can_be_read(reference: Path, tmp_path: Path) -> None:
    options = replace(SPLIT, resize=(64, 48), shuffle=1)
    report = made(reference / "data" / "photos", tmp_path / "photos.lmdb", options)
    names = ("daisy", "dandelion", "roses", "sunflowers", "tulips")
    for table, each in zip(report.tables, (32, 8), strict=True):
        images, labels = records(table.address)
        header = table.header
        assert images.shape == (5 * each, 3, 48, 64)
        assert (header.classes, header.class_counts) == (names, (each,) * 5)
        assert np.bincount(labels).tolist() == [each] * 5
        assert header.mean == pytest.approx(images.mean((0, 2, 3)), rel=1e-12)
        assert header.std == pytest.approx(images.std((0, 2, 3)), rel=1e-12)
        assert not header.sorted_labels
    assert report.notes == ()


def test_a_photo_is_stored_nearly_as_pillow_shrinks_it(reference: Path, tmp_path: Path) -> None:
    folder = reference / "data" / "caffe_images"
    (tmp_path / "list.txt").write_text("cat.jpg 0\nfish-bike.jpg 1\ncat gray.jpg 0\n")
    options = ConvertOptions(resize=(100, 90), root=str(folder))
    images, labels = converted(tmp_path / "list.txt", tmp_path / "a.h5", options)
    assert labels == [0, 1, 0]
    for stored, name in zip(images, ("cat.jpg", "fish-bike.jpg", "cat gray.jpg"), strict=True):
        with Image.open(folder / name) as image:
            small = image.convert("RGB").resize((100, 90), Image.Resampling.BILINEAR)
        apart = stored.astype(int) - np.asarray(small).transpose(2, 0, 1)
        assert np.abs(apart).max() <= 1


def test_cifar_images_become_two_tables(reference: Path, tmp_path: Path) -> None:
    report = made(reference / "data" / "cifar10_jpeg", tmp_path / "cifar.lmdb")
    counts = [(table.name, table.header.class_counts) for table in report.tables]
    assert counts == [("train", (500,) * 10), ("test", (100,) * 10)]


@pytest.mark.parametrize("name", ["mnist", "fashion"])
def test_original_idx_files_become_two_tables(name: str, reference: Path, tmp_path: Path) -> None:
    report = made(reference / "data" / name, tmp_path / "a.lmdb")
    counts = [(table.name, table.header.count) for table in report.tables]
    assert counts == [("train", 60_000), ("test", 10_000)]
    assert all(table.header.fields[0].shape == (1, 28, 28) for table in report.tables)
