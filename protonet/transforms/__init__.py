"""What is done to a batch of samples before the net sees it; a table like that of the layers.

`read_transform` reads what stands in YAML, `build_pipeline` makes it ready for a data set::

    pipeline = build_pipeline(read_transform({"scale": 0.00390625}), Context(shape=(1, 28, 28)))
    images = pipeline.device(torch.from_numpy(pipeline.host(stored, positions)), positions)
"""

from __future__ import annotations

from protonet.records import catalogue
from protonet.transforms.arithmetic import MEAN, NORMALIZE, SCALE
from protonet.transforms.auto_augment import AUTO_AUGMENT
from protonet.transforms.caffe import CaffeTransform
from protonet.transforms.color_jitter import COLOR_JITTER
from protonet.transforms.crop import CENTER_CROP, CROP, RANDOM_CROP
from protonet.transforms.gaussian_blur import GAUSSIAN_BLUR
from protonet.transforms.gaussian_noise import GAUSSIAN_NOISE
from protonet.transforms.mirror import MIRROR
from protonet.transforms.mixing import CUT_MIX, MIX_UP, ONE_HOT
from protonet.transforms.pad import PAD
from protonet.transforms.pipeline import Pipeline, build_pipeline
from protonet.transforms.rand_augment import RAND_AUGMENT, TRIVIAL_AUGMENT
from protonet.transforms.random_erasing import RANDOM_ERASING
from protonet.transforms.random_resized_crop import RANDOM_RESIZED_CROP
from protonet.transforms.reading import plain, read_with
from protonet.transforms.record import Context, Step, Transform, TransformType
from protonet.transforms.resize import RESIZE
from protonet.transforms.rotate import ROTATE
from protonet.transforms.to_channels import TO_BGR, TO_GRAY, TO_RGB

TRANSFORMS = catalogue(
    [
        AUTO_AUGMENT,
        CENTER_CROP,
        COLOR_JITTER,
        CROP,
        CUT_MIX,
        GAUSSIAN_BLUR,
        GAUSSIAN_NOISE,
        MEAN,
        MIRROR,
        MIX_UP,
        NORMALIZE,
        ONE_HOT,
        PAD,
        RAND_AUGMENT,
        RANDOM_CROP,
        RANDOM_ERASING,
        RANDOM_RESIZED_CROP,
        RESIZE,
        ROTATE,
        SCALE,
        TO_BGR,
        TO_GRAY,
        TO_RGB,
        TRIVIAL_AUGMENT,
    ]
)
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
