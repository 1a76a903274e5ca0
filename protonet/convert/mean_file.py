"""A mean image as a file: NumPy's `.npy`, or Caffe's `.binaryproto`."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from protonet.data.place import appearing
from protonet.errors import UsageError
from protonet.protobuf.schema import message_class

_NUMBERS_TAG = b"\x2a"
"""Field 5 of a BlobProto, `data`, packed: 5 · 8 + 2."""


def write_mean(path: Path, mean: npt.NDArray[np.float64], *, force: bool) -> None:
    """Write a mean image, float32; the file appears when it is complete, or never.

    Args:
        path: ends in .npy or .binaryproto.
        mean: (C, H, W), in the order of channels of the records.
        force: replace what is there.

    Raises: UsageError if the path ends otherwise, is there already, or the mean fits no
        .binaryproto; StorageError if the disk refuses.
    """
    if path.suffix not in (".npy", ".binaryproto"):
        raise UsageError(f"{path}: a mean is written as .npy or as Caffe's .binaryproto")
    content = _npy(mean) if path.suffix == ".npy" else _binaryproto(mean, path)
    with appearing(path, None, force=force) as place:
        place.write_bytes(content)


def _npy(mean: npt.NDArray[np.float64]) -> bytes:
    stream = BytesIO()
    np.save(stream, mean.astype(np.float32))
    return stream.getvalue()


def _binaryproto(mean: npt.NDArray[np.float64], path: Path) -> bytes:
    """Return a BlobProto as compute_image_mean writes it: four sides, the numbers packed."""
    if mean.ndim != 3:
        raise UsageError(
            f"{path}: a mean of shape {list(mean.shape)} is no image (C, H, W); write it as .npy"
        )
    channels, height, width = mean.shape
    sides = message_class("BlobProto")(num=1, channels=channels, height=height, width=width)
    numbers = mean.astype("<f4").tobytes()
    return bytes(sides.SerializeToString()) + _NUMBERS_TAG + _varint(len(numbers)) + numbers


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))
