from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from protonet.run.job import Job, prepare
from protonet.run.nonfinite import Fed, explain, first_fault, in_words
from protonet.run.replay import read_replay
from protonet.run.watch import Fault
from tests.small import points, small_spec, write_points


def job(folder: Path, more: str = "") -> Job:
    return prepare(small_spec(folder, more=more), None, pytest.fail)


def test_the_first_layer_whose_output_is_not_finite_is_named(tmp_path: Path) -> None:
    made = job(tmp_path)
    with torch.no_grad():
        made.net.params["scores"]["weight"].fill_(math.inf)
    failure = explain(made, tmp_path, 3, 0.1)
    assert failure.what == (
        "the output of layer scores is not finite, and neither is its weight (all 8 samples of the "
        "batch)"
    )
    assert math.isnan(failure.loss)
    assert math.isnan(failure.norm)
    assert (failure.replay, failure.refused, failure.found) == (
        tmp_path / "replay_iter_3",
        "",
        True,
    )


def test_the_records_of_the_data_set_are_named(tmp_path: Path) -> None:
    spec = small_spec(tmp_path)
    records = dict(points(60, 1))
    records["data"] = records["data"].copy()
    records["data"][[17, 41]] = math.nan
    (tmp_path / "points.lmdb" / "data.mdb").unlink()
    (tmp_path / "points.lmdb").rmdir()
    write_points(tmp_path / "points.lmdb", train=records, test=points(20, 2))
    made = prepare(spec, None, pytest.fail)
    told = [explain(made, tmp_path, iteration, 0.1) for iteration in range(8)]  # the first epoch
    bad = [one for one in told if one.found]
    named = "the input data is not finite (record{} of data.train, of 8 in the batch)"
    texts = sorted(one.what for one in bad)
    apart = [named.format(" 17"), named.format(" 41")]
    assert texts in (apart, [named.format("s 17, 41")])
    for one in bad:
        replay = read_replay(one.replay)
        (rows,) = replay.facts.rows
        data = replay.batches[0]["data"]
        assert [row for row, values in zip(rows, data, strict=True) if values.isnan().any()]


def test_all_batches_of_an_iteration_are_repeated(tmp_path: Path) -> None:
    made = job(tmp_path, "iter_size: 3")
    failure = explain(made, tmp_path, 2, 0.1)
    assert failure.found is False
    replay = read_replay(failure.replay)
    assert [len(rows) for rows in replay.facts.rows] == [8, 8, 8]
    feed = made.train_set.feed(made.net, endless=True, seed=3, start=6)  # batches 6, 7 and 8
    for batch, (data, label) in zip(replay.batches, feed, strict=False):
        assert torch.equal(batch["data"], data)
        assert torch.equal(batch["label"], label)


def test_what_cannot_be_found_again_is_said(tmp_path: Path) -> None:
    failure = explain(job(tmp_path), tmp_path, 0, 0.1)
    assert failure.what == "nothing that was not finite, now that the step was repeated"
    assert math.isfinite(failure.loss)


def test_the_weights_written_down_are_those_before(tmp_path: Path) -> None:
    made = job(tmp_path, "ema: 0.9, type: Adam")
    before = {name: tensor.clone() for name, tensor in made.net.named_tensors().items()}
    with torch.no_grad():
        made.average.tensors["scores/bias"].fill_(7.0)  # type: ignore[union-attr]  # there is one
    replay = read_replay(explain(made, tmp_path, 1, 0.1).replay)
    assert replay.weights.keys() == before.keys()
    assert all(torch.equal(replay.weights[name], before[name]) for name in before)
    assert "steps" in replay.state
    assert not any(name.startswith("trained/") for name in replay.state)


def test_a_disk_that_refuses_is_told_and_hides_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    failure = explain(job(tmp_path), blocked, 0, 0.1)
    assert failure.refused == f"{blocked}/replay_iter_0: cannot be written: Not a directory"


def test_the_updates_of_several_losses_are_looked_at_in_turn(tmp_path: Path) -> None:
    made = job(
        tmp_path,
        "updates: [{losses: [loss], params: [hidden], optimizer: SGD}, "
        "{losses: [loss], params: [scores], optimizer: SGD}]",
    )
    made.net.params["scores"]["weight"].register_hook(lambda gradient: gradient * math.inf)
    feed = made.train_set.feed(made.net, endless=True, seed=3)
    _, told = first_fault(made, 0, Fed([next(feed)], [tuple(range(8))]))
    what = "the gradient of scores/weight is not finite, the first on the way back"
    assert told == f"{what} (all 8 samples of the batch)"


def test_what_is_trained_in_parts_is_repeated_in_parts(tmp_path: Path) -> None:
    made = job(tmp_path, "micro_batch: 3")
    data, labels = next(made.train_set.feed(made.net, endless=True, seed=3))
    data[4] = math.inf
    found, told = first_fault(made, 0, Fed([(data, labels)], [tuple(range(20, 28))]))
    assert told == "the input data is not finite (record 24 of data.train, of 3 in the batch)"
    assert found.given[0].values.shape == (2, 5)  # of the last part: 3, 3 and 2 samples
    assert explain(made, tmp_path, 0, 0.1).found is False
    kept = read_replay(tmp_path / "replay_iter_0")
    assert kept.facts.machine.micro_batch == 3
    assert [len(rows) for rows in kept.facts.rows] == [8]


ROWS = [[10, 11, 12], [20, 21, 22, 23, 24, 25, 26]]


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("x"), "x"),
        (Fault("x", 0), "x (all 3 samples of the batch)"),
        (Fault("x", 0, (0, 1, 2)), "x (all 3 samples of the batch)"),
        (Fault("x", 0, (2,)), "x (record 12 of data.train, of 3 in the batch)"),
        (Fault("x", 1, (3, 0)), "x (records 20, 23 of data.train, of 7 in the batch)"),
        (
            Fault("x", 1, (0, 1, 2, 3, 4, 5)),
            "x (records 20, 21, 22, 23, 24 and 1 more of data.train, of 7 in the batch)",
        ),
    ],
)
def test_a_fault_in_words(fault: Fault, text: str) -> None:
    assert in_words(fault, ROWS, "data.train") == text
