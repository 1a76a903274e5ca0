from __future__ import annotations

from collections import Counter

import pytest

from protonet.transforms.operations import COLOURS, GEOMETRY
from protonet.transforms.policies import POLICIES, Step


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_has_25_pairs_of_known_operations(name: str) -> None:
    steps = [step for pair in POLICIES[name] for step in pair]

    assert len(POLICIES[name]) == 25
    assert {step.name for step in steps} <= {*COLOURS, *GEOMETRY}
    assert all(0 <= step.probability <= 1 and 0 <= step.level <= 9 for step in steps)


def test_first_and_last_pairs_are_the_papers() -> None:
    assert POLICIES["imagenet"][0] == (Step("Posterize", 0.4, 8), Step("Rotate", 0.6, 9))
    assert POLICIES["imagenet"][24] == (Step("Equalize", 0.8, 0), Step("Equalize", 0.6, 0))
    assert POLICIES["cifar10"][0] == (Step("Invert", 0.1, 0), Step("Contrast", 0.2, 6))
    assert POLICIES["cifar10"][24] == (Step("TranslateY", 0.7, 9), Step("AutoContrast", 0.9, 0))
    assert POLICIES["svhn"][0] == (Step("ShearX", 0.9, 4), Step("Invert", 0.2, 0))
    assert POLICIES["svhn"][24] == (Step("ShearX", 0.7, 2), Step("Invert", 0.1, 0))


def test_operations_are_as_frequent_as_in_the_paper() -> None:
    """Counted in the tables: ImageNet's policy is mostly of colours, SVHN's of shears."""
    counts = {
        name: Counter(step.name for pair in pairs for step in pair)
        for name, pairs in POLICIES.items()
    }

    assert counts["imagenet"]["Equalize"] == 17
    assert counts["imagenet"]["ShearX"] == 1
    assert counts["svhn"]["ShearX"] + counts["svhn"]["ShearY"] == 14
    assert "Posterize" not in counts["svhn"]
