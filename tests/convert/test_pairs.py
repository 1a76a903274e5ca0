from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protonet.convert import ConvertOptions
from protonet.convert.pairs import MaskFiles, list_masks, read_texts
from protonet.convert.source import Reject
from protonet.data.open import open_dataset
from protonet.errors import DataError
from tests.convert.pictures import made, plain, save
from tests.convert.tables import written


def masks(folder: Path, *names: str) -> Path:
    """Write images and masks of these names; the masks hold 0, 1, 2 and 255."""
    for name in names:
        save(folder / "images" / f"{name}.jpg", plain((9, 9, 9), 2, 2))
        mask = Image.fromarray(np.array([[0, 1], [2, 255]], np.uint8))
        save(folder / "masks" / f"{name}.png", mask)
    return folder


def test_an_image_and_its_mask_are_a_record(tmp_path: Path) -> None:
    (part,) = list_masks(masks(tmp_path / "set", "b", "a"), gray=False)
    assert (part.count, part.table, part.classes, part.rejects) == (2, None, None, ())
    assert part.name(0) == f"{tmp_path}/set/images/a.jpg"
    assert isinstance(part.masks, MaskFiles)
    assert part.masks.channels == "gray"
    assert part.masks.load(0).pixels[..., 0].tolist() == [[0, 1], [2, 255]]


def test_parts_of_a_set_become_tables(tmp_path: Path) -> None:
    masks(tmp_path / "train", "a")
    masks(tmp_path / "val", "b")
    assert [part.table for part in list_masks(tmp_path, gray=True)] == ["train", "val"]
    assert list_masks(tmp_path / "train" / "images", gray=False) == ()


def test_a_mask_is_stored_as_numbers(tmp_path: Path) -> None:
    made(masks(tmp_path / "set", "a"), tmp_path / "a.lmdb")
    with open_dataset(tmp_path / "a.lmdb") as dataset:
        assert dataset[0]["data"].shape == (3, 2, 2)
        assert dataset[0]["label"].tolist() == [[0, 1], [2, 255]]


def test_the_indices_of_a_palette_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    indexed = Image.fromarray(np.array([[3, 1]], np.uint8), "L").copy()
    indexed.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    indexed.save(path)
    with Image.open(path) as image:
        assert image.mode == "P"
    assert MaskFiles((str(path),)).load(0).pixels[..., 0].tolist() == [[3, 1]]


@pytest.mark.parametrize(
    ("image", "name", "why"),
    [
        (plain((1, 2, 3)), "a.png",
         "its pixels are RGB, and a mask holds the number of a class for each, grey or from a "
         "palette, of 8 bits"),
        (Image.new("L", (2, 2)), "a.jpg",
         "it is a JPEG, which changes numbers a little; a mask is a PNG"),
    ],
)  # fmt: skip
def test_what_holds_no_numbers_is_no_mask(
    image: Image.Image, name: str, why: str, tmp_path: Path
) -> None:
    path = save(tmp_path / name, image)
    with pytest.raises(DataError) as caught:
        MaskFiles((str(path),)).load(0)
    assert str(caught.value) == f"{path}: cannot be read as an image: {why}"


def test_a_mask_has_the_size_of_its_image(tmp_path: Path) -> None:
    folder = masks(tmp_path / "set", "a", "b", "c")
    other = save(folder / "masks" / "b.png", Image.fromarray(np.zeros((3, 5), np.uint8)))
    why = (
        f"{other}: has 5x3 pixels, and its image {folder}/images/b.jpg has 2x2; a mask has a "
        "number for each pixel"
    )
    with pytest.raises(DataError, match=f"^{why}"):
        made(folder, tmp_path / "a.lmdb", ConvertOptions(resize=(4, 4)))
    report = made(folder, tmp_path / "a.lmdb", ConvertOptions(resize=(4, 4), skip=True))
    assert report.rejects is not None
    assert f"{other}\t{why}\n" in report.rejects.read_text()
    assert report.count == 2


def test_a_mask_lies_as_its_image_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    turned = save(tmp_path / "images" / "a.jpg", plain((9, 9, 9), 4, 2))
    plain((9, 9, 9), 4, 2).save(turned, exif=exif)
    save(tmp_path / "masks" / "a.png", Image.fromarray(np.zeros((4, 2), np.uint8)))
    made(tmp_path, tmp_path / "a.lmdb")
    with open_dataset(tmp_path / "a.lmdb") as dataset:
        assert dataset[0]["label"].shape == (4, 2)


def test_half_a_pair_is_a_reject(tmp_path: Path) -> None:
    masks(tmp_path, "a")
    save(tmp_path / "images" / "b.png", plain((1, 1, 1)))
    save(tmp_path / "masks" / "c.png", Image.new("L", (2, 2)))
    (part,) = list_masks(tmp_path, gray=False)
    assert part.count == 1
    assert part.rejects == (
        Reject(f"{tmp_path}/images/b.png", f"{tmp_path}/images/b.png: has no mask"),
        Reject(f"{tmp_path}/masks/c.png", f"{tmp_path}/masks/c.png: has no image"),
    )
    (tmp_path / "images" / "a.jpg").unlink()
    with pytest.raises(DataError) as caught:
        list_masks(tmp_path, gray=False)
    assert str(caught.value) == (
        f"{tmp_path}/images: none of its 1 images has a mask of its name in {tmp_path}/masks"
    )


def test_an_image_and_its_text_are_a_record(tmp_path: Path) -> None:
    for name in "ba":
        save(tmp_path / f"{name}.png", plain((1, 1, 1)))
        written(tmp_path / f"{name}.txt", f"\ufeffa picture\n of  {name}\n")
    save(tmp_path / "c.png", plain((1, 1, 1)))
    read = read_texts(tmp_path, gray=False)
    assert read is not None
    assert read.columns == {"text": ["a picture of a", "a picture of b"]}
    assert read.images is not None
    assert read.images.name(1) == f"{tmp_path}/b.png"
    assert read.rejects == (
        Reject(f"{tmp_path}/c.png", f"{tmp_path}/c.png: has no text beside it"),
    )


def test_a_folder_of_classes_holds_no_texts(tmp_path: Path) -> None:
    save(tmp_path / "cat" / "a.png", plain((1, 1, 1)))
    assert read_texts(tmp_path, gray=False) is None


def test_a_text_that_is_none_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "a.png", plain((1, 1, 1)))
    path = written(tmp_path / "a.txt", b"caf\xe9")
    with pytest.raises(DataError) as caught:
        read_texts(tmp_path, gray=False)
    assert str(caught.value) == f"{path}: is no UTF-8"
