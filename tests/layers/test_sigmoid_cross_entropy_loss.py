"""Expected numbers: sigmoid(ln 3) = 3/4, so -ln of it is ln 4 - ln 3, and -ln of the rest ln 4."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch.nn import functional

from protonet.layers.record import Blob
from protonet.layers.sigmoid_cross_entropy_loss import SIGMOID_CROSS_ENTROPY_LOSS as LOSS
from tests.layers.building import gradient, measured, numbers, params_of, refusal, top_of

LOG2, LOG3, LOG4 = math.log(2), math.log(3), math.log(4)
SCORES = [[LOG3, LOG3], [0.0, -LOG3]]
TARGETS = torch.tensor([[1, 0], [1, 0]])
TOTAL = (LOG4 - LOG3) + LOG4 + LOG2 + (LOG4 - LOG3)


def test_each_score_is_compared_with_its_own_target() -> None:
    loss = top_of(LOSS, numbers(*SCORES), TARGETS)
    assert loss.item() == pytest.approx(TOTAL / 2)  # by the samples


def test_the_gradient_is_the_probability_less_the_target() -> None:
    scores = numbers(*SCORES)
    found = 2 * gradient(top_of(LOSS, scores, TARGETS), scores)
    assert found.flatten().tolist() == pytest.approx([-0.25, 0.75, -0.5, 0.25])


def test_a_target_may_be_a_probability() -> None:
    # 1/2 * (ln 4 - ln 3) + 1/2 * ln 4
    loss = top_of(LOSS, numbers([LOG3]), torch.tensor([[0.5]]))
    assert loss.item() == pytest.approx(LOG4 - LOG3 / 2)


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int64, torch.float64])
@pytest.mark.parametrize("shape", [(2, 2), (2, 2, 1, 1), (2, 1, 2)])
def test_targets_may_be_numbers_of_any_type_and_shape(
    dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    loss = top_of(LOSS, numbers(*SCORES), TARGETS.to(dtype).reshape(shape))
    assert loss.item() == pytest.approx(TOTAL / 2)


@pytest.mark.parametrize(
    ("keys", "divided"),
    [
        ({}, 2),
        ({"normalization": "BATCH_SIZE"}, 2),
        ({"normalization": "FULL"}, 4),
        ({"normalization": "VALID"}, 3),
        ({"normalization": "NONE"}, 1),
        ({"normalize": True}, 3),
        ({"normalize": False}, 2),
    ],
)
def test_an_ignored_target_costs_nothing(keys: dict[str, Any], divided: int) -> None:
    scores, targets = numbers(*SCORES), torch.tensor([[1, -1], [1, 0]])

    loss = top_of(LOSS, scores, targets, ignore_label=-1, **keys)

    assert loss.item() == pytest.approx((TOTAL - LOG4) / divided)
    assert gradient(loss, scores)[0, 1].item() == 0


@pytest.mark.parametrize("rule", ["VALID", "FULL"])
def test_every_target_counts_where_none_is_ignored(rule: str) -> None:
    loss = top_of(LOSS, numbers(*SCORES), TARGETS, normalization=rule)
    assert loss.item() == pytest.approx(TOTAL / 4)


def test_a_target_is_cut_to_a_whole_number_before_it_is_ignored() -> None:
    scores, targets = numbers([0.0, 0.0, 0.0]), torch.tensor([[0.9, 1.0, -0.9]])
    loss = top_of(LOSS, scores, targets, ignore_label=0, normalization="NONE")
    assert loss.item() == pytest.approx(LOG2)  # the 1.0 alone


def test_a_batch_of_ignored_targets_costs_zero() -> None:
    scores = numbers(*SCORES)
    loss = top_of(LOSS, scores, torch.zeros(2, 2), ignore_label=0, normalization="VALID")
    assert loss.item() == 0
    assert not gradient(loss, scores).any()


def test_far_scores_cost_their_distance_without_overflow() -> None:
    scores = numbers([1000.0, -1000.0, 1000.0])
    loss = top_of(LOSS, scores, torch.tensor([[0, 1, 1]]))
    assert loss.item() == 2000
    assert gradient(loss, scores).tolist() == [[1, -1, 0]]


def test_a_target_gets_no_gradient() -> None:
    targets = numbers([0.5])
    loss = top_of(LOSS, numbers([LOG3]), targets)
    (found,) = torch.autograd.grad(loss, targets, allow_unused=True)
    assert not torch.is_tensor(found)


def test_batches_of_any_size_add_up() -> None:
    scores = numbers(*SCORES)
    one, rest = measured(LOSS, scores[:1], TARGETS[:1]), measured(LOSS, scores[1:], TARGETS[1:])
    assert (one[0] + rest[0]).item() == pytest.approx(TOTAL)
    assert (one[1] + rest[1]).item() == 2


def test_refuses_targets_that_are_not_one_per_score() -> None:
    assert refusal(LOSS, Blob((2, 3)), Blob((2,))) == (
        "bottom 1 of shape (2) has not one number for each of bottom 0, (2, 3)",
        "give targets of shape (2, 3)",
    )


def test_refuses_swapped_bottoms() -> None:
    assert refusal(LOSS, Blob((2, 3), torch.int64), Blob((2, 3))) == (
        "bottom 0 holds int64, but scores are floating-point numbers",
        "the scores come first and the targets second: bottom: [scores, targets]",
    )


def test_in_deployment_a_sigmoid_takes_its_place() -> None:
    assert LOSS.deploy is not None
    deployed = LOSS.deploy(params_of(LOSS, ignore_label=3))
    assert deployed is not None
    assert (deployed[0], deployed[1].model_dump()) == ("Sigmoid", {})


@pytest.mark.parametrize("weight", [3, (0.5, 4)])
def test_a_yes_may_cost_more(weight: float | tuple[float, ...]) -> None:
    scores = numbers(*SCORES)
    loss = top_of(LOSS, scores, TARGETS, pos_weight=weight)
    theirs = functional.binary_cross_entropy_with_logits(
        scores, TARGETS.float(), pos_weight=torch.tensor(weight), reduction="sum"
    )
    torch.testing.assert_close(loss, theirs / 2)
    torch.testing.assert_close(gradient(loss, scores), gradient(theirs, scores) / 2)


def test_a_class_of_pixels_has_one_weight() -> None:
    scores, targets = torch.zeros(2, 2, 3), torch.ones(2, 2, 3)
    loss = top_of(LOSS, scores, targets, pos_weight=(1, 5), normalization="NONE")
    assert loss.item() == pytest.approx((6 * 1 + 6 * 5) * LOG2)


def test_an_ignored_target_costs_nothing_whatever_its_weight() -> None:
    scores, targets = numbers(*SCORES), torch.tensor([[1, -1], [1, 0]])
    loss = top_of(LOSS, scores, targets, pos_weight=2, ignore_label=-1, normalization="VALID")
    # 2 (ln 4 - ln 3) + 2 ln 2 + (ln 4 - ln 3), over three
    assert loss.item() == pytest.approx((3 * (LOG4 - LOG3) + 2 * LOG2) / 3)


@pytest.mark.parametrize(
    ("shape", "classes"), [((2, 3, 4), "3 classes"), ((2,), "1 class"), ((2, 1), "1 class")]
)
def test_refuses_weights_for_another_number_of_classes(
    shape: tuple[int, ...], classes: str
) -> None:
    scores = Blob(shape)
    assert refusal(LOSS, scores, scores, pos_weight=(1, 2)) == (
        f"pos_weight has 2 numbers, and scores of shape {scores} have {classes} along axis 1",
        "give one number per class, or one for all",
    )
