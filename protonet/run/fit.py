"""Whether a set fits a net: shapes and types of its samples, its batches, its classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch

from protonet.convert.datum_columns import READ
from protonet.data.header import Header
from protonet.errors import PathError, PathErrors
from protonet.net.form import Form
from protonet.run.found import Found
from protonet.spec.data import DataSpec
from protonet.spec.net import InputSpec
from protonet.transforms.record import shown

_CLASS_AXIS = 1


def check_fit(
    found: Found,
    net: Form,
    fields: Mapping[str, str],
    shapes: Mapping[str, tuple[int, ...] | None],
) -> None:
    """Refuse a source whose samples do not fit the inputs that they feed.

    Args:
        found: the source.
        net: the net.
        fields: input of the net → field of the dataset.
        shapes: of one sample of each of these inputs, transformed; None where they differ in size.

    Raises: PathErrors for other shapes or types than the net's inputs; PathError for more classes
        than a loss or metric has scores for.
    """
    errors = list(_shape_errors(found, net, fields, shapes))
    if errors:
        raise PathErrors(errors)
    _check_labels(found, net, fields)


def check_classes(found: Found, train: Header | None) -> None:
    """Refuse a source whose labels mean other classes than those of the training set.

    Args:
        found: the source.
        train: header of the training set's source at the same place, or None.

    Raises: PathError.
    """
    own, theirs = found.header.classes or (), (train and train.classes) or ()
    for label, (here, there) in enumerate(zip(own, theirs, strict=False)):
        if here != there:
            raise PathError(
                "PN041",
                (*found.place, "source"),
                f"label {label} is {here} here, and {there} in the training set",
                hint="a class without images keeps its label if it has an empty folder"
                if _is_read(found)
                else "convert both together, as the tables of one dataset",
            )


def check_batches(name: str, data: DataSpec, net: Form) -> None:
    """Refuse batches of another size than a net of a literal batch takes.

    Raises: PathErrors.
    """
    first = next(iter(data.sources))
    why = "the net's input {} takes batches of {}, and batch_size is {}"
    errors = [
        PathError(
            "PN041",
            ("data", name, *first, "batch_size"),
            why.format(blob, spec.axes()[0], data.batch_size),
        )
        for blob, spec in net.input_specs.items()
        if isinstance((spec.axes() or ("",))[0], int) and spec.axes()[0] != data.batch_size
    ]
    if errors:
        raise PathErrors(errors)


def _shape_errors(
    found: Found,
    net: Form,
    fields: Mapping[str, str],
    shapes: Mapping[str, tuple[int, ...] | None],
) -> Iterator[PathError]:
    path = (*found.place, "source")
    for blob, shape in shapes.items():
        spec, field = net.input_specs[blob], found.header.field(fields[blob])
        _, *axes = spec.axes() or ("",)
        if shape is None:
            why = f"the images of {blob} have different sizes, and a batch has one"
            hint = "convert the set again with --resize WxH"
            yield PathError("PN041", path, why, hint=hint)
        elif not _admits(axes, shape):
            why = f"a sample of {blob} has the shape {shown(shape)}, the net's input takes "
            hint = _hint(blob, shape, axes, is_read=_is_read(found))
            if found.spec.windows is not None and len(axes) == len(shape) > 1:
                hint = f"transform: {{crop_size: {axes[-1]}}} warps windows to that size"
            yield PathError("PN041", path, why + _shown(axes), hint=hint)
        if field and not _converts(np.dtype(field.dtype), spec):
            why = f"{blob} is stored as {field.dtype}, the net's input takes {spec.dtype}"
            yield PathError("PN041", path, why, hint=f"net.inputs.{blob}: dtype: float32 fits")


def _check_labels(found: Found, net: Form, fields: Mapping[str, str]) -> None:
    names = found.header.classes
    if names is None:
        return
    for node in net.wiring.nodes:
        kind = net.layers[node.layer.type]
        if not kind.index_targets or len(node.bottoms) < 2:
            continue
        scores, labels = node.bottoms[0], node.bottoms[1]
        classes = net.axes(scores)[getattr(node.layer.params, "axis", _CLASS_AXIS)]
        read = fields.get(labels.blob) == "label" and labels.layer < 0
        if read and isinstance(classes, int) and len(names) > classes:
            raise PathError(
                "PN041",
                (*found.place, "source"),
                f"the set has {len(names)} classes, and {scores.blob}, which layer "
                f"{node.layer.name} compares with its labels, has {classes} scores",
                hint=f"the layer that gives {scores.blob} needs num_output: {len(names)}",
            )


def _is_read(found: Found) -> bool:
    """Return whether a source is read without conversion."""
    return found.header.made_by.get("command") == READ


def _admits(axes: list[int | str], shape: tuple[int, ...]) -> bool:
    return len(axes) == len(shape) and all(
        isinstance(axis, str) or axis == size for axis, size in zip(axes, shape, strict=True)
    )


def _shown(axes: list[int | str]) -> str:
    return f"({', '.join(map(str, axes))})"


def _hint(blob: str, shape: tuple[int, ...], axes: list[int | str], *, is_read: bool) -> str:
    sizes = ", ".join(map(str, shape))
    fits = f"net.inputs.{blob}: [{sizes}] fits these data"
    if not shape and len(axes) == 1:
        return f"{fits}; transform: [{{type: OneHot}}] makes shares of the classes of numbers"
    if len(shape) == 3 and len(axes) == 3 and shape[0] == axes[0]:
        if is_read:
            return (
                f"new_height: {axes[1]}, new_width: {axes[2]} beside the source scales images as "
                f"they are read, or let a transform scale or crop them; {fits}"
            )
        return f"convert with --resize {axes[2]}x{axes[1]}, or crop; {fits}"
    return fits


def _converts(stored: np.dtype[np.generic], spec: InputSpec) -> bool:
    """Return whether stored values can become the input's without losing their fraction."""
    return stored.kind != "f" or getattr(torch, spec.dtype).is_floating_point
