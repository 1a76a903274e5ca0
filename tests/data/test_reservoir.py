"""Class-balancing reservoir sampling, by the rules of the paper."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from protonet.data.reservoir import Reservoir


def stream(*parts: tuple[int, int]) -> list[int]:
    return [label for label, count in parts for _ in range(count)]


def test_the_first_samples_are_all_kept_in_their_order() -> None:
    reservoir = Reservoir(4)
    assert [reservoir.offer(label) for label in (7, 7, -1, 7)] == [0, 1, 2, 3]
    assert len(reservoir) == 4
    assert reservoir.labels.tolist() == [7, 7, -1, 7]
    assert reservoir.counts == {-1: 1, 7: 3}


def test_a_class_that_was_never_a_largest_takes_the_place_of_a_largest() -> None:
    """6 of class 0 fill it; three of class 1 make 3 and 3, and from then on both are full."""
    reservoir = Reservoir(6, seed=1)
    reservoir.offer_all(np.zeros(6, np.int64))
    for kept in (1, 2, 3):
        slot = reservoir.offer(1)
        assert slot is not None
        assert reservoir.labels[slot] == 1
        assert reservoir.counts == {0: 6 - kept, 1: kept}
    for _ in range(200):
        reservoir.offer(1)
        assert reservoir.counts == {0: 3, 1: 3}


def test_a_class_that_was_a_largest_takes_the_place_of_its_own_only() -> None:
    reservoir = Reservoir(6, seed=1)
    reservoir.offer_all(np.array([0, 0, 0, 0, 1, 1]))
    before = reservoir.labels
    for slot in reservoir.offer_all(np.zeros(100, np.int64)).tolist():
        assert slot == -1 or before[slot] == 0
    assert reservoir.counts == {0: 4, 1: 2}


def test_rare_classes_are_kept_whole_and_the_others_share_what_is_left() -> None:
    """1,000, 1,000, 20 and 5 samples in a reservoir of 100: 5, 20, and 75 for the two others."""
    labels = np.array(stream((0, 1000), (1, 1000), (2, 20), (3, 5)))
    np.random.default_rng(0).shuffle(labels)
    reservoir = Reservoir(100, seed=3)
    reservoir.offer_all(labels)
    counts = reservoir.counts
    assert (counts[2], counts[3]) == (20, 5)
    assert sorted((counts[0], counts[1])) == [37, 38]
    assert reservoir.seen == 2025


def test_of_each_class_a_uniform_sample_of_what_was_seen_is_kept() -> None:
    """100 samples of one class in a reservoir of 10, 2,000 times over: each is kept in a tenth of
    them, 200 times, give or take 5 standard deviations of 13.4."""
    kept: Counter[int] = Counter()
    for seed in range(2000):
        slots = Reservoir(10, seed).offer_all(np.zeros(100, np.int64))
        kept.update({slot: at for at, slot in enumerate(slots.tolist()) if slot >= 0}.values())
    times = np.array([kept[at] for at in range(100)])
    assert times.sum() == 20_000
    assert np.abs(times - 200).max() < 5 * 13.5


def test_more_classes_than_places_are_kept_one_each() -> None:
    reservoir = Reservoir(3, seed=5)
    reservoir.offer_all(np.arange(50) % 10)
    assert len(reservoir) == 3
    assert max(reservoir.counts.values()) == 1


def test_one_by_one_is_the_same_as_all_at_once() -> None:
    labels = np.arange(500) ** 2 % 11
    one, all_at_once = Reservoir(20, seed=8), Reservoir(20, seed=8)
    slots = [one.offer(int(label)) for label in labels]
    assert [-1 if slot is None else slot for slot in slots] == all_at_once.offer_all(
        labels
    ).tolist()


@pytest.mark.parametrize("at", [0, 1, 20, 333])
@pytest.mark.parametrize("seed", [8, -1, (1 << 64) - 3])
def test_it_goes_on_exactly_from_its_state(at: int, seed: int) -> None:
    labels = np.arange(1000) ** 2 % 11
    reservoir = Reservoir(20, seed)
    reservoir.offer_all(labels[:at])
    state = reservoir.state()
    assert {array.dtype for array in state.values()} == {np.dtype(np.int64)}
    restored = Reservoir.restored(state)
    assert restored.offer_all(labels[at:]).tolist() == reservoir.offer_all(labels[at:]).tolist()
    assert restored.counts == reservoir.counts
    assert restored.labels.tolist() == reservoir.labels.tolist()


def test_refuses_what_is_no_state() -> None:
    full = Reservoir(3)
    full.offer_all(np.array([1, 2, 1]))
    state = full.state()
    with pytest.raises(ValueError, match="state") as caught:
        Reservoir.restored({key: value for key, value in state.items() if key != "slots"})
    assert str(caught.value) == "this is no state of a reservoir: KeyError('slots')"
    with pytest.raises(ValueError, match="state") as caught:
        Reservoir.restored({**state, "slots": np.array([0, 0, 1])})
    assert str(caught.value) == "this is no state of a reservoir: a slot is missing"


def test_refuses_to_keep_nothing() -> None:
    with pytest.raises(ValueError, match="reservoir") as caught:
        Reservoir(0)
    assert str(caught.value) == "a reservoir keeps at least 1 sample, not 0"
