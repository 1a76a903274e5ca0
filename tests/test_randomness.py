from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from protonet.randomness import below, key, mix, random_words, uniform

GOLDEN = 0x9E3779B97F4A7C15
"""What SplitMix64 adds to its state at each step: 2**64 over the golden ratio, made odd."""

SPLITMIX64 = [
    6457827717110365317,
    3203168211198807973,
    9817491932198370423,
    4593380528125082431,
    16408922859458223821,
]
"""The first numbers of SplitMix64 from seed 1234567, as published with the generator."""


def counters(count: int) -> npt.NDArray[np.int64]:
    return np.arange(count, dtype=np.int64)


def test_mixing_is_that_of_splitmix64() -> None:
    states = [(1234567 + step * GOLDEN) % 2**64 for step in range(5)]
    assert mix(np.array(states, np.uint64)).tolist() == SPLITMIX64


def test_mixing_keeps_words_apart_and_the_shape() -> None:
    words = np.arange(100_000, dtype=np.uint64).reshape(1000, 100)
    mixed = mix(words)
    assert mixed.shape == words.shape
    assert np.unique(mixed).size == words.size
    assert words[0, 1] == 1  # the argument is left alone


def test_a_key_is_the_same_in_every_process() -> None:
    # mix by SplitMix64's definition, in Python's own whole numbers
    def by_hand(word: int) -> int:
        word = (word + GOLDEN) % 2**64
        word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        word = (word ^ word >> 27) * 0x94D049BB133111EB % 2**64
        return word ^ word >> 31

    crc32_of_the_digits = 0xCBF43926  # the check value that CRC-32 is published with
    assert key(7) == by_hand(7)
    assert key(7, 3) == by_hand(by_hand(7) ^ 3)
    assert key("123456789", 3) == by_hand(by_hand(crc32_of_the_digits) ^ 3)
    assert key(-1) == by_hand(2**64 - 1)


def test_every_part_of_a_key_counts_and_their_order() -> None:
    keys = [key(1, 2), key(2, 1), key(1), key(2), key(1, 2, 0), key("a", 1), key("b", 1), key()]
    assert len({*keys}) == len(keys)
    assert all(0 <= one < 2**64 for one in keys)


def test_numbers_depend_on_seed_and_counter_alone() -> None:
    whole = uniform(5, counters(1000))
    order = np.random.default_rng(0).permutation(1000)
    assert np.array_equal(uniform(5, counters(1000)[order]), whole[order])
    assert np.array_equal(uniform(5, counters(1000).reshape(10, 100)), whole.reshape(10, 100))
    assert not np.array_equal(uniform(6, counters(1000)), whole)


@pytest.mark.parametrize("seed", [0, 1, 2**63, -1])
def test_numbers_are_spread_evenly(seed: int) -> None:
    found = uniform(seed, counters(100_000))
    assert found.min() >= 0
    assert found.max() < 1
    shares, _ = np.histogram(found, 10, (0, 1))
    # 10,000 in each tenth, with a standard deviation of sqrt(100,000 * 0.1 * 0.9) = 95
    assert np.abs(shares - 10_000).max() < 5 * 95
    # neighbours are independent: the standard deviation of their correlation is 1 / sqrt(100,000)
    assert abs(np.corrcoef(found[1:], found[:-1])[0, 1]) < 5 / 100_000**0.5


def test_neighbouring_seeds_are_independent() -> None:
    one, other = uniform(1, counters(100_000)), uniform(2, counters(100_000))
    assert abs(np.corrcoef(one, other)[0, 1]) < 5 / 100_000**0.5


def test_a_number_has_the_53_upper_bits_of_its_word() -> None:
    words = random_words(3, counters(10))
    assert uniform(3, counters(10)).tolist() == [int(word) // 2**11 / 2**53 for word in words]


@pytest.mark.parametrize("limit", [1, 2, 7, 1000])
def test_whole_numbers_lie_below_their_limit(limit: int) -> None:
    found = below(limit, 9, counters(100_000))
    assert np.unique(found).tolist() == list(range(limit))
    assert np.array_equal(found, np.floor(uniform(9, counters(100_000)) * limit))
