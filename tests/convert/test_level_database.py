from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from protonet.convert import ConvertOptions, Encoding, convert
from protonet.convert.datum import write_array, write_encoded
from protonet.convert.find import find_parts
from protonet.convert.level_database import is_leveldb, list_leveldb
from protonet.convert.stored import mean_of, open_stored
from protonet.errors import DataError, UsageError
from tests.convert.pictures import encoded, plain, records

plyvel = pytest.importorskip("plyvel", reason="plyvel is not installed: pip install plyvel")

PIXELS = np.arange(5 * 3 * 2 * 4, dtype=np.uint8).reshape(5, 3, 2, 4)
"""Five images, (N, B G R, H, W)."""


def database(folder: Path, *values: bytes) -> Path:
    """Write a LevelDB with keys as convert_imageset makes them."""
    written = plyvel.DB(str(folder), create_if_missing=True)
    for number, value in enumerate(values):
        written.put(b"%08d_%d.png" % (number, number), value)
    written.close()
    return folder


def images(folder: Path) -> Path:
    return database(folder, *(write_array(one, label) for label, one in enumerate(PIXELS)))


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file's content and time of change."""
    return {one.name: (one.read_bytes(), one.stat().st_mtime_ns) for one in folder.iterdir()}


def test_pixels_keep_caffes_order_and_the_database_is_left_as_it_was(tmp_path: Path) -> None:
    source = images(tmp_path / "caffe")
    before = state(source)
    report = convert(source, tmp_path / "a.lmdb", ConvertOptions())
    stored, labels = records(report.tables[0].address)
    assert stored.tolist() == PIXELS.tolist()
    assert labels == [0, 1, 2, 3, 4]
    header = report.tables[0].header
    assert (header.channels, header.classes) == ("BGR", ("0", "1", "2", "3", "4"))
    assert state(source) == before


def test_tables_on_disk_are_read_like_the_log(tmp_path: Path) -> None:
    source = images(tmp_path / "caffe")
    opened = plyvel.DB(str(source))
    opened.compact_range()
    opened.close()
    assert list(source.glob("*.ldb"))
    convert(source, tmp_path / "a.lmdb", ConvertOptions(workers=2))
    assert records(tmp_path / "a.lmdb")[0].tolist() == PIXELS.tolist()


def test_files_are_kept_as_they_are(tmp_path: Path) -> None:
    png = encoded(plain((1, 2, 3)))
    source = database(tmp_path / "caffe", write_encoded(png, 1), write_encoded(png, 0))
    options = ConvertOptions(encode=Encoding())
    report = convert(source, tmp_path / "a.lmdb", options)
    assert report.tables[0].header.fields[0].kind == "image"
    convert(source, tmp_path / "b.lmdb", ConvertOptions())
    assert records(tmp_path / "b.lmdb")[0][0, :, 0, 0].tolist() == [3, 2, 1]


def test_caffes_own_database_holds_what_caffe_read(reference: Path, tmp_path: Path) -> None:
    golden = reference / "golden" / "data"
    read = np.load(golden / "data_leveldb.npz")
    convert(golden / "color_leveldb", tmp_path / "a.lmdb", ConvertOptions())
    stored, labels = records(tmp_path / "a.lmdb")
    assert stored[:4].tolist() == read["out/data/step0"].tolist()
    assert labels[:4] == read["out/label/step0"].tolist()


def test_a_read_only_folder_is_read(tmp_path: Path) -> None:
    source = images(tmp_path / "caffe")
    for file in source.iterdir():
        file.chmod(0o444)
    source.chmod(0o555)
    try:
        assert list_leveldb(source, gray=True).count == 5
    finally:
        source.chmod(0o755)


def test_its_records_are_inspected_like_those_of_an_lmdb(tmp_path: Path) -> None:
    source = images(tmp_path / "caffe")
    (stored,) = open_stored(source)
    assert stored.record(3)["data"].tolist() == PIXELS[3].tolist()
    assert mean_of(stored, 1).tolist() == PIXELS.mean(0, dtype=np.float64).tolist()
    assert list(stored.rejects()) == []


def test_what_is_no_datum_is_a_reject_by_its_key(tmp_path: Path) -> None:
    source = database(tmp_path / "caffe", write_array(PIXELS[0], 1), b"\xff\xff")
    (part,) = find_parts(source, ConvertOptions())
    assert [one.why for one in part.rejects] == [
        f"{source}, record 00000001_1.png: is no Datum of Caffe: its bytes are no message"
    ]
    with pytest.raises(DataError, match="is no Datum of Caffe.*; repair or remove it"):
        convert(source, tmp_path / "a.lmdb", ConvertOptions())


def test_an_empty_database_is_refused(tmp_path: Path) -> None:
    source = database(tmp_path / "caffe")
    with pytest.raises(DataError) as caught:
        find_parts(source, ConvertOptions())
    assert str(caught.value) == f"{source}: the database is empty"


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    source = images(tmp_path / "caffe")
    (manifest,) = source.glob("MANIFEST-*")
    manifest.write_bytes(b"x" * 40)
    with pytest.raises(DataError) as caught:
        find_parts(source, ConvertOptions())
    assert str(caught.value).startswith(f"{source}: cannot be read as a LevelDB: ")


def test_damaged_records_are_never_returned(tmp_path: Path) -> None:
    source = images(tmp_path / "caffe")
    opened = plyvel.DB(str(source), compression=None)
    opened.compact_range()
    opened.close()
    (table,) = source.glob("*.ldb")
    whole = bytearray(table.read_bytes())
    whole[20] ^= 1
    table.write_bytes(whole)
    with pytest.raises(DataError, match="cannot be read as a LevelDB"):
        find_parts(source, ConvertOptions())


WRITER = """
import sys, plyvel
database = plyvel.DB(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


def test_a_database_that_is_being_written_is_refused(tmp_path: Path) -> None:
    source = images(tmp_path / "caffe")
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(source)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as writer:  # fmt: skip
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(DataError) as caught:
            find_parts(source, ConvertOptions())
        writer.communicate("")
    assert str(caught.value) == (
        f"{source}: another program has it open, and may be writing to it; wait until that is done"
    )


def test_without_plyvel_it_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = images(tmp_path / "caffe")
    monkeypatch.setitem(sys.modules, "plyvel", None)
    with pytest.raises(UsageError) as caught:
        find_parts(source, ConvertOptions())
    assert str(caught.value) == (
        f"{source}: is a LevelDB, and to read one, plyvel is needed: pip install "
        "'protonet[leveldb]'; or make an LMDB of it with Caffe"
    )


def test_other_folders_are_none(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text("MANIFEST-000001\n")
    assert not is_leveldb(tmp_path)
    assert is_leveldb(images(tmp_path / "caffe"))
