from __future__ import annotations

from pathlib import Path

import pytest
import torch

from protonet.errors import NonFiniteError, UsageError
from protonet.run.overfitting import Overfit, overfit
from protonet.schema import Spec, respecified
from protonet.step.objective import Batch
from protonet.step.update import Computed, Update
from tests.run.test_output import Shown
from tests.run.test_sets import images, write_images
from tests.small import points, small_spec


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def spec_of(folder: Path, *overrides: str) -> Spec:
    without_noise = "net.layers.drop.dropout_ratio=0"
    return respecified(small_spec(folder), [without_noise, *overrides])


def shown(live: bool = False) -> Shown:
    return Shown(live=live)


def test_a_net_learns_a_batch_by_heart(tmp_path: Path) -> None:
    output = shown()
    outcome = overfit(spec_of(tmp_path, "solver.max_iter=200", "solver.display=50"), 1, output)
    assert outcome.went_down
    assert (outcome.batches, outcome.samples, outcome.iterations) == (1, 8, 200)
    assert outcome.after < 0.05 < outcome.before
    assert outcome.lines() == [
        outcome.result,
        f"overfit: loss {outcome.before:.4g} -> {outcome.after:.4g} on 1 batch of 8 samples in "
        "all, in 200 iterations: it went down",
    ]
    assert outcome.result.startswith("train: accuracy 1.0000 (8/8) loss 0.")
    assert [line.split()[:2] for line in output.lines] == [
        ["iteration", str(at)] for at in (0, 50, 100, 150)
    ]
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["points.lmdb"]


def test_the_same_batches_come_again_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, seen = Update.compute, list[list[float]]()

    def compute(self: Update, batches: list[Batch]) -> Computed:
        kept = list(batches)
        seen.extend(batch[0][:, 0].tolist() for batch in kept)
        return original(self, kept)

    monkeypatch.setattr(Update, "compute", compute)
    overfit(spec_of(tmp_path, "solver.iter_size=2", "data.train.shuffle=false"), 3, shown())
    data = points(60, 1)["data"][:24, 0].reshape(3, 8).tolist()
    assert seen == [data[number % 3] for number in range(20)]


def test_random_transforms_are_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_images(tmp_path / "images.lmdb", images())
    overrides = [
        "data.train.source=images.lmdb",
        "data.test.source=images.lmdb",
        "data.train.transform={crop_size: 2, mirror: true}",
        "data.test.transform={crop_size: 2}",
        "net.inputs.data={shape: [3, 2, 2], channels: RGB}",
        "solver.max_iter=6",
    ]
    original, seen = Update.compute, list[torch.Tensor]()

    def compute(self: Update, batches: list[Batch]) -> Computed:
        kept = list(batches)
        seen.extend(batch[0] for batch in kept)
        return original(self, kept)

    monkeypatch.setattr(Update, "compute", compute)
    overfit(spec_of(tmp_path, *overrides), 2, shown())
    assert len(seen) == 6
    assert all(torch.equal(seen[at], seen[at % 2]) for at in range(6))
    assert not torch.equal(seen[0], seen[1])


def test_no_test_set_is_needed(tmp_path: Path) -> None:
    spec = spec_of(tmp_path)
    del spec.data["test"]
    assert overfit(spec, 1, shown()).result.startswith("train: accuracy ")


def test_it_ends_where_something_is_not_finite(tmp_path: Path) -> None:
    with pytest.raises(NonFiniteError) as caught:
        overfit(spec_of(tmp_path, "solver.base_lr=1e30", "solver.display=1"), 2, shown())
    told = str(caught.value)
    assert told.startswith("iteration 1: the output of layer ")
    assert told.endswith("the step could not be written down: with --overfit no run is kept")


def test_two_passes_over_the_batches_must_fit(tmp_path: Path) -> None:
    few = spec_of(tmp_path, "solver.max_iter=9", "solver.iter_size=2")
    with pytest.raises(UsageError) as caught:
        overfit(few, 10, shown())
    assert str(caught.value) == (
        "--overfit 10: the loss of the last pass over the batches is held against that of the "
        "first, and two take 10 iterations; solver.max_iter is 9"
    )


def test_a_loss_that_stays_is_no_success() -> None:
    stuck = Overfit(2, 16, 1, 1.0, 0.995, "")
    assert not stuck.went_down
    assert stuck.lines() == [
        "overfit: loss 1 -> 0.995 on 2 batches of 16 samples in all, in 1 iteration: it did NOT go "
        "down. Look at base_lr, at the labels, and at the gradients: protonet gradcheck"
    ]
    assert Overfit(1, 8, 10, -1.0, -1.5, "").went_down
    nan = float("nan")
    assert not Overfit(1, 8, 0, nan, nan, "").went_down


def test_it_ends_by_the_clock_too(tmp_path: Path) -> None:
    output = shown(live=True)
    outcome = overfit(spec_of(tmp_path, "solver.max_iter=1 seconds"), 1, output)
    assert outcome.iterations > 1
    told = [text for text in output.statuses if "left" in text]
    assert told
    assert all("  0 s left  " in text for text in told)  # by the clock, not by the iterations
