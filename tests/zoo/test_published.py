"""What is known of published weights, as the rest of the zoo takes it."""

from __future__ import annotations

from protonet.zoo.model import Accuracy
from protonet.zoo.published import VALIDATION, Preprocessing, scored


def test_a_mean_alone_and_a_mean_with_a_deviation_are_two_transforms() -> None:
    short = (("short", 4), ("interpolation", "bicubic"))
    plain = Preprocessing(short, 3, "BGR", (1, 2, 3))
    assert plain.transform() == (
        {"type": "Resize", "short": 4, "interpolation": "bicubic"},
        {"type": "CenterCrop", "size": [3, 3]},
        {"type": "Mean", "value": [1, 2, 3]},
    )
    scaled = Preprocessing(short, 3, "BGR", (1, 2, 3), (4, 5, 6))
    assert scaled.transform()[-1] == {"type": "Normalize", "mean": [1, 2, 3], "std": [4, 5, 6]}


def test_percents_become_shares() -> None:
    assert scored(75, 93.75, "us") == (
        Accuracy(metric="top1", value=0.75, data=VALIDATION, by="us"),
        Accuracy(metric="top5", value=0.9375, data=VALIDATION, by="us"),
    )
