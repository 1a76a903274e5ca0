"""Which images are decoded straight into the batch, and what the transforms see of them."""

from __future__ import annotations

from protonet.data.decoding import Decoding
from protonet.data.header import FieldSpec
from protonet.data.layout import IMAGE
from protonet.data.table import Dataset
from protonet.spec.net import InputSpec
from protonet.transforms import Context, Pipeline
from protonet.transforms.caffe import CaffeTransform
from protonet.transforms.record import Shape, Step
from protonet.transforms.sizing import build_sizing, scaled_sizing

_USUAL = 224
"""Pixels along each axis that most nets take, for hints."""


def sample_shape(dataset: Dataset, field: FieldSpec) -> Shape:
    """Return the shape of a record's field; of images of different sizes that of the first.

    Raises: DataError if that is damaged.
    """
    if field.shape is None and field.kind == IMAGE:
        return dataset[0][field.name].shape
    return field.shape or ()


def decoding_of(
    field: FieldSpec,
    transform: CaffeTransform | tuple[Step, ...],
    context: Context,
    pipeline: Pipeline,
    wanted: InputSpec | None,
) -> Decoding | None:
    """Return how images become samples as they are decoded; None where they are read as pixels.

    That is where they differ in size, and where the first transform scales windows of encoded ones.
    The channels are those of the file.

    Args:
        field: of the images.
        transform: what `read_transform` gave.
        context: what the first transform finds, with `sample_shape`.
        pipeline: built of both.
        wanted: the input that takes them, or None.

    Raises: ShapeError or StepError if images stay different, or are when they become a batch.
    """
    if field.kind != IMAGE:
        return None
    if field.shape is not None:
        sizing = scaled_sizing(transform, context, pipeline)
    else:
        sizing = build_sizing(transform, context, _size(wanted))
    return None if sizing is None else Decoding(sizing)


def _size(wanted: InputSpec | None) -> tuple[int, int]:
    """Return the height and width that an input takes."""
    *_, height, width = (_USUAL, _USUAL, *(wanted.axes() if wanted else ()))
    sides = (height, width)
    rows, columns = (side if isinstance(side, int) else _USUAL for side in sides)
    return rows, columns
