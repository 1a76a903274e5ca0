"""JPEGs of every kind that Pillow writes."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image

from tests.transforms.photos import as_picture, photos


def jpeg(height: int, width: int, *, channels: int = 3, orientation: int = 1, **keys: Any) -> bytes:
    """Return a photo-like JPEG; `keys` are those of Pillow's `save`."""
    picture = as_picture(photos(1, channels, height, width)[0])
    if orientation != 1:
        exif = Image.Exif()
        exif[0x0112] = orientation
        keys["exif"] = exif
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=90, **keys)
    return stream.getvalue()


KINDS: dict[str, dict[str, Any]] = {
    "colours at half size": {},
    "colours at half width": {"subsampling": 1},
    "colours at full size": {"subsampling": 0},
    "grey": {"channels": 1},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_rows": 1},
    "tables made to measure": {"optimize": True},
}
"""How JPEGs differ, by what to call them."""
