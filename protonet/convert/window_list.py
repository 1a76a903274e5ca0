"""A window file, opened: its windows as a dataset, and what it holds in numbers."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from protonet.convert.datum_columns import read_facts
from protonet.convert.source import numbered_classes
from protonet.data.header import Header
from protonet.data.window_choice import choose_windows
from protonet.data.window_crops import Warp
from protonet.data.window_file import WindowFile, read_window_file
from protonet.data.window_images import WindowImages
from protonet.data.window_records import WindowDataset, WindowRecords, window_fields
from protonet.errors import DataError
from protonet.spec.window_source import WindowsSpec


@dataclass(frozen=True, slots=True)
class WindowReading:
    """How a window file is read.

    Attributes:
        root: folder in front of every path; None is the file's own.
        fg_threshold: overlap from which a window is foreground.
        bg_threshold: overlap below which one is background that is no foreground.
        warp: how windows become samples.
        mirror: whether every second round of them is turned left to right.
        count: records of an epoch; None: as many as there are windows.
        keep: whether the bytes of images stay in memory once they were read.
    """

    root: str | None
    fg_threshold: float
    bg_threshold: float
    warp: Warp
    mirror: bool
    count: int | None
    keep: bool


def open_windows(path: str, reading: WindowReading) -> WindowDataset:
    """Open a window file. It is read as a whole, and each image is looked at for its size in bytes
    and its time, by which a run knows the data again.

    Args:
        path: of the file.
        reading: how.

    Raises: DataError naming the line that is wrong or whose image is missing, or if there is no
        window to draw.
    """
    return _open(os.path.abspath(path), path, reading)


def _open(path: str, where: str, reading: WindowReading) -> WindowDataset:
    """Open the file at an absolute path; messages call it `where`."""
    file = read_window_file(path, where)
    windows = choose_windows(file, reading.fg_threshold, reading.bg_threshold, reading.warp)
    if not len(windows):
        raise DataError(f"{file.path}: it has no windows to draw")
    paths = [located(path, image, reading.root) for image in file.images]
    kept: dict[int, bytes] | None = {} if reading.keep else None
    images = WindowImages(file.path, paths, file.lines, file.sizes, kept)
    size = reading.warp.size
    header = Header(
        fields=window_fields(size),
        count=len(windows) if reading.count is None else reading.count,
        channels="RGB",
        classes=numbered_classes(windows.label),
        content_hash=_identity(file, images, reading),
        made_by=read_facts(file.path, (size, size)),
    )
    records = WindowRecords(images, windows, reading.warp, reading.mirror)
    return WindowDataset(records, header, partial(_open, path, where, reading))


def located(path: str, image: str, root: str | None) -> str:
    """Return where an image of a window file lies, as of a list of images."""
    if root is None:
        return os.path.join(os.path.dirname(path), image)
    return os.path.join(root, image.lstrip("/"))


def _identity(file: WindowFile, images: WindowImages, reading: WindowReading) -> str:
    """Return what tells these samples from others without decoding an image."""
    digest = hashlib.sha256(images.identity())
    for array in (file.sizes, file.image, file.label, file.overlap, file.boxes):
        digest.update(np.ascontiguousarray(array).view(np.uint8).data)
    warp, mirror = reading.warp, reading.mirror
    digest.update(f"{reading.fg_threshold} {reading.bg_threshold} {warp} {mirror}".encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class WindowFacts:
    """What a window file holds, in numbers.

    Attributes:
        images: how many images.
        windows: how many windows.
        background: those that overlap an object by less than the threshold.
        classes: how many of the others are of each class.
        threshold: of the overlap.
    """

    images: int
    windows: int
    background: int
    classes: dict[int, int]
    threshold: float


def window_facts(path: str | Path, threshold: float = WindowsSpec().fg_threshold) -> WindowFacts:
    """Return what a window file holds, without a look at its images.

    Args:
        path: of the file.
        threshold: overlap from which a window is foreground.

    Raises: DataError naming the line that is wrong.
    """
    file = read_window_file(path)
    foreground = file.overlap >= np.float32(threshold)
    labels, counts = np.unique(file.label[foreground], return_counts=True)
    classes = dict(zip(labels.tolist(), counts.tolist(), strict=True))
    background = len(file.label) - int(foreground.sum())
    return WindowFacts(len(file.images), len(file.label), background, classes, threshold)


def window_classes(path: str | Path) -> tuple[str, ...] | None:
    """Return "0", background, and as many classes as the windows of a file have.

    Raises: DataError naming the line that is wrong.
    """
    return numbered_classes(read_window_file(path).label.astype(np.int64))
