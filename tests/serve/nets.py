"""A net whose answers are plain to see: the mean of red, of green and of blue."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from protonet.net import Net
from protonet.predict.preparation import Preparation, Prepared
from protonet.predict.scoring import Scores
from protonet.predict.telling import Naming
from protonet.serve.picture import PictureReader
from protonet.snapshot import Evaluation
from tests.specs import net_of

CLASSES = ("red", "green", "blue")
KNOWN = Evaluation(
    input="data",
    shape=(3, 4, 4),
    transform=({"type": "CenterCrop", "size": [4, 4]},),
    channels="RGB",
)
NAMING = Naming(Scores("means", 3), CLASSES, 5)


def means() -> Net:
    """Return the net: blobs data, half (N, 3, 4, 4) and means (N, 3, 1, 1)."""
    return Net(
        net_of(
            "name: half, type: Power, scale: 0.5",
            "name: means, type: Pooling, bottom: data, pool: AVE, global_pooling: true",
            inputs="{data: [3, 4, 4]}",
        ),
        "deploy",
    )


def reader(max_pixels: int = 10_000) -> PictureReader:
    return PictureReader(Preparation(KNOWN), max_pixels)


def png(*colour: int, size: tuple[int, int] = (4, 4)) -> bytes:
    """Return a PNG of one colour, of size (width, height)."""
    stream = BytesIO()
    Image.new("RGB", size, colour).save(stream, "PNG")
    return stream.getvalue()


def sample(*colour: int) -> Prepared:
    return reader().read(png(*colour), "a.png", 0).sample


def told(*scores: float) -> list[dict[str, Any]]:
    """Return what is told of a picture whose means are these, best first."""
    order = np.argsort([-score for score in scores], kind="stable")
    return [{"class": int(n), "name": CLASSES[n], "score": scores[n]} for n in order]
