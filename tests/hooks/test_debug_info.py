from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from protonet.hooks.debug_info import DebugInfo, mean_of
from protonet.hooks.hook import Step
from protonet.net import Net
from tests.specs import spec_of

ONE_LAYER = """
net:
  inputs: {data: [2], target: [1]}
  layers:
    - {name: ip, type: InnerProduct, bottom: data, num_output: 1}
    - {name: loss, type: EuclideanLoss, bottom: [ip, target]}
"""
BRANCHES = """
net:
  inputs: {data: [2], target: [2]}
  layers:
    - {name: first, type: InnerProduct, bottom: data, num_output: 2, bias_term: false,
       param: {weight: {name: w}}}
    - {name: relu, type: ReLU, top: first}
    - {name: second, type: InnerProduct, num_output: 2, bias_term: false,
       param: {weight: {name: w}}}
    - {name: sum, type: Eltwise, bottom: [first, second], coeff: [2, 1]}
    - {name: still, type: Scale, frozen: true}
    - {name: loss, type: EuclideanLoss, bottom: [still, target]}
"""
STATISTICS = """
net:
  inputs: {data: [2]}
  layers:
    - {name: norm, type: BatchNorm, moving_average_fraction: 0.5}
    - {name: scale, type: Scale}
    - {name: loss, type: Reduction, loss_weight: 1}
"""

DATA = [[1.0, -2.0], [3.0, 0.5]]


class Training:
    """A net trained by plain gradient descent, and what its debug info says."""

    def __init__(self, text: str, interval: int = 1) -> None:
        self.net = Net(spec_of(text).net)
        self.lines: list[str] = []
        self.hook = DebugInfo(self.net, interval, self.lines.append)

    def fill(self, name: str, values: Any) -> None:
        with torch.no_grad():
            self.net.named_tensors()[name].copy_(torch.tensor(values))

    def step(self, iteration: int, *batches: tuple[torch.Tensor, ...], lr: float = 0.1) -> None:
        """Make an update from the gradients of some batches, as the solver does."""
        self.hook.before_step(iteration)
        slots = self.net.learnable
        for slot in slots:
            slot.tensor.grad = None
        for batch in batches:
            outputs = self.net.graph_module(*batch)
            loss = self.net.total_loss(outputs)
            loss.backward()
        with torch.no_grad():
            for slot in slots:
                assert slot.tensor.grad is not None
                slot.tensor.sub_(slot.tensor.grad, alpha=lr)
        assert self.hook.after_step(Step(iteration, loss.detach(), outputs, lr)) is False

    def number(self, start: str) -> float:
        """Return the number at the end of the line that begins so."""
        (line,) = (line for line in self.lines if line.startswith(f"    {start}"))
        return float(line.rsplit(" ", 1)[1])

    def attached(self) -> int:
        hooks = [{**one._forward_hooks, **one._forward_pre_hooks} for one in self.net.modules()]
        tensors = [slot.tensor._post_accumulate_grad_hooks or {} for slot in self.net.learnable]
        return sum(map(len, [*hooks, *tensors]))


def one_layer(interval: int = 1) -> Training:
    training = Training(ONE_LAYER, interval)
    training.fill("ip/weight", [[0.5, -1.0]])
    training.fill("ip/bias", [0.25])
    return training


def test_every_number_is_that_of_a_sum_by_hand() -> None:
    training = one_layer()

    training.step(0, (torch.tensor(DATA), torch.tensor([[1.0], [2.0]])))

    # ip = 0.5 * 1 + 1 * 2 + 0.25 = 2.75 and 1.5 - 0.5 + 0.25 = 1.25; less the target: 1.75, -0.75
    # loss = (1.75^2 + 0.75^2) / 4 = 0.90625; its gradient at ip: 1.75 / 2, -0.75 / 2
    # weight: 0.875 * 1 - 0.375 * 3 = -0.25, 0.875 * -2 - 0.375 * 0.5 = -1.9375; bias: 0.5
    # L1: 0.5 + 1 + 0.25, 0.25 + 1.9375 + 0.5; L2: sqrt(1.3125), sqrt(4.06640625)
    # updates: a tenth of the gradients
    assert training.lines == [
        "    [Forward] Input data data: 1.625",
        "    [Forward] Input target data: 1.5",
        "    [Forward] Layer ip, top blob ip data: 2",
        "    [Forward] Layer ip, param blob weight data: 0.75",
        "    [Forward] Layer ip, param blob bias data: 0.25",
        "    [Forward] Layer loss, top blob loss data: 0.90625",
        "    [Backward] Layer loss, bottom blob ip diff: 0.625",
        "    [Backward] Layer ip, param blob weight diff: 1.09375",
        "    [Backward] Layer ip, param blob bias diff: 0.5",
        "    [Backward] All net params (data, diff): L1 norm = (1.75, 2.6875); "
        "L2 norm = (1.14564, 2.01653)",
        "    [Update] Layer ip, param weight data: 0.75; diff: 0.109375",
        "    [Update] Layer ip, param bias data: 0.25; diff: 0.05",
    ]


