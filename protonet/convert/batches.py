"""Images → batches of one shape, in the order asked for, decoded in threads."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from protonet.convert.image import Decoded, Pixels, fit
from protonet.convert.order import Indices
from protonet.convert.source import Images
from protonet.convert.threads import in_order
from protonet.errors import DataError

_BATCH_BYTES = 1 << 20
_MOST_RECORDS = 256


@dataclass(frozen=True)
class Batch:
    """Records ready to be written.

    Args:
        data: (N, C, H, W), uint8.
        indices: which images these are, (N,).
        colour: whether some image has colour, though it may be stored without.
        remarks: image index → what was amiss with it, though it could be read.
    """

    data: npt.NDArray[np.uint8]
    indices: Indices
    colour: bool
    remarks: dict[int, str]


@dataclass(frozen=True)
class Batches:
    """How the images of a table become batches.

    Args:
        images: the images.
        size: width and height of every record in pixels; None where `like` has the size of all.
        like: number of the image whose size the others must have.
        shape: of a record, (C, H, W).
    """

    images: Images
    size: tuple[int, int] | None
    like: int
    shape: tuple[int, int, int]

    def stream(self, rows: Indices, threads: int) -> Generator[Batch, None, None]:
        """Yield the images of these numbers, (N,), in batches of about 1 MiB.

        Raises: DataError if an image cannot be read or, without `size`, has another size.
        """
        step = max(1, min(_MOST_RECORDS, _BATCH_BYTES // int(np.prod(self.shape))))
        return in_order(
            self._batch, (rows[i : i + step] for i in range(0, len(rows), step)), threads
        )

    def _batch(self, rows: Indices) -> Batch:
        data = np.empty((len(rows), *self.shape), np.uint8)
        remarks = {}
        colour = False
        for place, index in enumerate(rows.tolist()):
            decoded = self.images.load(index)
            data[place] = self._record(decoded.pixels, index)
            colour |= not decoded.gray
            if decoded.remark:
                remarks[index] = decoded.remark
        return Batch(data, rows, colour, remarks)

    def _record(self, pixels: Pixels, index: int) -> Pixels:
        record = fit(pixels, self.size).transpose(2, 0, 1)  # (C, H, W)
        if record.shape != self.shape:
            first, other = self.images.name(self.like), self.images.name(index)
            raise DataError(
                f"{first} is {_size(self.shape)} pixels and {other} is {_size(record.shape)}: the "
                "images of a dataset have one size; add --resize WxH, for instance --resize 224x224"
            )
        return record


def batches_like(images: Images, size: tuple[int, int] | None, like: int) -> Batches:
    """Return the batches whose records have the shape of image `like`, scaled to `size`.

    Raises: DataError if that image cannot be read.
    """
    decoded: Decoded = images.load(like)
    height, width, channels = decoded.pixels.shape
    if size is not None:
        width, height = size
    return Batches(images, size, like, (channels, height, width))


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[2]}x{shape[1]}"
