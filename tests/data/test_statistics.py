"""What the header says of the records, against numpy over all of them at once."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protonet.data.header import FieldSpec, Header
from protonet.data.layout import Array, new_column
from protonet.data.statistics import Labels, Moments, Statistics
from protonet.errors import DataError
from tests.data.tables import CLASSES, TINY, fields_of


def moments(records: Array, cuts: list[int]) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Return mean and standard deviation of records that come in parts, cut at some places."""
    taken = Moments()
    for part in np.split(records, cuts):
        if len(part):
            taken.add(part)
    return taken.result()


@pytest.mark.parametrize(
    "dtype",
    [
        "bool",
        "uint8",
        "int8",
        "uint16",
        "int16",
        "int32",
        "uint64",
        "float16",
        "float32",
        "float64",
    ],
)
@pytest.mark.parametrize("shape", [(), (4,), (3, 5, 7), (2, 1, 2, 2)])
def test_mean_and_deviation_of_each_channel_are_numpys(dtype: str, shape: tuple[int, ...]) -> None:
    generator = np.random.default_rng(0)
    if np.dtype(dtype).kind == "f":
        records = (generator.normal(50, 3, (101, *shape))).astype(dtype)
    else:
        top = 2 if dtype == "bool" else 120
        records = generator.integers(0, top, (101, *shape)).astype(dtype)
    found = moments(records, [1, 40, 41, 97])
    channels = np.moveaxis(records.reshape(101, shape[0] if shape else 1, -1), 1, 0)
    values = channels.reshape(len(channels), -1).astype(np.float64)
    assert found is not None
    np.testing.assert_allclose(found[0], values.mean(1), rtol=1e-13)
    np.testing.assert_allclose(found[1], values.std(1), rtol=1e-12)


@given(st.lists(st.integers(0, 200), max_size=5).map(sorted))
def test_small_whole_numbers_are_exact_however_they_come(cuts: list[int]) -> None:
    records = np.random.default_rng(1).integers(0, 256, (200, 3, 4, 4)).astype(np.uint8)
    assert moments(records, cuts) == moments(records, [])


def test_extremes_of_16_bits_do_not_overflow() -> None:
    """Half −32768 and half 32767: the mean is −0.5, the deviation 32767.5."""
    records = np.repeat(np.array([-32768, 32767], np.int16), 1 << 19)[:, None]
    assert moments(records, []) == ((-0.5,), (32767.5,))
    assert moments(np.full((1 << 20, 1), 255, np.uint8), [7]) == ((255.0,), (0.0,))


def test_a_small_deviation_beside_a_large_mean_is_not_lost() -> None:
    """Sums of squares in float64 would have no digit left: 1e18 has a spacing of 128."""
    records = 1e9 + np.array([-1.0, 1.0] * 500)
    found = moments(records, [3, 500])
    assert found is not None
    assert found[0] == (1e9,)
    assert found[1] == pytest.approx((1.0,), rel=1e-9)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200])
def test_what_has_no_finite_deviation_has_no_statistics(bad: float) -> None:
    assert moments(np.array([[0.0, 1.0], [1.0, bad], [2.0, -bad]]), [1]) is None


def labels_of(parts: list[list[int]], classes: int | None = None) -> Labels:
    labels = Labels(classes, "x.lmdb/train")
    for part in parts:
        labels.add(np.array(part, np.int64))
    return labels


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([[0, 0, 1]], True),
        ([[0, 0], [0, 1], [1]], True),
        ([[-5], [], [7]], True),
        ([[0, 1, 0]], False),
        ([[0, 1], [0, 1]], False),
        ([[3, 3], [3]], False),  # one class alone is not sorted in any way that could hurt
        ([[3]], False),
        ([], False),
    ],
)
def test_sorted_labels_are_seen_across_parts(parts: list[list[int]], expected: bool) -> None:
    assert labels_of(parts).sorted is expected


def test_the_records_of_each_class_are_counted() -> None:
    assert labels_of([[0, 3, 3], [1], [3]], 5).counts == (1, 1, 0, 3, 0)
    assert labels_of([[0, 3, 3]]).counts is None


