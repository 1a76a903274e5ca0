"""Datasets one after the other, read as one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.data.concatenated import Concatenated, difference
from protonet.data.header import FieldSpec, Header
from protonet.data.layout import Array
from protonet.data.open import open_dataset
from protonet.data.order import Order
from protonet.data.reader import Reader
from protonet.windows.plain import Windows
from tests.data.tables import write

RANDOM = np.random.default_rng(4)
IMAGES = [RANDOM.integers(0, 256, (count, 2, 4, 5)).astype(np.uint8) for count in (7, 1, 12)]
LABELS = [np.arange(len(images)) % 3 for images in IMAGES]
ALL: dict[str, Array] = {"data": np.concatenate(IMAGES), "label": np.concatenate(LABELS)}


@pytest.fixture
def three(tmp_path: Path) -> Concatenated:
    """Sets of 7, 1 and 12 records, in two formats."""
    paths = [
        write(tmp_path / name, {"data": images, "label": labels}, classes=("x", "y", "z"))
        for name, images, labels in zip(("a.lmdb", "b.h5", "c.lmdb"), IMAGES, LABELS, strict=True)
    ]
    return Concatenated([open_dataset(path) for path in paths])


def test_records_are_numbered_through(three: Concatenated) -> None:
    assert len(three) == 20
    for row in (*range(20), -1, -20):
        record = three[row]
        assert record["data"].tolist() == ALL["data"][row].tolist()
        assert record["label"] == ALL["label"][row]
    assert [three.place(row) for row in (0, 6, 7, 8, 19)] == [
        *((0, 0), (0, 6), (1, 0), (2, 0), (2, 11))
    ]


@pytest.mark.parametrize("rows", [[3], [19, 0, 7, 7, 8, 6, 1], [9, 10, 8], []])
def test_records_are_gathered_wherever_they_are(three: Concatenated, rows: list[int]) -> None:
    out: dict[str, Array] = {
        "data": np.empty((len(rows), 2, 4, 5), np.uint8),
        "label": np.empty(len(rows), np.int64),
    }
    three.gather(np.array(rows, np.int64), out)
    for name, values in out.items():
        assert values.tolist() == ALL[name][rows].tolist()


@pytest.mark.parametrize("rows", [[19, 0, 7, 8, 6], [9, 10, 8]])
def test_windows_are_cut_wherever_the_images_are(three: Concatenated, rows: list[int]) -> None:
    tops, lefts = np.arange(len(rows)) % 2, np.arange(len(rows)) % 3
    mirrored = np.arange(len(rows)) % 2 == 0
    out = np.empty((len(rows), 2, 3, 3), np.uint8)
    three.cut(np.array(rows), "data", Windows(tops, lefts, 3, 3, mirrored), out)
    for place, row in enumerate(rows):
        top, left = int(tops[place]), int(lefts[place])
        window = ALL["data"][row][:, top : top + 3, left : left + 3]
        wanted = window[:, :, ::-1] if mirrored[place] else window
        assert out[place].tolist() == wanted.tolist()


def test_the_header_is_that_of_all_records(three: Concatenated, tmp_path: Path) -> None:
    header = three.header
    pixels = ALL["data"].astype(np.float64)
    assert header.count == 20
    assert header.classes == ("x", "y", "z")
    assert header.class_counts == tuple(np.bincount(ALL["label"]).tolist())
    assert header.mean == pytest.approx(pixels.mean(axis=(0, 2, 3)))
    assert header.std == pytest.approx(pixels.std(axis=(0, 2, 3)))
    assert header.content_hash == " ".join(part.header.content_hash for part in three.parts)
    assert three.path == f"{tmp_path}/a.lmdb and {tmp_path}/b.h5 and {tmp_path}/c.lmdb"


def test_a_reader_shuffles_through_all(three: Concatenated) -> None:
    order = Order(20, True, 3)
    fields = {"data": "data", "label": "label"}
    with Reader(three, 6, order, fields=fields, endless=True) as reader:
        batches = [next(reader) for _ in range(10)]
    rows = order.rows(np.arange(60))
    for name in fields:
        read = np.concatenate([batch.arrays[name].numpy() for batch in batches])
        assert np.array_equal(read, ALL[name][rows])


@pytest.mark.parametrize("row", [20, -1])
def test_there_are_no_other_records(three: Concatenated, row: int, tmp_path: Path) -> None:
    with pytest.raises(IndexError) as caught:
        three.gather(np.array([3, row]), {"label": np.empty(2, np.int64)})
    assert str(caught.value) == f"{three.path}: there is no record {row}; there are 20"
    with pytest.raises(IndexError, match="there is no record 20; there are 20"):
        three[20]


def test_closing_it_closes_all(three: Concatenated) -> None:
    with three:
        pass
    for part in three.parts:
        with pytest.raises(Exception, match="the dataset is closed"):
            part[0]


DATA = FieldSpec(name="data", dtype="uint8", shape=(3, 4, 4))
LABEL = FieldSpec(name="label", dtype="int64", shape=())
FIRST = Header(fields=(DATA, LABEL), count=3, channels="RGB", classes=("a", "b"), content_hash="0")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, None),
        ({"count": 7, "content_hash": "1", "mean": (1.0,), "sorted_labels": True}, None),
        ({"fields": (DATA, LABEL, LABEL.model_copy(update={"name": "more"}))}, None),
        (
            {"fields": (DATA,)},
            "the first has a field label, and the second has data",
        ),
        (
            {"fields": (DATA.model_copy(update={"shape": (3, 5, 4)}), LABEL)},
            "data has the shape (3, 4, 4) in the first, and (3, 5, 4) in the second",
        ),
        (
            {"fields": (DATA.model_copy(update={"shape": None, "kind": "image"}), LABEL)},
            "data is fixed in the first, and image in the second",
        ),
        (
            {"fields": (DATA.model_copy(update={"shape": None}), LABEL)},
            "data has the shape (3, 4, 4) in the first, and of many sizes in the second",
        ),
        (
            {"fields": (DATA.model_copy(update={"dtype": "float32"}), LABEL)},
            "data is stored as uint8 in the first, and float32 in the second",
        ),
        (
            {"fields": (DATA, LABEL.model_copy(update={"names": ("u",)}))},
            "label has other names in the first than in the second",
        ),
        (
            {"channels": "BGR"},
            "the first has channels in the order RGB, and the second channels in the order BGR",
        ),
        (
            {"classes": ("a", "c")},
            'the first has the classes ["a", "b"], and the second the classes ["a", "c"]',
        ),
        ({"classes": None}, 'the first has the classes ["a", "b"], and the second no classes'),
    ],
)
def test_what_cannot_be_read_as_one_is_told(changed: dict[str, object], told: str | None) -> None:
    assert difference(FIRST, FIRST.model_copy(update=changed)) == told
