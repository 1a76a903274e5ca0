from __future__ import annotations

import numpy as np
import pytest
import torch

from protonet.transforms.chances import (
    beta,
    between,
    chosen,
    generators,
    shuffles,
)

MANY = np.arange(40_000)


def distance(drawn: np.ndarray, expected: np.ndarray) -> float:
    """Return the Kolmogorov-Smirnov distance between two samples."""
    both = np.sort(np.concatenate([drawn, expected]))
    shares = (
        np.searchsorted(np.sort(one), both, side="right") / len(one) for one in (drawn, expected)
    )
    return float(np.abs(np.subtract(*shares)).max())


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.4, 1.0, 3.0, 50.0])
def test_shares_follow_the_beta_distribution(alpha: float) -> None:
    """NumPy's own draws are the reference: at 40,000 each, 0.0138 is exceeded once in a
    thousand."""
    expected = np.random.default_rng(1).beta(alpha, alpha, len(MANY))

    assert distance(beta(alpha, 5, MANY), expected) < 0.0138


def test_shares_of_a_tiny_alpha_are_numbers() -> None:
    drawn = beta(1e-3, 5, MANY)

    assert np.isfinite(drawn).all()
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert abs(drawn.mean() - 0.5) < 0.01


def test_a_draw_depends_on_seed_and_position_alone() -> None:
    some = MANY[100:110]

    assert np.array_equal(beta(0.4, 5, MANY)[100:110], beta(0.4, 5, some))
    assert not np.array_equal(beta(0.4, 5, some), beta(0.4, 6, some))


def test_numbers_of_a_span_are_evenly_spread() -> None:
    drawn = between((-2.0, 6.0), 5, MANY)

    assert distance((drawn + 2) / 8, np.random.default_rng(1).random(len(MANY))) < 0.0138
    assert between((3.0, 3.0), 5, MANY[:3]).tolist() == [3.0, 3.0, 3.0]


def test_so_many_are_chosen_as_the_probability_says() -> None:
    assert len(chosen(0.0, 5, MANY)) == 0
    assert len(chosen(1.0, 5, MANY)) == len(MANY)
    assert abs(len(chosen(0.3, 5, MANY)) / len(MANY) - 0.3) < 0.01


def test_every_order_comes_about_equally_often() -> None:
    """Pearson's chi-square over the 6 orders of 3: 20.5 is exceeded once in a thousand."""
    orders, counts = np.unique(shuffles(3, 5, MANY[:6000]), axis=0, return_counts=True)

    assert orders.tolist() == [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    assert ((counts - 1000.0) ** 2 / 1000).sum() < 20.5


def test_each_position_has_a_generator_of_its_own() -> None:
    first, second = (torch.randn(4, generator=one) for one in generators(5, MANY[:2]))
    (again,) = generators(5, MANY[1:2])

    assert not torch.equal(first, second)
    assert torch.equal(torch.randn(4, generator=again), second)
