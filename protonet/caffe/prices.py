"""The matrix of an InfogainLoss: Caffe names a file, a spec holds the numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from protonet.caffe.context import Context, find
from protonet.caffe.layers import place_of
from protonet.caffe.marked import Marked, leaf
from protonet.caffe.text_format import Message
from protonet.errors import DataError
from protonet.protobuf import read_blob

READ: Mapping[str, frozenset[str]] = MappingProxyType({"InfogainLoss": frozenset({"source"})})
"""Fields, by type, that name a file whose content a spec holds instead."""


def put_matrix(layer: Message, made: Marked, context: Context) -> None:
    """Put the numbers of the file in the place of its name, where a layer names one.

    Args:
        layer: as the prototxt has it.
        made: the layer as plain data; changed.
        context: knows where files are looked for, and gains what is wrong with this one.
    """
    if made.data.get("type") != "InfogainLoss" or "source" not in made:
        return
    written = str(made.data.pop("source"))
    marks = made.marks.children.pop("source")
    place = f"{place_of(layer)}.infogain_loss_param.source"
    file = find(written, context.places)
    if file is None:
        why = f"there is no file {written}"
        hint = (
            "it is looked for beside the prototxt, in the folders above it and in the current one"
        )
        context.report.refuse("PN051", marks.value, place, why, hint)
        return
    try:
        blob = read_blob(file)
    except DataError as error:
        context.report.refuse("PN051", marks.value, place, str(error))
        return
    side = math.isqrt(blob.size)
    if side**2 != blob.size:
        why = f"{file} holds {blob.size} numbers, which are no square of classes by classes"
        context.report.refuse("PN051", marks.value, place, why)
        return
    rows = blob.reshape(side, side).tolist()
    made.put("matrix", leaf(rows, marks.value), marks.key)
