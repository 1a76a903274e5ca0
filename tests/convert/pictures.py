"""Small pictures, made by Pillow or byte by byte, and what a conversion stored of them."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from protonet.convert import ConvertOptions, Report, convert
from protonet.data.open import open_dataset

PLAIN = ConvertOptions()
SPLIT = ConvertOptions(split=(("train", 0.8), ("test", 0.2)))
FORMATS = pytest.mark.parametrize("ending", ["lmdb", "h5"])


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """Return a picture as the bytes of a file."""
    stream = BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def png(width: int, bits: int, colour: int, rows: list[str], transparent: str = "") -> bytes:
    """Return a PNG of these rows, in hexadecimal.

    Source: PNG specification, third edition, 5 and 11: colour 0 is grey, 2 is RGB.
    """
    header = struct.pack(">IIBBBBB", width, len(rows), bits, colour, 0, 0, 0)
    lines = b"".join(b"\0" + bytes.fromhex(row) for row in rows)  # filter 0: none
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    if transparent:
        chunks.insert(1, (b"tRNS", bytes.fromhex(transparent)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def plain(colour: tuple[int, ...], width: int = 4, height: int = 3) -> Image.Image:
    """Return a picture of one colour, RGB."""
    return Image.new("RGB", (width, height), colour)


def save(path: Path, image: Image.Image) -> Path:
    """Write a picture in the format of its ending, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


def class_folders(folder: Path, **counts: int) -> Path:
    """Write a folder for each class, of pictures whose pixels are (class, number, 7)."""
    for label, (name, count) in enumerate(counts.items()):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            save(folder / name / f"{number:03}.png", plain((label, number, 7)))
    return folder


def records(address: str | Path) -> tuple[npt.NDArray[np.uint8], list[int]]:
    """Return the images, (N, C, H, W), and the labels of a table, as they are stored."""
    with open_dataset(address) as dataset:
        count = len(dataset)
        fields = {field.name: field for field in dataset.header.fields}
        out: dict[str, npt.NDArray[Any]] = {
            name: np.empty((count, *(field.shape or ())), field.dtype)
            for name, field in fields.items()
        }
        dataset.gather(np.arange(count), out)
    return out["data"], out["label"].tolist()


def content(address: str | Path) -> str:
    """Return the hash over the records of a table."""
    with open_dataset(address) as dataset:
        return dataset.header.content_hash


def converted(
    source: Path, destination: Path, options: ConvertOptions = PLAIN
) -> tuple[npt.NDArray[np.uint8], list[int]]:
    """Convert to a single table; return its images, (N, C, H, W), and labels."""
    return records(made(source, destination, options).tables[0].address)


def made(source: Path, destination: Path, options: ConvertOptions = PLAIN) -> Report:
    """Convert, and check that nothing but the dataset was left."""
    report = convert(source, destination, options)
    assert left(destination.parent) >= {destination.name}
    return report


def left(folder: Path) -> set[str]:
    """Return the names in a folder; none may be a leftover."""
    names = {path.name for path in folder.iterdir()}
    assert not [name for name in names if name.endswith(".partial")]
    return names
