"""Whole datasets: what was written is read, in both formats alike, complete or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protonet.data import layout
from protonet.data.header import FieldSpec
from protonet.data.layout import Array
from protonet.data.open import open_dataset
from protonet.data.table import Tables, create_tables
from protonet.errors import DataError, UsageError
from tests.data.tables import (
    CLASSES,
    FORMATS,
    TINY,
    fields_of,
    numbered,
    read,
    read_path,
    same,
    write,
)

DTYPES = [
    "bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64",
    "float16", "float32", "float64",
]  # fmt: skip


def random_bytes(dtype: str, shape: tuple[int, ...]) -> Array:
    """Return any bits that the type can have: infinities and values that are no numbers too."""
    generator = np.random.default_rng(len(dtype) + sum(shape))
    if dtype == "bool":
        return generator.integers(0, 2, shape).astype(np.bool_)
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.frombuffer(generator.bytes(size), dtype).reshape(shape)


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_type_is_read_as_it_was_written(
    tmp_path: Path, ending: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "CHUNK_BYTES", 333)  # chunks that divide nothing
    records = {
        "data": random_bytes(dtype, (101, 3, 5, 7)),
        "one": random_bytes(dtype, (101,)),
        "row": random_bytes(dtype, (101, 13)),
        "deep": random_bytes(dtype, (101, 1, 2, 1, 3, 1, 1)),
    }
    assert same(read_path(write(tmp_path / f"x.{ending}", records)), records)


@settings(max_examples=25)
@given(
    count=st.integers(1, 400),
    shape=st.lists(st.integers(1, 9), max_size=3).map(tuple),
    chunk_bytes=st.integers(1, 5000),
    sizes=st.lists(st.integers(0, 150), min_size=1, max_size=8),
)
def test_any_size_is_read_as_it_was_written_and_alike_in_both_formats(
    tmp_path_factory: pytest.TempPathFactory,
    count: int,
    shape: tuple[int, ...],
    chunk_bytes: int,
    sizes: list[int],
) -> None:
    folder = tmp_path_factory.getbasetemp()
    records = {"data": random_bytes("uint16", (count, *shape)), "label": np.arange(count)}
    cuts = np.cumsum(sizes)
    hashes = set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "CHUNK_BYTES", chunk_bytes)
        for ending in FORMATS:
            with create_tables(folder / f"x.{ending}", force=True) as tables:
                writer = tables.table("train", fields_of(records))
                for data, label in zip(
                    np.split(records["data"], cuts), np.split(records["label"], cuts), strict=True
                ):
                    writer.write({"data": data, "label": label})
            with open_dataset(folder / f"x.{ending}") as dataset:
                assert same(read(dataset), records)
                hashes.add(dataset.header.content_hash)
    assert len(hashes) == 1


def test_a_record_larger_than_a_chunk_is_stored_alone(tmp_path: Path) -> None:
    records = {"data": random_bytes("uint8", (3, 1, 1500, 1001))}
    for ending in FORMATS:
        assert same(read_path(write(tmp_path / f"x.{ending}", records)), records)


def test_both_formats_have_equal_headers(tmp_path: Path) -> None:
    headers = [
        open_dataset(write(tmp_path / f"x.{ending}", TINY, classes=CLASSES)).header
        for ending in FORMATS
    ]
    assert headers[0] == headers[1]


def test_a_dataset_copied_to_the_other_format_and_back_is_the_same_bytes(tmp_path: Path) -> None:
    first = write(tmp_path / "a.lmdb", numbered(1000))
    write(tmp_path / "b.h5", read_path(first))
    second = write(tmp_path / "c.lmdb", read_path(tmp_path / "b.h5"))
    assert (first / "data.mdb").read_bytes() == (second / "data.mdb").read_bytes()


@pytest.mark.parametrize("ending", FORMATS)
def test_the_header_holds_what_was_said_and_what_was_seen(tmp_path: Path, ending: str) -> None:
    images = np.random.default_rng(0).integers(0, 256, (50, 3, 4, 4)).astype(np.uint8)
    labels = np.arange(50) % 3
    with create_tables(tmp_path / f"x.{ending}") as tables:
        writer = tables.table(
            "train",
            fields_of({"data": images, "label": labels}),
            channels="RGB",
            classes=["a", "b", "c", "d"],
            made_by={"command": "protonet convert photos x"},
        )
        writer.write({"data": images, "label": labels})
    header = open_dataset(tmp_path / f"x.{ending}" / "train").header
    assert header.fields == (
        FieldSpec(name="data", dtype="uint8", shape=(3, 4, 4)),
        FieldSpec(name="label", dtype="int64", shape=()),
    )
    assert (header.version, header.count, header.channels) == (1, 50, "RGB")
    assert header.classes == ("a", "b", "c", "d")
    assert header.class_counts == (17, 17, 16, 0)
    assert header.made_by == {"command": "protonet convert photos x"}
    assert header.sorted_labels is False
    channels = np.moveaxis(images, 1, 0).reshape(3, -1)
    assert header.mean == pytest.approx(channels.mean(1), rel=1e-14)
    assert header.std == pytest.approx(channels.std(1), rel=1e-14)


@pytest.mark.parametrize("ending", FORMATS)
def test_tables_may_be_written_in_turn(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    with create_tables(path) as tables:
        writers = {name: tables.table(name, fields_of(numbered(1))) for name in ("train", "test")}
        for number in range(10):
            writer = writers["train" if number % 3 else "test"]
            writer.write({name: col[number : number + 1] for name, col in numbered(10).items()})
    assert read_path(path / "test")["label"].tolist() == [0, 3, 6, 9]
    assert read_path(path / "train")["label"].tolist() == [1, 2, 4, 5, 7, 8]


def no_table(tables: Tables) -> None:
    pass


def no_record(tables: Tables) -> None:
    tables.table("train", fields_of(TINY))


def twice(tables: Tables) -> None:
    tables.table("train", fields_of(TINY))
    tables.table("train", fields_of(TINY))


def named_beside_unnamed(tables: Tables) -> None:
    tables.table(None, fields_of(TINY))
    tables.table("train", fields_of(TINY))


def unnamed_beside_named(tables: Tables) -> None:
    tables.table("train", fields_of(TINY))
    tables.table("test", fields_of(TINY))
    tables.table(None, fields_of(TINY))


def reserved_name(tables: Tables) -> None:
    tables.table("protonet", fields_of(TINY))


def field_with_slash(tables: Tables) -> None:
    tables.table(None, [FieldSpec(name="a/b", dtype="uint8", shape=())])


def strange_label(tables: Tables) -> None:
    writer = tables.table("train", fields_of(TINY), classes=["cat"])
    writer.write(TINY)


RULE = (
    'a name is made of the letters a to z and A to Z, digits, "_", "." and "-", begins with none '
    'of the last two, has at most 100 characters, and is not "protonet"'
)
REFUSED: dict[Callable[[Tables], None], tuple[type[Exception], str]] = {
    no_table: (UsageError, "{path}: no table was written"),
    no_record: (DataError, "{path}/train: there are no records to write"),
    twice: (UsageError, "{path}: there is train already, so there cannot be a table train"),
    named_beside_unnamed: (
        UsageError,
        "{path}: there is the unnamed table already, so there cannot be a table train",
    ),
    unnamed_beside_named: (
        UsageError,
        "{path}: there is train, test already, so there cannot be an unnamed table",
    ),
    reserved_name: (UsageError, f'table name "protonet": {RULE}'),
    field_with_slash: (UsageError, f'field name "a/b": {RULE}'),
    strange_label: (
        DataError,
        "{path}/train: record 0 has label 1, but there are 1 classes: labels go from 0 to 0",
    ),
}


@pytest.mark.parametrize("mistake", REFUSED, ids=lambda mistake: mistake.__name__)
@pytest.mark.parametrize("ending", FORMATS)
def test_after_a_mistake_nothing_appears(
    tmp_path: Path, ending: str, mistake: Callable[[Tables], None]
) -> None:
    error, why = REFUSED[mistake]
    path = tmp_path / f"x.{ending}"
    with pytest.raises(error) as caught, create_tables(path) as tables:
        mistake(tables)
    assert str(caught.value) == why.format(path=path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["x", "x.lmdbs", "x.LMDB", "x.npz", ".lmdb"])
def test_another_ending_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as caught, create_tables(tmp_path / name):
        pass
    assert str(caught.value) == (
        f"{tmp_path}/{name}: the name of a dataset ends in .lmdb, .h5 or .hdf5"
    )
