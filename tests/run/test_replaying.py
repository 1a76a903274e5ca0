from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from protonet.errors import NonFiniteError, SnapshotError
from protonet.run.job import prepare
from protonet.run.nonfinite import TRIED, explain
from protonet.run.replay import read_replay, write_replay
from protonet.run.replaying import Change, replay_step, together
from protonet.run.train import TrainOptions, run_training
from protonet.run.updating import updates_of
from protonet.schema import load_spec, respecified
from protonet.solver import seed_generators
from tests.small import small_file, small_spec


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("overrides", "others"),
    [
        ([], False),
        (["solver.iter_size=2"], False),
        (["solver.precision=bf16"], True),
        (["solver.max_iter=3 epochs"], False),
        (["solver.lr_policy={type: lr_scheduler.ExponentialLR, gamma: 0.9}"], False),
    ],
)
def test_a_run_that_failed_fails_again_in_the_same_place(
    overrides: list[str], others: bool, tmp_path: Path
) -> None:
    spec = respecified(small_spec(tmp_path), ["solver.base_lr=1e30", *overrides])
    with pytest.raises(NonFiniteError) as caught:
        run_training(spec, TrainOptions(run=Path("a")))
    (folder,) = Path("a").glob("replay_iter_*")
    outcome = replay_step(folder)
    assert outcome.own.is_reproduced
    assert outcome.own.told == outcome.replay.facts.what
    assert outcome.own.told in str(caught.value)
    assert outcome.own.changes == {}
    assert (outcome.plain is not None) == others
    assert outcome.name == "small"


def test_what_a_rule_met_at_weights_that_it_tried_is_met_again(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    path.write_text(path.read_text().replace("momentum: 0.9", "optimizer: {type: optim.LBFGS}"))
    with pytest.raises(NonFiniteError) as caught:
        run_training(respecified(load_spec(path), ["solver.base_lr=1e30"]), TrainOptions())
    (folder,) = Path("runs/small/1").glob("replay_iter_*")
    outcome = replay_step(folder)
    assert outcome.own.is_reproduced
    assert outcome.own.told == outcome.replay.facts.what == TRIED
    assert f"iteration 0: {TRIED}; loss " in str(caught.value)


def test_half_precision_is_held_against_float32(tmp_path: Path) -> None:
    spec = small_spec(tmp_path, more="precision: fp16")
    job = prepare(spec, None, pytest.fail)
    with torch.no_grad():
        job.net.params["hidden"]["bias"].fill_(1e5)  # float16 ends at 65504
    folder = explain(job, tmp_path, 0, 0.1).replay
    outcome = replay_step(folder)
    assert outcome.own.told.startswith("the output of layer hidden is not finite (all 8 samples")
    assert outcome.own.precision == "fp16"
    assert outcome.plain is not None
    assert (outcome.plain.told, outcome.plain.precision) == ("", "float32")
    assert outcome.plain.changes.keys() == outcome.own.seen.gradients.keys()


def test_what_is_finite_here_is_applied_and_measured(tmp_path: Path) -> None:
    job = prepare(small_spec(tmp_path, more="type: Adam"), None, pytest.fail)
    folder = explain(job, tmp_path, 5, 0.25).replay
    outcome = replay_step(folder)
    assert not outcome.own.is_reproduced

    flag = torch.zeros(())
    (update,) = updates_of(job, lambda: 5)
    before = job.net.params["scores"]["weight"].detach().clone()
    feed = job.train_set.feed(job.net, endless=True, seed=3, start=5)
    seed_generators(3, 5, torch.device("cpu"))
    update.make([next(feed)], 0.25, flag)
    added = job.net.params["scores"]["weight"].detach() - before
    change = outcome.own.changes["scores/weight"]
    assert change.before == pytest.approx(before.norm().item())
    assert change.change == pytest.approx(added.norm().item())
    assert change.largest == pytest.approx(added.abs().max().item())


def test_batches_that_lack_an_input_are_refused(tmp_path: Path) -> None:
    folder = explain(prepare(small_spec(tmp_path), None, pytest.fail), tmp_path, 0, 0.1).replay
    kept = read_replay(folder)
    write_replay(folder, replace(kept, batches=[{"data": kept.batches[0]["data"]}]))
    with pytest.raises(SnapshotError) as caught:
        replay_step(folder)
    assert str(caught.value) == f"{folder}: the replay is damaged: its batches lack label"


def test_parameters_are_taken_together_as_one() -> None:
    changes = {"a": Change(3.0, 0.6, 0.5), "b": Change(4.0, 0.8, 0.7)}
    whole = together(changes)
    assert (whole.before, whole.change, whole.largest) == pytest.approx((5.0, 1.0, 0.7))
    assert together({}) == Change(0.0, 0.0, 0.0)
