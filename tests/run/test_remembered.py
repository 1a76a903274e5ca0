"""What a snapshot holds of a training, and that it comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from protonet.errors import SnapshotError
from protonet.run.job import Job, prepare
from protonet.run.remembered import TRAINED, restore, state_of, weights_of
from protonet.run.train import train
from protonet.snapshot import Snapshot, read_snapshot
from tests.small import small_spec

TWO = (
    "updates: [{losses: [loss], params: [hidden], optimizer: {type: SGD, momentum: 0.9}}, "
    "{losses: [loss], params: [scores], optimizer: {type: optim.Adam}}]"
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def trained(folder: Path, more: str) -> tuple[Job, Snapshot]:
    """Train a little; return the same training from its beginning, and the last snapshot."""
    spec = small_spec(folder, max_iter=4, more=more)
    done = train(spec)
    return prepare(spec, None, pytest.fail), read_snapshot(done.folder / "snapshots" / "iter_4")


@pytest.mark.parametrize("more", ["", "ema: 0.5", "precision: fp16"])
def test_weights_and_state_come_back_bit_by_bit(more: str, tmp_path: Path) -> None:
    job, snapshot = trained(tmp_path, more)
    restore(job, snapshot)
    weights, state = weights_of(job), state_of(job)
    assert weights.keys() == snapshot.weights.keys()
    assert state.keys() == snapshot.optimizer.keys()
    assert all(torch.equal(weights[name], snapshot.weights[name]) for name in weights)
    assert all(torch.equal(state[name], snapshot.optimizer[name]) for name in state)


def test_the_average_is_saved_as_the_weights_beside_those_that_are_trained(tmp_path: Path) -> None:
    job, snapshot = trained(tmp_path, "ema: 0.5")
    name = "hidden/weight"
    assert not torch.equal(snapshot.weights[name], snapshot.optimizer[f"{TRAINED}{name}"])
    restore(job, snapshot)
    assert torch.equal(job.net.params["hidden"]["weight"], snapshot.optimizer[f"{TRAINED}{name}"])


def test_the_states_of_several_updates_are_kept_apart(tmp_path: Path) -> None:
    job, snapshot = trained(tmp_path, TWO)
    names = {name.split("/")[0] for name in snapshot.optimizer}
    assert names == {"0", "1"}
    restore(job, snapshot)
    assert state_of(job).keys() == snapshot.optimizer.keys()


def test_weights_of_another_net_are_refused(tmp_path: Path) -> None:
    job, snapshot = trained(tmp_path, "")
    del snapshot.weights["hidden/weight"]
    with pytest.raises(SnapshotError, match=r"its weights are of another net: hidden/weight"):
        restore(job, snapshot)
