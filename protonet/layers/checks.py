"""What several layers prove about their bottoms before they are built."""

from __future__ import annotations

import math
from collections.abc import Sequence

from protonet.errors import ShapeError
from protonet.layers.record import Blob


def axis_index(axis: int, blob: Blob, key: str = "axis") -> int:
    """Return an axis counted from the start, 0 to rank - 1; a negative one counts from the end.

    Raises: ShapeError if the blob has no such axis; `key` is the name the user knows it by.
    """
    if -blob.rank <= axis < blob.rank:
        return axis % blob.rank
    known = f"its axes are 0 to {blob.rank - 1}, or -{blob.rank} to -1 counted from the end"
    raise ShapeError(
        f"{key} {axis} does not exist in a bottom of shape {blob}",
        known if blob.rank else "a bottom without axes is a single number",
    )


def check_floating(bottoms: Sequence[Blob]) -> None:
    """Refuse bottoms that are not floating-point numbers, all of one type.

    Raises: ShapeError.
    """
    check_one_type(bottoms)
    if not bottoms[0].dtype.is_floating_point:
        raise ShapeError(
            f"bottom 0 holds {_kind(bottoms[0])}, and this layer computes with floating-point"
            " numbers",
            "write dtype: float32 where the input of the net is declared",
        )


def check_one_type(bottoms: Sequence[Blob]) -> None:
    """Refuse bottoms of different element types: what they would become is seldom what is meant.

    Raises: ShapeError.
    """
    for position, blob in enumerate(bottoms):
        if blob.dtype != bottoms[0].dtype:
            raise ShapeError(
                f"bottom {position} holds {_kind(blob)}, bottom 0 holds {_kind(bottoms[0])}",
                "the bottoms of this layer have one element type",
            )


def check_scores(scores: Blob) -> None:
    """Refuse scores that are no floating-point numbers, the usual sign of swapped bottoms.

    Raises: ShapeError.
    """
    if not scores.dtype.is_floating_point:
        raise ShapeError(
            f"bottom 0 holds {_kind(scores)}, but scores are floating-point numbers",
            "the scores come first and the targets second: bottom: [scores, targets]",
        )


def check_targets(scores: Blob, targets: Blob) -> None:
    """Refuse targets that are not one number per score, sample by sample.

    Raises: ShapeError.
    """
    check_scores(scores)
    if not scores.rank:
        raise ShapeError(
            "bottom 0 is a single number, without an axis of samples",
            "the loss is divided by the length of the first axis",
        )
    if _samples_and_values(scores) != _samples_and_values(targets):
        raise ShapeError(
            f"bottom 1 of shape {targets} has not one number for each of bottom 0, {scores}",
            f"give targets of shape {scores}",
        )


def _kind(blob: Blob) -> str:
    return str(blob.dtype).removeprefix("torch.")


def _samples_and_values(blob: Blob) -> tuple[tuple[int, ...], int]:
    return blob.shape[:1], math.prod(blob.shape[1:])
