"""Whether a set fits a net: its fields, their shapes and types, the number of its classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch

from protonet.data.header import Header
from protonet.errors import PathError, PathErrors
from protonet.net import Net
from protonet.records import suggestion
from protonet.spec.data import DataSpec
from protonet.spec.net import InputSpec
from protonet.transforms.record import shown

_CLASS_AXIS = 1


def check_fields(name: str, data: DataSpec, net: Net, header: Header) -> dict[str, str]:
    """Return the field of the dataset for every input of the net.

    Raises: PathErrors naming every input without a field, and every rename of what is not there.
    """
    errors = []
    known = [field.name for field in header.fields]
    for field, blob in data.fields.items():
        if field not in known:
            why = f"the dataset has no field {field}"
            path = ("data", name, "fields", field)
            errors.append(PathError("PN040", path, why, hint=suggestion(field, known)))
        elif blob not in net.inputs:
            why = f"the net reads no input {blob}"
            path = ("data", name, "fields", field)
            errors.append(PathError("PN040", path, why, hint=suggestion(blob, net.inputs)))
    renamed = {blob: field for field, blob in data.fields.items()}
    fields = {blob: renamed.get(blob, blob) for blob in net.inputs}
    for blob, field in fields.items():
        if field not in known and blob not in renamed:
            why = f"the dataset has no field for the net's input {blob}"
            hint = f"it has {', '.join(known)}; name the one to use: fields: {{FIELD: {blob}}}"
            errors.append(PathError("PN040", ("data", name, "source"), why, hint=hint))
    if errors:
        raise PathErrors(errors)
    return fields


def check_shapes(
    name: str, data: DataSpec, net: Net, shapes: Mapping[str, tuple[int, ...]], header: Header
) -> None:
    """Refuse samples of another shape or type than the net's inputs.

    Args:
        name: the set.
        data: what the spec says of it.
        net: the net.
        shapes: of one sample of each input, transformed.
        header: of the dataset.

    Raises: PathErrors.
    """
    errors = list(_shape_errors(name, data, net, shapes, header))
    if errors:
        raise PathErrors(errors)


def _shape_errors(
    name: str, data: DataSpec, net: Net, shapes: Mapping[str, tuple[int, ...]], header: Header
) -> Iterator[PathError]:
    renamed = {blob: field for field, blob in data.fields.items()}
    path = ("data", name, "source")
    for blob, shape in shapes.items():
        spec = net.input_specs[blob]
        batch, *axes = spec.axes() or ("",)
        if not _admits(axes, shape):
            why = f"a sample of {blob} has the shape {shown(shape)}, the net's input takes "
            yield PathError("PN041", path, why + _shown(axes), hint=_hint(blob, shape, axes))
        elif isinstance(batch, int) and batch != data.batch_size:
            why = f"the net's input {blob} takes batches of {batch}, and batch_size is "
            yield PathError("PN041", ("data", name, "batch_size"), f"{why}{data.batch_size}")
        field = header.field(renamed.get(blob, blob))
        if field and not _converts(np.dtype(field.dtype), spec):
            why = f"{blob} is stored as {field.dtype}, the net's input takes {spec.dtype}"
            yield PathError("PN041", path, why, hint=f"net.inputs.{blob}: dtype: float32 fits")


def check_labels(name: str, net: Net, fields: Mapping[str, str], header: Header) -> None:
    """Refuse a set of more classes than a loss or metric has scores for.

    Raises: PathError.
    """
    if header.classes is None:
        return
    for node in net.wiring.nodes:
        kind = net.layers[node.layer.type]
        if not kind.index_targets or len(node.bottoms) < 2:
            continue
        scores, labels = node.bottoms[0], node.bottoms[1]
        classes = net.axes(scores)[getattr(node.layer.params, "axis", _CLASS_AXIS)]
        read = fields.get(labels.blob) == "label" and labels.layer < 0
        if read and isinstance(classes, int) and len(header.classes) > classes:
            raise PathError(
                "PN041",
                ("data", name, "source"),
                f"the set has {len(header.classes)} classes, and {scores.blob}, which layer "
                f"{node.layer.name} compares with its labels, has {classes} scores",
                hint=f"the layer that gives {scores.blob} needs num_output: {len(header.classes)}",
            )


def _admits(axes: list[int | str], shape: tuple[int, ...]) -> bool:
    return len(axes) == len(shape) and all(
        isinstance(axis, str) or axis == size for axis, size in zip(axes, shape, strict=True)
    )


def _shown(axes: list[int | str]) -> str:
    return f"({', '.join(map(str, axes))})"


def _hint(blob: str, shape: tuple[int, ...], axes: list[int | str]) -> str:
    sizes = ", ".join(map(str, shape))
    fits = f"net.inputs.{blob}: [{sizes}] fits these data"
    if len(shape) == 3 and len(axes) == 3 and shape[0] == axes[0]:
        return f"convert with --resize {axes[2]}x{axes[1]}, or crop; {fits}"
    return fits


def _converts(stored: np.dtype[np.generic], spec: InputSpec) -> bool:
    """Return whether stored values can become the input's without losing their fraction."""
    return stored.kind != "f" or getattr(torch, spec.dtype).is_floating_point
