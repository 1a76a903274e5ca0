from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from protonet.errors import ShapeError
from protonet.transforms import Pipeline, read_transform
from protonet.transforms.mixing import Cutting, Mixture, mixes, partners
from tests.transforms.running import built, refusals

CLASSES = 4


def trained(*steps: dict[str, Any], shape: tuple[int, ...] = (1, 8, 8), **known: Any) -> Pipeline:
    return built(list(steps), shape, training=True, **known)


def mixed(
    pipeline: Pipeline, images: np.ndarray, labels: np.ndarray, positions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return images and shares of the classes, as a net is fed them."""
    given = pipeline.device(torch.from_numpy(images), positions)
    shares = torch.nn.functional.one_hot(torch.from_numpy(labels), CLASSES).float()
    for step in pipeline.on_labels:
        shares = step(shares, positions)
    return given.numpy(), shares.numpy()


def test_neighbours_are_an_even_position_and_the_next() -> None:
    assert partners(np.arange(4, 10)).tolist() == [1, 0, 3, 2, 5, 4]
    assert partners(np.array([7, 3, 6, 9, 2])).tolist() == [2, 4, 0, 3, 1]


def test_one_whose_neighbour_is_elsewhere_stays_itself() -> None:
    assert partners(np.arange(5, 10)).tolist() == [0, 2, 1, 4, 3]
    assert partners(np.array([3])).tolist() == [0]


def test_mixing_adds_a_share_of_the_neighbour_to_image_and_label() -> None:
    """Images that are even all over, of 0, 10, 20, …: what a label shares says what a pixel is."""
    images = (
        np.arange(8, dtype=np.float32).reshape(8, 1, 1, 1).repeat(64, 3).reshape(8, 1, 8, 8) * 10
    )
    labels = np.arange(8) % 4

    given, shares = mixed(trained({"type": "MixUp", "alpha": 1}), images, labels, np.arange(8))

    for number in range(8):
        own = shares[number, number % 4]
        other = number ^ 1
        assert shares[number].sum() == pytest.approx(1)
        assert shares[number, other % 4] == pytest.approx(1 - own)
        expected = own * number * 10 + (1 - own) * other * 10
        assert given[number] == pytest.approx(np.full((1, 8, 8), expected), rel=1e-5)
    assert len(np.unique(shares.max(axis=1))) > 4  # a share of its own for each


def test_pasting_takes_a_window_of_the_neighbour_and_shares_labels_by_its_area() -> None:
    images = np.zeros((200, 1, 10, 12), np.float32)
    images[1::2] = 1
    labels = np.arange(200) % 2

    given, shares = mixed(
        trained({"type": "CutMix"}, shape=(1, 10, 12)), images, labels, np.arange(200)
    )

    pasted = given[:, 0] != images[:, 0]
    for window, own, label in zip(pasted, shares, labels, strict=True):
        assert own[label] == pytest.approx(1 - window.mean(), abs=1e-6)
        rows, columns = window.any(1), window.any(0)
        assert np.array_equal(window, rows[:, None] & columns)  # one rectangle
    assert 0.2 < pasted.mean() < 0.45  # half, less what is cut off at the edge


def test_shares_do_not_depend_on_the_batch_as_long_as_pairs_stay_together() -> None:
    generator = np.random.default_rng(1)
    images = generator.random((12, 1, 8, 8)).astype(np.float32)
    labels, positions = generator.integers(0, 4, 12), np.arange(100, 112)
    steps = ({"type": "MixUp", "probability": 0.5}, {"type": "CutMix", "probability": 0.5})
    whole = mixed(trained(*steps, seed=5), images, labels, positions)

    parts = [
        mixed(trained(*steps, seed=5), images[some], labels[some], positions[some])
        for some in (slice(0, 2), slice(2, 8), slice(8, 12))
    ]

    for column, expected in enumerate(whole):
        np.testing.assert_array_equal(np.concatenate([part[column] for part in parts]), expected)


def test_chances_that_add_up_to_one_give_each_sample_exactly_one_of_the_two() -> None:
    positions = np.arange(2000)
    both = trained(
        {"type": "MixUp", "alpha": 1, "probability": 0.4}, {"type": "CutMix", "probability": 0.6}
    )
    mixture, cutting = (step.device.__self__ for step in both.on_device)  # type: ignore[union-attr]
    assert isinstance(mixture, Mixture)
    assert isinstance(cutting, Cutting)

    is_mixed = mixture.shares(positions) < 1
    rows, columns = cutting.windows(positions)
    is_pasted = (rows[:, 1] > rows[:, 0]) & (columns[:, 1] > columns[:, 0])

    assert not (is_mixed & is_pasted).any()
    assert 740 < is_mixed.sum() < 860
    empty = ~is_mixed & ~is_pasted  # windows too small for a pixel
    assert empty.sum() < 0.3 * 2000


def test_nothing_is_mixed_outside_training_but_labels_are_shares() -> None:
    images, labels = np.ones((4, 1, 8, 8), np.float32), np.array([0, 1, 2, 3])

    for name in ("MixUp", "CutMix", "OneHot"):
        pipeline = built([{"type": name}], (1, 8, 8))
        given, shares = mixed(pipeline, images, labels, np.arange(4))
        np.testing.assert_array_equal(given, images)
        np.testing.assert_array_equal(shares, np.eye(4))
        assert pipeline.describe() == []


def test_any_samples_can_be_mixed_up_but_only_images_cut() -> None:
    assert trained({"type": "MixUp"}, shape=(6,)).shape == (6,)
    with pytest.raises(ShapeError) as caught:
        trained({"type": "CutMix"}, shape=(6,))
    assert str(caught.value) == (
        "transform 1 (CutMix): it takes images (C, H, W), and the samples have the shape (6)"
    )


@pytest.mark.parametrize("name", ["MixUp", "CutMix", "OneHot"])
def test_refuses_label_images(name: str) -> None:
    with pytest.raises(ShapeError) as caught:
        trained({"type": name}, label_image=True, dtype="int64")
    assert str(caught.value) == (
        f"transform 1 ({name}): its samples are label images, whose numbers cannot be shared out"
    )


def test_refuses_shares_that_cannot_be() -> None:
    assert refusals([{"type": "MixUp", "alpha": 0}]) == ["0.alpha: Input should be greater than 0"]
    assert refusals([{"type": "CutMix", "probability": 2}]) == [
        "0.probability: Input should be less than or equal to 1"
    ]
    assert refusals([{"type": "OneHot", "classes": 3}]) == [
        "0.classes: unknown key (there is none)"
    ]


def test_a_list_is_known_to_mix() -> None:
    assert mixes(read_transform([{"type": "MixUp"}]))
    assert not mixes(read_transform([{"type": "OneHot"}]))
    assert not mixes(read_transform({"scale": 2}))
