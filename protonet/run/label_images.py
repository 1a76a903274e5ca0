"""Label images that lie beside the images of a source: moved as the transforms move those."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from protonet.data.header import FieldSpec
from protonet.errors import ShapeError
from protonet.run.found import Found
from protonet.run.transform_errors import refused
from protonet.transforms import Context, Pipeline, build_pipeline
from protonet.transforms.moving import moving
from protonet.transforms.record import Array, Positions, Shape

_IMAGE, _PLANE = 3, 2
"""Axes of (C, H, W) and of (H, W)."""


@dataclass(frozen=True, slots=True)
class LabelImages:
    """What is done to a field whose records show what an image of their size shows.

    Attributes:
        pipeline: what moves the image's pixels, for these.
        flat: whether a record is (H, W), without an axis for channels.
    """

    pipeline: Pipeline
    flat: bool

    @property
    def shape(self) -> Shape:
        """Shape of a record afterwards."""
        return self.pipeline.shape[self.flat :]

    def host(self, labels: Array, positions: Positions) -> Array:
        """Move the records of a batch, (N, H, W) or (N, K, H, W), before it travels."""
        if self.flat:
            return self.pipeline.host(labels[:, None], positions)[:, 0]
        return self.pipeline.host(labels, positions)


def label_images(
    found: Found, fields: Mapping[str, str], context: Context
) -> dict[str, LabelImages]:
    """Return what moves alike, by the input that takes it: fields of the height and width of the
    images, which are the dataset's first field.

    Args:
        found: the source.
        fields: input of the net → field of the dataset.
        context: what the first transform of the images finds.

    Raises: PathError for a transform that cannot work on them.
    """
    first, *others = found.header.fields
    if first.shape is None or len(first.shape) != _IMAGE or found.spec.windows:
        return {}
    beside = {field.name: field for field in others if _is_beside(field, first.shape)}
    try:
        steps = moving(found.spec.transform, context)
        made = {
            blob: _made(beside[name], build_pipeline(steps, _as_labels(context, beside[name])))
            for blob, name in fields.items()
            if name in beside
        }
    except ShapeError as error:
        raise refused(found, error) from error
    return {blob: one for blob, one in made.items() if one.pipeline.works_on_host}


def _is_beside(field: FieldSpec, image: Shape) -> bool:
    shape = field.shape or ()
    return len(shape) in (_PLANE, _IMAGE) and shape[-2:] == image[-2:]


def _as_labels(context: Context, field: FieldSpec) -> Context:
    shape = (1, *context.shape[1:]) if len(field.shape or ()) == _PLANE else field.shape or ()
    return replace(
        context,
        shape=shape,
        mean=None,
        std=None,
        channels=None,
        dtype=field.dtype,
        label_image=True,
    )


def _made(field: FieldSpec, pipeline: Pipeline) -> LabelImages:
    return LabelImages(pipeline, len(field.shape or ()) == _PLANE)
