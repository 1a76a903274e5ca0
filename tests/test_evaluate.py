"""Whole tests of a net are in `tests/run/test_evaluator.py`; here is how scores read."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn import functional

from protonet.evaluate import Score, evaluate, is_larger_better, kind_of, line, summed
from protonet.layers.record import TWO, LayerType, NoParams
from protonet.net import Net
from tests.small import small_net
from tests.specs import spec_of


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (Score(0.9906, (9906, 10000)), "0.9906 (9906/10000)"),
        (Score(0.0287), "0.0287"),
        (Score([0.5, 0.0]), "[0.5000 0.0000]"),
        (Score([0.25] * 10), "[" + "0.2500 " * 9 + "0.2500]"),
        (Score([0.25] * 1000), "[" + "0.2500 " * 8 + "… 992 more]"),
        (Score([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), "2 x 3"),
    ],
)
def test_a_score_reads_as_its_value(score: Score, text: str) -> None:
    assert str(score) == text
    assert score.is_scalar == isinstance(score.value, float)
    assert score.is_table == (" x " in text)


def test_the_line_is_that_of_design_8() -> None:
    scores = {"accuracy": Score(0.9906, (9906, 10000)), "loss": Score(0.0287)}
    assert line("test", scores) == "test: accuracy 0.9906 (9906/10000) loss 0.0287"


def test_a_table_is_not_in_the_line_unless_it_is_all_there_is() -> None:
    scores = {"confusion": Score([[1.0, 0.0], [2.0, 3.0]]), "loss": Score(0.5)}
    assert line("test", scores) == "test: loss 0.5000"
    del scores["loss"]
    assert line("test", scores) == "test: confusion 2 x 2"


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


METRICS = """
net:
  inputs: {data: [3], label: {shape: [], dtype: int64}, goal: [3]}
  layers:
    - {name: loss, type: SoftmaxWithLoss, bottom: [data, label], class_weights: [0.1, 0.2, 0.2]}
    - {name: f1, type: F1Score, bottom: [data, label]}
    - {name: each, type: Recall, bottom: [data, label], average: none}
    - {name: table, type: ConfusionMatrix, bottom: [data, label]}
    - {name: away, type: MeanSquaredError, bottom: [data, goal], root: true}
    - {name: near, type: MeanAbsoluteError, bottom: [data, goal]}
"""
ANSWERS, LABELS = torch.tensor([0, 0, 1, 2, 1]), torch.tensor([0, 1, 1, 2, 0])
DATA = functional.one_hot(ANSWERS, 3).float()
GOALS = torch.zeros(5, 3)


def batches(*cuts: int) -> list[tuple[torch.Tensor, ...]]:
    return [*zip(*(part.split(cuts) for part in (DATA, LABELS, GOALS)), strict=True)]


@pytest.mark.parametrize("cuts", [(5,), (2, 3), (1, 1, 1, 1, 1)])
@pytest.mark.parametrize("limited", [False, True])
def test_what_is_no_quotient_is_concluded_from_the_sums_of_all_batches(
    cuts: tuple[int, ...], limited: bool
) -> None:
    net = Net(spec_of(METRICS).net, "test")
    scores = evaluate(net, batches(*cuts), len(cuts) if limited else None)
    # F1 of the classes: 2 of 4, 2 of 4 and 2 of 2
    assert scores["f1"].value == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert scores["each"].value == pytest.approx([0.5, 0.5, 1])
    assert scores["table"] == Score(
        [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]], axes=("actual", "predicted")
    )
    assert scores["away"].value == pytest.approx((5 / 15) ** 0.5)  # each sample has one 1


def test_a_mean_of_numbers_shows_no_counts_though_its_sums_are_whole() -> None:
    scores = evaluate(Net(spec_of(METRICS).net, "test"), batches(2, 3))
    assert scores["near"].value == pytest.approx(1 / 3)
    assert scores["near"].counts is None


def test_weights_below_one_divide_the_mean_of_batches_too() -> None:
    net = Net(spec_of(METRICS).net, "test")
    weights = torch.tensor([0.1, 0.2, 0.2])
    parts = [
        float(functional.cross_entropy(data, label, weights)) for data, label, _ in batches(2, 3)
    ]
    assert evaluate(net, batches(2, 3), 2)["loss"].value == pytest.approx(sum(parts) / 2)
    whole = float(functional.cross_entropy(DATA, LABELS, weights))
    assert evaluate(net, batches(2, 3))["loss"].value == pytest.approx(whole)


def test_the_sums_of_two_shares_of_a_set_are_those_of_the_set() -> None:
    """What distributed processes do."""
    net = Net(spec_of(METRICS).net, "test")
    first, second = (summed(net, [batch], None) for batch in batches(2, 3))
    for name, sums in summed(net, batches(5), None).items():
        for one, other, both in zip(first[name], second[name], sums, strict=True):
            torch.testing.assert_close(one + other, both)


def test_a_metric_may_have_several_tops_and_draw_conclusions_of_its_own() -> None:
    class Extremes(torch.nn.Module):
        def forward(self, data: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return self.conclude(self.measure(data))

        def measure(self, data: torch.Tensor) -> torch.Tensor:
            return data.sum(0)

        def conclude(self, sums: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return sums.min(), sums.max()

    kind = LayerType(
        name="Extremes",
        params=NoParams,
        build=lambda params, bottoms, setting: Extremes(),
        tops=TWO,
        kind="metric",
    )
    text = """
    net:
      inputs: {data: [3]}
      layers: [{name: both, type: Extremes, top: [least, most]}]
    """
    net = Net(spec_of(text, layers={"Extremes": kind}).net, "test")
    scores = evaluate(net, [(part,) for part in DATA.split(2)])
    assert {name: score.value for name, score in scores.items()} == {"least": 1, "most": 2}


def test_of_some_metrics_less_is_better() -> None:
    net = Net(spec_of(METRICS).net, "test")
    better = {name: is_larger_better(net, name) for name in net.measured}
    assert better == {
        **dict.fromkeys(("f1", "each", "table"), True),
        **dict.fromkeys(("loss", "away", "near"), False),
    }


@pytest.mark.parametrize("test_iter", [None, 4])
def test_what_processes_find_on_their_batches_adds_up(
    test_iter: int | None, tmp_path: Path
) -> None:
    net = small_net(tmp_path).in_phase("test")
    generator = torch.Generator().manual_seed(0)
    batches = [
        (torch.randn(size, 6, generator=generator), torch.arange(size) % 3) for size in (5, 5, 5, 2)
    ]
    whole = evaluate(net, batches, test_iter)
    # the first has batches 0 and 3, the second 1, the third 2, the fourth none
    other = [
        summed(net, part, test_iter and len(part)) for part in (batches[1:2], batches[2:3], [])
    ]
    own = [batches[0], batches[3]]
    found = evaluate(net, own, test_iter and 2, lambda first: [first, *other])
    assert found["accuracy"] == whole["accuracy"]
    assert found["loss"].value == pytest.approx(whole["loss"].value, rel=1e-12)
