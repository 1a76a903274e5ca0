from __future__ import annotations

import os
import re
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from protonet.convert.files import ImageFiles, is_image_name, read_file, shown
from protonet.data.image import image_errors
from protonet.errors import DataError
from tests.convert.pictures import encoded, plain, save

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
KNOWN = "JPEG, PNG, BMP, GIF, TIFF, WEBP, PPM"


def refusal(path: Path) -> str:
    """Return why a file cannot be read, less the path and what all say."""
    with pytest.raises(DataError) as caught:
        ImageFiles([str(path)], gray=False).load(0)
    text = str(caught.value)
    assert text.startswith(f"{path}: cannot be read as an image: ")
    why = text.removeprefix(f"{path}: cannot be read as an image: ")
    return re.sub(r"\d+ bytes not processed", "… bytes not processed", why)  # of Pillow's buffer


@pytest.mark.parametrize(
    "name", ["a.jpg", "a.JPEG", "a.b.Png", "a.bmp", "a.gif", "a.tif", "a.TIFF", "a.webp", "a.pgm"]
)
def test_an_image_is_known_by_its_ending(name: str) -> None:
    assert is_image_name(name)


@pytest.mark.parametrize("name", ["jpg", ".jpg", "a.txt", "a.jpg.txt", "a.mdb", "a.svg"])
def test_other_files_are_no_images(name: str) -> None:
    assert not is_image_name(name)


def test_what_is_no_utf8_is_shown_with_a_replacement() -> None:
    assert shown(os.fsdecode(b"a\xffb")) == "a\N{REPLACEMENT CHARACTER}b"
    assert shown(Path("ä/b")) == "ä/b"


@pytest.mark.parametrize("size", [0, 1, 100_000, 3_000_000])
def test_a_file_is_read_whole(size: int, tmp_path: Path) -> None:
    content = np.random.default_rng(0).bytes(size)
    (tmp_path / "a").write_bytes(content)
    assert read_file(str(tmp_path / "a")) == content


def test_what_has_no_size_of_its_own_is_read_to_its_end(tmp_path: Path) -> None:
    """A pipe says that it holds nothing, and gives what a writer has put there."""
    os.mkfifo(tmp_path / "pipe")
    content = np.random.default_rng(0).bytes(200_000)
    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit((tmp_path / "pipe").write_bytes, content)
        assert read_file(str(tmp_path / "pipe")) == content
        assert writing.result(30) == len(content)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "Is a directory"


@pytest.mark.parametrize(("gray", "channels"), [(True, "gray"), (False, "RGB")])
def test_files_are_read_when_asked_for(gray: bool, channels: str, tmp_path: Path) -> None:
    paths = [str(save(tmp_path / name, plain((9, 9, 9)))) for name in ("a.png", "b.bmp")]
    images = ImageFiles([*paths, "gone.png"], gray)
    assert images.channels == channels
    assert images.name(2) == "gone.png"
    assert images.load(1).pixels.tolist() == [[[9] * (1 if gray else 3)] * 4] * 3


