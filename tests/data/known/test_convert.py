"""From original files to a dataset."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from protonet import __version__
from protonet.data import open_dataset
from protonet.data.known.convert import stored_name, write_set
from protonet.data.known.original import Originals, packaged
from protonet.data.known.sets import DIGITS, FASHION_MNIST, MNIST
from protonet.errors import DataError
from tests.data.known.tiny import LABELS, PACKED, pixels, tiny, write_originals


@pytest.fixture
def originals(tmp_path: Path) -> Originals:
    write_originals(tmp_path / "files")
    return Originals({name: tmp_path / "files" / name for name in PACKED}, "the test")


@pytest.mark.parametrize("split", ["train", "test"])
def test_every_part_is_a_table(tmp_path: Path, originals: Originals, split: str) -> None:
    place = tmp_path / "tiny.lmdb"
    write_set(tiny(), tiny(), originals, place)
    with open_dataset(f"{place}/{split}") as dataset:
        records = [dataset[index] for index in range(len(dataset))]
        header = dataset.header
    assert [record["data"].tolist() for record in records] == pixels(split)[:, None].tolist()
    assert [int(record["label"]) for record in records] == list(LABELS[split])
    assert (header.channels, header.classes) == ("gray", ("a", "b", "c"))
    assert [(field.name, field.dtype, field.shape) for field in header.fields] == [
        ("data", "uint8", (1, 2, 3)),
        ("label", "int64", ()),
    ]


def test_the_header_says_how_the_set_was_made(tmp_path: Path, originals: Originals) -> None:
    write_set(tiny(), MNIST, originals, tmp_path / "x.lmdb")
    with open_dataset(tmp_path / "x.lmdb/train") as dataset:
        made_by = dataset.header.made_by
    names = ["train-images.gz", "train-labels.gz", "test-images.gz", "test-labels.gz"]
    assert made_by == {
        "set": "tiny",
        "origin": "the test",
        "md5": ", ".join(f"{name} {hashlib.md5(PACKED[name]).hexdigest()}" for name in names),
        "version": __version__,
        "resampled": "2 x 3 to 28 x 28 bilinearly, 0 to 255 becomes 0 to 255",
    }


def test_digits_keep_their_size_and_values(tmp_path: Path) -> None:
    write_set(DIGITS, DIGITS, packaged(DIGITS), tmp_path / "digits.lmdb")
    with open_dataset(tmp_path / "digits.lmdb/train") as dataset:
        assert len(dataset) == 1437
        # the first row but one of load_digits().images[0]
        assert dataset[0]["data"][0, 1].tolist() == [0, 0, 13, 15, 10, 15, 5, 0]
        assert dataset.header.mean == pytest.approx((4.88,), abs=0.1)  # 4.8842 over all 1,797


def test_digits_stand_in_for_mnist_in_its_size(tmp_path: Path) -> None:
    write_set(DIGITS, MNIST, packaged(DIGITS), tmp_path / "x.lmdb")
    with open_dataset(tmp_path / "x.lmdb/test") as dataset:
        assert (len(dataset), dataset.header.fields[0].shape) == (360, (1, 28, 28))
    with open_dataset(tmp_path / "x.lmdb/train") as dataset:
        image = dataset[0]["data"][0]
        # Pixel (5, 8) lies (5.5 * 2 / 7 - 1/2, 8.5 * 2 / 7 - 1/2) = (15/14, 27/14) pixels from the
        # first centre: 13/14 of row 1 and 1/14 of row 2; 1/14 of column 1 and 13/14 of column 2.
        # (13 * (1 * 0 + 13 * 13) + 1 * (1 * 3 + 13 * 15)) / 196 * 255 / 16 = 194.753
        assert image[5, 8] == 195


def test_what_is_there_is_replaced(tmp_path: Path, originals: Originals) -> None:
    place = tmp_path / "tiny.lmdb"
    place.mkdir()
    (place / "data.mdb").write_bytes(b"damaged")
    write_set(tiny(), tiny(), originals, place)
    with open_dataset(place / "test") as dataset:
        assert len(dataset) == 2


def test_nothing_appears_if_a_file_is_damaged(tmp_path: Path, originals: Originals) -> None:
    originals.files["test-labels.gz"].write_bytes(b"")
    with pytest.raises(DataError, match="is empty"):
        write_set(tiny(), tiny(), originals, tmp_path / "tiny.lmdb")
    assert [path.name for path in tmp_path.iterdir()] == ["files"]


def test_a_set_in_another_size_has_another_name() -> None:
    assert stored_name(DIGITS, DIGITS) == "digits"
    assert stored_name(DIGITS, MNIST) == "digits-28x28"
    assert stored_name(MNIST, FASHION_MNIST) == "mnist"