@pytest.mark.parametrize("label", [-1, 3, 255])
def test_a_label_outside_the_classes_is_named_with_its_record(label: int) -> None:
    with pytest.raises(DataError) as caught:
        labels_of([[0, 1], [2, 0, label, 9]], 3)
    assert str(caught.value) == (
        f"x.lmdb/train: record 4 has label {label}, but there are 3 classes: labels go from 0 to 2"
    )


def header_of(columns: dict[str, Array], classes: tuple[str, ...] | None) -> Header:
    header = Header(fields=fields_of(columns), count=0, classes=classes, content_hash="0")
    stored = {field.name: new_column(field, "x.lmdb") for field in header.fields}
    statistics = Statistics(header, stored, "x.lmdb")
    statistics.check(columns)
    for name, column in columns.items():
        statistics.add(name, column)
    return statistics.complete(len(next(iter(columns.values()))))


def test_the_content_hash_is_the_documented_sum() -> None:
    """SHA-256 over a JSON of the fields, then over the SHA-256 of each field's records."""
    facts = (
        '{"classes": ["cat", "dog"], "count": 2, "fields": ['
        '{"dtype": "uint8", "kind": "fixed", "name": "data", "shape": [1, 2, 3]}, '
        '{"dtype": "int64", "kind": "fixed", "name": "label", "shape": []}]}'
    )
    records = [bytes(range(12)), b"\1" + bytes(15)]
    parts = [facts.encode(), *(hashlib.sha256(part).digest() for part in records)]
    wanted = hashlib.sha256(b"".join(parts)).hexdigest()
    assert wanted == "38019475aa4c3e47622d95cf3807602600c5be55c5e106d5d5a7e7a1ea1942bd"
    assert header_of(dict(TINY), CLASSES).content_hash == wanted


def test_the_content_hash_tells_contents_apart() -> None:
    hashes = [
        header_of(columns, classes).content_hash
        for columns, classes in [
            (dict(TINY), CLASSES),
            (dict(TINY), ("dog", "cat")),
            (dict(TINY), None),
            ({**TINY, "data": TINY["data"][::-1]}, CLASSES),
            ({**TINY, "data": TINY["data"].reshape(2, 6)}, CLASSES),
            ({**TINY, "label": TINY["label"].astype(np.uint64)}, CLASSES),
            ({"label": TINY["label"], "data": TINY["data"]}, CLASSES),
        ]
    ]
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize(
    "label",
    [
        None,
        FieldSpec(name="label", dtype="int64", shape=(2,)),
        FieldSpec(name="label", dtype="float32", shape=()),
    ],
    ids=["none", "two numbers", "not whole"],
)
def test_classes_need_one_whole_label_for_each_record(label: FieldSpec | None) -> None:
    data = FieldSpec(name="data", dtype="uint8", shape=(3,))
    fields = (data,) if label is None else (data, label)
    header = Header(fields=fields, count=0, classes=("a",), content_hash="0")
    with pytest.raises(DataError) as caught:
        Statistics(header, {f.name: new_column(f, "x.lmdb") for f in fields}, "x.lmdb")
    assert str(caught.value) == (
        "x.lmdb: with class names, the field label must hold one whole number for each record"
    )


@pytest.mark.parametrize("side", [(64, 64), (65, 67), (1, 4096), (300, 443)])
def test_large_images_are_summed_exactly(side: tuple[int, int]) -> None:
    values = np.random.default_rng(1).integers(0, 256, (3, 2, *side), np.uint8)
    values[0, 0] = 255  # the largest sums there are
    moments = Moments()
    moments.add(values)
    result = moments.result()
    assert result is not None
    whole = values.astype(object)
    count = 3 * side[0] * side[1]
    for channel in range(2):
        total, squares = whole[:, channel].sum(), (whole[:, channel] ** 2).sum()
        assert result[0][channel] == total / count
        assert result[1][channel] == math.sqrt(count * squares - total * total) / count


def test_of_what_stands_for_names_there_is_no_mean() -> None:
    names = ("<pad>", "<unk>", "cat")
    field = FieldSpec(name="data", dtype="int32", shape=(2,), names=names)
    columns = {"data": new_column(field, "x.lmdb")}
    statistics = Statistics(Header(fields=(field,), count=0, content_hash="0"), columns, "x.lmdb")
    statistics.add("data", np.array([[2, 0]], np.int32))
    header = statistics.complete(1)
    assert (header.mean, header.std) == (None, None)
