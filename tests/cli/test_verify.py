from __future__ import annotations

from pathlib import Path

import pytest

from protonet.cli import main
from tests.convert.pictures import SPLIT, class_folders, made
from tests.data.tables import flipped

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a dataset of two tables."""
    monkeypatch.chdir(tmp_path)
    made(class_folders(tmp_path / "photos", cat=5, dog=10), tmp_path / "a.lmdb", SPLIT)
    return tmp_path / "a.lmdb"


def test_every_table_is_read(capsys: Capture) -> None:
    assert main(["verify", "a.lmdb"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        "a.lmdb/test: 3 records in 2 chunks are as they were written",
        "a.lmdb/train: 12 records in 2 chunks are as they were written",
    ]
    assert main(["verify", "a.lmdb/test"]) == 0


def test_damage_is_named_and_the_rest_is_told(dataset: Path, capsys: Capture) -> None:
    content = (dataset / "data.mdb").read_bytes()
    pixels = bytes([1] * 12 + [9] * 12 + [7] * 12)  # of photos/dog/009.png
    (dataset / "data.mdb").write_bytes(content.replace(pixels, flipped(pixels, 3)))
    assert main(["verify", "a.lmdb"]) == 2
    out, err = capsys.readouterr()
    first, second = err.splitlines()
    assert first == "error: a.lmdb: 1 fault"
    assert second.startswith("  a.lmdb/t")
    assert "chunk 0 of field data (records 0 to " in second
    assert len(out.splitlines()) == 1


def test_a_database_of_caffes_has_no_checksums(reference: Path, capsys: Capture) -> None:
    path = reference / "golden" / "data" / "color_lmdb"
    assert main(["verify", str(path)]) == 0
    assert capsys.readouterr().out == (f"{path}: 5 records can be read (they have no checksums)\n")


def test_what_is_not_there_is_refused(capsys: Capture) -> None:
    assert main(["verify", "b.lmdb"]) == 2
    assert capsys.readouterr().err == (
        "error: b.lmdb: there is no such dataset; did you mean a.lmdb?\n"
    )
