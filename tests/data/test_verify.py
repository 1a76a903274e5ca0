from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.data.image import encode
from protonet.data.open import open_dataset
from protonet.data.verify import Verified, verify
from tests.data.encoded import pictures, write_encoded
from tests.data.tables import CLASSES, FORMATS, TINY, flipped, numbered, write


def verified(path: Path) -> Verified:
    with open_dataset(path) as dataset:
        return verify(dataset)


@pytest.mark.parametrize("ending", FORMATS)
def test_what_is_as_it_was_written_has_no_fault(ending: str, tmp_path: Path) -> None:
    path = write(tmp_path / f"a.{ending}", TINY, classes=CLASSES)
    assert verified(path) == Verified(str(path), 2, 2, ())
    path = write_encoded(tmp_path / f"b.{ending}", pictures(5))
    assert verified(path) == Verified(str(path), 5, 3, ())  # the bytes, their ends, the labels


def test_every_damaged_chunk_is_named(tmp_path: Path) -> None:
    # 1 MiB holds 87,381 records of 12 bytes, and 131,072 of 8
    path = write(tmp_path / "a.lmdb", numbered(200_000))
    file = path / "data.mdb"
    content = file.read_bytes()
    for record in (0, 199_999):
        place = content.index((record * 10 + np.arange(3)).astype("<i4").tobytes())
        content = flipped(content, place)
    file.write_bytes(content)
    found = verified(path)
    assert (found.chunks, len(found.damaged)) == (5, 2)
    for why, records in zip(found.damaged, ("0 to 87380", "174762 to 199999"), strict=True):
        assert f"of field data (records {records}) is damaged" in why


def test_progress_is_told(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    with open_dataset(write(tmp_path / "a.lmdb", TINY)) as dataset:
        verify(dataset, lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_a_header_that_says_another_thing_is_found(tmp_path: Path) -> None:
    with open_dataset(write(tmp_path / "a.lmdb", TINY, classes=CLASSES)) as dataset:
        dataset.header = dataset.header.model_copy(update={"class_counts": (2, 0)})
        assert verify(dataset).damaged == (
            f"{tmp_path}/a.lmdb: its header gives class_counts as (2, 0), and the records give "
            "(1, 1); convert the data again",
        )
        dataset.header = dataset.header.model_copy(update={"classes": ("cat",)})
        assert verify(dataset).damaged == (
            f"{tmp_path}/a.lmdb: record 0 has label 1, but there are 1 classes: labels go from 0 "
            "to 0",
        )


def test_an_image_that_cannot_be_decoded_is_found(tmp_path: Path) -> None:
    images = pictures(3)
    path = write_encoded(tmp_path / "a.lmdb", images)
    with open_dataset(path) as dataset:
        column = dataset.columns["data"]
        original = type(column).encoded  # type: ignore[attr-defined]  # it is an EncodedColumn
        cut = encode(images[1], "PNG")[:20]
        type(column).encoded = lambda self, row: cut if row == 1 else original(self, row)  # type: ignore[attr-defined]
        try:
            found = verify(dataset)
        finally:
            type(column).encoded = original  # type: ignore[attr-defined]
    assert found.damaged == (f"{path}, record 1: cannot be read as an image: Truncated File Read",)
