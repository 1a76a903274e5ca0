"""A dataset as torch knows it: one record, several, and through torch's own loader."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

import protonet
from protonet.data.encoded_images import EncodedImages
from protonet.data.header import FieldSpec
from protonet.data.table import create_tables
from protonet.data.torch_dataset import TorchDataset
from protonet.errors import DataError, UsageError
from tests.data.tables import CLASSES, FORMATS, TINY, numbered, write

COUNT = 23


@pytest.fixture(params=FORMATS)
def dataset(request: pytest.FixtureRequest, tmp_path: Path) -> TorchDataset:
    return protonet.open_dataset(write(tmp_path / f"x.{request.param}", numbered(COUNT)))


def test_a_record_is_tensors_of_its_own(dataset: TorchDataset) -> None:
    record = dataset[7]
    assert record["data"].tolist() == [70, 71, 72]
    assert (record["data"].dtype, record["label"].dtype) == (torch.int32, torch.int64)
    assert (record["label"].shape, record["label"].item()) == ((), 7)
    record["data"][...] = 0
    assert dataset[np.int64(7)]["data"].tolist() == [70, 71, 72]
    assert dataset[torch.tensor(-1)]["label"].item() == 22
    assert len(dataset) == COUNT


@pytest.mark.parametrize(
    ("part", "numbers"),
    [
        (slice(3, 5), [3, 4]),
        (slice(None, None, -10), [22, 12, 2]),
        (slice(21, 99), [21, 22]),
        (slice(9, 9), []),
    ],
)
def test_a_slice_is_a_batch(dataset: TorchDataset, part: slice, numbers: list[int]) -> None:
    batch = dataset[part]
    assert batch["label"].tolist() == numbers
    assert batch["data"].shape == (len(numbers), 3)


def test_several_records_are_gathered_at_once(dataset: TorchDataset) -> None:
    records = dataset.__getitems__([4, -1, 4])
    assert [record["label"].item() for record in records] == [4, 22, 4]
    assert [record["data"].tolist() for record in records] == [[40, 41, 42], [220, 221, 222]] + [
        [40, 41, 42]
    ]


def test_only_the_wanted_fields_are_gathered(dataset: TorchDataset) -> None:
    batch = dataset.gather(np.array([1, -2]), ["label"])
    assert {name: value.tolist() for name, value in batch.items()} == {"label": [1, 21]}


def test_what_the_header_says_is_at_hand(tmp_path: Path) -> None:
    """Mean 66 / 12 and deviation sqrt(12 · 506 − 66²) / 12 of 0 … 11, as in tables.py."""
    dataset = protonet.open_dataset(write(tmp_path / "x.lmdb", TINY, classes=CLASSES))
    assert dataset.classes == ("cat", "dog")
    assert dataset.mean == (5.5,)
    assert dataset.std == pytest.approx(((12 * 506 - 66**2) ** 0.5 / 12,))
    assert [field.name for field in dataset.header.fields] == ["data", "label"]
    assert dataset.path == str(tmp_path / "x.lmdb")


@pytest.mark.parametrize("number", [COUNT, -COUNT - 1])
def test_a_record_past_either_end_is_refused(dataset: TorchDataset, number: int) -> None:
    said = f"{dataset.path}: there is no record {number}; there are 23"
    for ask in (dataset.__getitem__, lambda one: dataset.__getitems__([0, one])):
        with pytest.raises(IndexError) as caught:
            ask(number)
        assert str(caught.value) == said


@pytest.mark.parametrize("index", ["a", 1.0, None, (1, 2)])
def test_what_is_no_number_is_refused(dataset: TorchDataset, index: Any) -> None:
    with pytest.raises(TypeError) as caught:
        dataset[index]
    assert str(caught.value) == (
        f"{dataset.path}: a record is asked for by its number, several by a slice; "
        f"given is {index!r}"
    )


def test_a_field_that_is_missing_is_refused(dataset: TorchDataset) -> None:
    for ask in (
        lambda: dataset.gather(np.array([0]), ["lable"]),
        lambda: dataset.batches(4, fields=["lable"]),
    ):
        with pytest.raises(UsageError) as caught:
            ask()
        assert str(caught.value) == (
            f"{dataset.path}: there is no field lable; did you mean label?"
        )


def test_a_closed_dataset_says_so(dataset: TorchDataset) -> None:
    with dataset as same:
        assert same is dataset
    dataset.close()
    for ask in (lambda: dataset[0], lambda: dataset[1:3], lambda: next(iter(dataset.batches(4)))):
        with pytest.raises(UsageError) as caught:
            ask()
        assert str(caught.value) == f"{dataset.path}: the dataset is closed"


def test_a_damaged_record_is_refused_wherever_it_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "x.lmdb", numbered(1000))
    content = bytearray((path / "data.mdb").read_bytes())
    content[content.index(numbered(1000)["data"].tobytes()) + 5] ^= 1
    (path / "data.mdb").write_bytes(content)
    dataset = protonet.open_dataset(path)
    for ask in (lambda: dataset[0], lambda: dataset[1:3], lambda: next(iter(dataset.batches(4)))):
        with pytest.raises(
            DataError, match=r"x.lmdb: chunk 0 of field data \(records 0 to 999\) is"
        ):
            ask()


def test_images_of_different_sizes_come_one_by_one(tmp_path: Path) -> None:
    images = []
    for side in (2, 3):
        stream = io.BytesIO()
        Image.new("RGB", (side, 4), (side, 0, 9)).save(stream, "PNG")
        images.append(stream.getvalue())
    field = FieldSpec(name="data", dtype="uint8", shape=None, kind="image")
    with create_tables(tmp_path / "x.lmdb") as tables:
        table = tables.table(None, [field], channels="RGB")
        table.write({"data": EncodedImages(images, ((3, 4, 2), (3, 4, 3)))})
    dataset = protonet.open_dataset(tmp_path / "x.lmdb")
    records = dataset.__getitems__([1, 0])
    assert [tuple(record["data"].shape) for record in records] == [(3, 4, 3), (3, 4, 2)]
    assert records[0]["data"][:, 0, 0].tolist() == [3, 0, 9]


def test_a_pickled_copy_opens_the_file_again(dataset: TorchDataset) -> None:
    content = pickle.dumps(dataset)
    assert len(content) < 2000  # the way to it, not the records
    dataset.close()
    copy = pickle.loads(content)
    assert [copy[k]["label"].item() for k in (0, 22)] == [0, 22]


def loaded(dataset: TorchDataset, workers: int, start: str | None) -> list[list[int]]:
    loader = DataLoader(dataset, batch_size=5, num_workers=workers, multiprocessing_context=start)
    return [batch["label"].tolist() for batch in loader]


IN_FIVES = [[*range(first, min(first + 5, COUNT))] for first in range(0, COUNT, 5)]


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_torchs_loader_reads_it_in_forked_workers(dataset: TorchDataset, workers: int) -> None:
    dataset[0]
    assert loaded(dataset, workers, "fork" if workers else None) == IN_FIVES


@pytest.mark.slow  # each worker imports torch
@pytest.mark.parametrize("workers", [1, 2])
def test_torchs_loader_reads_it_in_workers_started_anew(
    dataset: TorchDataset, workers: int
) -> None:
    assert loaded(dataset, workers, "spawn") == IN_FIVES
