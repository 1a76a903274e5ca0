from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protonet.data.memory import as_dataset, memory_dataset
from protonet.data.open import open_dataset
from protonet.errors import DataError, UsageError
from tests.data.tables import CLASSES, TINY, read, same, write


def test_arrays_are_what_they_would_be_as_a_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.lmdb", TINY, classes=CLASSES)
    with open_dataset(path) as stored, memory_dataset(TINY, classes=CLASSES) as held:
        assert same(read(held), TINY)
        assert held.path == "memory"
        ours, theirs = (one.header.model_dump() for one in (held, stored))
        different = {key for key in ours if ours[key] != theirs[key]}
        assert different <= {"made_by"}
        assert held.header.content_hash == stored.header.content_hash


def test_records_are_read_in_any_order_without_a_copy_of_all() -> None:
    array = np.arange(20, dtype=np.float32).reshape(10, 2)[::2]  # not contiguous
    dataset = memory_dataset({"x": array})
    out = np.empty((3, 2), np.float32)
    dataset.gather(np.array([4, 0, 4]), {"x": out})
    assert out.tolist() == [[16, 17], [0, 1], [16, 17]]
    array[0] = 99
    assert dataset[0]["x"].tolist() == [99, 99]
    assert len(pickle.loads(pickle.dumps(dataset))) == 5


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({}, "none are given"),
        ({"x": np.zeros((0, 2))}, "x has 0"),
        ({"x": np.zeros(3), "label": np.zeros(2)}, "x has 3, label has 2"),
        ({"x": np.float32(3)}, "x has 0"),
    ],
)
def test_arrays_that_are_no_table_are_refused(arrays: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        memory_dataset(arrays)
    assert str(caught.value) == f"memory: arrays have as many records each, at least 1: {told}"


def test_what_cannot_be_stored_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        memory_dataset({"x": np.array(["a"])})
    assert str(caught.value).startswith('memory: field x has the element type "str')
    with pytest.raises(DataError) as wrong:
        memory_dataset({"x": np.zeros(2), "label": np.array([0, 2])}, classes=CLASSES)
    assert str(wrong.value).startswith("memory: ")


def test_a_dataset_is_one_already() -> None:
    dataset = memory_dataset(TINY)
    assert as_dataset(dataset) is dataset
    assert as_dataset(TINY).header == dataset.header
