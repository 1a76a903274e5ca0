from __future__ import annotations

from pathlib import Path

import numpy as np

from protonet.protobuf import read_blob
from protonet.protobuf.frames import blob_parts, held, size_of
from tests.protobuf import wire


def test_an_array_is_written_as_caffe_writes_it() -> None:
    array = np.array([[1, 2], [3, 4]], np.float64)

    assert b"".join(blob_parts(array)) == wire.blob((2, 2), 1, 2, 3, 4)


def test_an_array_of_no_axes_has_an_empty_shape(tmp_path: Path) -> None:
    (tmp_path / "x.binaryproto").write_bytes(b"".join(blob_parts(np.array(3.5))))

    assert read_blob(tmp_path / "x.binaryproto").tolist() == 3.5


def test_numbers_are_not_copied() -> None:
    array = np.arange(6, dtype=np.float32)

    assert np.shares_memory(np.frombuffer(blob_parts(array)[-1], np.float32), array)


def test_a_field_has_its_tag_and_its_length_before_it() -> None:
    parts = held("NetParameter", "layer", [b"a" * 200, b"b" * 100])

    assert parts[0] == wire.varint(100 * 8 + 2) + wire.varint(300)
    assert size_of(parts) == 4 + 300
