"""Which windows of a window file are drawn, as foreground and as background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from protonet.data.layout import Rows
from protonet.data.window_crops import Warp
from protonet.data.window_file import Whole, WindowFile


@dataclass(frozen=True, slots=True)
class ChosenWindows:
    """Windows that are drawn from, background before foreground.

    Attributes:
        image: the image of each, (N,).
        label: the class of each, (N,); 0 of background.
        boxes: x1 y1 x2 y2 of each, (N, 4).
        background: how many are background.
    """

    image: Whole
    label: Rows
    boxes: Whole
    background: int

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.image)


def choose_windows(
    file: WindowFile, fg_threshold: float, bg_threshold: float, warp: Warp
) -> ChosenWindows:
    """Return the windows of a file that are drawn from.

    Args:
        file: it.
        fg_threshold: overlap from which a window is foreground.
        bg_threshold: overlap below which one is background that is no foreground.
        warp: what is cut out for them: where that is more than a window, one need not lie inside
            its image as a whole.

    Raises: DataError naming the line of a window that lies outside its image, or of a foreground
        one of class 0.
    """
    _check_boxes(file, warp)
    foreground = file.overlap >= np.float32(fg_threshold)
    background = ~foreground & (file.overlap < np.float32(bg_threshold))
    without = foreground & (file.label == 0)
    if without.any():
        first = int(without.argmax())
        why = (
            f"a window that overlaps an object by {file.overlap[first]:g}, at least fg_threshold "
            f"{fg_threshold:g}, has the object's class, from 1; class 0 is background"
        )
        raise file.refused(first, why)
    rows = np.concatenate([np.flatnonzero(background), np.flatnonzero(foreground)])
    count = int(background.sum())
    label = np.where(np.arange(len(rows)) < count, 0, file.label[rows]).astype(np.int64)
    return ChosenWindows(file.image[rows], label, file.boxes[rows], count)


def _check_boxes(file: WindowFile, warp: Warp) -> None:
    first, last, sizes = file.boxes[:, :2], file.boxes[:, 2:], file.sizes[file.image][:, ::-1]
    turned = np.asarray((last < first).any(1))
    inside = (last >= 0) & (first < sizes) if warp.extends else (first >= 0) & (last < sizes)
    bad = np.asarray(turned | ~inside.all(1))
    if not bad.any():
        return
    window = int(bad.argmax())
    box = " ".join(map(str, file.boxes[window].tolist()))
    if turned[window]:
        raise file.refused(window, f"the window {box} ends before it begins; it is x1 y1 x2 y2")
    width, height = sizes[window].tolist()
    raise file.refused(
        window,
        f"the window {box} is not inside its image, of {width}x{height} pixels: x lies in 0 … "
        f"{width - 1}, y in 0 … {height - 1}",
    )
