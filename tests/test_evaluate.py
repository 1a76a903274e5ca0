"""Whole tests of a net are in `tests/run/test_evaluator.py`; here is how scores read."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from protonet.evaluate import Score, evaluate, kind_of, line
from tests.small import small_net


@pytest.mark.parametrize(
    ("score", "value", "text"),
    [
        (Score([9906.0], [10000.0], True, True), 0.9906, "0.9906 (9906/10000)"),
        (Score([28.7], [1000.0], False, True), 0.0287, "0.0287"),
        (Score([1.0, 0.0], [2.0, 0.0], True, False), [0.5, 0.0], "[0.5000 0.0000]"),
    ],
)
def test_a_score_is_a_quotient_and_reads_as_one(
    score: Score, value: float | list[float], text: str
) -> None:
    assert score.value == value
    assert str(score) == text


def test_the_line_is_that_of_design_8() -> None:
    scores = {
        "accuracy": Score([9906.0], [10000.0], True, True),
        "loss": Score([287.0], [10000.0], False, True),
    }
    assert line("test", scores) == "test: accuracy 0.9906 (9906/10000) loss 0.0287"


def test_metrics_come_before_losses(tmp_path: Path) -> None:
    net = small_net(tmp_path).in_phase("test")
    batch = (torch.zeros(2, 6), torch.tensor([0, 1]))
    scores = evaluate(net, [batch])
    assert list(scores) == ["accuracy", "loss"]
    assert [kind_of(net, name) for name in scores] == ["metric", "loss"]
    assert scores["loss"].value == pytest.approx(1.0986123, rel=1e-6)  # ln 3: all scores are 0


def test_batches_weigh_as_much_as_their_samples(tmp_path: Path) -> None:
    net = small_net(tmp_path).in_phase("test")
    with torch.no_grad():
        net.params["scores"]["weight"].zero_()
        net.params["scores"]["bias"].copy_(torch.tensor([1.0, 0.0, 0.0]))  # always class 0
    batches = [(torch.zeros(3, 6), torch.tensor([0, 0, 1])), (torch.zeros(1, 6), torch.tensor([1]))]

    assert evaluate(net, batches)["accuracy"].value == 0.5  # 2 of 4
    assert evaluate(net, iter(batches), 2)["accuracy"].value == pytest.approx(1 / 3)  # (2/3 + 0)/2


def test_measuring_takes_no_gradient(tmp_path: Path) -> None:
    net = small_net(tmp_path).in_phase("test")
    evaluate(net, [(torch.zeros(2, 6), torch.tensor([0, 1]))])
    assert all(slot.tensor.grad is None for slot in net.learnable)
