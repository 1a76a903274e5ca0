"""Data are opened as training would, and what is read in a doubtful way is told."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from protonet.errors import SpecError
from protonet.net import prove_phases
from protonet.problems import Problem
from protonet.run.checking import check_data
from protonet.schema import load_spec, located
from tests.small import Arrays, points, small_file, write_points


def checked(path: Path, *overrides: str) -> list[Problem]:
    spec = load_spec(path, overrides)
    stages = [data.stage for data in spec.data.values() if data.stage]
    with located(spec):
        return check_data(spec, prove_phases(spec.net, stages))


def told(problems: list[Problem]) -> list[tuple[str, ...]]:
    return [
        (one.severity, one.code, str(one.mark), one.path, one.why, one.hint) for one in problems
    ]


def sorted_by_label(records: Arrays) -> Arrays:
    order = np.argsort(records["label"], kind="stable")
    return {name: column[order] for name, column in records.items()}


def sorted_file(folder: Path) -> Path:
    """Write a spec whose training set begins with all records of its first class."""
    path = small_file(folder)
    write_points(folder / "sorted.lmdb", train=sorted_by_label(points(60, 1)))
    path.write_text(path.read_text().replace("points.lmdb/train", "sorted.lmdb"))
    return path


def test_data_that_fit_raise_no_doubt(tmp_path: Path) -> None:
    assert checked(small_file(tmp_path)) == []


def test_nothing_stays_open(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    checked(path)  # whatever is imported and cached once
    before = os.listdir("/proc/self/fd")
    checked(path)
    assert os.listdir("/proc/self/fd") == before


def test_sorted_labels_are_shuffled(tmp_path: Path) -> None:
    path = sorted_file(tmp_path)
    assert checked(path) == []
    assert told(checked(path, "data.train.shuffle=false")) == [
        (
            "warning",
            "PN043",
            f"{path}:3:10",
            "data.train",
            "the labels are sorted and the set is not shuffled: each batch is of one class",
            "write shuffle: true",
        )
    ]
    unsorted = ["data.train.shuffle=false", f"data.train.source={tmp_path}/points.lmdb/train"]
    assert checked(path, *unsorted) == []


def test_an_evaluation_set_may_be_sorted(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    write_points(tmp_path / "sorted.lmdb", test=sorted_by_label(points(20, 2)))
    path.write_text(path.read_text().replace("points.lmdb/test", "sorted.lmdb"))
    assert checked(path) == []


@pytest.mark.parametrize(
    ("batches", "why"),
    [
        (1, "1 batch of 7 covers 7 of 20 records of data.test"),
        (2, "2 batches of 7 cover 14 of 20 records of data.test"),
        (3, None),  # 21 records: the last batch begins anew
        (9, None),
    ],
)
def test_a_test_covers_its_set(tmp_path: Path, batches: int, why: str | None) -> None:
    path = small_file(tmp_path, more=f"test_iter: {batches}")
    found = told(checked(path))
    assert [one[4] for one in found] == ([why] if why else [])
    for severity, code, mark, where, _, hint in found:
        assert (severity, code, where, hint) == (
            "warning",
            "PN043",
            "solver.test_iter",
            "leave test_iter out",
        )
        assert mark == f"{path}:15:62"


def test_each_evaluation_set_is_judged_with_the_net_of_its_stage(tmp_path: Path) -> None:
    path = small_file(tmp_path, more="test_iter: 2")
    text = path.read_text().replace(
        "net:\n", "  val: {source: points.lmdb/train, batch_size: 10, stage: val}\nnet:\n"
    )
    path.write_text(text)
    assert [one.why for one in checked(path)] == [
        "2 batches of 7 cover 14 of 20 records of data.test",
        "2 batches of 10 cover 20 of 60 records of data.val",
    ]


def test_a_spec_without_a_solver_or_a_training_set_is_checked_too(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    text = path.read_text()
    path.write_text(text[: text.index("solver:")])
    assert checked(path) == []
    path.write_text(text.replace("  train: {source: points.lmdb/train", "  val: {source: gone.h5"))
    with pytest.raises(SpecError) as caught:
        checked(path)
    assert [(one.severity, one.code, one.path) for one in caught.value.problems] == [
        ("error", "PN040", "data.val.source")
    ]


def test_everything_that_does_not_fit_is_told_at_once(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    with pytest.raises(SpecError) as caught:
        checked(path, "data.test.source=gone.lmdb", "net.inputs.data=[7]")
    assert [(one.code, one.path) for one in caught.value.problems] == [
        ("PN040", "data.test.source"),
        ("PN041", "data.train.source"),
    ]


def test_sorted_labels_are_mixed_by_no_small_buffer(tmp_path: Path) -> None:
    path = sorted_file(tmp_path)
    (doubt,) = checked(path, "data.train.shuffle=buffer:30")
    assert (doubt.code, doubt.path, doubt.why, doubt.hint) == (
        *("PN043", "data.train", "the labels are sorted, and a buffer of 30 mixes neighbours only"),
        "write shuffle: true, or shuffle: block",
    )


@pytest.mark.parametrize("key", ["shuffle=block", "sampling=balanced", "reservoir={size: 9}"])
def test_sorted_labels_are_no_doubt_where_records_come_from_all_over(
    tmp_path: Path, key: str
) -> None:
    more = () if key.startswith("shuffle") else ("data.train.shuffle=false",)
    assert checked(sorted_file(tmp_path), *more, f"data.train.{key}") == []


def test_rates_are_judged_by_the_length_of_the_set(tmp_path: Path) -> None:
    """60 records in batches of 8: three epochs are 23 iterations."""
    policy = "type: lr_scheduler.OneCycleLR, max_lr: 1, cycle_momentum: false"
    cycle = f"solver.lr_policy={{{policy}, total_steps: 3 epochs}}"
    path = small_file(tmp_path)
    assert checked(path, cycle, "solver.max_iter=3 epochs") == []
    with pytest.raises(SpecError) as caught:
        checked(path, cycle, "solver.max_iter=24")
    assert [(one.code, one.path, one.why, one.hint) for one in caught.value.problems] == [
        ("PN015", "solver.lr_policy", "it has rates for 23 iterations", "max_iter is 24")
    ]
