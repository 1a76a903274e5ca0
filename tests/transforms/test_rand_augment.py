from __future__ import annotations

from collections import Counter

import numpy as np

from protonet.transforms.magnitudes import usual, wide
from protonet.transforms.rand_augment import RandomOperations
from tests.transforms.running import refusals

MANY = np.arange(14_000)


def test_every_operation_is_equally_likely_at_one_level() -> None:
    levels = usual(31, 224, 224)
    acts = RandomOperations(levels, 2, 9, seed=3)(MANY)

    names = Counter(name for own in acts for name, _ in own)
    assert {len(own) for own in acts} == {2}
    assert sum((count - 2000.0) ** 2 / 2000 for count in names.values()) < 34.6  # 13 degrees
    assert len(names) == 14
    assert {abs(much) for own in acts for name, much in own if name == "Rotate"} == {9.0}
    assert {much for own in acts for name, much in own if name == "Posterize"} == {7.0}
    signs = Counter(much > 0 for own in acts for name, much in own if name == "ShearX")
    assert abs(signs[True] - signs[False]) < 200


def test_the_second_operation_does_not_depend_on_the_first() -> None:
    acts = RandomOperations(usual(31, 8, 8), 2, 9, seed=3)(MANY)
    same = sum(first[0] == second[0] for first, second in acts)

    assert 900 < same < 1100  # one in 14


def test_trivially_all_levels_come_about_alike() -> None:
    acts = RandomOperations(wide(31), 1, None, seed=3)(MANY)
    turns = Counter(round(abs(own[0][1]) / 135 * 30) for own in acts if own[0][0] == "Rotate")

    assert set(turns) == set(range(31))
    assert max(turns.values()) < 3 * min(turns.values())


def test_a_choice_depends_on_seed_and_position_alone() -> None:
    choose = RandomOperations(wide(31), 1, None, seed=3)

    assert choose(MANY[50:60]) == choose(MANY[:100])[50:60]


def test_refuses_levels_that_there_are_not() -> None:
    assert refusals([{"type": "RandAugment", "magnitude": 31}]) == [
        "0: magnitude 31 is no level of 31 (the levels are 0 to 30)"
    ]
    assert refusals([{"type": "TrivialAugment", "num_magnitude_bins": 1}]) == [
        "0.num_magnitude_bins: there are at least 2 levels"
    ]
    assert refusals([{"type": "RandAugment", "num_ops": 0}]) == [
        "0.num_ops: Input should be greater than 0"
    ]
