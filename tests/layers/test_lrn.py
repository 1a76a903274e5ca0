from __future__ import annotations

import pytest
import torch

from protonet.layers.lrn import LRN, LRNParams
from protonet.layers.record import Blob
from tests.layers.building import complaints, refusal, top_of


def channels(*values: float) -> torch.Tensor:
    """Return one pixel with these channels, (1, C, 1, 1)."""
    return torch.tensor(values, dtype=torch.float32).reshape(1, -1, 1, 1)


def test_channels_are_damped_by_their_neighbours() -> None:
    # k + alpha / n * Σx² with n = 3, alpha = 6 and k = 2; beta = 1:
    # 2 + 2 * (1 + 4) = 12, 2 + 2 * (1 + 4 + 9) = 30, 2 + 2 * (4 + 9 + 16) = 60, 2 + 2 * 25 = 52
    top = top_of(LRN, channels(1, 2, 3, 4), local_size=3, alpha=6, beta=1, k=2)
    expected = channels(1 / 12, 2 / 30, 3 / 60, 4 / 52)
    torch.testing.assert_close(top, expected)


def test_the_defaults_are_caffes() -> None:
    # 1 + 1/5 * (16 + 16) = 7.4 for either channel; 4 / 7.4^0.75 = 4 / 4.486681
    assert pytest.approx(4.486681, rel=1e-5) == 7.4**0.75
    torch.testing.assert_close(top_of(LRN, channels(4, 4)), channels(4 / 7.4**0.75, 4 / 7.4**0.75))


def test_the_sum_may_reach_beyond_all_channels() -> None:
    # 1 + 7/7 * (1 + 4) = 6
    top = top_of(LRN, channels(1, 2), local_size=7, alpha=7, beta=1)
    torch.testing.assert_close(top, channels(1 / 6, 2 / 6))


def test_across_channels_agrees_with_torchs_own() -> None:
    bottom = torch.randn(2, 7, 3, 4)
    expected = torch.nn.functional.local_response_norm(bottom, 5, 0.5, 0.6, 1.5)
    torch.testing.assert_close(top_of(LRN, bottom, alpha=0.5, beta=0.6, k=1.5), expected)


def test_pixels_are_damped_by_their_neighbours_within_a_channel() -> None:
    bottom = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    keys = {"norm_region": "WITHIN_CHANNEL", "local_size": 3, "alpha": 9, "beta": 1}
    # Each square of 3 by 3 holds the whole image: 1 + 9/9 * (1 + 4 + 9 + 16) = 31; k is not used.
    for k in (1, 5):
        torch.testing.assert_close(top_of(LRN, bottom, k=k, **keys), bottom / 31)


def test_channels_do_not_mix_within_a_channel() -> None:
    keys = {"norm_region": "WITHIN_CHANNEL", "local_size": 1, "alpha": 1, "beta": 1}
    # 1 + x²
    torch.testing.assert_close(top_of(LRN, channels(1, 3), **keys), channels(1 / 2, 3 / 10))


@pytest.mark.parametrize("size", [2, 4])
def test_refuses_a_neighbourhood_without_a_middle(size: int) -> None:
    assert complaints(LRNParams, local_size=size) == [
        (
            "local_size",
            "PN013",
            "must be odd, so that one is in the middle",
            f"{size - 1} or {size + 1}",
        )
    ]


def test_refuses_what_is_no_image() -> None:
    assert refusal(LRN, Blob((2, 3))) == (
        "the bottom (2, 3) has 2 axes, LRN needs 4: (N, C, H, W)",
        "",
    )


def test_refuses_whole_numbers() -> None:
    assert refusal(LRN, Blob((1, 1, 4, 4), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )


@pytest.mark.parametrize(
    ("region", "mean"),
    # alpha / n * Σ x² of one channel of 300; alpha / n² * Σ x² of one pixel
    [("ACROSS_CHANNELS", 90000 / 5), ("WITHIN_CHANNEL", 90000 / 25)],
)
def test_squares_are_not_beyond_half_precision(region: str, mean: float) -> None:
    bottom = torch.full((1, 1, 1, 1), 300.0, dtype=torch.float16, requires_grad=True)
    with torch.autocast("cpu", torch.float16):
        top = top_of(LRN, bottom, norm_region=region)
    assert top.item() == pytest.approx(300 * (1 + mean) ** -0.75, rel=1e-3)
    top.sum().backward()
    assert bottom.grad is not None
    assert bottom.grad.isfinite().all()
