from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from protonet.convert.idx_pair import image_files, is_idx_name, list_pairs
from protonet.errors import DataError

IMAGES = bytes.fromhex("00 00 08 03  00 00 00 02  00 00 00 01  00 00 00 03  01 02 03  fd fe ff")
"""Two images of one row and three columns."""
LABELS = bytes.fromhex("00 00 08 01  00 00 00 02  03 01")
"""Of class 3 and 1."""


def pair(folder: Path, name: str = "train", joint: str = "-") -> Path:
    """Write both files; return the images'."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}-labels{joint}idx1-ubyte").write_bytes(LABELS)
    images = folder / f"{name}-images{joint}idx3-ubyte"
    images.write_bytes(IMAGES)
    return images


def refusal(images: Path) -> str:
    """Return why a file is refused, less the folder."""
    with pytest.raises(DataError) as caught:
        list_pairs([images])
    return str(caught.value).replace(f"{images.parent}/", "")


@pytest.mark.parametrize("joint", ["-", "."])
def test_two_images_and_their_labels_are_read(joint: str, tmp_path: Path) -> None:
    path = pair(tmp_path, joint=joint)
    (part,) = list_pairs([path])
    assert part.labels.tolist() == [3, 1]
    assert part.labels.dtype == "int64"
    assert (part.classes, part.table) == (("0", "1", "2", "3"), None)
    assert part.images is not None
    assert part.images.channels == "gray"
    assert part.images.name(1) == f"{path}, image 1"
    second = part.images.load(1)
    assert second.pixels.tolist() == [[[253], [254], [255]]]
    assert second.gray


def test_either_file_may_be_compressed(tmp_path: Path) -> None:
    path = pair(tmp_path)
    packed = path.with_name(f"{path.name}.gz")
    packed.write_bytes(gzip.compress(IMAGES))
    path.unlink()
    assert list_pairs([packed])[0].labels.tolist() == [3, 1]
    labels = tmp_path / "train-labels-idx1-ubyte"
    labels.with_name(f"{labels.name}.gz").write_bytes(gzip.compress(LABELS))
    labels.unlink()
    assert list_pairs([packed])[0].labels.tolist() == [3, 1]


def test_several_pairs_become_tables_named_for_their_parts(tmp_path: Path) -> None:
    files = [pair(tmp_path, name) for name in ("train", "t10k", "emnist-balanced test")]
    tables = [part.table for part in list_pairs(files)]
    assert tables == ["train", "test", "emnist-balanced_test"]


def test_a_pair_may_have_no_part_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "images-idx3-ubyte").write_bytes(IMAGES)
    (tmp_path / "labels-idx1-ubyte").write_bytes(LABELS)
    files = [tmp_path / "images-idx3-ubyte", pair(tmp_path)]
    assert [part.table for part in list_pairs(files)] == ["images", "train"]


def test_a_folder_is_searched_for_images(tmp_path: Path) -> None:
    pair(tmp_path, "train", ".")
    pair(tmp_path, "t10k")
    for name in ("t10k-images-idx3-ubyte.gz", "b-images-idx3-ubyte.gz", "notes.txt", "images"):
        (tmp_path / name).touch()
    assert [path.name for path in image_files(tmp_path)] == [
        "b-images-idx3-ubyte.gz",
        "t10k-images-idx3-ubyte",
        "train-images.idx3-ubyte",
    ]


def test_a_folder_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        image_files(tmp_path / "gone")
    assert str(caught.value) == (
        f"{tmp_path}/gone: the folder cannot be read: No such file or directory"
    )


@pytest.mark.parametrize(
    ("name", "is_idx"),
    [
        ("train-images-idx3-ubyte", True),
        ("train-images.idx3-ubyte.gz", True),
        ("a.idx", True),
        ("a.idx.gz", True),
        ("list.txt", False),
        ("a.gz", False),
    ],
)
def test_an_idx_file_is_known_by_its_name(name: str, is_idx: bool) -> None:
    assert is_idx_name(name) is is_idx


def test_missing_labels_are_refused(tmp_path: Path) -> None:
    path = pair(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    assert refusal(path) == (
        "train-images-idx3-ubyte: its labels are missing; there is neither train-labels-idx1-ubyte "
        "nor train-labels-idx1-ubyte.gz beside it"
    )


def test_a_name_without_a_partner_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "train-labels-idx1-ubyte") == (
        "train-labels-idx1-ubyte: an IDX file of images is named like MNIST's, "
        "train-images-idx3-ubyte, so that its labels, train-labels-idx1-ubyte, are found beside it"
    )


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (LABELS, "holds uint8 of 1 axes; images are uint8 of 3 axes (N, H, W)"),
        ("00000903 00000001 00000001 00000001 7f",
         "holds int8 of 3 axes; images are uint8 of 3 axes (N, H, W)"),
        ("00000803 00000000 00000001 00000001", "holds no image"),
        ("", "is empty, and an IDX file begins with a header of at least 8 bytes; get it again"),
        (IMAGES[:-1],
         "its header promises 2 x 1 x 3 uint8, 6 bytes, but only 5 follow: it was cut short; get "
         "it again"),
    ],
    ids=["labels", "signed", "none", "empty", "cut short"],
)  # fmt: skip
def test_images_that_are_none_are_refused(
    images: bytes | str, message: str, tmp_path: Path
) -> None:
    path = pair(tmp_path)
    path.write_bytes(bytes.fromhex(images) if isinstance(images, str) else images)
    if message == "holds no image":
        (tmp_path / "train-labels-idx1-ubyte").write_bytes(bytes.fromhex("00000801 00000000"))
    assert refusal(path) == f"train-images-idx3-ubyte: {message}"


@pytest.mark.parametrize(
    ("labels", "held"),
    [
        ("00000801 00000001 03", "uint8 of shape (1,)"),
        ("00000802 00000002 00000001 0301", "uint8 of shape (2, 1)"),
        ("00000901 00000002 0301", "int8 of shape (2,)"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels: str, held: str, tmp_path: Path) -> None:
    path = pair(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(bytes.fromhex(labels))
    assert refusal(path) == (
        f"train-labels-idx1-ubyte: holds {held}; 2 labels (uint8) are needed for the images of "
        "train-images-idx3-ubyte"
    )
