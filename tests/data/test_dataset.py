"""An open table: records by number, gathered by many, in this process or another."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from protonet.data.dataset import ChunkedDataset
from protonet.data.open import open_dataset
from protonet.errors import UsageError
from tests.data.tables import FORMATS, numbered, read, same, write

COUNT = 23


@pytest.fixture(params=FORMATS)
def dataset(request: pytest.FixtureRequest, tmp_path: Path) -> ChunkedDataset:
    return open_dataset(write(tmp_path / f"x.{request.param}", numbered(COUNT)))


def test_a_record_is_fresh_arrays_of_its_shapes(dataset: ChunkedDataset) -> None:
    record = dataset[7]
    assert record["data"].tolist() == [70, 71, 72]
    assert isinstance(record["label"], np.ndarray)
    assert (record["label"].shape, record["label"].tolist()) == ((), 7)
    record["data"][...] = 0
    assert dataset[7]["data"].tolist() == [70, 71, 72]
    assert dataset[-1]["label"] == 22


def test_iterating_gives_every_record_once(dataset: ChunkedDataset) -> None:
    assert [int(record["label"]) for record in dataset] == list(range(COUNT))  # type: ignore[attr-defined]  # iterated by index


@pytest.mark.parametrize("index", [COUNT, -COUNT - 1, 1 << 70])
def test_a_record_past_either_end_is_refused(dataset: ChunkedDataset, index: int) -> None:
    with pytest.raises(IndexError) as caught:
        dataset[index]
    assert str(caught.value) == f"{dataset.path}: there is no record {index}; there are 23"


@pytest.mark.parametrize(("rows", "strange"), [([0, 23, 24], 24), ([5, -1], -1)])
def test_a_row_past_either_end_is_refused(
    dataset: ChunkedDataset, rows: list[int], strange: int
) -> None:
    with pytest.raises(IndexError) as caught:
        dataset.gather(np.array(rows), {"label": np.empty(len(rows), np.int64)})
    assert str(caught.value) == f"{dataset.path}: there is no record {strange}; there are 23"


def test_only_the_wanted_fields_are_gathered_in_any_order(dataset: ChunkedDataset) -> None:
    label = np.empty(4, np.int64)
    dataset.gather(np.array([22, 0, 0, 9]), {"label": label})
    assert label.tolist() == [22, 0, 0, 9]
    dataset.gather(np.array([], np.int64), {"label": np.empty(0, np.int64)})


@pytest.mark.parametrize(
    ("out", "what"),
    [
        (np.empty((3, 3), np.int32), "data: int32 (3, 3) cannot take 2 records"),
        (np.empty((2, 3), np.int64), "data: int64 (2, 3) cannot take 2 records"),
        (np.empty((2, 3), ">i4"), "data: >i4 (2, 3) cannot take 2 records"),
        (np.empty((3, 2), np.int32).T, "data: int32 (2, 3) cannot take 2 records"),
    ],
    ids=["shape", "type", "byte order", "not C-contiguous"],
)
def test_an_array_that_does_not_fit_is_refused(
    dataset: ChunkedDataset, out: np.ndarray, what: str
) -> None:
    with pytest.raises(ValueError, match="cannot take") as caught:
        dataset.gather(np.array([0, 1]), {"data": out})
    assert str(caught.value) == what


def test_a_closed_dataset_says_so(dataset: ChunkedDataset) -> None:
    with dataset as same_one:
        assert same_one is dataset
    dataset.close()
    with pytest.raises(UsageError) as caught:
        dataset[0]
    assert str(caught.value) == f"{dataset.path}: the dataset is closed"
    assert len(dataset) == COUNT


def test_a_pickled_dataset_opens_the_file_again(dataset: ChunkedDataset) -> None:
    content = pickle.dumps(dataset)
    assert len(content) < 1000  # the way to it, not the records
    dataset.close()
    for other in (pickle.loads(content), copy.copy(dataset)):
        assert same(read(other), numbered(COUNT))


def test_another_process_reads_a_dataset_that_was_sent_to_it(dataset: ChunkedDataset) -> None:
    program = (
        "import pickle, sys\n"
        "dataset = pickle.load(sys.stdin.buffer)\n"
        "print(sum(int(record['label']) for record in dataset))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=pickle.dumps(dataset), capture_output=True
    )
    assert (done.stdout, done.stderr) == (b"253\n", b"")  # 0 + 1 + … + 22


def _labels(dataset: ChunkedDataset) -> list[int]:
    return [int(dataset[index]["label"]) for index in range(len(dataset))]


def test_a_forked_child_reads_the_same_and_the_parent_goes_on(dataset: ChunkedDataset) -> None:
    dataset[0]
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = os.fork()
    if child == 0:  # nothing of pytest's may run here
        try:
            sender.send(_labels(dataset))
        finally:
            os._exit(0)
    sender.close()
    assert receiver.recv() == list(range(COUNT))
    os.waitpid(child, 0)
    assert _labels(dataset) == list(range(COUNT))
