"""Mean images: read from a file, fitted to the samples, written out to be stored with weights."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import model_validator

from protonet.errors import DataError, ShapeError
from protonet.protobuf import read_blob
from protonet.records import Count, Record, Text, custom_error
from protonet.transforms.record import Array, Shape, shown
from protonet.transforms.values import LARGEST

MeanArray = npt.NDArray[np.float32]

_STORED = np.dtype("<f4")


class MeanImage(Record):
    """A mean image as text, bit for bit."""

    shape: tuple[Count, ...]
    """Shape of the image, (C, H, W)."""
    float32: Text
    """The values in row-major order, little-endian float32, in base64."""

    @model_validator(mode="after")
    def _fits(self) -> MeanImage:
        try:
            size = len(base64.b64decode(self.float32, validate=True))
        except ValueError as error:
            raise custom_error("PN013", f"float32 is not base64: {error}") from error
        needed = math.prod(self.shape) * _STORED.itemsize
        if size != needed:
            raise custom_error(
                "PN013",
                f"float32 holds {size} bytes, and the shape {shown(self.shape)} needs {needed}",
            )
        return self

    @classmethod
    def of(cls, mean: MeanArray) -> MeanImage:
        """Return a mean as text."""
        text = base64.b64encode(mean.astype(_STORED).tobytes()).decode()
        return cls(shape=mean.shape, float32=text)

    def array(self) -> MeanArray:
        """Return the values, of the shape `shape`."""
        values = np.frombuffer(base64.b64decode(self.float32), _STORED)
        return values.reshape(self.shape).astype(np.float32)


def read_mean(path: Path) -> Array:
    """Read a mean from .npy, from .npz, its only array or the one named `mean`, or from Caffe's
    .binaryproto.

    Returns an array of numbers, of whatever shape the file has.
    Raises: DataError if the file is missing, damaged, of another kind, or holds anything but finite
        numbers.
    """
    if path.suffix not in (".npy", ".npz", ".binaryproto"):
        raise DataError(f"{path}: a mean file ends in .npy, .npz or .binaryproto")
    mean = read_blob(path) if path.suffix == ".binaryproto" else _from_numpy(path)
    if mean.dtype.kind not in "fiu":
        raise DataError(f"{path}: a mean image holds numbers, not {mean.dtype}")
    if not (np.abs(mean) <= LARGEST).all():  # false of what is no number, too
        raise DataError(f"{path}: a number is infinite, or too large for float32")
    return mean


def _from_numpy(path: Path) -> Array:
    with _numpy_errors(path), path.open("rb") as file:  # np.load itself leaves a bad one open
        loaded = np.load(file, allow_pickle=False)
        return loaded if isinstance(loaded, np.ndarray) else _member(loaded, path)


def sized_for(mean: Array, shape: Shape, where: str) -> MeanArray:
    """Return a mean as float32 that fits the samples: an image, or a number for each channel.

    Args:
        mean: (C, H, W), (1, C, H, W) as Caffe stores it, or (C,).
        shape: of one sample.
        where: the file or key, for the message.

    Raises: ShapeError if it does not fit.
    """
    squeezed = mean[0] if mean.ndim == len(shape) + 1 and mean.shape[0] == 1 else mean
    if squeezed.shape == shape[:1]:
        squeezed = squeezed.reshape(-1, *[1] * (len(shape) - 1))
    elif squeezed.shape != shape and squeezed.shape != (*shape[:1], *[1] * (len(shape) - 1)):
        raise ShapeError(
            f"{where}: the mean has the shape {shown(mean.shape)}, and the samples {shown(shape)}",
            f"a mean of shape {shown(shape)} or {shown(shape[:1])} fits",
        )
    return np.ascontiguousarray(squeezed, dtype=np.float32)


def _member(archive: np.lib.npyio.NpzFile, path: Path) -> Array:
    with archive:
        names = archive.files
        name = "mean" if "mean" in names else names[0] if len(names) == 1 else None
        if name is None:
            raise DataError(
                f"{path}: holds {', '.join(names) or 'nothing'}; "
                "a mean file has one array, or one named mean"
            )
        return archive[name]


@contextmanager
def _numpy_errors(path: Path) -> Iterator[None]:
    """Turn what NumPy raises for a bad file into a DataError naming it.

    A damaged header or archive makes it raise nearly anything: ValueError, EOFError, zlib.error,
    tokenize.TokenError, NotImplementedError, …
    """
    try:
        yield
    except DataError:
        raise
    except OSError as error:
        raise DataError(
            f"{path}: the mean file cannot be read: {error.strerror or error}"
        ) from error
    except Exception as error:
        raise DataError(f"{path}: the mean file is damaged, or no NumPy file") from error
