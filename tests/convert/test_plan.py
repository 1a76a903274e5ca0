from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from protonet.convert.options import ConvertOptions
from protonet.convert.plan import check_room, plan
from protonet.convert.source import Held, Part, labelled
from protonet.errors import StorageError
from tests.convert.pictures import SPLIT


def part(count: int, table: str | None = None) -> Part:
    """Return records of 8 bytes and a label of 8 bytes."""
    values = {"data": Held(np.arange(2 * count, dtype=np.float32).reshape(count, 2))}
    return Part(None, {**values, **labelled(np.arange(count) % 2)}, ("a", "b"), table)


def test_all_records_make_a_table() -> None:
    (one,) = plan([part(5)], ConvertOptions())
    assert (one.name, one.rows.tolist(), one.batches.hashed) == (None, [0, 1, 2, 3, 4], False)


def test_a_limit_takes_the_first_of_the_order() -> None:
    shuffled = plan([part(50)], ConvertOptions(shuffle=1))[0].rows
    limited = plan([part(50)], ConvertOptions(shuffle=1, limit=7))[0].rows
    assert limited.tolist() == shuffled[:7].tolist()
    rows = [one.rows for one in plan([part(50)], ConvertOptions(limit=10, split=SPLIT.split))]
    assert sorted(np.concatenate(rows).tolist()) == list(range(10))
    assert [len(one) for one in rows] == [8, 2]


def test_records_of_several_tables_are_compared() -> None:
    plans = plan([part(5, "train"), part(2, "test")], ConvertOptions(limit=3))
    assert [(one.name, len(one.rows), one.batches.hashed) for one in plans] == [
        ("train", 3, True),
        ("test", 2, True),
    ]


def test_a_disk_without_room_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 1,000,000 records of 16 bytes and a hundredth more: 16.16 MB
    plans = plan([part(1_000_000)], ConvertOptions())
    check_room(plans, tmp_path / "a.lmdb")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=16_000_000))
    with pytest.raises(StorageError) as caught:
        check_room(plans, tmp_path / "a.lmdb")
    assert str(caught.value) == (
        f"{tmp_path}/a.lmdb: it needs 16.2 MB, and {tmp_path} has 16.0 MB free; free some, give "
        "another place, or a smaller --resize"
    )


def test_a_folder_that_is_not_there_is_left_to_the_writer(tmp_path: Path) -> None:
    check_room(plan([part(1)], ConvertOptions()), tmp_path / "gone" / "a.lmdb")
