"""The averages are in test_class_share.py; here is the share itself."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from protonet.layers.mean_iou import MEAN_IOU
from tests.layers.building import top_of

LABELS = torch.tensor([0, 0, 1, 2, 2, 2, 2])
ANSWERS = torch.tensor([0, 1, 1, 2, 2, 1, 3])
"""By class: 2, 1 and 4 labels; 1, 3 and 2 answers; 1, 1 and 2 hits."""
SCORES = functional.one_hot(ANSWERS, 4).float()
EXPECTED = [1 / 2, 1 / 3, 2 / 4, 0]
"""hits / (answers or labels)."""


def test_each_class_has_its_share() -> None:
    assert top_of(MEAN_IOU, SCORES, LABELS, average="none").tolist() == pytest.approx(EXPECTED)


def test_the_mean_is_over_the_classes_that_occur_or_are_answered() -> None:
    assert top_of(MEAN_IOU, SCORES, LABELS).item() == pytest.approx(sum(EXPECTED) / 4)
    three = functional.one_hot(ANSWERS.clamp(max=2), 9).float()
    found = top_of(MEAN_IOU, three, LABELS, average="none")
    assert top_of(MEAN_IOU, three, LABELS).item() == pytest.approx(found[:3].mean().item())


def test_areas_are_added_up_over_all_images() -> None:
    """Per image the class 1 has 1/1 and 0/2; over both, 1 of 3 pixels."""
    answers = torch.tensor([[1, 0], [1, 0]])
    labels = torch.tensor([[1, 0], [0, 1]])
    scores = functional.one_hot(answers, 2).movedim(-1, 1).float()
    assert top_of(MEAN_IOU, scores, labels, average="binary").item() == pytest.approx(1 / 3)


def test_one_channel_of_scores_is_the_area_of_one_class() -> None:
    scores = torch.tensor([[[1.0, 1, -1, -1]]])  # (1, 1, 4)
    labels = torch.tensor([[1, 0, 1, 0]])
    assert top_of(MEAN_IOU, scores, labels).item() == pytest.approx(1 / 3)
