from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import SnapshotError, UsageError
from protonet.run.facts import resolved
from protonet.run.job import prepare
from protonet.run.remembered import restore
from protonet.run.resume import check_continues
from protonet.run.train import train
from protonet.schema import load_spec, respecified
from protonet.snapshot import Snapshot, read_snapshot
from tests.small import points, small_file, small_spec, write_points


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """Train for four iterations, and return the snapshot of it."""
    train(small_spec(tmp_path, max_iter=4))
    return read_snapshot(Path("runs/small/1/snapshots/iter_4"))


def continued(folder: Path, snapshot: Snapshot, *overrides: str) -> list[str]:
    """Return what is noted when the run goes on under a changed spec."""
    spec = respecified(load_spec(folder / "small.yaml"), overrides)
    return check_continues(prepare(spec, None, pytest.fail), resolved(spec), snapshot)


def test_the_same_spec_goes_on_without_a_word(snapshot: Snapshot, tmp_path: Path) -> None:
    assert continued(tmp_path, snapshot) == []


def test_what_may_change_is_noted(snapshot: Snapshot, tmp_path: Path) -> None:
    notes = continued(tmp_path, snapshot, "solver.max_iter=8", "solver.clip_gradients=1.5")
    assert notes == ["solver.clip_gradients was not given, is 1.5", "solver.max_iter was 4, is 8"]


def test_another_order_of_the_records_is_another_training(
    snapshot: Snapshot, tmp_path: Path
) -> None:
    """`full` is what `true` is."""
    assert continued(tmp_path, snapshot, "data.train.shuffle=full") == []
    for changed, told in {
        "shuffle=block": "shuffle was true, is block",
        "shuffle=buffer:20": "shuffle was true, is buffer:20",
        "sampling=balanced": "sampling was not given, is balanced",
        "rand_skip=3": "rand_skip was not given, is 3",
        "reservoir={size: 3}": "reservoir was not given, is {size: 3}",
        "source={points.lmdb/train: 0.5}": "source was not given, is 0.5",
    }.items():
        with pytest.raises(UsageError) as caught:
            continued(tmp_path, snapshot, f"data.train.{changed}")
        assert str(caught.value) == (
            f"{snapshot.path}: belongs to another training: data.train.{told}. Put it back, or "
            "train anew without --resume"
        )


def test_both_forms_of_the_update_rule_are_the_same_training(
    snapshot: Snapshot, tmp_path: Path
) -> None:
    path = tmp_path / "small.yaml"
    written = path.read_text()
    path.write_text(written.replace("momentum: 0.9", "optimizer: {type: SGD, momentum: 0.9}"))
    assert continued(tmp_path, snapshot) == []
    path.write_text(written.replace("momentum: 0.9", "optimizer: {type: SGD, momentum: 0.5}"))
    assert continued(tmp_path, snapshot) == ["solver.momentum was 0.9, is 0.5"]


POLICY = '"lr_scheduler.ReduceLROnPlateau"'
ADAMW = "optimizer: {type: optim.AdamW, betas: [0.9, 0.99], weight_decay: 0.1, amsgrad: true}"


@pytest.mark.parametrize(
    ("rule", "notes"),
    [
        (ADAMW.replace("0.99]", "0.9]"), ["solver.betas.1 was 0.99, is 0.9"]),
        (ADAMW.replace("weight_decay: 0.1, ", ""), ["solver.weight_decay was 0.1, is not given"]),
        (
            f"{ADAMW}, lr_policy: {{type: {POLICY}, patience: 3}}",
            [f"solver.lr_policy was not given, is {{type: {POLICY}, patience: 3}}"],
        ),
    ],
)
def test_numbers_of_an_optimizer_of_torch_may_change(
    rule: str, notes: list[str], tmp_path: Path
) -> None:
    path = small_file(tmp_path, max_iter=1)
    written = path.read_text()
    path.write_text(written.replace("momentum: 0.9", ADAMW))
    before = read_snapshot(train(path).folder / "snapshots/iter_1")
    path.write_text(written.replace("momentum: 0.9", rule))
    assert continued(tmp_path, before) == notes


