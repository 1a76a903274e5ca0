from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from protonet.transforms.auto_augment import FoundPolicy
from protonet.transforms.magnitudes import usual
from protonet.transforms.policies import POLICIES, Step
from tests.transforms.running import refusals

MANY = np.arange(20_000)


def test_pairs_chances_and_signs_are_those_of_the_policy() -> None:
    pairs = (
        (Step("Rotate", 0.25, 9), Step("Solarize", 1.0, 9)),
        (Step("Invert", 0.5, 0), Step("Invert", 0.0, 0)),
    )
    acts = FoundPolicy(pairs, usual(10, 40, 56), seed=3)(MANY)

    counted = Counter(tuple(own) for own in acts)
    # half of 20,000 each; of the first pair a quarter turns, half of it either way
    expected = {
        (("Rotate", 30.0), ("Solarize", 0.0)): 1250,
        (("Rotate", -30.0), ("Solarize", 0.0)): 1250,
        (("Solarize", 0.0),): 7500,
        (("Invert", 0.0),): 5000,
        (): 5000,
    }
    assert counted.keys() == expected.keys()
    distance = sum((counted[act] - number) ** 2 / number for act, number in expected.items())
    assert distance < 18.5  # chi-square of 4 degrees: exceeded once in a thousand


def test_all_pairs_come_about() -> None:
    acts = FoundPolicy(POLICIES["imagenet"], usual(10, 40, 56), seed=3)(MANY)

    assert {name for own in acts for name, _ in own} == {
        step.name for pair in POLICIES["imagenet"] for step in pair
    }


@pytest.mark.parametrize("policy", ["imagenet", "cifar10", "svhn"])
def test_a_choice_depends_on_seed_and_position_alone(policy: str) -> None:
    choose = FoundPolicy(POLICIES[policy], usual(10, 40, 56), seed=3)

    assert choose(MANY[50:60]) == choose(MANY[:100])[50:60]


def test_refuses_an_unknown_policy() -> None:
    assert refusals([{"type": "AutoAugment", "policy": "mnist"}]) == [
        "0.policy: Input should be 'imagenet', 'cifar10' or 'svhn'"
    ]
