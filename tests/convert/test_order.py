from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protonet.convert.order import order, split_labels
from protonet.errors import DataError

HALVES = (("a", 0.5), ("b", 0.5))
FIFTHS = (("train", 0.8), ("test", 0.2))


def contents(count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    """Return a hash for each record, no two of them equal."""
    return np.arange(count, dtype=np.uint64)


def test_without_a_seed_the_order_is_that_of_the_source() -> None:
    assert order(4, None).tolist() == [0, 1, 2, 3]


def test_a_seed_is_an_order_of_all() -> None:
    first = order(100, 1)
    assert sorted(first.tolist()) == list(range(100))
    assert first.tolist() == order(100, 1).tolist()
    others = [order(100, seed).tolist() for seed in (0, 2, -1, 2**70)]
    assert first.tolist() != list(range(100))
    assert all(other != first.tolist() for other in others)


def test_every_order_is_as_likely_as_another() -> None:
    """Of 6 orders of 3, in 6,000 seeds: 1,000 each, with a standard deviation of 29."""
    seen = [tuple(order(3, seed).tolist()) for seed in range(6000)]
    counts = [seen.count(one) for one in sorted(set(seen))]
    assert len(counts) == 6
    assert all(abs(count - 1000) < 150 for count in counts)


def test_every_table_gets_its_fraction_of_every_class() -> None:
    labels = np.repeat(np.arange(3), [50, 10, 100])
    tables = split_labels(labels, FIFTHS, 0, contents(len(labels)))
    tests = [int((tables[labels == label] == 1).sum()) for label in range(3)]
    assert tests == [10, 2, 20]  # a fifth of 50, 10 and 100


def test_what_does_not_divide_is_made_up_in_later_classes() -> None:
    # 10 classes of 3: halves of 1.5, so 15 in all for each table
    labels = np.repeat(np.arange(10), 3)
    tables = split_labels(labels, HALVES, 0, contents(len(labels)))
    assert np.bincount(tables).tolist() == [15, 15]
    for label in range(10):
        assert sorted(np.bincount(tables[labels == label], minlength=2).tolist()) == [1, 2]


def test_which_records_a_table_gets_depends_on_the_seed() -> None:
    labels = np.zeros(100, np.int64)
    first = split_labels(labels, HALVES, 1, contents(100)).tolist()
    assert first == split_labels(labels, HALVES, 1, contents(100)).tolist()
    assert first != split_labels(labels, HALVES, 2, contents(100)).tolist()
    assert first != [0] * 50 + [1] * 50


def test_the_draw_of_a_split_is_not_that_of_the_order() -> None:
    """Else the first table would hold the records that shuffling puts first."""
    tables = split_labels(np.zeros(100, np.int64), HALVES, 1, contents(100))
    in_order = tables[order(100, 1)].tolist()
    assert in_order != [0] * 50 + [1] * 50


@given(
    st.lists(st.integers(0, 6), min_size=20, max_size=200),
    st.lists(st.integers(1, 9), min_size=2, max_size=4),
)
def test_fractions_are_kept_to_within_a_record(labels: list[int], weights: list[int]) -> None:
    split = tuple((str(number), weight / sum(weights)) for number, weight in enumerate(weights))
    values = np.array(labels, np.int64)
    try:
        tables = split_labels(values, split, 0, contents(len(labels)))
    except DataError:  # a fraction so small that a table would be empty
        assert min(weights) / sum(weights) * len(labels) < 1
        return
    for number, (_, fraction) in enumerate(split):
        assert abs((tables == number).sum() - fraction * len(labels)) < 1
        for label in set(labels):
            share = fraction * labels.count(label)
            got = (tables[values == label] == number).sum()
            assert abs(got - share) <= 1


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        split_labels(np.zeros(3, np.int64), (("train", 0.9), ("test", 0.1)), 0, contents(3))
    assert str(caught.value) == (
        "--split: table test gets none of the 3 records at a fraction of 0.1; give it a larger "
        "fraction, or more records"
    )


def test_records_of_one_content_go_to_one_table() -> None:
    labels = np.zeros(400, np.int64)
    twins = np.repeat(np.arange(200, dtype=np.uint64), 2)
    tables = split_labels(labels, HALVES, 0, twins)
    assert (tables[::2] == tables[1::2]).all()
    assert np.bincount(tables).tolist() in ([200, 200], [202, 198])


def test_a_class_of_one_content_is_not_parted() -> None:
    """Three tables, two classes: all of the first class are one picture."""
    labels = np.repeat(np.arange(2), [30, 60])
    same = np.concatenate([np.full(30, 7, np.uint64), np.arange(60, dtype=np.uint64)])
    split = (("a", 0.4), ("b", 0.3), ("c", 0.3))
    tables = split_labels(labels, split, 3, same)
    assert len(set(tables[:30].tolist())) == 1
    assert np.bincount(tables[30:]).tolist() == [24, 18, 18]


def test_a_record_keeps_its_table_when_the_others_are_listed_otherwise() -> None:
    labels, known = np.zeros(100, np.int64), contents(100)
    first = split_labels(labels, HALVES, 5, known)
    assert split_labels(labels, HALVES, 5, known[::-1].copy()).tolist() == first[::-1].tolist()
