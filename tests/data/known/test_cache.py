"""Where known sets lie in the cache."""

from __future__ import annotations

from pathlib import Path

from protonet.data.known.cache import dataset_path, lock_path, originals_folder


def test_datasets_originals_and_locks_lie_apart(tmp_path: Path) -> None:
    assert dataset_path(tmp_path, "mnist") == tmp_path / "datasets/mnist.lmdb"
    assert originals_folder(tmp_path, "mnist") == tmp_path / "originals/mnist"
    assert lock_path(tmp_path, "mnist") == tmp_path / "datasets/.mnist.lock"
