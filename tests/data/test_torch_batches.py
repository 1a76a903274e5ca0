"""Ready batches: each record once, however many workers and ranks share them."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import distributed
from torch.utils.data import DataLoader

import protonet
from protonet.data.torch_batches import Batches, Ranks
from protonet.data.torch_dataset import TorchDataset
from protonet.errors import UsageError
from tests.data.tables import numbered, write

COUNT = 50


@pytest.fixture
def dataset(tmp_path: Path) -> TorchDataset:
    return protonet.open_dataset(write(tmp_path / "x.lmdb", numbered(COUNT)))


def labels(batches: Batches, workers: int = 0, start: str | None = None) -> list[list[int]]:
    loader = DataLoader(
        batches, batch_size=None, num_workers=workers, multiprocessing_context=start
    )
    return [batch["label"].tolist() for batch in loader]


def of_rank(dataset: TorchDataset, rank: int, count: int, *, drop_last: bool = False) -> Batches:
    batches = dataset.batches(7, drop_last=drop_last)
    batches.ranks = Ranks(rank, count)
    return batches


def test_batches_are_the_records_in_order(dataset: TorchDataset) -> None:
    batches = dataset.batches(20)
    assert len(batches) == 3
    first, second, last = batches
    assert first["data"].dtype == torch.int32
    assert second["data"][0].tolist() == [200, 201, 202]
    assert [len(batch["label"]) for batch in (first, second, last)] == [20, 20, 10]
    assert labels(batches) == [[*range(20)], [*range(20, 40)], [*range(40, 50)]]


def test_a_short_batch_can_be_left_out(dataset: TorchDataset) -> None:
    batches = dataset.batches(20, drop_last=True, fields=["label"])
    assert len(batches) == 2
    assert [*map(list, batches)] == [["label"], ["label"]]


def test_shuffling_is_another_in_every_epoch_and_with_every_seed(dataset: TorchDataset) -> None:
    batches = dataset.batches(8, shuffle=True, seed=4)
    first = labels(batches)
    assert sorted(itertools.chain(*first)) == [*range(COUNT)]
    assert labels(batches) == first
    batches.set_epoch(1)
    second = labels(batches)
    assert sorted(itertools.chain(*second)) == [*range(COUNT)]
    other = labels(dataset.batches(8, shuffle=True, seed=5))
    assert first != second != other != first
    batches.set_epoch(0)
    assert labels(batches) == first


@pytest.mark.parametrize("workers", [1, 2])
def test_forked_workers_give_the_same_batches_in_the_same_order(
    dataset: TorchDataset, workers: int
) -> None:
    batches = dataset.batches(8, shuffle=True)
    assert labels(batches, workers, "fork") == labels(batches)


@pytest.mark.slow  # each worker imports torch
@pytest.mark.parametrize("workers", [1, 2])
def test_workers_started_anew_give_the_same_batches_in_the_same_order(
    dataset: TorchDataset, workers: int
) -> None:
    batches = of_rank(dataset, 1, 2)
    assert labels(batches, workers, "spawn") == labels(batches)


@pytest.mark.parametrize("count", [1, 2, 3, 9])
@pytest.mark.parametrize("workers", [0, 2])
def test_ranks_get_each_record_once(dataset: TorchDataset, count: int, workers: int) -> None:
    """50 records are 8 batches of 7: of nine ranks one gets none."""
    start = "fork" if workers else None
    parts = [of_rank(dataset, rank, count) for rank in range(count)]
    read = [labels(part, workers, start) for part in parts]
    assert [len(part) for part in parts] == [len(batches) for batches in read]
    turns = itertools.zip_longest(*read)  # rank 0's first, rank 1's first, …
    in_order = [batch for turn in turns for batch in turn if batch is not None]
    assert in_order == [[*range(first, min(first + 7, 50))] for first in range(0, 50, 7)]


def test_with_drop_last_every_rank_has_as_many_batches(dataset: TorchDataset) -> None:
    """7 whole batches of 7: two ranks get three each."""
    parts = [of_rank(dataset, rank, 2, drop_last=True) for rank in (0, 1)]
    assert [len(part) for part in parts] == [3, 3]
    assert [[batch[0] for batch in labels(part)] for part in parts] == [[0, 14, 28], [7, 21, 35]]


def test_the_rank_is_torchruns_where_there_is_no_group(
    dataset: TorchDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert dataset.batches(20).ranks == Ranks(1, 2)
    assert labels(dataset.batches(20)) == [[*range(20, 40)]]
    monkeypatch.setenv("RANK", "2")
    assert Ranks.found() == Ranks(0, 1)  # no rank of two: of another program


def test_the_rank_is_the_groups_where_there_is_one(tmp_path: Path) -> None:
    place = f"file://{tmp_path}/store"
    distributed.init_process_group("gloo", init_method=place, rank=0, world_size=1)
    try:
        assert Ranks.found() == Ranks(0, 1)
    finally:
        distributed.destroy_process_group()


def test_batches_may_be_kept_and_changed(dataset: TorchDataset) -> None:
    kept = []
    for batch in dataset.batches(9):
        batch["label"] += 100
        kept.append(batch["label"])
    assert torch.cat(kept).tolist() == [*range(100, 150)]
    assert labels(dataset.batches(50)) == [[*range(50)]]


def test_batches_of_nothing_are_refused(dataset: TorchDataset) -> None:
    with pytest.raises(UsageError) as caught:
        dataset.batches(0)
    assert str(caught.value) == "batch_size is a whole number of at least 1, not 0"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"batch_size": 2.5}, "batch_size is a whole number of at least 1, not 2.5"),
        (
            {"batch_size": 4, "shuffle": "block"},
            "shuffle is True or False, not 'block'; block and buffer:N are orders of `data` in a "
            "spec",
        ),
    ],
)
def test_what_would_be_taken_for_something_else_is_refused(
    dataset: TorchDataset, options: dict[str, Any], why: str
) -> None:
    """Any text is true, and so would shuffle in full without a word."""
    with pytest.raises(UsageError) as caught:
        dataset.batches(**options)
    assert str(caught.value) == why
