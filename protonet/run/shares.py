"""Class labels as shares of the classes, where the transforms of their samples mix them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from protonet.data.header import FieldSpec
from protonet.data.reader import Batch
from protonet.errors import DataError, PathError, PathErrors, ShapeError
from protonet.layers.labels import NO_LABEL, outside
from protonet.net.form import Form
from protonet.run.found import Found
from protonet.spec.net import InputSpec
from protonet.transforms import Pipeline
from protonet.transforms.record import LabelFunction, Step, shown

_SHAPE = "net.inputs.{blob}: [{classes}] fits"
_FLOAT = "net.inputs.{blob}: {{dtype: float32}} fits"
_IN_STEP = "it takes samples and their labels from one source, and this set has several"


@dataclass(frozen=True, slots=True)
class Shares:
    """What becomes of the labels that one input of a net is fed.

    Attributes:
        blob: the input.
        shape: of one sample's label afterwards.
        classes: how many there are; None where labels are numbers already, which are mixed as they
            are.
        steps: what the transforms do, one after the other.
    """

    blob: str
    shape: tuple[int, ...]
    classes: int | None
    steps: tuple[LabelFunction, ...]

    def __call__(self, labels: Tensor, batch: Batch) -> Tensor:
        """Return labels, (N) or (N, …), as (N, *shape) float32.

        Raises: DataError if one is outside the classes.
        """
        values = labels.float()
        if self.classes is not None:
            self._check(batch.arrays[self.blob], self.classes)
            values = functional.one_hot(labels.long().flatten(), self.classes).float()
        for step in self.steps:
            values = step(values, batch.positions)
        return values

    def _check(self, labels: Tensor, classes: int) -> None:
        if labels.numel() and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
            raise DataError(f"{self.blob}: {outside(labels.flatten(), classes, NO_LABEL)}")


def shares_of(
    found: Found, labels: Mapping[str, str], net: Form, pipeline: Pipeline, *, alone: bool
) -> dict[str, Shares]:
    """Return what becomes of the labels of a source, by the input of the net; empty where no
    transform makes shares of them.

    Args:
        found: the source.
        labels: input of the net → field of the dataset, of all that is no image.
        net: the net.
        pipeline: the transforms.
        alone: whether the set has no other source.

    Raises: PathErrors for labels that cannot be shared out, or inputs that take no shares.
    """
    if not pipeline.on_labels:
        return {}
    errors = [] if alone else [_refused(found, _IN_STEP)]
    shares: dict[str, Shares] = {}
    for blob, name in labels.items():
        try:
            field = found.header.field(name)
            if field is not None:
                shares[blob] = _shares(blob, field, net.input_specs[blob], pipeline.on_labels)
        except ShapeError as error:
            classes = len(found.header.classes or ())
            hint = error.hint.format(blob=blob, classes=classes or "CLASSES")
            errors.append(_refused(found, error.why, hint))
    if errors:
        raise PathErrors(errors)
    return shares


def _shares(
    blob: str, field: FieldSpec, spec: InputSpec, steps: tuple[LabelFunction, ...]
) -> Shares:
    """Return what becomes of one field.

    Raises: ShapeError.
    """
    _, *axes = spec.axes() or ("",)
    floating = getattr(torch, spec.dtype).is_floating_point
    shape = field.shape or ()
    if np.dtype(field.dtype).kind == "f":
        if not floating:
            raise ShapeError(f"it mixes {blob}, and the net's input takes {spec.dtype}", _FLOAT)
        return Shares(blob, shape, None, steps)
    if shape not in ((), (1,)):
        why = f"it makes shares of class labels, and {blob} is stored as {shown(shape)} of whole"
        raise ShapeError(f"{why} numbers")
    if len(axes) != 1 or not isinstance(axes[0], int):
        what = f"({', '.join(map(str, axes))})" if axes else "one number each"
        raise ShapeError(
            f"it makes shares of the classes of {blob}, and the net's input takes {what}", _SHAPE
        )
    if not floating:
        raise ShapeError(
            f"it makes shares of the classes of {blob}, and the net's input takes {spec.dtype}",
            _FLOAT,
        )
    return Shares(blob, (axes[0],), axes[0], steps)


def _refused(found: Found, why: str, hint: str = "") -> PathError:
    """Return the error at the first transform that makes shares."""
    steps: tuple[Step, ...] = found.spec.transform
    number = next(number for number, step in enumerate(steps) if step.kind.makes_shares)
    why = f"transform {number + 1} ({steps[number].kind.name}): {why}"
    return PathError("PN041", (*found.place, "transform", number), why, hint=hint)