def test_sub_batches_are_told_one_by_one_and_their_gradients_add_up() -> None:
    training = one_layer()
    halves = [(torch.tensor([row]), torch.tensor([[1.0]])) for row in DATA]

    training.step(0, *halves)

    # gradients at ip: 1.75, then 0.25; weight: (1.75, -3.5), then + (0.75, 0.125)
    means = [line for line in training.lines if "param blob weight diff" in line]
    assert means == [
        "    [Backward] Layer ip, param blob weight diff: 2.625",
        "    [Backward] Layer ip, param blob weight diff: 2.9375",
    ]
    assert len([line for line in training.lines if "[Update]" in line]) == 2


def test_only_iterations_that_are_displayed_are_watched() -> None:
    training = one_layer(interval=2)
    batch = (torch.tensor(DATA), torch.tensor([[1.0], [2.0]]))

    for iteration, lines in ((1, 0), (2, 12), (3, 12)):
        training.hook.before_step(iteration)
        assert (training.attached() > 0) is (iteration == 2)
        training.hook.close()
        training.step(iteration, batch)
        assert training.attached() == 0
        assert len(training.lines) == lines


def test_nothing_is_watched_where_nothing_is_displayed() -> None:
    training = one_layer(interval=0)

    training.step(0, (torch.tensor(DATA), torch.tensor([[1.0], [2.0]])))

    assert training.lines == []


def test_each_reader_of_a_blob_has_its_own_gradient_and_shared_weights_one() -> None:
    training = Training(BRANCHES)
    training.fill("first/weight", [[1.0, 0.5], [-1.0, 2.0]])
    training.fill("still/weight", [2.0, 3.0])
    data, target = torch.tensor(DATA), torch.tensor([[0.5, 1.0], [-1.0, 2.0]])

    training.step(0, (data, target))

    weight, x = np.array([[1, 0.5], [-1, 2]]), np.array(DATA)
    first = np.maximum(x @ weight.T, 0)
    second = first @ weight.T
    diff = ((2 * first + second) * [2, 3] - target.numpy()) / 2 * [2, 3]  # at sum
    into_first = 2 * diff + diff @ weight  # both readers of relu's top
    at_first = into_first * (first > 0)
    gradient = at_first.T @ x + diff.T @ first
    number = training.number
    assert number("[Backward] Layer sum, bottom blob first diff:") == close(2 * diff)
    assert number("[Backward] Layer sum, bottom blob second diff:") == close(diff)
    assert number("[Backward] Layer second, bottom blob first diff:") == close(diff @ weight)
    assert number("[Backward] Layer relu, bottom blob first diff:") == close(at_first)
    assert number("[Backward] Layer first, param blob weight diff:") == close(gradient)
    assert number("[Backward] Layer second, param blob weight diff:") == close(gradient)
    assert number("[Update] Layer first, param weight data: 1.125; diff:") == close(gradient / 10)
    owned = "[Update] Layer second, param blob weight (owned by layer first, param weight) diff:"
    assert number(owned) == close(gradient / 10)
    assert not [line for line in training.lines if "Layer still, param" in line and "diff" in line]
    # the shared weight counts once: 4.5, and the frozen factors: 5
    norms = next(line for line in training.lines if "All net params" in line)
    assert norms.startswith("    [Backward] All net params (data, diff): L1 norm = (9.5, ")


def close(values: Any) -> Any:
    return pytest.approx(float(np.abs(values).mean()), rel=1e-5)


def test_watching_does_not_change_what_is_learned() -> None:
    watched, alone = Training(BRANCHES), Training(BRANCHES, interval=0)
    for training in (watched, alone):
        training.fill("first/weight", [[1.0, 0.5], [-1.0, 2.0]])
        for iteration in range(3):
            training.step(iteration, (torch.tensor(DATA), torch.ones(2, 2)), lr=0.01)

    weights = [one.net.named_tensors()["first/weight"] for one in (watched, alone)]
    assert torch.equal(*weights)


def test_statistics_are_told_and_have_no_gradient() -> None:
    training = Training(STATISTICS)

    training.step(0, (torch.tensor([[1.0, 4.0], [3.0, -4.0]]),))

    # sums of the batch means 2 and 0, of the unbiased variances 2 and 32, and the count of one
    lines = [line for line in training.lines if "Layer norm, param" in line]
    assert lines == [
        "    [Forward] Layer norm, param blob mean data: 1",
        "    [Forward] Layer norm, param blob variance data: 17",
        "    [Forward] Layer norm, param blob scale_factor data: 1",
    ]


def test_numbers_that_are_not_finite_are_shown() -> None:
    training = one_layer()
    training.fill("ip/bias", [float("inf")])

    training.step(0, (torch.tensor(DATA), torch.ones(2, 1)))

    assert "    [Forward] Layer ip, top blob ip data: inf" in training.lines


def test_the_mean_of_whole_numbers_and_of_none() -> None:
    assert mean_of(torch.tensor([-3, 4])).item() == 3.5
    assert mean_of(torch.tensor([True, False])).item() == 0.5
    assert mean_of(torch.zeros(0)).isnan()
