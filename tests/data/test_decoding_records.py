from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.data.chosen import Chosen
from protonet.data.concatenated import Concatenated
from protonet.data.decoding import Decoding
from protonet.data.decoding_records import decode_records
from protonet.data.encoded_images import EncodedImages
from protonet.data.image import decode
from protonet.data.joined import Joined
from protonet.data.layout import Array
from protonet.data.open import open_dataset
from protonet.data.table import Records, create_tables
from protonet.errors import UsageError
from protonet.transforms import Context, read_transform
from protonet.transforms.sizing import build_sizing
from tests.data.encoded import FIELDS
from tests.data.jpegs import jpeg

SIZES = [(40, 56), (30, 20), (25, 33), (64, 18), (50, 50)]
STEPS = [{"type": "Resize", "size": [6, 5]}]
DECODING = Decoding(build_sizing(read_transform(STEPS), Context(shape=(3, 40, 56)), (6, 5)))


def write(path: Path, sizes: list[tuple[int, int]]) -> list[bytes]:
    files = [jpeg(*size) for size in sizes]
    with create_tables(path) as tables:
        table = tables.table(None, FIELDS, channels="RGB")
        shapes = [(3, *size) for size in sizes]
        table.write({"data": EncodedImages(files, shapes), "label": np.arange(len(files))})
    return files


def decoded(records: Records, rows: list[int], name: str = "data") -> Array:
    out = np.zeros((len(rows), 3, 6, 5), np.uint8)
    decode_records(records, np.array(rows, np.int64), name, DECODING, np.arange(len(rows)), out)
    return out


def expected(files: list[bytes]) -> Array:
    scale = DECODING.sizing.scaled
    assert scale is not None
    return np.stack(
        [scale.scale(decode(one, gray=False).pixels).transpose(2, 0, 1) for one in files]
    )


def test_records_are_decoded_wherever_they_lie(tmp_path: Path) -> None:
    first, second = tmp_path / "a.lmdb", tmp_path / "b.h5"
    files = [*write(first, SIZES), *write(second, SIZES[::-1])]
    samples = expected(files)
    with open_dataset(first) as one, open_dataset(second) as other:
        rows = [4, 0, 0, 3]
        assert np.array_equal(decoded(one, rows), samples[rows])
        both = Concatenated([one, other])
        assert np.array_equal(decoded(both, [9, 1, 6, 3]), samples[[9, 1, 6, 3]])
        assert np.array_equal(decoded(both, [7, 8]), samples[[7, 8]])
        chosen = Chosen(both, np.array([5, 2]))
        assert np.array_equal(decoded(chosen, [1, 0]), samples[[2, 5]])
        joined = Joined({"picture": (other, "data"), "number": (one, "label")})
        assert np.array_equal(decoded(joined, [2], "picture"), samples[[7]])
        assert decoded(one, []).shape == (0, 3, 6, 5)


def test_what_cannot_be_decoded_is_refused(tmp_path: Path) -> None:
    class Other:
        def __init__(self, records: Records) -> None:
            self.header, self.path, self.gather = records.header, "x", records.gather

    write(tmp_path / "a.lmdb", SIZES)
    with open_dataset(tmp_path / "a.lmdb") as dataset:
        with pytest.raises(UsageError) as caught:
            decoded(dataset, [0], "label")
        assert str(caught.value) == f"{tmp_path}/a.lmdb: its field label has no encoded images"
        with pytest.raises(UsageError) as caught:
            decoded(Other(dataset), [0])
        assert str(caught.value) == "x: its field data cannot be decoded while it is read"
        with pytest.raises(IndexError) as error:
            decoded(dataset, [5])
        assert str(error.value) == f"{tmp_path}/a.lmdb: there is no record 5; there are 5"
