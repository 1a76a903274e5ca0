from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from protonet.errors import SnapshotError, StorageError
from protonet.snapshot.folder import Snapshots
from tests.snapshot.test_state import state

TENSORS = {"ip/weight": torch.ones(2)}


def written(path: Path, scores: list[float | None], keep: int = 2) -> Snapshots:
    """Write a snapshot after 1, 2 … iterations, with these scores."""
    snapshots = Snapshots(path, keep)
    for iteration, score in enumerate(scores, 1):
        snapshots.write(state(iteration, score=score), TENSORS, {})
    return snapshots


@pytest.mark.parametrize(
    ("scores", "kept"),
    [
        ([None, None, None, None], [3, 4]),
        ([0.5, 0.9, 0.7, 0.6], [2, 3, 4]),
        ([0.9, 0.5, 0.9, 0.6], [3, 4]),  # of equals the later one is the best
        ([-0.1, -0.5, None, None], [1, 3, 4]),
        ([0.1], [1]),
    ],
)
def test_the_newest_and_the_best_are_kept(
    scores: list[float | None], kept: list[int], tmp_path: Path
) -> None:
    snapshots = written(tmp_path / "snapshots", scores)
    assert snapshots.iterations() == kept
    assert sorted(entry.name for entry in snapshots.path.iterdir()) == [
        f"iter_{iteration}" for iteration in kept
    ]


def test_the_newest_is_found_by_number_not_by_name(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    for iteration in (9, 10):
        snapshots.write(state(iteration), TENSORS, {})
    newest = snapshots.newest(pytest.fail)
    assert newest is not None
    assert newest.state.iteration == 10


def test_a_damaged_newest_is_passed_over_and_said(tmp_path: Path) -> None:
    snapshots = written(tmp_path, [None, None])
    (tmp_path / "iter_2" / "weights.safetensors").write_bytes(b"")
    said: list[str] = []

    newest = snapshots.newest(said.append)

    assert newest is not None
    assert newest.state.iteration == 1
    assert said == [
        f"warning: {tmp_path}/iter_2: the snapshot is damaged: weights.safetensors: its checksum "
        "is another; trying the one before it"
    ]


def test_no_whole_one_is_an_error(tmp_path: Path) -> None:
    snapshots = written(tmp_path, [None, None])
    for iteration in (1, 2):
        (tmp_path / f"iter_{iteration}" / "state.json").unlink()
    said: list[str] = []
    with pytest.raises(SnapshotError) as caught:
        snapshots.newest(said.append)
    assert str(caught.value) == (
        f"{tmp_path}: none of the 2 snapshots is whole; train again without --resume"
    )
    gone = "the snapshot is damaged: state.json: No such file or directory"
    assert said == [
        f"warning: {tmp_path}/iter_2: {gone}; trying the one before it",
        f"warning: {tmp_path}/iter_1: {gone}",
    ]


def test_the_only_one_damaged_is_an_error(tmp_path: Path) -> None:
    snapshots = written(tmp_path, [None])
    (tmp_path / "iter_1" / "state.json").unlink()
    with pytest.raises(SnapshotError) as caught:
        snapshots.newest(lambda text: None)
    assert str(caught.value) == (
        f"{tmp_path}: its only snapshot is not whole; train again without --resume"
    )


def test_no_snapshots_are_none(tmp_path: Path) -> None:
    assert Snapshots(tmp_path / "gone").newest(pytest.fail) is None


def test_what_a_killed_process_left_is_no_snapshot(tmp_path: Path) -> None:
    snapshots = written(tmp_path, [None])
    (tmp_path / ".iter_2.partial").mkdir()
    (tmp_path / "iter_x").mkdir()
    assert snapshots.iterations() == [1]


def test_what_a_killed_process_left_goes_with_the_next_snapshot(tmp_path: Path) -> None:
    for name in (".iter_7.partial", ".iter_3.leaving", "notes"):
        (tmp_path / name).mkdir()
    Snapshots(tmp_path).write(state(8), TENSORS, {})
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["iter_8", "notes"]


def test_one_whose_replacement_was_cut_short_is_found(tmp_path: Path) -> None:
    """As a kill between the two renames of a replacement leaves it."""
    written(tmp_path, [None, None])
    (tmp_path / "iter_2").rename(tmp_path / ".iter_2.old")
    newest = Snapshots(tmp_path).newest(pytest.fail)
    assert newest is not None
    assert newest.path == tmp_path / "iter_2"


def test_later_ones_are_moved_and_the_latest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots = written(tmp_path / "snapshots", [None] * 4, keep=4)
    (tmp_path / "aside").mkdir()
    moved: list[str] = []
    original = Path.rename

    def rename(self: Path, target: Path) -> Path:
        moved.append(self.name)
        return original(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    snapshots.move_later(2, tmp_path / "aside")
    assert (moved, snapshots.iterations()) == (["iter_4", "iter_3"], [1, 2])
    assert sorted(entry.name for entry in (tmp_path / "aside").iterdir()) == ["iter_3", "iter_4"]


def test_later_ones_that_cannot_be_moved_are_an_error(tmp_path: Path) -> None:
    snapshots = written(tmp_path, [None, None])
    with pytest.raises(StorageError) as caught:
        snapshots.move_later(1, tmp_path / "gone")
    assert str(caught.value) == f"{tmp_path}/gone: cannot be written: No such file or directory"


def test_what_is_no_longer_kept_may_go_later(tmp_path: Path) -> None:
    """As a resume removes what a process that was killed over it would have."""
    written(tmp_path, [0.5, 0.9, 0.7, 0.6], keep=9)
    (tmp_path / ".iter_0.leaving").mkdir()
    Snapshots(tmp_path, 1).prune(3)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["iter_2", "iter_3", "iter_4"]


def test_a_snapshot_left_from_a_later_time_is_not_removed_for_an_earlier_one(
    tmp_path: Path,
) -> None:
    """A run that goes on from iteration 2, because 9 is damaged, must not lose 2 and 3 to it."""
    snapshots = Snapshots(tmp_path, 1)
    snapshots.write(state(9), TENSORS, {})
    snapshots.write(state(2), TENSORS, {})
    snapshots.write(state(3), TENSORS, {})
    assert snapshots.iterations() == [3, 9]


def test_a_folder_that_cannot_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(StorageError) as caught:
        Snapshots(tmp_path / "snapshots").make()
    assert str(caught.value) == f"{tmp_path}/snapshots: cannot be written: Permission denied"


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "snapshots"
    place.write_text("")
    with pytest.raises(StorageError) as caught:
        Snapshots(place).write(state(), TENSORS, {})
    assert str(caught.value) == f"{place}: cannot be made: File exists"
