"""A known set small enough to be written by hand, and its original files."""

from __future__ import annotations

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np

from protonet.data.known.sets import KnownSet, OriginalFile, Split

LABELS = {"train": bytes([2, 0, 1]), "test": bytes([1, 2])}
"""Class of each record; the pixels of record i of a part are 10 i, 10 i + 1 … 10 i + 5."""


def pixels(split: str) -> np.ndarray:
    """Return the images of a part, (N, 2, 3)."""
    starts = 10 * np.arange(len(LABELS[split]), dtype=np.uint8)
    return starts[:, None, None] + np.arange(6, dtype=np.uint8).reshape(2, 3)


def _unpacked() -> dict[str, bytes]:
    files = {}
    for split, labels in LABELS.items():
        head = struct.pack(">4B3I", 0, 0, 8, 3, len(labels), 2, 3)
        files[f"{split}-images.gz"] = head + pixels(split).tobytes()
        files[f"{split}-labels.gz"] = struct.pack(">4BI", 0, 0, 8, 1, len(labels)) + labels
    return files


UNPACKED = _unpacked()
"""Name of the original file → what is within its gzip."""
PACKED = {name: gzip.compress(content, mtime=0) for name, content in UNPACKED.items()}
"""Name of the original file → its bytes."""


def _original(name: str) -> OriginalFile:
    packed, unpacked = PACKED[name], UNPACKED[name]
    md5 = hashlib.md5(packed).hexdigest()
    return OriginalFile(name, len(packed), md5, hashlib.md5(unpacked).hexdigest())


def tiny(*mirrors: str) -> KnownSet:
    """Return the set: three images to train on and two to test, 2 x 3 pixels, three classes."""
    splits = tuple(
        Split(
            name,
            len(labels),
            _original(f"{name}-images.gz"),
            _original(f"{name}-labels.gz"),
        )
        for name, labels in LABELS.items()
    )
    return KnownSet(
        name="tiny",
        what="tiny pictures",
        height=2,
        width=3,
        highest=255,
        classes=("a", "b", "c"),
        splits=splits,
        folders=("tiny", "small"),
        mirrors=mirrors,
    )


def write_originals(folder: Path, *, packed: bool = True) -> None:
    """Write the original files of the set into a folder, which is made."""
    folder.mkdir(parents=True)
    for name, content in (PACKED if packed else UNPACKED).items():
        (folder / (name if packed else name.removesuffix(".gz"))).write_bytes(content)