def test_the_ending_need_not_tell_the_truth(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(plain((9, 8, 7))))
    found = ImageFiles([str(tmp_path / "a.jpg")], gray=False).load(0)
    assert found.pixels[0, 0].tolist() == [9, 8, 7]


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "a.png") == "No such file or directory"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "Is a directory"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "the file is empty"),
        (b"hello", f"it is none of {KNOWN}, or damaged at its beginning"),
        (encoded(NOISE)[:9000], "image file is truncated"),
        (encoded(NOISE)[:20], "Truncated File Read"),
        (encoded(NOISE, "JPEG")[:2000], "image file is truncated (… bytes not processed)"),
        (encoded(NOISE, "BMP")[:2000], "image file is truncated (… bytes not processed)"),
    ],
    ids=["empty", "text", "cut PNG", "header of a PNG", "cut JPEG", "cut BMP"],
)
def test_a_broken_file_is_refused(data: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    assert refusal(path) == why


def test_an_image_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    """A PGM of a few bytes, whose header claims 400 million pixels."""
    path = tmp_path / "a.pgm"
    path.write_bytes(b"P5 20000 20000 255\n")
    assert refusal(path) == (
        "Image size (400000000 pixels) exceeds limit of 178956970 pixels, could be decompression "
        "bomb DOS attack"
    )


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (EOFError(), "EOFError"),
        (struct.error("unpack requires 2 bytes"), "unpack requires 2 bytes"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (SyntaxError("broken PNG file"), "broken PNG file"),
        (ValueError("a sentence."), "a sentence"),
    ],
)
def test_every_way_to_fail_becomes_one(error: Exception, why: str) -> None:
    with pytest.raises(DataError) as caught, image_errors("a.png"):
        raise error
    assert str(caught.value) == f"a.png: cannot be read as an image: {why}"
    assert caught.value.__cause__ is error


ODD = {
    "broken.png": f"it is none of {KNOWN}, or damaged at its beginning",
    "unknown_compression_method.png": f"it is none of {KNOWN}, or damaged at its beginning",
    "broken_data_stream.png": "unrecognized data stream contents when reading image file",
    "png_decompression_dos.png": "Decompressed data too large for PngImagePlugin.MAX_TEXT_CHUNK",
    "truncated_end_chunk.png": "Truncated File Read",
    "truncated_image.png": "image file is truncated",
    "truncated_jpeg.jpg": "image file is truncated (… bytes not processed)",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_files_that_are_broken_are_refused(name: str, reference: Path) -> None:
    assert refusal(reference / "data" / "photos_odd" / "pillow" / name) == ODD[name]


REMARKS = {
    "hopper_bad_exif.jpg": "Corrupt JPEG data: 1214 extraneous bytes before marker 0xd0",
    "icc-after-SOF.jpg": "Corrupt JPEG data: bad ICC marker",
    "jpeg_ff00_header.jpg": "Corrupt JPEG data: 4 extraneous bytes before marker 0xdb",
    "junk_jpeg_header.jpg": "Corrupt JPEG data: 5 extraneous bytes before marker 0xdb",
    "truncated_app14.jpg": "Corrupt JPEG data: 1 extraneous bytes before marker 0xdb",
}


def upright(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return what Pillow alone makes of a file: upright, over white, in colour."""
    with Image.open(path) as opened:
        image = ImageOps.exif_transpose(opened)
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return np.asarray(image.convert("RGB"))


def test_odd_files_are_read_as_pillow_reads_them(
    reference: Path, recwarn: pytest.WarningsRecorder
) -> None:
    folder = reference / "data" / "photos_odd"
    paths = [path for path in sorted(folder.rglob("*.*g")) if path.name not in ODD]
    images = ImageFiles([str(path) for path in paths], gray=False)
    assert len(paths) == 62
    for index, path in enumerate(paths):
        found = images.load(index)
        assert found.remark == REMARKS.get(path.name)
        if path.name != "i_trns.png":  # 16 bits: Pillow keeps another part of them
            assert np.array_equal(found.pixels, upright(path)), path


@pytest.mark.parametrize("shape", ["Landscape", "Portrait"])
def test_photos_stand_upright_however_the_camera_was_held(shape: str, reference: Path) -> None:
    """The eight files show one picture, each compressed for itself, so they differ a little."""
    folder = reference / "data" / "photos_odd" / "exif"
    paths = [str(folder / f"{shape}_{value}.jpg") for value in range(1, 9)]
    images = ImageFiles(paths, gray=True)
    first = images.load(0).pixels.astype(int)
    rows, columns = slice(0, None, 40), slice(0, None, 40)
    for index in range(1, 8):
        pixels = images.load(index).pixels
        assert pixels.shape == first.shape
        assert np.abs(pixels[rows, columns] - first[rows, columns]).mean() < 8
