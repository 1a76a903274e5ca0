"""Turn every image by an angle of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator

from protonet.records import Fraction, Record, custom_error
from protonet.transforms.chances import Span, between, chosen
from protonet.transforms.pictures import (
    Fill,
    Interpolation,
    check_fill,
    each_part,
    fill_of,
    resampling,
)
from protonet.transforms.record import (
    Array,
    Context,
    Positions,
    Transform,
    TransformType,
    chance,
    check_stored,
    images_of,
)
from protonet.transforms.values import PerChannel

if TYPE_CHECKING:
    from PIL.Image import Image


def _degrees(written: object) -> object:
    """Read the largest angle either way, or [least, most]."""
    if isinstance(written, bool) or not isinstance(written, int | float):
        return written
    if written < 0:
        raise custom_error("PN013", "an angle either way is at least 0", "or give [least, most]")
    return [-written, written]


class RotateParams(Record):
    """By which angles."""

    degrees: Annotated[
        Span, BeforeValidator(_degrees, json_schema_input_type=float | tuple[float, float])
    ]
    """The largest angle either way, or [least, most], in degrees, counterclockwise."""
    interpolation: Interpolation = "nearest"
    """What becomes of pixels between pixels; a label image always takes the nearest."""
    fill: PerChannel = (0.0,)
    """What comes in at the corners: one number, or one for each channel."""
    probability: Fraction = 1.0
    """Chance that an image is turned, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """Turns each image about its centre; its size stays.

    Attributes:
        degrees: least and most angle, counterclockwise.
        interpolation: of pixels between pixels.
        fill: what comes in at the corners.
        probability: that an image is turned.
        seed: of this transform.
    """

    degrees: tuple[float, float]
    interpolation: Interpolation
    fill: Fill
    probability: float
    seed: int

    def host(self, images: Array, positions: Positions) -> Array:
        """Turn some of (N, C, H, W)."""
        result = images.copy()
        angles = between(self.degrees, self.seed, positions)
        for row in chosen(self.probability, self.seed, positions).tolist():
            result[row] = self._turned(images[row], float(angles[row]))
        return result

    def _turned(self, image: Array, angle: float) -> Array:
        filter_ = resampling(self.interpolation)

        def turn(part: Image, channels: slice) -> Image:
            return part.rotate(angle, filter_, fillcolor=fill_of(self.fill, channels, part))

        return each_part(image, turn)


def _build(params: RotateParams, context: Context) -> Transform:
    """Turn each image about its centre by an angle of its own, in every phase.

    What a training pipeline stores for the evaluation of its net leaves it out.

    Takes and gives: (N, C, H, W), as stored.
    Raises: ShapeError if the samples are no images, the fill does not fit, or arithmetic stands
        before it.
    Source: Pillow, Image.rotate; torchvision, RandomRotation.
    """
    images_of(context)
    check_stored(context)
    check_fill(params.fill, context)
    rotation = Rotation(
        params.degrees,
        "nearest" if context.label_image else params.interpolation,
        params.fill,
        params.probability,
        context.seed,
    )
    return Transform(
        shape=context.shape, host=rotation.host, description=chance("Rotate", params, context)
    )


ROTATE = TransformType("Rotate", RotateParams, _build, chooses="angle", moves=True)
