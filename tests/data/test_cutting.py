"""Windows gathered from every kind of records, beside slices of the images themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import h5py
import numpy as np
import pytest

from protonet.data.chosen import Chosen
from protonet.data.cutting import gather_windows
from protonet.data.joined import Joined
from protonet.data.layout import Array, Rows
from protonet.data.open import open_dataset
from protonet.data.order import Order
from protonet.data.reader import Reader
from protonet.data.table import Records
from protonet.errors import DataError, UsageError
from protonet.windows.plain import Windows
from tests.data.tables import FORMATS, write

ROWS = np.array([5, 0, 5, 11])
TOPS, LEFTS = np.array([0, 1, 7, 3]), np.array([2, 0, 4, 9])
MIRRORED = np.array([False, True, True, False])


def images(side: int) -> Array:
    return (np.arange(12 * 3 * side * side) * 13 % 251).astype(np.uint8).reshape(12, 3, side, side)


def taken(height: int, width: int) -> Windows:
    return Windows(TOPS, LEFTS, height, width, MIRRORED)


def by_hand(stored: Array, height: int, width: int) -> Array:
    cut = [
        stored[row][:, top : top + height, left : left + width][..., :: -1 if turned else 1]
        for row, top, left, turned in zip(ROWS, TOPS, LEFTS, MIRRORED, strict=True)
    ]
    return np.stack(cut)


class OnlyGathers:
    """Records that know nothing of windows."""

    def __init__(self, records: Records) -> None:
        self._records, self.header, self.path = records, records.header, records.path

    def gather(self, rows: Rows, out: Mapping[str, Array]) -> None:
        self._records.gather(rows, out)


def joined(records: Records) -> Records:
    return Joined({"data": (records, "data")})


def chosen(records: Records) -> Records:
    return Chosen(records, np.arange(12))


@pytest.mark.parametrize("side", [20, 70])  # 1,200 and 14,700 bytes: both ways to copy
@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("kind", [lambda same: same, OnlyGathers, joined, chosen])
def test_windows_are_those_of_the_images(
    tmp_path: Path, ending: str, side: int, kind: Callable[[Records], Records]
) -> None:
    stored = images(side)
    with open_dataset(write(tmp_path / f"x.{ending}", {"data": stored})) as dataset:
        out = np.empty((4, 3, 11, 10), np.uint8)
        gather_windows(kind(dataset), ROWS, "data", taken(11, 10), out)
        assert np.array_equal(out, by_hand(stored, 11, 10))
        none = Windows.whole(0, 11, 10)
        gather_windows(kind(dataset), ROWS[:0], "data", none, out[:0])


def test_windows_of_a_compressed_file_are_those_of_the_images(tmp_path: Path) -> None:
    stored = images(70)
    path = write(tmp_path / "x.h5", {"data": stored})
    with h5py.File(path, "r+") as file:
        chunks = file["data"].chunks
        del file["data"]
        whole = (None, *stored.shape[1:])
        file.create_dataset("data", data=stored, maxshape=whole, chunks=chunks, compression="gzip")
    with open_dataset(path) as dataset:
        out = np.empty((4, 3, 11, 10), np.uint8)
        gather_windows(dataset, ROWS, "data", taken(11, 10), out)
    assert np.array_equal(out, by_hand(stored, 11, 10))


def test_windows_of_damaged_closed_or_missing_records_are_refused(tmp_path: Path) -> None:
    stored = images(70)
    path = write(tmp_path / "x.lmdb", {"data": stored})
    content = bytearray((path / "data.mdb").read_bytes())
    content[content.index(stored[3].tobytes())] ^= 1
    (path / "data.mdb").write_bytes(content)
    out = np.empty((4, 3, 11, 10), np.uint8)
    dataset = open_dataset(path)
    with pytest.raises(DataError, match=r"x.lmdb: chunk 0 of field data \(records 0 to 11\) is"):
        dataset.cut(ROWS, "data", taken(11, 10), out)
    with pytest.raises(IndexError) as caught:
        dataset.cut(ROWS + 1, "data", taken(11, 10), out)
    assert str(caught.value) == f"{path}: there is no record 12; there are 12"
    dataset.close()
    with pytest.raises(UsageError) as closed:
        dataset.cut(ROWS, "data", taken(11, 10), out)
    assert str(closed.value) == f"{path}: the dataset is closed"


def test_records_are_viewed_where_they_lie(tmp_path: Path) -> None:
    path = write(tmp_path / "x.lmdb", {"data": images(70)})
    with open_dataset(path) as dataset:
        column = dataset.columns["data"]
        views = list(column.views(ROWS))  # type: ignore[attr-defined]  # of a mapped column
        assert np.array_equal(np.stack(views), images(70)[ROWS])
        assert not any(view.flags.owndata or view.flags.writeable for view in views)


def test_a_reader_gives_windows_by_position(tmp_path: Path) -> None:
    stored = images(70)
    dataset = open_dataset(write(tmp_path / "x.lmdb", {"data": stored}))

    def by_position(positions: Rows) -> Windows:
        whole = Windows.whole(len(positions), 8, 9)
        return Windows(positions % 50, positions * 3 % 60, 8, 9, whole.mirrored)

    order = Order(12, shuffle=True, seed=3)
    reader = Reader(
        dataset,
        5,
        order,
        fields={"image": "data"},
        endless=True,
        windows={"image": by_position},
    )
    for _ in range(7):
        batch = next(reader)
        for image, place, row in zip(
            batch.arrays["image"].numpy(), batch.positions, order.rows(batch.positions), strict=True
        ):
            top, left = place % 50, place * 3 % 60
            assert np.array_equal(image, stored[row][:, top : top + 8, left : left + 9])


@pytest.mark.parametrize("ending", ["lmdb", "h5"])
def test_more_images_than_a_thread_takes_are_cut_alike(ending: str, tmp_path: Path) -> None:
    stored = images(60)
    path = write(tmp_path / f"a.{ending}", {"data": stored})
    draw = np.random.default_rng(0)
    rows, tops, lefts = draw.integers(0, 12, 100), *draw.integers(0, 11, (2, 100))
    mirrored = draw.random(100) < 0.5
    out = np.zeros((100, 3, 50, 50), np.uint8)
    windows = Windows(tops, lefts, 50, 50, mirrored)
    with open_dataset(path) as dataset:
        gather_windows(dataset, rows, "data", windows, out)
    for k, (row, top, left) in enumerate(zip(rows, tops, lefts, strict=True)):
        window = stored[row, :, top : top + 50, left : left + 50]
        assert np.array_equal(out[k], window[..., ::-1] if mirrored[k] else window)
