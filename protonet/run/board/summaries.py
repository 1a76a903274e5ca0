"""Values as TensorBoard's plugins read them: numbers, texts, histograms, pictures."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.plugins.histogram.metadata import create_summary_metadata as histogram_metadata
from tensorboard.plugins.image.metadata import create_summary_metadata as image_metadata
from tensorboard.plugins.text.metadata import create_summary_metadata as text_metadata
from tensorboard.util.tensor_util import make_tensor_proto

from protonet.run.board.png import Picture

Value: TypeAlias = Summary.Value
"""What is shown under one tag at one step."""

BUCKETS = 30
"""Of a histogram: as many as TensorBoard draws."""
_SAFE_SPAN = (1e-30, 1e30)
"""Between these, a histogram's arithmetic can be done in float32."""


def number(tag: str, value: float) -> Value:
    """Return a point of a curve."""
    return Value(tag=tag, simple_value=value)


def text(tag: str, shown: str) -> Value:
    """Return a text that is shown as it is, letter for letter."""
    code = "\n".join(f"    {line}" for line in shown.splitlines())  # Markdown's code
    metadata: SummaryMetadata = text_metadata(display_name=None, description="")
    tensor = make_tensor_proto(np.array(code.encode(), dtype=object))
    return Value(tag=tag, metadata=metadata, tensor=tensor)


def histogram(tag: str, values: npt.NDArray[np.floating]) -> Value:
    """Return how often numbers lie in each of 30 buckets of one width.

    Args:
        tag: what it is shown under.
        values: of any shape; what is not finite is left out.
    """
    metadata = histogram_metadata(display_name=None, description="")
    tensor = make_tensor_proto(buckets(values), dtype=np.float64)
    return Value(tag=tag, metadata=metadata, tensor=tensor)


def buckets(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return left edge, right edge and count of each bucket, (30, 3); (0, 3) for no numbers.

    Equal numbers all lie in the last bucket, which then has no width: TensorBoard's own form.
    """
    numbers = values.ravel()
    if not numbers.size:
        return np.empty((0, 3))
    low, high = float(numbers.min()), float(numbers.max())
    if not np.isfinite(high - low):
        return buckets(numbers[np.isfinite(numbers)].astype(np.float64))
    edges = np.linspace(low, high, BUCKETS + 1)
    return np.stack([edges[:-1], edges[1:], _counts(numbers, low, high)], axis=1)


def _counts(numbers: npt.NDArray[np.floating], low: float, high: float) -> npt.NDArray[np.int64]:
    """Count by computing each number's bucket: a third of the time of numpy.histogram."""
    span = high - low
    if span == 0:
        return np.bincount([BUCKETS - 1], [numbers.size]).astype(np.int64)
    if not _SAFE_SPAN[0] < span < _SAFE_SPAN[1]:
        numbers = numbers.astype(np.float64)
    kind = numbers.dtype.type
    places = ((numbers - kind(low)) * kind(BUCKETS / span)).astype(np.intp)
    counts = np.bincount(places, minlength=BUCKETS + 1)
    counts[BUCKETS - 1] += counts[BUCKETS:].sum()  # the largest number ends the last bucket
    return counts[:BUCKETS]


def picture(tag: str, shown: Picture, description: str = "") -> Value:
    """Return a picture.

    Args:
        tag: what it is shown under.
        shown: the picture.
        description: what is to be seen, as Markdown.
    """
    metadata: SummaryMetadata = image_metadata(display_name=None, description=description)
    parts = [str(shown.width).encode(), str(shown.height).encode(), shown.png]
    tensor = make_tensor_proto(np.array(parts, dtype=object))
    return Value(tag=tag, metadata=metadata, tensor=tensor)
