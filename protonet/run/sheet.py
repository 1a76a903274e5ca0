"""A contact sheet: records of a table, each with the name of its class below."""

from __future__ import annotations

import numpy as np

from protonet.convert.stored import Stored
from protonet.data.header import Header
from protonet.data.layout import Array
from protonet.errors import UsageError
from protonet.run.board.grid import Cell, grid, pixels_of, plain_caption
from protonet.run.board.png import Picture, class_names

_LABEL = "label"


def contact_sheet(stored: Stored, header: Header, count: int) -> Picture:
    """Draw records that stand evenly over a table, with their numbers and labels.

    Args:
        stored: the table.
        header: what is known of it.
        count: how many, at most.

    Raises: UsageError if its records are no images; DataError if one cannot be read.
    """
    first = header.fields[0]
    shape = stored.record(0)[first.name].shape
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise UsageError(
            f"{stored.address}: a record of its field {first.name} has the shape {list(shape)}, "
            "and a sheet shows images (C, H, W) of 1 or 3 channels"
        )
    count = min(count, header.count)
    rows = (np.arange(count) * header.count // count).tolist()
    cells = []
    for row in rows:
        record = stored.record(row)
        pixels = pixels_of(record[first.name], channels=header.channels)
        cells.append(Cell(pixels, plain_caption(_caption(row, record.get(_LABEL), header))))
    return grid(cells)


def _caption(row: int, label: Array | None, header: Header) -> str:
    if label is None or label.ndim > 1:
        return str(row)
    if label.ndim == 1:
        return f"{row}: {' '.join(f'{number:g}' for number in label.tolist())}"
    if header.classes is not None:
        return f"{row}: {class_names(header.classes, len(header.classes))[int(label)]}"
    return f"{row}: {label.item():g}"
