"""Small tables of encoded images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from protonet.data.encoded_images import EncodedImages
from protonet.data.header import FieldSpec
from protonet.data.image import encode
from protonet.data.layout import Array
from protonet.data.table import create_tables

FIELDS = (
    FieldSpec(name="data", dtype="uint8", shape=None, kind="image"),
    FieldSpec(name="label", dtype="int64", shape=()),
)


def pictures(count: int, *, channels: int = 3) -> list[Array]:
    """Return noise, (3, 4, channels) each."""
    noise = np.random.default_rng(0).integers(0, 256, (count, 3, 4, channels), np.uint8)
    return list(noise)


def write_encoded(path: Path, images: Sequence[Array], *, batch: int = 3) -> Path:
    """Write images, (H, W, C), as PNG, a few at a time, with their numbers as labels."""
    with create_tables(path) as tables:
        channels = "gray" if images[0].shape[2] == 1 else "RGB"
        table = tables.table(None, FIELDS, channels=channels)  # type: ignore[arg-type]  # a literal
        for first in range(0, len(images), batch):
            some = images[first : first + batch]
            data = [encode(image, "PNG") for image in some]
            shapes = [image.transpose(2, 0, 1).shape for image in some]
            labels = np.arange(first, first + len(some))
            table.write({"data": EncodedImages(data, shapes), "label": labels})
    return path
