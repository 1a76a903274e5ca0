"""The transforms of a list that move pixels: what is done to a label image as to its image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from protonet.transforms.caffe import CaffeTransform, steps_of
from protonet.transforms.record import Context, Step

_FILL = "fill"
_NO_CLASS = (0.0,)


def moving(transform: CaffeTransform | Sequence[Step], context: Context) -> tuple[Step, ...]:
    """Return those transforms of an image that change where its pixels are.

    What they choose by chance, they choose for both alike (`protonet.transforms.record`). What
    comes in from outside, of whatever colour, is 0 in a label image.

    Args:
        transform: what `read_transform` gave.
        context: what is known of the images before the first.
    """
    steps = steps_of(transform, context) if isinstance(transform, CaffeTransform) else transform
    return tuple(_for_labels(step) for step in steps if step.kind.moves)


def _for_labels(step: Step) -> Step:
    if _FILL not in type(step.params).model_fields:
        return step
    return replace(step, params=step.params.model_copy(update={_FILL: _NO_CLASS}))
