"""Images → batches of one shape, in the order asked for, decoded in threads."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from protonet.convert.image import Pixels, fit
from protonet.convert.order import Indices
from protonet.convert.source import Images
from protonet.convert.threads import in_order
from protonet.errors import DataError

_BATCH_BYTES = 1 << 20
_MOST_RECORDS = 256
_LISTED = 20


@dataclass
class Batch:
    """Records ready to be written, unless some are unreadable.

    Args:
        data: (N, C, H, W), uint8.
        indices: which images these are, (N,).
        colour: whether some image has colour, though it may be stored without.
        remarks: image index → what was amiss with it, though it could be read.
        unreadable: why images could not be read, a sentence each; their records hold nothing.
    """

    data: npt.NDArray[np.uint8]
    indices: Indices
    colour: bool = False
    remarks: dict[int, str] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Batches:
    """How the images of a table become batches.

    Args:
        images: the images.
        size: width and height of every record in pixels; None where all have the size of `like`.
        like: what messages call the image whose size the others must have.
        shape: of a record, (C, H, W).
    """

    images: Images
    size: tuple[int, int] | None
    like: str
    shape: tuple[int, int, int]

    def stream(self, rows: Indices, threads: int) -> Generator[Batch, None, None]:
        """Yield the images of these numbers, (N,), in batches of about 1 MiB.

        Raises: DataError if, without `size`, an image has another size.
        """
        step = max(1, min(_MOST_RECORDS, _BATCH_BYTES // int(np.prod(self.shape))))
        return in_order(
            self._batch, (rows[i : i + step] for i in range(0, len(rows), step)), threads
        )

    def _batch(self, rows: Indices) -> Batch:
        batch = Batch(np.empty((len(rows), *self.shape), np.uint8), rows)
        for place, index in enumerate(rows.tolist()):
            try:
                decoded = self.images.load(index)
            except DataError as error:
                batch.unreadable.append(str(error))
                continue
            batch.data[place] = self._record(decoded.pixels, index)
            batch.colour |= not decoded.gray
            if decoded.remark:
                batch.remarks[index] = decoded.remark
        return batch

    def _record(self, pixels: Pixels, index: int) -> Pixels:
        record = fit(pixels, self.size).transpose(2, 0, 1)  # (C, H, W)
        if record.shape != self.shape:
            raise _two_sizes(self.like, self.shape, self.images.name(index), record.shape)
        return record


def new_batches(images: Images, size: tuple[int, int] | None, rows: Indices) -> Batches:
    """Return the batches whose records have this size, or that of the first image of `rows`.

    Args:
        images: the images.
        size: width and height in pixels that every image is scaled to, or None.
        rows: numbers of images, (N,), of which the first that can be read is decoded for its size.

    Raises: DataError if, without `size`, no image can be read.
    """
    if size is not None:
        channels = 1 if images.channels == "gray" else 3
        return Batches(images, size, "", (channels, size[1], size[0]))
    unreadable = []
    for index in rows.tolist():
        try:
            height, width, channels = images.load(index).pixels.shape
        except DataError as error:
            unreadable.append(str(error))
        else:
            return Batches(images, None, images.name(index), (channels, height, width))
    raise unreadable_images(unreadable, len(rows))


def check_one_size(parts: Sequence[Batches]) -> None:
    """Refuse tables whose records have different sizes.

    Raises: DataError naming two images.
    """
    first = parts[0]
    for part in parts[1:]:
        if part.shape != first.shape:
            raise _two_sizes(first.like, first.shape, part.like, part.shape)


def unreadable_images(reasons: Sequence[str], total: int) -> DataError:
    """Return the error for images that cannot be read, `reasons` a sentence for each."""
    if len(reasons) == 1:
        return DataError(f"{reasons[0]}; repair or remove it. Nothing was written")
    lines = [*reasons[:_LISTED]]
    if len(reasons) > _LISTED:
        lines.append(f"and {len(reasons) - _LISTED} more")
    listed = "\n  ".join(lines)
    return DataError(
        f"{len(reasons)} of {total} images cannot be read; repair or remove them. Nothing was "
        f"written\n  {listed}"
    )


def _two_sizes(
    first: str, shape: tuple[int, ...], other: str, other_shape: tuple[int, ...]
) -> DataError:
    return DataError(
        f"{first} is {_size(shape)} pixels and {other} is {_size(other_shape)}: the images of a "
        "dataset have one size; add --resize WxH, for instance --resize 224x224"
    )


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[2]}x{shape[1]}"
