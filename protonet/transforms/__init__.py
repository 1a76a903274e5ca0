"""What is done to a batch of samples before the net sees it; a table like that of the layers.

`read_transform` reads what stands in YAML, `build_pipeline` makes it ready for a data set::

    pipeline = build_pipeline(read_transform({"scale": 0.00390625}), Context(shape=(1, 28, 28)))
    images = pipeline.device(torch.from_numpy(pipeline.host(stored, positions)), positions)
"""

from __future__ import annotations

from protonet.records import catalogue
from protonet.transforms.arithmetic import MEAN, NORMALIZE, SCALE
from protonet.transforms.caffe import CaffeTransform
from protonet.transforms.crop import CENTER_CROP, CROP, RANDOM_CROP
from protonet.transforms.mirror import MIRROR
from protonet.transforms.pipeline import Pipeline, build_pipeline
from protonet.transforms.reading import plain, read_with
from protonet.transforms.record import Context, Step, Transform, TransformType

TRANSFORMS = catalogue([CENTER_CROP, CROP, MEAN, MIRROR, NORMALIZE, RANDOM_CROP, SCALE])
"""Every transform type by name."""


def read_transform(written: object) -> CaffeTransform | tuple[Step, ...]:
    """Read what stands under `transform`: Caffe's map, or a list of `{type: …}`.

    Raises: pydantic's ValidationError or PydanticCustomError with every problem, which a model's
        validator turns into its own, at the right path.
    """
    return read_with(TRANSFORMS, written)


__all__ = [
    "TRANSFORMS",
    "CaffeTransform",
    "Context",
    "Pipeline",
    "Step",
    "Transform",
    "TransformType",
    "build_pipeline",
    "plain",
    "read_transform",
]
