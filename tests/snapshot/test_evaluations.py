from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import SnapshotError
from protonet.run.train import train
from protonet.snapshot import Evaluation, read_evaluation
from protonet.snapshot.evaluations import snapshot_of
from tests.small import small_spec


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return train(small_spec(tmp_path)).folder


def test_a_run_means_its_newest_snapshot(run: Path) -> None:
    assert snapshot_of(run) == run / "snapshots" / "iter_10"
    assert snapshot_of(run / "snapshots" / "iter_4") == run / "snapshots" / "iter_4"
    assert snapshot_of(run / "snapshots") is None


def test_how_samples_are_prepared_is_known_of_both(run: Path) -> None:
    expected = Evaluation(input="data", shape=(6,), transform=(), classes=("a", "b", "c"))
    assert read_evaluation(run) == expected
    assert read_evaluation(run / "snapshots" / "iter_4") == expected


def test_other_weights_do_not_say_it(run: Path) -> None:
    assert read_evaluation(run / "snapshots" / "iter_4" / "weights.safetensors") is None
    assert read_evaluation(Path("gone")) is None


def test_a_damaged_snapshot_is_refused(run: Path) -> None:
    (run / "snapshots" / "iter_10" / "state.json").write_text("{")
    with pytest.raises(SnapshotError, match=r"state\.json: it was cut short or changed"):
        read_evaluation(run)
