from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from protonet.convert import ConvertOptions
from protonet.convert.earlier import Earlier, earlier
from protonet.convert.find import find_parts
from protonet.convert.journal import Entry, Stored
from protonet.convert.plan import Plan, plan
from protonet.convert.stamps import stamp
from protonet.data.layout import Array, Column
from protonet.data.mapped import MappedColumn
from protonet.errors import DataError


class InMemory:
    """A file whose only column is the images 0, 1, 2 …, one after the other."""

    def column(self, name: str, column: Column, checksums: Array, where: str) -> MappedColumn:
        """Return chunks that lie side by side."""
        assert name == "data"
        size = column.record_bytes
        pixels = np.arange(column.count, dtype=np.uint8).repeat(size)
        offsets = np.arange(column.chunks) * column.per_chunk * size
        return MappedColumn(column, pixels, offsets, checksums, where)


@pytest.fixture
def table(photos: Path) -> Plan:
    """Return the plan of the 15 photos, 3 in each chunk."""
    options = ConvertOptions(resize=(300, 300))
    (found,) = plan(find_parts(photos, options), options)
    return found


def entry(table: Plan, start: int, count: int = 2, *sums: int, **more: object) -> Entry:
    rows = table.rows[start : start + count]
    told = {"data": (sums[0], sums[1:])} if sums else {}
    facts = {"table": "", "start": start, "count": count, "stamp": stamp(table.part, rows)}
    return Entry.model_validate({**facts, "checksums": told, **more})


def known(table: Plan, *entries: Entry) -> Earlier:
    stored = Stored()
    for one in entries:
        stored.add(one)
    return earlier(table, stored, InMemory(), "a.lmdb")


def crc(value: int, size: int = 3 * 270_000) -> int:
    """Return the CRC-32 of a chunk of three records that count from a value."""
    return zlib.crc32(b"".join(bytes([value + n]) * (size // 3) for n in range(3)))


def test_only_batches_whose_images_all_lie_in_whole_chunks_count(table: Plan) -> None:
    entries = [entry(table, 0), entry(table, 2, 2, 0, crc(0)), entry(table, 4)]
    assert known(table, *entries).count == 2  # the third record ends a chunk, and a batch at 2
    more = entry(table, 6, 2, 1, crc(3))
    found = known(table, *entries, more)
    assert (found.count, found.images["data"].column.chunks) == (6, 2)


def test_a_batch_is_what_it_was(table: Plan) -> None:
    rejects = [("a.png", "a.png: cannot be read")]
    first = entry(table, 0, 4, 0, crc(0), left_out=[1], rejects=rejects, remarks=[(2, "mended")],
                  colour=True)  # fmt: skip
    (batch,) = known(table, first).batches()
    assert batch.indices.tolist() == [0, 2, 3]
    assert batch.arrays["data"].shape == (3, 3, 300, 300)  # type: ignore[union-attr]
    assert batch.arrays["data"][:, 0, 0, 0].tolist() == [0, 1, 2]  # type: ignore[index]
    assert batch.arrays["label"].tolist() == [0, 0, 0]  # type: ignore[union-attr]
    assert (batch.colour, batch.remarks, batch.count) == (True, {2: "mended"}, 4)
    assert [(one.name, one.why) for one in batch.rejects] == rejects
    assert batch.hashes is None


def test_a_gap_ends_what_is_known(table: Plan) -> None:
    assert known(table, entry(table, 2, 2, 0, crc(0))).count == 0


def test_a_change_is_told(table: Plan) -> None:
    found = known(table, entry(table, 0, 3, 0, crc(0)))
    assert found.changed() is None
    Path(table.part.name(1)).write_bytes(b"other")
    assert found.changed() == (
        f"an image has changed since, one from {table.part.name(0)} to {table.part.name(2)}"
    )


def test_a_damaged_chunk_is_refused(table: Plan) -> None:
    found = known(table, entry(table, 0, 3, 0, crc(0) ^ 1))
    with pytest.raises(DataError, match=r"^a\.lmdb: chunk 0 of field data \(records 0 to 2\)"):
        list(found.batches())
