from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protonet.convert import ConvertOptions
from protonet.convert.batches import Batch
from protonet.convert.earlier import Earlier
from protonet.convert.find import find_parts
from protonet.convert.journal import Journal, read_journal
from protonet.convert.plan import Plan, plan
from protonet.convert.recorder import Recorder
from protonet.convert.source import Reject
from protonet.data.hdf5 import Hdf5Store
from protonet.data.table import Tables
from protonet.data.writer import TableWriter


@pytest.fixture
def table(photos: Path) -> Plan:
    """Return the plan of the 15 photos, 3 in each chunk."""
    options = ConvertOptions(resize=(300, 300))
    (found,) = plan(find_parts(photos, options), options)
    return found


def begun(table: Plan, folder: Path) -> tuple[Hdf5Store, TableWriter, Journal]:
    store = Hdf5Store(folder / "a.h5", "a.h5")
    writer = Tables(store, "a.h5").table("train", table.batches.fields)
    return store, writer, Journal.begin(folder / "journal", {})


def batch(start: int, count: int) -> Batch:
    indices = np.arange(start, start + count)
    pixels = np.full((count, 3, 300, 300), start, np.uint8)
    return Batch({"data": pixels, "label": indices % 2}, indices, stamp=f"s{start}")


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "journal").read_text().splitlines()[1:]]


def test_a_batch_tells_of_the_chunks_that_it_filled_and_where_they_are(
    table: Plan, tmp_path: Path
) -> None:
    store, writer, journal = begun(table, tmp_path)
    named = replace(table, name="train")
    recorder = Recorder(journal, Earlier(named, (), {}), writer.checksums, store.offset)
    for start in (0, 2, 4):
        writer.write(batch(start, 2).arrays)
        recorder.add_known(batch(start, 2))  # which the journal does not know yet
    filled = [line for line in lines(tmp_path) if "offsets" in line]
    assert [(line["start"], line["checksums"]["data"][0]) for line in filled] == [(2, 0), (4, 1)]
    file = (tmp_path / "a.h5").read_bytes()  # as a kill would leave it
    for number, line in enumerate(filled):
        (offset,) = line["offsets"]["data"]
        chunk = np.frombuffer(file, np.uint8, 3 * 270_000, offset).reshape(3, -1)
        assert chunk[:, 0].tolist() == [[0, 0, 2], [2, 4, 4]][number]
    store.release()
    journal.close()


def test_what_the_journal_knows_is_not_told_again(table: Plan, tmp_path: Path) -> None:
    store, writer, journal = begun(table, tmp_path)
    told = Recorder(journal, Earlier(table, (), {}), writer.checksums)
    told.add(batch(0, 3))
    (known,) = lines(tmp_path)
    assert known == {"table": "", "start": 0, "count": 3, "stamp": "s0"}
    found = read_journal(tmp_path / "journal")
    assert found is not None
    again = Recorder(journal, Earlier(table, found[1][""].entries, {}), writer.checksums)
    again.add_known(batch(0, 3))
    later = batch(3, 3)
    later.indices, later.rejects = later.indices[[0, 2]], [Reject("a.png", "a.png: why")]
    again.add(later)
    assert lines(tmp_path)[1:] == [
        {"table": "", "start": 3, "count": 3, "stamp": "s3", "left_out": [1],
         "rejects": [["a.png", "a.png: why"]]}
    ]  # fmt: skip
    store.release()
    journal.close()


def test_of_a_format_without_checksums_none_are_told(table: Plan, tmp_path: Path) -> None:
    journal = Journal.begin(tmp_path / "journal", {})
    Recorder(journal, Earlier(table, (), {}), {}).add(batch(0, 3))
    journal.close()
    assert lines(tmp_path) == [{"table": "", "start": 0, "count": 3, "stamp": "s0"}]
