from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from protonet import __version__
from protonet.convert import ConvertOptions, Encoding, TableOptions
from tests.convert.pictures import made


def facts(source: Path, destination: Path, **options: object) -> dict[str, str]:
    """Return what the header of a dataset says of how it was made, less what each one says."""
    report = made(source, destination, replace(ConvertOptions(), **options))  # type: ignore[arg-type]
    known = dict(report.tables[0].header.made_by)
    assert known.pop("command") == "convert"
    assert known.pop("version") == __version__
    assert known.pop("source") == str(source)
    return known


def test_what_was_asked_for_is_told(photos: Path, tmp_path: Path) -> None:
    assert facts(photos, tmp_path / "a.lmdb") == {}
    assert facts(photos, tmp_path / "b.lmdb", resize=(8, 9), gray=True, shuffle=3, limit=4) == {
        "resize": "8x9", "gray": "True", "shuffle": "3", "limit": "4"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("encoding", "told"),
    [(Encoding(), "kept"), (Encoding("PNG"), "png"), (Encoding("JPEG", 80), "jpg:80")],
)
def test_how_images_are_stored_is_told(
    encoding: Encoding, told: str, photos: Path, tmp_path: Path
) -> None:
    assert facts(photos, tmp_path / "a.lmdb", encode=encoding) == {"encode": told}


def test_columns_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y,z\n1,2,3\n")
    table = TableOptions(label=("y",), ignore=("z",), numbers=True)
    assert facts(tmp_path / "a.csv", tmp_path / "a.lmdb", table=table) == {
        "label": "y", "ignore": "z", "numbers": "True"
    }  # fmt: skip


def test_a_copy_of_a_dataset_says_what_the_first_conversion_did(
    photos: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.lmdb", tmp_path / "second.h5"
    options = {"resize": (8, 9), "gray": True, "encode": Encoding("JPEG", 80)}
    known = facts(photos, first, shuffle=3, **options)
    assert facts(first, second) == {key: known[key] for key in ("resize", "gray", "encode")}
    assert facts(second, tmp_path / "third.lmdb", limit=3) == {
        "resize": "8x9", "gray": "True", "encode": "jpg:80", "limit": "3"
    }  # fmt: skip


def test_images_made_anew_have_the_size_asked_for_last_and_are_encoded_no_more(
    photos: Path, tmp_path: Path
) -> None:
    first = tmp_path / "first.lmdb"
    facts(photos, first, resize=(8, 9), gray=True, encode=Encoding("JPEG", 80))
    assert facts(first, tmp_path / "second.lmdb", resize=(4, 4)) == {
        "resize": "4x4", "gray": "True"
    }  # fmt: skip
