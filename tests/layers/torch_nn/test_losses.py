"""Losses of torch.nn: exact over a whole set, targets of the right type."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional

from protonet.layers import LAYERS
from protonet.layers.torch_nn.classes import is_loss
from tests.layers.building import build, measured
from tests.layers.torch_nn.building import fed, given_by_torch, net_of, torchs_own
from tests.layers.torch_nn.cases import CASES, Case

LOSSES = [case for case in CASES if is_loss(case.name) and "sum" not in case.keys]
each_mean = pytest.mark.parametrize("case", LOSSES, ids=lambda case: case.name)


@each_mean
def test_the_parts_of_a_set_add_up_to_torchs_loss_over_the_whole(case: Case) -> None:
    net, theirs = net_of(case), torchs_own(case)
    ours = net.params.get("x", {})
    theirs.load_state_dict({name: ours[name.replace(".", "_")] for name in theirs.state_dict()})
    whole = fed(case, 5)
    if case.name == "CrossEntropyLoss":
        whole[1][0] = 0  # the label that is ignored: the parts weigh differently
    axes = [1 if "N" in bottom.shape else 0 for bottom in case.bottoms]
    totals = [torch.zeros(()), torch.zeros(())]
    for start, stop in ((0, 2), (2, 5)):
        pairs = zip(whole, axes, strict=True)
        part = {f"b{n}": one.narrow(at, start, stop - start) for n, (one, at) in enumerate(pairs)}
        pair: Any = net.measuring_module(*(part[name] for name in net.inputs))["x"]
        totals = [total + one for total, one in zip(totals, pair, strict=True)]
    expected = given_by_torch(case, theirs, whole)
    torch.testing.assert_close(totals[0] / totals[1], expected, rtol=1e-5, atol=1e-6)


def test_a_summed_loss_is_measured_per_batch() -> None:
    one, other = torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 4.0]])
    total, count = measured(LAYERS["nn.MSELoss"], one, other, reduction="sum")
    assert (total.item(), count.item()) == (5.0, 1.0)  # 1 + 4, one batch


def test_whole_numbers_are_targets_of_a_regression_too() -> None:
    scores, wanted = torch.tensor([0.5, 3.0]), torch.tensor([1, 2])
    loss = build(LAYERS["nn.MSELoss"], scores, wanted)(scores, wanted)
    assert loss.item() == 0.625  # (0.25 + 1) / 2


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.float32])
def test_labels_of_any_type_are_class_indices(dtype: torch.dtype) -> None:
    scores, labels = torch.tensor([[1.0, 2.0], [3.0, 0.0]]), torch.tensor([1, 0])
    given = labels.to(dtype)
    loss = build(LAYERS["nn.CrossEntropyLoss"], scores, given)(scores, given)
    torch.testing.assert_close(loss, functional.cross_entropy(scores, labels))


def test_probabilities_are_targets_of_a_cross_entropy_as_they_are() -> None:
    scores = torch.tensor([[[1.0, 2.0, 0.0], [3.0, 0.0, 1.0]]])
    wanted = torch.tensor([[[0.2, 0.5, 1.0], [0.8, 0.5, 0.0]]])
    expected = functional.cross_entropy(scores, wanted)
    kind = LAYERS["nn.CrossEntropyLoss"]
    torch.testing.assert_close(build(kind, scores, wanted)(scores, wanted), expected)
    total, count = measured(kind, scores, wanted)
    assert count.item() == 3  # positions: torch divides by the samples times these
    torch.testing.assert_close(total / count, expected)


def test_weights_of_classes_count_in_what_a_mean_is_divided_by() -> None:
    scores, labels = torch.zeros(3, 2), torch.tensor([0, 1, 1])
    kind = LAYERS["nn.CrossEntropyLoss"]
    total, count = measured(kind, scores, labels, weight=[1.0, 3.0])
    assert count.item() == 7.0  # 1 + 3 + 3
    expected = functional.cross_entropy(scores, labels, torch.tensor([1.0, 3.0]))
    torch.testing.assert_close(total / count, expected)


def test_a_batch_of_ignored_labels_counts_nothing() -> None:
    scores, labels = torch.zeros(2, 2), torch.tensor([-100, -100])
    total, count = measured(LAYERS["nn.CrossEntropyLoss"], scores, labels)
    assert (total.item(), count.item()) == (0, 0)
