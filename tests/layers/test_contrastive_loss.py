from __future__ import annotations

import pytest
import torch

from protonet.layers.contrastive_loss import CONTRASTIVE_LOSS
from protonet.layers.record import Blob
from tests.layers.building import build, gradient, measured, numbers, refusal, top_of

FIRST = [[3.0, 4.0], [0.3, 0.4], [3.0, 4.0]]
ZEROS = [[0.0, 0.0]] * 3
SIMILAR = torch.tensor([1, 0, 0])


def test_similar_pairs_pay_their_distance_and_others_what_they_lack_of_the_margin() -> None:
    loss = top_of(CONTRASTIVE_LOSS, numbers(*FIRST), numbers(*ZEROS), SIMILAR)
    # distances 5, 0.5, 5: (25 + (1 - 0.5)² + 0) / (2 * 3)
    assert loss.item() == pytest.approx(25.25 / 6)


def test_the_legacy_version_holds_the_square_against_the_margin() -> None:
    bottoms = numbers(*FIRST), numbers(*ZEROS), SIMILAR
    loss = top_of(CONTRASTIVE_LOSS, *bottoms, margin=2, legacy_version=True)
    # (25 + (2 - 0.25) + 0) / 6
    assert loss.item() == pytest.approx(26.75 / 6)


def test_the_gradient_of_a_dissimilar_pair_is_caffes() -> None:
    first, second = numbers(*FIRST), numbers(*ZEROS)
    loss = top_of(CONTRASTIVE_LOSS, first, second, SIMILAR)

    slopes = gradient(loss, first)

    # similar: difference / N; dissimilar: -(margin - d) / (d + 1e-4) * difference / N
    torch.testing.assert_close(slopes[0], torch.tensor([1, 4 / 3]))
    factor = -0.5 / (0.5 + 1e-4) / 3
    torch.testing.assert_close(slopes[1], factor * torch.tensor([0.3, 0.4]))
    assert slopes[2].tolist() == [0, 0]
    torch.testing.assert_close(gradient(loss, second), -slopes)


def test_a_pair_of_equals_has_no_gradient_and_no_nan() -> None:
    first = numbers([1.0, 2.0])
    loss = top_of(CONTRASTIVE_LOSS, first, first.detach().clone(), torch.tensor([0]))
    assert loss.item() == 0.5
    assert gradient(loss, first).tolist() == [[0, 0]]


def test_batches_of_any_size_add_up() -> None:
    above, below = measured(CONTRASTIVE_LOSS, numbers(*FIRST), numbers(*ZEROS), SIMILAR)
    assert (above.item(), below.item()) == (pytest.approx(25.25 / 2), 3)


def test_refuses_features_that_differ() -> None:
    assert refusal(CONTRASTIVE_LOSS, Blob((2, 3)), Blob((2, 4)), Blob((2,))) == (
        "bottom 1 has the shape (2, 4), bottom 0 has (2, 3)",
        "give two bottoms of one shape, (N, …)",
    )


def test_refuses_another_number_of_pairs() -> None:
    assert refusal(CONTRASTIVE_LOSS, Blob((2, 3)), Blob((2, 3)), Blob((3,))) == (
        "bottom 2 of shape (3) has not one number for each of 2 pairs",
        "give one of shape (2)",
    )


def test_squares_are_not_beyond_half_precision() -> None:
    first, second = torch.tensor([[300.0]]).half(), torch.zeros(1, 1).half()
    with torch.autocast("cpu", torch.float16):
        loss = build(CONTRASTIVE_LOSS, first, second, torch.ones(1))(first, second, torch.ones(1))
    assert loss.item() == 300**2 / 2
