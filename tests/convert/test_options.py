from __future__ import annotations

import os
from fractions import Fraction
from typing import Any

import pytest

from protonet.convert.encoded_pictures import Encoding
from protonet.convert.options import (
    ConvertOptions,
    TableOptions,
    exact,
    parse_encode,
    parse_resize,
    parse_split,
)
from protonet.convert.resizing import ShorterSide
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
        "instance --resize 64x48, or the shorter side, --resize short:256"
    )


def test_a_size_may_be_that_of_the_shorter_side() -> None:
    assert parse_resize("short:9999") == ShorterSide(9999)
    for text in ("short:", "short:0", "short:10000", "short:5x5"):
        with pytest.raises(UsageError):
            parse_resize(text)


@pytest.mark.parametrize("text", ["", "jpg", "jpg:0", "jpg:101", "png:9", "webp", "JPG:90"])
def test_an_encoding_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_encode(text)
    assert str(caught.value) == (
        f'--encode "{text}": expected jpg:QUALITY, from 1 to 100, or png; for instance --encode '
        "jpg:90"
    )


def test_an_encoding_is_a_format_and_a_quality() -> None:
    assert parse_encode("jpg:1") == parse_encode("jpeg:1") == Encoding("JPEG", 1)
    assert parse_encode("jpg:100").quality == 100
    assert parse_encode("png").form == "PNG"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length": 0}, "--length 0: at least 1 token is needed"),
        ({"vocabulary": -1}, "--vocabulary -1: at least 1 token is needed"),
        ({"tokens": "bytes"}, '--tokens "bytes": expected one of words, characters'),
    ],
)
def test_columns_that_cannot_be_read_so_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        TableOptions(**options)
    assert str(caught.value) == message


def test_a_limit_is_at_least_one_record() -> None:
    with pytest.raises(UsageError) as caught:
        ConvertOptions(limit=0)
    assert str(caught.value) == "--limit 0: at least 1 record is needed"


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
