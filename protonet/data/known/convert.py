"""From a known set's original files to a dataset, one table for each part."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from protonet import __version__
from protonet.data.header import FieldSpec
from protonet.data.idx import read_idx
from protonet.data.known.original import Originals
from protonet.data.known.resample import Pixels, resample
from protonet.data.known.sets import KnownSet
from protonet.data.table import create_tables

_RECORDS = 1_000
"""Converted at a time."""


def stored_name(known: KnownSet, like: KnownSet) -> str:
    """Return what the cache calls a set in the size of another: `digits`, `digits-28x28`."""
    return known.name if _same(known, like) else f"{known.name}-{like.height}x{like.width}"


def write_set(known: KnownSet, like: KnownSet, originals: Originals, place: Path) -> None:
    """Write a set as a dataset with the fields `data`, (1, H, W) uint8, and `label`, int64.

    Args:
        known: the set.
        like: the set whose image size and range of values the images get; `known` itself leaves
            them as they are.
        originals: its files.
        place: the dataset, ending in .lmdb; what is there is replaced.

    Raises: DataError if a file is damaged; StorageError if the disk refuses.
    """
    fields = (
        FieldSpec(name="data", dtype="uint8", shape=(1, like.height, like.width)),
        FieldSpec(name="label", dtype="int64", shape=()),
    )
    made_by = _made_by(known, like, originals)
    with create_tables(place, force=True) as tables:
        for split in known.splits:
            images = read_idx(originals.files[split.images.name])  # (N, H, W)
            labels = read_idx(originals.files[split.labels.name]).astype(np.int64)  # (N,)
            writer = tables.table(
                split.name, fields, channels="gray", classes=known.classes, made_by=made_by
            )
            for first in range(0, len(images), _RECORDS):
                part = _sized(images[first : first + _RECORDS], known, like)
                writer.write({"data": part[:, None], "label": labels[first : first + _RECORDS]})


def _sized(images: Pixels, known: KnownSet, like: KnownSet) -> Pixels:
    if _same(known, like):
        return images
    return resample(images, (like.height, like.width), known.highest, like.highest)


def _same(known: KnownSet, like: KnownSet) -> bool:
    return (known.height, known.width, known.highest) == (like.height, like.width, like.highest)


def _made_by(known: KnownSet, like: KnownSet, originals: Originals) -> dict[str, str]:
    files = ", ".join(f"{file.name} {file.md5}" for file in known.files)
    facts = {
        "set": known.name,
        "origin": originals.origin,
        "md5": files,
        "version": __version__,
    }
    if not _same(known, like):
        facts["resampled"] = (
            f"{known.height} x {known.width} to {like.height} x {like.width} bilinearly, "
            f"0 to {known.highest} becomes 0 to {like.highest}"
        )
    return facts
