"""Files that are damaged, unfinished or too new, read in every way there is: wrong data never come
without an error."""

from __future__ import annotations

import io
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import h5py
import lmdb
import numpy as np
import pytest
from PIL import Image

from protonet.data import layout
from protonet.data.encoded_images import EncodedImages
from protonet.data.header import FieldSpec
from protonet.data.kept import in_memory
from protonet.data.layout import Array, Rows
from protonet.data.open import open_dataset
from protonet.data.order import Order
from protonet.data.reader import Reader
from protonet.data.table import Dataset, create_tables
from protonet.data.torch_dataset import TorchDataset
from protonet.errors import DataError
from protonet.windows.plain import Windows
from tests.data.tables import FORMATS, flipped, numbered, read, same, write

SIDE, COUNT = 60, 12  # images of 10,800 bytes, which are cut one by one
PIXELS = (np.arange(COUNT * 3 * SIDE * SIDE) * 7 % 251).astype("u1").reshape(COUNT, 3, SIDE, SIDE)
COLUMNS = {"data": PIXELS, "label": np.arange(COUNT)}


def gathered(dataset: Dataset) -> bool:
    return same(read(dataset), COLUMNS)  # type: ignore[arg-type]  # a chunked one


def in_windows(dataset: Dataset) -> bool:
    def by_position(positions: Rows) -> Windows:
        whole = Windows.whole(len(positions), 30, 31)
        return Windows(whole.tops + 3, whole.lefts + 4, 30, 31, positions % 2 == 1)

    fields = {"data": "data", "label": "label"}
    windows = {"data": by_position}
    order = Order(COUNT, shuffle=False)
    with Reader(dataset, 5, order, fields=fields, endless=False, windows=windows) as reader:
        batches = list(reader)
    wanted = PIXELS[:, :, 3:33, 4:35].copy()
    wanted[1::2] = wanted[1::2][..., ::-1]
    images = np.concatenate([batch.arrays["data"].numpy() for batch in batches])
    labels = np.concatenate([batch.arrays["label"].numpy() for batch in batches])
    return np.array_equal(images, wanted) and labels.tolist() == list(range(COUNT))


def as_torchs(dataset: Dataset) -> bool:
    records = [TorchDataset(dataset)[number] for number in range(COUNT)]
    images = np.stack([record["data"].numpy() for record in records])
    return np.array_equal(images, PIXELS) and [int(one["label"]) for one in records] == [
        *range(COUNT)
    ]


def kept(dataset: Dataset) -> bool:
    return gathered(in_memory(dataset))


def compressed(path: Path) -> Path:
    with h5py.File(path, "r+") as file:
        chunks = file["data"].chunks
        del file["data"]
        shape = (None, *PIXELS.shape[1:])
        file.create_dataset(
            "data", data=PIXELS, maxshape=shape, chunks=chunks, compression="gzip", shuffle=True
        )
    return path


def encoded(path: Path) -> Path:
    files = []
    for pixels in PIXELS:
        stream = io.BytesIO()
        Image.fromarray(pixels.transpose(1, 2, 0)).save(stream, "PNG")
        files.append(stream.getvalue())
    fields = [
        FieldSpec(name="data", dtype="uint8", shape=None, kind="image"),
        FieldSpec(name="label", dtype="int64", shape=()),
    ]
    with create_tables(path) as tables:
        table = tables.table(None, fields, channels="RGB")
        images = EncodedImages(files, (PIXELS.shape[1:],) * COUNT)
        table.write({"data": images, "label": COLUMNS["label"]})
    return path


FILES: dict[str, Callable[[Path], Path]] = {
    "lmdb": lambda folder: write(folder / "x.lmdb", COLUMNS),
    "hdf5": lambda folder: write(folder / "x.h5", COLUMNS),
    "compressed": lambda folder: compressed(write(folder / "x.h5", COLUMNS)),
    "encoded lmdb": lambda folder: encoded(folder / "x.lmdb"),
    "encoded hdf5": lambda folder: encoded(folder / "x.h5"),
}


