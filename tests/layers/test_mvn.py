from __future__ import annotations

import pytest
import torch

from protonet.layers.mvn import MVN
from protonet.layers.record import Blob
from tests.layers.building import gradient, numbers, refusal, top_of

BOTTOM = numbers([[1.0, 3.0], [2.0, 8.0]])


def test_each_channel_has_mean_zero_and_variance_one() -> None:
    # means 2 and 5, deviations of the population 1 and 3
    expected = torch.tensor([[[-1.0, 1.0], [-1.0, 1.0]]])
    torch.testing.assert_close(top_of(MVN, BOTTOM).detach(), expected)


def test_all_channels_may_be_taken_together() -> None:
    # mean 3.5, variance (6.25 + 0.25 + 2.25 + 20.25) / 4 = 7.25
    expected = torch.tensor([[[-2.5, -0.5], [-1.5, 4.5]]]) / 7.25**0.5
    torch.testing.assert_close(top_of(MVN, BOTTOM, across_channels=True).detach(), expected)


def test_the_variance_may_be_left() -> None:
    top = top_of(MVN, BOTTOM, normalize_variance=False)
    assert top.tolist() == [[[-1, 1], [-3, 3]]]


def test_eps_is_added_behind_the_root() -> None:
    top = top_of(MVN, BOTTOM, eps=1)
    expected = torch.tensor([[[-1 / 2, 1 / 2], [-3 / 4, 3 / 4]]])
    torch.testing.assert_close(top.detach(), expected)


def test_the_gradient_takes_eps_for_a_part_of_the_deviation() -> None:
    bottom = numbers([[1.0, 3.0]])
    top = top_of(MVN, bottom, eps=1)  # -1/2, 1/2

    slope = gradient(top * torch.tensor([0.0, 1.0]), bottom)

    # Caffe's (g - mean(g) - y * mean(g * y)) / (deviation + eps) for g = (0, 1):
    # (0 - 1/2 + 1/2 * 1/4) / 2 and (1 - 1/2 - 1/2 * 1/4) / 2
    torch.testing.assert_close(slope, torch.tensor([[[-3 / 16, 3 / 16]]]))


def test_equal_numbers_become_zero_and_get_a_finite_gradient() -> None:
    bottom = numbers([[2.0, 2.0]])
    top = top_of(MVN, bottom)
    assert top.tolist() == [[[0, 0]]]
    assert gradient(top, bottom).isfinite().all()


@pytest.mark.parametrize(
    ("shape", "keys", "hint"),
    [
        ((2, 3), {}, "across_channels: true takes all channels of a sample together"),
        ((2,), {"across_channels": True}, "means are taken within each sample"),
    ],
)
def test_refuses_to_normalise_single_numbers(
    shape: tuple[int, ...], keys: dict[str, bool], hint: str
) -> None:
    assert refusal(MVN, Blob(shape), **keys) == (
        f"each number of a bottom of shape {Blob(shape)} would be normalised by itself, to 0",
        hint,
    )


def test_refuses_whole_numbers() -> None:
    assert refusal(MVN, Blob((2, 3), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
