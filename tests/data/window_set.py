"""Two small images, and a window file that lists windows of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]

WINDOWS = """\
# 0
red.png
3
12
16
4
2 0.9 2 3 9 8
0 0.1 0 0 5 11
1 0.6 8 0 15 5
3 0.4 1 1 14 10
# 1
far/blue.png
3
9
7
2
0 0.2 0 2 6 8
2 0.5 3 3 6 6
"""
"""Foreground are windows 0, 2 and 5, of the classes 2, 1 and 2."""


def pictures() -> list[Pixels]:
    """Return the pixels of both images, (H, W, 3), which change smoothly."""
    images = []
    for height, width in ((12, 16), (9, 7)):
        rows, columns = np.mgrid[:height, :width]
        channels = (10 * rows + 5 * columns, 200 - 9 * columns, 60 + 100 * (rows % 4 == 1))
        images.append(np.stack(channels, axis=-1).astype(np.uint8))
    return images


def write_windows(folder: Path, text: str = WINDOWS) -> Path:
    """Write the images and the window file."""
    (folder / "far").mkdir(parents=True, exist_ok=True)
    for name, pixels in zip(("red.png", "far/blue.png"), pictures(), strict=True):
        Image.fromarray(pixels).save(folder / name)
    path = folder / "windows.txt"
    path.write_text(text)
    return path
