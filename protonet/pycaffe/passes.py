"""Forward and backward passes over a part of a net, and what goes in and out of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from protonet.errors import UsageError
from protonet.pycaffe.building import Built
from protonet.pycaffe.memory import Array
from protonet.pycaffe.named import place_of
from protonet.pycaffe.work import run
from protonet.records import suggestion

Ends = tuple[str | None, str | None]
"""The names of the layers that a pass starts and ends with; None: it is the whole net's end."""


def forward(
    built: Built, blobs: Sequence[str], ends: Ends, given: Mapping[str, Array]
) -> dict[str, Array]:
    """Run a part of a net forward.

    Args:
        built: the net.
        blobs: names of blobs to return besides the outputs.
        ends: first and last layer.
        given: an array for each input, or none.

    Returns: the arrays themselves, which the next pass writes over.
    Raises: UsageError for what the net does not have.
    """
    names = [layer.name for layer in built.layers]
    start = 0 if ends[0] is None else place_of(ends[0], names)
    end = len(names) - 1 if ends[1] is None else place_of(ends[1], names)
    wanted = built.plan.outputs()
    if ends[1] is not None:
        wanted = [built.plan.names[top] for top in built.plan.stages[end].tops]
    _check_known(built, blobs)
    if given:
        _fill(built, given)
    run_forward(built, start, end)
    known = built.named
    return {name: known[name].data for name in dict.fromkeys((*wanted, *blobs))}


def run_forward(built: Built, start: int = 0, end: int | None = None) -> None:
    """Run the layers from `start` to `end`, all of them where that is None."""
    last = len(built.layers) - 1 if end is None else end
    if built.is_stale():
        built.reshape()
    for number in range(start, last + 1):
        layer = built.layers[number]
        _call(built, "before_forward", number)
        run(layer.work, layer.name, layer.type, layer.bottoms, layer.tops)
        _call(built, "after_forward", number)


def backward(
    built: Built, diffs: Sequence[str], ends: Ends, given: Mapping[str, Array]
) -> dict[str, Array]:
    """Run a part of a net back.

    Args:
        built: the net.
        diffs: names of blobs whose gradients to return besides.
        ends: first and last layer, the first nearer to the loss.
        given: the gradient of each output, or none.

    Returns: the arrays themselves, which the next pass writes over.
    Raises: UsageError for what the net does not have.
    """
    names = [layer.name for layer in built.layers]
    start = len(names) - 1 if ends[0] is None else place_of(ends[0], names)
    end = 0 if ends[1] is None else place_of(ends[1], names)
    wanted = built.inputs
    if ends[1] is not None:
        wanted = [built.plan.names[place] for place in built.plan.stages[end].bottoms]
    _check_known(built, diffs)
    if given:
        _seed(built, given)
    run_backward(built, start, end)
    known = built.named
    return {name: known[name].diff for name in dict.fromkeys((*wanted, *diffs))}


def run_backward(built: Built, start: int | None = None, end: int = 0) -> None:
    """Run the layers back from `start`, the last where that is None, to `end`."""
    first = len(built.layers) - 1 if start is None else start
    for number in range(first, end - 1, -1):
        layer = built.layers[number]
        _call(built, "before_backward", number)
        if layer.runs_backward:
            try:
                layer.work.backward(layer.tops, layer.propagate, layer.bottoms)
            except UsageError as error:
                raise UsageError(f"layer {layer.name} ({layer.type}): {error}") from error
        _call(built, "after_backward", number)


def _call(built: Built, when: str, number: int) -> None:
    for hook in built.hooks[when]:
        hook(number)


def _check_known(built: Built, names: Sequence[str]) -> None:
    known = built.named
    for name in names:
        if name not in known:
            raise UsageError(f"the net has no blob {name}; {suggestion(name, known)}")


def _fill(built: Built, given: Mapping[str, Array]) -> None:
    _check_names("Input blob arguments do not match net inputs", "inputs", given, built.inputs)
    for name, array in given.items():
        blob = built.named[name]
        values = _batch("Input is not batch sized", name, array, blob.shape)
        blob.data[...] = values


def _seed(built: Built, given: Mapping[str, Array]) -> None:
    _check_names(
        "Top diff arguments do not match net outputs", "outputs", given, built.plan.outputs()
    )
    for name, array in given.items():
        blob = built.named[name]
        values = _batch("Diff is not batch sized", name, array, blob.shape)
        blob.diff[...] = values


def _check_names(words: str, kind: str, given: Mapping[str, Array], known: Sequence[str]) -> None:
    if set(given) != set(known):
        had = ", ".join(sorted(known)) or "none"
        raise UsageError(f"{words}: given {', '.join(sorted(given))}, the net's {kind} are {had}")


def _batch(words: str, name: str, array: Array, shape: tuple[int, ...]) -> Array:
    """Return an array that fits a blob.

    Raises: UsageError if it does not.
    """
    values = np.asarray(array)
    if shape and (not values.ndim or values.shape[0] != shape[0]):
        length = values.shape[0] if values.ndim else "no"
        raise UsageError(
            f"{words}: {name} has {length} samples, and the net takes {shape[0]}; reshape the "
            f"blob, or use forward_all"
        )
    try:
        return np.broadcast_to(values, shape)
    except ValueError:
        raise UsageError(
            f"{name} has the shape {values.shape}, and the blob {shape}; reshape the blob first"
        ) from None
