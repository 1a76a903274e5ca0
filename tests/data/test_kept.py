"""Datasets in memory give what they give from their files, and read those once."""

from __future__ import annotations

import io
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protonet.data.concatenated import Concatenated
from protonet.data.dataset import ChunkedDataset
from protonet.data.encoded_images import EncodedImages
from protonet.data.header import FieldSpec, Header
from protonet.data.kept import field_bytes, in_memory, stored_bytes
from protonet.data.layout import Column
from protonet.data.open import open_dataset
from protonet.data.table import create_tables
from protonet.errors import UsageError
from tests.data.tables import FORMATS, numbered, read, same, write

COUNT = 500


@pytest.mark.parametrize("ending", FORMATS)
def test_what_was_read_needs_its_file_no_more(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"x.{ending}", numbered(COUNT))
    kept = in_memory(open_dataset(path))
    assert isinstance(kept, ChunkedDataset)
    assert same(read(kept), numbered(COUNT))
    file = path / "data.mdb" if ending == "lmdb" else path
    with file.open("r+b") as stream:  # the mapped pages change with it
        stream.seek(0)
        stream.write(bytes(file.stat().st_size))
    assert same(read(kept), numbered(COUNT))


def test_encoded_images_are_kept_as_they_are_stored(tmp_path: Path) -> None:
    pixels = (np.arange(20 * 24 * 3) % 251).astype(np.uint8).reshape(20, 24, 3)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    field = FieldSpec(name="data", dtype="uint8", shape=None, kind="image")
    with create_tables(tmp_path / "x.lmdb") as tables:
        table = tables.table(None, [field], channels="RGB")
        table.write({"data": EncodedImages([stream.getvalue()] * 3, ((3, 20, 24),) * 3)})
    dataset = open_dataset(tmp_path / "x.lmdb")
    kept = in_memory(dataset)
    assert stored_bytes(kept) == stored_bytes(dataset) == 3 * len(stream.getvalue()) + 3 * 8
    out = np.empty((2, 3, 20, 24), np.uint8)
    for _ in range(2):
        kept.gather(np.array([2, 0]), {"data": out})
        assert np.array_equal(out, np.stack([pixels.transpose(2, 0, 1)] * 2))
        content = tmp_path / "x.lmdb" / "data.mdb"
        content.write_bytes(bytes(content.stat().st_size))


def test_several_read_as_one_are_kept_each(tmp_path: Path) -> None:
    parts = [open_dataset(write(tmp_path / f"{name}.lmdb", numbered(9))) for name in "ab"]
    kept = in_memory(Concatenated(parts))
    label = np.empty(3, np.int64)
    kept.gather(np.array([17, 0, 9]), {"label": label})
    assert label.tolist() == [8, 0, 0]
    assert stored_bytes(kept) == 2 * 9 * (12 + 8)


def test_a_pickled_copy_is_in_memory_too(tmp_path: Path) -> None:
    kept = in_memory(open_dataset(write(tmp_path / "x.h5", numbered(COUNT))))
    copy = pickle.loads(pickle.dumps(kept))
    assert same(read(copy), numbered(COUNT))
    shutil.copy(tmp_path / "x.h5", tmp_path / "y.h5")
    (tmp_path / "x.h5").unlink()
    assert same(read(copy), numbered(COUNT))


def test_bytes_are_those_of_the_records(tmp_path: Path) -> None:
    dataset = open_dataset(write(tmp_path / "x.lmdb", numbered(COUNT)))
    assert stored_bytes(dataset) == COUNT * (3 * 4 + 8)
    assert field_bytes(dataset, "data") == COUNT * 3 * 4
    assert field_bytes(dataset, "other") == 0


class Elsewhere:
    """A column of images in files of their own."""

    column = Column("data", np.dtype("u1"), (), 2, 2)


def test_images_in_files_of_their_own_are_refused() -> None:
    header = Header(
        fields=(FieldSpec(name="data", dtype="uint8", shape=None, kind="image"),),
        count=2,
        content_hash="0",
    )
    dataset = ChunkedDataset("images", header, {"data": Elsewhere()}, lambda: dataset)  # type: ignore[dict-item]  # never read
    with pytest.raises(UsageError) as caught:
        in_memory(dataset)
    assert str(caught.value) == (
        "images: its images lie in files of their own, which are not kept in memory; convert them: "
        "protonet convert"
    )
