from __future__ import annotations

import os
from fractions import Fraction

import pytest

from protonet.convert.options import ConvertOptions, exact, parse_resize, parse_split
from protonet.errors import UsageError

PAIRS = "give NAME:FRACTION pairs, for instance --split train:0.8,test:0.2"


def test_nothing_is_changed_unless_asked_for() -> None:
    options = ConvertOptions()
    assert (options.resize, options.gray, options.shuffle, options.split) == (
        None,
        False,
        None,
        None,
    )
    assert not options.force
    assert options.threads == len(os.sched_getaffinity(0))


def test_the_number_of_threads_can_be_given() -> None:
    assert ConvertOptions(workers=7).threads == 7


def test_every_core_is_used_where_affinity_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert ConvertOptions().threads == 5


@pytest.mark.parametrize("workers", [0, -1])
def test_no_thread_at_all_is_refused(workers: int) -> None:
    with pytest.raises(UsageError) as caught:
        ConvertOptions(workers=workers)
    assert str(caught.value) == f"--workers {workers}: at least 1 thread is needed"


def test_a_size_is_width_and_height() -> None:
    assert parse_resize("640x48") == (640, 48)
    assert parse_resize("1x9999") == (1, 9999)


@pytest.mark.parametrize(
    "text", ["", "64", "64x", "0x64", "64x0", "-1x5", "64X48", "64*48", "1.5x2", "10000x1", "1x1x1"]
)
def test_a_size_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_resize(text)
    assert str(caught.value) == (
        f'--resize "{text}": width and height in pixels are needed, each from 1 to 9999, for '
        "instance --resize 64x48"
    )


def test_a_split_names_tables_and_fractions() -> None:
    assert parse_split("train:0.8, test:.2") == (("train", 0.8), ("test", 0.2))
    assert parse_split("a:1e-1,b-2:0.3,_3:0.6") == (("a", 0.1), ("b-2", 0.3), ("_3", 0.6))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("train", '"train" has no fraction'),
        ("train:0.8,", '"" has no fraction'),
        ("train:0.8 test:0.2", '"0.8 test:0.2" is no number'),
        ("train:80%,test:20%", '"80%" is no number'),
        ("train:", '"" is no number'),
    ],
)
def test_a_split_that_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_split(text)
    assert str(caught.value) == f'--split "{text}": {why}; {PAIRS}'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("train:0.8,test:0.3", "the fractions sum to 1.1, but must sum to 1"),
        ("train:0.8,test:0.1", "the fractions sum to 0.9, but must sum to 1"),
        ("train:1", "the fraction of train is 1, but must lie between 0 and 1"),
        ("train:1.5,test:-0.5", "the fraction of train is 1.5, but must lie between 0 and 1"),
        ("train:nan,test:0.2", "the fraction of train is nan, but must lie between 0 and 1"),
        ("a:0.5,a:0.5", "two tables are named a"),
        ("a/b:0.5,c:0.5",
         '"a/b" cannot name a table; letters, digits, - and _ can, beginning with no -'),
        ("-a:0.5,c:0.5",
         '"-a" cannot name a table; letters, digits, - and _ can, beginning with no -'),
        (":0.5,c:0.5", '"" cannot name a table; letters, digits, - and _ can, beginning with no -'),
    ],
)  # fmt: skip
def test_a_split_that_cannot_be_is_refused(text: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        ConvertOptions(split=parse_split(text))
    assert str(caught.value) == f'--split "{text}": {why}'


def test_fractions_are_meant_as_they_are_written() -> None:
    assert exact(0.1) == Fraction(1, 10)
    tenths = tuple((f"t{number}", 0.1) for number in range(10))
    assert ConvertOptions(split=tenths).split == tenths


def test_thirds_sum_to_one() -> None:
    assert ConvertOptions(split=parse_split("a:0.333333,b:0.333333,c:0.333333")).split
