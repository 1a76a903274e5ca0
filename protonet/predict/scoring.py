"""Which blob of a net holds the scores of classes, and the best of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from protonet.data.layout import Array
from protonet.errors import UsageError
from protonet.net.axes import Axes, shown
from protonet.net.form import Form
from protonet.records import suggestion
from protonet.spec.net import BATCH

PROBABILITIES = "prob"
"""What Caffe's users, and deployed nets of ours, call the scores of classes."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of classes that a net gives.

    Attributes:
        blob: its name.
        count: of classes.
        note: what a person must know of the choice; empty where there was none.
    """

    blob: str
    count: int
    note: str = ""


def scores_of(net: Form, wanted: str | None) -> Scores:
    """Return the blob that holds a score for each class.

    Args:
        net: the net in phase deploy.
        wanted: its name; None takes `prob`, else the last of the outputs that can be it.

    Raises: UsageError if there is none, or the one that is named cannot be it.
    """
    axes = {name: net.axes(value) for name, value in net.blobs().items()}
    if wanted is not None:
        if wanted not in axes:
            raise UsageError(f"the net has no blob {wanted}; {suggestion(wanted, axes)}")
        if not _is_scores(axes[wanted]):
            raise UsageError(
                f"{wanted} is {shown(axes[wanted])}: scores of classes are (N, classes); --blob "
                f"{wanted} --out FILE.h5 writes it as it is"
            )
        return Scores(wanted, _classes(axes[wanted]))
    outputs = {name: net.axes(value) for name, value in net.outputs.items()}
    fitting = [name for name, one in outputs.items() if _is_scores(one)]
    if not fitting:
        listed = ", ".join(f"{name} {shown(one)}" for name, one in outputs.items())
        raise UsageError(
            f"the net gives no scores of classes, (N, classes), but {listed}; --blob NAME --out "
            "FILE.h5 writes a blob as it is"
        )
    chosen = PROBABILITIES if PROBABILITIES in fitting else fitting[-1]
    others = [name for name in fitting if name != chosen]
    note = f"scores are those of {chosen}; there are also {', '.join(others)}: --output NAME"
    return Scores(chosen, _classes(outputs[chosen]), note if others else "")


def check_blobs(net: Form, names: Sequence[str]) -> None:
    """Refuse blobs that do not exist, or hold nothing of single pictures.

    Raises: UsageError.
    """
    axes = {name: net.axes(value) for name, value in net.blobs().items()}
    for name in names:
        if name not in axes:
            raise UsageError(f"the net has no blob {name}; {suggestion(name, axes)}")
        if axes[name][:1] != (BATCH,):
            raise UsageError(f"{name} is {shown(axes[name])}, and holds nothing for each picture")


def best(scores: Array, count: int) -> Array:
    """Return the numbers of the best classes, best first, of equals the lower, (N, count).

    Args:
        scores: (N, classes).
        count: of classes, at most all of them.
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    return np.asarray(order[:, :count])


def on_host(values: torch.Tensor) -> Array:
    """Return a blob as an array on the host; bfloat16, which NumPy has not, as float32."""
    plain = values.float() if values.dtype == torch.bfloat16 else values
    return np.asarray(plain.cpu().numpy())


def _is_scores(axes: Axes) -> bool:
    """Return whether axes are (N, classes), further ones of length 1 allowed, as Caffe has them."""
    return (
        len(axes) > 1
        and axes[0] == BATCH
        and isinstance(axes[1], int)
        and all(axis == 1 for axis in axes[2:])
    )


def _classes(axes: Axes) -> int:
    return int(axes[1])
