from __future__ import annotations

import pickle

import numpy as np
import pytest

from protonet.data.dataset import ChunkedDataset
from protonet.data.layout import Array
from protonet.data.random_records import STARTS, pool_size, random_dataset


def made(seed: int = 3, count: int = 50) -> ChunkedDataset:
    generator = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {"data": (3, 4, 5), "label": (), "more": (2,)}
    kinds: dict[str, Array] = {
        "data": generator.integers(0, 256, pool_size(shapes["data"]), np.uint8),
        "label": generator.integers(0, 7, pool_size(()), np.int64),
        "more": generator.normal(size=pool_size((2,))).astype(np.float32),
    }
    pools = {name: (shape, kinds[name]) for name, shape in shapes.items()}
    return random_dataset("random", pools, count=count, seed=seed, channels="BGR")


def taken(dataset: ChunkedDataset, rows: Array) -> dict[str, Array]:
    out: dict[str, Array] = {
        field.name: np.empty((len(rows), *(field.shape or ())), field.dtype)
        for field in dataset.header.fields
    }
    dataset.gather(rows, out)
    return out


def test_a_pool_holds_a_record_from_its_last_place() -> None:
    assert pool_size(()) == STARTS
    assert pool_size((3, 4)) == STARTS + 11


def test_a_record_is_the_same_however_it_is_read() -> None:
    dataset = made()
    every = taken(dataset, np.arange(50))
    some = taken(dataset, np.array([49, 7, 7]))
    again = taken(pickle.loads(pickle.dumps(dataset)), np.arange(50))
    for name in every:
        np.testing.assert_array_equal(some[name], every[name][[49, 7, 7]])
        np.testing.assert_array_equal(again[name], every[name])
    np.testing.assert_array_equal(dataset[7]["data"], every["data"][7])


def test_records_and_seeds_differ() -> None:
    records = {image.tobytes() for image in taken(made(), np.arange(50))["data"]}
    others = {image.tobytes() for image in taken(made(seed=4), np.arange(50))["data"]}
    assert len(records) == len(others) == 50
    assert not records & others


def test_labels_are_spread_over_the_classes() -> None:
    labels = taken(made(count=7000), np.arange(7000))["label"]
    counts = np.bincount(labels, minlength=7)
    assert len(counts) == 7
    # 7 classes of 1000 each, give or take four standard deviations, √(7000 · 6 / 49) = 29.3
    assert np.abs(counts - 1000).max() < 4 * 29.3


def test_the_header_says_what_bytes_are_on_average() -> None:
    header = made().header
    values = np.arange(256)
    assert header.mean == pytest.approx([values.mean()] * 3)
    assert header.std == pytest.approx([values.std()] * 3)
    assert (header.count, header.channels) == (50, "BGR")
    assert header.content_hash != made(seed=4).header.content_hash
    plain = random_dataset("random", {"x": ((2,), np.zeros(pool_size((2,))))}, count=1, seed=0)
    assert (plain.header.mean, plain.header.channels) == (None, None)
