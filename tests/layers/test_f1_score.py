"""The averages are in test_class_share.py; here is the share itself."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from protonet.layers.f1_score import F1_SCORE
from tests.layers.building import top_of

LABELS = torch.tensor([0, 0, 1, 2, 2, 2, 2])
ANSWERS = torch.tensor([0, 1, 1, 2, 2, 1, 3])
"""By class: 2, 1 and 4 labels; 1, 3 and 2 answers; 1, 1 and 2 hits."""
SCORES = functional.one_hot(ANSWERS, 4).float()
EXPECTED = [2 / 3, 2 / 4, 4 / 6, 0]
"""2 hits / (answers + labels)."""


def test_each_class_has_its_share() -> None:
    assert top_of(F1_SCORE, SCORES, LABELS, average="none").tolist() == pytest.approx(EXPECTED)


def test_the_mean_is_over_the_classes_that_occur_or_are_answered() -> None:
    assert top_of(F1_SCORE, SCORES, LABELS).item() == pytest.approx(sum(EXPECTED) / 4)
    three = functional.one_hot(ANSWERS.clamp(max=2), 9).float()
    found = top_of(F1_SCORE, three, LABELS, average="none")
    assert top_of(F1_SCORE, three, LABELS).item() == pytest.approx(found[:3].mean().item())
