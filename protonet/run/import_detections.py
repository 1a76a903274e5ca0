"""What two detectors found, brought into one order: neither the padding of one nor the order of
boxes whose scores are alike is a difference."""

from __future__ import annotations

import numpy as np

from protonet.protobuf.arrays import Array

_ROW = 7
"""Sample, label, score, left, top, right, bottom."""

_KEYS = 2
"""Of a row, sample and label, which are the same or not."""


def paired(ours: Array, theirs: Array) -> tuple[Array, Array] | None:
    """Return scores and boxes of two tops of DetectionOutput, (N, 5) float64 each, in one order;
    None if one of them has more boxes of a sample and a label than the other.

    Args:
        ours: (1, 1, N, 7); one row of label -1 for each sample if nothing was found.
        theirs: OpenCV's, which ends with rows of zeros, up to keep_top_k for each sample.

    Source: OpenCV, detection_output_layer.cpp.
    """
    one, two = _found(ours), _found(theirs)
    if not np.array_equal(one[:, :_KEYS], two[:, :_KEYS]):
        return None
    starts = np.flatnonzero((np.diff(one[:, :_KEYS], axis=0) != 0).any(axis=1)) + 1
    groups = zip(np.split(one, starts), np.split(two, starts), strict=True)
    nearest = [_nearest(a[:, _KEYS:], b[:, _KEYS:]) for a, b in groups]
    return one[:, _KEYS:], np.concatenate(nearest)


def _found(top: Array) -> Array:
    """Return the rows of a top that are boxes, by sample, label and score, the best first."""
    rows = top.astype(np.float64).reshape(-1, _ROW)
    filled = np.flatnonzero((rows != 0).any(axis=1))
    rows = rows[: filled[-1] + 1 if len(filled) else 0]
    rows = rows[rows[:, 1] >= 0]
    return rows[np.lexsort((-rows[:, 2], rows[:, 1], rows[:, 0]))]


def _nearest(ours: Array, theirs: Array) -> Array:
    """Return the rows of one array, each in the place of the row of the other that it is nearest
    to: by their order alone, two of scores that differ in rounding would change places.
    """
    left, chosen = np.ones(len(theirs), bool), []
    for row in ours:
        with np.errstate(invalid="ignore"):  # inf - inf
            same = (theirs == row) | (np.isnan(theirs) & np.isnan(row))
            apart = np.where(same, 0, np.abs(theirs - row))
        apart = np.nan_to_num(apart, nan=np.inf).max(axis=1)
        free = np.flatnonzero(left)
        chosen.append(free[apart[free].argmin()])
        left[chosen[-1]] = False
    return np.take(theirs, chosen, axis=0)
