"""The order of a set's records is what its spec says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from protonet.data.order import BlockOrder, Order, SkippedOrder, WindowOrder
from protonet.data.reservoir import Reservoir
from protonet.errors import SpecError, UsageError
from protonet.run.train import train
from protonet.schema import load_spec
from protonet.snapshot import read_snapshot
from tests.data.tables import write
from tests.run.drawn import LABELS, SPEC, open_drawn, read_numbers, refusal, write_drawn
from tests.run.pairs import batches, open_train, pixels, write_pairs

EPOCH = np.arange(50)


@pytest.fixture(autouse=True)
def _sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_drawn(tmp_path)
    write_drawn(tmp_path, "few.lmdb", np.array([2, 1, 0, 2, 1, 0]))


def test_shuffle_says_how_the_set_is_shuffled(tmp_path: Path) -> None:
    wanted = {
        "false": Order(50, False, 7),
        "true": Order(50, True, 7),
        "full": Order(50, True, 7),
        "buffer:9": WindowOrder(50, 9, 7),
        "block": BlockOrder(50, 131_072, 7),  # 1 MiB of 2 numbers, 8 bytes
    }
    for written, order in wanted.items():
        assert open_drawn(tmp_path, f"data.train.shuffle={written}").order(7) == order


def test_datasets_one_after_the_other_are_shuffled_together(tmp_path: Path) -> None:
    opened = open_drawn(tmp_path, "data.train.source=[few.lmdb,many.lmdb]")
    assert len(opened) == 56
    assert opened.order(7) == Order(56, False, 7)


def test_datasets_by_weight_take_turns_each_in_its_own_order(tmp_path: Path) -> None:
    """Of 4 records 3 are of `many`, whose numbers go to 49; those of `few` follow."""
    source = "data.train.source={many.lmdb: 3, few.lmdb: 1}"
    rows = open_drawn(tmp_path, source).order(7).rows(np.arange(800))
    assert [(period < 50).sum() for period in rows.reshape(200, 4)] == [3] * 200
    assert rows[rows < 50].tolist() == list(range(50)) * 12
    assert rows[rows >= 50].tolist() == [*range(50, 56)] * 33 + [50, 51]
    shuffled = open_drawn(tmp_path, source, "data.train.shuffle=true").order(7)
    rows = shuffled.rows(np.arange(800))
    assert shuffled.count == 56
    epochs = rows[rows < 50].reshape(12, 50).tolist()
    assert [sorted(epoch) for epoch in epochs] == [list(range(50))] * 12
    assert len({tuple(epoch) for epoch in epochs}) == 12


def test_a_set_by_weight_reads_what_the_order_says(tmp_path: Path) -> None:
    """The first number of every record is its place in its own dataset."""
    source = "data.train.source={many.lmdb: 3, few.lmdb: 1}"
    rows = open_drawn(tmp_path, source).order(7).rows(np.arange(60))
    wanted = np.concatenate([np.arange(50), np.arange(6)])[rows]
    assert read_numbers(tmp_path, source, batches=12, seed=7) == wanted.tolist()
    assert read_numbers(tmp_path, source, batches=8, seed=7, start=4) == wanted[20:].tolist()


def test_rand_skip_begins_by_chance_once(tmp_path: Path) -> None:
    firsts = set()
    for seed in range(200):
        order = open_drawn(tmp_path, "data.train.rand_skip=6").order(seed)
        assert isinstance(order, SkippedOrder)
        assert order.rows(EPOCH).tolist() == ((EPOCH + order.skip) % 50).tolist()
        firsts.add(order.skip)
    assert firsts == {0, 1, 2, 3, 4, 5}


def test_batches_are_drawn_from_a_reservoir_of_the_stream(tmp_path: Path) -> None:
    """After an epoch the reservoir of 6 keeps 2 of each class, and draws nothing else."""
    order = open_drawn(tmp_path, "data.train.reservoir={size: 6}").order(7)
    assert order.count == 50
    rows = order.rows(np.arange(50, 550))
    assert np.bincount(LABELS[rows], minlength=3).min() > 500 / 3 * 0.75
    reservoir = Reservoir(6)
    reservoir.offer_all(LABELS)
    assert reservoir.counts == {0: 2, 1: 2, 2: 2}


def test_a_reservoir_is_by_a_field_of_whole_numbers(tmp_path: Path) -> None:
    open_drawn(tmp_path, "data.train.reservoir={size: 6, by: quality}")
    assert refusal(tmp_path, "data.train.reservoir={size: 6, by: importance}") == [
        (
            *("PN040", "data.train.reservoir.by"),
            "importance is float32 of the shape [], and a whole number for each record is needed "
            "to draw by",
            "",
        )
    ]


@pytest.fixture
def pairs(tmp_path: Path) -> tuple[Path, str]:
    """Two sets of images and their masks, 12 and 5, and what reads them in step by weight."""
    path = write_pairs(tmp_path)
    images = 255 - pixels(5)
    write(tmp_path / "images_2.lmdb", {"data": images})
    write(tmp_path / "masks_2.lmdb", {"data": (images > 127).astype(np.uint8)})
    first = "{source: {images.lmdb: 1, images_2.lmdb: 3}, batch_size: 4, shuffle: buffer:4}"
    second = "{source: {masks.lmdb: 1, masks_2.lmdb: 3}, fields: {data: mask}}"
    return path, f"data.train=[{first}, {second}]"


def test_sources_in_step_are_mixed_alike(pairs: tuple[Path, str]) -> None:
    path, train = pairs
    opened, net = open_train(path, train)
    assert len(opened) == 17
    data, masks = batches(opened, net, count=10, seed=1)
    np.testing.assert_array_equal(masks, data > 127)
    small = {image.tobytes() for image in (255 - pixels(5)).astype(np.float32)}
    assert [sum(image.tobytes() in small for image in batch) for batch in np.split(data, 10)] == [
        3
    ] * 10


def test_sources_in_step_have_parts_of_the_same_lengths(pairs: tuple[Path, str]) -> None:
    path, train = pairs
    with pytest.raises(SpecError) as caught:
        open_train(
            path, train.replace("masks.lmdb: 1, masks_2.lmdb", "masks_2.lmdb: 1, masks.lmdb")
        )
    assert [(one.code, one.path, one.why) for one in caught.value.problems] == [
        (
            *("PN041", "data.train.1.source"),
            "its datasets hold 5, 12 records, and those of the first source, with which they are "
            "read in step, 12, 5",
        )
    ]


@pytest.mark.parametrize(
    "key",
    [
        "shuffle=block",
        "shuffle=buffer:7",
        "sampling=balanced",
        "sampling={weight: importance}",
        "reservoir={size: 6}",
        "rand_skip=20",
        "source={many.lmdb: 3, few.lmdb: 1}",
    ],
)
def test_a_resumed_run_ends_as_if_nothing_had_happened(tmp_path: Path, key: str) -> None:
    """18 batches of 5 of an epoch of 50: it is cut in the second."""
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC)
    spec = load_spec(path, [f"data.train.{key}", "solver.max_iter=18", "solver.snapshot=13"])
    until: dict[str, Any] = {"solver.max_iter": 13}
    train(spec, run="whole")
    train(spec, run="cut", **until)
    train(spec, run="cut", resume=True)
    ends = (read_snapshot(Path(run) / "snapshots/iter_18").weights for run in ("whole", "cut"))
    whole, cut = ends
    assert whole.keys() == cut.keys()
    assert all(torch.equal(whole[name], cut[name]) for name in whole)


def test_the_data_of_a_run_are_known_by_all_datasets(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC)
    source = "data.train.source={many.lmdb: 3, few.lmdb: 1}"
    train(load_spec(path, [source]), run="run")
    write_drawn(tmp_path, "few.lmdb", np.array([2, 1, 0, 2, 1, 1]))
    with pytest.raises(UsageError) as caught:
        train(load_spec(path, [source]), run="run", resume=True)
    assert str(caught.value) == (
        "run/snapshots/iter_1: belongs to another training: data.train holds other records now "
        "(many.lmdb and few.lmdb). Put it back, or train anew without --resume"
    )
