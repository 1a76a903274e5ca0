"""Keyed permutations: the documented network, and several lengths at once."""

from __future__ import annotations

import math
import zlib

import numpy as np
import pytest

from protonet.data.order import Order
from protonet.data.order.permutation import Permutations, permuted, permuted_within
from protonet.randomness import random_words

MASK = (1 << 64) - 1


def mixed(word: int) -> int:
    """SplitMix64's finaliser as published, in whole numbers."""
    word = word + 0x9E3779B97F4A7C15 & MASK
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & MASK
    word = (word ^ word >> 27) * 0x94D049BB133111EB & MASK
    return word ^ word >> 31


def by_hand(count: int, seed: int, position: int) -> int:
    """The same order again, in whole numbers: it may not change, or no run could be resumed."""
    number, place = divmod(position, count)
    key = mixed(mixed(seed) ^ zlib.crc32(b"order"))
    word = mixed(mixed(number) ^ key)
    a = max(2, 2 * math.ceil((math.isqrt(count - 1) + 1) / 2))
    b = math.ceil(count / a)
    while True:
        right, left = divmod(place, a)
        for step in range(6):
            half, other, limit = (left, right, a) if step % 2 == 0 else (right, left, b)
            random = mixed(word + step * 0xD1B54A32D192ED03 + other & MASK)
            half = (half + ((random >> 32) * limit >> 32)) % limit
            left, right = (half, other) if step % 2 == 0 else (other, half)
        place = right * a + left
        if place < count:
            return place


@pytest.mark.parametrize("count", [1, 2, 3, 10, 257, 60_000, (1 << 45) + 7])
def test_the_order_is_the_documented_network(count: int) -> None:
    positions = [0, 1, 2, count - 1, count, 5 * count + count // 2, 12345]
    for seed in (0, 42):
        found = Order(count, True, seed).rows(np.array(positions))
        assert found.tolist() == [by_hand(count, seed, position) for position in positions]


def test_places_are_permuted_within_the_length_beside_each() -> None:
    """Lengths 1, 5, 300 and 2**40 + 1, one after the other, as if each were permuted alone."""
    lengths = [5, 1, 300, (1 << 40) + 1]
    places = np.concatenate([np.arange(min(length, 400)) for length in lengths])
    counts = np.repeat(lengths, [min(length, 400) for length in lengths])
    keys = random_words(3, counts)
    found = permuted_within(places, keys, counts)
    alone = [
        permuted(places[counts == length], keys[counts == length], length) for length in lengths
    ]
    assert found.tolist() == np.concatenate(alone).tolist()
    assert sorted(found[:5].tolist()) == [0, 1, 2, 3, 4]
    assert found[5] == 0
    assert sorted(found[6:306].tolist()) == list(range(300))


def test_several_permutations_are_chosen_from_by_number() -> None:
    which = np.array([1, 0, 1, 1, 0])
    places, keys = np.array([0, 2, 1, 2, 0]), random_words(9, np.arange(5) * 0)
    found = Permutations([4, 3]).rows(places, keys, which)
    assert sorted(found[which == 1].tolist()) == [0, 1, 2]
    assert found[which == 0].tolist() == permuted(places[[1, 4]], keys[[1, 4]], 4).tolist()