@pytest.mark.parametrize(
    ("before", "now", "difference"),
    [
        (
            "{type: optim.AdamW}",
            "{type: optim.AdamW, amsgrad: true}",
            "solver.amsgrad was not given, is true",
        ),
        (
            "{type: optim.RMSprop}",
            "{type: optim.RMSprop, momentum: 0.9}",
            "solver.momentum was not given, is 0.9",
        ),
        (
            "{type: SGD, momentum: 0.9}",
            "{type: SGD, momentum: 0}",
            "solver.momentum was 0.9, is 0",
        ),
        (
            "{type: Nesterov}",
            "{type: Nesterov, momentum: 0.9}",
            "solver.momentum was not given, is 0.9",
        ),
        ("{type: optim.Adam}", "{type: optim.AdamW}", "solver.type was optim.Adam, is optim.AdamW"),
        (
            "{type: optim.LBFGS, history_size: 9}",
            "{type: optim.LBFGS, history_size: 5}",
            "solver.history_size was 9, is 5",
        ),
    ],
)
def test_what_an_update_rule_remembers_may_not_change(
    before: str, now: str, difference: str, tmp_path: Path
) -> None:
    path = small_file(tmp_path, max_iter=1)
    written = path.read_text()
    path.write_text(written.replace("momentum: 0.9", f"optimizer: {before}"))
    snapshot = read_snapshot(train(path).folder / "snapshots/iter_1")
    path.write_text(written.replace("momentum: 0.9", f"optimizer: {now}"))
    with pytest.raises(UsageError) as caught:
        continued(tmp_path, snapshot)
    assert str(caught.value) == (
        f"runs/small/1/snapshots/iter_1: belongs to another training: {difference}. Put it back, "
        "or train anew without --resume"
    )


def test_lengths_are_compared_as_they_are_written(snapshot: Snapshot, tmp_path: Path) -> None:
    notes = continued(tmp_path, snapshot, "solver.max_iter=2 epochs")
    assert notes == ["solver.max_iter was 4, is 2 epochs"]


@pytest.mark.parametrize(
    ("override", "difference"),
    [
        ("net.layers.hidden.num_output=6", "net.layers.hidden.num_output was 5, is 6"),
        (
            "net.layers.drop.dropout_ratio=0.25",
            "net.layers.drop.dropout_ratio was not given, is 0.25",
        ),
        ("data.train.batch_size=4", "data.train.batch_size was 8, is 4"),
        ("data.train.shuffle=false", "data.train.shuffle was true, is false"),
        ("solver.random_seed=4", "solver.random_seed was 3, is 4"),
        ("solver.iter_size=2", "solver.iter_size was not given, is 2"),
        ("solver.precision=bf16", "solver.precision was not given, is bf16"),
        ("solver.ema=0.99", "solver.ema was not given, is 0.99"),
    ],
)
def test_another_training_is_refused_by_name(
    override: str, difference: str, snapshot: Snapshot, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        continued(tmp_path, snapshot, override)
    assert str(caught.value) == (
        f"runs/small/1/snapshots/iter_4: belongs to another training: {difference}. Put it back, "
        "or train anew without --resume"
    )


def test_other_data_are_refused_though_they_lie_in_the_same_place(
    snapshot: Snapshot, tmp_path: Path
) -> None:
    (tmp_path / "points.lmdb" / "data.mdb").unlink()
    (tmp_path / "points.lmdb").rmdir()
    write_points(tmp_path / "points.lmdb", train=points(60, 9), test=points(20, 2))
    with pytest.raises(UsageError) as caught:
        continued(tmp_path, snapshot)
    assert str(caught.value) == (
        "runs/small/1/snapshots/iter_4: belongs to another training: data.train holds other "
        "records now (points.lmdb/train). Put it back, or train anew without --resume"
    )


def test_the_same_data_in_another_place_are_the_same_data(
    snapshot: Snapshot, tmp_path: Path
) -> None:
    (tmp_path / "points.lmdb").rename(tmp_path / "moved.lmdb")
    overrides = ("data.train.source=moved.lmdb/train", "data.test.source=moved.lmdb/test")
    assert continued(tmp_path, snapshot, *overrides) == []


def test_restoring_refuses_weights_of_another_net(snapshot: Snapshot, tmp_path: Path) -> None:
    spec = respecified(load_spec(tmp_path / "small.yaml"), ["net.layers.hidden.num_output=6"])
    with pytest.raises(SnapshotError) as caught:
        restore(prepare(spec, None, pytest.fail), snapshot)
    assert str(caught.value) == (
        "runs/small/1/snapshots/iter_4: its weights are of another net: hidden/bias, "
        "hidden/weight, scores/weight"
    )
