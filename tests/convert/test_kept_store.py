from __future__ import annotations

from pathlib import Path

import numpy as np

from protonet.convert.kept_store import KeptStore
from protonet.data.header import FieldSpec
from protonet.data.layout import new_columns
from protonet.data.lmdb import LmdbFile, LmdbStore


def test_chunks_that_are_stored_are_not_written_again(tmp_path: Path) -> None:
    (column,) = new_columns(FieldSpec(name="data", dtype="uint8", shape=()), "a.lmdb")
    store = KeptStore(LmdbStore(tmp_path / "data.mdb", "a.lmdb"), {"data": 1})
    store.begin("data", column)
    for number in range(2):
        store.chunk("data", number, np.full(3, number, np.uint8))
    store.put("label/00000000", "x")
    store.finish()
    store.release()
    file = LmdbFile(tmp_path, "a.lmdb")
    assert file.value("data/00000001") == b"\1\1\1"
    assert file.value("label/00000000") == b"x"
    assert b"data/00000000" not in (tmp_path / "data.mdb").read_bytes()
