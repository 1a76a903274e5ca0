"""Scale every image to one size."""

from __future__ import annotations

from pydantic import model_validator

from protonet.errors import ShapeError
from protonet.records import Count, Flag, Record, custom_error
from protonet.transforms.pictures import Interpolation
from protonet.transforms.record import Context, Transform, TransformType, described, images_of
from protonet.transforms.resizing import Scaling
from protonet.transforms.sizes import Sides
from protonet.windows.scaled import ScaledWindows, whole


class ResizeParams(Record):
    """To which size. Exactly one of `size` and `short`."""

    size: Sides | None = None
    """Side of a square, or [height, width], in pixels; the proportions may change."""
    short: Count | None = None
    """The shorter side afterwards, in pixels; the proportions stay."""
    interpolation: Interpolation = "bilinear"
    """What becomes of pixels between pixels; a label image always takes the nearest."""
    antialias: Flag = True
    """Let all pixels count where an image becomes smaller."""

    @model_validator(mode="after")
    def _one_size(self) -> ResizeParams:
        given = [name for name in ("size", "short") if getattr(self, name) is not None]
        if len(given) != 1:
            why = f"{' and '.join(given)} exclude each other" if given else "a size is needed"
            raise custom_error("PN015", why, "give size or short")
        return self


def _build(params: ResizeParams, context: Context) -> Transform:
    """Scale every image.

    Takes: (N, C, H, W). Gives: (N, C, height, width); with `short` the longer side is
        floor(short · longer / shorter).
    Raises: ShapeError if the samples are no images.
    Source: Pillow, Image.resize; torchvision, Resize.
    """
    channels, height, width = images_of(context)
    size = params.size or _in_proportion(params.short or 1, height, width)
    interpolation = "nearest" if context.label_image else params.interpolation
    scaling = Scaling(size, interpolation, params.antialias)
    return Transform(
        shape=(channels, *size),
        device=scaling.device,
        host=scaling.host,
        scaled=ScaledWindows(size, whole, scaling.of_pixels, reduced=False)
        if params.size
        else None,
        description=described("Resize", params),
    )


def _in_proportion(short: int, height: int, width: int) -> tuple[int, int]:
    long = short * max(height, width) // min(height, width)
    if long > _LONGEST:
        raise ShapeError(
            f"short {short} makes images of {height} x {width} {long:,} pixels long",
            f"at most {_LONGEST:,} are taken",
        )
    return (long, short) if height > width else (short, long)


_LONGEST = 65_500
"""Pixels of a side: as long as a JPEG's may be."""

RESIZE = TransformType("Resize", ResizeParams, _build, moves=True)
