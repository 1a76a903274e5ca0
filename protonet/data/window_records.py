"""The windows of a window file as records: cut out of their images and warped as they are read.

Records are numbered round and round: record k is window k modulo their number, background before
foreground; where windows are mirrored, every second round of them is. So a set is as long as one
likes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from protonet.data.dataset import ChunkedDataset, Gathering
from protonet.data.decoding_threads import each
from protonet.data.header import FieldSpec, Header
from protonet.data.image import Pixels
from protonet.data.layout import Array, Column, Rows
from protonet.data.window_choice import ChosenWindows
from protonet.data.window_crops import Warp
from protonet.data.window_file import CHANNELS
from protonet.data.window_images import WindowImages
from protonet.transforms.resizing import Scaling

DATA, LABEL, FILLED = "data", "label", "filled"


@dataclass(frozen=True, slots=True)
class WindowRecords:
    """What is read of windows, by the number of a record.

    Attributes:
        images: the images.
        windows: the windows, at least one.
        warp: how they become samples.
        mirror: whether every second round of them is turned left to right.
    """

    images: WindowImages
    windows: ChosenWindows
    warp: Warp
    mirror: bool

    def labels(self, rows: Rows, out: Array) -> None:
        """Copy the classes of some records to (N,)."""
        np.take(self.windows.label, self._numbers(rows), 0, out, mode="clip")

    def filled(self, rows: Rows, out: Array) -> None:
        """Copy which part of each sample shows the image to (N, 4): top, left, height, width."""
        out[:] = self._crops(rows)[1]

    def pixels(self, rows: Rows, out: Array) -> None:
        """Cut windows out and warp them to (N, 3, size, size), in threads; what lies outside the
        image is 0. Each image is decoded once for all of its windows.

        Raises: DataError if an image cannot be read, or has another size than it should.
        """
        of_rows = self.windows.image[self._numbers(rows)]
        cut, filled = self._crops(rows)
        order = np.argsort(of_rows, kind="stable")
        images, starts = np.unique(of_rows[order], return_index=True)
        groups = np.split(order, starts[1:])
        mirrored = self._mirrored(rows)

        def work(group: int) -> None:
            image = self.images.pixels(int(images[group]))
            for k in groups[group].tolist():
                _warp(image, cut[k].tolist(), filled[k].tolist(), bool(mirrored[k]), out[k])

        each(len(images), work)

    def _numbers(self, rows: Rows) -> Rows:
        return rows % len(self.windows)

    def _mirrored(self, rows: Rows) -> npt.NDArray[np.bool_]:
        turned: npt.NDArray[np.bool_] = rows // len(self.windows) % 2 == 1
        return turned & self.mirror

    def _crops(self, rows: Rows) -> tuple[Rows, Rows]:
        numbers = self._numbers(rows)
        sizes = self.images.sizes[self.windows.image[numbers]]
        return self.warp.crops(self.windows.boxes[numbers], sizes, self._mirrored(rows))


def _warp(image: Pixels, cut: list[int], filled: list[int], turned: bool, out: Array) -> None:
    """Scale a part of an image, (H, W, C), to a part of `out`, (C, size, size); the rest is 0.

    As OpenCV scales, each pixel comes of the four around it, also where the part becomes smaller.
    """
    top, left, height, width = cut
    part = np.array(image[top : top + height, left : left + width], order="C")
    into, start, rows, columns = filled
    scaled = Scaling((rows, columns), "bilinear", antialias=False).of_pixels(part)
    out[...] = 0
    shown = out[:, into : into + rows, start : start + columns]
    shown[...] = (scaled[:, ::-1] if turned else scaled).transpose(2, 0, 1)


@dataclass(frozen=True, slots=True)
class WindowColumn:
    """One field of windows.

    Attributes:
        column: the field, as it would be stored.
        copy: copies records to an array.
    """

    column: Column
    copy: Callable[[Rows, Array], None]

    def gather(self, rows: Rows, out: Array) -> None:
        """Copy records `rows` to `out`, (N, *shape), C-contiguous.

        Raises: DataError if an image cannot be read, or has another size than it should.
        """
        self.copy(rows, out)


def window_fields(size: int) -> tuple[FieldSpec, ...]:
    """Return the fields of windows that are warped to so many pixels along each side: pixels, class
    and which part of the pixels shows the image."""
    return (
        FieldSpec(name=DATA, dtype="uint8", shape=(CHANNELS, size, size)),
        FieldSpec(name=LABEL, dtype="int64", shape=()),
        FieldSpec(name=FILLED, dtype="int32", shape=(4,)),
    )


class WindowDataset(ChunkedDataset):
    """The windows of a window file as a dataset; records beyond its count exist, too.

    Args:
        records: what is read.
        header: whose fields are `window_fields`.
        reopen: opens the same again, in another process.

    Attributes:
        records: as given.
    """

    def __init__(
        self, records: WindowRecords, header: Header, reopen: Callable[[], ChunkedDataset]
    ) -> None:
        self.records = records
        copies = {DATA: records.pixels, LABEL: records.labels, FILLED: records.filled}
        columns: Mapping[str, Gathering] = {
            field.name: WindowColumn(_column(field, header.count), copies[field.name])
            for field in header.fields
        }
        super().__init__(records.images.where, header, columns, reopen)

    def _check_rows(self, rows: Rows) -> None:
        if int(rows.min()) < 0:
            raise IndexError(f"{self.path}: there is no record {int(rows.min())}")


def _column(field: FieldSpec, count: int) -> Column:
    return Column(field.name, np.dtype(field.dtype), field.shape or (), count, count)
