"""Expected numbers: with scores (0, ln 3) the probabilities are 1/4 and 3/4."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from protonet.errors import DataError
from protonet.layers.record import Blob
from protonet.layers.softmax_with_loss import SOFTMAX_WITH_LOSS, SoftmaxWithLoss
from tests.layers.building import (
    build,
    gradient,
    measured,
    numbers,
    params_of,
    refusal,
    top_of,
    tops_of,
)

LOG3, LOG4 = math.log(3), math.log(4)
SCORES = [[0.0, LOG3], [0.0, LOG3], [0.0, 0.0]]
LABELS = torch.tensor([0, 1, 1])
LOSSES = [LOG4, LOG4 - LOG3, math.log(2)]
"""-ln of 1/4, 3/4 and 1/2."""


def test_minus_the_logarithm_of_the_labels_probability() -> None:
    loss = top_of(SOFTMAX_WITH_LOSS, numbers(*SCORES), LABELS)
    assert loss.item() == pytest.approx(sum(LOSSES) / 3)


def test_the_gradient_is_the_probability_less_the_label() -> None:
    scores = numbers(*SCORES)
    found = 3 * gradient(top_of(SOFTMAX_WITH_LOSS, scores, LABELS), scores)
    assert found.tolist() == [
        pytest.approx([-0.75, 0.75]),
        pytest.approx([0.25, -0.25]),
        pytest.approx([0.5, -0.5]),
    ]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 1, 1, 1)])
def test_labels_may_be_numbers_of_any_type_with_further_axes(
    dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    loss = top_of(SOFTMAX_WITH_LOSS, numbers(*SCORES), LABELS.to(dtype).reshape(shape))
    assert loss.item() == pytest.approx(sum(LOSSES) / 3)


@pytest.mark.parametrize(
    ("keys", "divided"),
    [
        ({}, 2),
        ({"normalization": "VALID"}, 2),
        ({"normalization": "FULL"}, 3),
        ({"normalization": "BATCH_SIZE"}, 3),
        ({"normalization": "NONE"}, 1),
        ({"normalize": True}, 2),
        ({"normalize": False}, 3),
    ],
)
def test_an_ignored_label_costs_nothing(keys: dict[str, Any], divided: int) -> None:
    scores, labels = numbers(*SCORES), torch.tensor([0, 255, 1])

    loss = top_of(SOFTMAX_WITH_LOSS, scores, labels, ignore_label=255, **keys)

    assert loss.item() == pytest.approx((LOG4 + math.log(2)) / divided)
    assert gradient(loss, scores)[1].tolist() == [0, 0]


def test_a_batch_of_ignored_labels_costs_zero() -> None:
    scores, labels = numbers(*SCORES), torch.zeros(3)
    loss = top_of(SOFTMAX_WITH_LOSS, scores, labels, ignore_label=0)
    assert loss.item() == 0
    assert not gradient(loss, scores).any()


@pytest.mark.parametrize(
    ("rule", "divided"), [("VALID", 4), ("FULL", 4), ("BATCH_SIZE", 2), ("NONE", 1)]
)
def test_every_position_of_an_image_counts(rule: str, divided: int) -> None:
    scores, labels = torch.zeros(2, 5, 1, 2), torch.tensor([[[0, 1]], [[2, 3]]])
    loss = top_of(SOFTMAX_WITH_LOSS, scores, labels, normalization=rule)
    assert loss.item() == pytest.approx(4 * math.log(5) / divided)


@pytest.mark.parametrize("axis", [0, 2, -1])
def test_the_classes_may_lie_along_any_axis(axis: int) -> None:
    scores = torch.randn(2, 3, 4)
    last = scores.movedim(axis, -1)
    labels = torch.arange(last[..., 0].numel()).reshape(last.shape[:-1]) % last.shape[-1]

    loss = top_of(SOFTMAX_WITH_LOSS, scores, labels, axis=axis)

    own = last.exp().gather(-1, labels.unsqueeze(-1)).squeeze(-1)
    assert loss.item() == pytest.approx(float(-(own / last.exp().sum(-1)).log().mean()), rel=1e-5)


@pytest.mark.parametrize("keys", [{}, {"normalization": "NONE"}])
def test_a_hopeless_sample_costs_what_it_costs_in_caffe_and_still_learns(
    keys: dict[str, Any],
) -> None:
    scores = numbers([0.0, 200.0])
    loss = top_of(SOFTMAX_WITH_LOSS, scores, torch.tensor([0]), **keys)
    assert loss.item() == pytest.approx(87.3365, abs=1e-4)  # -ln(FLT_MIN), not 200
    assert gradient(loss, scores).tolist() == [[-1, 1]]


def test_a_sure_sample_costs_nothing() -> None:
    scores = numbers([0.0, 200.0])
    loss = top_of(SOFTMAX_WITH_LOSS, scores, torch.tensor([1]))
    assert loss.item() == 0
    assert gradient(loss, scores).abs().max() < 1e-37


def test_the_second_top_gives_the_probabilities_without_a_way_back() -> None:
    scores = numbers(*SCORES)

    loss, probabilities = tops_of(SOFTMAX_WITH_LOSS, scores, LABELS, tops=2)

    assert loss.item() == pytest.approx(sum(LOSSES) / 3)
    assert probabilities.flatten().tolist() == pytest.approx([0.25, 0.75, 0.25, 0.75, 0.5, 0.5])
    assert not probabilities.requires_grad


@pytest.mark.parametrize("tops", [1, 2])
@pytest.mark.parametrize("keys", [{}, {"ignore_label": 0}])
def test_batches_of_any_size_add_up(tops: int, keys: dict[str, Any]) -> None:
    scores = numbers(*SCORES)

    one = measured(SOFTMAX_WITH_LOSS, scores[:1], LABELS[:1], tops=tops, **keys)
    rest = measured(SOFTMAX_WITH_LOSS, scores[1:], LABELS[1:], tops=tops, **keys)

    kept = LOSSES[1:] if keys else LOSSES
    assert (one[0] + rest[0]).item() == pytest.approx(sum(kept))
    assert (one[1] + rest[1]).item() == len(kept)


@pytest.mark.parametrize("label", [-1, -100, 2])
@pytest.mark.parametrize("keys", [{}, {"ignore_label": 9}, {"normalization": "NONE"}])
def test_a_label_outside_the_classes_is_named(label: int, keys: dict[str, Any]) -> None:
    labels = torch.tensor([0, label, 1])
    with pytest.raises(DataError) as caught:
        top_of(SOFTMAX_WITH_LOSS, numbers(*SCORES), labels, **keys)
    assert str(caught.value) == (
        f"label {label} is outside the 2 classes (0 to 1), first at sample 1 of the batch"
    )


def test_a_label_outside_is_found_at_its_sample_in_images_too() -> None:
    labels = torch.zeros(2, 4, 5)
    labels[1, 3, 4] = 3
    with pytest.raises(DataError) as caught:
        top_of(SOFTMAX_WITH_LOSS, torch.zeros(2, 3, 4, 5), labels)
    assert str(caught.value) == (
        "label 3 is outside the 3 classes (0 to 2), first at sample 1 of the batch"
    )


def test_refuses_labels_that_do_not_match() -> None:
    assert refusal(SOFTMAX_WITH_LOSS, Blob((2, 3, 4, 4)), Blob((2,))) == (
        "labels of shape (2) are 2, but scores of shape (2, 3, 4, 4) need 2 * 16 = 32",
        "with the classes along axis 1, labels of shape (2, 4, 4) fit",
    )


def test_in_deployment_a_softmax_takes_its_place() -> None:
    assert SOFTMAX_WITH_LOSS.deploy is not None
    deployed = SOFTMAX_WITH_LOSS.deploy(params_of(SOFTMAX_WITH_LOSS, axis=2, ignore_label=3))
    assert deployed is not None
    assert (deployed[0], deployed[1].model_dump()) == ("Softmax", {"axis": 2})


def test_without_the_newer_keys_the_module_is_the_plain_one() -> None:
    plain = {"label_smoothing": 0, "class_weights": None}
    choices: list[dict[str, Any]] = [{}, plain, {**plain, "ignore_label": 1}]
    for keys in choices:
        module = build(SOFTMAX_WITH_LOSS, numbers(*SCORES), LABELS, **keys)
        assert isinstance(module, SoftmaxWithLoss)
