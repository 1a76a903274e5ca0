"""Any number of samples through a net of a fixed batch: in batches, the last one padded.

Source: Caffe, python/caffe/pycaffe.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

import numpy as np

from protonet.errors import UsageError
from protonet.pycaffe import passes
from protonet.pycaffe.building import Built
from protonet.pycaffe.memory import Array

Arrays = dict[str, Array]

_WHOLE = (None, None)


def forward_all(built: Built, blobs: Sequence[str], given: Mapping[str, Array]) -> Arrays:
    """Run samples forward.

    Args:
        built: the net.
        blobs: names of blobs to return besides the outputs.
        given: an array for each input, the first axis of any length.

    Returns: of each blob the rows of all samples.
    Raises: UsageError as `passes.forward` does, or if the inputs are of different lengths.
    """
    found = (passes.forward(built, blobs, _WHOLE, batch) for batch in _batches(built, given))
    return _joined(found, _length(given))


def forward_backward_all(
    built: Built, blobs: Sequence[str], diffs: Sequence[str], given: Mapping[str, Array]
) -> tuple[Arrays, Arrays]:
    """Run samples forward and backward.

    Args:
        built: the net.
        blobs, diffs: names of blobs to return, and of those whose gradients to return.
        given: an array for each input, and the gradient of each output, or none of these.

    Raises: UsageError as the passes do.
    """
    outputs = set(built.plan.outputs())
    fed = {name: array for name, array in given.items() if name not in outputs}
    seeds = {name: array for name, array in given.items() if name in outputs}
    forwards: list[Arrays] = []
    backwards: list[Arrays] = []
    pairs = zip_longest(_batches(built, fed), _batches(built, seeds), fillvalue=dict[str, Array]())
    for batch, seed in pairs:
        forwards.append(_copied(passes.forward(built, blobs, _WHOLE, batch)))
        backwards.append(_copied(passes.backward(built, diffs, _WHOLE, seed)))
    count = _length(given)
    return _joined(forwards, count), _joined(backwards, count)


def _batches(built: Built, given: Mapping[str, Array]) -> Iterator[Arrays]:
    """Yield batches of the size that the net takes, the last one padded with zeros."""
    if not given:
        return
    count, known = _length(given), built.named
    for name in given:
        if name not in known:
            raise UsageError(f"the net has no blob {name}")
    size = known[next(iter(given))].shape[0]
    for start in range(0, count, size):
        yield {name: _padded(array[start : start + size], size) for name, array in given.items()}


def _length(given: Mapping[str, Array]) -> int:
    lengths = {name: len(array) for name, array in given.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise UsageError(f"inputs are of different lengths: {listed}")
    return next(iter(lengths.values()), 0)


def _padded(rows: Array, size: int) -> Array:
    missing = size - len(rows)
    values = np.asarray(rows)
    if not missing:
        return values
    return np.concatenate([values, np.zeros((missing, *values.shape[1:]), values.dtype)])


def _joined(found: Iterable[Arrays], count: int) -> Arrays:
    rows: dict[str, list[Array]] = {}
    for batch in found:
        for name, array in _copied(batch).items():
            rows.setdefault(name, []).append(array if array.ndim else array.reshape(1))
    return {name: np.concatenate(parts)[:count] for name, parts in rows.items()}


def _copied(batch: Arrays) -> Arrays:
    return {name: array.copy() for name, array in batch.items()}
