from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protonet.predict.batches import read_batches
from protonet.predict.preparation import Preparation
from protonet.serve.picture import PictureReader
from protonet.serve.refused import Refused
from protonet.snapshot import Evaluation
from tests.serve.nets import KNOWN, png, reader


def test_a_picture_is_prepared_as_predict_prepares_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(10, 20, 30, size=(9, 6)))
    (batch,) = read_batches([str(path)], [Preparation(KNOWN)], 1, 1)
    read = reader().read(path.read_bytes(), "a.png", 0)
    assert np.array_equal(read.sample.images, batch.views[0][0][0].images)
    assert read.sample.positions.tolist() == [0]
    assert (read.remark, read.seconds > 0) == ("", True)


def test_its_place_in_the_request_is_its_position() -> None:
    assert reader().read(png(0, 0, 0), "a.png", 4).sample.positions.tolist() == [4]


def test_a_grey_picture_is_scaled_as_any_other() -> None:
    stream = BytesIO()
    Image.new("L", (9, 6), 77).save(stream, "PNG")
    scaled = ({"type": "Resize", "size": [4, 4]},)
    known = Evaluation(input="data", shape=(1, 4, 4), transform=scaled, channels="gray")
    read = PictureReader(Preparation(known), 100).read(stream.getvalue(), "a.png", 0)
    assert read.sample.images.tolist() == [[[[77] * 4] * 4]]


def header(width: int, height: int) -> bytes:
    """Return the beginning of a PNG of a size, which has no pixels."""
    chunks = (b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT", b"IEND")
    told = [struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(told)


@pytest.mark.parametrize(
    ("data", "status", "why"),
    [
        (b"", 400, "a: cannot be read as an image: it is empty"),
        (
            b"<html>",
            400,
            "a: cannot be read as an image: it is none of JPEG, PNG, BMP, GIF, TIFF, WEBP, PPM, or "
            "damaged at its beginning",
        ),
        (png(1, 2, 3)[:50], 400, "a: cannot be read as an image: image file is truncated"),
        (
            png(1, 2, 3, size=(3, 4)),
            400,
            "a: cannot be prepared: transform 1 (CenterCrop): a window of 4 x 4 does not fit into "
            "images of 4 x 3: 4 - 4 = 0 rows left, 3 - 4 = -1 columns left",
        ),
        (
            header(200, 51),
            413,
            "a: 200x51 is 10,200 pixels, and a picture may have 10,000; scale it down",
        ),
        (
            header(30_000, 30_000),
            413,
            "a: there are far too many pixels, and a picture may have 10,000; scale it down",
        ),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused(data: bytes, status: int, why: str) -> None:
    with pytest.raises(Refused) as caught:
        reader().read(data, "a", 0)
    assert (caught.value.status, caught.value.why) == (status, why)


def test_what_is_amiss_with_a_picture_that_can_be_read_is_remarked() -> None:
    stream = BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "JPEG")
    whole = stream.getvalue()
    read = reader().read(whole[:20] + b"odd" + whole[20:], "a.jpg", 0)
    assert read.remark == "Corrupt JPEG data: 3 extraneous bytes before marker 0xdb"