def outcome(path: Path, reads: Callable[[Dataset], bool]) -> str:
    try:
        with open_dataset(path) as dataset:
            return "right" if reads(dataset) else "wrong"
    except DataError as error:
        return "refused" if str(path) in str(error) else f"refused without a path: {error}"


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("reads", [gathered, in_windows, as_torchs, kept])
def test_flipped_bytes_give_the_right_data_or_an_error(
    tmp_path: Path, kind: str, reads: Callable[[Dataset], bool]
) -> None:
    path = FILES[kind](tmp_path)
    file = path / "data.mdb" if path.is_dir() else path
    good = file.read_bytes()
    draw = random.Random(f"{kind} {reads.__name__}")
    outcomes: Counter[str] = Counter()
    used = np.flatnonzero(np.frombuffer(good, np.uint8)).tolist()
    early = [place for place in used if place < 6000]  # where headers are
    for number in range(24):
        bad = good
        for _ in range(draw.choice([1, 1, 3])):
            place = draw.choice(used if number % 2 else early)
            bad = flipped(bad, place, draw.randrange(8))
        file.unlink()  # else the map of the last one would change under its feet
        file.write_bytes(bad)
        outcomes[outcome(path, reads)] += 1
    assert {*outcomes} <= {"right", "refused"}
    assert outcomes["refused"] > 3


def test_sixty_four_records_touch_as_many_chunks_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2,000 records in 500 chunks of four; the first batch is all that is read at first."""
    monkeypatch.setattr(layout, "CHUNK_BYTES", 48)
    dataset = open_dataset(write(tmp_path / "x.lmdb", numbered(2000)))
    touched: list[int] = []

    def noted(records: Array) -> int:
        touched.append(records.size)
        return layout.checksum(records)

    monkeypatch.setattr("protonet.data.mapped.checksum", noted)
    order = Order(2000, shuffle=True, seed=5)
    reader = Reader(dataset, 64, order, fields={"data": "data"}, endless=True)
    assert touched == []
    batch = next(reader)
    assert len(batch.arrays["data"]) == 64
    assert 50 < len(touched) <= 64
    assert {*touched} == {48}


@pytest.mark.parametrize("ending", FORMATS)
def test_a_table_of_a_newer_version_says_so(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"x.{ending}", numbered(3))
    if ending == "h5":
        with h5py.File(path, "r+") as file:
            header = json.loads(bytes(file["protonet/header"][()].tobytes()))
            del file["protonet/header"]
            text = json.dumps({**header, "version": 2, "quite": "new"}).encode()
            kind = h5py.string_dtype("utf-8", len(text))
            file.create_dataset("protonet/header", data=np.array(text, kind))
    else:
        with lmdb.open(str(path)) as environment, environment.begin(write=True) as transaction:
            header = json.loads(bytes(transaction.get(b"protonet/header") or b""))
            text = json.dumps({**header, "version": 2, "quite": "new"}).encode()
            transaction.put(b"protonet/header", text)
    with pytest.raises(DataError) as caught:
        open_dataset(path)
    assert str(caught.value) == (
        f"{path}: format version 2 is newer than this protonet reads (1); upgrade protonet, or "
        "convert the data again"
    )


def test_an_lmdb_that_is_being_written_is_read_as_it_was_or_not_at_all(tmp_path: Path) -> None:
    """What another process has not committed is not there. What it has may lie where records were
    that are open here, for LMDB fills the pages that it has freed."""
    path = write(tmp_path / "x.lmdb", numbered(1000))
    dataset = open_dataset(path)
    assert same(read(dataset), numbered(1000))
    time.sleep(0.02)  # longer than a tick of the clock that dates files
    with lmdb.open(str(path), map_size=1 << 24) as environment:
        with environment.begin(write=True) as transaction:
            transaction.put(b"data/00000000", bytes(12_000))
            assert same(read(open_dataset(path)), numbered(1000))
        for number in range(3):
            with environment.begin(write=True) as transaction:
                transaction.put(b"data/00000000", bytes([number]) * 12_000)
        for opened in (dataset, open_dataset(path)):
            with pytest.raises(DataError, match=r"chunk 0 of field data \(records 0 to 999\) is"):
                read(opened)


def test_an_hdf5_file_that_is_being_written_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "y.h5", "w", libver="latest", locking=False) as growing:
        growing.create_dataset("other", data=np.arange(10))
        with pytest.raises(DataError, match=r"y\.h5: it holds no dataset of protonet's"):
            open_dataset(tmp_path / "y.h5")
    path = write(tmp_path / "x.h5", numbered(1000))
    dataset = open_dataset(path)
    assert same(read(dataset), numbered(1000))
    time.sleep(0.02)
    with h5py.File(path, "r+", locking=False) as changing:
        changing["label"][0] = 5
        changing.flush()
        for opened in (dataset, open_dataset(path)):
            with pytest.raises(DataError, match=r"chunk 0 of field label \(records 0 to 999\) is"):
                read(opened)
