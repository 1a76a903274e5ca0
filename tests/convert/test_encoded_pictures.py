from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protonet.convert import ConvertOptions, Encoding, convert
from protonet.convert.array_images import ArrayImages
from protonet.convert.encoded_pictures import EncodedPictures
from protonet.convert.files import ImageFiles
from protonet.convert.pictures import Taken
from protonet.convert.resizing import Resize, ShorterSide
from protonet.convert.source import Reject
from protonet.data.encoded_images import EncodedImages
from protonet.data.open import open_dataset
from tests.convert.pictures import FORMATS, class_folders, content, encoded
from tests.convert.tables import written

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8))


def taken(
    folder: Path,
    *files: bytes,
    encoding: Encoding,
    resize: Resize | None = None,
    gray: bool = False,
) -> tuple[Taken, EncodedImages]:
    """Encode images that lie in files of these bytes."""
    paths = [str(written(folder / f"{number}.img", data)) for number, data in enumerate(files)]
    pictures = EncodedPictures(ImageFiles(paths, gray), encoding, resize)
    found = pictures.take(np.arange(len(files)), np.ones(len(files), np.bool_))
    assert isinstance(found.records, EncodedImages)
    return found, found.records


def test_bytes_are_kept_where_no_size_is_asked_for(tmp_path: Path) -> None:
    files = (encoded(NOISE, "JPEG"), encoded(NOISE))
    _, records = taken(tmp_path, *files, encoding=Encoding())
    assert tuple(records.data) == files
    assert list(records.shapes) == [(3, 40, 60)] * 2
    _, records = taken(tmp_path, *files, encoding=Encoding(), gray=True)
    assert tuple(records.data) == files
    assert list(records.shapes) == [(1, 40, 60)] * 2


def test_a_picture_on_its_side_has_the_shape_it_is_read_with(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    _, records = taken(tmp_path, encoded(NOISE, "JPEG", exif=exif), encoding=Encoding())
    assert list(records.shapes) == [(3, 60, 40)]


def test_other_formats_become_png(tmp_path: Path) -> None:
    _, records = taken(tmp_path, encoded(NOISE, "BMP"), encoding=Encoding())
    with Image.open(BytesIO(records.data[0])) as image:
        assert image.format == "PNG"
        assert np.array_equal(np.asarray(image), np.asarray(NOISE))


def test_with_a_size_a_jpeg_is_made(tmp_path: Path) -> None:
    _, records = taken(tmp_path, encoded(NOISE), encoding=Encoding(), resize=ShorterSide(20))
    assert list(records.shapes) == [(3, 20, 30)]
    with Image.open(BytesIO(records.data[0])) as image:
        assert (image.format, image.size) == ("JPEG", (30, 20))


@pytest.mark.parametrize("encoding", [Encoding("PNG"), Encoding("JPEG", 90)])
def test_images_can_be_encoded_anew(encoding: Encoding, tmp_path: Path) -> None:
    _, records = taken(tmp_path, encoded(NOISE, "BMP"), encoding=encoding)
    expected = encoded(NOISE, encoding.form, **({"quality": 90} if encoding.form == "JPEG" else {}))
    assert records.data[0] == expected


def test_colours_that_are_blue_first_are_turned_round() -> None:
    blue = np.zeros((1, 3, 2, 2), np.uint8)
    blue[:, 0] = 255
    pictures = EncodedPictures(ArrayImages("a", blue, "BGR"), Encoding("PNG"), None)
    records = pictures.take(np.arange(1), np.ones(1, np.bool_)).records
    assert isinstance(records, EncodedImages)
    with Image.open(BytesIO(records.data[0])) as image:
        assert image.getpixel((0, 0)) == (0, 0, 255)


def test_what_cannot_be_read_is_a_reject(tmp_path: Path) -> None:
    whole = encoded(NOISE, "JPEG")
    found, records = taken(tmp_path, b"", whole, whole[:1000], encoding=Encoding())
    names = [f"{tmp_path}/{number}.img" for number in range(3)]
    assert found.rejects[0] == Reject(
        names[0], f"{names[0]}: cannot be read as an image: the file is empty"
    )
    assert [reject.name for reject in found.rejects[1:]] == [names[2]]
    assert records.data[1] == whole


@FORMATS
def test_a_dataset_of_encoded_images_is_read_as_pixels(ending: str, tmp_path: Path) -> None:
    photos = class_folders(tmp_path / "photos", cat=5, dog=10)
    convert(photos, tmp_path / f"a.{ending}", ConvertOptions(encode=Encoding(), workers=3))
    convert(photos, tmp_path / f"b.{ending}", ConvertOptions())
    with (
        open_dataset(tmp_path / f"a.{ending}") as kept,
        open_dataset(tmp_path / f"b.{ending}") as pixels,
    ):
        rows = np.array([14, 0, 0, 7, 3, 3, 1])
        out = [np.empty((7, 3, 3, 4), np.uint8) for _ in range(2)]
        kept.gather(rows, {"data": out[0]})
        pixels.gather(rows, {"data": out[1]})
        assert out[0].tolist() == out[1].tolist()
        assert kept[2]["data"].tolist() == pixels[2]["data"].tolist()
        field = kept.header.fields[0]
        assert (field.kind, field.shape, field.dtype) == ("image", (3, 3, 4), "uint8")
        assert (kept.header.mean, kept.header.class_counts) == (None, (5, 10))


def test_the_number_of_workers_changes_nothing(tmp_path: Path) -> None:
    photos = class_folders(tmp_path / "photos", cat=50)
    for workers in (1, 4):
        options = ConvertOptions(encode=Encoding("JPEG", 80), resize=(30, 20), workers=workers)
        convert(photos, tmp_path / f"{workers}.lmdb", options)
    assert content(tmp_path / "1.lmdb") == content(tmp_path / "4.lmdb")
