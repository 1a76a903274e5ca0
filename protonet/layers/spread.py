"""Numbers that go along some axes of a blob and are the same along the others: factors, biases."""

from __future__ import annotations

import torch

from protonet.errors import ShapeError
from protonet.layers.checks import axis_index
from protonet.layers.record import Blob

Shape = tuple[int, ...]


def learned_shape(axis: int, num_axes: int, bottom: Blob) -> Shape:
    """Return the shape of learned numbers: `num_axes` axes of the bottom from `axis` on.

    Args:
        axis: the first one; a negative one counts from the end.
        num_axes: how many; 0 for a single number, -1 for all that are left.
        bottom: the blob that they are spread over.

    Raises: ShapeError if an axis does not exist.
    """
    if num_axes == 0:
        return ()
    start = axis_index(axis, bottom)
    shape = bottom.shape[start:] if num_axes < 0 else bottom.shape[start:][:num_axes]
    if len(shape) < num_axes:
        raise ShapeError(
            f"num_axes {num_axes} from axis {axis} on exceeds the axes of {bottom}",
            f"{len(shape)} are left; -1 takes them all",
        )
    return shape


def trailing_axes(axis: int, numbers: Shape, bottom: Blob) -> int:
    """Return how many axes the bottom has after those of the numbers.

    Raises: ShapeError if the axis does not exist.
    """
    return bottom.rank - _start(axis, numbers, bottom) - len(numbers)


def check_given(noun: str, numbers: Blob, axis: int, bottom: Blob) -> None:
    """Refuse numbers of a second bottom that do not go along the first one from `axis` on.

    Raises: ShapeError; `noun` is what they are: factors, biases.
    """
    start = _start(axis, numbers.shape, bottom)
    if bottom.shape[start : start + numbers.rank] != numbers.shape:
        why = f"{noun} of shape {numbers} do not match the bottom {bottom} from axis {start} on"
        raise ShapeError(why, "each of their axes is as long as that of the first bottom")


def spread(numbers: torch.Tensor, trailing: int) -> torch.Tensor:
    """Return the numbers with as many axes of length 1 behind, so that torch broadcasts them."""
    return numbers.reshape((*numbers.shape, *(1,) * trailing))


def _start(axis: int, numbers: Shape, bottom: Blob) -> int:
    """Return the first axis that the numbers go along; a single number needs none."""
    return axis_index(axis, bottom) if numbers else 0
